"""Many clients at once: they wait a little, and nobody is turned away."""

import asyncio
import json
import os
import ssl
import sys
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from websockets.asyncio.client import ClientConnection, connect

from local_aws.functions import Limits

from .conftest import Service

CLIENTS = 200
PATIENCE_SECONDS = 300  # of a client; a slow machine needs more than the usual ten


def processes_below(pid: int) -> Iterator[int]:
    """The processes that a process has started, and those that they have started, at this moment."""
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            yield int(child)
            yield from processes_below(int(child))


async def all_at_once(url: str, stack: AsyncExitStack) -> list[ClientConnection]:
    """Two hundred connections, begun together."""
    trust = ssl.create_default_context()  # one for all: to read the authorities 200 times holds up the handshakes
    opened = (connect(url, ssl=trust, open_timeout=PATIENCE_SECONDS, ping_interval=None) for _ in range(CLIENTS))
    return await asyncio.gather(*map(stack.enter_async_context, opened))


def test_two_hundred_clients_at_once_all_get_in(project: Service) -> None:
    """With every function cold, 200 handshakes over the real address all end with 101, and all are on record."""
    url = project.deploy()

    async def scenario() -> int:
        async with AsyncExitStack() as stack:
            await all_at_once(url, stack)
            table = project.embedded.client("dynamodb").scan(
                TableName="serverless-websockets-dev-connections", Select="COUNT"
            )
            return int(table["Count"])

    assert asyncio.run(scenario()) == CLIENTS
    project.osls("remove")


def test_two_hundred_echoes_at_once_are_all_answered(deployed: Service) -> None:
    """Each client gets its own words back."""

    async def echo(client: ClientConnection, word: str) -> str:
        await client.send(json.dumps({"action": "send", "message": word}))
        return str(json.loads(await asyncio.wait_for(client.recv(), PATIENCE_SECONDS))["message"])

    async def scenario() -> list[str]:
        async with AsyncExitStack() as stack:
            clients = await all_at_once(deployed.url(), stack)
            return await asyncio.gather(*(echo(client, f"word {n}") for n, client in enumerate(clients)))

    assert asyncio.run(scenario()) == [f"word {n}" for n in range(CLIENTS)]


@pytest.mark.skipif(sys.platform != "linux", reason="counts processes in /proc")
def test_a_burst_does_not_start_a_process_each(deployed: Service) -> None:
    """While 200 clients connect, the embedded AWS keeps to its few sandboxes."""
    state = Path(os.environ["AWS_CA_BUNDLE"]).with_name("state.json")
    pid = json.loads(state.read_text())["pid"]

    async def scenario() -> int:
        most = 0
        async with AsyncExitStack() as stack:
            connecting = asyncio.create_task(all_at_once(deployed.url(), stack))
            while not connecting.done():
                most = max(most, len(list(processes_below(pid))))
                await asyncio.sleep(0.01)
            await connecting
        return most

    most, fork_server = Limits().sandboxes, 1
    assert 0 < asyncio.run(scenario()) <= 2 * most + fork_server < CLIENTS  # one that ends stands beside its successor

"""The first dialogue of the course, over the address that AWS would print."""

import asyncio
import json
import re
import socket
from collections.abc import Callable
from urllib.parse import urlsplit

import pexpect
from websockets.asyncio.client import connect as connect_async
from websockets.sync.client import ClientConnection, connect

from .conftest import PROJECT, Service

DIALOGUE = [
    ('{"action":"send"}', '{"message":"🏓 pong"}'),
    ('{"action":"send", "message":"psst"}', '{"message":"psst"}'),
]


def ask(client: ClientConnection, message: str) -> str:
    client.send(message)
    return str(client.recv(timeout=60))


def test_the_first_dialogue(deployed: Service) -> None:
    """``connect(url)`` with no other argument: TLS verified, the answers byte for byte."""
    assert re.fullmatch(r"wss://[a-z0-9]{10}\.execute-api\.us-east-1\.amazonaws\.com/dev", deployed.url())
    with connect(deployed.url()) as client:
        assert [answer for _, answer in DIALOGUE] == [ask(client, message) for message, _ in DIALOGUE]


def test_the_first_dialogue_with_asyncio(deployed: Service) -> None:
    """The other half of the websockets library reads the same environment."""

    async def scenario() -> list[str]:
        async with connect_async(deployed.url()) as client:
            answers = []
            for message, _ in DIALOGUE:
                await client.send(message)
                answers.append(str(await asyncio.wait_for(client.recv(), 60)))
            return answers

    assert [answer for _, answer in DIALOGUE] == asyncio.run(scenario())


def test_the_first_dialogue_from_a_browsers_address(deployed: Service) -> None:
    """Plain ``ws://{api}.execute-api.localhost:{port}``, which browsers resolve by themselves."""
    api, port = str(urlsplit(deployed.url()).hostname).partition(".")[0], deployed.embedded.port
    with (
        socket.create_connection(("127.0.0.1", port)) as here,
        connect(f"ws://{api}.execute-api.localhost:{port}/dev", sock=here) as client,
    ):
        assert [answer for _, answer in DIALOGUE] == [ask(client, message) for message, _ in DIALOGUE]


def test_wscat_holds_the_dialogue_in_a_terminal(deployed: Service) -> None:
    """The command is the one that a learner types, in a pseudo-terminal."""
    environment = deployed.embedded.environment
    wscat = pexpect.spawn(
        str(PROJECT / "node_modules" / ".bin" / "wscat"),
        ["--proxy", environment["HTTPS_PROXY"], "--ca", environment["NODE_EXTRA_CA_CERTS"], "-c", deployed.url()],
        env=environment,
        encoding="utf-8",
        timeout=20,
        dimensions=(24, 120),
    )
    try:
        wscat.expect_exact("Connected (press CTRL+C to quit)")
        for message, answer in DIALOGUE:
            wscat.expect_exact("> ")
            wscat.sendline(message)
            wscat.expect_exact("< " + answer)
        wscat.sendcontrol("c")
        wscat.expect(pexpect.EOF)
    finally:
        wscat.close(force=True)


def test_a_record_comes_and_goes_with_its_connection(
    deployed: Service, eventually: Callable[[Callable[[], bool]], None]
) -> None:
    """The table holds exactly who is connected."""
    table = f"{deployed.name}-dev-connections"

    def records() -> list[dict[str, dict[str, str]]]:
        return list(deployed.embedded.client("dynamodb").scan(TableName=table, ConsistentRead=True)["Items"])

    eventually(lambda: records() == [])
    with connect(deployed.url()):
        (record,) = records()
        assert set(record) == {"connectionId", "connectedAt", "expiresAt", "sourceIp", "stage"}
    eventually(lambda: records() == [])


def test_broadcast_reaches_everybody(deployed: Service) -> None:
    """Three clients hear it, and the sender is told how many."""
    with connect(deployed.url()) as one, connect(deployed.url()) as two, connect(deployed.url()) as three:
        one.send('{"action":"broadcast","message":"hello, all"}')
        heard = [str(client.recv(timeout=60)) for client in (one, two, three)]
        assert heard == ['{"message":"hello, all"}'] * 3
        assert json.loads(one.recv(timeout=60)) == {"delivered": 3, "gone": 0, "failed": 0}


def test_a_function_logs_as_on_aws(deployed: Service, eventually: Callable[[Callable[[], bool]], None]) -> None:
    """START, the handler's own JSON lines, END and REPORT, where ``osls logs`` finds them."""
    with connect(deployed.url()) as client:
        ask(client, "hello")
    eventually(lambda: any(line.startswith("REPORT ") for line in deployed.log("default")))
    lines = [line.rstrip("\n") for line in deployed.log("default")]
    start = next(index for index, line in enumerate(lines) if line.startswith("START RequestId: "))
    request_id = lines[start].split()[2]
    assert lines[start] == f"START RequestId: {request_id} Version: $LATEST"
    assert json.loads(lines[start + 1])["error"] == "not JSON: hello"
    called = json.loads(lines[start + 2])
    assert (called["operation"], called["outcome"]) == ("PostToConnection", "200")
    assert lines[start + 3] == f"END RequestId: {request_id}"
    assert lines[start + 4].startswith(f"REPORT RequestId: {request_id}\tDuration: ")
    shown = deployed.osls("logs", "-f", "default").stdout
    assert "not JSON: hello" in shown

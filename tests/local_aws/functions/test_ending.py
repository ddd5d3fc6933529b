"""Nothing stays behind: neither processes nor files, however it ends."""

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from local_aws.functions import Functions, Invocation

from .conftest import Become, Exists, Lambda, Until

pytestmark = pytest.mark.slow

CHILD = (
    "import os, subprocess, sys, time\n"
    "def handler(event, context):\n"
    "    child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
    "    print('pids', os.getpid(), child.pid)\n"
    "    if event: time.sleep(600)\n"
)

# A service in a process of its own, which can be killed: one idle sandbox and one in the middle of its handler.
SERVICE = """
import asyncio, sys
from pathlib import Path
sys.path.insert(0, {tests!r})
import conftest

async def main():
    cloud = conftest.Lambda(Path({folder!r}), {client!r})
    cloud.deploy({source!r}, timeout=600)
    functions = cloud.functions()
    if {forked!r}:
        functions.warm_up()
        await functions.forks._ready.wait()
        print("pids", functions.forks.pid, functions.forks.pid, flush=True)
    asyncio.create_task(functions.invoke("pong", b"true"))
    await functions.invoke("pong", b"false")
    while cloud.log.count("pids ") < 2:
        await asyncio.sleep(0.01)
    print(cloud.log, flush=True)
    print("READY", flush=True)
    await asyncio.sleep(600)

asyncio.run(main())
"""


def pids(log: str) -> list[int]:
    return [int(pid) for line in re.findall(r"^pids (\d+ \d+)$", log, re.MULTILINE) for pid in line.split()]


def test_close_ends_processes_and_removes_files(cloud: Lambda, exists: Exists, until: Until, become: Become) -> None:
    """``close`` ends idle and busy sandboxes with what they started, and removes their files."""
    cloud.deploy(CHILD, timeout=60)

    async def busy(functions: Functions) -> None:
        asyncio.create_task(functions.invoke("pong", b"true"))  # noqa: RUF006  # ends with the service
        await functions.invoke("pong", b"false")
        await become(lambda: len(pids(cloud.log)) == 4)

    cloud.run(busy)
    left = pids(cloud.log)
    until(lambda: not any(exists(pid) for pid in left))  # the kernel ends them in its own time
    assert [] == list(cloud.folder.iterdir())


def test_what_a_crashed_handler_started_ends_too(small: Lambda, exists: Exists, become: Become) -> None:
    """When a sandbox's process ends by itself, the processes that it started end with it."""
    small.deploy(CHILD.replace("if event: time.sleep(600)", "os._exit(1)"))

    async def crash(functions: Functions) -> list[int]:
        await functions.invoke("pong", b"{}")
        await become(lambda: not any(exists(pid) for pid in pids(small.log)))
        return pids(small.log)

    assert len(small.run(crash)) == 2


def test_an_invocation_that_close_ends_is_told(small: Lambda, become: Become) -> None:
    """If the service closes during an invocation, its caller gets an answer."""
    small.deploy(CHILD, timeout=60)

    async def main() -> Invocation:
        functions = small.functions()
        waiting = asyncio.create_task(functions.invoke("pong", b"true"))
        await become(lambda: bool(pids(small.log)))
        await functions.close()
        return await waiting

    invocation = asyncio.run(main())
    assert json.loads(invocation.payload)["errorType"] == "Runtime.ExitError"


@pytest.mark.skipif(sys.platform != "linux", reason="on macOS a busy handler ends when it next answers")
@pytest.mark.parametrize("forked", [False, True])
def test_sandboxes_do_not_outlive_a_killed_service(cloud: Lambda, until: Until, exists: Exists, forked: bool) -> None:
    """After SIGKILL to the service no sandbox runs on, idle or busy, nor what they started or were forked from."""
    program = SERVICE.format(
        tests=str(Path(__file__).parent),
        folder=str(cloud.folder),
        client=cloud.client,
        source=CHILD,
        forked=forked,
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as service:
        assert service.stdout is not None
        output = ""
        while "READY" not in output:
            line = service.stdout.readline()
            assert line, output
            output += line
        left = pids(output)
        assert [True] * (6 if forked else 4) == [exists(pid) for pid in left]
        os.kill(service.pid, signal.SIGKILL)
        service.wait()
        until(lambda: not any(exists(pid) for pid in left))


def test_descriptors_are_given_back(small: Lambda, become: Become) -> None:
    """A sandbox that came and went leaves no open descriptor."""
    small.deploy("def handler(event, context):\n    pass\n")

    def open_descriptors() -> int:
        return len(list(Path("/dev/fd").iterdir()))

    async def several(functions: Functions) -> bool:
        await functions.invoke("pong", b"{}")
        before = open_descriptors()
        for number in range(5):
            small.deploy(f"def handler(event, context):\n    return {number}\n")
            await functions.invoke("pong", b"{}")
        await become(lambda: open_descriptors() <= before)
        return True

    assert small.run(several)

"""Forked sandboxes: no different from those that begin as processes of their own, but for the time it takes."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import pytest

from local_aws.functions import Functions

from ..conftest import Become, Exists, Lambda

T = TypeVar("T")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="sandboxes are forked on Linux only"),
]

SURROUNDINGS = """
import os, sys, time, __main__
seen = {
    "variables": sorted(os.environ), "path": sys.path, "flags": list(sys.flags), "folder": os.getcwd(),
    "argv": sys.argv[1:], "leads": os.getpgid(0) == os.getpid(), "zone": time.tzname, "encoding": sys.stdout.encoding,
    "descriptors": len(os.listdir("/proc/self/fd")), "home": os.path.expanduser("~"), "main": __main__.__name__,
}

def handler(event, context):
    import boto3, signal
    return {**seen, "session": boto3.DEFAULT_SESSION, "signal": str(signal.getsignal(signal.SIGCHLD))}
"""

PIDS = "import os\ndef handler(event, context):\n    return [os.getpid(), os.getppid()]\n"


async def ready(functions: Functions) -> None:
    """Wait until sandboxes are forked."""
    functions.warm_up()
    await functions.forks._ready.wait()


def forked(cloud: Lambda, scenario: Callable[[Functions], Awaitable[T]]) -> T:
    """Run a scenario on a service that forks."""

    async def prepared(functions: Functions) -> T:
        await ready(functions)
        return await scenario(functions)

    return cloud.run(prepared)


async def answer(functions: Functions, event: object = None, name: str = "pong") -> Any:
    """What a function answers."""
    return json.loads((await functions.invoke(name, json.dumps(event).encode())).payload)


def comparable(answer: dict[str, Any]) -> dict[str, Any]:
    """The answer without the values that differ between sandboxes."""
    text = json.dumps(answer)
    for name in (Path(answer["folder"]).parent.name, Path(answer["folder"]).parents[1].name):
        text = text.replace(name, "…")
    return {**json.loads(text), "variables": [name for name in answer["variables"] if name != "LC_CTYPE"]}


def test_a_fork_is_forked(cloud: Lambda) -> None:
    """The sandbox's parent is the process of the fork server, not ours."""
    cloud.deploy(PIDS)

    async def scenario(functions: Functions) -> tuple[tuple[int, int], int | None]:
        return await answer(functions), functions.forks.pid

    (pid, parent), server = forked(cloud, scenario)
    assert server == parent != os.getpid()
    assert pid != parent


def test_a_fork_looks_like_any_sandbox(cloud: Lambda) -> None:
    """Environment, paths, arguments, folder, flags, descriptors and signals are those of a process of its own."""
    cloud.deploy(SURROUNDINGS)
    assert comparable(json.loads(cloud.invoke().payload)) == comparable(forked(cloud, answer))


def test_forks_share_nothing(cloud: Lambda) -> None:
    """What one sandbox changes in a module that was imported before the fork, another does not see."""
    source = """
import boto3
def handler(event, context):
    boto3.seen = getattr(boto3, "seen", 0) + 1
    return boto3.seen
"""
    cloud.deploy(source, "one")
    cloud.deploy(source, "two")

    async def scenario(functions: Functions) -> list[Any]:
        return [await answer(functions, name=name) for name in ("one", "one", "two")]

    assert [1, 2, 1] == forked(cloud, scenario)


@pytest.mark.parametrize("brought", ["boto3.py", "six/__init__.py", "email.py"])
def test_a_module_that_the_function_brings_wins(cloud: Lambda, brought: str) -> None:
    """A package of the function by the name of one that is imported already is what the handler imports."""
    name = brought.partition("/")[0].removesuffix(".py")
    source = f"def handler(event, context):\n    import {name}\n    return {name}.__file__\n"
    cloud.deploy({"handler.py": source, brought: "own = 1\n"})
    assert "/task/" in forked(cloud, answer)


def test_a_fork_has_layers(cloud: Lambda) -> None:
    """Modules of a layer are at hand in a fork, as in any sandbox, and win over what is imported already."""
    layer = cloud.layer({"python/greeting.py": "text = 'hello'", "python/six.py": "own = 1"})
    source = "import greeting, six, sys\ndef handler(*_):\n    return [greeting.text, six.__file__, sys.path[:4]]\n"
    cloud.deploy(source, layers=(layer,))
    text, six, path = forked(cloud, answer)
    assert text == "hello"
    assert six.endswith("/opt/python/six.py")
    assert [each.rpartition("/")[2] for each in path] == ["task", "site-packages", "python", "runtime"]


def test_libraries_of_a_layer_count(cloud: Lambda) -> None:
    """A function with libraries in a layer gets an interpreter whose loader looks there."""
    layer = cloud.layer({"lib/libgreet.so": ""})
    source = (
        "import os\n"
        "def handler(*_):\n"
        "    with open('/proc/self/environ') as started:\n"  # as the loader has found it
        "        return '/opt/lib' in dict(each.split('=', 1) for each in started.read().split('\\0') if each)"
        ".get('LD_LIBRARY_PATH', '')\n"
    )
    cloud.deploy(source, layers=(layer,))
    assert forked(cloud, answer) is True
    cloud.deploy(source)
    assert forked(cloud, answer) is False


def test_the_interpreters_own_variables_count(cloud: Lambda) -> None:
    """A function that sets PYTHONOPTIMIZE gets an interpreter that has read it."""
    cloud.deploy(
        "import sys\ndef handler(event, context):\n    return sys.flags.optimize\n", environment={"PYTHONOPTIMIZE": "2"}
    )
    assert forked(cloud, answer) == 2


def test_how_a_fork_ended_is_known(cloud: Lambda) -> None:
    """Exit statuses and signals of a fork are reported like those of any sandbox."""
    cloud.deploy("import os\ndef handler(event, context):\n    os._exit(7) if event else os.kill(os.getpid(), 9)\n")

    async def scenario(functions: Functions) -> list[str]:
        return [(await answer(functions, event))["errorMessage"].partition("Error: ")[2] for event in (1, 0)]

    expected = ["Runtime exited with error: exit status 7", "Runtime exited with error: signal: killed"]
    assert expected == forked(cloud, scenario)


def test_forks_that_ended_leave_no_zombie(cloud: Lambda, become: Become) -> None:
    """The process id of a fork that has ended is free again."""
    cloud.deploy("import os\ndef handler(event, context):\n    os._exit(0)\n")

    async def scenario(functions: Functions) -> None:
        for _ in range(3):
            await answer(functions)
        children = Path(f"/proc/{functions.forks.pid}/task/{functions.forks.pid}/children")
        await become(lambda: children.read_text() == "")

    forked(cloud, scenario)


def test_without_its_fork_server_a_service_goes_on(cloud: Lambda, become: Become, exists: Exists) -> None:
    """When the fork server ends, its forks end and sandboxes start as processes of their own."""
    cloud.deploy(PIDS)

    async def scenario(functions: Functions) -> tuple[int, int]:
        pid, parent = await answer(functions)
        assert functions.forks.pid is not None
        os.kill(functions.forks.pid, signal.SIGKILL)
        await become(lambda: not exists(pid))
        return parent, (await answer(functions))[1]

    before, after = forked(cloud, scenario)
    assert before != after == os.getpid()


def test_closing_ends_the_fork_server(cloud: Lambda, exists: Exists) -> None:
    """After ``close``, neither the fork server nor a fork is left."""
    cloud.deploy(PIDS)
    fork, server = forked(cloud, answer)
    assert os.getpid() not in (fork, server)
    assert [exists(fork), exists(server)] == [False, False]


def test_without_a_fork_server_functions_run(
    cloud: Lambda, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """If it cannot be started, the log says so, and sandboxes start as processes of their own."""
    cloud.deploy(PIDS)

    def full(*args: object, **options: object) -> None:
        raise BlockingIOError("Resource temporarily unavailable")

    monkeypatch.setattr("local_aws.functions.sandbox.fork_server.subprocess.Popen", full)

    async def scenario(functions: Functions) -> Any:
        functions.warm_up()
        monkeypatch.undo()
        return await answer(functions)

    assert cloud.run(scenario)[1] == os.getpid()
    assert "The fork server does not start: Resource temporarily unavailable" in caplog.text


def test_a_burst_of_cold_starts_all_get_in(cloud: Lambda) -> None:
    """More invocations at once than sandboxes: every one of them is answered."""
    cloud.deploy(PIDS)

    async def scenario(functions: Functions) -> list[Any]:
        return await asyncio.gather(*(answer(functions) for _ in range(200)))

    assert len(forked(cloud, scenario)) == 200

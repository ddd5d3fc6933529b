"""Who gets which sandbox: bounds, order, versions and retirement, with real processes."""

import asyncio
import json
import os
from pathlib import Path
from typing import Any

import pytest

from local_aws.errors import NoCapacity
from local_aws.functions import Functions, Invocation

from .conftest import Become, Exists, Lambda

PID = "import os\ndef handler(event, context):\n    return os.getpid()\n"
SLOW = "import os, time\ndef handler(event, context):\n    time.sleep(event)\n    return os.getpid()\n"
# Waits until the file named in the event exists, so that a test decides when a sandbox falls free.
GATED = (
    "import os, time\n"
    "def handler(event, context):\n"
    "    open(event + '.began', 'w').close()\n"
    "    while not os.path.exists(event): time.sleep(0.005)\n"
    "    return os.getpid()\n"
)


def pid(invocation: Invocation) -> int:
    assert invocation.function_error is None, invocation.payload
    return int(invocation.payload)


class Gate:
    """An invocation of GATED that runs until it is opened."""

    def __init__(self, functions: Functions, file: Path, become: Become) -> None:
        self.file = file
        self.become = become
        self.task = asyncio.create_task(functions.invoke("pong", json.dumps(str(file)).encode()))

    async def began(self) -> None:
        await self.become(self.file.with_name(self.file.name + ".began").exists)

    async def open(self) -> int:
        self.file.touch()
        return pid(await self.task)


def test_the_bound_holds(small: Lambda) -> None:
    """However many invocations come at once, there are never more sandboxes than allowed, and all get in."""
    small.deploy(SLOW)

    async def burst(functions: Functions) -> tuple[list[int], int]:
        sizes: list[int] = []

        async def one() -> int:
            answer = pid(await functions.invoke("pong", b"0.01"))
            sizes.append(functions.pool.size)
            return answer

        pids = await asyncio.gather(*(one() for _ in range(100)))
        return pids, max(sizes)

    pids, most = small.run(burst, sandboxes=3)
    assert len(pids) == 100
    assert len(set(pids)) <= 3
    assert most <= 3


def test_one_at_a_time(small: Lambda, tmp_path: Path, become: Become) -> None:
    """While one invocation runs, the next gets another sandbox."""
    small.deploy(GATED)

    async def two(functions: Functions) -> tuple[int, int]:
        first, second = Gate(functions, tmp_path / "1", become), Gate(functions, tmp_path / "2", become)
        await first.began()
        await second.began()
        return await first.open(), await second.open()

    first, second = small.run(two, sandboxes=2)
    assert first != second


def test_the_most_recent_is_reused(small: Lambda, tmp_path: Path, become: Become) -> None:
    """Of several idle sandboxes, the one that fell idle last is taken."""
    small.deploy(GATED)

    async def three(functions: Functions) -> tuple[int, int]:
        first, second = Gate(functions, tmp_path / "1", become), Gate(functions, tmp_path / "2", become)
        await first.began()
        await second.began()
        await second.open()
        last = await first.open()
        return last, await Gate(functions, tmp_path / "3", become).open()

    last, reused = small.run(three, sandboxes=2)
    assert last == reused


def test_waiting_is_in_order(small: Lambda, tmp_path: Path) -> None:
    """Invocations that wait for the same function get its sandbox in their order."""
    small.deploy("def handler(event, context):\n    print('serving', event)\n")

    async def queue(functions: Functions) -> None:
        await asyncio.gather(*(functions.invoke("pong", str(n).encode()) for n in range(10)))

    small.run(queue, sandboxes=1)
    served = [m for m in small.messages if m.startswith("serving")]
    assert [f"serving {n}\n" for n in range(10)] == served


def test_waiting_ends(small: Lambda, tmp_path: Path, become: Become) -> None:
    """An invocation that waits too long gets NoCapacity, which names the function; the one before goes on."""
    small.deploy(GATED)

    async def too_many(functions: Functions) -> int:
        first = Gate(functions, tmp_path / "1", become)
        await first.began()
        with pytest.raises(NoCapacity, match=r"No sandbox of pong came free in 0\.05 s"):
            await functions.invoke("pong", b"0")
        return await first.open()

    assert small.run(too_many, sandboxes=1, wait=0.05)


def test_a_slow_start_is_no_lack_of_capacity(small: Lambda) -> None:
    """An invocation that waits for a start gets that sandbox, even if its init takes longer than the wait."""
    small.deploy("import time\ntime.sleep(0.4)\n" + PID)
    assert pid(small.run(lambda functions: functions.invoke("pong", b"{}"), wait=0.1))


def test_an_idle_one_makes_room(small: Lambda, exists: Exists, become: Become) -> None:
    """If the pool is full, an idle sandbox of another function is ended so that a new one can start."""
    small.deploy(PID, "ping")
    small.deploy(PID, "pong")

    async def both(functions: Functions) -> tuple[int, int, int]:
        ping = pid(await functions.invoke("ping", b"{}"))
        pong = pid(await functions.invoke("pong", b"{}"))
        size = functions.pool.size
        await become(lambda: not exists(ping))
        return ping, pong, size

    ping, pong, size = small.run(both, sandboxes=1)
    assert ping != pong
    assert size == 1


def test_a_busy_function_does_not_starve_another(
    small: Lambda, monkeypatch: pytest.MonkeyPatch, become: Become
) -> None:
    """While one function keeps all sandboxes busy, another function gets one after PATIENCE_SECONDS."""
    monkeypatch.setattr("local_aws.functions.pool.PATIENCE_SECONDS", 0.1)
    small.deploy(SLOW, "busy")
    small.deploy(PID, "pong")

    async def load(functions: Functions) -> int:
        stop = False

        async def keep_busy() -> None:
            while not stop:
                await functions.invoke("busy", b"0.02")

        work = [asyncio.create_task(keep_busy()) for _ in range(4)]
        await become(lambda: functions.pool.size == 1)
        answer = pid(await functions.invoke("pong", b"{}"))
        stop = True
        await asyncio.gather(*work)
        return answer

    assert small.run(load, sandboxes=1, wait=60)


@pytest.mark.parametrize(
    "change",
    [{"source": PID + "# changed\n"}, {"source": PID, "memory_size": 256}, {"source": PID, "environment": {"A": "1"}}],
)
def test_an_update_takes_effect_at_once(small: Lambda, change: dict[str, Any], exists: Exists, become: Become) -> None:
    """After new code or another configuration the next invocation gets a new sandbox, and the old one is ended."""
    small.deploy(PID)

    async def update(functions: Functions) -> tuple[int, int]:
        before = pid(await functions.invoke("pong", b"{}"))
        small.deploy(**change)
        after = pid(await functions.invoke("pong", b"{}"))
        await become(lambda: not exists(before))
        return before, after

    before, after = small.run(update)
    assert before != after


def test_an_update_lets_the_running_finish(small: Lambda, tmp_path: Path, exists: Exists, become: Become) -> None:
    """An invocation that runs during an update ends normally; its sandbox is ended after it."""
    small.deploy(GATED)

    async def update(functions: Functions) -> tuple[int, int]:
        running = Gate(functions, tmp_path / "1", become)
        await running.began()
        small.deploy(PID)
        after = pid(await functions.invoke("pong", b"{}"))
        before = await running.open()
        await become(lambda: not exists(before))
        return before, after

    before, after = small.run(update)
    assert before != after


def test_idle_sandboxes_go(small: Lambda, exists: Exists, become: Become) -> None:
    """A sandbox that is idle for the idle time is ended."""
    small.deploy(PID)

    async def idle(functions: Functions) -> bool:
        used = pid(await functions.invoke("pong", b"{}"))
        await become(lambda: functions.pool.size == 0 and not exists(used))
        return True

    assert small.run(idle, idle=0.05)


def test_a_dead_one_is_not_lent(small: Lambda, become: Become) -> None:
    """A sandbox whose process ended while it was idle is replaced."""
    small.deploy(PID)

    async def killed(functions: Functions) -> tuple[int, int]:
        first = pid(await functions.invoke("pong", b"{}"))
        os.kill(first, 9)
        (sandbox,) = functions.pool._sandboxes
        await become(lambda: not sandbox.alive)
        return first, pid(await functions.invoke("pong", b"{}"))

    first, second = small.run(killed)
    assert first != second


def test_a_broken_function_starts_few_processes(small: Lambda) -> None:
    """If the init of a function fails, all invocations that wait for it get the error, without a process for each."""
    small.deploy("import absent\n")

    async def burst(functions: Functions) -> list[Invocation]:
        return await asyncio.gather(*(functions.invoke("pong", b"{}") for _ in range(50)))

    answers = small.run(burst)
    assert {"Runtime.ImportModuleError"} == {json.loads(answer.payload)["errorType"] for answer in answers}
    assert 50 == len({answer.request_id for answer in answers})
    assert 50 == sum(m.startswith("REPORT") for m in small.messages)
    assert sum(m.startswith("INIT_START") for m in small.messages) <= 4


def test_hanging_up_does_not_stop_the_function(small: Lambda, tmp_path: Path, become: Become) -> None:
    """Cancelling the call leaves the handler running, and its sandbox serves again afterwards."""
    small.deploy(GATED)

    async def hang_up(functions: Functions) -> tuple[int, int]:
        gate = Gate(functions, tmp_path / "1", become)
        await gate.began()
        gate.task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await gate.task
        (tmp_path / "1").touch()
        await become(lambda: "REPORT" in small.log)
        again = Gate(functions, tmp_path / "2", become)
        return await again.open(), functions.pool.size

    _, size = small.run(hang_up, sandboxes=1)
    assert size == 1


def test_starts_that_only_wait_do_not_hold_up_others(
    small: Lambda, monkeypatch: pytest.MonkeyPatch, become: Become
) -> None:
    """A function whose init waits for something does not keep another function from starting."""
    monkeypatch.setattr("local_aws.functions.pool.FRESH_SECONDS", 0.05)
    small.deploy("import time\ntime.sleep(30)\n", "sleepy", timeout=60)
    small.deploy(PID, "pong")

    async def both(functions: Functions) -> int:
        asyncio.create_task(functions.invoke("sleepy", b"{}"))  # noqa: RUF006  # ends with the service
        await become(lambda: functions.pool.size == 1)
        return pid(await functions.invoke("pong", b"{}"))

    assert small.run(both, starts=1)


def test_no_more_compute_at_once_than_the_machine_bears(
    small: Lambda, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though there are more sandboxes, no more invocations than allowed run side by side."""
    monkeypatch.setattr("local_aws.functions.pool.FRESH_SECONDS", 60.0)  # none takes long, however busy the machine is
    source = (
        "import os, time\n"
        "def handler(event, context):\n"
        "    mark = os.path.join(event, context.aws_request_id)\n"
        "    open(mark, 'w').close()\n"
        "    seen = len(os.listdir(event))\n"
        "    time.sleep(0.02)\n"
        "    os.unlink(mark)\n"
        "    return seen\n"
    )
    for name in ("ping", "pong", "pang"):
        small.deploy(source, name)

    async def burst(functions: Functions) -> list[Invocation]:
        event = json.dumps(str(tmp_path)).encode()
        return await asyncio.gather(*(functions.invoke(name, event) for name in ("ping", "pong", "pang") * 10))

    small.folder = tmp_path.with_name(f"{tmp_path.name}-functions")
    small.folder.mkdir()
    seen = [json.loads(each.payload) for each in small.run(burst, sandboxes=9, computing=2)]
    assert max(seen) == 2


def test_who_waits_for_something_does_not_compute(
    small: Lambda, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, become: Become
) -> None:
    """An invocation that takes long keeps its sandbox, but not the machine from running others."""
    monkeypatch.setattr("local_aws.functions.pool.FRESH_SECONDS", 0.05)
    small.deploy(GATED)
    small.deploy(PID, "ping")

    async def scenario(functions: Functions) -> tuple[int, int]:
        gate = Gate(functions, tmp_path / "gate", become)
        await gate.began()
        answered = pid(await functions.invoke("ping", b"{}"))
        return answered, await gate.open()

    ping, pong = small.run(scenario, computing=1)
    assert ping != pong


def test_functions_in_turn_keep_their_sandboxes(small: Lambda) -> None:
    """Several functions that are invoked in turn do not push each other's sandboxes out."""
    for name in ("a", "b", "c", "d", "e"):
        small.deploy(PID, name)

    async def turns(functions: Functions) -> list[list[int]]:
        return [[pid(await functions.invoke(name, b"{}")) for name in "abcde"] for _ in range(3)]

    first, second, third = small.run(turns)
    assert first == second == third

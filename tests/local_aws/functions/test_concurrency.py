"""How many invocations may run at once."""

import asyncio
from pathlib import Path

import pytest

from local_aws.errors import NoCapacity
from local_aws.functions import ConcurrencyLimits, FunctionConfiguration, Functions, Invocation, Throttled
from local_aws.functions.concurrency import Concurrency

from .conftest import Become, Lambda

SLEEP = "import time\ndef handler(event, context):\n    time.sleep(event)\n    return event\n"


def reason(concurrency: Concurrency, name: str, limits: ConcurrencyLimits) -> str:
    with pytest.raises(Throttled) as throttled:
        concurrency.enter(name, limits)
    return throttled.value.reason


def test_the_account_has_a_limit() -> None:
    """All functions share the limit; an invocation that ends makes room."""
    concurrency, limits = Concurrency(), ConcurrencyLimits(2)
    concurrency.enter("ping", limits)
    concurrency.enter("pong", limits)
    assert reason(concurrency, "pong", limits) == "ConcurrentInvocationLimitExceeded"
    concurrency.leave("ping")
    concurrency.enter("pong", limits)


def test_a_function_has_what_it_reserved_and_no_more() -> None:
    """Other functions cannot use a reservation, and its function cannot use more than it."""
    concurrency, limits = Concurrency(), ConcurrencyLimits(3, {"pong": 1})
    concurrency.enter("pong", limits)
    assert reason(concurrency, "pong", limits) == "ReservedFunctionConcurrentInvocationLimitExceeded"
    concurrency.enter("ping", limits)
    concurrency.enter("ping", limits)
    assert reason(concurrency, "ping", limits) == "ConcurrentInvocationLimitExceeded"
    assert (concurrency.of("ping"), concurrency.unreserved(limits), concurrency.total) == (2, 2, 3)


def test_nothing_reserved_is_nothing_allowed() -> None:
    """Reserved concurrency 0 throttles everything."""
    limits = ConcurrencyLimits(1000, {"pong": 0})
    assert reason(Concurrency(), "pong", limits) == "ReservedFunctionConcurrentInvocationLimitExceeded"


def test_a_limit_throttles_at_once(small: Lambda, tmp_path: Path, become: Become) -> None:
    """An invocation over Lambda's limit does not wait; when the first has ended, the next may run."""
    file = tmp_path / "running"
    small.deploy(
        "import pathlib, time\n"
        "def handler(event, context):\n"
        "    pathlib.Path(event).touch()\n"
        "    while pathlib.Path(event).exists(): time.sleep(0.01)\n"
    )
    small.limits = ConcurrencyLimits(1000, {"pong": 1})

    async def scenario(functions: Functions) -> Invocation:
        first = asyncio.create_task(functions.invoke("pong", f'"{file}"'.encode()))
        await become(file.exists)
        with pytest.raises(Throttled):
            await functions.invoke("pong", b'"x"')
        file.unlink()
        await first
        second = asyncio.create_task(functions.invoke("pong", f'"{file}"'.encode()))
        await become(file.exists)
        file.unlink()
        return await second

    assert small.run(scenario).function_error is None


def test_a_full_machine_lets_wait_a_limit_of_lambdas_does_not(small: Lambda, tmp_path: Path, become: Become) -> None:
    """With one sandbox, a second invocation waits for it; if it may not wait, it gets NoCapacity, not Throttled."""
    small.deploy(SLEEP)

    async def scenario(functions: Functions) -> list[Invocation | BaseException]:
        return await asyncio.gather(*(functions.invoke("pong", b"0.3") for _ in range(2)), return_exceptions=True)

    patient = small.run(scenario, sandboxes=1)
    assert [answer.payload for answer in patient if isinstance(answer, Invocation)] == [b"0.3", b"0.3"]
    (answer, error) = small.run(scenario, sandboxes=1, wait=0.05)
    assert isinstance(answer, Invocation)
    assert (answer.payload, type(error)) == (b"0.3", NoCapacity)
    assert small.total("Throttles", "FunctionName=pong") == 1


def test_a_function_that_cannot_start_leaves_no_trace_in_the_count(
    small: Lambda, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An invocation whose sandbox cannot start does not count as running."""
    small.deploy(SLEEP)
    small.limits = ConcurrencyLimits(1)

    async def fail(configuration: FunctionConfiguration) -> None:
        raise RuntimeError("no role")

    async def scenario(functions: Functions) -> None:
        for _ in range(2):
            with pytest.raises(RuntimeError):
                await functions.invoke("pong", b"0")

    monkeypatch.setattr(small, "environment", fail)
    small.run(scenario)

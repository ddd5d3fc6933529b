"""A time limit that moves."""

import asyncio
from collections.abc import Awaitable, Callable

from local_aws.net.http.deadline import Deadline

SOON, LATE = 0.02, 30.0


def calls(scenario: Callable[[Deadline, asyncio.Event], Awaitable[object]]) -> int:
    """Return how often the deadline called back by the end of a scenario."""
    called = 0

    async def main() -> None:
        passed = asyncio.Event()

        def callback() -> None:
            nonlocal called
            called += 1
            passed.set()

        deadline = Deadline(callback)
        await scenario(deadline, passed)
        deadline.cancel()

    asyncio.run(main())
    return called


async def another_passes() -> None:
    """Wait for a deadline that is later than SOON."""
    passed = asyncio.Event()
    Deadline(passed.set).set(2 * SOON)
    await until(passed)


async def until(passed: asyncio.Event) -> None:
    await asyncio.wait_for(passed.wait(), 60)


def test_it_passes_once() -> None:
    """It does not pass again unless it is set again."""

    async def scenario(deadline: Deadline, passed: asyncio.Event) -> None:
        deadline.set(SOON)
        await until(passed)
        await another_passes()

    assert calls(scenario) == 1


def test_it_can_be_put_off() -> None:
    """After it was moved to later, it does not pass at the earlier time."""

    async def scenario(deadline: Deadline, passed: asyncio.Event) -> None:
        deadline.set(SOON)
        deadline.set(LATE)
        await another_passes()

    assert calls(scenario) == 0


def test_it_can_be_brought_forward() -> None:
    """After it was moved to earlier, it does not wait for the later time."""

    async def scenario(deadline: Deadline, passed: asyncio.Event) -> None:
        deadline.set(LATE)
        deadline.set(SOON)
        await until(passed)

    assert calls(scenario) == 1


def test_none_is_none() -> None:
    """Cleared, it does not pass; set again after that, it does."""

    async def scenario(deadline: Deadline, passed: asyncio.Event) -> None:
        deadline.set(SOON)
        deadline.clear()
        await another_passes()
        assert not passed.is_set()
        deadline.set(SOON)
        await until(passed)

    assert calls(scenario) == 1

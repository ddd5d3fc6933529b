"""The clock that every limit in time runs on."""

import asyncio
import time
from collections.abc import Callable

import pytest

from local_aws.clock import MAX_ADVANCE_SECONDS, Clock, parse_duration
from local_aws.errors import BadDuration


def advanced(*steps: float, timers: dict[str, float], cancelled: tuple[str, ...] = ()) -> list[str]:
    """Return the timers (name to seconds from now) that were called after those steps, in order."""

    async def scenario() -> list[str]:
        clock, called = Clock(), []

        def note(name: str) -> Callable[[], None]:
            return lambda: called.append(name)

        held = {name: clock.call_at(clock.now() + after, note(name)) for name, after in timers.items()}
        for name in cancelled:
            held[name].cancel()
        for step in steps:
            clock.advance(step)
            await asyncio.sleep(0)
        return called

    return asyncio.run(scenario())


def test_it_is_real_time_by_default() -> None:
    """Without ``advance``, the clock shows real time."""
    before = time.time()
    now = Clock().now()
    assert before <= now <= time.time()


def test_advancing_moves_every_reading() -> None:
    """Seconds, milliseconds and the datetime agree."""

    async def scenario() -> Clock:
        clock = Clock()
        clock.advance(600)
        return clock

    clock = asyncio.run(scenario())
    assert clock.now() - time.time() == pytest.approx(600, abs=1)
    assert clock.now_ms() / 1000 == pytest.approx(clock.now(), abs=1)
    assert clock.utc().timestamp() == pytest.approx(clock.now(), abs=1)


def test_what_falls_due_is_called_at_once_earliest_first() -> None:
    """The order in which they were set does not matter; nobody waits in real time."""
    assert advanced(7200, timers={"life": 7200, "idle": 600, "bucket": 1}) == ["bucket", "idle", "life"]


def test_what_is_not_due_yet_waits_for_the_rest_only() -> None:
    """Two half steps are one whole step."""
    assert advanced(300, timers={"idle": 600}) == []
    assert advanced(300, 300, timers={"idle": 600}) == ["idle"]


def test_without_advancing_a_timer_runs_in_real_time() -> None:
    """A timer that is due now is called in the next rounds of the loop."""

    async def scenario() -> bool:
        clock, called = Clock(), asyncio.Event()
        clock.call_at(clock.now() + 0.01, called.set)
        return await asyncio.wait_for(called.wait(), 60)

    assert asyncio.run(scenario())


def test_after_advancing_a_timer_still_runs_in_real_time() -> None:
    """The rest of its time passes as before."""

    async def scenario() -> bool:
        clock, called = Clock(), asyncio.Event()
        clock.call_at(clock.now() + 600.01, called.set)
        clock.advance(600)
        return await asyncio.wait_for(called.wait(), 60)

    assert asyncio.run(scenario())


def test_a_cancelled_timer_is_never_called() -> None:
    """Neither time nor advancing calls it."""
    assert advanced(600, timers={"idle": 600, "other": 600}, cancelled=("idle",)) == ["other"]


def test_a_timer_cancelled_by_one_that_fell_due_with_it_is_not_called() -> None:
    """Two timers of real time behave like that."""

    async def scenario() -> list[str]:
        clock, called = Clock(), []
        second = clock.call_at(clock.now() + 2, lambda: called.append("second"))

        def first() -> None:
            called.append("first")
            second.cancel()

        clock.call_at(clock.now() + 1, first)
        clock.advance(10)
        await asyncio.sleep(0)
        return called

    assert asyncio.run(scenario()) == ["first"]


def test_it_never_goes_backwards() -> None:
    """A negative step raises ValueError, and the time stays."""
    clock = Clock()
    with pytest.raises(ValueError, match="backwards"):
        clock.advance(-1)
    assert clock.ahead == 0


def test_others_hear_of_a_step_after_the_timers() -> None:
    """``on_advance`` is called after the timers, for code that does not wait with ``call_at``."""

    async def scenario() -> list[str]:
        clock, called = Clock(), []
        clock.on_advance.append(lambda: called.append(f"{clock.ahead:g}"))
        clock.call_at(clock.now() + 5, lambda: called.append("timer"))
        clock.advance(5)
        await asyncio.sleep(0)
        return called

    assert asyncio.run(scenario()) == ["timer", "5"]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("45s", 45), ("10m", 600), ("2h", 7200), ("1h30m", 5400), ("1h0m1s", 3601), ("90m", 5400), ("0s", 0)],
)
def test_durations(text: str, seconds: float) -> None:
    """A duration has one unit, or several with the longest first."""
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    "text",
    ["", "10", "m", "-5m", "5m1h", "1.5h", "10 m", "1d", "h1", "٣m", f"{MAX_ADVANCE_SECONDS + 1}s", "9" * 30 + "h"],
)
def test_what_is_no_duration_is_said_with_what_would_be(text: str) -> None:
    """The error is one sentence, with the text and examples."""
    with pytest.raises(BadDuration) as bad:
        parse_duration(text)
    assert str(bad.value) == (
        f"The clock cannot be advanced by {text!r}: give a time of at most a year in h, m and s, "
        "such as 45s, 10m or 1h30m. It never goes backwards."
    )

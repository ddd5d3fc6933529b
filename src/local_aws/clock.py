"""The clock of every time limit: it shows real time, unless somebody moves it forward."""

import asyncio
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime

from local_aws.errors import BadDuration

__all__ = ["MAX_ADVANCE_SECONDS", "Clock", "Timer", "parse_duration"]

MAX_ADVANCE_SECONDS = 366 * 24 * 3600
"""Largest single advance."""

_DURATION = re.compile(r"(?:([0-9]{1,9})h)?(?:([0-9]{1,9})m)?(?:([0-9]{1,9})s)?")


class Timer:
    """A callback that is due at a time of the clock, until it is cancelled."""

    __slots__ = ("_clock", "callback", "handle", "when")

    def __init__(self, clock: "Clock", when: float, callback: Callable[[], object]) -> None:
        self._clock = clock
        self.when = when
        self.callback = callback
        self.handle: asyncio.Handle | None = None

    def cancel(self) -> None:
        """Do not call back. Does nothing if the callback was called, or if it is cancelled already."""
        self._clock.forget(self)


class Clock:
    """The one place where time is read and waited for.

    ``now()`` is in seconds since the epoch. Every time limit uses this clock, so that ``advance`` makes ten idle
    minutes pass in a moment. Time never goes backwards. Two things use the machine's own clock instead: the timeouts
    of functions and integrations (a process cannot be made to have run longer), and signatures (clients sign with the
    machine's clock).

    Each callback in ``on_advance`` is called after every ``advance``, after the timers that became due; it is for code
    that does not wait with ``call_at``. Call ``call_at`` and ``advance`` in the thread of the running loop; ``now`` may
    be called in any thread.
    """

    def __init__(self) -> None:
        self.ahead = 0.0
        """The seconds by which it is ahead of the machine's clock."""
        self.on_advance: list[Callable[[], object]] = []
        self._timers: set[Timer] = set()

    def now(self) -> float:
        """Return the seconds since the epoch, UTC."""
        return time.time() + self.ahead

    def now_ms(self) -> int:
        """Return the milliseconds since the epoch, UTC: the unit of AWS's events."""
        return int(self.now() * 1000)

    def utc(self) -> datetime:
        """Return the current time as an aware datetime in UTC."""
        return datetime.fromtimestamp(self.now(), UTC)

    def call_at(self, when: float, callback: Callable[[], object]) -> Timer:
        """Call ``callback`` at ``when`` (seconds since the epoch), in the running loop."""
        timer = Timer(self, when, callback)
        self._timers.add(timer)
        timer.handle = asyncio.get_running_loop().call_later(max(0.0, when - self.now()), self._fire, timer)
        return timer

    def advance(self, seconds: float) -> None:
        """Move the clock forward; timers that become due are called in the loop's next round, earliest first.

        Raises ValueError for a negative number of seconds.
        """
        if seconds < 0:
            raise ValueError("a clock cannot be moved backwards")
        self.ahead += seconds
        loop, now = asyncio.get_running_loop(), self.now()
        for timer in sorted(self._timers, key=lambda timer: timer.when):
            if timer.handle is not None:
                timer.handle.cancel()
            if timer.when <= now:  # call_later does not keep the order of timers that are due
                timer.handle = loop.call_soon(self._fire, timer)
            else:
                timer.handle = loop.call_later(timer.when - now, self._fire, timer)
        for callback in self.on_advance:
            loop.call_soon(callback)

    def forget(self, timer: Timer) -> None:
        """Drop a timer; ``Timer.cancel`` calls this."""
        self._timers.discard(timer)
        if timer.handle is not None:
            timer.handle.cancel()

    def _fire(self, timer: Timer) -> None:
        self._timers.discard(timer)
        timer.callback()


def parse_duration(text: str) -> float:
    """Return the seconds in ``45s``, ``10m``, ``2h``, or several units with the longest first, such as ``1h30m``.

    Raises BadDuration for any other text, and for more than ``MAX_ADVANCE_SECONDS``.
    """
    match = _DURATION.fullmatch(text.strip())
    if match is None or not any(match.groups()):
        raise BadDuration(text)
    hours, minutes, seconds = (int(part or 0) for part in match.groups())
    total = hours * 3600 + minutes * 60 + seconds
    if total > MAX_ADVANCE_SECONDS:
        raise BadDuration(text)
    return float(total)

"""The clock of all time limits: real time, unless somebody moves it forward."""

import asyncio
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime

from local_aws.errors import BadDuration

__all__ = ["MAX_ADVANCE_SECONDS", "Clock", "Timer", "parse_duration"]

MAX_ADVANCE_SECONDS = 366 * 24 * 3600
"""Largest single advance; more is probably a typing error."""

_DURATION = re.compile(r"(?:([0-9]{1,9})h)?(?:([0-9]{1,9})m)?(?:([0-9]{1,9})s)?")


class Timer:
    """A callback that is due at a time of the clock, unless it is cancelled."""

    __slots__ = ("_clock", "callback", "handle", "when")

    def __init__(self, clock: "Clock", when: float, callback: Callable[[], object]) -> None:
        self._clock = clock
        self.when = when
        self.callback = callback
        self.handle: asyncio.Handle | None = None

    def cancel(self) -> None:
        """Cancel the callback; do nothing if it has been called or cancelled already."""
        self._clock.forget(self)


class Clock:
    """The one place to read the time and to wait for a time.

    ``now()`` is in seconds since the epoch. Every time limit uses this object, so that ``advance`` makes ten idle
    minutes pass in a moment. Time never moves backwards. Two things use the machine's own clock instead: timeouts of
    functions and integrations (a process cannot be made to have run longer), and signatures (signers use that clock).

    Each time the clock is advanced, the callbacks in ``on_advance`` are called after the timers that fell due; they are
    for code that does not wait with ``call_at``. Use ``call_at`` and ``advance`` only in the thread of the running
    loop; ``now`` is safe in any thread.
    """

    def __init__(self) -> None:
        self.ahead = 0.0
        """How many seconds this clock is ahead of the machine's clock."""
        self.on_advance: list[Callable[[], object]] = []
        self._timers: set[Timer] = set()

    def now(self) -> float:
        """Seconds since the epoch, UTC."""
        return time.time() + self.ahead

    def now_ms(self) -> int:
        """Milliseconds since the epoch, UTC: the unit of AWS's events."""
        return int(self.now() * 1000)

    def utc(self) -> datetime:
        """The same instant as an aware datetime."""
        return datetime.fromtimestamp(self.now(), UTC)

    def call_at(self, when: float, callback: Callable[[], object]) -> Timer:
        """Call ``callback`` at ``when`` (seconds since the epoch), in the running loop."""
        timer = Timer(self, when, callback)
        self._timers.add(timer)
        timer.handle = asyncio.get_running_loop().call_later(max(0.0, when - self.now()), self._fire, timer)
        return timer

    def advance(self, seconds: float) -> None:
        """Move forward at once; timers that fall due are called in the loop's next round, earliest first.

        Raises ValueError if ``seconds`` is negative.
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
        """Forget a timer, so that it is never called; ``Timer.cancel`` calls this."""
        self._timers.discard(timer)
        if timer.handle is not None:
            timer.handle.cancel()

    def _fire(self, timer: Timer) -> None:
        self._timers.discard(timer)
        timer.callback()


def parse_duration(text: str) -> float:
    """Parse ``45s``, ``10m``, ``2h``, or a combination with the longer unit first, such as ``1h30m``, into seconds.

    Raises BadDuration if it is something else or longer than ``MAX_ADVANCE_SECONDS``.
    """
    match = _DURATION.fullmatch(text.strip())
    if match is None or not any(match.groups()):
        raise BadDuration(text)
    hours, minutes, seconds = (int(part or 0) for part in match.groups())
    total = hours * 3600 + minutes * 60 + seconds
    if total > MAX_ADVANCE_SECONDS:
        raise BadDuration(text)
    return float(total)

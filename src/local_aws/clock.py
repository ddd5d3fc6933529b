"""The time that every limit runs on."""

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime

__all__ = ["Clock"]


class Clock:
    """Real time, read and waited for in one place.

    ``now()`` is in seconds since the epoch. Whoever limits something in time asks this object and no other.
    """

    def now(self) -> float:
        """Seconds since the epoch, UTC."""
        return time.time()

    def now_ms(self) -> int:
        """Milliseconds since the epoch, UTC: the unit of AWS's events."""
        return int(self.now() * 1000)

    def utc(self) -> datetime:
        """The same instant as an aware datetime."""
        return datetime.fromtimestamp(self.now(), UTC)

    def call_at(self, when: float, callback: Callable[[], object]) -> asyncio.TimerHandle:
        """Call back at ``when`` (seconds since the epoch), in the running loop; ``cancel()`` undoes it."""
        return asyncio.get_running_loop().call_later(max(0.0, when - self.now()), callback)

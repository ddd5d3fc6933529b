"""One time limit that is moved often and seldom reached."""

import asyncio
from collections.abc import Callable

__all__ = ["Deadline"]


class Deadline:
    """Calls back when it has passed, unless it is moved or cleared before.

    Moving it only stores a number: a timer that goes off too early is set again.
    """

    def __init__(self, callback: Callable[[], object]) -> None:
        self._callback = callback
        self._when: float | None = None
        self._timer: asyncio.TimerHandle | None = None

    def set(self, seconds: float) -> None:
        """Set it to ``seconds`` from now."""
        loop = asyncio.get_running_loop()
        self._when = loop.time() + seconds
        if self._timer is not None and self._timer.when() > self._when:
            self._timer.cancel()
            self._timer = None
        if self._timer is None:
            self._timer = loop.call_at(self._when, self._look)

    def clear(self) -> None:
        """Unset it; cheap, because a running timer stays in the loop."""
        self._when = None

    def cancel(self) -> None:
        """Unset it, and remove its timer from the loop."""
        self._when = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self) -> None:
        self._timer = None
        if self._when is None:
            return
        loop = asyncio.get_running_loop()
        if self._when > loop.time():
            self._timer = loop.call_at(self._when, self._look)
        else:
            self._when = None
            self._callback()

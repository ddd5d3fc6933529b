"""Batches: what is added within a moment is delivered together, later, so that adding never waits."""

import asyncio
from collections.abc import Callable

__all__ = ["Batch"]

SECONDS = 0.2
"""From the first addition to a batch until its delivery, on the machine's clock; AWS takes longer."""


class Batch:
    """Calls ``deliver`` when a batch is due; the owner collects its content. Used on one event loop."""

    def __init__(self, deliver: Callable[[], None]) -> None:
        self._deliver = deliver
        self._timer: asyncio.TimerHandle | None = None

    def begin(self) -> None:
        """Say that something was added; the first addition of a batch starts its time."""
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(SECONDS, self.flush)

    def flush(self) -> None:
        """Deliver the batch now."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._deliver()

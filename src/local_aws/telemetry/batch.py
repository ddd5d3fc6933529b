"""What is collected for a moment, then handed on together: nobody who adds to it waits."""

import asyncio
from collections.abc import Callable

__all__ = ["Batch"]

SECONDS = 0.2
"""Of the machine's clock, from the first that is added to a batch to its delivery; AWS takes longer."""


class Batch:
    """When a batch is due. ``deliver`` is called with what was collected by then. Used on one event loop."""

    def __init__(self, deliver: Callable[[], None]) -> None:
        self._deliver = deliver
        self._timer: asyncio.TimerHandle | None = None

    def begin(self) -> None:
        """Something was added; if it is the first of a batch, its time runs from now."""
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(SECONDS, self.flush)

    def flush(self) -> None:
        """Deliver what there is, now."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._deliver()

"""Wait for something that happens by itself, such as a ``$disconnect``: check it again and again, until it is true.

from walkthrough import wait
wait.until(lambda: stack.records().empty)
"""

import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import TypeVar

from walkthrough import progress
from walkthrough.errors import WalkthroughError

__all__ = ["until"]

T = TypeVar("T")

PAUSE = 0.1  # seconds between two checks
PATIENCE = 1  # seconds after which a bar shows the time that has passed


def until(condition: Callable[[], T], seconds: float = 30) -> T:
    """Call ``condition()`` until it returns something that counts as true, and return that.

    After one second, a bar shows the time that has passed. Raises WalkthroughError after ``seconds``.
    """
    begun = time.monotonic()
    with ExitStack() as shown:
        bar = None
        while True:
            answer = condition()
            if answer:
                return answer
            waited = time.monotonic() - begun
            if waited >= seconds:
                raise WalkthroughError(
                    f"{seconds:g} seconds later it is still not so. Run this cell again; if that does not help, "
                    "restart the kernel and run all cells from the top."
                )
            if bar is None and waited >= PATIENCE:
                bar = shown.enter_context(progress.bar("waiting", total=round(seconds)))
            if bar is not None:
                bar.reach(round(waited))
            time.sleep(PAUSE)

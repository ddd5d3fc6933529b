"""Waiting for what happens by itself, such as a ``$disconnect``: look again until it is so, never for a fixed time."""

import time
from collections.abc import Callable
from typing import TypeVar

from walkthrough.errors import WalkthroughError

__all__ = ["until"]

T = TypeVar("T")

PAUSE = 0.1  # seconds between two looks


def until(condition: Callable[[], T], seconds: float = 30) -> T:
    """What ``condition()`` returns, as soon as that counts as true. Raises WalkthroughError when it never does."""
    deadline = time.monotonic() + seconds
    while True:
        answer = condition()
        if answer:
            return answer
        if time.monotonic() >= deadline:
            raise WalkthroughError(
                f"{seconds:g} seconds later it is still not so. Run this cell again; if that does not help, "
                "restart the kernel and run all cells from the top."
            )
        time.sleep(PAUSE)

"""A progress bar in a cell for work that takes over a second. It disappears when the work is done.

    from walkthrough import progress
    for number in progress.each(range(200), "connecting clients"):
        ...

It is tqdm's bar, so ``TQDM_DISABLE=1`` in the environment hides it: tests compare what a cell leaves behind.
"""

import os
from collections.abc import Iterable, Iterator, Sized
from contextlib import contextmanager
from typing import Any, TypeVar

__all__ = ["Bar", "bar", "each"]

T = TypeVar("T")

FORMAT = "{desc}: {bar} {n_fmt}/{total_fmt}, {elapsed}{postfix}"
"""Without a rate and a guess of the time that remains: a deploy has neither."""


class Bar:
    """A progress bar on the screen. Its methods only change what is shown, and never raise."""

    def __init__(self, shown: Any) -> None:
        self._shown = shown

    def step(self, many: int = 1) -> None:
        """Count ``many`` more as done."""
        self._shown.update(many)

    def reach(self, done: int) -> None:
        """Set the number that is done by now."""
        self._shown.update(done - self._shown.n)

    def expect(self, total: int) -> None:
        """Set the total, if it was not known at first."""
        self._shown.total = max(total, self._shown.n)
        self._shown.refresh()

    def say(self, words: str) -> None:
        """Show beside the bar what is being done at the moment."""
        self._shown.set_postfix_str(words)


def each(things: Iterable[T], what: str, total: int | None = None) -> Iterator[T]:
    """Yield the things, with a bar that counts them. ``total`` is needed if they have no length."""
    if total is None:
        total = len(things) if isinstance(things, Sized) else None
    with bar(what, total) as shown:
        for thing in things:
            yield thing
            shown.step()


@contextmanager
def bar(what: str, total: int | None = None) -> Iterator[Bar]:
    """Show a bar while the block runs; without ``total`` it only counts."""
    from tqdm.auto import tqdm  # here, since it imports ipywidgets

    hidden = os.environ.get("TQDM_DISABLE", "") not in ("", "0")  # tqdm's bar for notebooks does not read it
    with tqdm(total=total, desc=what, leave=False, dynamic_ncols=True, disable=hidden, bar_format=FORMAT) as shown:
        yield Bar(shown)

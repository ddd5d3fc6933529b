"""How far something is that takes over a second: a bar in a cell, which goes when the work is done.

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
"""No rate and no guess of what remains: a deploy has neither."""


class Bar:
    """A bar under way. What it is told is only shown: it never fails."""

    def __init__(self, shown: Any) -> None:
        self._shown = shown

    def step(self, many: int = 1) -> None:
        """So many more are done."""
        self._shown.update(many)

    def reach(self, done: int) -> None:
        """So many are done by now."""
        self._shown.update(done - self._shown.n)

    def expect(self, total: int) -> None:
        """It is so many altogether, which was not known at first."""
        self._shown.total = max(total, self._shown.n)
        self._shown.refresh()

    def say(self, words: str) -> None:
        """What is being done at the moment, beside the bar."""
        self._shown.set_postfix_str(words)


def each(things: Iterable[T], what: str, total: int | None = None) -> Iterator[T]:
    """The same things, with a bar that counts them; ``total`` where they have no length."""
    if total is None:
        total = len(things) if isinstance(things, Sized) else None
    with bar(what, total) as shown:
        for thing in things:
            yield thing
            shown.step()


@contextmanager
def bar(what: str, total: int | None = None) -> Iterator[Bar]:
    """A bar for as long as the block lasts; without ``total`` it counts only."""
    from tqdm.auto import tqdm  # here, since it brings ipywidgets with it

    hidden = os.environ.get("TQDM_DISABLE", "") not in ("", "0")  # which tqdm's bar for notebooks does not look at
    with tqdm(total=total, desc=what, leave=False, dynamic_ncols=True, disable=hidden, bar_format=FORMAT) as shown:
        yield Bar(shown)

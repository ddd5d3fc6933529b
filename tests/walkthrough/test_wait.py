import pytest

from walkthrough import wait
from walkthrough.errors import WalkthroughError


def test_until_returns_the_first_true_answer() -> None:
    """It looks again until the condition gives something that counts as true, and gives that back."""
    answers = iter([0, [], "here"])
    assert "here" == wait.until(lambda: next(answers))


def test_until_gives_up() -> None:
    """When the time is over it says so, how long it was, and what to do."""
    with pytest.raises(WalkthroughError, match=r"^0.2 seconds later it is still not so\. Run this cell again"):
        wait.until(lambda: False, seconds=0.2)


def test_until_looks_at_least_once() -> None:
    """Even with no time at all the condition is asked."""
    assert wait.until(lambda: True, seconds=0)

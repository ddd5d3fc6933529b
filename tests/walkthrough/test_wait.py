import pytest

from walkthrough import wait
from walkthrough.errors import WalkthroughError


def test_until_returns_the_first_true_answer() -> None:
    """It calls the condition until that returns something that counts as true, and returns that."""
    answers = iter([0, [], "here"])
    assert "here" == wait.until(lambda: next(answers))


def test_until_gives_up() -> None:
    """When the time is over it says so, how long it was, and what to do."""
    with pytest.raises(WalkthroughError, match=r"^0.2 seconds later it is still not so\. Run this cell again"):
        wait.until(lambda: False, seconds=0.2)


def test_until_looks_at_least_once() -> None:
    """The condition is checked once even if there is no time."""
    assert wait.until(lambda: True, seconds=0)


def test_a_long_wait_is_seen(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A wait of more than a moment shows a bar, which disappears when the wait ends."""
    monkeypatch.setattr(wait, "PATIENCE", 0)
    looks = iter([False, False, True])
    assert wait.until(lambda: next(looks))
    shown = capsys.readouterr().err
    assert "waiting" in shown
    assert "" == shown.split("\r")[-1].strip()


def test_a_short_wait_is_not(capsys: pytest.CaptureFixture[str]) -> None:
    """A condition that is true at once shows nothing."""
    assert wait.until(lambda: 5)
    assert "" == capsys.readouterr().err

import subprocess
import sys

import pytest
import tqdm.notebook

from walkthrough import progress

pytestmark = pytest.mark.slow

WORK = """
from walkthrough import progress
done = [number * 2 for number in progress.each(range(3), "doubling")]
with progress.bar("counting") as bar:
    bar.expect(2)
    bar.say("the first")
    bar.step()
    bar.reach(2)
print(done)
"""


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> subprocess.CompletedProcess[str]:
    """That work, in a Python of its own: tqdm reads its environment when it is imported."""
    monkeypatch.setenv("TQDM_MININTERVAL", "0")
    monkeypatch.setenv("TQDM_DISABLE", request.param)
    return subprocess.run([sys.executable, "-c", WORK], capture_output=True, text=True, check=True)


@pytest.mark.parametrize("ran", [""], indirect=True)
def test_a_bar_is_shown(ran: subprocess.CompletedProcess[str]) -> None:
    """A bar names what is done, how far it is, and what is under way; the work's own output is untouched."""
    assert "[0, 2, 4]\n" == ran.stdout
    assert "doubling" in ran.stderr
    assert "3/3" in ran.stderr
    assert "2/2" in ran.stderr
    assert "the first" in ran.stderr


@pytest.mark.parametrize("ran", [""], indirect=True)
def test_it_goes(ran: subprocess.CompletedProcess[str]) -> None:
    """When the work is done, the bar's line is empty again."""
    assert "" == ran.stderr.splitlines()[-1].strip()


@pytest.mark.parametrize("ran", ["1"], indirect=True)
def test_it_can_be_hidden(ran: subprocess.CompletedProcess[str]) -> None:
    """With TQDM_DISABLE=1 the work is the same and nothing is shown."""
    assert ("[0, 2, 4]\n", "") == (ran.stdout, ran.stderr)


def test_each_gives_the_same_things() -> None:
    """Things without a length pass through as well, one by one."""
    assert ["a", "b"] == list(progress.each(iter("ab"), "spelling"))


def test_more_than_expected() -> None:
    """A guess that was too low does not make it fail."""
    with progress.bar("guessing", total=1) as bar:
        bar.step(3)
        bar.expect(2)


@pytest.mark.parametrize(("disable", "shown"), [("1", False), ("", True)])
def test_hidden_in_a_notebook_too(
    disable: str, shown: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """TQDM_DISABLE=1 hides the bar that a notebook shows as well, which does not read it by itself."""
    monkeypatch.setattr("tqdm.auto.tqdm", tqdm.notebook.tqdm)
    monkeypatch.setenv("TQDM_DISABLE", disable)
    with progress.bar("counting") as bar:
        bar.say("one")
        bar.step()
    assert shown == ("counting" in capsys.readouterr().out)

"""What every test of the repository may count on."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent

# As the Makefile does: the commands of this Python and of npm are found first, however pytest was started.
os.environ["PATH"] = os.pathsep.join(
    [str(Path(sys.executable).parent), str(REPOSITORY / "node_modules" / ".bin"), os.environ["PATH"]]
)

FIGURES = pytest.StashKey[list[str]]()


def pytest_configure(config: pytest.Config) -> None:
    """Have a place for what tests measure."""
    config.stash[FIGURES] = []


@pytest.fixture(scope="session")
def measured(pytestconfig: pytest.Config) -> Callable[[str, float], None]:
    """Takes what was done and how many seconds it took; said at the end of the run, asserted nowhere."""
    return lambda what, seconds: pytestconfig.stash[FIGURES].append(f"{seconds:6.2f} s  {what}")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say what was measured."""
    if config.stash[FIGURES]:
        terminalreporter.section("measured")
        for figure in config.stash[FIGURES]:
            terminalreporter.write_line(figure)

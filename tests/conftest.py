"""What every test of the repository may count on."""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

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


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hand over what was measured in a worker of pytest-xdist."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["figures"] = session.config.stash[FIGURES]


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take what a worker measured; one that crashed hands nothing over."""
    node.config.stash[FIGURES] += getattr(node, "workeroutput", {}).get("figures", [])


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say what was measured."""
    if config.stash[FIGURES]:
        terminalreporter.section("measured")
        for figure in config.stash[FIGURES]:
            terminalreporter.write_line(figure)

"""Ports for tests, and notebooks as tests: `pytest --nbval notebooks`, from anywhere in the repository.

Each notebook runs against an embedded AWS of its own, on a free port and with a state folder of its own, and must stop
it at its end. An embedded AWS that a developer runs is neither used nor touched.
"""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from xdist.scheduler import LoadFileScheduling

# Loaded here and not by pytest itself, which would do so first: nbval reads notebooks with jsonschema, which would take
# two seconds of every process to make a grammar of IRIs, for a format that notebooks have not.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
pytest_plugins = ["nbval.plugin"]

REPOSITORY = Path(__file__).resolve().parent
LOCAL_AWS = Path(sys.executable).with_name("local-aws")
OURS = ("LOCAL_AWS_HOME", "LOCAL_AWS_PORT", "NPM_CONFIG_LOGLEVEL", "TQDM_DISABLE", "WALKTHROUGH_CLOUD")

saved_environment: dict[str, str | None] = {}


class Ports:
    """Ports of 127.0.0.1 that no other process of any test run uses.

    They are below the ports that systems give to a socket bound to port 0, so that no such socket takes one meanwhile.
    This process listens on the first port of its block for as long as it lives: that keeps other workers and other test
    runs out of the block.
    """

    FIRST, LAST, BLOCK = 20_000, 30_000, 100

    def __init__(self) -> None:
        self._block: list[int] = []
        self._guard: socket.socket | None = None

    def new(self) -> int:
        """Return a port on which nothing listens now. It is returned again only after all others of the block."""
        if self._guard is None:
            self._guard = self._reserve()
            first = self._guard.getsockname()[1]
            self._block = list(range(first + 1, first + self.BLOCK))
        for _ in self._block:
            port = self._block.pop(0)
            self._block.append(port)
            if (free := _listening(port)) is not None:
                free.close()
                return port
        raise OSError(f"no port from {self._block[0]} to {self._block[-1]} is free")

    def _reserve(self) -> socket.socket:
        blocks = range(self.FIRST, self.LAST, self.BLOCK)
        for number in range(len(blocks)):
            if (guard := _listening(blocks[(os.getpid() + number) % len(blocks)])) is not None:
                return guard
        raise OSError(f"all ports from {self.FIRST} to {self.LAST} are taken")


def _listening(port: int) -> socket.socket | None:
    try:
        return socket.create_server(("127.0.0.1", port))
    except OSError:
        return None


ports = Ports()


@pytest.fixture(scope="session")
def new_port() -> Callable[[], int]:
    """``new_port()``: a free port that no other worker takes, for a program that needs its port in advance."""
    return ports.new


def copy_of_project(folder: Path) -> Path:
    """A copy of what is deployed and of the notebooks, as two deploys would share what osls keeps beside them."""
    unwanted = shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints")
    for name in ("lambda", "notebooks"):
        shutil.copytree(REPOSITORY / name, folder / name, ignore=unwanted)
    for name in ("package.json", "serverless.yml"):
        shutil.copy(REPOSITORY / name, folder)
    (folder / "node_modules").symlink_to((REPOSITORY / "node_modules").resolve())
    return folder


@pytest.fixture(scope="session")
def new_project(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Path]:
    """``new_project()``: the folder of a copy of the project, in which nobody else deploys."""
    return lambda: copy_of_project(tmp_path_factory.mktemp("project"))


class Scheduling(LoadFileScheduling):  # type: ignore[misc]
    """Gives a worker whole files, and whole folders where all files share what takes long to start."""

    TOGETHER = ("tests/browser",)  # one browser, one JupyterLab

    def _split_scope(self, nodeid: str) -> str:
        path = nodeid.partition("::")[0]
        folder = path.rpartition("/")[0]
        return folder if folder in self.TOGETHER else path


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadFileScheduling | None:
    """Of the ways of pytest-xdist, the one that is asked for with ``--dist loadfile`` is changed."""
    return Scheduling(config, log) if config.getoption("dist") == "loadfile" else None


def pytest_configure(config: pytest.Config) -> None:
    """Compare in this Python, with this repository's rules, and let no cell take over five minutes."""
    option = config.option
    if not getattr(option, "nbval", False):
        return
    option.nbval_current_env = option.nbval_kernel_name is None
    option.nbval_cell_timeout = min(option.nbval_cell_timeout, 300)
    if option.nbval_sanitize_with is None:
        option.nbval_sanitize_with = str(REPOSITORY / "tests" / "notebooks" / "sanitize.cfg")


def is_notebook(node: pytest.Collector | None) -> bool:
    """Return whether this collector runs a notebook for nbval."""
    return hasattr(node, "skip_compare")


def pytest_collectstart(collector: pytest.Collector) -> None:
    """Do not compare standard error: warnings differ between versions."""
    if is_notebook(collector):
        collector.skip_compare += ("stderr",)  # type: ignore[attr-defined]


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Before a notebook's kernel starts, give it an embedded AWS and a copy of the project of its own."""
    if is_notebook(item.parent) and item.parent.kernel is None and not saved_environment:  # type: ignore[union-attr]
        place = Path(tempfile.mkdtemp(prefix="local-aws-"))
        if item.path.is_relative_to(REPOSITORY / "notebooks"):
            item.parent.path = copy_of_project(place) / item.path.relative_to(REPOSITORY)  # type: ignore[union-attr]
        saved_environment.update({name: os.environ.get(name) for name in OURS})
        os.environ["LOCAL_AWS_PORT"] = str(ports.new())
        os.environ["WALKTHROUGH_CLOUD"] = "local"
        os.environ["LOCAL_AWS_HOME"] = str(place / "state")
        Path(os.environ["LOCAL_AWS_HOME"]).mkdir()
        os.environ["NPM_CONFIG_LOGLEVEL"] = "error"  # a warning about somebody's own ~/.npmrc is no output of ours
        os.environ["TQDM_DISABLE"] = "1"  # a reader sees no bar once it has ended, but nbval does


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> Iterator[None]:
    """After a notebook's last cell, clean up; a notebook that leaves its embedded AWS running fails."""
    yield
    if not saved_environment or (nextitem is not None and nextitem.parent is item.parent):
        return
    left = clean_up()
    if left and not item.parent.timed_out:  # type: ignore[union-attr]
        pytest.fail(f"{item.parent.name} left the embedded AWS running: does it end with cloud.close()?", pytrace=False)  # type: ignore[union-attr]


def pytest_unconfigure() -> None:
    """Clean up also if no last cell was reached, after Ctrl-C."""
    if saved_environment:
        clean_up()


def clean_up() -> bool:
    """Stop the embedded AWS that the notebook left running, if any, and remove its folder. Return whether it did."""
    left = subprocess.run([LOCAL_AWS, "down"], capture_output=True).returncode == 0
    shutil.rmtree(Path(os.environ["LOCAL_AWS_HOME"]).parent, ignore_errors=True)
    for name, value in saved_environment.items():
        os.environ.pop(name, None)
        if value is not None:
            os.environ[name] = value
    saved_environment.clear()
    return left

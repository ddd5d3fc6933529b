"""Ports for tests, and notebooks as tests: `pytest --nbval notebooks`, from anywhere in the repository.

Each notebook runs against an embedded AWS of its own, on a free port with a state folder of its own, and must have
stopped it by its end. One that a developer has up is neither used nor touched.
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

was: dict[str, str | None] = {}


class Ports:
    """Ports of 127.0.0.1 that no other process of any test run is given.

    They are below those that systems give to a socket bound to port 0, so that none is taken in between. The first of
    a block is listened on as long as this process lives, which keeps other workers and other runs out of the block.
    """

    FIRST, LAST, BLOCK = 20_000, 30_000, 100

    def __init__(self) -> None:
        self._block: list[int] = []
        self._guard: socket.socket | None = None

    def new(self) -> int:
        """A port on which nothing listens now, and which is given again only after all others of the block."""
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
    """``new_port()``: a free port that no other worker takes, for a program that is told its port beforehand."""
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


class Scheduling(LoadFileScheduling):
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
    """Whether this collector runs a notebook for nbval."""
    return hasattr(node, "skip_compare")


def pytest_collectstart(collector: pytest.Collector) -> None:
    """What goes to standard error, such as a warning, differs between versions: it is no expectation."""
    if is_notebook(collector):
        collector.skip_compare += ("stderr",)  # type: ignore[attr-defined]


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Before a notebook's kernel starts, give it a place for an embedded AWS of its own, and a project of its own."""
    if is_notebook(item.parent) and item.parent.kernel is None and not was:  # type: ignore[union-attr]
        place = Path(tempfile.mkdtemp(prefix="local-aws-"))
        if item.path.is_relative_to(REPOSITORY / "notebooks"):
            item.parent.path = copy_of_project(place) / item.path.relative_to(REPOSITORY)  # type: ignore[union-attr]
        was.update({name: os.environ.get(name) for name in OURS})
        os.environ["LOCAL_AWS_PORT"] = str(ports.new())
        os.environ["WALKTHROUGH_CLOUD"] = "local"
        os.environ["LOCAL_AWS_HOME"] = str(place / "state")
        Path(os.environ["LOCAL_AWS_HOME"]).mkdir()
        os.environ["NPM_CONFIG_LOGLEVEL"] = "error"  # a warning about somebody's own ~/.npmrc is no output of ours
        os.environ["TQDM_DISABLE"] = (
            "1"  # a bar that has gone leaves nothing behind for a reader, but it does for nbval
        )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> Iterator[None]:
    """After a notebook's last cell, take that place away; a notebook that left its AWS running has failed."""
    yield
    if not was or (nextitem is not None and nextitem.parent is item.parent):
        return
    left = subprocess.run([LOCAL_AWS, "status"], capture_output=True).returncode == 0
    if left:
        subprocess.run([LOCAL_AWS, "down"], capture_output=True, check=True)
    shutil.rmtree(Path(os.environ["LOCAL_AWS_HOME"]).parent, ignore_errors=True)
    for name, value in was.items():
        os.environ.pop(name, None)
        if value is not None:
            os.environ[name] = value
    was.clear()
    if left and not item.parent.timed_out:  # type: ignore[union-attr]
        pytest.fail(f"{item.parent.name} left the embedded AWS running: does it end with cloud.close()?", pytrace=False)  # type: ignore[union-attr]

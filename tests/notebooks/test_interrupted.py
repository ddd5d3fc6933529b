"""`pytest --nbval` that does not reach a notebook's last cell leaves no embedded AWS behind."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import psutil
import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
USE = """\
import json, os, pathlib
from walkthrough import cloud
cloud.use()
home = pathlib.Path(os.environ["LOCAL_AWS_HOME"])
(state,) = home.glob("*/state.json")
pathlib.Path("draft").write_text(json.dumps({"home": str(home), "pid": json.loads(state.read_text())["pid"]}))
pathlib.Path("draft").rename("up")
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder for a notebook, and for all that a run of it leaves."""
    shutil.copy(REPOSITORY / "serverless.yml", tmp_path)
    return tmp_path


def started(project: Path, *cells: str) -> subprocess.Popen[bytes]:
    """A run of a notebook of these cells, with what this repository's conftest.py adds to nbval."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    nbformat.write(notebook, project / "notebook.ipynb")
    arguments = ["--nbval", "-p", "conftest", "-p", "no:cacheprovider", "-c", str(REPOSITORY / "pyproject.toml")]
    with (project / "said").open("wb") as said:
        return subprocess.Popen(
            [sys.executable, "-m", "pytest", *arguments, str(project / "notebook.ipynb")],
            cwd=REPOSITORY,
            env={**os.environ, "TMPDIR": str(project)},
            stdout=said,
            stderr=said,
            start_new_session=True,
        )


def until_up(project: Path, run: subprocess.Popen[bytes]) -> tuple[Path, int]:
    """Home and process of its embedded AWS, once the first cell has run."""
    deadline = time.monotonic() + 120
    while not (project / "up").exists():
        assert run.poll() is None, (project / "said").read_text()
        assert time.monotonic() < deadline, (project / "said").read_text()
    told = json.loads((project / "up").read_text())
    return Path(told["home"]), told["pid"]


def is_running(pid: int) -> bool:
    """Whether a process runs still; one that has ended stays in the system's list until its parent takes note."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_by_control_c(project: Path) -> None:
    """While a cell runs, pytest is sent what Ctrl-C sends."""
    run = started(project, USE, "import time\nwhile True:\n    time.sleep(1)")
    home, pid = until_up(project, run)
    run.send_signal(signal.SIGINT)
    assert 2 == run.wait(120), (project / "said").read_text()
    assert (False, False) == (is_running(pid), home.exists())

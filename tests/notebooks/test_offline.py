"""A notebook that promises to use no cloud uses none: it opens no connection and starts no process."""

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

NOTEBOOK = Path(__file__).resolve().parents[2] / "notebooks" / "02-let-the-gateway-hold-them.ipynb"

# Keys that a mistake would use, and an endpoint that a shell may have left; then a hook that lets nobody out.
FORBID = """
import os, sys

os.environ |= {
    "AWS_ACCESS_KEY_ID": "yours",
    "AWS_SECRET_ACCESS_KEY": "yours",
    "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
    "HTTPS_PROXY": "http://127.0.0.1:9",
}
FORBIDDEN = {"socket.connect", "socket.sendto", "socket.getaddrinfo", "subprocess.Popen", "os.system", "os.fork"}

def forbid(event, arguments):
    if event in FORBIDDEN:
        raise PermissionError(f"{event} {arguments}")

sys.addaudithook(forbid)
before = dict(os.environ)
"""

AFTERWARDS = """
import moto.core.models

assert before == dict(os.environ), "the environment is not what it was"
assert not moto.core.models.MockAWS._mocks_active, "moto is still in the place of AWS"
"""


def run(*cells: str) -> None:
    """Run these cells where the notebook is, after those that forbid."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in (FORBID, *cells)])
    resources = {"metadata": {"path": str(NOTEBOOK.parent)}}
    NotebookClient(notebook, timeout=300, kernel_name="python3", resources=resources).execute()


def cells() -> list[str]:
    return [cell.source for cell in nbformat.read(NOTEBOOK, as_version=4).cells if cell.cell_type == "code"]


def test_it_reaches_nobody_and_leaves_nothing() -> None:
    """From its first cell to its last it connects to nothing and starts nothing, and then all is as it was."""
    run(*cells(), AFTERWARDS)


def test_each_cell_can_be_run_twice() -> None:
    """A cell that is run twice in a row works, and still nothing is left."""
    run(*[cell for cell in cells() for _ in range(2)], AFTERWARDS)


@pytest.mark.parametrize(
    "cell", ["import socket; socket.create_connection(('127.0.0.1', 9))", "import subprocess; subprocess.run(['true'])"]
)
def test_what_is_forbidden_is_noticed(cell: str) -> None:
    """A cell that would connect or start something fails in this test."""
    with pytest.raises(CellExecutionError, match="PermissionError"):
        run(cell)

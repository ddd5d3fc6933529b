"""`make outputs` on a notebook of the test's own."""

import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

REPOSITORY = Path(__file__).resolve().parents[2]


def outputs(path: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(REPOSITORY / "tools" / "outputs.py"), str(path)], capture_output=True, text=True
    )


@pytest.fixture
def notebook(tmp_path: Path) -> Path:
    """Two lines printed in two pieces, a warning, a value, and a port of the embedded AWS."""
    source = "import sys\nprint('one')\nsys.stdout.flush()\nprint('two')\nprint('careful', file=sys.stderr)\n1 + 1"
    cells = [
        new_markdown_cell("# Try"),
        new_code_cell(source, metadata={"tags": ["check"], "collapsed": True}),
        new_code_cell("import os\nprint(os.environ['WALKTHROUGH_CLOUD'], os.environ['TQDM_DISABLE'])"),
    ]
    path = tmp_path / "07-try.ipynb"
    nbformat.write(new_notebook(cells=cells, metadata={"authors": ["me"]}), path)
    return path


def test_outputs_are_kept(notebook: Path) -> None:
    """What is printed is kept in one piece, a warning is not; the environment is that of the tests."""
    done = outputs(notebook)
    assert (0, "07-try.ipynb ran to its end; its outputs are kept.\n") == (done.returncode, done.stdout)
    _, first, second = nbformat.read(notebook, as_version=4).cells
    assert ["one\ntwo\n", {"text/plain": "2"}] == [output.get("text") or output.data for output in first.outputs]
    assert ["local 1\n"] == [output.text for output in second.outputs]


def test_only_what_a_reader_needs(notebook: Path) -> None:
    """Cells are numbered in order, and nothing tells of the machine or of the one who ran it."""
    outputs(notebook)
    kept = nbformat.read(notebook, as_version=4)
    assert ["07-01", "07-02", "07-03"] == [cell.id for cell in kept.cells]
    assert [{}, {"tags": ["check"]}, {}] == [cell.metadata for cell in kept.cells]
    assert {"kernelspec", "language_info"} == set(kept.metadata)
    assert [1, 2] == [cell.execution_count for cell in kept.cells[1:]]


def test_an_error_leaves_the_file_alone(tmp_path: Path) -> None:
    """A notebook with a cell that fails stays as it was, and the cell's error is told."""
    path = tmp_path / "08-fail.ipynb"
    nbformat.write(new_notebook(cells=[new_code_cell("print('a')"), new_code_cell("1 / 0")]), path)
    before = path.read_bytes()
    done = outputs(path)
    assert 1 == done.returncode
    assert "08-fail.ipynb is as it was" in done.stderr
    assert "ZeroDivisionError" in done.stderr
    assert before == path.read_bytes()

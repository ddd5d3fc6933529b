import doctest
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from walkthrough.internal import missing_names
from walkthrough.internal.missing_names import Cell

pytestmark = pytest.mark.slow

CELLS = [
    Cell("Connect", "from contextlib import ExitStack\n\nclients = ExitStack()\nclient = clients.enter_context(x)"),
    Cell("Talk", "client.send('a')\nanswer = client.recv()"),
    Cell("Talk again", "client.send('b')\nanswer = client.recv(timeout=1)"),
    Cell("", "print(answer, later)"),
    Cell("Later", "later = 1"),
]


@pytest.mark.parametrize(
    ("name", "here", "sentence"),
    [
        (
            "client",
            "client.send('a')\nanswer = client.recv()\n",
            'client is made under "Connect", in the cell with the ',
        ),
        ("answer", "client.send('b')\nanswer = client.recv(timeout=1)", 'the line "answer = client.recv()": run that '),
        ("answer", "print(answer, later)", 'in the cell with the line "answer = client.recv(timeout=1)": run that one'),
        ("answer", "print('a cell of my own', answer)", 'with the line "answer = client.recv(timeout=1)": run that'),
        ("later", "print(answer, later)", 'later is made under "Later", in the cell with the line "later = 1": run'),
        ("cleint", "", "No cell of this notebook makes cleint. Names like it: client"),
        ("urll", "", "No cell of this notebook makes urll. Names like it: url."),
    ],
)
def test_sentence(name: str, here: str, sentence: str) -> None:
    """The cell that makes the name is the nearest above, else one below; without one, names like it are offered."""
    assert sentence in str(missing_names.explain(CELLS, name, here, known=["url"]))


def test_nothing_to_say() -> None:
    """A name that no cell makes and that is like no other is left to Python's own message."""
    assert missing_names.explain(CELLS, "zebra") is None


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("a = b = 1", {"a", "b"}),
        ("(a, *b), c.d, e[0] = f", {"a", "b"}),
        ("a: int = 1\nb += 1\nif (c := 2): pass", {"a", "b", "c"}),
        ("import a.b, c as d\nfrom e import f, g as h", {"a", "d", "f", "h"}),
        ("def a(b):\n    c = 1\nclass D:\n    e = 1", {"a", "D"}),
        ("for a in b:\n    with c() as d:\n        e = 1", {"a", "d", "e"}),
        ("[a for a in b]; lambda c: (d := 1)", set()),
        ("try:\n    a = 1\nexcept b as c:\n    pass", {"a"}),
        ("%matplotlib inline\n!ls\nif a:\n    !ls\nb = 1", {"b"}),
        ("await a\nasync with b as c: pass", {"c"}),
        ("%%bash\na = 1", set()),
        ("a = = 1", set()),
        ("", set()),
    ],
)
def test_makes(source: str, names: set[str]) -> None:
    """Each way of binding a name in a cell counts, and none inside a function or a comprehension."""
    assert names == missing_names.makes(source).keys()


def notebook(path: Path, *cells: str) -> Any:
    """Write a notebook with a head over each cell."""
    book = nbformat.v4.new_notebook()
    for number, source in enumerate(cells, 1):
        book.cells += [nbformat.v4.new_markdown_cell(f"## Head `{number}`\n\n```sh\n# no head\n```")]
        book.cells += [nbformat.v4.new_code_cell(source)]
    nbformat.write(book, path)
    return book


def test_cells_of(tmp_path: Path) -> None:
    """The code cells of a file, each under the head above it."""
    notebook(tmp_path / "a.ipynb", "a = 1", "b = 2")
    assert [Cell("Head 1", "a = 1"), Cell("Head 2", "b = 2")] == missing_names.cells_of(tmp_path / "a.ipynb")


@pytest.fixture
def errors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Runs cells in a kernel of the notebook that they make up, the second first, and gives back what each showed."""

    def run(first: str, second: str, third: str, session: str = "a.ipynb") -> list[str]:
        book = notebook(tmp_path / "a.ipynb", first, second, third)
        monkeypatch.setenv("JPY_SESSION_NAME", str(tmp_path / session))
        book.cells = [book.cells[3], book.cells[5], book.cells[1]]
        NotebookClient(book, timeout=300, kernel_name="python3", allow_errors=True).execute()
        return [
            "".join("\n".join(output.get("traceback", [])) for output in cell.outputs if "traceback" in output)
            for cell in book.cells
        ]

    return run


def test_in_a_kernel(errors: Any) -> None:
    """Once walkthrough is imported, a cell run too early tells of the one that it needs, under the error as ever."""
    third, first = errors("client = 1", "import walkthrough", "def use():\n    return client\n\nuse()")[1:]
    assert "NameError" in third
    assert "name 'client' is not defined" in third
    assert third.rstrip().endswith(
        'client is made under "Head 1", in the cell with the line "client = 1": run that one first\n'
        "(Run > Run All Above Selected Cell)."
    )
    assert "" == first


@pytest.mark.parametrize(
    ("third", "session"),
    [
        ("client", "renamed.ipynb"),
        ("def use():\n    print(client)\n    client = 1\n\nuse()", "a.ipynb"),
        ("exec('client', {})", "a.ipynb"),
        ("1 / 0", "a.ipynb"),
    ],
)
def test_the_error_alone(errors: Any, third: str, session: str) -> None:
    """Without the file, and for an error that is not about a name of the notebook, it is the error as ever."""
    shown = errors("client = 1", "import walkthrough", third, session)[1]
    assert "Error" in shown
    assert "is made" not in shown


def test_outside_a_notebook() -> None:
    """A program that imports walkthrough is left alone, and need not have IPython loaded."""
    code = (
        "import sys, walkthrough; assert 'IPython' not in sys.modules; "
        "walkthrough.internal.missing_names.install(); nobody"
    )
    environment = {**os.environ, "JPY_SESSION_NAME": "a.ipynb"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=False)
    assert "NameError: name 'nobody' is not defined" == done.stderr.splitlines()[-1]


def test_no_notebook(tmp_path: Path) -> None:
    """A file that is no notebook is refused with an error that the caller expects."""
    path = tmp_path / "a.ipynb"
    for text in ("", "[]", "{}", json.dumps({"cells": [{}]})):
        path.write_text(text)
        with pytest.raises((ValueError, LookupError, TypeError)):
            missing_names.cells_of(path)


def test_example() -> None:
    """The examples in the documentation are true."""
    assert 0 == doctest.testmod(missing_names).failed

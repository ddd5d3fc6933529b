"""When cells run out of order, let the NameError also say which cell of the notebook makes the missing name.

It is an extension of IPython that each kernel of this environment loads (``tools/ipython_kernel_config.py``), since the
cell run too early may be the first; elsewhere importing ``walkthrough`` switches it on. It works by ``set_custom_exc``:
https://ipython.readthedocs.io/en/stable/api/generated/IPython.core.interactiveshell.html

    >>> from walkthrough.internal.missing_names import Cell, explain
    >>> cells = [Cell("Connect", "client = connect(url)"), Cell("Talk", "client.send('hello')")]
    >>> print(explain(cells, "client"))
    client is made under "Connect", in the cell with the line "client = connect(url)": run that one first
    (Run > Run All Above Selected Cell).
"""

import ast
import json
import os
import re
import sys
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from types import TracebackType
from typing import Any

from walkthrough.patching import expect

__all__ = ["Cell", "cells_of", "explain", "install", "load_ipython_extension", "makes"]

SHELL_ESCAPES = ("%", "!")
SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


@dataclass(frozen=True, slots=True)
class Cell:
    """A code cell, and the heading that it stands under."""

    heading: str
    source: str


def cells_of(notebook: Path) -> list[Cell]:
    """The code cells of a notebook file, in order. Raises OSError or ValueError if it is not a notebook."""
    cells: list[Cell] = []
    heading = ""
    for cell in json.loads(notebook.read_text(encoding="utf-8"))["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "code":
            cells.append(Cell(heading, source))
        elif cell["cell_type"] == "markdown":
            heads = re.findall(r"^#{1,6} (.+)$", re.sub(r"^```.*?^```", "", source, flags=re.M | re.S), re.M)
            heading = heads[-1].replace("`", "") if heads else heading
    return cells


def makes(source: str) -> dict[str, str]:
    """The names that exist once a cell has run, each with the line that makes it. Empty if the cell is not Python.

    >>> makes("import json\\nfor line in lines:\\n    print(line)")
    {'json': 'import json', 'line': 'for line in lines:'}
    """
    text = _python(source)
    try:
        tree = ast.parse(text)
    except SyntaxError:
        return {}
    lines = text.splitlines()
    return {name: lines[number - 1].strip() for name, number in _made(tree)}


def explain(cells: Sequence[Cell], name: str, here: str = "", known: Collection[str] = ()) -> str | None:
    """Which cell makes ``name``, for a learner who ran the cell with the source ``here`` before it.

    Where no cell does, the name may be misspelt: then the names that are like it, of the cells' and of those ``known``.
    None when there are no such names either.
    """
    at = next((number for number, cell in enumerate(cells) if cell.source.strip() == here.strip()), len(cells))
    # The latest of the cells above, as it would be if all of them were run; else the first below, if cells were moved.
    for cell in (*reversed(cells[:at]), *cells[at + 1 :]):
        if line := makes(cell.source).get(name):
            where = f'under "{cell.heading}", ' if cell.heading else ""
            return (
                f'{name} is made {where}in the cell with the line "{line}": run that one first\n'
                "(Run > Run All Above Selected Cell)."
            )
    every = {made for cell in cells for made in makes(cell.source)} | set(known)
    close = get_close_matches(name, sorted(every), n=3, cutoff=0.7)
    return f"No cell of this notebook makes {name}. Names like it: {', '.join(close)}." if close else None


def install() -> None:
    """Switch it on, if this process runs in IPython and no other handler is set."""
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    if shell is not None:
        load_ipython_extension(shell)


def load_ipython_extension(shell: Any) -> None:
    """Switch it on in this shell: ``%load_ext walkthrough.internal.missing_names``."""
    expect("ipython", type(shell), "set_custom_exc", ("self", "exc_tuple", "handler"))
    if not shell.custom_exceptions:
        shell.set_custom_exc((NameError,), _show)


def _show(shell: Any, etype: type[BaseException], value: NameError, trace: TracebackType, **more: Any) -> None:
    """Show the error as usual, with the sentence as a note below it."""
    if sentence := _sentence(shell, value, trace):
        value.add_note(sentence)
    shell.showtraceback((etype, value, trace), **more)


def _sentence(shell: Any, error: NameError, trace: TracebackType) -> str | None:
    while trace.tb_next is not None:
        trace = trace.tb_next
    if isinstance(error, UnboundLocalError) or trace.tb_frame.f_globals is not shell.user_ns or not error.name:
        return None  # not a name of the notebook's own
    try:
        cells = cells_of(Path(os.environ["JPY_SESSION_NAME"]))  # which Jupyter's server sets for a kernel
    except (KeyError, OSError, ValueError, TypeError):
        return None
    known = [name for name in shell.user_ns if not name.startswith("_")]
    return explain(cells, error.name, shell.history_manager.input_hist_raw[-1], known)


def _python(source: str) -> str:
    """The cell without the lines for IPython or a shell; the other lines keep their numbers."""
    if source.startswith("%%"):
        return ""
    return "\n".join(
        re.sub(r"\S.*", "pass", line) if line.lstrip().startswith(SHELL_ESCAPES) else line
        for line in source.splitlines()
    )


def _made(node: ast.AST) -> Iterator[tuple[str, int]]:
    """Names bound in a module, each with its line; not in the functions, classes and comprehensions inside."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Name) and isinstance(child.ctx, ast.Store):
            yield child.id, child.lineno
        elif isinstance(child, ast.Import | ast.ImportFrom):
            for alias in child.names:
                yield alias.asname or alias.name.partition(".")[0], child.lineno
        elif isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield child.name, child.lineno
        if not isinstance(child, SCOPES + COMPREHENSIONS):
            yield from _made(child)

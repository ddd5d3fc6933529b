"""Cells run twice, and out of order: what a learner does with a notebook that nobody meant."""

import builtins
import symtable
from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from walkthrough.internal.missing_names import cells_of, explain, makes

REPOSITORY = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((REPOSITORY / "notebooks").glob("*.ipynb"))
GIVEN = {*dir(builtins), "display", "get_ipython"}

notebooks = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def used(table: symtable.SymbolTable) -> Iterator[str]:
    """Names that are read and, as far as this scope and those inside it know, are the module's or Python's."""
    for symbol in table.get_symbols():
        if symbol.is_referenced() and symbol.is_global():
            yield symbol.get_name()
    for inner in table.get_children():
        yield from used(inner)


def needs(source: str) -> set[str]:
    """The names that a cell and its functions use, and neither the cell nor Python itself makes."""
    if source.startswith("%%"):
        return set()
    whole = symtable.symtable(source, "cell", "exec")
    own = {symbol.get_name() for symbol in whole.get_symbols() if symbol.is_assigned() or symbol.is_imported()}
    return set(used(whole)) - own - GIVEN


def test_needs() -> None:
    """The names that a cell needs are found in its functions too, and are not those that it makes or is given."""
    assert {"a", "b"} == needs("c = 1\ndef f(d):\n    e = [g for g in a]\n    return b(c, d, e, print)")


@notebooks
def test_each_name_has_its_cell(path: Path) -> None:
    """Whatever name a cell needs is made by a cell above it, and the sentence for a learner who lacks it says so."""
    cells = cells_of(path)
    unexplained = []
    for number, cell in enumerate(cells):
        above = [line for earlier in cells[:number] for line in makes(earlier.source).items()]
        for name in needs(cell.source):
            lines = [line for made, line in above if made == name]
            sentence = explain(cells, name, cell.source) or ""
            if not lines or f'{name} is made under "' not in sentence or lines[-1] not in sentence:
                unexplained.append((cell.source, name, sentence))
    assert [] == unexplained


@notebooks
def test_the_first_words_say_that_cells_build_on_each_other(path: Path) -> None:
    """Before walkthrough is imported nothing can explain a missing name, so the text above the first code does."""
    cells = nbformat.read(path, as_version=4).cells
    opening = next(number for number, cell in enumerate(cells) if cell.cell_type == "code")
    text = " ".join("\n".join(cell.source for cell in cells[:opening]).split())
    assert "A cell relies on the cells above it" in text


@notebooks
@pytest.mark.usefixtures("own_aws")
def test_each_cell_twice(path: Path, new_project: Callable[[], Path]) -> None:
    """Each cell, run a second time right after the first, runs to its end again."""
    notebook = nbformat.read(path, as_version=4)
    notebook.cells = [twin for cell in notebook.cells if cell.cell_type == "code" for twin in (cell, deepcopy(cell))]
    for number, cell in enumerate(notebook.cells):
        cell.id = f"cell-{number}"
    NotebookClient(
        notebook,
        timeout=300,
        kernel_name="python3",
        allow_errors=True,
        resources={"metadata": {"path": str(new_project() / "notebooks")}},
    ).execute()
    failed = [
        f"{cell.source}\n→ {output.ename}: {output.evalue}"
        for cell in notebook.cells
        for output in cell.outputs
        if output.output_type == "error" and "raises-exception" not in cell.metadata.get("tags", [])
    ]
    assert [] == failed

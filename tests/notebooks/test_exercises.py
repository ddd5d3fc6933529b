import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

REPOSITORY = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((REPOSITORY / "notebooks").glob("*.ipynb"))
SOLUTION = re.compile(r"<details>\s*<summary>.*?</summary>\n\n(.*?)\n\n</details>", re.DOTALL)


def read(path: Path) -> Any:
    return nbformat.read(path, as_version=4)


def tagged(cells: list[Any], tag: str) -> list[Any]:
    return [cell for cell in cells if tag in cell.metadata.get("tags", [])]


def printed(cell: Any) -> str:
    return "".join(output.get("text", "") for output in cell.outputs if output.get("name") != "stderr")


def solved(notebook: Any) -> Any:
    """The notebook with the code of each folded solution in place of the exercise cell before it."""
    exercise = None
    for cell in notebook.cells:
        if "exercise" in cell.metadata.get("tags", []):
            exercise = cell
        elif cell.cell_type == "markdown" and (folded := SOLUTION.search(cell.source)):
            assert exercise is not None, "a solution without an exercise before it"
            exercise.source = "\n".join(re.findall(r"^```python\n(.*?)^```$", folded[1], re.MULTILINE | re.DOTALL))
            exercise = None
    return notebook


exercises = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


@exercises
def test_each_exercise_is_checked_and_solved(path: Path) -> None:
    """There are at least three exercises, and each has one check cell and one folded solution, in that order."""
    parts = "".join(
        "e" * ("exercise" in cell.metadata.get("tags", []))
        + "c" * ("check" in cell.metadata.get("tags", []))
        + "s" * (cell.cell_type == "markdown" and "<details>" in cell.source)
        for cell in read(path).cells
    )
    assert re.fullmatch(r"(ecs){3,}", parts), parts


@exercises
def test_unsolved_checks_say_what_is_missing(path: Path) -> None:
    """As committed, with its exercises unsolved, each check cell prints what is missing."""
    assert [] == [printed(cell) for cell in tagged(read(path).cells, "check") if not printed(cell).startswith("✗ ")]


@exercises
@pytest.mark.usefixtures("own_aws")
def test_solutions_pass_their_checks(path: Path, new_project: Callable[[], Path]) -> None:
    """With the solutions typed in, the notebook runs to its end and each check passes."""
    notebook = solved(read(path))
    NotebookClient(
        notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(new_project() / "notebooks")}}
    ).execute()
    answers = [printed(cell) for cell in tagged(notebook.cells, "check")]
    assert answers
    assert [] == [answer for answer in answers if not answer.startswith("✓ ") or "✗" in answer]

import re
from pathlib import Path
from typing import Any

import nbformat
import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((REPOSITORY / "notebooks").glob("*.ipynb"))

OPENING = ["What you'll do", "What you'll learn", "What you'll need"]
CLOSING = ["What you saw", "On your own", "In practice", "Further reading", "Clean up"]
IGNORED = {"nbval-ignore-output", "nbval-skip", "nbval-check-output", "nbval-raises-exception", "raises-exception"}


def read(path: Path) -> Any:
    return nbformat.read(path, as_version=4)


def code(path: Path) -> list[Any]:
    """The code cells that hold something."""
    return [cell for cell in read(path).cells if cell.cell_type == "code" and cell.source.strip()]


def prose(path: Path) -> str:
    return "\n\n".join(cell.source for cell in read(path).cells if cell.cell_type == "markdown")


def uses_cloud(path: Path) -> bool:
    """Whether its cells deploy to a cloud, or ask one; others have servers of their own."""
    return any(re.search(r"\bcloud\.use\(|\bstack\.|\bboto3\b", cell.source) for cell in code(path))


def without_fences(text: str) -> str:
    return re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)


def tags(cell: Any) -> set[str]:
    return set(cell.metadata.get("tags", []))


notebooks = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def test_there_are_notebooks() -> None:
    """The tests below have something to test."""
    assert NOTEBOOKS


@notebooks
def test_execution_counts(path: Path) -> None:
    """No code cell lacks an execution count, since nbval would compare nothing of it; they count from 1."""
    assert list(range(1, len(code(path)) + 1)) == [cell.execution_count for cell in code(path)]


@notebooks
def test_no_errors(path: Path) -> None:
    """No cell is kept with an error but one that is tagged raises-exception."""
    assert [] == [
        cell.source
        for cell in code(path)
        if any(output.output_type == "error" for output in cell.outputs) and "raises-exception" not in tags(cell)
    ]


@notebooks
def test_heads(path: Path) -> None:
    """A notebook opens and closes with the heads that all of them share, in their order."""
    heads = re.findall(r"^## (.+)$", without_fences(prose(path)), re.MULTILINE)
    assert OPENING == heads[: len(OPENING)]
    assert CLOSING == heads[-len(CLOSING) :]


@notebooks
def test_title(path: Path) -> None:
    """The one title stands first, with the minutes below it, and then a picture."""
    first = read(path).cells[0].source
    assert re.match(r"# \S.*\n\n\*\*\d+ minutes", first)
    assert 1 == len(re.findall(r"^# ", without_fences(prose(path)), re.MULTILINE))
    assert re.search(r"!\[[^\]]{20,}\]\([^)]+\)|<img [^>]*alt=\"[^\"]{20,}\"", prose(path).partition("## ")[0])


@notebooks
def test_pictures_have_words(path: Path) -> None:
    """Each picture in the text has alt text."""
    assert [] == re.findall(r"!\[\]\([^)]*\)|<img (?![^>]*alt=\"[^\"])[^>]*>", prose(path))


@notebooks
def test_few_outputs_are_ignored(path: Path) -> None:
    """Fewer than one code cell in six escapes the comparison."""
    escaping = [
        cell for cell in code(path) if tags(cell) & IGNORED or re.search(r"#\s*(NBVAL_|PYTEST_VALIDATE_)", cell.source)
    ]
    assert 6 * len(escaping) < len(code(path))


@notebooks
def test_same_cells_for_every_cloud(path: Path) -> None:
    """No cell of a notebook that uses a cloud asks where it runs; only your own servers are on this machine by name."""
    if not uses_cloud(path):
        return
    asks = r"\bif .*\b(local|cloud\.name|WALKTHROUGH_CLOUD|AWS_ENDPOINT_URL)\b|localhost|127\.0\.0\.1|local_aws"
    assert [] == [found for cell in code(path) if (found := re.search(asks, cell.source))]


@notebooks
def test_ends_with_nothing_left(path: Path) -> None:
    """The last calls take away what there was: the stack and the cloud, your servers, or an AWS inside the kernel."""
    last = code(path)[-1].source.splitlines()
    if any("mock_aws()" in cell.source for cell in code(path)):
        assert "pretend.close()" == last[0]  # and test_offline.py looks what that leaves
        return
    closing = ["stack.remove()", "cloud.close()"] if uses_cloud(path) else ["server.stop_all()"]
    assert closing == last[-len(closing) :]


@notebooks
def test_metadata_is_plain(path: Path) -> None:
    """The file says which language it is in, and nothing of the machine or the moment that it ran on."""
    notebook = read(path)
    assert {"kernelspec", "language_info"} == set(notebook.metadata)
    assert "python3" == notebook.metadata.kernelspec.name
    assert {"name": "python"} == notebook.metadata.language_info
    assert set() == {key for cell in notebook.cells for key in cell.metadata} - {"tags"}


@notebooks
def test_no_colour_codes_or_carriage_returns(path: Path) -> None:
    """No output holds what only a terminal understands."""
    texts = [output.text for cell in code(path) for output in cell.outputs if output.output_type == "stream"]
    assert [] == [text for text in texts if re.search(r"[\x1b\r\x08]", text)]


@notebooks
def test_minutes(path: Path) -> None:
    """Who reads 200 words and 20 lines of code a minute has read it in the minutes that it states, exercises aside."""
    lesson = prose(path).partition("\n## On your own\n")[0]
    words = len(re.sub(r"\]\([^)]*\)", "]", lesson).split())
    lines = sum(len(cell.source.splitlines()) for cell in code(path) if not tags(cell) & {"exercise", "check"})
    stated = re.search(r"^\*\*(\d+) minutes to read", prose(path), re.MULTILINE)
    assert stated
    assert round(words / 200 + lines / 20) <= int(stated[1])


def test_map() -> None:
    """The map in the first notebook links each notebook that there is, with the minutes that it states."""
    rows = re.findall(r"^\| \[[\w-]+\]\((\S+)\) \| (\d+) \+ (\d+) \|", prose(NOTEBOOKS[0]), re.MULTILINE)
    stated = []
    for path in NOTEBOOKS:
        minutes = re.search(
            r"^\*\*(\d+) minutes to read and run(?:, (\d+) to practise)?\.\*\*", prose(path), re.MULTILINE
        )
        assert minutes, path
        stated.append((path.name, minutes[1], minutes[2] or "0"))
    assert stated == rows

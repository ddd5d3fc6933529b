"""`make quick` is worth its minute: no room of src/ is left out."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
SRC = REPOSITORY / "src"
ROOMS = sorted({module.parent for module in SRC.rglob("*.py")})


def quick() -> list[Path]:
    """The files of tests from which `make quick` runs some."""
    command = "import check; print(*check.of_src())"
    folders = subprocess.run(
        [sys.executable, "-c", command], cwd=REPOSITORY / "tools", capture_output=True, text=True, check=True
    ).stdout.split()
    files = [file for folder in folders for file in (REPOSITORY / folder).rglob("test_*.py")]
    return [
        file
        for file in files
        if not re.search(r"^pytestmark = \[?\s*pytest\.mark\.slow", file.read_text(), re.MULTILINE)
    ]


def imported(file: Path) -> Iterator[str]:
    """The names of the modules that a file imports, and of what it imports from them."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.fixture(scope="module")
def files() -> list[Path]:
    """The files that ``quick`` finds."""
    return quick()


@pytest.fixture(scope="module")
def names(files: list[Path]) -> set[str]:
    """All that they import."""
    return {name for file in files for name in imported(file)}


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: str(room.relative_to(SRC)))
def test_every_room_is_touched(room: Path, files: list[Path], names: set[str]) -> None:
    """A quick test lies where the tests of the room lie, or imports from it."""
    where = room.relative_to(SRC)
    beside = [file for file in files if file.parent == REPOSITORY / "tests" / where]
    name = ".".join(where.parts)
    from_it = [each for each in names if each == name or each.rpartition(".")[0] == name]
    assert beside or from_it, f"no quick test touches src/{where}: all that there are carry pytest.mark.slow"

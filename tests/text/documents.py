"""The documents under test, each as one Markdown text that remembers which line came from where."""

import re
from bisect import bisect_right
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import nbformat

REPOSITORY = Path(__file__).resolve().parents[2]
PATHS = [
    *sorted(REPOSITORY.glob("*.md")),
    *sorted((REPOSITORY / "docs").glob("*.md")),
    *sorted((REPOSITORY / "notebooks").glob("*.ipynb")),
]


@dataclass(frozen=True)
class Document:
    """``starts`` are the first lines, counted from 1, of a notebook's cells, and ``numbers`` the cells' own."""

    path: Path
    text: str
    starts: tuple[int, ...] = ()
    numbers: tuple[int, ...] = ()

    def place(self, line: int) -> str:
        """Where a line of the text is, for whoever has to mend it."""
        name = str(self.path.relative_to(REPOSITORY))
        if not self.starts:
            return f"{name}, line {line}"
        at = bisect_right(self.starts, line) - 1
        return f"{name}, cell {self.numbers[at]}, line {line - self.starts[at] + 1}"

    @property
    def cells(self) -> list[str]:
        """The Markdown cells of a notebook."""
        lines = self.text.splitlines(keepends=True)
        ends = [*(start - 1 for start in self.starts[1:]), len(lines)]
        return ["".join(lines[start - 1 : end]) for start, end in zip(self.starts, ends, strict=True)]


@cache
def documents() -> list[Document]:
    """All of them."""
    return [read(path) for path in PATHS]


def read(path: Path) -> Document:
    """One file. Of a notebook its Markdown cells, with an empty line between two."""
    if path.suffix != ".ipynb":
        return Document(path, path.read_text(encoding="utf-8"))
    lines: list[str] = []
    starts, numbers = [], []
    for number, cell in enumerate(nbformat.read(path, as_version=4).cells, start=1):
        if cell.cell_type == "markdown":
            starts.append(len(lines) + 1)
            numbers.append(number)
            lines += [*cell.source.splitlines(), ""]
    return Document(path, "\n".join(lines), tuple(starts), tuple(numbers))


def without_fences(text: str) -> str:
    """The text with the lines of its code blocks empty."""
    return re.sub(r"^```.*?^```$", lambda code: "\n" * code[0].count("\n"), text, flags=re.MULTILINE | re.DOTALL)


def without_code(text: str) -> str:
    """The text without code blocks and code spans; its lines keep their numbers."""
    return re.sub(r"(`+)(?!`).+?(?<!`)\1(?!`)", "", without_fences(text), flags=re.DOTALL)

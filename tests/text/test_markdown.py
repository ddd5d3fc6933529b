import json
import subprocess
from pathlib import Path

import pytest

from .documents import REPOSITORY, Document, documents, read


def found(document: Document, folder: Path) -> list[str]:
    """What rumdl finds in a document, by the rules in pyproject.toml."""
    copy = folder / f"{document.path.stem}.md"
    copy.write_text(document.text, encoding="utf-8")
    command = [
        "rumdl",
        "check",
        "--no-cache",
        "--config",
        str(REPOSITORY / "pyproject.toml"),
        "--output-format",
        "json",
    ]
    done = subprocess.run([*command, str(copy)], capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stderr
    return [f"{document.place(each['line'])}: {each['rule']} {each['message']}" for each in json.loads(done.stdout)]


@pytest.mark.parametrize("document", documents(), ids=lambda document: document.path.name)
def test_no_fault_is_found(document: Document, tmp_path: Path) -> None:
    """The Markdown linter finds nothing."""
    faults = found(document, tmp_path)
    assert not faults, "\n".join(faults)


def test_a_fault_would_be_found(tmp_path: Path) -> None:
    """A fault in a cell of a notebook is found, and named with the notebook and the cell."""
    notebook = read(REPOSITORY / "notebooks" / "00-start-here.ipynb")
    start = notebook.starts[2]
    lines = notebook.text.splitlines()
    lines[start - 1] = lines[start - 1].replace("## ", "##")
    broken = Document(notebook.path, "\n".join(lines) + "\n", notebook.starts, notebook.numbers)
    [fault] = found(broken, tmp_path)
    assert fault.startswith(f"notebooks/00-start-here.ipynb, cell {notebook.numbers[2]}, line 1: MD018 ")

"""Run notebooks and keep their outputs: `make outputs`, or with `ARGS="notebooks/04-connect-and-talk.ipynb"` only some.

The outputs in a notebook are what `pytest --nbval` expects, so nobody types them. Each notebook runs as in that test,
against an embedded AWS of its own; then everything but code, text and outputs is removed, and the cells are renumbered.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

ROOT = Path(__file__).resolve().parent.parent
WIDGET = "application/vnd.jupyter.widget-view+json"
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def joined(outputs: list[Any]) -> list[Any]:
    """The outputs with prints joined, and without standard error: nobody should expect a warning."""
    kept: list[Any] = []
    for output in outputs:
        if output.get("name") == "stderr":
            continue
        if kept and "stdout" == output.get("name") == kept[-1].get("name"):
            kept[-1].text += output.text
        else:
            kept.append(output)
    return kept


def plain(notebook: Any, prefix: str) -> Any:
    """The notebook without what differs from run to run and is of no use to its reader."""
    notebook.metadata = nbformat.from_dict(METADATA)
    for number, cell in enumerate(notebook.cells, start=1):
        cell.id = f"{prefix}-{number:02}"
        cell.metadata = {"tags": cell.metadata["tags"]} if cell.metadata.get("tags") else {}
        if cell.cell_type == "code":
            cell.outputs = joined(cell.outputs)
        for output in cell.get("outputs", []):
            if "metadata" in output:
                output.metadata = {}
            if "traceback" in output:
                output.traceback = []
            output.get("data", {}).pop(WIDGET, None)  # without its kernel it would be an error message; its text stays
    return notebook


def run(path: Path) -> None:
    """Run one notebook to its end and keep what it printed; an error in it leaves the file as it was."""
    notebook = nbformat.read(path, as_version=4)
    with tempfile.TemporaryDirectory(prefix="local-aws-") as home, socket.create_server(("127.0.0.1", 0)) as free:
        own = {"LOCAL_AWS_HOME": home, "LOCAL_AWS_PORT": str(free.getsockname()[1]), "WALKTHROUGH_CLOUD": "local"}
        free.close()
        os.environ.update(own, TQDM_DISABLE="1", NPM_CONFIG_LOGLEVEL="error")
        try:
            NotebookClient(
                notebook, timeout=60, kernel_name="python3", resources={"metadata": {"path": str(path.parent)}}
            ).execute()
        finally:
            subprocess.run([Path(sys.executable).with_name("local-aws"), "down"], capture_output=True, check=False)
    nbformat.write(plain(notebook, path.stem[:2]), path)


def main(paths: list[str]) -> int:
    """Run the notebooks at these paths, or all; the exit status is 0 if each ran to its end."""
    failed = False
    for path in [Path(path).resolve() for path in paths] or sorted(ROOT.glob("notebooks/*.ipynb")):
        try:
            run(path)
            print(f"{path.name} ran to its end; its outputs are kept.", flush=True)
        except CellExecutionError as error:
            print(f"{path.name} is as it was; a cell of it failed:\n{error}", file=sys.stderr)
            failed = True
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Where the project is, and its command line tools."""

import os
import sys
from pathlib import Path

from walkthrough.errors import WalkthroughError

__all__ = ["root", "tools_on_path"]


def root() -> Path:
    """The folder that holds ``serverless.yml``: this one, or one above it. Raises WalkthroughError if there is none."""
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / "serverless.yml").is_file():
            return folder
    raise WalkthroughError(
        f"There is no serverless.yml in {here} or above it. Open the notebook from its place in the project."
    )


def tools_on_path() -> None:
    """Put ``osls``, ``wscat``, ``npx`` and ``local-aws`` on PATH, for cells and subprocesses."""
    folders = [str(root() / "node_modules" / ".bin"), str(Path(sys.executable).parent)]
    path = os.environ.get("PATH", "").split(os.pathsep)
    os.environ["PATH"] = os.pathsep.join([*(folder for folder in folders if folder not in path), *path])

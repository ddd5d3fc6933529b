"""Check what the toolkit replaces or calls inside another package: it must be there and still fit.

``local_aws`` checks its own replacements when it starts. Those of the toolkit are checked when the module that needs
them is imported, in the first cell of a notebook.
"""

import inspect
import sys
from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

from walkthrough.errors import WalkthroughError

__all__ = ["SEEN_IN", "expect"]

SEEN_IN = {"botocore": "1.44.5", "ipython": "9.18.1"}
"""Package → a version whose functions fit."""


def expect(package: str, owner: Any, name: str, parameters: Sequence[str] = ()) -> Any:
    """The function ``name`` of ``owner``, if it takes exactly these parameters.

    Otherwise raises WalkthroughError, with the package, its version, the version that fits, and the command.
    """
    found = getattr(owner, name, None)
    if found is not None and list(inspect.signature(found).parameters) == list(parameters):
        return found
    seen = SEEN_IN[package]
    raise WalkthroughError(
        f"{package} {version(package)} does not fit this toolkit ({name} is not what it was), which needs "
        f"{package}=={seen}: install that with {sys.executable} -m pip install '{package}=={seen}'"
    )

"""What the toolkit replaces or asks inside another package: it must be there as it was.

The notebooks know nothing of the inside of ``local_aws``, which looks at its own replacements when it starts; these
are looked at when the module that needs them is imported, in the first cell of a notebook.
"""

import inspect
import sys
from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

from walkthrough.errors import WalkthroughError

__all__ = ["SEEN_IN", "expect"]

SEEN_IN = {"botocore": "1.44.5", "ipython": "9.18.1"}
"""Package → the version in which what is asked for was there."""


def expect(package: str, owner: Any, name: str, parameters: Sequence[str] = ()) -> Any:
    """What ``owner`` has under ``name``, a function that takes those parameters.

    Raises WalkthroughError, which names the package, its version, the one that fits and the command, when it has not.
    """
    found = getattr(owner, name, None)
    if found is not None and list(inspect.signature(found).parameters) == list(parameters):
        return found
    seen = SEEN_IN[package]
    raise WalkthroughError(
        f"{package} {version(package)} does not fit this toolkit ({name} is not what it was), which needs "
        f"{package}=={seen}: install that with {sys.executable} -m pip install '{package}=={seen}'"
    )

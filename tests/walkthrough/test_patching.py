"""What the toolkit replaces inside another package: only what is there as it was."""

import subprocess
import sys

import pytest

from local_aws import patching as of_local_aws
from walkthrough import patching
from walkthrough.patching import SEEN_IN

PLACES = {
    "botocore": (
        "from botocore.client import BaseClient\nowner, name, use = BaseClient, '_make_api_call', 'walkthrough.calls'"
    ),
    "ipython": (
        "from IPython.core.interactiveshell import InteractiveShell\nshell = InteractiveShell.instance()\n"
        "owner, name, use = InteractiveShell, 'set_custom_exc', 'walkthrough'"
    ),
}


@pytest.mark.parametrize("change", ["delattr(owner, name)", "setattr(owner, name, lambda self, more: None)"])
@pytest.mark.parametrize("package", PLACES)
def test_what_is_not_as_it_was_is_one_sentence(package: str, change: str) -> None:
    """Taken away or changed, it is named with its package, the version that fits and the command, at import."""
    source = f"{PLACES[package]}\n{change}\nimport importlib\ntry:\n    importlib.import_module(use)\n"
    source += "except Exception as error:\n    print(type(error).__name__, error)\n"
    told = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, timeout=120)
    seen = SEEN_IN[package]
    kind, _, sentence = told.stdout.partition(" ")
    assert "WalkthroughError" == kind, told.stderr
    assert sentence.startswith(f"{package} {seen} does not fit this toolkit (")
    assert sentence.endswith(f"install that with {sys.executable} -m pip install '{package}=={seen}'\n")


def test_both_sides_have_seen_the_same_versions() -> None:
    """The embedded AWS refuses at its start what would be refused in a notebook."""
    assert patching.SEEN_IN == {package: of_local_aws.SEEN_IN[package] for package in patching.SEEN_IN}

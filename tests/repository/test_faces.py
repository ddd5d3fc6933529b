"""What a package shows, and what lies in it: a module is found under its own name."""

import subprocess
import sys

import pytest

LOOK = """
import importlib, pkgutil, sys
package = importlib.import_module(sys.argv[1])
alone = ("__main__", "boot", "client", "forker")  # scripts of a sandbox, which import nothing of ours
names = [each.name for each in pkgutil.walk_packages(package.__path__, f"{sys.argv[1]}.")]
for name in names:
    folder, _, own = name.rpartition(".")
    if own in alone and not name.startswith("walkthrough."):
        continue
    module = importlib.import_module(name)
    if getattr(sys.modules[folder], own) is not module:
        print(name)
"""


@pytest.mark.parametrize("package", ["local_aws", "walkthrough"])
def test_no_face_shadows_its_module(package: str) -> None:
    """``import package.name as n`` yields the module, though the package may show something of it."""
    looked = subprocess.run([sys.executable, "-c", LOOK, package], capture_output=True, text=True, timeout=120)
    assert (0, "") == (looked.returncode, looked.stdout), looked.stderr[-2000:]

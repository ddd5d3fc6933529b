import json
import re
from pathlib import Path

REPOSITORY = Path(__file__).parent.parent.parent


def test_tools_are_pinned() -> None:
    """package.json names exact versions, and the lock holds the same ones."""
    wanted = json.loads((REPOSITORY / "package.json").read_text(encoding="utf-8"))["devDependencies"]
    locked = json.loads((REPOSITORY / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    assert {"osls", "wscat"} == set(wanted)
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in wanted.values())
    assert wanted == {name: locked[f"node_modules/{name}"]["version"] for name in wanted}


def test_the_lock_names_no_registry() -> None:
    """Each locked package has a hash and no address, so that it installs from whichever registry one uses."""
    locked = json.loads((REPOSITORY / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    packages = {path: package for path, package in locked.items() if path}
    assert {} == {path: package for path, package in packages.items() if "resolved" in package}
    assert all(package["integrity"].startswith("sha512-") for package in packages.values())

import re
import subprocess
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]

# spelled so that this file does not name them
REGISTRIES = ["pypi" + ".org", "python" + "hosted.org", "npm" + "js.org", "yarn" + "pkg.com", "debian" + ".org/debian"]
MACHINE_PATHS = r"(?<![\w./~-])/(?:work|root|Users|home(?!/sbx_))/\w"  # sbx_: the user in Lambda


def texts() -> list[tuple[str, str]]:
    """Name and text of each file that is committed, or would be with `git add .`."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=REPOSITORY,
        capture_output=True,
        check=False,
    )
    if listing.returncode != 0:
        pytest.skip("this is no git checkout")
    names = [name for name in listing.stdout.decode().split("\0") if (REPOSITORY / name).is_file()]
    return [(name, (REPOSITORY / name).read_text(errors="replace")) for name in names]


def found(pattern: str) -> list[str]:
    """Where the pattern occurs, as file:line: text."""
    return [
        f"{name}:{number}: {match[0]}"
        for name, text in texts()
        for number, line in enumerate(text.splitlines(), 1)
        if (match := re.search(pattern, line))
    ]


def test_no_registry_is_named() -> None:
    """No file names the host of a package registry: what is pinned installs from any of them."""
    assert found("|".join(map(re.escape, REGISTRIES))) == []


def test_no_machine_is_named() -> None:
    """No file holds a path of the machine that it was written on."""
    assert found(MACHINE_PATHS) == []

import re
import runpy
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

REPOSITORY = Path(__file__).resolve().parents[2]
REPOSITORIES = yaml.safe_load((REPOSITORY / ".pre-commit-config.yaml").read_text())["repos"]
HOOKS: dict[str, Any] = {hook["id"]: hook for each in REPOSITORIES for hook in each["hooks"]}


def test_nothing_is_fetched() -> None:
    """Every hook is local, and of a kind for which pre-commit installs nothing."""
    assert ["local"] == [each["repo"] for each in REPOSITORIES]
    assert {"system", "pygrep"} >= {hook["language"] for hook in HOOKS.values()}
    assert [] == [name for name, hook in HOOKS.items() if "additional_dependencies" in hook]


def test_it_runs_what_make_lint_runs() -> None:
    """Each command of `make lint` that looks at every file is a hook that looks at a commit's files."""
    lint = runpy.run_path(str(REPOSITORY / "tools" / "check.py"))["LINT"]
    commands = [[f".venv/bin/{command}", *rest[:-1]] for command, *rest in lint if rest[-1:] == ["."]]
    entries = [shlex.split(hook["entry"]) for hook in HOOKS.values()]
    hooks = [[word for word in entry if word != "--force-exclude"] for entry in entries if "ruff" in entry[0]]
    assert commands
    assert commands == hooks


@pytest.mark.parametrize(("size", "status"), [(1024, 0), (1025, 1)])
def test_large_files(size: int, status: int, tmp_path: Path) -> None:
    """A file over 1 MB is refused and named, also when its name has a space in it; one of 1 MB is not."""
    large, small = tmp_path / "a large one", tmp_path / "small"
    large.write_bytes(bytes(size * 1024))
    small.touch()
    command = [*shlex.split(HOOKS["large-files"]["entry"]), str(small), str(large)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (status, f"{large}\n" if status else "") == (done.returncode, done.stdout)


@pytest.mark.parametrize(
    ("line", "found"), [("<<<<<<< HEAD", True), (">>>>>>> branch", True), ("=======", False), (">>> print()", False)]
)
def test_merge_markers(line: str, found: bool) -> None:
    """What git writes around two versions of a line is found; a heading and a Python prompt are not taken for it."""
    assert found == bool(re.search(HOOKS["merge-markers"]["entry"], line))

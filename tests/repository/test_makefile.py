import os
import re
import subprocess
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
MAKEFILE = (REPOSITORY / "Makefile").read_text()
TARGETS = re.findall(r"^([a-z]+):", MAKEFILE, re.MULTILINE)


def run(*command: str) -> str:
    """What the command prints, run in the repository."""
    return subprocess.run(command, cwd=REPOSITORY, text=True, capture_output=True, check=True).stdout


def test_help_names_every_target() -> None:
    """`make` alone shows each target with what it does."""
    lines = run("make", "--no-print-directory").splitlines()
    assert [f"make {target}" for target in TARGETS] == [" ".join(line.split()[:2]) for line in lines]
    assert all(len(line.split()) > 3 for line in lines)


@pytest.mark.parametrize("target", TARGETS)
def test_target_does_something(target: str) -> None:
    """Each target is phony and has a recipe."""
    assert target in re.findall(r"^\.PHONY: (.*)", MAKEFILE, re.MULTILINE)[0].split()
    assert run("make", "--no-print-directory", "--dry-run", target).strip()


@pytest.mark.parametrize("target", sorted(set(TARGETS) - {"clean", "help"}))
def test_set_up_comes_first(target: str) -> None:
    """Whatever needs the set-up begins with it, so that each word works in a fresh clone."""
    assert "tools/setup.sh" in run("make", "--no-print-directory", "--dry-run", target).splitlines()[0]


@pytest.mark.parametrize("script", ["tools/setup.sh", "tools/lock.sh", "postBuild"])
def test_shell_scripts_are_plain(script: str) -> None:
    """The scripts are shell that a POSIX sh can read, and can be run by name."""
    subprocess.run(["sh", "-n", script], cwd=REPOSITORY, check=True)
    assert os.access(REPOSITORY / script, os.X_OK)


def test_ci_runs_what_the_readme_says() -> None:
    """.ci/run ends with the README's `make test`."""
    assert (REPOSITORY / ".ci" / "run").read_text().splitlines()[-1].startswith("make test")
    assert os.access(REPOSITORY / ".ci" / "run", os.X_OK)

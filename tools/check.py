"""Run what holds the repository together: `make test` runs all of it, `make lint` and `make types` one step.

A step that fails does not keep the later ones from running; the last lines say how each went and how many
seconds it took. The exit status is 0 when none failed.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

STEPS: dict[str, tuple[tuple[str, ...], ...]] = {
    "lint": (("ruff", "check", "."), ("ruff", "format", "--check", ".")),
    "types": (("mypy",),),
    "tests": (("pytest",),),
    "notebooks": (("pytest", "--nbval", "notebooks"),),
}


def run(commands: tuple[tuple[str, ...], ...], arguments: list[str]) -> bool:
    """Run the commands with the arguments behind each, and say whether all of them succeeded."""
    passed = True
    for command in commands:
        line = [*command, *arguments]
        print(f"\n$ {' '.join(line)}", flush=True)
        passed = subprocess.run(line, cwd=ROOT, check=False).returncode == 0 and passed
    return passed


def main(which: str, *arguments: str) -> int:
    """Run the step called `which`, or `all` of them; the arguments go to the tests."""
    summary = []
    failed = False
    for name, commands in STEPS.items():
        if which not in ("all", name):
            continue
        if name == "notebooks" and not any(ROOT.glob("notebooks/*.ipynb")):
            summary.append(f"{name:<10} skipped: there is no notebook in notebooks/ yet")
            continue
        started = time.monotonic()
        passed = run(commands, list(arguments) if name == "tests" else [])
        summary.append(f"{name:<10} {'passed' if passed else 'FAILED'} {time.monotonic() - started:6.1f} s")
        failed = failed or not passed
    print("", *summary, sep="\n")
    return int(failed)


if __name__ == "__main__":
    try:
        sys.exit(main(*sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)

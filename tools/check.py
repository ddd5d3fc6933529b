"""Run the checks of the repository: `make test` runs all of them, `make quick` those that end within a minute.

`make lint` and `make types` run one step. `make coverage` is `make test` with a count of the lines of src/ that the
tests run, in subprocesses too; where Python is 3.12 or newer, counting is cheap, and `make test` counts as well.

The types are checked beside the tests, which wait for other processes much of the time; the output of that step is
shown when the tests have ended. The other steps run even if one fails. The last lines say whether each step passed and
how many seconds it took. The exit status is 0 if none failed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

Command = tuple[str, ...]

LINT: tuple[Command, ...] = (("ruff", "check", "."), ("ruff", "format", "--check", "."))
TYPES: tuple[Command, ...] = (("mypy",),)

CORES = os.cpu_count() or 1
CHEAP = sys.version_info >= (3, 12)
"""Whether this Python can say which lines run without being slowed down for it."""

TESTS: Command = ("pytest", "--dist", "loadfile", "--no-loadscope-reorder")
"""The tests of a file stay together; files are started in the order of their names, the notebooks first."""


def of_src() -> list[str]:
    """The folders that hold the tests of the packages in src/."""
    return [f"tests/{package.parent.name}" for package in sorted(ROOT.glob("src/*/__init__.py"))]


def tests(which: str) -> Command:
    """All tests and notebooks, or for `quick` the tests of src/ that are not marked slow."""
    if which == "quick":
        return (*TESTS, "-n", str(CORES), "-m", "not slow", *of_src())
    return (*TESTS, "-n", str(2 * CORES), "--nbval")  # many tests wait for other processes


def counted(command: Command) -> Command:
    """The command under coverage, whose data lie in build/."""
    os.environ["COVERAGE_CORE"] = "sysmon" if CHEAP else "ctrace"
    shutil.rmtree(ROOT / "build" / "coverage", ignore_errors=True)
    (ROOT / "build" / "coverage").mkdir(parents=True)
    return ("coverage", "run", "-m", *command)


@dataclass(frozen=True)
class Outcome:
    """Whether a step passed, and its output if that was not shown at once."""

    step: str
    passed: bool
    seconds: float
    said: str

    def __str__(self) -> str:
        return f"{self.step:<10} {'passed' if self.passed else 'FAILED'} {self.seconds:6.1f} s"


def run(step: str, *commands: Command, later: bool = False) -> Outcome:
    """Run the commands one after the other; `later` keeps what they print."""
    began = time.monotonic()
    passed, said = True, ""
    for command in commands:
        line = f"\n$ {' '.join(command)}"
        if later:
            done = subprocess.run(
                command, cwd=ROOT, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
            )
            said += f"{line}\n{done.stdout}"
        else:
            print(line, flush=True)
            done = subprocess.run(command, cwd=ROOT, check=False, text=True)
        passed = passed and done.returncode == 0
    return Outcome(step, passed, time.monotonic() - began, said)


def main(which: str, *arguments: str) -> int:
    """Run the step called `which`, or the steps of `all`, `quick` or `coverage`; the arguments go to pytest."""
    count = which == "coverage" or (which == "all" and CHEAP)
    outcomes = []
    if which != "types":
        outcomes.append(run("lint", *LINT))
    if which == "types":
        outcomes.append(run("types", *TYPES))
    elif which != "lint":
        with ThreadPoolExecutor() as beside:
            types = beside.submit(run, "types", *TYPES, later=True)
            command = (*tests(which), *arguments)
            outcomes.append(run("tests", counted(command) if count else command))
            print(types.result().said, end="")
        outcomes.append(types.result())
    if count:
        report = ("coverage", "report", *(["--format=total"] if which == "all" else []))  # in percent, or file by file
        outcomes.append(run("coverage", ("coverage", "combine", "--quiet"), report))
    print("", *outcomes, sep="\n")
    return int(not all(outcome.passed for outcome in outcomes))


if __name__ == "__main__":
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # otherwise each of hundreds of processes would compile moto anew
    os.environ.setdefault(
        "NODE_COMPILE_CACHE", str(ROOT / "build" / "node")
    )  # the same for Node, which runs osls often
    try:
        sys.exit(main(*sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)

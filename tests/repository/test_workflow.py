"""The words of the workflow for GitHub Actions are those of the Makefile, of pyproject.toml and of .ci/run."""

import re
import shlex
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

REPOSITORY = Path(__file__).resolve().parents[2]
MAKEFILE = (REPOSITORY / "Makefile").read_text()
WORKFLOW: dict[Any, Any] = yaml.safe_load((REPOSITORY / ".github" / "workflows" / "test.yml").read_text())
TRIGGERS = WORKFLOW[True]  # "on" is a truth value in YAML 1.1
JOB = WORKFLOW["jobs"]["test"]
STEPS: list[dict[str, Any]] = JOB["steps"]
SCRIPTS: dict[str, str] = {step["name"]: step["run"] for step in STEPS if "run" in step}
LINES = [shlex.split(line) for script in SCRIPTS.values() for line in script.splitlines()]


def test_it_runs_what_the_readme_says() -> None:
    """Its tests are the README's `make test`, with nothing left out."""
    assert "make test" == SCRIPTS["Test"]


@pytest.mark.parametrize("line", [line for line in LINES if line[0] == "make"], ids=" ".join)
def test_make_words(line: list[str]) -> None:
    """Each word and each variable that make is given is in the Makefile."""
    for argument in line[1:]:
        name, sets, _ = argument.partition("=")
        assert re.search(rf"\$\({name}\)" if sets else rf"^{name}:", MAKEFILE, re.MULTILINE)


@pytest.mark.parametrize("script", SCRIPTS.values(), ids=SCRIPTS.keys())
def test_scripts(script: str) -> None:
    """Each script is shell, and the files of ours that it runs are there."""
    plain = re.sub(r"\$\{\{.*?\}\}", "", script)
    subprocess.run(["bash", "-n"], input=plain, text=True, check=True)
    assert [] == [path for path in re.findall(r"\btools/[\w.]+", script) if not (REPOSITORY / path).is_file()]


def test_pythons() -> None:
    """It takes the oldest Python that pyproject.toml allows, and the newest that set-up looks for."""
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    known = re.findall(r"\bpython3\.(\d+)\b", (REPOSITORY / "tools" / "setup.sh").read_text())
    expected = [project["requires-python"].removeprefix(">="), f"3.{max(map(int, known))}"]
    assert expected == JOB["strategy"]["matrix"]["python"]


def test_systems() -> None:
    """It runs on Linux and on macOS, each to its end."""
    systems = JOB["strategy"]["matrix"]["system"]
    assert ["ubuntu", "macos"] == [system.partition("-")[0] for system in systems]
    assert not JOB["strategy"]["fail-fast"]


def test_weekly_on_the_newest_releases() -> None:
    """Once a week, and by hand, all pins are moved before the tests; a failure names the packages that have moved."""
    minute, hour, day, month, weekday = TRIGGERS["schedule"][0]["cron"].split()
    assert ("*", "*") == (day, month)
    assert all(part.isdigit() for part in (minute, hour, weekday))
    assert "make lock ARGS=--upgrade" in SCRIPTS["Take the newest releases"].splitlines()
    assert "schedule" in JOB["env"]["NEWEST"]
    assert "inputs.newest" in JOB["env"]["NEWEST"]
    (last,) = [step for step in STEPS if "::error" in step.get("run", "")]
    assert "failure() && env.NEWEST == 'true'" == last["if"]


def test_it_may_only_read() -> None:
    """It can neither push nor open anything, and keeps no login where a test could find it."""
    assert {"contents": "read"} == WORKFLOW["permissions"]
    assert "permissions" not in JOB
    (checkout,) = [step for step in STEPS if step.get("uses", "").startswith("actions/checkout@")]
    assert checkout["with"]["persist-credentials"] is False


def test_actions_are_pinned() -> None:
    """Each action is one of GitHub's own, in one exact version."""
    used = [step["uses"] for step in STEPS if "uses" in step]
    assert used
    assert [] == [action for action in used if not re.fullmatch(r"actions/[a-z-]+@v\d+\.\d+\.\d+", action)]


def test_fonts() -> None:
    """Screenshots are drawn with the same fonts as in .ci/run."""
    ours = re.findall(r"missing\+=\((fonts-[\w-]+)\)", (REPOSITORY / ".ci" / "run").read_text())
    assert ours == re.findall(r"\bfonts-[\w-]+", SCRIPTS["Install fonts"])


def test_screenshots_are_kept() -> None:
    """When something fails, what the notebooks looked like is kept, under a name for each machine."""
    lab = (REPOSITORY / "tests" / "browser" / "lab.py").read_text()
    (step,) = [step for step in STEPS if step.get("uses", "").startswith("actions/upload-artifact@")]
    folder = step["with"]["path"].rstrip("/")
    assert " / ".join(f'"{part}"' for part in folder.split("/")) in lab
    assert "failure()" == step["if"]
    assert all(f"matrix.{key}" in step["with"]["name"] for key in JOB["strategy"]["matrix"])

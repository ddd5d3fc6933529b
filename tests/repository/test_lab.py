"""`make lab` with the real embedded AWS; a stand-in for JupyterLab writes down what it was given."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
LAB = [sys.executable, str(REPOSITORY / "tools" / "lab.py")]

FIRST = "--LabApp.default_url=/lab/tree/notebooks/00-start-here.ipynb"

AS_ROOT = os.geteuid() == 0
GIVEN = f"{FIRST} --allow-root" if AS_ROOT else FIRST
SAID = "You are root here, so JupyterLab gets --allow-root.\n"

JUPYTER = """#!/bin/sh
echo "$@ at $AWS_ENDPOINT_URL"
trap 'echo told to end; exit 0' TERM
[ "$HASTE" = yes ] && kill -TERM $PPID
echo ready
[ "$STAY" = no ] || while :; do sleep 0.05; done
"""


@pytest.fixture
def environment(tmp_path: Path, new_port: Callable[[], int]) -> Iterator[dict[str, str]]:
    """The stand-in first on PATH, and a place of its own for local-aws, which is down again at the end."""
    jupyter = tmp_path / "jupyter"
    jupyter.write_text(JUPYTER)
    jupyter.chmod(0o755)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")} | {
        "PATH": os.pathsep.join([str(tmp_path), os.environ["PATH"]]),
        "LOCAL_AWS_HOME": str(tmp_path / "state"),
        "LOCAL_AWS_PORT": str(new_port()),
        "WALKTHROUGH_CLOUD": "local",
        "STAY": "no",
    }
    yield environment
    subprocess.run(["local-aws", "down"], env=environment, capture_output=True, check=False)


def is_up(environment: dict[str, str]) -> bool:
    """Whether an embedded AWS serves on the port."""
    command = ["local-aws", "status", "--json"]
    return subprocess.run(command, env=environment, capture_output=True, check=False).returncode == 0


def test_lab_starts_and_stops_the_embedded_aws(environment: dict[str, str]) -> None:
    """JupyterLab opens the first notebook in the embedded AWS's environment, and takes it down with itself."""
    command = [*LAB, "--no-browser"]
    lab = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=True)
    endpoint = f"http://127.0.0.1:{environment['LOCAL_AWS_PORT']}"
    assert f"lab {GIVEN} --no-browser at {endpoint}\n" in lab.stdout
    assert not is_up(environment)


def test_lab_leaves_alone_what_was_up(environment: dict[str, str]) -> None:
    """An embedded AWS that was up before is used, and stays up."""
    subprocess.run(["local-aws", "up", "--detach"], env=environment, capture_output=True, timeout=300, check=True)
    subprocess.run(LAB, env=environment, capture_output=True, timeout=300, check=True)
    assert is_up(environment)


def test_lab_that_is_told_to_end(environment: dict[str, str]) -> None:
    """Told to end, it passes this on to JupyterLab, and still takes the embedded AWS down."""
    environment["STAY"] = "yes"
    with subprocess.Popen(LAB, env=environment, stdout=subprocess.PIPE, text=True) as lab:
        assert lab.stdout is not None
        for line in lab.stdout:
            if line == "ready\n":
                lab.send_signal(signal.SIGTERM)
                break
        assert "told to end\n" in lab.stdout.read()
    assert lab.returncode == 0
    assert not is_up(environment)


def test_lab_that_is_told_at_once(environment: dict[str, str]) -> None:
    """Told to end in the moment in which JupyterLab begins, it passes that on too."""
    environment |= {"STAY": "yes", "HASTE": "yes"}
    done = subprocess.run(LAB, env=environment, stdout=subprocess.PIPE, text=True, timeout=300)
    assert 0 == done.returncode
    assert "told to end\n" in done.stdout


def test_lab_in_your_own_account(environment: dict[str, str]) -> None:
    """With WALKTHROUGH_CLOUD=aws, JupyterLab gets your own environment and nothing is started."""
    environment["WALKTHROUGH_CLOUD"] = "aws"
    lab = subprocess.run(LAB, env=environment, capture_output=True, text=True, timeout=300, check=True)
    assert lab.stdout == f"{SAID if AS_ROOT else ''}lab {GIVEN} at \nready\n"


@pytest.mark.parametrize("said", ["--allow-root", "--ServerApp.allow_root=True"])
def test_lab_as_root_that_was_told_so(environment: dict[str, str], said: str) -> None:
    """Who allows root with LAB_ARGS is not answered with a second --allow-root."""
    environment["WALKTHROUGH_CLOUD"] = "aws"
    lab = subprocess.run([*LAB, said], env=environment, capture_output=True, text=True, timeout=300, check=True)
    assert f"lab {FIRST} {said} at \nready\n" == lab.stdout


@pytest.mark.skipif(not AS_ROOT, reason="JupyterLab asks root only")
def test_lab_as_root(environment: dict[str, str], tmp_path: Path) -> None:
    """The real JupyterLab serves when root starts it."""
    (tmp_path / "jupyter").unlink()
    environment |= {"WALKTHROUGH_CLOUD": "aws", "HOME": str(tmp_path)}
    command = [*LAB, "--no-browser", "--ServerApp.port=0"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as lab:
        assert lab.stdout is not None
        lines = []
        for line in lab.stdout:
            lines.append(line)
            if "Jupyter Server" in line and "is running at" in line:
                lab.send_signal(signal.SIGTERM)
                lines += lab.stdout
    assert SAID == lines[0]
    assert any("is running at" in line for line in lines), "".join(lines)
    assert 0 == lab.returncode

"""Where the credentials of an embedded AWS are kept: in files that its user alone can read, and nowhere else."""

import json
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

SECRETS = ("secret_access_key", "token")


@dataclass(frozen=True)
class Left:
    """What a running embedded AWS has left in its folder."""

    folder: Path
    state: dict[str, Any]


@pytest.fixture(scope="module")
def left(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Left]:
    """The folder of an embedded AWS that was started by a user whose umask lets everybody write."""
    home = tmp_path_factory.mktemp("local-aws")
    environment = {**os.environ, "LOCAL_AWS_HOME": str(home)}
    command = [sys.executable, "-m", "local_aws"]
    subprocess.run(
        [*command, "up", "--detach", "--port", "0"], env=environment, umask=0, check=True, capture_output=True
    )
    file = next(home.glob("*/state.json"))
    state = json.loads(file.read_text())
    yield Left(file.parent, state)
    subprocess.run([*command, "down", "--port", str(state["port"])], env=environment, check=True, capture_output=True)


def mode(path: Path) -> str:
    return oct(stat.S_IMODE(path.stat().st_mode))


def test_the_folder_is_its_users_only(left: Left) -> None:
    """Whatever the umask is, other users cannot reach anything in it, such as the log or the functions."""
    assert "0o700" == mode(left.folder)


def test_the_state_is_its_users_only(left: Left) -> None:
    """Only its user can read the state file, which has the credentials."""
    assert "0o600" == mode(left.folder / "state.json")


def test_the_log_is_its_users_only(left: Left) -> None:
    """Only its user can read the log, which may have what a learner sent."""
    assert "0o600" == mode(left.folder / "log")


@pytest.mark.parametrize("secret", SECRETS)
def test_no_other_file_holds_a_secret(left: Left, secret: str) -> None:
    """Neither the log nor another file of the folder has one."""
    holding = [
        path.name
        for path in left.folder.rglob("*")
        if path.is_file() and left.state[secret].encode() in path.read_bytes()
    ]
    assert ["state.json"] == holding


@pytest.mark.parametrize("secret", SECRETS)
def test_no_command_line_shows_a_secret(left: Left, secret: str) -> None:
    """No process has a secret in its arguments, which everybody can see with ``ps``."""
    listed = subprocess.run(["ps", "-A", "-ww", "-o", "pid=,args="], capture_output=True, text=True, check=True).stdout
    lines = [line for line in listed.splitlines() if line.split()[0] == str(left.state["pid"])]
    assert ["local_aws up"] == [" ".join(line.split(" --port ")[0].split()[-2:]) for line in lines]
    assert left.state[secret] not in listed

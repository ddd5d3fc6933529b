"""What tells one process from another of the same id, and how one is ended that will not end."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from local_aws.daemon import background
from local_aws.daemon.state import State, make_folder
from local_aws.errors import NotRunning


def test_a_birth_is_the_same_whoever_asks() -> None:
    """A process has the same birth in every time zone and language."""
    code = f"from local_aws.daemon import background; print(background.birth({os.getpid()}))"
    environment = {**os.environ, "TZ": "Asia/Tokyo", "LC_ALL": "de_DE.UTF-8"}
    asked = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert background.birth(os.getpid()) == asked.stdout.strip()


def test_one_that_has_ended_has_none() -> None:
    """A process that has ended has no birth, also while it is a zombie."""
    with subprocess.Popen(["true"], stdout=subprocess.PIPE) as ended:
        assert ended.stdout is not None
        ended.stdout.read()
        while background.is_alive(ended.pid):
            pass
    assert background.birth(ended.pid) is None


def test_without_proc_ps_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without /proc, as on macOS, a process has the same birth twice, and an ended one has none."""

    def refuse(*_: object, **__: object) -> str:
        raise FileNotFoundError

    monkeypatch.setattr(Path, "read_text", refuse)
    with subprocess.Popen(["sleep", "600"]) as other:
        began = background.birth(other.pid)
        assert (True, began) == (bool(began), background.birth(other.pid))
        other.kill()
    assert background.birth(other.pid) is None


DEAF = """
import signal, subprocess
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen(["sleep", "600"])
print(child.pid, flush=True)
child.wait()
"""


def state_of(pid: int, birth: str) -> State:
    """The state that an embedded AWS in that process would have written for port 1."""
    return State(
        pid=pid,
        birth=birth,
        port=1,
        region="us-east-1",
        account_id="123456789012",
        access_key_id="key",
        secret_access_key="secret",
        token="token",
        started=0.0,
    )


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A home for the state of port 1."""
    monkeypatch.setenv("LOCAL_AWS_HOME", str(tmp_path))
    return make_folder(1)


def test_one_that_takes_no_notice_is_killed_with_its_group(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    """If SIGTERM is ignored, the process and those that it started are killed, and its state file is removed."""
    monkeypatch.setattr(background, "END_SECONDS", 0.1)
    with subprocess.Popen([sys.executable, "-c", DEAF], stdout=subprocess.PIPE, start_new_session=True) as deaf:
        assert deaf.stdout is not None
        child = int(deaf.stdout.readline())
        state_of(deaf.pid, background.birth(deaf.pid) or "").write()
        background.end(1)
    while background.is_alive(child):
        pass
    assert (-9, []) == (deaf.returncode, list(home.iterdir()))


def test_another_one_of_its_id_is_not_ended(home: Path) -> None:
    """A process with the same id but another birth is not ended."""
    with subprocess.Popen(["sleep", "600"]) as other:
        state_of(other.pid, "another birth").write()
        assert background.living(1) is None
        with pytest.raises(NotRunning):
            background.end(1)
        assert other.poll() is None
        other.kill()

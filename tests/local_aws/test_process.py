"""What tells one process from another of the same id."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from local_aws import process


def test_a_birth_is_the_same_whoever_asks() -> None:
    """In whatever time zone and language."""
    code = f"from local_aws import process; print(process.birth({os.getpid()}))"
    environment = {**os.environ, "TZ": "Asia/Tokyo", "LC_ALL": "de_DE.UTF-8"}
    asked = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert process.birth(os.getpid()) == asked.stdout.strip()


def test_one_that_has_ended_has_none() -> None:
    """Also while nobody has asked for its exit status."""
    with subprocess.Popen(["true"], stdout=subprocess.PIPE) as ended:
        assert ended.stdout is not None
        ended.stdout.read()
        while process.is_alive(ended.pid):
            pass
    assert process.birth(ended.pid) is None


def test_without_proc_ps_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on macOS: the same twice for one process, nothing for one that has ended."""

    def refuse(*_: object, **__: object) -> str:
        raise FileNotFoundError

    monkeypatch.setattr(Path, "read_text", refuse)
    with subprocess.Popen(["sleep", "600"]) as other:
        began = process.birth(other.pid)
        assert (True, began) == (bool(began), process.birth(other.pid))
        other.kill()
    assert process.birth(other.pid) is None

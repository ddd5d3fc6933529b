"""An embedded AWS for a test that runs a whole notebook."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

LOCAL_AWS = Path(sys.executable).with_name("local-aws")


@pytest.fixture
def own_aws(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, new_port: Callable[[], int]) -> Iterator[None]:
    """A place for an embedded AWS of this test's own, which has stopped afterwards; no bars are shown."""
    monkeypatch.setenv("LOCAL_AWS_PORT", str(new_port()))
    monkeypatch.setenv("LOCAL_AWS_HOME", str(tmp_path))
    monkeypatch.setenv("TQDM_DISABLE", "1")
    monkeypatch.delenv("WALKTHROUGH_CLOUD", raising=False)
    yield
    subprocess.run([LOCAL_AWS, "down"], capture_output=True, check=False)

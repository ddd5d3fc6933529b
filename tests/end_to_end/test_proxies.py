"""A learner behind a proxy: osls, which prefers the proxy for plain HTTP and ignores NO_PROXY, still finds us."""

import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import PROJECT, Embedded

DEAD = "http://127.0.0.1:9"  # the port of "discard", where nobody listens


@pytest.mark.parametrize(
    "theirs",
    [{"HTTP_PROXY": DEAD}, {"http_proxy": DEAD, "no_proxy": "127.0.0.1"}, {"proxy": DEAD, "NO_PROXY": "*"}],
    ids=lambda theirs: "+".join(theirs),
)
def test_osls_finds_the_embedded_aws(embedded: Embedded, tmp_path: Path, theirs: dict[str, str]) -> None:
    """It is told by CloudFormation that there is no such stack."""
    (tmp_path / "serverless.yml").write_text("service: none\nprovider: {name: aws, runtime: python3.13}\n")
    exported = f'eval "$("{sys.executable}" -m local_aws env)" && exec "$0" info'
    done = subprocess.run(
        ["sh", "-c", exported, str(PROJECT / "node_modules" / ".bin" / "osls")],
        cwd=tmp_path,
        env={**embedded.environment, **theirs, "CI": "true", "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert "Stack with id none-dev does not exist" in done.stdout + done.stderr

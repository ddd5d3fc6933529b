"""osls under a bar. Here osls is a script that prints what the real one prints; test_stack.py runs the real one."""

import doctest
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from walkthrough import progress
from walkthrough.errors import WalkthroughError
from walkthrough.internal import osls

SAID = """\

Deploying serverless-websockets to stage dev (us-east-1)

  CREATE_IN_PROGRESS - AWS::CloudFormation::Stack - serverless-websockets-dev
  CREATE_IN_PROGRESS - AWS::IAM::Role - SendRole
  CREATE_COMPLETE - AWS::IAM::Role - SendRole
  CREATE_COMPLETE - AWS::IAM::Role - SendRole
Uploading CloudFormation file to S3
  CREATE_IN_PROGRESS - AWS::ApiGatewayV2::Deployment - WebsocketsDeploymentUn5ulukhd3imCuhTbLB2ig71fdpBn2WU0BHtj8GfM
  CREATE_FAILED - AWS::ApiGatewayV2::Deployment - WebsocketsDeploymentUn5ulukhd3imCuhTbLB2ig71fdpBn2WU0BHtj8GfM
  DELETE_COMPLETE - AWS::Logs::LogGroup - SendLogGroup
  UPDATE_COMPLETE - AWS::CloudFormation::Stack - serverless-websockets-dev
"""


class Shown(progress.Bar):
    """A bar that records the calls of its methods."""

    def __init__(self) -> None:
        self.told: list[str | int] = []

    def step(self, many: int = 1) -> None:
        self.told.append(many)

    def expect(self, total: int) -> None:
        self.told.append(f"of {total}")

    def say(self, words: str) -> None:
        self.told.append(words)


@pytest.fixture
def bar(monkeypatch: pytest.MonkeyPatch) -> Shown:
    """The bar that is shown next."""
    shown = Shown()

    @contextmanager
    def one(what: str) -> Iterator[Shown]:
        shown.told.append(what)
        yield shown
        shown.told.append("gone")

    monkeypatch.setattr(progress, "bar", one)
    return shown


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project in whose folder we are, and an osls that says ``SAID`` and what it was called with."""
    (tmp_path / "serverless.yml").touch()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    make(tmp_path, "sys.exit(0)")
    return tmp_path


def make(project: Path, ending: str) -> None:
    """Make the script."""
    script = project / "osls"
    script.write_text(
        f"#!{sys.executable}\nimport os, sys\nprint({SAID!r})\n"
        f"print('called', *sys.argv[1:], os.environ['CI'], file=sys.stderr, flush=True)\n{ending}\n"
    )
    script.chmod(0o755)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("  UPDATE_COMPLETE - AWS::S3::Bucket - B\n", osls.ResourceStatus("UPDATE_COMPLETE", "Bucket", "B")),
        ("DELETE_SKIPPED - Custom::Thing - C", osls.ResourceStatus("DELETE_SKIPPED", "Thing", "C")),
        ("Uploading State file to S3", None),
        ("endpoint: wss://a.execute-api.us-east-1.amazonaws.com/dev", None),
        ("", None),
    ],
)
def test_report(line: str, expected: osls.ResourceStatus | None) -> None:
    """A line about a resource is told apart from all others."""
    assert expected == osls.report(line)


def test_the_bar(project: Path, bar: Shown) -> None:
    """The bar gets the total with the first resource, names each, steps once for each that is done, and disappears."""
    osls.run("deploy", "deploying", total=lambda: 3)
    deployment = "WebsocketsDeploymentUn5ulukh…"
    expected = ["deploying", "of 3", "SendRole", "SendRole", 1, "SendRole"]
    expected += [deployment, deployment, "SendLogGroup", 1, "gone"]
    assert expected == bar.told


def test_without_a_total(project: Path, bar: Shown) -> None:
    """Without a total the bar counts all the same."""
    osls.run("deploy", "deploying", total=osls.packaged)
    assert 2 == bar.told.count(1)


def test_it_prints_nothing(project: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A run without an error leaves nothing in the cell."""
    monkeypatch.setenv("TQDM_DISABLE", "1")
    osls.run("deploy", "deploying", total=lambda: 3)
    assert ("", "") == capfd.readouterr()


def test_a_failure_in_its_own_words(project: Path, bar: Shown) -> None:
    """The error has the output of osls, without the resources that did not fail."""
    make(project, "sys.exit(1)")
    with pytest.raises(WalkthroughError) as failed:
        osls.run("remove", "removing", total=lambda: None)
    said = str(failed.value)
    assert said.startswith("osls remove failed:\nDeploying serverless-websockets to stage dev")
    assert said.endswith("called remove --stage dev --verbose true")
    assert ["CREATE_FAILED"] == re.findall(r"[A-Z]+_[A-Z_]+(?= - )", said)


def test_interrupted(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An interrupt of the cell ends osls too."""
    make(project, "import time; time.sleep(60)")

    started: list[subprocess.Popen[str]] = []

    class Remembered(subprocess.Popen[str]):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            started.append(self)

    def interrupt() -> int:
        raise KeyboardInterrupt

    monkeypatch.setenv("TQDM_DISABLE", "1")
    monkeypatch.setattr(subprocess, "Popen", Remembered)
    with pytest.raises(KeyboardInterrupt):
        osls.run("deploy", "deploying", total=interrupt)
    assert [-signal.SIGTERM] == [process.returncode for process in started]


def test_no_osls(project: Path) -> None:
    """Without osls on PATH, the sentence says how to get it."""
    (project / "osls").unlink()
    with pytest.raises(WalkthroughError, match=r"^osls is not installed: run make setup"):
        osls.run("deploy", "deploying", total=lambda: None)


def test_packaged(project: Path) -> None:
    """The packaged template says how many resources there will be; none, or a torn one, says nothing."""
    assert osls.packaged() is None
    (project / ".serverless").mkdir()
    template = project / ".serverless" / osls.TEMPLATE
    template.write_text('{"Resources": {"A": {}, "B": {}}}')
    assert 2 == osls.packaged()
    template.write_text('{"Resou')
    assert osls.packaged() is None


def test_example() -> None:
    """The example in the documentation is true."""
    assert 0 == doctest.testmod(osls).failed

"""A whole embedded AWS, in a process of its own, with the project's own stack in it."""

import base64
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest

PROJECT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent


@dataclass(frozen=True)
class Embedded:
    """A running embedded AWS and the environment that leads to it."""

    port: int
    environment: dict[str, str]
    measured: Callable[[str, float], None]

    def client(self, service: str) -> Any:
        make: Callable[..., Any] = boto3.client
        return make(service)

    def connect(self, target: str) -> bytes:
        """What asks its proxy for a way to ``host:port``."""
        proxy = urlsplit(self.environment["HTTPS_PROXY"])
        login = base64.b64encode(f"{proxy.username}:{proxy.password}".encode()).decode()
        return f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\nProxy-Authorization: Basic {login}\r\n\r\n".encode()


@pytest.fixture(scope="package")
def embedded(tmp_path_factory: pytest.TempPathFactory, measured: Callable[[str, float], None]) -> Iterator[Embedded]:
    """One for all tests here; this process' environment points at it, as a learner's shell would."""
    home = tmp_path_factory.mktemp("local-aws")
    own = {**os.environ, "LOCAL_AWS_HOME": str(home), "LOCAL_AWS_SANDBOX_WAIT": "60"}  # a busy machine starts them late
    own.pop("LOCAL_AWS_PORT", None)
    tool = str(BIN / "local-aws")
    began = time.perf_counter()
    up = subprocess.run([tool, "up", "--detach", "--port", "0"], env=own, capture_output=True, text=True, check=True)
    measured("local-aws up --detach", time.perf_counter() - began)
    port = up.stdout.split("http://127.0.0.1:")[1].split()[0]
    exports = subprocess.run([tool, "env", "--port", port], env=own, capture_output=True, text=True, check=True).stdout
    shown = subprocess.run(
        ["sh", "-c", exports + 'exec "$0" -c "import json, os; print(json.dumps(dict(os.environ)))"', sys.executable],
        env={**own, "LOCAL_AWS_PORT": port, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=True,
    )
    environment: dict[str, str] = json.loads(shown.stdout)
    with pytest.MonkeyPatch.context() as patch:
        for name in set(os.environ) - set(environment):
            patch.delenv(name)
        for name, value in environment.items():
            patch.setenv(name, value)
        patch.setattr(boto3, "DEFAULT_SESSION", None)
        yield Embedded(int(port), environment, measured)
        subprocess.run([tool, "down", "--port", port], env=own, capture_output=True, check=True)


@dataclass(frozen=True)
class Service:
    """A folder with a ``serverless.yml``, deployed with the real command."""

    folder: Path
    embedded: Embedded
    name: str

    def osls(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [str(PROJECT / "node_modules" / ".bin" / "osls"), *arguments],
            cwd=self.folder,
            env={**self.embedded.environment, "CI": "true", "NO_COLOR": "1"},
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert not check or done.returncode == 0, done.stdout + done.stderr
        return done

    def deploy(self) -> str:
        """Deploy, and give the address that AWS would print."""
        began = time.perf_counter()
        self.osls("deploy")
        self.embedded.measured(f"osls deploy of {self.name}", time.perf_counter() - began)
        return self.url()

    def url(self) -> str:
        (stack,) = self.embedded.client("cloudformation").describe_stacks(StackName=f"{self.name}-dev")["Stacks"]
        outputs = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
        return str(outputs["ServiceEndpointWebsocket"])

    def log(self, function: str) -> list[str]:
        """What a function has logged so far."""
        events = self.embedded.client("logs").filter_log_events(logGroupName=f"/aws/lambda/{self.name}-dev-{function}")
        return [event["message"] for event in events["events"]]


@pytest.fixture
def project(embedded: Embedded, tmp_path: Path) -> Service:
    """A copy of the project's stack, for tests that change it."""
    return copy_of_project(embedded, tmp_path)


def copy_of_project(embedded: Embedded, folder: Path) -> Service:
    shutil.copytree(PROJECT / "lambda", folder / "lambda", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(PROJECT / "serverless.yml", folder)
    return Service(folder, embedded, "serverless-websockets")


@pytest.fixture(scope="module")
def deployed(embedded: Embedded, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """The project's stack as it is, deployed for a module's tests and removed after them."""
    service = copy_of_project(embedded, tmp_path_factory.mktemp("project"))
    service.deploy()
    yield service
    service.osls("remove")


@pytest.fixture
def eventually() -> Callable[[Callable[[], bool]], None]:
    """Waits until a condition holds; fails the test when it does not within a minute."""

    def wait(condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 60
        while not condition():
            assert time.monotonic() < deadline, "the condition did not come true within 60 s"
            time.sleep(0.02)

    return wait

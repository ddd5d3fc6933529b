"""A Lambda service with real zips, real processes and a log that is a list."""

import asyncio
import hashlib
import importlib.util
import io
import json
import os
import time
import zipfile
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import pytest

from local_aws.clock import Clock
from local_aws.errors import FunctionNotFound
from local_aws.functions import (
    Alias,
    ConcurrencyLimits,
    EventSettings,
    FunctionConfiguration,
    FunctionName,
    Functions,
    Invocation,
    Limits,
    LogEvent,
)
from local_aws.iam.service_calls import ServiceCall
from local_aws.telemetry.metric_batches import Point

T = TypeVar("T")

Until = Callable[[Callable[[], bool]], None]
Become = Callable[[Callable[[], bool]], Awaitable[None]]
Exists = Callable[[int], bool]
Package = Callable[..., bytes]


def package(files: Mapping[str, str | bytes], mode: int = 0o100644) -> bytes:
    """A zip of those files, each with that mode."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name)
            entry.external_attr = mode << 16
            archive.writestr(entry, content)
    return data.getvalue()


class Lambda:
    """Functions deployed for a test, their log, and a way to run a scenario against them."""

    def __init__(self, folder: Path, client: str) -> None:
        self.folder = folder
        self.client = client
        self.events: list[tuple[str, str, LogEvent]] = []
        self.cloud: dict[str, str] = {"AWS_ACCESS_KEY_ID": "ASIAEXAMPLE", "AWS_ENDPOINT_URL": "http://127.0.0.1:1"}
        self.configurations: dict[str, FunctionConfiguration] = {}
        self.aliases: dict[str, Alias] = {}
        self.settings: dict[str, EventSettings] = {}
        self.limits = ConcurrencyLimits()
        self.clock = Clock()
        self.points: list[Point] = []
        self.sent: list[tuple[ServiceCall, str]] = []
        self.answers: Callable[[ServiceCall], int] = lambda call: 200
        self._code: dict[str, bytes] = {}
        self._layers: dict[str, bytes] = {}

    def deploy(
        self,
        source: str | Mapping[str, str | bytes],
        name: str = "pong",
        *,
        mode: int = 0o100644,
        **settings: Any,
    ) -> FunctionConfiguration:
        """Make or update a function; ``source`` is handler.py, or all files, of that mode."""
        code = package({"handler.py": source} if isinstance(source, str) else source, mode)
        version = settings.pop("version", "$LATEST")
        qualifier = "" if version == "$LATEST" else f":{version}"
        configuration = FunctionConfiguration(
            name=name,
            arn=f"arn:aws:lambda:eu-west-3:123456789012:function:{name}{qualifier}",
            version=version,
            runtime=settings.pop("runtime", "python3.13"),
            handler=settings.pop("handler", "handler.handler"),
            role="arn:aws:iam::123456789012:role/pong",
            code_sha256=hashlib.sha256(code).hexdigest(),
            region="eu-west-3",
            account_id="123456789012",
            timeout=settings.pop("timeout", 60),  # seconds: three, as by default, may pass on a busy machine
            **settings,
        )
        self.configurations[name + qualifier] = configuration
        self._code[configuration.code_sha256] = code
        return configuration

    def layer(self, files: Mapping[str, str | bytes], *, mode: int = 0o100644) -> str:
        """Publish a layer; its ARN."""
        arn = f"arn:aws:lambda:eu-west-3:123456789012:layer:l{len(self._layers)}:1"
        self._layers[arn] = package(files, mode)
        return arn

    # The Catalog

    def configuration(self, name: FunctionName) -> FunctionConfiguration:
        """What was deployed as that version."""
        alias = self.aliases.get(name.resource)
        version = alias.version if alias else name.qualifier
        found = self.configurations.get(f"{name.name}:{version}" if version not in (None, "$LATEST") else name.name)
        if found is None:
            raise FunctionNotFound(name.qualified)
        return found

    def alias(self, name: FunctionName) -> Alias | None:
        """By ``function:alias``."""
        return self.aliases.get(name.resource)

    def event_settings(self, name: FunctionName) -> EventSettings:
        """By ``function`` or ``function:qualifier``."""
        return self.settings.get(name.resource, EventSettings())

    def concurrency(self, region: str) -> ConcurrencyLimits:
        """The same in all regions."""
        return self.limits

    def code(self, configuration: FunctionConfiguration) -> bytes:
        """The zip of that configuration."""
        return self._code[configuration.code_sha256]

    def layers(self, configuration: FunctionConfiguration) -> Sequence[bytes]:
        """The zips of its layers."""
        return [self._layers[arn] for arn in configuration.layers]

    # The LogSink

    def write(self, configuration: FunctionConfiguration, stream: str, events: Sequence[LogEvent]) -> None:
        """Keep them."""
        self.events += [(configuration.log_group, stream, event) for event in events]

    async def environment(self, configuration: FunctionConfiguration) -> Mapping[str, str]:
        """What points at the cloud."""
        return self.cloud

    # CloudWatch and the services that news are sent to

    def put_metrics(self, namespace: str, points: Sequence[Point]) -> None:
        """Keep them."""
        assert namespace == "AWS/Lambda"
        self.points += points

    async def send(self, call: ServiceCall, function: str) -> int:
        """Keep it."""
        self.sent.append((call, function))
        return self.answers(call)

    # For tests

    def total(self, metric: str, *dimensions: str) -> float:
        """The sum of a metric, of exactly those dimensions: ``FunctionName=pong``."""
        wanted = tuple(tuple(each.split("=")) for each in dimensions)
        return sum(point.total for point in self.points if (point.name, point.dimensions) == (metric, wanted))

    def functions(self, **limits: Any) -> Functions:
        """A service on the running loop; the scenario closes it."""
        return Functions(
            self,
            self,
            self.environment,
            region="eu-west-3",
            account_id="123456789012",
            clock=self.clock,
            put_metrics=self.put_metrics,
            send=self.send,
            limits=Limits(**limits),
            client=self.client,  # type: ignore[arg-type]
            folder=self.folder,
        )

    def run(self, scenario: Callable[[Functions], Awaitable[T]], **limits: Any) -> T:
        """Run a scenario on a fresh service and close it."""

        async def main() -> T:
            functions = self.functions(**limits)
            try:
                async with asyncio.timeout(60):
                    return await scenario(functions)
            finally:
                await functions.close()

        return asyncio.run(main())

    def invoke(self, event: object = None, name: str = "pong") -> Invocation:
        """One cold invocation."""
        return self.run(lambda functions: functions.invoke(name, json.dumps(event).encode()))

    @property
    def messages(self) -> list[str]:
        """All log messages, in order."""
        return [event.message for _, _, event in self.events]

    @property
    def log(self) -> str:
        """The log as one text."""
        return "".join(self.messages)


def until(condition: Callable[[], bool], seconds: float = 60.0) -> None:
    """Wait for a condition; fail when it does not come true."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come true in time"
        time.sleep(0.01)


async def become(condition: Callable[[], bool]) -> None:
    """Wait for a condition on the running loop; the scenario's own time limit ends it."""
    while not condition():  # noqa: ASYNC110  # what is waited for happens in other processes
        await asyncio.sleep(0.01)


def exists(pid: int) -> bool:
    """Whether a process of that id runs (a zombie does not)."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return Path("/proc").is_dir() is False
    return state != "Z"


@pytest.fixture(params=["awslambdaric", "client"])
def cloud(request: pytest.FixtureRequest, tmp_path: Path) -> Lambda:
    """The service with each of the two runtime clients."""
    if request.param == "awslambdaric" and importlib.util.find_spec("runtime_client") is None:
        pytest.skip("awslambdaric has no wheel for this system")
    return Lambda(tmp_path, request.param)


@pytest.fixture
def small(tmp_path: Path) -> Lambda:
    """The service with our own client only, for what does not depend on the client."""
    return Lambda(tmp_path, "client")


@pytest.fixture(name="until")
def until_fixture() -> Until:
    """``until(condition)``: wait for it."""
    return until


@pytest.fixture(name="become")
def become_fixture() -> Become:
    """``await become(condition)``: wait for it, inside a scenario."""
    return become


@pytest.fixture(name="exists")
def exists_fixture() -> Exists:
    """``exists(pid)``: whether that process runs."""
    return exists


@pytest.fixture(name="package")
def package_fixture() -> Package:
    """``package(files, mode)``: a zip."""
    return package

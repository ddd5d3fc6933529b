"""The AWS under test, what is built in it, and the record of how each item went."""

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.exceptions import ClientError

from .backend import Backend
from .build import Account, Api
from .targets import AWS_DATA_PLANE, EMULATOR_DATA_PLANE, Target

MARKS = {
    "spec(*numbers)": "the items of the behaviour list that this test shows",
    "not_on_aws(reason)": "not on a real account: it would take long, cost more than a few cents, or cannot work there",
    "local_only(reason)": "only on the embedded AWS",
    "local_or_aws(reason)": "not on other emulators",
}


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("conformance")
    group.addoption("--target", default="local", help="local (default), aws, or the address of another emulator")
    group.addoption("--data-plane", help=f"where that emulator serves a stage; default {EMULATOR_DATA_PLANE}")
    group.addoption("--results", type=Path, help="write how each item went to this file, as JSON")


def pytest_configure(config: pytest.Config) -> None:
    for name, what in MARKS.items():
        config.addinivalue_line("markers", f"{name}: {what}")
    name = _target_name(config)
    address = urlsplit(name)
    if name not in ("local", "aws") and not (address.scheme in ("http", "https") and address.hostname):
        raise pytest.UsageError(f"--target {name!r}: it can be local, aws, or an address like http://127.0.0.1:4566.")
    where = config.getoption("--results", None)
    if where is not None:
        if getattr(config.option, "numprocesses", None):
            raise pytest.UsageError("--results: one process sees how all items went; leave -n out.")
        config.pluginmanager.register(Results(where, name))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    name = _target_name(config)
    skipping = {
        "not_on_aws": name == "aws",
        "local_only": name != "local",
        "local_or_aws": name not in ("local", "aws"),
    }
    for item in items:
        for mark, skip in skipping.items():
            found = item.get_closest_marker(mark) if skip else None
            if found is not None:
                item.add_marker(pytest.mark.skip(reason=str(found.args[0])))


def _target_name(config: pytest.Config) -> str:
    return str(config.getoption("--target", "local"))


class Results:
    """Writes what became of each item: failed when one of its tests did, skipped when all of them were."""

    def __init__(self, where: Path, target: str) -> None:
        self.where = where
        self.target = target
        self.items: dict[str, list[int]] = {}
        self.outcomes: dict[str, tuple[str, str]] = {}
        self.began = datetime.now(UTC)

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        for item in session.items:
            numbers = [number for mark in item.iter_markers("spec") for number in mark.args]
            if numbers:
                self.items[item.nodeid] = numbers

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        known, _ = self.outcomes.get(report.nodeid, ("", ""))
        if report.failed:
            self.outcomes[report.nodeid] = ("failed", "")
        elif report.skipped and not known:
            self.outcomes[report.nodeid] = ("skipped", _reason(report))
        elif report.when == "call" and not known:
            self.outcomes[report.nodeid] = ("passed", "")

    def pytest_sessionfinish(self) -> None:
        found: dict[int, list[tuple[str, str]]] = {}
        for test, numbers in self.items.items():
            for number in numbers:
                found.setdefault(number, []).append(self.outcomes.get(test, ("failed", "")))
        results: dict[str, Any] = {}
        for number, outcomes in sorted(found.items()):
            words = {word for word, _ in outcomes}
            word = next(each for each in ("failed", "passed", "skipped") if each in words)
            reasons = sorted({reason for each, reason in outcomes if each == word and reason})
            results[str(number)] = {"result": word, **({"reason": "; ".join(reasons)} if reasons else {})}
        ended = [word for word, _ in self.outcomes.values()]
        document = {
            "target": self.target,
            "date": self.began.date().isoformat(),
            "tests": {word: ended.count(word) for word in ("passed", "failed", "skipped")},
            "items": results,
        }
        self.where.parent.mkdir(parents=True, exist_ok=True)
        self.where.write_text(json.dumps(document, indent=1) + "\n")


def _reason(report: pytest.TestReport) -> str:
    if isinstance(report.longrepr, tuple):
        return str(report.longrepr[2]).removeprefix("Skipped: ")
    return ""


@pytest.fixture(scope="package")
def target(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    """The AWS of ``--target``; this process' environment leads to it while the suite runs."""
    name = _target_name(request.config)
    template = request.config.getoption("--data-plane", None)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(boto3, "DEFAULT_SESSION", None)
        if name == "aws":
            region = boto3.Session(region_name=os.environ.get("AWS_REGION")).region_name
            if region is None:
                raise pytest.UsageError("--target aws: no region is set; set AWS_REGION, for example to us-east-1.")
            yield Target(name, region, template or AWS_DATA_PLANE)
        elif name == "local":
            with _embedded(patch, tmp_path_factory.mktemp("local-aws")):
                yield Target(name, "us-east-1", template or AWS_DATA_PLANE)
        else:
            for variable in (
                "AWS_SESSION_TOKEN",
                "AWS_PROFILE",
                "HTTPS_PROXY",
                "https_proxy",
                "HTTP_PROXY",
                "http_proxy",
            ):
                patch.delenv(variable, raising=False)
            for variable in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
                patch.setenv(variable, "test")
            patch.setenv("AWS_ENDPOINT_URL", name)
            patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
            yield Target(name, "us-east-1", template or EMULATOR_DATA_PLANE)


@contextmanager
def _embedded(patch: pytest.MonkeyPatch, home: Path) -> Iterator[None]:
    """An embedded AWS on a free port, with a home of its own, for as long as the block lasts."""
    patch.delenv("LOCAL_AWS_PORT", raising=False)
    patch.setenv("LOCAL_AWS_HOME", str(home))
    up = _local_aws("up", "--detach", "--port", "0")
    patch.setenv("LOCAL_AWS_PORT", up.split("http://127.0.0.1:")[1].split()[0])
    for line in _local_aws("env").splitlines():
        command, *words = shlex.split(line)
        if command == "unset":
            patch.delenv(words[0], raising=False)
        else:
            variable, _, value = words[0].partition("=")
            patch.setenv(variable, value)
    try:
        yield
    finally:
        _local_aws("down")


def _local_aws(*arguments: str) -> str:
    command = [str(Path(sys.executable).with_name("local-aws")), *arguments]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="package")
def account(target: Target) -> Iterator[Account]:
    """Everything that the suite makes, removed at the end even when tests failed."""
    account = Account(target)
    try:
        yield account
    finally:
        failures = account.remove_everything()
        assert failures == [], f"could not be removed: {failures}"
        if target.is_local:  # elsewhere, what is deleted may be listed for a while
            assert account.left() == []


@pytest.fixture(scope="package")
def api(account: Account) -> Api:
    """The API of most tests: the puppet behind every route, most of them two-way."""
    api = Api(account)
    for key in ("$connect", "$disconnect", "oneway"):
        api.route(key)
    for key in ("$default", "echo", "1", "true", "[item1, item2]", "Echo", "other"):
        api.route(key, two_way=True)
    api.deploy()
    return api


@pytest.fixture(scope="package")
def bare(account: Account) -> Api:
    """An API with one message route and nothing else: no ``$connect``, ``$disconnect``, ``$default``."""
    api = Api(account)
    api.route("echo", two_way=True)
    api.deploy()
    return api


@pytest.fixture(scope="package")
def backend() -> Iterator[Backend]:
    """An HTTP server that says what it was asked; for integrations that can reach this machine."""
    with Backend() as served:
        yield served


@pytest.fixture(scope="package")
def may_log(account: Account) -> Iterator[None]:
    """The account's role for execution logs, put back as it was afterwards."""
    rest = account.client("apigateway")
    before = rest.get_account().get("cloudwatchRoleArn", "")
    actions = [
        "logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogGroups", "logs:DescribeLogStreams",
        "logs:PutLogEvents", "logs:GetLogEvents", "logs:FilterLogEvents",
    ]  # fmt: skip
    arn = account.role("logs", [{"Action": actions, "Resource": "*"}], "apigateway.amazonaws.com")

    def set_role(value: str) -> bool:
        change = {"op": "replace", "path": "/cloudwatchRoleArn", "value": value}
        try:
            rest.update_account(patchOperations=[change])
        except ClientError:
            if not account.target.is_aws:  # there, a fresh role is not known everywhere at once
                raise
            return False
        return True

    account.wait(lambda: set_role(arn), "the account's role")
    yield
    set_role(before)

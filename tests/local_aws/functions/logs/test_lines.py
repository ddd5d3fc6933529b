"""Lambda's own log lines, as values, and the levels of those in JSON."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from local_aws.functions.logs.lines import Report, log_lines_of

from ..conftest import Lambda

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
GOOD = Report("id", 1.2, 128, 40, init=100.0)
BAD = Report("id", 1.2, 128, 40, status="error", error_type="Runtime.ExitError")


def types(small: Lambda, level: str, status: str) -> list[str]:
    """The types of all lines of a first invocation whose init and run end with those statuses."""
    records = log_lines_of(small.deploy("", log_format="JSON", system_log_level=level))
    report, error_type = (GOOD, None) if status == "success" else (BAD, "Runtime.ExitError")
    lines = [
        records.init_start(NOW, "python:3.13.1.local", "arn:aws:lambda:eu-west-3::runtime:0"),
        records.init_runtime_done(NOW, "init", status, error_type),
        records.init_report(NOW, 100.0, "init", status, error_type),
        records.start(NOW, "id", "$LATEST"),
        records.end(NOW, "id"),
        records.runtime_done(NOW, report, 4),
        records.report(NOW, report),
    ]
    return [json.loads(line)["type"].removeprefix("platform.") for line in lines if line is not None]


@pytest.mark.parametrize(
    ("level", "status", "kept"),
    [
        ("DEBUG", "success", ["initStart", "initRuntimeDone", "initReport", "start", "runtimeDone", "report"]),
        ("INFO", "success", ["initStart", "start", "report"]),
        ("WARN", "success", []),
        ("DEBUG", "error", ["initStart", "initRuntimeDone", "initReport", "start", "runtimeDone", "report"]),
        ("INFO", "error", ["initStart", "initRuntimeDone", "initReport", "start", "runtimeDone", "report"]),
        ("WARN", "error", ["initRuntimeDone", "initReport", "runtimeDone", "report"]),
    ],
)
def test_system_log_levels(small: Lambda, level: str, status: str, kept: list[str]) -> None:
    """AWS's table says which events are DEBUG, INFO or WARN, by their status."""
    assert types(small, level, status) == kept


def test_levels_do_not_count_in_text(small: Lambda) -> None:
    """A log in text has the same lines at any level."""
    records = log_lines_of(small.deploy("", system_log_level="WARN", application_log_level="FATAL"))
    assert records.start(NOW, "id", "7") == "START RequestId: id Version: 7\n"
    assert records.admits('{"level": "debug", "timestamp": "2026-11-23T12:00:00Z"}\n')


def test_records_in_json(small: Lambda) -> None:
    """The shapes of the Telemetry API's schema."""
    records = log_lines_of(small.deploy("", log_format="JSON", system_log_level="DEBUG"))

    def record(line: str | None) -> Any:
        assert line is not None
        event = json.loads(line)
        assert event["time"] == "2026-11-23T12:00:00.000Z"
        return event["record"]

    init = {"initializationType": "on-demand", "phase": "init"}
    runtime = {"runtimeVersion": "python:3.13", "runtimeVersionArn": "arn"}
    assert record(records.init_start(NOW, "python:3.13", "arn")) == {
        **init,
        **runtime,
        "functionName": "pong",
        "functionVersion": "$LATEST",
    }
    assert record(records.init_runtime_done(NOW, "init", "success", None)) == {**init, "status": "success"}
    failed = {**init, "status": "error", "errorType": "Runtime.Unknown"}
    assert record(records.init_runtime_done(NOW, "init", "error", "Runtime.Unknown")) == failed
    assert record(records.init_report(NOW, 1.23456, "invoke", "success", None)) == {
        **init,
        "phase": "invoke",
        "status": "success",
        "metrics": {"durationMs": 1.235},
    }
    metrics = {"durationMs": 1.2, "producedBytes": 4}
    assert record(records.runtime_done(NOW, GOOD, 4)) == {"requestId": "id", "status": "success", "metrics": metrics}
    assert record(records.report(NOW, BAD)) == {
        "requestId": "id",
        "status": "error",
        "errorType": "Runtime.ExitError",
        "metrics": {"durationMs": 1.2, "billedDurationMs": 2, "memorySizeMB": 128, "maxMemoryUsedMB": 40},
    }

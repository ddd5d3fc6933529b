"""The lines that Lambda adds to a function's log, as text or as JSON, and which of the function's lines it keeps.

https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-advanced.html
https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html
"""

import json
import math
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from local_aws.functions.configuration import FunctionConfiguration
from local_aws.functions.invocation import TIMED_OUT, Failure
from local_aws.functions.logs.levels import includes, level_of

__all__ = ["JsonLines", "LogLines", "Report", "TextLines", "explanation", "log_lines_of", "timestamp"]


@dataclass(frozen=True, slots=True)
class Report:
    """The time and memory that an invocation used. Times in milliseconds, memory in MB.

    ``init`` is set for a sandbox's first invocation only. ``status`` is ``success``, ``failure`` (the runtime reported
    an error), ``error`` (the runtime ended, answered too much or was never ready) or ``timeout``. ``error_type`` is set
    for ``failure`` and ``error``.
    """

    request_id: str
    duration: float
    memory_size: int
    max_memory_used: int
    init: float | None = None
    status: str = "success"
    error_type: str | None = None

    @property
    def billed(self) -> int:
        """Whole milliseconds; since August 2025 the init phase is billed too."""
        return math.ceil(self.duration + (self.init or 0.0))


def timestamp(now: datetime) -> str:
    """Return a UTC time as ``2026-11-23T12:00:00.123Z``."""
    return f"{now:%Y-%m-%dT%H:%M:%S}.{now.microsecond // 1000:03d}Z"


def explanation(now: datetime, request_id: str, failure: Failure) -> str | None:
    """Return Lambda's own message about why an invocation failed, or None if the runtime reported the error.

    As far as is known, it is the same in both formats.
    """
    if failure.document is not None:
        return None
    if failure.error_type == TIMED_OUT:
        return f"{timestamp(now)} {request_id} {failure.message}\n\n"
    return f"RequestId: {request_id} Error: {failure.message}\n{failure.error_type}\n"


class LogLines(Protocol):
    """The lines of one format. Each method returns one line with its newline, or None if the log has no such line."""

    def admits(self, line: str) -> bool:
        """Return whether the log keeps a line that the function wrote."""

    def init_start(self, now: datetime, runtime: str, arn: str) -> str | None:
        """The sandbox starts."""

    def init_runtime_done(self, now: datetime, phase: str, status: str, error_type: str | None) -> str | None:
        """The runtime is ready, or its init failed."""

    def init_report(self, now: datetime, took: float, phase: str, status: str, error_type: str | None) -> str | None:
        """The init took ``took`` milliseconds; ``phase`` is ``init``, or ``invoke`` for the second attempt."""

    def notice(self, now: datetime, text: str) -> str:
        """A remark of the embedded AWS."""

    def start(self, now: datetime, request_id: str, version: str) -> str | None:
        """An invocation begins."""

    def end(self, now: datetime, request_id: str) -> str | None:
        """An invocation ends."""

    def runtime_done(self, now: datetime, report: Report, produced: int) -> str | None:
        """The runtime has finished an invocation, and answered ``produced`` bytes."""

    def report(self, now: datetime, report: Report) -> str | None:
        """The time and memory that an invocation used."""


class TextLines:
    """Lambda's own format, the default. It has no levels."""

    def admits(self, line: str) -> bool:
        """Keep every line."""
        return True

    def init_start(self, now: datetime, runtime: str, arn: str) -> str:
        """The sandbox starts."""
        return f"INIT_START Runtime Version: {runtime}\tRuntime Version ARN: {arn}\n"

    def init_runtime_done(self, now: datetime, phase: str, status: str, error_type: str | None) -> None:
        """No line."""

    def init_report(self, now: datetime, took: float, phase: str, status: str, error_type: str | None) -> str | None:
        """The init phase failed; after a success, Lambda writes no such line."""
        if status == "success":
            return None
        line = f"INIT_REPORT Init Duration: {took:.2f} ms\tPhase: {phase}\tStatus: {status}"
        return f"{line}\tError Type: {error_type}\n" if error_type else f"{line}\n"

    def notice(self, now: datetime, text: str) -> str:
        """A remark of the embedded AWS."""
        return f"[NOTICE]\t{timestamp(now)}\t\t{text}\n"

    def start(self, now: datetime, request_id: str, version: str) -> str:
        """An invocation begins."""
        return f"START RequestId: {request_id} Version: {version}\n"

    def end(self, now: datetime, request_id: str) -> str:
        """An invocation ends."""
        return f"END RequestId: {request_id}\n"

    def runtime_done(self, now: datetime, report: Report, produced: int) -> None:
        """No line."""

    def report(self, now: datetime, report: Report) -> str:
        """The time and memory that an invocation used."""
        fields = [
            f"REPORT RequestId: {report.request_id}",
            f"Duration: {report.duration:.2f} ms",
            f"Billed Duration: {report.billed} ms",
            f"Memory Size: {report.memory_size} MB",
            f"Max Memory Used: {report.max_memory_used} MB",
        ]
        if report.init is not None:
            fields.append(f"Init Duration: {report.init:.2f} ms")
        if report.status in ("error", "timeout"):
            fields.append(f"Status: {report.status}")
        if report.status == "error":
            fields.append(f"Error Type: {report.error_type}")
        return "\t".join(fields) + "\t\n"


class JsonLines:
    """The format of functions with ``LogFormat: JSON``. It has no END line.

    Each line of Lambda's has a level, by AWS's table "System log level event mapping", and is left out below
    ``system_log_level``; a line of the function's is left out below ``application_log_level``.
    """

    def __init__(self, configuration: FunctionConfiguration) -> None:
        self._configuration = configuration

    def admits(self, line: str) -> bool:
        """Return whether the line's level is ``application_log_level`` or above."""
        return includes(self._configuration.application_log_level, level_of(line))

    def init_start(self, now: datetime, runtime: str, arn: str) -> str | None:
        """The sandbox starts. AWS's level is below INFO only for a runtime without a version; here, each has one."""
        record: dict[str, object] = {
            "initializationType": "on-demand",
            "phase": "init",
            "runtimeVersion": runtime,
            "runtimeVersionArn": arn,
            "functionName": self._configuration.name,
            "functionVersion": self._configuration.version,
        }
        return self._json(now, "INFO", "platform.initStart", record)

    def init_runtime_done(self, now: datetime, phase: str, status: str, error_type: str | None) -> str | None:
        """The runtime is ready, or its init failed."""
        return self._json(now, _debug_or_warn(status), "platform.initRuntimeDone", _init(phase, status, error_type))

    def init_report(self, now: datetime, took: float, phase: str, status: str, error_type: str | None) -> str | None:
        """The init took ``took`` milliseconds."""
        record = {**_init(phase, status, error_type), "metrics": {"durationMs": round(took, 3)}}
        return self._json(now, _debug_or_warn(status), "platform.initReport", record)

    def notice(self, now: datetime, text: str) -> str:
        """A remark of the embedded AWS."""
        return json.dumps({"timestamp": timestamp(now), "level": "WARN", "message": text}) + "\n"

    def start(self, now: datetime, request_id: str, version: str) -> str | None:
        """An invocation begins."""
        return self._json(now, "INFO", "platform.start", {"requestId": request_id, "version": version})

    def end(self, now: datetime, request_id: str) -> None:
        """No line."""

    def runtime_done(self, now: datetime, report: Report, produced: int) -> str | None:
        """The runtime has finished an invocation. AWS's ``spans`` are left out: nothing measures them here."""
        record = _outcome(report)
        record["metrics"] = {"durationMs": round(report.duration, 3), "producedBytes": produced}
        return self._json(now, _debug_or_warn(report.status), "platform.runtimeDone", record)

    def report(self, now: datetime, report: Report) -> str | None:
        """The time and memory that an invocation used."""
        metrics: dict[str, object] = {
            "durationMs": round(report.duration, 3),
            "billedDurationMs": report.billed,
            "memorySizeMB": report.memory_size,
            "maxMemoryUsedMB": report.max_memory_used,
        }
        if report.init is not None:
            metrics["initDurationMs"] = round(report.init, 3)
        level = "INFO" if report.status == "success" else "WARN"
        return self._json(now, level, "platform.report", {**_outcome(report), "metrics": metrics})

    def _json(self, now: datetime, level: str, type_: str, record: dict[str, object]) -> str | None:
        if not includes(self._configuration.system_log_level, level):
            return None
        return json.dumps({"time": timestamp(now), "type": type_, "record": record}) + "\n"


def log_lines_of(configuration: FunctionConfiguration) -> LogLines:
    """Return the lines in the log format of the function."""
    return JsonLines(configuration) if configuration.log_format.upper() == "JSON" else TextLines()


def _debug_or_warn(status: str) -> str:
    return "DEBUG" if status == "success" else "WARN"


def _init(phase: str, status: str, error_type: str | None) -> dict[str, object]:
    record: dict[str, object] = {"initializationType": "on-demand", "phase": phase, "status": status}
    return {**record, "errorType": error_type} if error_type else record


def _outcome(report: Report) -> dict[str, object]:
    status = "error" if report.status == "failure" else report.status
    record: dict[str, object] = {"requestId": report.request_id, "status": status}
    return {**record, "errorType": report.error_type} if report.error_type else record

"""The lines that Lambda itself adds to a function's log, as text and as JSON.

https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-advanced.html
"""

import json
import math
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from local_aws.functions.configuration import FunctionConfiguration
from local_aws.functions.invocation import TIMED_OUT, Failure

__all__ = ["JsonRecords", "Records", "Report", "TextRecords", "explanation", "records_of", "timestamp"]


@dataclass(frozen=True, slots=True)
class Report:
    """What an invocation took. Times in milliseconds, memory in MB; ``init`` only on a sandbox's first.

    ``status`` is ``success``; ``failure`` where the runtime reported an error itself; ``error`` where it ended or
    answered too much; or ``timeout``. ``error_type`` goes with ``failure`` and ``error``.
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
    """``2026-11-23T12:00:00.123Z``."""
    return f"{now:%Y-%m-%dT%H:%M:%S}.{now.microsecond // 1000:03d}Z"


def explanation(now: datetime, request_id: str, failure: Failure) -> str | None:
    """The message in which Lambda itself says why an invocation failed; None where the runtime has said it.

    The same in both formats, as far as is known.
    """
    if failure.document is not None:
        return None
    if failure.error_type == TIMED_OUT:
        return f"{timestamp(now)} {request_id} {failure.message}\n\n"
    return f"RequestId: {request_id} Error: {failure.message}\n{failure.error_type}\n"


class Records(Protocol):
    """Each method gives one message with its newline, or None where that format has no such record."""

    def init_start(self, now: datetime, runtime: str, arn: str) -> str:
        """The sandbox begins."""

    def init_report(self, now: datetime, took: float, status: str, error_type: str | None) -> str:
        """The init phase failed."""

    def notice(self, now: datetime, text: str) -> str:
        """A remark of the embedded AWS."""

    def start(self, now: datetime, request_id: str, version: str) -> str:
        """An invocation begins."""

    def end(self, now: datetime, request_id: str) -> str | None:
        """An invocation ends."""

    def report(self, now: datetime, report: Report) -> str:
        """What it took."""


class TextRecords:
    """Lambda's own format, the default."""

    def init_start(self, now: datetime, runtime: str, arn: str) -> str:
        """The sandbox begins."""
        return f"INIT_START Runtime Version: {runtime}\tRuntime Version ARN: {arn}\n"

    def init_report(self, now: datetime, took: float, status: str, error_type: str | None) -> str:
        """The init phase failed; Lambda writes nothing of the kind when it succeeds."""
        line = f"INIT_REPORT Init Duration: {took:.2f} ms\tPhase: init\tStatus: {status}"
        return f"{line}\tError Type: {error_type}\n" if error_type else f"{line}\n"

    def notice(self, now: datetime, text: str) -> str:
        """A remark of the embedded AWS."""
        return f"[NOTICE]\t{timestamp(now)}\t{text}\n"

    def start(self, now: datetime, request_id: str, version: str) -> str:
        """An invocation begins."""
        return f"START RequestId: {request_id} Version: {version}\n"

    def end(self, now: datetime, request_id: str) -> str | None:
        """An invocation ends."""
        return f"END RequestId: {request_id}\n"

    def report(self, now: datetime, report: Report) -> str:
        """What it took."""
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


class JsonRecords:
    """The format of functions with ``LogFormat: JSON``; there is no END in it."""

    def init_start(self, now: datetime, runtime: str, arn: str) -> str:
        """The sandbox begins."""
        record: dict[str, object] = {
            "initializationType": "on-demand",
            "phase": "init",
            "runtimeVersion": runtime,
            "runtimeVersionArn": arn,
        }
        return _json(now, "platform.initStart", record)

    def init_report(self, now: datetime, took: float, status: str, error_type: str | None) -> str:
        """The init phase failed."""
        record: dict[str, object] = {"initializationType": "on-demand", "phase": "init", "status": status}
        if error_type:
            record["errorType"] = error_type
        return _json(now, "platform.initReport", {**record, "metrics": {"durationMs": round(took, 3)}})

    def notice(self, now: datetime, text: str) -> str:
        """A remark of the embedded AWS."""
        return json.dumps({"timestamp": timestamp(now), "level": "WARN", "message": text}) + "\n"

    def start(self, now: datetime, request_id: str, version: str) -> str:
        """An invocation begins."""
        return _json(now, "platform.start", {"requestId": request_id, "version": version})

    def end(self, now: datetime, request_id: str) -> str | None:
        """Nothing."""
        return None

    def report(self, now: datetime, report: Report) -> str:
        """What it took."""
        metrics: dict[str, object] = {
            "durationMs": round(report.duration, 3),
            "billedDurationMs": report.billed,
            "memorySizeMB": report.memory_size,
            "maxMemoryUsedMB": report.max_memory_used,
        }
        if report.init is not None:
            metrics["initDurationMs"] = round(report.init, 3)
        status = "error" if report.status == "failure" else report.status
        record: dict[str, object] = {"requestId": report.request_id, "metrics": metrics, "status": status}
        if report.error_type:
            record["errorType"] = report.error_type
        return _json(now, "platform.report", record)


def records_of(configuration: FunctionConfiguration) -> Records:
    """The format that the function asked for."""
    return JsonRecords() if configuration.log_format.upper() == "JSON" else TextRecords()


def _json(now: datetime, type_: str, record: dict[str, object]) -> str:
    return json.dumps({"time": timestamp(now), "type": type_, "record": record}) + "\n"

"""Read log lines. All times are milliseconds since 1970, by the clock of the service that wrote the line.

An event is an entry of ``filter_log_events``: a mapping with ``message``, ``timestamp`` and ``logStreamName``. A log
may contain anything: a line that cannot be read is skipped, and counted if it looks like one of ours.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Access", "Invocation", "LoggedCall", "access_lines", "invocations"]

Event = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Access:
    """A line of API Gateway's access log, in the format of ``walkthrough.access_log``.

    ``at`` is when API Gateway received the request, ``latency`` for how many milliseconds it waited for the function.
    """

    request_id: str
    at: int
    event_type: str
    route: str
    connection_id: str
    client: str | None
    status: str
    problem: str | None
    latency: float | None
    lambda_request_id: str | None


@dataclass(frozen=True, slots=True)
class LoggedCall:
    """A call to AWS that a handler made, as ``lambda/calls.py`` logs it; ``outcome`` is ``200``, or an error's name."""

    service: str
    operation: str
    begin: float
    end: float
    outcome: str


@dataclass(slots=True)
class Invocation:
    """One run of a handler. ``environment`` is its log stream: each execution environment writes to one of its own.

    ``prepared`` is when the start of that environment began and ended, if this is the first run in it. ``status`` is
    None for a run that ended well, else Lambda's word, such as ``timeout``. ``api_request_ids`` are API Gateway's
    request ids in the handler's own lines.
    """

    request_id: str
    environment: str
    started: int
    ended: float = 0
    prepared: tuple[float, float] | None = None
    status: str | None = None
    calls: list[LoggedCall] = field(default_factory=list)
    api_request_ids: set[str] = field(default_factory=set)


def access_lines(events: Iterable[Event]) -> tuple[list[Access], int]:
    """The lines of an access log in the order of their requests, and how many lines have another format."""
    lines, skipped = [], 0
    for event in events:
        try:
            lines.append(_access(json.loads(event["message"])))
        except (ValueError, KeyError, TypeError):
            skipped += 1
    return sorted(lines, key=lambda line: line.at), skipped


def invocations(events: Iterable[Event]) -> tuple[list[Invocation], int]:
    """The finished invocations, the first one first, and how many lines are broken JSON.

    Lambda writes INIT_START before the first invocation in an environment, START before and END and REPORT after each:
    https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html
    """
    begun: dict[str, int] = {}  # when the start of an environment began, by log stream
    latest: dict[str, Invocation] = {}  # by log stream: an environment runs one at a time
    finished, skipped = [], 0
    for event in events:
        stream, moment, text = event["logStreamName"], event["timestamp"], event["message"]
        word = re.match(r"(INIT_START|START|REPORT)\b(?: RequestId: (\S+))?", text)
        run = latest.get(stream)
        if word is None:
            if run is not None and text.startswith("{"):
                skipped += not _own_line(run, moment, text)
        elif word[1] == "INIT_START":
            begun[stream] = moment
        elif word[1] == "START":
            latest[stream] = Invocation(word[2], stream, moment)
        elif run is not None and run.request_id == word[2]:
            _report(run, text, begun.pop(stream, None))
            finished.append(run)
    return sorted(finished, key=lambda run: run.started), skipped


def _access(line: Mapping[str, str]) -> Access:
    """Raises ValueError, KeyError or TypeError for a line of another format; ``-`` stands for what has no value."""

    def known(name: str) -> str | None:
        return None if line[name] == "-" else line[name]

    latency = known("integrationLatency")
    return Access(
        request_id=line["requestId"],
        at=int(line["requestTimeEpoch"]),
        event_type=line["eventType"],
        route=line["routeKey"],
        connection_id=line["connectionId"],
        client=known("userAgent"),
        status=line["status"],
        problem=known("error") or known("integrationError"),
        latency=None if latency is None else float(latency),
        lambda_request_id=known("integrationRequestId"),
    )


def _own_line(run: Invocation, moment: int, text: str) -> bool:
    """Add what the handler's own line says to the run; False if it cannot be read. A call is logged at its end."""
    try:
        line = json.loads(text)
    except ValueError:
        return False
    if "requestId" in line:
        run.api_request_ids.add(str(line["requestId"]))
    if line.get("message") == "called":
        try:
            call = LoggedCall(
                line["service"], line["operation"], moment - line["milliseconds"], moment, line["outcome"]
            )
        except (KeyError, TypeError):
            return False
        run.calls.append(call)
    return True


def _report(run: Invocation, text: str, begun: int | None) -> None:
    """Add what the REPORT line at the end of a run says."""

    def milliseconds(what: str) -> float | None:
        found = re.search(rf"\t{what}: ([\d.]+) ms", text)
        return None if found is None else float(found[1])

    run.ended = run.started + (milliseconds("Duration") or 0)
    status = re.search(r"\tStatus: (\w+)", text)
    run.status = status[1] if status is not None and status[1] != "success" else None
    preparing = milliseconds("Init Duration")
    if begun is not None and preparing is not None:
        run.prepared = (begun, begun + preparing)

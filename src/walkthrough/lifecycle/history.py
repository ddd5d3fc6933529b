"""The path of one connection, read from access log records, the handlers' log lines, and events."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from walkthrough.errors import WalkthroughError
from walkthrough.lifecycle.states import TRANSITIONS, State, Transition, why_closed

__all__ = ["Path", "Step", "path"]

TYPES = {"$connect": "CONNECT", "$disconnect": "DISCONNECT"}  # every other route gets messages
ORDER = {"CONNECT": 0, "MESSAGE": 1, "DISCONNECT": 2}


@dataclass(frozen=True, slots=True)
class Step:
    """A transition that a connection took; ``words`` say what happened."""

    name: str
    before: State
    after: State
    who: str
    words: str


@dataclass(frozen=True, slots=True)
class Path:
    """What happened to a connection, in order; ``notes`` are sentences about missing or contradictory lines."""

    connection_id: str | None
    steps: tuple[Step, ...]
    notes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        lines = [f"{number:3}  {step.who:11} {step.words}" for number, step in enumerate(self.steps, 1)]
        return "\n".join([*lines, *(f"  ?  {note}" for note in self.notes)])

    @property
    def state(self) -> State:
        """The state after the last step."""
        return self.steps[-1].after if self.steps else "nothing"


@dataclass(frozen=True, slots=True)
class _Record:
    """What the lines say about one request of a connection. ``moment`` is in milliseconds since 1970."""

    type: str
    connection_id: str
    request_id: str | None
    route_key: str
    status: int | None
    code: int | None
    reason: str
    moment: float | None


def path(lines: Iterable[Any], connection_id: str | None = None) -> Path:
    """The path of the connection with this id, or of the first one in ``lines``.

    A line is an access log record, a line of a handler's log, an event or its ``requestContext`` (a dict, or its JSON,
    or an entry of ``filter_log_events``). There may be several lines of one request. Other lines, such as Lambda's
    START and REPORT, are skipped. If all lines have a time they may be in any order, else in the order of the requests.

    Raises WalkthroughError if ``lines`` is not a list of lines.
    """
    if isinstance(lines, str | bytes | Mapping) or not isinstance(lines, Iterable):
        raise WalkthroughError(f"path reads a list of records or log lines; this is {type(lines).__name__}.")
    records = [record for line in lines for record in _records(line)]
    ids = list(dict.fromkeys(record.connection_id for record in records))
    notes = []
    if connection_id is None and ids:
        connection_id = ids[0]
        if len(ids) > 1:
            notes.append(f"The lines are of {len(ids)} connections; this is the first one. Choose with connection_id=.")
    mine = _in_order(_merged([record for record in records if record.connection_id == connection_id]))
    if not mine:
        whose = f"connection {connection_id}" if connection_id else "any connection"
        return Path(connection_id, (), (f"No line says anything of {whose}.",))
    steps, more = _walk(mine)
    return Path(connection_id, tuple(steps), (*notes, *more))


def _records(line: Any, moment: float | None = None) -> Iterator[_Record]:
    """The record in a line, if it holds one; ``moment`` is the time of the log entry around it."""
    if isinstance(line, str | bytes):
        try:
            line = json.loads(line)
        except (ValueError, RecursionError):
            return
    if not isinstance(line, Mapping):
        return
    context = line.get("requestContext")
    if isinstance(context, Mapping):
        line = context
    inner = line.get("message")
    connection_id = line.get("connectionId")
    if not isinstance(connection_id, str):
        if isinstance(inner, str):  # an entry of filter_log_events
            yield from _records(inner if inner.lstrip().startswith("{") else None, _number(line.get("timestamp")))
        return
    route = str(line.get("routeKey", ""))
    type_ = str(line.get("eventType"))
    if not route and type_ not in ORDER:  # such as a record of the table
        return
    type_ = type_ if type_ in ORDER else TYPES.get(route, "MESSAGE")
    status = _number(line.get("status"))
    if status is None and type_ == "CONNECT":  # the message that our own handler logs
        status = {"connected": 200, "refused": 500}.get(str(inner))
    code = _number(line.get("disconnectStatusCode", line.get("code")))
    reason = line.get("disconnectReason", line.get("reason"))
    when = _number(line.get("requestTimeEpoch"))
    yield _Record(
        type_,
        connection_id,
        str(line["requestId"]) if line.get("requestId") else None,
        route,
        None if status is None else int(status),
        None if code is None else int(code),
        reason if isinstance(reason, str) and reason != "-" else "",
        moment if when is None else when,
    )


def _number(value: Any) -> float | None:
    """The value as a number, also if a log has it as text; None for ``-``, which API Gateway writes for no value."""
    try:
        number = float(value) if isinstance(value, int | float | str) and not isinstance(value, bool) else math.nan
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _merged(records: list[_Record]) -> list[_Record]:
    """One record for each request, from all its lines.

    A CONNECT or DISCONNECT line without a request id belongs to the connection's only CONNECT or DISCONNECT.
    """
    ids: dict[str, str] = {}
    for record in records:
        if record.request_id and record.type != "MESSAGE":
            ids.setdefault(record.type, record.request_id)
    found: dict[object, _Record] = {}
    for number, record in enumerate(records):
        alone = number if record.type == "MESSAGE" else ids.get(record.type)
        key = (record.type, record.request_id or alone)
        found[key] = _both(found[key], record) if key in found else record
    return list(found.values())


def _both(one: _Record, other: _Record) -> _Record:
    return replace(
        one,
        request_id=one.request_id or other.request_id,
        route_key=one.route_key or other.route_key,
        status=one.status if one.status is not None else other.status,
        code=one.code if one.code is not None else other.code,
        reason=one.reason or other.reason,
        moment=min((moment for moment in (one.moment, other.moment) if moment is not None), default=None),
    )


def _in_order(records: list[_Record]) -> list[_Record]:
    """Sorted by time if all have one; within a millisecond, CONNECT comes first and DISCONNECT last."""
    if any(record.moment is None for record in records):
        return records
    return sorted(records, key=lambda record: (record.moment, ORDER[record.type]))


def _walk(records: list[_Record]) -> tuple[list[Step], list[str]]:
    """The steps that the records stand for, and a sentence for each record that does not fit the state before it."""
    steps: list[Step] = []
    notes: list[str] = []
    connected: float | None = None

    def take(transition: Transition | str, words: str = "") -> None:
        known = TRANSITIONS[transition] if isinstance(transition, str) else transition
        steps.append(Step(known.name, known.before, known.after, known.who, words or known.words))

    def state() -> State:
        return steps[-1].after if steps else "nothing"

    def ensure_open(what: str) -> None:
        """Take the step to open, or note which lines are missing: only an open connection has messages and an end."""
        if state() == "connecting":
            take("accept")
        elif state() == "nothing":
            notes.append(f"{what} comes first: how it connected is not in these lines.")
        elif state() != "open":
            notes.append(f"{what} comes after the connection was {_was(state())}: lines are missing, or mixed up.")

    for record in records:
        if record.type == "CONNECT":
            if steps:
                notes.append("A second CONNECT: a connection has one. Are these lines of one connection?")
                continue
            connected = record.moment
            take("ask")
            if record.status is not None and record.status // 100 in (1, 2):
                take("accept", f"says yes: {record.status}")
            elif record.status is not None:
                take("refuse", f"refused with {record.status}")
        elif record.type == "MESSAGE":
            ensure_open("A message")
            odd = record.status is not None and record.status // 100 != 2
            take("message", f"message → {record.route_key or 'a route'}{f', status {record.status}' if odd else ''}")
        else:
            ensure_open("The end")
            seconds = None if connected is None or record.moment is None else (record.moment - connected) / 1000
            cause = why_closed(record.code, record.reason, seconds)
            take(cause)
            words = "is called" if record.code is None else f"is told {record.code}"
            words += f" “{record.reason}”" if record.reason else ""
            if cause.after == "closing":
                take("end")
            take("tell" if cause.after == "closing" else "tell late", words)
    if state() == "connecting":
        notes.append("How $connect answered is not in these lines.")
    elif state() == "open":
        notes.append("No line tells of its end: it is open, or it ended and $disconnect has not run (yet).")
    return steps, list(dict.fromkeys(notes))


def _was(state: State) -> str:
    return "refused" if state == "refused" else "closed"

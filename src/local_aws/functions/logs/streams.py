"""A log stream: it holds the lines of one sandbox, in order."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from local_aws.clock import Clock
from local_aws.functions.configuration import FunctionConfiguration

__all__ = ["LogEvent", "LogSink", "LogStream", "stream_name"]

TAIL_BYTES = 4096  # what Invoke's LogType Tail shows


@dataclass(frozen=True, slots=True)
class LogEvent:
    """One event as CloudWatch Logs keeps it: milliseconds since the epoch, and the text with its newline."""

    timestamp_ms: int
    message: str


class LogSink(Protocol):
    """CloudWatch Logs, or a test's list."""

    def write(self, configuration: FunctionConfiguration, stream: str, events: Sequence[LogEvent]) -> None:
        """Append events to a stream of a function's group, in the function's role.

        Never blocks, keeps the order of calls, creates the group and the stream if they are missing. Events that the
        role may not write are lost.
        """


def stream_name(now: datetime, version: str) -> str:
    """Return a new stream name in Lambda's shape: ``2026/11/23/[$LATEST]`` and 32 hex digits."""
    return f"{now:%Y/%m/%d}/[{version}]{uuid.uuid4().hex}"


class LogStream:
    """Writes to one stream of the sink. Times within a stream never go backwards, so that sorting keeps the order."""

    def __init__(self, sink: LogSink, clock: Clock, configuration: FunctionConfiguration, name: str) -> None:
        self.name = name
        self._configuration = configuration
        self._sink = sink
        self._clock = clock
        self._last_ms = 0
        self._tail = bytearray()

    def write(self, messages: Iterable[tuple[int | None, str]]) -> None:
        """Append messages, each with its own time in milliseconds or None for now."""
        now = self._clock.now_ms()
        events = []
        for timestamp, message in messages:
            self._last_ms = max(self._last_ms, min(timestamp or now, now))
            events.append(LogEvent(self._last_ms, message))
            self._tail += message.encode("utf-8", "replace")
            del self._tail[:-TAIL_BYTES]
        if events:
            self._sink.write(self._configuration, self.name, events)

    def take_tail(self) -> bytes:
        """Return the last 4 KB that were written since the last call."""
        tail = bytes(self._tail)
        self._tail.clear()
        return tail

"""Log lines, collected and sent in batches, so that no request waits for its log line."""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from local_aws.telemetry.batch import Batch

__all__ = ["Delivery", "LogGroup", "PutLogs"]


@dataclass(frozen=True, slots=True)
class LogGroup:
    """A log group. If ``managed``, API Gateway creates the group when it is missing."""

    region: str
    name: str
    managed: bool = False


PutLogs = Callable[[LogGroup, str, Sequence[tuple[int, str]]], None]
"""Appends lines (epoch milliseconds, message) to a stream of a group; never blocks."""


class Delivery:
    """Collects log lines. Used on one event loop."""

    def __init__(self, put_logs: PutLogs) -> None:
        self._put_logs = put_logs
        self._lines: dict[LogGroup, list[tuple[int, str]]] = {}
        self._streams: dict[LogGroup, str] = {}
        self._batch = Batch(self._deliver)

    def add(self, group: LogGroup, timestamp_ms: int, message: str) -> None:
        """Add a line to the next batch."""
        self._lines.setdefault(group, []).append((timestamp_ms, message))
        self._batch.begin()

    def flush(self) -> None:
        """Deliver the batch now."""
        self._batch.flush()

    def _deliver(self) -> None:
        lines, self._lines = self._lines, {}
        for group, written in lines.items():
            self._put_logs(group, self._stream(group), written)

    def _stream(self, group: LogGroup) -> str:
        """The stream of a group, named like AWS's (32 hex digits). AWS uses many; one keeps the order of lines."""
        if group not in self._streams:
            self._streams[group] = uuid.uuid4().hex
        return self._streams[group]

"""CloudWatch metrics of the services of this AWS: summed up by the minute, handed on in batches."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from local_aws.clock import Clock

__all__ = ["Dimensions", "Point", "Points", "PutMetrics"]

BATCH_SECONDS = 0.2
"""Of the machine's clock, from a batch's first value to its delivery; AWS takes longer."""

Dimensions = tuple[tuple[str, str], ...]


@dataclass(slots=True)
class Point:
    """The values of one metric within one minute, which begins at ``minute`` (epoch seconds)."""

    region: str
    name: str
    unit: str
    dimensions: Dimensions
    minute: int
    count: int = 0
    total: float = 0.0
    least: float = float("inf")
    most: float = float("-inf")

    def add(self, value: float) -> None:
        """One more value."""
        self.count += 1
        self.total += value
        self.least = min(self.least, value)
        self.most = max(self.most, value)


PutMetrics = Callable[[str, Sequence[Point]], None]
"""Adds points to a namespace; never blocks."""


class Points:
    """The points of one namespace that nobody has been given yet. Used on one event loop."""

    def __init__(self, namespace: str, put: PutMetrics, clock: Clock) -> None:
        self._namespace = namespace
        self._put = put
        self._clock = clock
        self._points: dict[tuple[str, str, Dimensions, int], Point] = {}
        self._timer: asyncio.TimerHandle | None = None

    def add(self, region: str, name: str, unit: str, dimensions: Dimensions, value: float) -> None:
        """One value of a metric, for the next batch."""
        minute = int(self._clock.now()) // 60 * 60
        key = region, name, dimensions, minute
        point = self._points.get(key)
        if point is None:
            point = self._points[key] = Point(region, name, unit, dimensions, minute)
        point.add(value)
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(BATCH_SECONDS, self.flush)

    def flush(self) -> None:
        """Hand on what there is, now."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        points, self._points = self._points, {}
        if points:
            self._put(self._namespace, list(points.values()))

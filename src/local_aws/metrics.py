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
        if value < self.least:
            self.least = value
        if value > self.most:
            self.most = value

    def merge(self, other: "Point") -> None:
        """All of another's values."""
        self.count += other.count
        self.total += other.total
        self.least = min(self.least, other.least)
        self.most = max(self.most, other.most)


PutMetrics = Callable[[str, Sequence[Point]], None]
"""Adds points to a namespace; never blocks."""


class Points:
    """The points of one namespace that nobody has been given yet. Used on one event loop."""

    def __init__(self, namespace: str, put: PutMetrics, clock: Clock) -> None:
        self._namespace = namespace
        self._put = put
        self._clock = clock
        self._sums: dict[tuple[str, str, tuple[Dimensions, ...], int], Point] = {}
        self._timer: asyncio.TimerHandle | None = None

    def add(self, region: str, name: str, unit: str, places: tuple[Dimensions, ...], value: float) -> None:
        """One value of a metric, for the next batch, once for each of the ``places`` where it counts."""
        minute = int(self._clock.now()) // 60 * 60
        key = region, name, places, minute
        sum_ = self._sums.get(key)
        if sum_ is None:
            sum_ = self._sums[key] = Point(region, name, unit, (), minute)
        sum_.add(value)
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(BATCH_SECONDS, self.flush)

    def flush(self) -> None:
        """Hand on what there is, now."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        sums, self._sums = self._sums, {}
        points: dict[tuple[str, str, Dimensions, int], Point] = {}
        for (region, name, places, minute), sum_ in sums.items():
            for dimensions in places:
                key = region, name, dimensions, minute
                if key not in points:
                    points[key] = Point(region, name, sum_.unit, dimensions, minute)
                points[key].merge(sum_)
        if points:
            self._put(self._namespace, list(points.values()))

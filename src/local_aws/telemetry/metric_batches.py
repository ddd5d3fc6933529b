"""CloudWatch metrics of the embedded AWS's services, summed up by the minute and delivered in batches."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from local_aws.clock import Clock
from local_aws.telemetry.batch import Batch

__all__ = ["Dimensions", "Point", "Points", "PutMetrics"]

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
        """Add one value."""
        self.count += 1
        self.total += value
        if value < self.least:
            self.least = value
        if value > self.most:
            self.most = value

    def merge(self, other: "Point") -> None:
        """Add all values of another point."""
        self.count += other.count
        self.total += other.total
        self.least = min(self.least, other.least)
        self.most = max(self.most, other.most)


PutMetrics = Callable[[str, Sequence[Point]], None]
"""Adds points to a namespace; never blocks."""


class Points:
    """The points of one namespace that are not delivered yet. Used on one event loop."""

    def __init__(self, namespace: str, put: PutMetrics, clock: Clock) -> None:
        self._namespace = namespace
        self._put = put
        self._clock = clock
        self._sums: dict[tuple[str, str, tuple[Dimensions, ...], int], Point] = {}
        self._batch = Batch(self._deliver)

    def add(self, region: str, name: str, unit: str, places: tuple[Dimensions, ...], value: float) -> None:
        """Add one value of a metric to the next batch, for each set of dimensions in ``places``."""
        minute = int(self._clock.now()) // 60 * 60
        key = region, name, places, minute
        sum_ = self._sums.get(key)
        if sum_ is None:
            sum_ = self._sums[key] = Point(region, name, unit, (), minute)
        sum_.add(value)
        self._batch.begin()

    def flush(self) -> None:
        """Deliver the batch now."""
        self._batch.flush()

    def _deliver(self) -> None:
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

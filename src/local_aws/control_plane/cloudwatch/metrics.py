"""CloudWatch's metrics: stores those of this AWS's services for moto, and patches how moto reads metrics.

Seen in moto 5.2.5: it adds up all metrics whose dimensions contain the requested ones, while on AWS dimensions are part
of a metric's name; it starts periods at the first value; it does not round the start time down to its minute, so that
values of that minute are missing; GetMetricData ignores the namespace if there are dimensions.
"""

import functools
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from moto.cloudwatch.models import CloudWatchBackend, MetricAggregatedDatum, Statistics
from moto.core.common_models import CloudWatchMetricProvider

from local_aws.patching import check, patch

__all__ = ["Datum", "apply_patches", "forget", "put"]


class Datum(Protocol):
    """The values of one metric within one minute, which begins at ``minute`` (epoch seconds)."""

    @property
    def region(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def unit(self) -> str: ...
    @property
    def dimensions(self) -> tuple[tuple[str, str], ...]: ...
    @property
    def minute(self) -> int: ...
    @property
    def count(self) -> int: ...
    @property
    def total(self) -> float: ...
    @property
    def least(self) -> float: ...
    @property
    def most(self) -> float: ...


Key = tuple[str, str, tuple[tuple[str, str], ...], int]

_stored: dict[tuple[str, str], dict[Key, Any]] = defaultdict(dict)


class ServiceMetrics(CloudWatchMetricProvider):  # type: ignore[misc]
    """Gives moto the stored metrics; moto finds it as a subclass of its provider."""

    @staticmethod
    def get_cloudwatch_metrics(account_id: str, region: str) -> list[Any]:
        return list(_stored[account_id, region].values())


def put(account_id: str, namespace: str, data: Sequence[Datum]) -> None:
    """Add data to a service's metrics; all values of one metric in one minute are kept as one entry."""
    for datum in data:
        stored = _stored[account_id, datum.region]
        key = namespace, datum.name, datum.dimensions, datum.minute
        aggregated = stored.get(key)
        if aggregated is None:
            stored[key] = MetricAggregatedDatum(
                namespace=namespace,
                name=datum.name,
                min_stat=datum.least,
                max_stat=datum.most,
                sample_count=datum.count,
                sum_stat=datum.total,
                dimensions=[{"Name": name, "Value": value} for name, value in datum.dimensions],
                timestamp=datetime.fromtimestamp(datum.minute, UTC).replace(tzinfo=None),
                unit=datum.unit,
            )
        else:
            aggregated.min, aggregated.max = min(aggregated.min, datum.least), max(aggregated.max, datum.most)
            aggregated.sample_count += datum.count
            aggregated.sum += datum.total


def forget() -> None:
    """Delete all stored metrics."""
    _stored.clear()


def apply_patches() -> None:
    """Change how moto reads metrics."""
    patch(CloudWatchBackend, "get_metric_statistics", _get_metric_statistics)
    patch(CloudWatchBackend, "get_metric_data", _get_metric_data)
    check(CloudWatchBackend, "get_all_metrics", lambda self: [])  # _get_metric_data replaces it during a call


def _get_metric_statistics(
    self: Any,
    namespace: str,
    metric_name: str,
    start_time: datetime,
    end_time: datetime,
    period: int,
    stats: list[str],
    dimensions: list[dict[str, str]],
    unit: str | None = None,
) -> list[Any]:
    start = start_time.replace(second=0, microsecond=0)
    if start >= end_time:  # moto rejects it
        return list(
            self._get_metric_statistics_of_moto(
                namespace, metric_name, start_time, end_time, period, stats, dimensions, unit
            )
        )
    requested = {(each["Name"], each["Value"]) for each in dimensions}
    periods: dict[int, Any] = {}
    for datum in self.get_all_metrics():
        if (datum.namespace, datum.name) != (namespace, metric_name) or not start <= datum.timestamp < end_time:
            continue
        if {(each.name, each.value) for each in datum.dimensions} != requested or unit not in (None, datum.unit):
            continue
        index = int((datum.timestamp - start).total_seconds() // period)
        if index not in periods:
            periods[index] = Statistics(stats, start + timedelta(seconds=index * period), datum.unit)
        periods[index].metric_data.append(datum)
    return [periods[index] for index in sorted(periods)]


def _get_metric_data(
    self: Any,
    queries: list[dict[str, Any]],
    start_time: datetime,
    end_time: datetime,
    scan_by: str = "TimestampAscending",
) -> list[dict[str, Any]]:
    start = start_time.replace(second=0, microsecond=0)
    if any("Expression" in query for query in queries):  # an expression may refer to other queries
        found = self._get_metric_data_of_moto(queries, start, end_time, scan_by)
        return list(found)
    results: list[dict[str, Any]] = []
    for query in queries:
        namespace = query["MetricStat"]["Metric"]["Namespace"]
        self.get_all_metrics = functools.partial(_metrics_of, self, namespace)
        try:
            results += self._get_metric_data_of_moto([query], start, end_time, scan_by)
        finally:
            del self.get_all_metrics
    return results


def _metrics_of(backend: Any, namespace: str) -> list[Any]:
    return [datum for datum in CloudWatchBackend.get_all_metrics(backend) if datum.namespace == namespace]

"""CloudWatch's metrics of WebSocket APIs, namespace ``AWS/ApiGateway`` (spec 257, 258)."""

from collections.abc import Iterator
from functools import lru_cache

from local_aws.gateway import assumptions
from local_aws.gateway.config.stage import Stage
from local_aws.gateway.request_trace import RequestTrace
from local_aws.telemetry.metric_batches import Dimensions, Points

__all__ = ["NAMESPACE", "Metrics", "values"]

NAMESPACE = "AWS/ApiGateway"

ERRORS = ("IntegrationError", "ClientError", "ExecutionError")


class Metrics:
    """Counts every request trace, and every message that goes out through ``@connections``."""

    def __init__(self, points: Points) -> None:
        self._points = points

    def __call__(self, trace: RequestTrace) -> None:
        """Count one request."""
        for name, value in values(trace):
            self._add(trace.session.stage, trace.route_key, name, value)

    def pushed(self, stage: Stage) -> None:
        """Count one message that went out through ``@connections``; it takes no route."""
        self._add(stage, None, "MessageCount", 1)

    def _add(self, stage: Stage, route_key: str | None, name: str, value: float) -> None:
        unit = "Milliseconds" if name == "IntegrationLatency" else "Count"
        self._points.add(stage.region, name, unit, _places(stage, route_key), value)


def values(trace: RequestTrace) -> Iterator[tuple[str, float]]:
    """The (metric name, value) pairs that one request adds.

    ``ConnectCount`` counts requests to the integration of ``$connect``. ``MessageCount`` counts messages in both
    directions, so also a reply frame. ``IntegrationLatency`` counts requests that the integration answered, except
    those to a MOCK.
    """
    asked = trace.integration_type is not None
    if trace.event_type == "CONNECT" and asked:
        yield "ConnectCount", 1
    if trace.event_type == "MESSAGE":
        yield "MessageCount", 1
        if trace.sent is not None:
            yield "MessageCount", 1
    answered = trace.integration_endpoint_status is not None or trace.integration_status is not None
    if answered and trace.integration_type != "MOCK" and trace.integration_latency is not None:
        yield "IntegrationLatency", trace.integration_latency
    status = max(trace.status, trace.integration_status or 0)
    failed = assumptions.error_metric(status, asked=asked, answered=answered)
    for name in ERRORS:
        if name == failed:
            yield name, 1
        elif assumptions.GOOD_REQUEST_ERRORS is not None:
            yield name, assumptions.GOOD_REQUEST_ERRORS


def _places(stage: Stage, route_key: str | None) -> tuple[Dimensions, ...]:
    detailed = route_key is not None and stage.settings.of(route_key).detailed_metrics_enabled
    return _named(stage.api_id, stage.name, route_key if detailed else None)


@lru_cache(maxsize=256)
def _named(api_id: str, stage: str, route_key: str | None) -> tuple[Dimensions, ...]:
    """The dimensions to count under: the API, its stage, and the route if there is one."""
    api, name = ("ApiId", api_id), ("Stage", stage)
    places: tuple[Dimensions, ...] = ((api,), (api, name))
    return places if route_key is None else (*places, (api, name, ("Route", route_key)))

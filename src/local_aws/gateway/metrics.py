"""CloudWatch's metrics of WebSocket APIs, namespace ``AWS/ApiGateway`` (spec 257, 258)."""

from collections.abc import Iterator

from local_aws.gateway import unsettled
from local_aws.gateway.api import Stage
from local_aws.gateway.trail import Trail
from local_aws.metrics import Dimensions, Points

__all__ = ["NAMESPACE", "Metrics", "values"]

NAMESPACE = "AWS/ApiGateway"

ERRORS = ("IntegrationError", "ClientError", "ExecutionError")


class Metrics:
    """Counts every trail that it is shown, and every message that is pushed."""

    def __init__(self, points: Points) -> None:
        self._points = points

    def __call__(self, trail: Trail) -> None:
        """Count one request."""
        for name, value in values(trail):
            self._add(trail.session.stage, trail.route_key, name, value)

    def pushed(self, stage: Stage) -> None:
        """Count one message of ``@connections``: it reaches a client without taking a route."""
        self._add(stage, None, "MessageCount", 1)

    def _add(self, stage: Stage, route_key: str | None, name: str, value: float) -> None:
        unit = "Milliseconds" if name == "IntegrationLatency" else "Count"
        for dimensions in _dimensions(stage, route_key):
            self._points.add(stage.region, name, unit, dimensions, value)


def values(trail: Trail) -> Iterator[tuple[str, float]]:
    """What one request adds to which metric.

    ``ConnectCount`` counts what is sent to the integration of ``$connect``, ``MessageCount`` messages in either
    direction, so also the frame that answers one. Latency is that of answers, without those of a MOCK, which nobody
    waits for.
    """
    asked = trail.integration_type is not None
    if trail.event_type == "CONNECT" and asked:
        yield "ConnectCount", 1
    if trail.event_type == "MESSAGE":
        yield "MessageCount", 1
        if trail.sent is not None:
            yield "MessageCount", 1
    answered = trail.integration_endpoint_status is not None or trail.integration_status is not None
    if answered and trail.integration_type != "MOCK" and trail.integration_latency is not None:
        yield "IntegrationLatency", trail.integration_latency
    status = max(trail.status, trail.integration_status or 0)
    failed = unsettled.error_metric(status, asked=asked, answered=answered)
    for name in ERRORS:
        if name == failed:
            yield name, 1
        elif unsettled.GOOD_REQUEST_ERRORS is not None:
            yield name, unsettled.GOOD_REQUEST_ERRORS


def _dimensions(stage: Stage, route_key: str | None) -> Iterator[Dimensions]:
    api, name = ("ApiId", stage.api_id), ("Stage", stage.name)
    yield (api,)
    yield api, name
    if route_key is not None and stage.settings.of(route_key).detailed_metrics_enabled:
        yield api, name, ("Route", route_key)

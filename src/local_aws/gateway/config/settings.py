"""What a stage is set to do: throttling, logs and metrics, for the whole stage and for single routes (spec 250–258)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["AccessLogSettings", "RouteSettings", "StageSettings"]


@dataclass(frozen=True, slots=True)
class RouteSettings:
    """The settings that hold for one route; the defaults are those of a fresh stage (spec 250).

    ``throttling_rate_limit`` is in requests per second, ``throttling_burst_limit`` in requests. ``logging_level`` is
    ``OFF``, ``ERROR`` or ``INFO`` (spec 253).
    """

    throttling_burst_limit: int = 5000
    throttling_rate_limit: float = 10000.0
    logging_level: str = "OFF"
    data_trace_enabled: bool = False
    detailed_metrics_enabled: bool = False

    def overridden(self, given: Mapping[str, Any]) -> "RouteSettings":
        """These settings with what is given, in the API's camelCase, in their place."""
        return RouteSettings(
            throttling_burst_limit=int(given.get("throttlingBurstLimit", self.throttling_burst_limit)),
            throttling_rate_limit=float(given.get("throttlingRateLimit", self.throttling_rate_limit)),
            logging_level=str(given.get("loggingLevel", self.logging_level)),
            data_trace_enabled=_true(given.get("dataTraceEnabled", self.data_trace_enabled)),
            detailed_metrics_enabled=_true(given.get("detailedMetricsEnabled", self.detailed_metrics_enabled)),
        )


@dataclass(frozen=True, slots=True)
class AccessLogSettings:
    """Where access logs go (the ARN of a log group) and what a line says (a template of ``$context`` variables)."""

    destination_arn: str
    format: str


@dataclass(frozen=True, slots=True)
class StageSettings:
    """All settings of a stage; ``of`` says which hold for a route."""

    default: RouteSettings = field(default_factory=RouteSettings)
    routes: Mapping[str, RouteSettings] = field(default_factory=dict)
    access_log: AccessLogSettings | None = None

    @classmethod
    def parse(cls, stage: Mapping[str, Any]) -> "StageSettings":
        """Read a stage document of the control plane. A route's settings override the default ones one by one."""
        default = RouteSettings().overridden(stage.get("defaultRouteSettings") or {})
        logs = stage.get("accessLogSettings") or {}
        destination, log_format = logs.get("destinationArn"), logs.get("format")
        return cls(
            default=default,
            routes={key: default.overridden(given or {}) for key, given in (stage.get("routeSettings") or {}).items()},
            access_log=AccessLogSettings(destination, log_format) if destination and log_format else None,
        )

    def of(self, route_key: str) -> RouteSettings:
        """The settings for a route; the stage's own when the route has none."""
        return self.routes.get(route_key, self.default)


def _true(value: object) -> bool:
    """A boolean, which CloudFormation may hand on as text."""
    return str(value).lower() == "true"

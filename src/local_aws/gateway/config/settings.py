"""The settings of a stage and its routes: throttling, logs and metrics (spec 250–258)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["AccessLogSettings", "RouteSettings", "StageSettings"]


@dataclass(frozen=True, slots=True)
class RouteSettings:
    """The settings of one route; the defaults are those of a new stage (spec 250).

    ``throttling_rate_limit`` is in requests per second, ``throttling_burst_limit`` in requests. ``logging_level`` is
    ``OFF``, ``ERROR`` or ``INFO`` (spec 253).
    """

    throttling_burst_limit: int = 5000
    throttling_rate_limit: float = 10000.0
    logging_level: str = "OFF"
    data_trace_enabled: bool = False
    detailed_metrics_enabled: bool = False

    def overridden(self, given: Mapping[str, Any]) -> "RouteSettings":
        """These settings, overridden by ``given``, which uses the API's camelCase names."""
        return RouteSettings(
            throttling_burst_limit=int(given.get("throttlingBurstLimit", self.throttling_burst_limit)),
            throttling_rate_limit=float(given.get("throttlingRateLimit", self.throttling_rate_limit)),
            logging_level=str(given.get("loggingLevel", self.logging_level)),
            data_trace_enabled=_true(given.get("dataTraceEnabled", self.data_trace_enabled)),
            detailed_metrics_enabled=_true(given.get("detailedMetricsEnabled", self.detailed_metrics_enabled)),
        )


@dataclass(frozen=True, slots=True)
class AccessLogSettings:
    """The ARN of the log group for access logs, and the format of a line (a template of ``$context`` variables)."""

    destination_arn: str
    format: str


@dataclass(frozen=True, slots=True)
class StageSettings:
    """All settings of a stage; ``of`` returns those of a route."""

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
        """The settings of a route; the stage's default if it has none of its own."""
        return self.routes.get(route_key, self.default)


def _true(value: object) -> bool:
    """Read a boolean that CloudFormation may pass as text."""
    return str(value).lower() == "true"

"""CloudWatch's metrics of functions, namespace ``AWS/Lambda``.

Source: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
"""

from functools import lru_cache

from local_aws.functions.invocation import Invocation
from local_aws.functions.names import FunctionName
from local_aws.functions.version_lookup import Target
from local_aws.telemetry.metric_batches import Dimensions, Points

__all__ = ["NAMESPACE", "FunctionMetrics"]

NAMESPACE = "AWS/Lambda"
EVERYWHERE: tuple[Dimensions, ...] = ((),)


class FunctionMetrics:
    """Records the metrics of functions."""

    def __init__(self, points: Points) -> None:
        self._points = points

    def ended(self, target: Target, invocation: Invocation) -> None:
        """Count an invocation that has run. ``Errors`` gets 0 for a success, so that its average is the error rate."""
        self._of(target, "Invocations", 1)
        self._of(target, "Errors", 1 if invocation.function_error else 0)
        self._of(target, "Duration", invocation.duration, "Milliseconds")

    def admitted(self, target: Target) -> None:
        """Count an invocation that no limit stopped, as 0 ``Throttles``, so that their average is a rate."""
        self._of(target, "Throttles", 0)

    def throttled(self, target: Target) -> None:
        """Count an invocation that a limit stopped; it is neither an invocation nor an error."""
        self._of(target, "Throttles", 1)

    def running(self, target: Target, function: int, total: int, unreserved: int) -> None:
        """Record how many invocations run now: of the function, of all functions, of those without a reservation."""
        region, places = target.name.region, _places(target.name, target.configuration.version)
        self._points.add(region, "ConcurrentExecutions", "Count", places[1:], function)
        self._points.add(region, "ConcurrentExecutions", "Count", EVERYWHERE, total)
        self._points.add(region, "UnreservedConcurrentExecutions", "Count", EVERYWHERE, unreserved)

    def event(self, name: FunctionName, metric: str, value: float, unit: str = "Count") -> None:
        """Record a metric of the asynchronous queue."""
        self._points.add(name.region, metric, unit, _places(name), value)

    def _of(self, target: Target, metric: str, value: float, unit: str = "Count") -> None:
        places = _places(target.name, target.configuration.version)
        self._points.add(target.name.region, metric, unit, places, value)

    def flush(self) -> None:
        """Deliver what was recorded, now."""
        self._points.flush()


@lru_cache(maxsize=256)
def _places(name: FunctionName, executed_version: str | None = None) -> tuple[Dimensions, ...]:
    """The dimensions that a value counts for.

    They are: none (all functions), the function, the function with its qualifier, and for an alias also the version
    that answered.
    """
    function, resource = ("FunctionName", name.name), ("Resource", name.resource)
    places: tuple[Dimensions, ...] = (*EVERYWHERE, (function,), (function, resource))
    if executed_version is None or name.qualifier in (None, executed_version):
        return places
    return (*places, (function, resource, ("ExecutedVersion", executed_version)))

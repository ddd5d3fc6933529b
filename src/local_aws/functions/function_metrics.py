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
    """Counts what happens to functions."""

    def __init__(self, points: Points) -> None:
        self._points = points

    def ended(self, target: Target, invocation: Invocation) -> None:
        """An invocation has run, well or not. ``Errors`` counts both, so that its average is a rate."""
        self._of(target, "Invocations", 1)
        self._of(target, "Errors", 1 if invocation.function_error else 0)
        self._of(target, "Duration", invocation.duration, "Milliseconds")

    def admitted(self, target: Target) -> None:
        """A limit let an invocation pass. ``Throttles`` counts it too, so that its average is a rate."""
        self._of(target, "Throttles", 0)

    def throttled(self, target: Target) -> None:
        """A limit did not; it counts neither as an invocation nor as an error."""
        self._of(target, "Throttles", 1)

    def running(self, target: Target, function: int, total: int, unreserved: int) -> None:
        """How many invocations run now: of the function, of all, and of those that share what is not reserved."""
        region, places = target.name.region, _places(target.name, target.configuration.version)
        self._points.add(region, "ConcurrentExecutions", "Count", places[1:], function)
        self._points.add(region, "ConcurrentExecutions", "Count", EVERYWHERE, total)
        self._points.add(region, "UnreservedConcurrentExecutions", "Count", EVERYWHERE, unreserved)

    def event(self, name: FunctionName, metric: str, value: float, unit: str = "Count") -> None:
        """Something of the asynchronous queue."""
        self._points.add(name.region, metric, unit, _places(name), value)

    def _of(self, target: Target, metric: str, value: float, unit: str = "Count") -> None:
        places = _places(target.name, target.configuration.version)
        self._points.add(target.name.region, metric, unit, places, value)

    def flush(self) -> None:
        """Hand on what there is, now."""
        self._points.flush()


@lru_cache(maxsize=256)
def _places(name: FunctionName, executed_version: str | None = None) -> tuple[Dimensions, ...]:
    """All functions; one function; as it was asked for; and for aliases the version that answered."""
    function, resource = ("FunctionName", name.name), ("Resource", name.resource)
    places: tuple[Dimensions, ...] = (*EVERYWHERE, (function,), (function, resource))
    if executed_version is None or name.qualifier in (None, executed_version):
        return places
    return (*places, (function, resource, ("ExecutedVersion", executed_version)))

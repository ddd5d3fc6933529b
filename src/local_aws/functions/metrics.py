"""CloudWatch's metrics of functions, namespace ``AWS/Lambda``.

Source: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
"""

from collections.abc import Iterator

from local_aws.functions.invocation import Invocation
from local_aws.functions.names import FunctionName
from local_aws.functions.target import Target
from local_aws.metrics import Dimensions, Points

__all__ = ["NAMESPACE", "FunctionMetrics"]

NAMESPACE = "AWS/Lambda"


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
        region = target.name.region
        self._of(target, "ConcurrentExecutions", function, everywhere=False)
        self._points.add(region, "ConcurrentExecutions", "Count", (), total)
        self._points.add(region, "UnreservedConcurrentExecutions", "Count", (), unreserved)

    def event(self, name: FunctionName, metric: str, value: float, unit: str = "Count") -> None:
        """Something of the asynchronous queue."""
        for dimensions in _dimensions(name):
            self._points.add(name.region, metric, unit, dimensions, value)

    def _of(self, target: Target, metric: str, value: float, unit: str = "Count", *, everywhere: bool = True) -> None:
        for dimensions in _dimensions(target.name, target.configuration.version):
            if dimensions or everywhere:
                self._points.add(target.name.region, metric, unit, dimensions, value)

    def flush(self) -> None:
        """Hand on what there is, now."""
        self._points.flush()


def _dimensions(name: FunctionName, executed_version: str | None = None) -> Iterator[Dimensions]:
    """All functions; one function; as it was asked for; and for aliases the version that answered."""
    function, resource = ("FunctionName", name.name), ("Resource", name.resource)
    yield ()
    yield (function,)
    yield function, resource
    is_alias = name.qualifier is not None and name.qualifier != executed_version
    if executed_version is not None and is_alias:
        yield function, resource, ("ExecutedVersion", executed_version)

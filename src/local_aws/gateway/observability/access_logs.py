"""Access logs: one line for every CONNECT, MESSAGE and DISCONNECT, in the stage's format (spec 249, 254, 255)."""

from local_aws.clock import Clock
from local_aws.gateway.observability.context_variables import render, variables
from local_aws.gateway.request_trace import RequestTrace
from local_aws.telemetry.log_batches import Delivery, LogGroup

__all__ = ["AccessLogs", "group_of"]


class AccessLogs:
    """Writes one line for each request trace to the log group of the stage's ``accessLogSettings``.

    API Gateway does not create that group: if it does not exist, the lines are lost.
    """

    def __init__(self, delivery: Delivery, clock: Clock) -> None:
        self._delivery = delivery
        self._clock = clock

    def __call__(self, trace: RequestTrace) -> None:
        """Write the line of one request."""
        settings = trace.session.stage.settings.access_log
        if settings is None:
            return
        group = group_of(settings.destination_arn)
        if group is not None:
            line = render(settings.format, variables(trace))
            self._delivery.add(group, self._clock.now_ms(), line)


def group_of(arn: str) -> LogGroup | None:
    """The log group that an ARN names, with or without ``:*`` at its end; None if it names none."""
    parts = arn.split(":", 6)
    if len(parts) < 7 or parts[2] != "logs" or parts[5] != "log-group":
        return None
    return LogGroup(parts[3], parts[6].removesuffix(":*"))

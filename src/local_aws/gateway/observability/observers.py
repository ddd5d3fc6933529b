"""The observers of the gateway's requests: access logs, execution logs and metrics."""

from local_aws.clock import Clock
from local_aws.gateway.config.stage import Stage
from local_aws.gateway.dispatcher import Observer
from local_aws.gateway.observability.access_logs import AccessLogs
from local_aws.gateway.observability.api_metrics import NAMESPACE, Metrics
from local_aws.gateway.observability.execution_logs import ExecutionLogs
from local_aws.telemetry.log_batches import Delivery, PutLogs
from local_aws.telemetry.metric_batches import Points, PutMetrics

__all__ = ["Observation"]


class Observation:
    """All observers; they send what they record in batches to ``put_logs`` and ``put_metrics``."""

    def __init__(self, put_logs: PutLogs, put_metrics: PutMetrics, clock: Clock) -> None:
        self._delivery = Delivery(put_logs)
        self._points = Points(NAMESPACE, put_metrics, clock)
        self._metrics = Metrics(self._points)
        self.observers: tuple[Observer, ...] = (
            AccessLogs(self._delivery, clock),
            ExecutionLogs(self._delivery, clock),
            self._metrics,
        )

    def pushed(self, stage: Stage) -> None:
        """Count a message that went out through ``@connections``."""
        self._metrics.pushed(stage)

    def flush(self) -> None:
        """Send what waits for the next batch now."""
        self._delivery.flush()
        self._points.flush()

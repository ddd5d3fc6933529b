"""What one request to a stage leaves behind: the values of ``$context``, for templates, access logs and metrics."""

from dataclasses import dataclass, field

from local_aws.gateway import assumptions
from local_aws.gateway.events import Session

__all__ = ["RequestTrace", "StepOutcome"]


@dataclass(frozen=True, slots=True)
class StepOutcome:
    """How one step before the integration ended; latency in milliseconds."""

    status: int
    latency: int | None = None
    error: str | None = None


@dataclass(slots=True)
class RequestTrace:
    """One CONNECT, MESSAGE or DISCONNECT request, from the moment it came in (spec 254, 255).

    Times are epoch milliseconds, latencies milliseconds. What did not happen stays None, and is written ``-`` in an
    access log. ``status`` is what the client was told, or would have been. ``integration_type`` is None as long as no
    integration was asked. ``integration_status`` is what the backend answered, ``integration_endpoint_status`` what
    Lambda did, as service: 200 also for a function whose result says 500. ``authenticate`` is how the signature fared,
    ``authorize`` how the policy of the signer did. ``sent`` is the frame that went back to the client.
    """

    session: Session
    request_id: str
    event_type: str
    route_key: str
    started_at: int
    message_id: str | None = None
    body: str | None = None
    status: int = 200
    error_message: str | None = None
    error_response_type: str | None = None
    validation_error: str | None = None
    integration_type: str | None = None
    integration_status: int | None = None
    integration_endpoint_status: int | None = None
    integration_latency: int | None = None
    integration_request_id: str | None = None
    integration_error: str | None = None
    integration_request: bytes | None = None
    integration_response: bytes | None = None
    authorizer_status: int | None = None
    authorizer_latency: int | None = None
    authorizer_request_id: str | None = None
    authorizer_error: str | None = None
    authenticate: StepOutcome | None = None
    authorize: StepOutcome | None = None
    sent: bytes | None = None
    disconnect: tuple[int, str] | None = None
    notes: list[str] = field(default_factory=list)
    """What happened on the way, one sentence each: the lines of the execution log."""

    def failed(self, status: int, message: str, response_type: str | None = None) -> None:
        """Remember the failure that the client is told of."""
        self.status, self.error_message = status, message
        self.error_response_type = response_type or assumptions.error_response_type(status)

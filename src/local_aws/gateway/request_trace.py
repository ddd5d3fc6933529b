"""The record of one request to a stage: the values of ``$context``, for templates, access logs and metrics."""

from dataclasses import dataclass, field

from local_aws.gateway import assumptions
from local_aws.gateway.events import Session

__all__ = ["RequestTrace", "StepOutcome"]


@dataclass(frozen=True, slots=True)
class StepOutcome:
    """The result of one step before the integration; ``latency`` is in milliseconds."""

    status: int
    latency: int | None = None
    error: str | None = None


@dataclass(slots=True)
class RequestTrace:
    """One CONNECT, MESSAGE or DISCONNECT request, from the moment it came in (spec 254, 255).

    Times are epoch milliseconds, latencies milliseconds. A step that did not happen leaves its fields None; an access
    log writes ``-`` for them. ``status`` is the client's status, also where the client gets no answer.
    ``integration_type`` is None until the integration is called. ``integration_status`` is the backend's status,
    ``integration_endpoint_status`` that of the Lambda service: 200 even if the function's result says 500.
    ``authenticate`` is the check of the signature, ``authorize`` that of the signer's policies. ``sent`` is the frame
    that went back to the client.
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
    """Sentences for the execution log, in the order in which things happened."""

    def failed(self, status: int, message: str, response_type: str | None = None) -> None:
        """Record the failure that the client is told about."""
        self.status, self.error_message = status, message
        self.error_response_type = response_type or assumptions.error_response_type(status)

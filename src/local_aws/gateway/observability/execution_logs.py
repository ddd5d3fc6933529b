"""Execution logs: what the gateway did with a request, step by step (spec 173, 253)."""

from collections.abc import Iterator

from local_aws.clock import Clock
from local_aws.gateway import assumptions, limits
from local_aws.gateway.config.settings import RouteSettings
from local_aws.gateway.request_trace import RequestTrace
from local_aws.telemetry.log_batches import Delivery, LogGroup

__all__ = ["ExecutionLogs", "group_of", "lines", "truncated"]

SAYS = assumptions.EXECUTION_LOG_LINES


class ExecutionLogs:
    """Writes the lines of each request trace that the route's ``loggingLevel`` asks for."""

    def __init__(self, delivery: Delivery, clock: Clock) -> None:
        self._delivery = delivery
        self._clock = clock

    def __call__(self, trace: RequestTrace) -> None:
        """Write the lines of one request."""
        stage = trace.session.stage
        settings = stage.settings.of(trace.route_key)
        if settings.logging_level == "OFF":
            return
        group, now = group_of(stage.region, stage.api_id, stage.name), self._clock.now_ms()
        for line in lines(trace, settings):
            self._delivery.add(group, now, truncated(f"({trace.request_id}) {line}"))


def group_of(region: str, api_id: str, stage: str) -> LogGroup:
    """The log group that API Gateway keeps for a stage of a WebSocket API."""
    return LogGroup(region, f"/aws/apigateway/{api_id}/{stage}", managed=True)


def lines(trace: RequestTrace, settings: RouteSettings) -> list[str]:
    """The lines for a request: at ``INFO`` all steps, at ``ERROR`` only a failure, at ``OFF`` nothing."""
    failure = list(_failure(trace))
    if settings.logging_level == "INFO":
        return [*_arrival(trace, settings), *_integration(trace, settings), *failure, *_outcome(trace)]
    return failure if settings.logging_level == "ERROR" else []


def truncated(line: str) -> str:
    """The line, cut off to at most 1,024 bytes of UTF-8 (spec 173)."""
    if len(line) * 4 <= limits.EXECUTION_LOG_BYTES or len(line.encode()) <= limits.EXECUTION_LOG_BYTES:
        return line
    kept = line.encode()[: limits.EXECUTION_LOG_BYTES - len(assumptions.TRUNCATED)]
    return kept.decode(errors="ignore") + assumptions.TRUNCATED


def _names(trace: RequestTrace) -> dict[str, object]:
    session, (code, reason) = trace.session, trace.disconnect or (None, "")
    return {
        "request": trace.request_id,
        "route": trace.route_key,
        "api": session.stage.api_id,
        "connection": session.connection_id,
        "source_ip": session.identity.source_ip,
        "user_agent": session.identity.user_agent or "null",
        "status": trace.status,
        "code": code,
        "reason": reason,
    }


def _arrival(trace: RequestTrace, settings: RouteSettings) -> Iterator[str]:
    names = _names(trace)
    yield SAYS["request"].format_map(names)
    yield SAYS["start"].format_map(names)
    yield SAYS["route"].format_map(names)
    if trace.event_type in ("CONNECT", "MESSAGE"):
        yield SAYS[trace.event_type].format_map(names)
    if settings.data_trace_enabled and trace.body is not None:
        yield SAYS["body"] + trace.body
    if trace.authorizer_status is not None:
        yield SAYS["authorized" if trace.authorizer_status == 200 else "unauthorized"].format_map(names)


def _integration(trace: RequestTrace, settings: RouteSettings) -> Iterator[str]:
    if trace.integration_type is None:
        return
    if settings.data_trace_enabled and trace.integration_request is not None:
        yield SAYS["integration request"] + trace.integration_request.decode("utf-8", "replace")
    if trace.integration_request_id is not None:
        yield SAYS["integration id"] + trace.integration_request_id
    answered = trace.integration_endpoint_status or trace.integration_status
    if answered is not None:
        yield SAYS["integration response"].format(status=answered, latency=trace.integration_latency)
    if settings.data_trace_enabled and trace.integration_response is not None:
        yield SAYS["integration body"] + trace.integration_response.decode("utf-8", "replace")
    if settings.data_trace_enabled and trace.sent is not None:
        yield SAYS["sent"] + trace.sent.decode("utf-8", "replace")


def _failure(trace: RequestTrace) -> Iterator[str]:
    yield from trace.notes
    reason = trace.integration_error or trace.authorizer_error or trace.validation_error or trace.error_message
    if reason is not None:
        yield SAYS["failure"] + reason


def _outcome(trace: RequestTrace) -> Iterator[str]:
    names = _names(trace)
    if trace.event_type == "CONNECT" and trace.status >= 300:
        yield SAYS["refused"].format_map(names)
    elif trace.event_type == "CONNECT":
        yield SAYS["connected"].format_map(names)
    elif trace.event_type == "DISCONNECT":
        yield SAYS["disconnected"].format_map(names)
    elif trace.integration_type is not None:
        yield SAYS["answered"].format_map(names)

"""``$context``: the variables of a request for access logs (spec 130, 254).

Names are those of the developer guide's page "Configure logging for WebSocket APIs in API Gateway".
"""

import json
import re
from collections.abc import Mapping

from local_aws.gateway.request_times import request_time
from local_aws.gateway.request_trace import RequestTrace, StepOutcome

__all__ = ["VARIABLES", "render", "variables"]

_IDENTITY = (
    "accountId",
    "apiKey",
    "apiKeyId",
    "caller",
    "cognitoAuthenticationProvider",
    "cognitoAuthenticationType",
    "cognitoIdentityId",
    "cognitoIdentityPoolId",
    "principalOrgId",
    "sourceIp",
    "user",
    "userAgent",
    "userArn",
)

VARIABLES = (
    "apiId",
    *(f"{step}.{what}" for step in ("authenticate", "authorize") for what in ("error", "latency", "status")),
    "authorizer.error",
    "authorizer.integrationLatency",
    "authorizer.integrationStatus",
    "authorizer.latency",
    "authorizer.principalId",
    "authorizer.requestId",
    "authorizer.status",
    "connectedAt",
    "connectionId",
    "domainName",
    "error.message",
    "error.messageString",
    "error.responseType",
    "error.validationErrorString",
    "eventType",
    "extendedRequestId",
    *(f"identity.{name}" for name in _IDENTITY),
    "integration.error",
    "integration.integrationStatus",
    "integration.latency",
    "integration.requestId",
    "integration.status",
    "integrationLatency",
    "messageId",
    "requestId",
    "requestTime",
    "requestTimeEpoch",
    "routeKey",
    "stage",
    "status",
    *(f"waf.{what}" for what in ("error", "latency", "status")),
)
"""Every documented variable except ``authorizer.{property}``, whose names the authorizer chooses.

No WAF can be put before a WebSocket API, so ``waf.*`` never has a value.
"""

_VARIABLE = re.compile(r"\$context\.(\w+(?:\.[\w-]+)*)|\$\{context\.(\w+(?:\.[\w-]+)*)\}")


def variables(trace: RequestTrace) -> dict[str, str]:
    """The variables that have a value: name without ``$context.`` → text."""
    session = trace.session
    found: dict[str, object] = {
        "apiId": session.stage.api_id,
        "stage": session.stage.name,
        "connectionId": session.connection_id,
        "connectedAt": session.connected_at,
        "domainName": session.domain_name,
        "eventType": trace.event_type,
        "messageId": trace.message_id,
        "requestId": trace.request_id,
        "extendedRequestId": trace.request_id,
        "requestTime": request_time(trace.started_at),
        "requestTimeEpoch": trace.started_at,
        "routeKey": trace.route_key,
        "status": trace.status,
        "error.message": trace.error_message,
        "error.messageString": None if trace.error_message is None else json.dumps(trace.error_message),
        "error.responseType": trace.error_response_type,
        "error.validationErrorString": trace.validation_error,
        "integration.error": trace.integration_error,
        "integration.integrationStatus": trace.integration_endpoint_status,
        "integration.latency": trace.integration_latency,
        "integration.requestId": trace.integration_request_id,
        "integration.status": trace.integration_status,
        "integrationLatency": trace.integration_latency,
        **_step("authenticate", trace.authenticate),
        **_step("authorize", trace.authorize),
        **_authorizer(trace),
        **{f"identity.{name}": value for name, value in session.identity.as_event().items()},
    }
    return {name: str(value) for name, value in found.items() if value is not None}


def render(template: str, values: Mapping[str, str]) -> str:
    """Fill in a template; a variable that has no value or does not exist becomes ``-``."""

    def value(match: re.Match[str]) -> str:
        name, rest = match[1] or match[2], ""
        while name not in values and "-" in name:  # a hyphen may be part of the name or come after it
            name, _, cut = name.rpartition("-")
            rest = f"-{cut}{rest}"
        return values.get(name, "-") + rest

    return _VARIABLE.sub(value, template)


def _step(name: str, step: StepOutcome | None) -> dict[str, object]:
    if step is None:
        return {}
    return {f"{name}.status": step.status, f"{name}.latency": step.latency, f"{name}.error": step.error}


def _authorizer(trace: RequestTrace) -> dict[str, object]:
    """The authorizer's context is known on every request of the connection; its call only on CONNECT."""
    said = {f"authorizer.{name}": value for name, value in (trace.session.authorizer or {}).items()}
    asked = {
        "authorizer.error": trace.authorizer_error,
        "authorizer.integrationLatency": trace.authorizer_latency,
        "authorizer.integrationStatus": 200 if trace.authorizer_request_id is not None else None,
        "authorizer.latency": trace.authorizer_latency,
        "authorizer.requestId": trace.authorizer_request_id,
        "authorizer.status": trace.authorizer_status,
    }
    return {**said, **{name: value for name, value in asked.items() if value is not None}}

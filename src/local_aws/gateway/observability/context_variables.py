"""``$context``: what access logs and mapping templates can say of a request (spec 130, 254).

Names are those of the developer guide's page "Configure logging for WebSocket APIs in API Gateway".
"""

import json
import re
from collections.abc import Mapping

from local_aws.gateway.request_times import request_time
from local_aws.gateway.request_trace import Step, Trail

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
"""Every variable that is documented, but ``authorizer.{property}``, whose names the authorizer chooses.

No WAF can be put before a WebSocket API, so ``waf.*`` never has a value.
"""

_VARIABLE = re.compile(r"\$context\.(\w+(?:\.[\w-]+)*)|\$\{context\.(\w+(?:\.[\w-]+)*)\}")


def variables(trail: Trail) -> dict[str, str]:
    """The variables that have a value, as text, by their names without ``$context.``."""
    session = trail.session
    found: dict[str, object] = {
        "apiId": session.stage.api_id,
        "stage": session.stage.name,
        "connectionId": session.connection_id,
        "connectedAt": session.connected_at,
        "domainName": session.domain_name,
        "eventType": trail.event_type,
        "messageId": trail.message_id,
        "requestId": trail.request_id,
        "extendedRequestId": trail.request_id,
        "requestTime": request_time(trail.started_at),
        "requestTimeEpoch": trail.started_at,
        "routeKey": trail.route_key,
        "status": trail.status,
        "error.message": trail.error_message,
        "error.messageString": None if trail.error_message is None else json.dumps(trail.error_message),
        "error.responseType": trail.error_response_type,
        "error.validationErrorString": trail.validation_error,
        "integration.error": trail.integration_error,
        "integration.integrationStatus": trail.integration_endpoint_status,
        "integration.latency": trail.integration_latency,
        "integration.requestId": trail.integration_request_id,
        "integration.status": trail.integration_status,
        "integrationLatency": trail.integration_latency,
        **_step("authenticate", trail.authenticate),
        **_step("authorize", trail.authorize),
        **_authorizer(trail),
        **{f"identity.{name}": value for name, value in session.identity.as_event().items()},
    }
    return {name: str(value) for name, value in found.items() if value is not None}


def render(template: str, values: Mapping[str, str]) -> str:
    """Fill in a template; ``-`` stands for what has no value, and for what no variable is called."""

    def value(match: re.Match[str]) -> str:
        name, rest = match[1] or match[2], ""
        while name not in values and "-" in name:  # a hyphen may be part of a name, or stand behind it
            name, _, cut = name.rpartition("-")
            rest = f"-{cut}{rest}"
        return values.get(name, "-") + rest

    return _VARIABLE.sub(value, template)


def _step(name: str, step: Step | None) -> dict[str, object]:
    if step is None:
        return {}
    return {f"{name}.status": step.status, f"{name}.latency": step.latency, f"{name}.error": step.error}


def _authorizer(trail: Trail) -> dict[str, object]:
    """What the authorizer said is known for as long as the connection lives; how it was asked, on CONNECT only."""
    said = {f"authorizer.{name}": value for name, value in (trail.session.authorizer or {}).items()}
    asked = {
        "authorizer.error": trail.authorizer_error,
        "authorizer.integrationLatency": trail.authorizer_latency,
        "authorizer.integrationStatus": 200 if trail.authorizer_request_id is not None else None,
        "authorizer.latency": trail.authorizer_latency,
        "authorizer.requestId": trail.authorizer_request_id,
        "authorizer.status": trail.authorizer_status,
    }
    return {**said, **{name: value for name, value in asked.items() if value is not None}}

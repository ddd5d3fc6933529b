"""What API Gateway refuses, in its own words.

Texts are those of spec 80, 113, 118, 205–211, 233–249. A check is a function of the kind's document; it raises or
returns nothing.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

__all__ = ["BadRequest", "Conflict", "NotFound", "Refusal", "check", "no_routes"]

Document = Mapping[str, Any]


class Refusal(Exception):
    """An answer of API Gateway other than success; ``str()`` of it is AWS's message (spec 239)."""

    status = 400
    code = "BadRequestException"

    def __init__(self, message: str, **members: str) -> None:
        super().__init__(message)
        self.members = members


class BadRequest(Refusal):
    """400: the request says something that cannot be."""


class NotFound(Refusal):
    """404: nothing of that identifier."""

    status = 404
    code = "NotFoundException"


class Conflict(Refusal):
    """409: something of that name is there already."""

    status = 409
    code = "ConflictException"


def no_routes() -> BadRequest:
    """A deployment of an API without routes (spec 233)."""
    return BadRequest("At least one route is required before deploying the Api.")


def check(kind: str, document: Document) -> None:
    """Raise BadRequest when AWS would refuse this Api, Route, Integration, … of a WebSocket API."""
    _CHECKS.get(kind, _nothing)(document)


def _nothing(document: Document) -> None:
    return None


def _api(api: Document) -> None:
    if not api.get("name"):
        raise BadRequest("Name is a required field")
    if not str(api.get("routeSelectionExpression") or "").startswith(("$request.body.", "${request.body.")):
        raise BadRequest("Invalid routeSelectionExpression")  # spec 80
    if api.get("corsConfiguration"):
        raise BadRequest("Cors is not supported for WEBSOCKET protocolType")  # spec 246


def _route(route: Document) -> None:
    key = route.get("routeKey")
    if not key:
        raise BadRequest("RouteKey is a required field")
    if key.startswith("$") and key not in ("$connect", "$disconnect", "$default"):
        raise BadRequest(  # spec 95 states the rule; its text is not recorded anywhere
            f"The provided route key is not formatted properly for WEBSOCKET protocol: {key}"
        )
    target = route.get("target")
    if target is not None and not re.fullmatch(r"integrations/[^/]+", target):
        raise BadRequest(  # spec 245
            "Unexpected or malformed target in route. Correct format should be integrations/<integration_id>."
        )
    authorization = route.get("authorizationType", "NONE")
    if authorization == "JWT":  # spec 208
        raise BadRequest("Currently, JWT authorization type is restricted to APIs with a protocol type of HTTP")
    if authorization not in ("NONE", "AWS_IAM", "CUSTOM"):
        raise BadRequest(f"Invalid authorization type specified: {authorization}")
    if authorization != "NONE" and key != "$connect":  # spec 205
        raise BadRequest("Currently, authorization is restricted to the $connect route only")


def _integration(integration: Document) -> None:
    kind = integration.get("integrationType")
    if kind not in ("AWS", "AWS_PROXY", "HTTP", "HTTP_PROXY", "MOCK"):
        raise BadRequest(f"Invalid integration type specified: {kind}")
    if kind != "MOCK" and not integration.get("integrationUri"):
        raise BadRequest("IntegrationUri is a required field for this integration type")
    timeout = integration.get("timeoutInMillis")
    if not isinstance(timeout, int) or not 50 <= timeout <= 29_000:  # spec 113
        raise BadRequest("Timeout should be between 50 ms and 29000 ms")


def _route_response(response: Document) -> None:
    if response.get("routeResponseKey") != "$default":  # spec 118
        raise BadRequest("Currently, only $default is supported as a RouteResponseKey.")


def _integration_response(response: Document) -> None:
    if not response.get("integrationResponseKey"):
        raise BadRequest("IntegrationResponseKey is a required field")


def _authorizer(authorizer: Document) -> None:
    if not authorizer.get("name"):
        raise BadRequest("Name is a required field")
    if authorizer.get("authorizerType") != "REQUEST":  # spec 207
        raise BadRequest("Only REQUEST authorizer type is supported on WEBSOCKET protocol Apis.")
    if not authorizer.get("authorizerUri"):  # spec 211
        raise BadRequest("AuthorizerUri is a required field in an Authorizer")
    for source in authorizer.get("identitySource", []):  # spec 209
        if not re.match(r"(route\.request\.(header|querystring)|stageVariables|context)\.\S+$", source):
            raise BadRequest(f"Invalid request identity source expression: {source}")


def _model(model: Document) -> None:
    if not re.fullmatch(r"[a-zA-Z0-9]+", model.get("name") or ""):
        raise BadRequest("Model name must be alphanumeric")
    if not model.get("schema"):
        raise BadRequest("Schema is a required field")


def _stage(stage: Document) -> None:
    name = stage.get("stageName") or ""
    if name != "$default" and not re.fullmatch(r"[a-zA-Z0-9_]{1,128}", name):  # spec 247
        raise BadRequest("Stage name only allows a-zA-Z0-9_")
    logs = stage.get("accessLogSettings")
    if logs:
        if not re.match(r"arn:[^:]+:logs:[^:]+:\d+:log-group:.+", logs.get("destinationArn") or ""):
            raise BadRequest("Invalid ARN specified in the request. ARN must be of a CloudWatch Logs group")
        log_format = logs.get("format") or ""
        if "$context.requestId" not in log_format and "$context.extendedRequestId" not in log_format:
            raise BadRequest(  # spec 249
                "Access Log format must include either $context.requestId or $context.extendedRequestId"
            )


_CHECKS: dict[str, Callable[[Document], None]] = {
    "Api": _api,
    "Route": _route,
    "Integration": _integration,
    "RouteResponse": _route_response,
    "IntegrationResponse": _integration_response,
    "Authorizer": _authorizer,
    "Model": _model,
    "Stage": _stage,
}

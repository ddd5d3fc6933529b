"""API Gateway's errors, and the checks of one document alone.

The texts here are quoted exactly from spec 65, 80, 113, 118, 205–211, 233–249; those without a source are in
``assumptions``. Checks against other documents are in ``constraints``.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from local_aws.control_plane.api_gateway import assumptions

__all__ = [
    "ApiGatewayError",
    "BadRequest",
    "Conflict",
    "NotFound",
    "TooManyRequests",
    "check",
    "check_logging",
    "no_cors",
    "no_routes",
]

Document = Mapping[str, Any]

ACCESS_LOG_TEMPLATE_BYTES = 3 * 1024
MAPPING_TEMPLATE_BYTES = 300 * 1024


class ApiGatewayError(Exception):
    """An error of API Gateway; ``str()`` of it is AWS's message, ``members`` are further members (spec 239)."""

    status = 400
    code = "BadRequestException"

    def __init__(self, message: str, **members: str) -> None:
        super().__init__(message)
        self.members = members


class BadRequest(ApiGatewayError):
    """400: the request is not valid."""


class NotFound(ApiGatewayError):
    """404: the identifier does not exist."""

    status = 404
    code = "NotFoundException"


class Conflict(ApiGatewayError):
    """409: the name is taken."""

    status = 409
    code = "ConflictException"


class TooManyRequests(ApiGatewayError):
    """429: a quota is exceeded (spec 166)."""

    status = 429
    code = "TooManyRequestsException"


def no_cors() -> BadRequest:
    """The error for CORS settings (spec 246)."""
    return BadRequest("Cors is not supported for WEBSOCKET protocolType")


def no_routes() -> BadRequest:
    """The error for deploying an API without routes (spec 233)."""
    return BadRequest("At least one route is required before deploying the Api.")


def check(kind: str, document: Document) -> None:
    """Raise BadRequest if AWS would reject this Api, Route, Integration, … of a WebSocket API."""
    _CHECKS.get(kind, _no_check)(document)


def check_logging(stage: Document, role: str | None) -> None:
    """Raise BadRequest if the stage has logs and the account has no ``role`` to write them (spec 253).

    The text is from deployment logs that quote ``Service: AmazonApiGatewayV2; Status Code: 400``.
    """
    settings = [stage.get("defaultRouteSettings") or {}, *(stage.get("routeSettings") or {}).values()]
    has_logs = stage.get("accessLogSettings") or any(each.get("loggingLevel", "OFF") != "OFF" for each in settings)
    if has_logs and role is None:
        raise BadRequest("CloudWatch Logs role ARN must be set in account settings to enable logging")


def _no_check(document: Document) -> None:
    return None


def _api(api: Document) -> None:
    _require(api, "name")
    if not _selects_routes(api.get("routeSelectionExpression") or ""):
        raise BadRequest("Invalid routeSelectionExpression")  # spec 80
    if api.get("corsConfiguration"):
        raise no_cors()
    _one_of(api, "ipAddressType", "ipv4", "dualstack")


def _selects_routes(expression: str) -> bool:
    """Whether it has only static text and variables of the message body (spec 81, 85, 99); ``\\$`` is a dollar."""
    rest = re.sub(r"\\\$", "", expression)
    rest = re.sub(r"\$\{request\.body(\.[^${}]+)?\}|\$request\.body(\.[^${}]+)?", "", rest)
    return bool(expression) and "$" not in rest


def _route(route: Document) -> None:
    _require(route, "routeKey")
    key = route["routeKey"]
    if key.startswith("$") and key not in ("$connect", "$disconnect", "$default"):  # spec 95
        raise BadRequest(assumptions.RESERVED_ROUTE_KEY.format(key=key))
    target = route.get("target")
    if target is not None and not re.fullmatch(r"integrations/[^/]+", target):
        raise BadRequest(  # spec 245
            "Unexpected or malformed target in route. Correct format should be integrations/<integration_id>."
        )
    if route.get("authorizationType") == "JWT":  # spec 208
        raise BadRequest("Currently, JWT authorization type is restricted to APIs with a protocol type of HTTP")
    _one_of(route, "authorizationType", "NONE", "AWS_IAM", "CUSTOM")  # spec 206
    if route.get("authorizationType", "NONE") != "NONE" and key != "$connect":  # spec 205
        raise BadRequest("Currently, authorization is restricted to the $connect route only")


def _integration(integration: Document) -> None:
    _require(integration, "integrationType")
    _one_of(integration, "integrationType", "AWS", "AWS_PROXY", "HTTP", "HTTP_PROXY", "MOCK")  # spec 104
    if integration["integrationType"] != "MOCK":
        _require(integration, "integrationUri")
    version = integration.get("payloadFormatVersion", "1.0")
    if version != "1.0":  # spec 65
        raise BadRequest(f"Unsupported PayloadFormatVersion: {version}")
    _one_of(integration, "passthroughBehavior", "WHEN_NO_MATCH", "WHEN_NO_TEMPLATES", "NEVER")
    _one_of(integration, "contentHandlingStrategy", "CONVERT_TO_BINARY", "CONVERT_TO_TEXT")
    _one_of(integration, "connectionType", "INTERNET", "VPC_LINK")
    if not 50 <= integration.get("timeoutInMillis", 29_000) <= 29_000:  # spec 113
        raise BadRequest("Timeout should be between 50 ms and 29000 ms")
    _templates(integration.get("requestTemplates") or {})


def _route_response(response: Document) -> None:
    if response.get("routeResponseKey") != "$default":  # spec 118
        raise BadRequest("Currently, only $default is supported as a RouteResponseKey.")


def _integration_response(response: Document) -> None:
    _require(response, "integrationResponseKey")
    _one_of(response, "contentHandlingStrategy", "CONVERT_TO_BINARY", "CONVERT_TO_TEXT")
    _templates(response.get("responseTemplates") or {})


def _templates(templates: Mapping[str, str]) -> None:
    for key, template in templates.items():
        if len(template.encode()) > MAPPING_TEMPLATE_BYTES:  # spec 168
            raise BadRequest(assumptions.TEMPLATE_TOO_LONG.format(key=key))


def _authorizer(authorizer: Document) -> None:
    _require(authorizer, "name")
    if authorizer.get("authorizerType") != "REQUEST":  # spec 207
        raise BadRequest("Only REQUEST authorizer type is supported on WEBSOCKET protocol Apis.")
    if not authorizer.get("authorizerUri"):  # spec 211
        raise BadRequest("AuthorizerUri is a required field in an Authorizer")
    for source in authorizer.get("identitySource", []):  # spec 209
        if not re.fullmatch(r"(route\.request\.(header|querystring)|stageVariables|context)\.\S+", str(source)):
            raise BadRequest(f"Invalid request identity source expression: {source}")


def _model(model: Document) -> None:
    _require(model, "name")
    if not re.fullmatch(r"[a-zA-Z0-9]+", model["name"]):  # spec 171
        raise BadRequest(assumptions.MODEL_NAME.format(name=model["name"]))
    _require(model, "schema")


def _stage(stage: Document) -> None:
    name = stage.get("stageName") or ""
    if name != "$default" and not re.fullmatch(r"[a-zA-Z0-9_]{1,128}", name):  # spec 247
        raise BadRequest("Stage name only allows a-zA-Z0-9_")
    _settings("defaultRouteSettings", stage.get("defaultRouteSettings", {}))
    for key, settings in stage.get("routeSettings", {}).items():
        _settings(f"routeSettings/{key}", settings)
    logs = stage.get("accessLogSettings")
    if logs:
        _access_logs(logs)


def _access_logs(logs: Document) -> None:
    if not re.match(r"arn:[^:]+:logs:[^:]+:\d+:log-group:.+", str(logs.get("destinationArn") or "")):
        raise BadRequest(assumptions.ACCESS_LOG_DESTINATION)
    log_format = str(logs.get("format") or "")
    if len(log_format.encode()) > ACCESS_LOG_TEMPLATE_BYTES:  # spec 168
        raise BadRequest(assumptions.ACCESS_LOG_FORMAT_TOO_LONG)
    if "$context.requestId" not in log_format and "$context.extendedRequestId" not in log_format:
        raise BadRequest(  # spec 249
            "Access Log format must include either $context.requestId or $context.extendedRequestId"
        )


_SETTINGS: Mapping[str, tuple[tuple[type, ...], str]] = {
    "dataTraceEnabled": ((bool,), "a boolean"),
    "detailedMetricsEnabled": ((bool,), "a boolean"),
    "loggingLevel": ((str,), "a string"),
    "throttlingBurstLimit": ((int,), "an integer"),
    "throttlingRateLimit": ((int, float), "a number"),
}


def _settings(where: str, settings: Any) -> None:
    if not isinstance(settings, Mapping):
        raise BadRequest(assumptions.WRONG_TYPE.format(field=where, expected="an object"))
    for name, (types, expected) in _SETTINGS.items():
        if name in settings and type(settings[name]) not in types:
            raise BadRequest(assumptions.WRONG_TYPE.format(field=f"{where}/{name}", expected=expected))
    _one_of(settings, "loggingLevel", "ERROR", "INFO", "OFF")  # spec 253


def _require(document: Document, field: str) -> None:
    if not document.get(field):
        raise BadRequest(assumptions.REQUIRED.format(field=field[0].upper() + field[1:]))


def _one_of(document: Document, field: str, *allowed: str) -> None:
    value = document.get(field, allowed[0])
    if value not in allowed:
        raise BadRequest(assumptions.NOT_ONE_OF.format(field=field, value=value, allowed=", ".join(allowed)))


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

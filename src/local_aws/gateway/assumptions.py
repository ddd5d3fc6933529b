"""Every choice made where AWS is silent, or its sources disagree; each with the item of the behaviour list it answers.

Nothing else in ``gateway`` decides such a thing by itself, so that a captured answer from AWS changes one line here.
"""

import json
import re
from collections.abc import Mapping

__all__ = [
    "API_KEY_MESSAGE",
    "API_KEY_STATUS",
    "CLOSE_REASONS",
    "DELETED",
    "EMPTY_INPUT",
    "EXECUTION_LOG_LINES",
    "EXTRA_PATH_STATUS",
    "GOOD_REQUEST_ERRORS",
    "HTTP_METHOD",
    "LOST",
    "MALFORMED_CONNECT_STATUS",
    "NOTHING_FOUND",
    "NOT_BASE64",
    "NO_INTEGRATION_RESPONSE",
    "NO_UPGRADE_STATUS",
    "STAGE_GONE",
    "TEMPLATE_FAILED",
    "TEMPLATE_FALLBACKS",
    "THROTTLED_FUNCTION",
    "THROTTLED_MESSAGE",
    "THROTTLED_STATUS",
    "TIMEOUT_CONNECT_STATUS",
    "TIMEOUT_MESSAGE",
    "TRUNCATED",
    "UNKNOWN_STAGE_STATUS",
    "UNREACHABLE_ENDPOINT",
    "UNSUPPORTED_MEDIA_TYPE",
    "authorizer_context",
    "connect_status",
    "error_metric",
    "error_response_type",
    "invalid_body_frame",
    "is_true",
    "lenient_json",
    "posted_text",
    "refusal_body",
    "text_of",
    "throttled_as",
]

UNKNOWN_STAGE_STATUS = 403
"""U6, spec 21–23: unknown API, unknown stage, or no stage in the path."""

EXTRA_PATH_STATUS = 403
"""U6: more path behind the stage."""

NO_UPGRADE_STATUS = 426
"""U6, spec 25: a plain HTTPS request to a stage."""

MALFORMED_CONNECT_STATUS = 502
"""U4, spec 9: ``$connect`` returned something without a status code."""

TIMEOUT_CONNECT_STATUS = 504
"""U4, spec 14: ``$connect`` was slower than the integration's timeout."""

TIMEOUT_MESSAGE = "Endpoint request timed out"
"""U3, spec 111: the error frame of a message whose integration was too slow, as in REST APIs."""

THROTTLED_STATUS, THROTTLED_MESSAGE = 429, "Too Many Requests"
"""U3, spec 251: the error frame of a message over its route's or the account's limit; the connection stays open."""

THROTTLED_FUNCTION = (500, "Internal server error")
"""A function over its own or the account's concurrency: the status on the handshake, the text of the error frame; that
is what people report of REST APIs, which do not pass Lambda's 429 on."""

API_KEY_STATUS, API_KEY_MESSAGE = 403, "Forbidden"
"""U16, spec 226: no API key, a wrong or disabled one, or one of no usage plan of this stage."""

DELETED = (1000, "Connection Closed Normally")
"""U1, spec 155: what the client and ``$disconnect`` are told after ``DELETE @connections``."""

LOST = (1006, "Connection closed abnormally")
"""U2, spec 153: what ``$disconnect`` is told when TCP ended without a close frame."""

STAGE_GONE = (1001, "Going away")
"""Spec 157: what a client is told when its stage or API was deleted under it."""

CLOSE_REASONS = {
    1003: "",
    1007: "",
    1009: "",
}
"""U2, spec 154: reason texts of closes that the gateway itself makes; other codes keep the protocol's own text."""


def refusal_body(message: str, connection_id: str, request_id: str) -> bytes:
    """U5, spec 15: the JSON body of an upgrade that the gateway refuses; laid out like the error frames (spec 92)."""
    return (
        f'{{"message": {json.dumps(message)}, "connectionId":"{connection_id}", "requestId":"{request_id}"}}'
    ).encode()


def authorizer_context(context: Mapping[str, str], latency_ms: int) -> dict[str, str | int]:
    """U15, spec 75 and 218: ``requestContext.authorizer``, the same on all events; the latency is a number."""
    return {**context, "integrationLatency": latency_ms}


def throttled_as(route_key: str | None) -> str:
    """Spec 250, 251: whose bucket a message draws from. The default route settings limit each route by itself, not
    all routes together; a message that no route takes counts as one to ``$default``; disconnects are not counted.
    """
    return "$default" if route_key is None else route_key


def text_of(value: object) -> str | None:
    """U9, spec 83 and 98: a selected JSON value as the text that is compared with route keys.

    ``null`` and the empty string select nothing. Arrays are written ``[item1, item2]`` as documented; objects
    as JSON.
    """
    if value is None or value == "":
        return None
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return "[" + ", ".join(text_of(item) or "" for item in value) + "]"
    return json.dumps(value, ensure_ascii=False)


_BARE_KEY = re.compile(r'"(?:[^"\\]|\\.)*+"?|([{,]\s*)([A-Za-z_$][\w$]*)(?=\s*:)')


def lenient_json(text: str) -> object:
    """U9, spec 96: a message as JSON when a route is chosen by it; keys need no quotes.

    Raises ValueError, or RecursionError when it is nested too deeply.
    """
    try:
        return json.loads(text)
    except ValueError:
        quoted = _BARE_KEY.sub(lambda match: f'{match[1]}"{match[2]}"' if match[2] else match[0], text)
        return json.loads(quoted)


_SURROGATE = re.compile(rb"\xed[\xa0-\xbf][\x80-\xbf]?")


def posted_text(data: bytes) -> bytes:
    """U11, spec 181: what is posted, as UTF-8; an encoded surrogate becomes one U+FFFD, the rest as Python does it."""
    return _SURROGATE.sub("\ufffd".encode(), data).decode("utf-8", "replace").encode()


EXECUTION_LOG_LINES = {
    "request": "Extended Request Id: {request}",
    "start": "Starting execution for request: {request}",
    "route": "WebSocket Request Route: [{route}]",
    "CONNECT": "Client [UserAgent: {user_agent}, SourceIp: {source_ip}] is connecting to WebSocket API [{api}].",
    "MESSAGE": "WebSocket API [{api}] received message from client [Connection Id: {connection}].",
    "body": "Method request body before transformations: ",
    "authorized": "Successfully completed authorizer execution",
    "unauthorized": "Unauthorized request: {request}",
    "integration request": "Endpoint request body after transformations: ",
    "integration id": "AWS Integration Endpoint RequestId : ",
    "integration response": "Received response. Status: {status}, Integration latency: {latency} ms",
    "integration body": "Endpoint response body before transformations: ",
    "sent": "Method response body after transformations: ",
    "failure": "Execution failed: ",
    "connected": "Client [Connection Id: {connection}] connected to API [{api}] successfully.",
    "refused": "Method completed with status: {status}",
    "answered": "Message from client [Connection Id: {connection}] sent to API [{api}] with response status code "
    "[{status}].",
    "disconnected": "Client [Connection Id: {connection}] disconnected from API [{api}]. "
    "Close reason: [{code}: {reason}]",
}
"""Spec 253: AWS documents what execution logs are about, not how they word it; as seen in logs that people quote."""

TRUNCATED = " [TRUNCATED]"
"""Spec 173: the end of a line that was cut off; the 1,024 bytes count it."""

GOOD_REQUEST_ERRORS: float | None = 0.0
"""Spec 257: what a request without an error adds to the error metrics: 0, as documented for REST APIs, so that their
Average is a rate; None would add nothing."""


def error_response_type(status: int) -> str:
    """Spec 254: ``$context.error.responseType`` of a failure that has no type of its own; the names are REST APIs'."""
    named = {
        401: "UNAUTHORIZED",
        403: "ACCESS_DENIED",
        429: "THROTTLED",
        502: "INTEGRATION_FAILURE",
        504: "INTEGRATION_TIMEOUT",
    }
    return named.get(status, "DEFAULT_5XX" if status >= 500 else "DEFAULT_4XX")


def error_metric(status: int, *, asked: bool, answered: bool) -> str | None:
    """Spec 257: which error metric a failed request counts for.

    A function that fails has answered. The documented sentences leave 5xx before the integration (an authorizer that
    fails) without a metric; they count as errors of execution.
    """
    if status < 400:
        return None
    if answered:
        return "IntegrationError"
    return "ClientError" if status < 500 and not asked else "ExecutionError"


TEMPLATE_FALLBACKS = ("$default", "application/json")
"""Spec 125, 126: the template taken without a selection expression, or when it says ``$default``; the second is the key
in AWS's own examples."""

EMPTY_INPUT = "{}"
"""Spec 130: ``$input.body`` of a request without a body."""

NOTHING_FOUND = ""
"""Spec 130: what ``$input.json`` writes, as JSON, for a path that finds nothing."""

HTTP_METHOD = "POST"
"""Spec 104: how an HTTP endpoint is called whose integration names no method, or ``ANY``."""

UNSUPPORTED_MEDIA_TYPE = (415, "Unsupported Media Type")
"""Spec 133: no template, and none may be passed through: the status on the handshake, the text of the error frame."""

NO_INTEGRATION_RESPONSE = (500, "Internal server error")
"""Spec 11, 122: a non-proxy integration answered, and no integration response is for it; on one-way routes, too."""

TEMPLATE_FAILED = (500, "Internal server error")
"""Spec 130: a template that cannot be parsed or evaluated; the reason is in the execution log."""

NOT_BASE64 = (500, "Internal server error")
"""Spec 134: ``CONVERT_TO_BINARY`` of what is not base64."""

UNREACHABLE_ENDPOINT = (500, "Internal server error")
"""Spec 104: an HTTP endpoint that refuses the connection, breaks it off, or has no certificate that can be trusted."""


def connect_status(key: str, status: int, *, failed: bool) -> int:
    """Spec 11–13: the status of an upgrade behind a non-proxy integration, from the key of its integration response.

    ``$default`` accepts, whatever the backend answered; a key that was matched passes the backend's status on. A key
    that matched the error of a function (``failed``) refuses.
    """
    if key == "$default":
        return 200
    return 500 if failed else status


def invalid_body_frame(connection_id: str, message_id: str) -> bytes:
    """Spec 131: the frame for a message that fits no model, laid out as the documentation shows it ("similar to")."""
    return (
        f'{{"message" : "Bad request body", "connectionId": "{connection_id}", "messageId": "{message_id}"}}'
    ).encode()


def is_true(value: object) -> bool:
    """Spec 130: what a template's condition counts as true: all but null and false, as in Velocity 1.7."""
    return value is not None and value is not False

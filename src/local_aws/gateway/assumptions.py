"""Every choice that we made where AWS is silent or its sources disagree, each with its item of the behaviour list.

No other module of ``gateway`` makes such a choice, so that a captured answer from AWS changes one line here.
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
    "throttle_key",
]

UNKNOWN_STAGE_STATUS = 403
"""U6, spec 21–23: unknown API, unknown stage, or no stage in the path."""

EXTRA_PATH_STATUS = 403
"""U6: the path goes on after the stage."""

NO_UPGRADE_STATUS = 426
"""U6, spec 25: a plain HTTPS request to a stage."""

MALFORMED_CONNECT_STATUS = 502
"""U4, spec 9: ``$connect`` returned something without a status code."""

TIMEOUT_CONNECT_STATUS = 504
"""U4, spec 14: ``$connect`` took longer than the integration's timeout."""

TIMEOUT_MESSAGE = "Endpoint request timed out"
"""U3, spec 111: the error frame of a message whose integration was too slow, as in REST APIs."""

THROTTLED_STATUS, THROTTLED_MESSAGE = 429, "Too Many Requests"
"""U3, spec 251: the error frame of a message over its route's or the account's limit; the connection stays open."""

THROTTLED_FUNCTION = (500, "Internal server error")
"""A function is over its own or the account's concurrency: the status of the handshake, the text of the error frame.
People report the same of REST APIs, which do not pass Lambda's 429 on."""

API_KEY_STATUS, API_KEY_MESSAGE = 403, "Forbidden"
"""U16, spec 226: the API key is missing, wrong, disabled, or in no usage plan of this stage."""

DELETED = (1000, "Connection Closed Normally")
"""U1, spec 155: the code and reason for the client and ``$disconnect`` after ``DELETE @connections``."""

LOST = (1006, "Connection closed abnormally")
"""U2, spec 153: the code and reason for ``$disconnect`` when TCP ended without a close frame."""

STAGE_GONE = (1001, "Going away")
"""Spec 157: the code and reason for a client whose stage or API has been deleted."""

CLOSE_REASONS = {
    1003: "",
    1007: "",
    1009: "",
}
"""U2, spec 154: the reasons with which the gateway itself closes; other codes keep the protocol library's text."""


def refusal_body(message: str, connection_id: str, request_id: str) -> bytes:
    """U5, spec 15: the JSON body for an upgrade that the gateway refuses; spaced like the error frames (spec 92)."""
    return (
        f'{{"message": {json.dumps(message)}, "connectionId":"{connection_id}", "requestId":"{request_id}"}}'
    ).encode()


def authorizer_context(context: Mapping[str, str], latency_ms: int) -> dict[str, str | int]:
    """U15, spec 75 and 218: ``requestContext.authorizer``, the same in all events; the latency is a number."""
    return {**context, "integrationLatency": latency_ms}


def throttle_key(route_key: str | None) -> str:
    """Spec 250, 251: the route key whose limit counts for a message. The default route settings limit each route by
    itself, not all routes together. A message without a route counts as one to ``$default``; disconnects do not count.
    """
    return "$default" if route_key is None else route_key


def text_of(value: object) -> str | None:
    """U9, spec 83 and 98: a selected JSON value as the text that is compared with route keys.

    ``null`` and the empty string give None: they select nothing. Arrays are written ``[item1, item2]`` as documented,
    objects as JSON.
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
    """U9, spec 96: parse a message for route selection; keys need no quotes.

    Raises ValueError if it is not JSON, RecursionError if it is nested too deeply.
    """
    try:
        return json.loads(text)
    except ValueError:
        quoted = _BARE_KEY.sub(lambda match: f'{match[1]}"{match[2]}"' if match[2] else match[0], text)
        return json.loads(quoted)


_SURROGATE = re.compile(rb"\xed[\xa0-\xbf][\x80-\xbf]?")


def posted_text(data: bytes) -> bytes:
    """U11, spec 181: posted bytes as valid UTF-8; an encoded surrogate becomes one U+FFFD, Python replaces the rest."""
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
"""Spec 253: AWS documents the contents of execution logs, not their wording; these are lines that people quote."""

TRUNCATED = " [TRUNCATED]"
"""Spec 173: the end of a line that was cut off; it counts towards the 1,024 bytes."""

GOOD_REQUEST_ERRORS: float | None = 0.0
"""Spec 257: the value that a request without an error adds to the error metrics: 0, as documented for REST APIs, so
that the Average is a rate. None would add nothing."""


def error_response_type(status: int) -> str:
    """Spec 254: ``$context.error.responseType`` of a failure that has no type of its own; REST APIs use these names."""
    named = {
        401: "UNAUTHORIZED",
        403: "ACCESS_DENIED",
        429: "THROTTLED",
        502: "INTEGRATION_FAILURE",
        504: "INTEGRATION_TIMEOUT",
    }
    return named.get(status, "DEFAULT_5XX" if status >= 500 else "DEFAULT_4XX")


def error_metric(status: int, *, asked: bool, answered: bool) -> str | None:
    """Spec 257: the error metric that counts a failed request; None if the request did not fail.

    ``asked`` says that the integration was called, ``answered`` that it answered, if only with an error. The
    documentation names no metric for a 5xx before the integration (an authorizer that fails): we take ExecutionError.
    """
    if status < 400:
        return None
    if answered:
        return "IntegrationError"
    return "ClientError" if status < 500 and not asked else "ExecutionError"


TEMPLATE_FALLBACKS = ("$default", "application/json")
"""Spec 125, 126: the keys of the template to use if there is no selection expression or it yields ``$default``; AWS's
own examples use the second."""

EMPTY_INPUT = "{}"
"""Spec 130: ``$input.body`` of a request without a body."""

NOTHING_FOUND = ""
"""Spec 130: what ``$input.json`` writes, as JSON, for a path that finds nothing."""

HTTP_METHOD = "POST"
"""Spec 104: the method for an HTTP endpoint if the integration names none, or ``ANY``."""

UNSUPPORTED_MEDIA_TYPE = (415, "Unsupported Media Type")
"""Spec 133: no template fits, and passing through is not allowed: the handshake's status, the error frame's text."""

NO_INTEGRATION_RESPONSE = (500, "Internal server error")
"""Spec 11, 122: no integration response matches the answer of a non-proxy integration; on one-way routes too."""

TEMPLATE_FAILED = (500, "Internal server error")
"""Spec 130: the template cannot be parsed or evaluated; the reason is in the execution log."""

NOT_BASE64 = (500, "Internal server error")
"""Spec 134: ``CONVERT_TO_BINARY`` got a body that is not base64."""

UNREACHABLE_ENDPOINT = (500, "Internal server error")
"""Spec 104: the HTTP endpoint refused the connection, broke it off, or has a certificate that is not trusted."""


def connect_status(key: str, status: int, *, failed: bool) -> int:
    """Spec 11–13: the status of an upgrade with a non-proxy integration, from the key of its integration response.

    ``$default`` accepts (200) whatever the backend answered. Another key passes the backend's ``status`` on, or
    refuses with 500 if it matched the error of a function (``failed``).
    """
    if key == "$default":
        return 200
    return 500 if failed else status


def invalid_body_frame(connection_id: str, message_id: str) -> bytes:
    """Spec 131: the frame for a message that does not fit its model, spaced as in the documentation ("similar to")."""
    return (
        f'{{"message" : "Bad request body", "connectionId": "{connection_id}", "messageId": "{message_id}"}}'
    ).encode()


def is_true(value: object) -> bool:
    """Spec 130: whether a template's condition is true: every value except null and false, as in Velocity 1.7."""
    return value is not None and value is not False

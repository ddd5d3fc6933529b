"""Integration requests and responses (spec 104–136), as pure functions."""

import base64
import binascii
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote, urlencode

from local_aws.gateway import assumptions
from local_aws.gateway.config.stage import Integration, IntegrationResponse, Stage
from local_aws.gateway.integration import parameters, templates
from local_aws.gateway.integration.expressions import Reply, evaluate
from local_aws.gateway.integration.templates import Payload, TemplateFailed
from local_aws.gateway.request_trace import RequestTrace

__all__ = [
    "Answer",
    "Failed",
    "IntegrationRequest",
    "Reply",
    "answer_of",
    "call_of",
    "filled",
    "function_arn",
    "function_reply",
    "mock_reply",
    "payload_of",
    "proxy_event",
    "proxy_response",
]

PROXIES = ("AWS_PROXY", "HTTP_PROXY")

_INVOCATION = re.compile(r"arn:[\w-]+:apigateway:[\w-]+:lambda:path/2015-03-31/functions/(?P<function>.+)/invocations")
_STAGE_VARIABLE = re.compile(r"\$\{stageVariables\.([^}]+)\}")
_NOT_PASSED_ON = ("connection", "content-length", "host", "transfer-encoding", "upgrade")


class Failed(Exception):
    """The integration gave no result.

    ``status`` is the status of a refused upgrade (spec 8, 10, 14), ``message`` the text for the client, ``note`` the
    reason for the execution log.
    """

    def __init__(self, status: int, message: str = "Internal server error", note: str | None = None) -> None:
        super().__init__(note or message)
        self.status = status
        self.message = message
        self.note = note


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer of an integration of any type.

    ``status`` is None if a function gave no proxy response; ``body`` is None if there is none to send (spec 117).
    """

    status: int | None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str | None = None

    @property
    def ok(self) -> bool:
        """Whether the status is a 2xx (spec 6)."""
        return self.status is not None and 200 <= self.status < 300

    def header(self, name: str) -> str | None:
        """The value of a header, in any case, or None."""
        wanted = name.lower()
        return next((value for key, value in self.headers.items() if key.lower() == wanted), None)


@dataclass(frozen=True, slots=True)
class IntegrationRequest:
    """A request to a backend. ``credentials`` is the ARN of the role to take for it."""

    method: str
    uri: str
    headers: Sequence[tuple[str, str]] = ()
    query: Sequence[tuple[str, str]] = ()
    body: bytes = b""
    credentials: str | None = None

    @property
    def url(self) -> str:
        """The URI with the query string."""
        if not self.query:
            return self.uri
        return f"{self.uri}{'&' if '?' in self.uri else '?'}{urlencode(self.query)}"

    def header(self, name: str) -> str | None:
        """The last value of a header, in any case, or None."""
        found = [value for key, value in self.headers if key.lower() == name.lower()]
        return found[-1] if found else None


def filled(uri: str, variables: Mapping[str, str]) -> str:
    """A URI or an ARN with the stage's variables filled in (spec 252)."""
    return _STAGE_VARIABLE.sub(lambda match: variables.get(match[1], ""), uri)


def function_arn(uri: str, variables: Mapping[str, str]) -> str | None:
    """The function ARN in the URI of an integration or authorizer, stage variables filled in (spec 252), or None."""
    match = _INVOCATION.fullmatch(filled(uri, variables))
    return match["function"] if match else None


def payload_of(event: Mapping[str, Any], stage: Stage, trace: RequestTrace) -> Payload:
    """What templates and parameters can read: a request's event, and its status and error so far."""
    context = dict(event["requestContext"])
    context["status"] = trace.status
    if trace.error_message is not None:
        context["error"] = {
            "message": trace.error_message,
            "messageString": json.dumps(trace.error_message),
            "validationErrorString": trace.validation_error,
        }
    return Payload(
        body=event.get("body", ""),
        headers=event.get("multiValueHeaders", {}),
        query=event.get("multiValueQueryStringParameters", {}),
        context=context,
        variables=stage.variables,
    )


def call_of(integration: Integration, stage: Stage, payload: Payload) -> IntegrationRequest:
    """The request to the backend, for every type except ``AWS_PROXY`` (spec 125–134). Raises Failed.

    ``HTTP_PROXY`` sends the message unchanged, and on ``$connect`` the handshake's headers and query string. The other
    types send what a template makes of the message. Mapped parameters replace headers and query values.
    """
    mapped = parameters.of_request(integration.parameters, payload)
    uri = filled(integration.uri, stage.variables)
    for name, value in mapped.path:
        uri = uri.replace(f"{{{name}}}", quote(value, safe=""))
    headers: list[tuple[str, str]] = []
    query: list[tuple[str, str]] = []
    if integration.type == "HTTP_PROXY":
        text = payload.body
        headers = [
            (name, value)
            for name, values in payload.headers.items()
            if name.lower() not in _NOT_PASSED_ON
            for value in values
        ]
        query = [(name, value) for name, values in payload.query.items() for value in values]
    else:
        text = _transformed(integration, payload)
    own = [("Content-Type", "application/json"), ("Accept", "application/json")]
    own += [("User-Agent", f"AmazonAPIGateway_{stage.api_id}"), ("x-amzn-apigateway-api-id", stage.api_id)]
    method = integration.method or assumptions.HTTP_METHOD
    return IntegrationRequest(
        method=assumptions.HTTP_METHOD if method == "ANY" else method,
        uri=uri,
        headers=_later_wins(own, headers, mapped.headers),
        query=_later_wins(query, mapped.query),
        body=_converted(text.encode(), integration.content_handling),
        credentials=filled(integration.credentials, stage.variables) if integration.credentials else None,
    )


def proxy_event(integration: Integration, event: Mapping[str, Any]) -> Mapping[str, Any]:
    """The event of a Lambda proxy; with ``CONVERT_TO_BINARY``, marked as base64 (spec 134). Raises Failed."""
    if integration.content_handling != "CONVERT_TO_BINARY" or not event.get("body"):
        return event
    _converted(event["body"].encode(), "CONVERT_TO_BINARY")
    return {**event, "isBase64Encoded": True}


def mock_reply(call: IntegrationRequest) -> Reply:
    """The reply of ``MOCK``: no body, and the status that its request template yields (spec 125). Raises Failed."""
    try:
        status = json.loads(call.body)["statusCode"]
    except (ValueError, KeyError, TypeError):
        status = None
    if isinstance(status, str) and status.isdigit():
        status = int(status)
    if not isinstance(status, int) or isinstance(status, bool) or not 100 <= status <= 599:
        raise Failed(500, note='a MOCK integration needs a request template that yields {"statusCode": 200}')
    return Reply(status)


def function_reply(payload: bytes, *, failed: bool) -> Reply:
    """The reply of a function behind an ``AWS`` integration: always 200, with an error in the body (spec 123)."""
    error = None
    if failed:
        try:
            error = str(json.loads(payload).get("errorMessage") or "")
        except (ValueError, AttributeError):
            error = ""
    return Reply(200, body=payload, error=error)


def answer_of(integration: Integration, reply: Reply, payload: Payload) -> Answer:
    """Turn a backend's reply into the answer for the client (spec 12, 13, 121–127). Raises Failed.

    A proxy's reply is passed on. Otherwise the status, or a function's error message, selects an integration response.
    If none matches, the integration fails.
    """
    if integration.type in PROXIES:
        headers = {name: value for name, value in reply.headers if name.lower() not in _NOT_PASSED_ON}
        return Answer(reply.status, headers, reply.body.decode("utf-8", "replace") or None)
    of_function = function_arn(integration.uri, payload.variables) is not None
    chosen = _chosen(integration.responses, (reply.error or "") if of_function else str(reply.status))
    if chosen is None:
        note = f"no integration response is configured for {reply.error or reply.status}"
        raise Failed(*assumptions.NO_INTEGRATION_RESPONSE, note)
    raw = reply.body
    if chosen.content_handling == "CONVERT_TO_TEXT":
        raw = base64.b64encode(raw)
    body = _converted(raw, chosen.content_handling).decode("utf-8", "replace")
    template = templates.choose(chosen.templates, evaluate(chosen.template_selection_expression, payload.body, reply))
    sent = body if template is None else _rendered(template, replace(payload, body=body))
    status = assumptions.connect_status(chosen.key, reply.status, failed=reply.error is not None)
    return Answer(status, parameters.of_response(chosen.parameters, reply, body, payload), sent or None)


def proxy_response(payload: bytes) -> Answer:
    """Read a function's result as a proxy response; the status is None if it is not one."""
    try:
        result: Any = json.loads(payload)
    except ValueError:
        return _NONE
    if not isinstance(result, dict):
        return _NONE
    status = result.get("statusCode")
    if isinstance(status, str) and status.isdigit():
        status = int(status)
    if not isinstance(status, int) or isinstance(status, bool) or not 100 <= status <= 599:
        return _NONE
    headers = result.get("headers") or {}
    body = result.get("body")
    if not isinstance(headers, dict) or not (body is None or isinstance(body, str)):
        return _NONE
    return Answer(status, {str(name): str(value) for name, value in headers.items()}, body)


_NONE = Answer(None)


def _transformed(integration: Integration, payload: Payload) -> str:
    key = evaluate(integration.template_selection_expression, payload.body)
    template = templates.choose(integration.templates, key)
    if template is not None:
        return _rendered(template, payload)
    if integration.passthrough == "NEVER" or (integration.passthrough == "WHEN_NO_TEMPLATES" and integration.templates):
        note = f"no request template for key {key}, and {integration.passthrough} lets nothing pass without one"
        raise Failed(*assumptions.UNSUPPORTED_MEDIA_TYPE, note)
    return payload.body


def _rendered(template: str, payload: Payload) -> str:
    try:
        return templates.render(template, payload)
    except TemplateFailed as error:
        raise Failed(*assumptions.TEMPLATE_FAILED, f"the mapping template failed: {error}") from None


def _converted(body: bytes, strategy: str | None) -> bytes:
    """Decode a base64 body if the strategy is ``CONVERT_TO_BINARY`` (spec 134). Raises Failed."""
    if strategy == "CONVERT_TO_BINARY":
        try:
            return base64.b64decode(body, validate=True)
        except (binascii.Error, ValueError):
            raise Failed(*assumptions.NOT_BASE64, "Unable to base64 decode the body") from None
    return body


def _chosen(responses: Sequence[IntegrationResponse], text: str) -> IntegrationResponse | None:
    """The response with a key that matches the whole text, else ``$default`` (spec 122). An empty text matches none."""
    if text:
        for response in responses:
            if response.key != "$default" and _matches(response.key, text):
                return response
    return next((response for response in responses if response.key == "$default"), None)


def _matches(key: str, text: str) -> bool:
    if len(key) < 2 or not key.startswith("/") or not key.endswith("/"):
        return key == text
    try:
        return re.fullmatch(key[1:-1], text) is not None
    except re.error:
        return False


def _later_wins(*groups: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Merge groups of pairs; a name in a later group replaces that name in earlier ones, in any case."""
    kept: list[tuple[str, str]] = []
    for group in groups:
        names = {name.lower() for name, _ in group}
        kept = [pair for pair in kept if pair[0].lower() not in names] + list(group)
    return kept

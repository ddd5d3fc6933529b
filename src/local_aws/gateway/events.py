"""The events that handlers and authorizers receive (spec 45–79, 213–216), and the ids in them."""

import base64
import json
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from local_aws.gateway.config.stage import Stage
from local_aws.gateway.request_times import request_time
from local_aws.net.http import Request

__all__ = [
    "Identity",
    "Session",
    "api_arn",
    "authorizer_event",
    "connect_event",
    "connect_headers",
    "disconnect_event",
    "error_frame",
    "is_connection_id",
    "message_event",
    "method_arn",
    "new_connection_id",
    "new_message_id",
    "new_request_id",
]

_CANONICAL = {
    name.lower(): name
    for name in (
        "Host",
        "Sec-WebSocket-Extensions",
        "Sec-WebSocket-Key",
        "Sec-WebSocket-Protocol",
        "Sec-WebSocket-Version",
    )
}
_ID = re.compile(r"[A-Za-z0-9_-]{15}=")
_HOP_BY_HOP = ("connection", "upgrade")
_FORWARDED = ("x-forwarded-for", "x-forwarded-port", "x-forwarded-proto", "x-amzn-trace-id")


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the client is, as far as the gateway knows.

    ``known`` has what a signature or an API key adds: ``accountId``, ``caller``, ``user``, ``userArn``, ``apiKey``,
    ``apiKeyId`` (spec 224). Without them it is empty (spec 59).
    """

    source_ip: str
    user_agent: str | None = None
    known: Mapping[str, str] = field(default_factory=dict)

    def as_event(self) -> dict[str, str]:
        """``requestContext.identity``."""
        return {**self.known, **self.as_seen()}

    def as_seen(self) -> dict[str, str]:
        """Only ``sourceIp`` and, if the client sent one, ``userAgent`` (spec 58, 184)."""
        identity = {"sourceIp": self.source_ip}
        if self.user_agent is not None:
            identity["userAgent"] = self.user_agent
        return identity


@dataclass(frozen=True, slots=True)
class Session:
    """The values that all events of one connection share. ``connected_at`` is in epoch milliseconds."""

    stage: Stage
    connection_id: str
    connected_at: int
    domain_name: str
    identity: Identity
    authorizer: Mapping[str, str | int] | None = field(default=None)


def new_connection_id() -> str:
    """A random id: 16 characters of URL-safe base64, the last one ``=`` (spec 48)."""
    return base64.urlsafe_b64encode(secrets.token_bytes(11)).decode()


def new_request_id() -> str:
    """A random id in the shape of a connection id; not a UUID (spec 47)."""
    return new_connection_id()


def new_message_id(connection_id: str) -> str:
    """A random id that ends in the same seven characters as the connection's id (spec 73)."""
    return new_connection_id()[:9] + connection_id[-7:]


def is_connection_id(text: str) -> bool:
    """Whether a text has the shape of a connection id; any other shape gets 400, not 410 (spec 189)."""
    return _ID.fullmatch(text) is not None


def error_frame(message: str, connection_id: str, request_id: str) -> bytes:
    """The text frame that tells a client of a failure, byte for byte (spec 91, 92, 107, 108)."""
    text = f'{{"message": {json.dumps(message)}, "connectionId":"{connection_id}", "requestId":"{request_id}"}}'
    return text.encode()


def method_arn(stage: Stage, route_key: str) -> str:
    """The ARN of a route, as authorizer policies and function permissions name it (spec 214, 263)."""
    return api_arn(stage, f"{stage.name}/{route_key}")


def api_arn(stage: Stage, rest: str) -> str:
    """The ``execute-api`` ARN of a part of the stage's API; ``rest`` comes after the API id."""
    return f"arn:aws:execute-api:{stage.region}:{stage.account_id}:{stage.api_id}/{rest}"


def connect_headers(request: Request, trace_id: str) -> list[tuple[str, str]]:
    """The handshake's headers as the integration gets them (spec 34–38, 69), sorted by name as in captured events."""
    kept = [
        (_CANONICAL.get(name.lower(), name), value)
        for name, value in request.headers
        if name.lower() not in _HOP_BY_HOP and name.lower() not in _FORWARDED and name.lower() != "host"
    ]
    kept += [
        ("Host", request.host),
        ("X-Amzn-Trace-Id", trace_id),
        ("X-Forwarded-For", request.client[0]),
        ("X-Forwarded-Port", "443"),
        ("X-Forwarded-Proto", "https"),
    ]
    return sorted(kept, key=lambda header: header[0].lower())


def connect_event(
    session: Session, request: Request, headers: Sequence[tuple[str, str]], request_id: str, now_ms: int
) -> dict[str, Any]:
    """The event of ``$connect`` (spec 66–70)."""
    event: dict[str, Any] = _header_maps(headers)
    event.update(_query_maps(request.query))
    event["requestContext"] = _context(session, "$connect", "CONNECT", request_id, now_ms)
    _add_variables(event, session)
    event["isBase64Encoded"] = False
    return event


def authorizer_event(
    session: Session, request: Request, headers: Sequence[tuple[str, str]], request_id: str, now_ms: int
) -> dict[str, Any]:
    """The event of a Lambda authorizer (spec 213–216): it has no body, and its maps are there even if empty."""
    all_headers = [("Connection", "upgrade"), ("content-length", "0"), *headers, ("Upgrade", "websocket")]
    query = _query_maps(request.query)
    return {
        "type": "REQUEST",
        "methodArn": method_arn(session.stage, "$connect"),
        **_header_maps(sorted(all_headers, key=lambda header: header[0].lower())),
        "queryStringParameters": query.get("queryStringParameters", {}),
        "multiValueQueryStringParameters": query.get("multiValueQueryStringParameters", {}),
        "stageVariables": dict(session.stage.variables),
        "requestContext": _context(session, "$connect", "CONNECT", request_id, now_ms),
    }


def message_event(
    session: Session, route_key: str, body: str, message_id: str, request_id: str, now_ms: int
) -> dict[str, Any]:
    """The event of a message (spec 71–75): the context and the exact text, nothing from the handshake."""
    event: dict[str, Any] = {
        "requestContext": _context(session, route_key, "MESSAGE", request_id, now_ms, message_id=message_id)
    }
    _add_variables(event, session)
    event["body"] = body
    event["isBase64Encoded"] = False
    return event


def disconnect_event(session: Session, code: int, reason: str, request_id: str, now_ms: int) -> dict[str, Any]:
    """The event of ``$disconnect`` (spec 76–79): four fixed headers, and how the connection ended."""
    headers = [("Host", session.domain_name), ("x-api-key", ""), ("X-Forwarded-For", ""), ("x-restapi", "")]
    event: dict[str, Any] = _header_maps(headers)
    event["requestContext"] = _context(
        session, "$disconnect", "DISCONNECT", request_id, now_ms, disconnect=(code, reason)
    )
    _add_variables(event, session)
    event["isBase64Encoded"] = False
    return event


def _context(
    session: Session,
    route_key: str,
    event_type: str,
    request_id: str,
    now_ms: int,
    *,
    message_id: str | None = None,
    disconnect: tuple[int, str] | None = None,
) -> dict[str, Any]:
    """``requestContext`` in AWS's own key order (spec 64)."""
    context: dict[str, Any] = {"routeKey": route_key}
    if session.authorizer is not None:
        context["authorizer"] = dict(session.authorizer)
    if message_id is not None:
        context["messageId"] = message_id
    if disconnect is not None:
        context["disconnectStatusCode"] = disconnect[0]
    context["eventType"] = event_type
    context["extendedRequestId"] = request_id
    context["requestTime"] = request_time(now_ms)
    context["messageDirection"] = "IN"
    if disconnect is not None:
        context["disconnectReason"] = disconnect[1]
    context["stage"] = session.stage.name
    context["connectedAt"] = session.connected_at
    context["requestTimeEpoch"] = now_ms
    context["identity"] = session.identity.as_event()
    context["requestId"] = request_id
    context["domainName"] = session.domain_name
    context["connectionId"] = session.connection_id
    context["apiId"] = session.stage.api_id
    return context


def _add_variables(event: dict[str, Any], session: Session) -> None:
    if session.stage.variables:  # absent when the stage has none (spec 62)
        event["stageVariables"] = dict(session.stage.variables)


def _header_maps(headers: Sequence[tuple[str, str]]) -> dict[str, Any]:
    multi: dict[str, list[str]] = {}
    for name, value in headers:
        multi.setdefault(name, []).append(value)
    return {"headers": {name: values[-1] for name, values in multi.items()}, "multiValueHeaders": multi}


def _query_maps(query: str) -> dict[str, Any]:
    """Both maps of the query string; the single-value map has the last value (spec 67). Empty if there is none."""
    multi: dict[str, list[str]] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        multi.setdefault(name, []).append(value)
    if not multi:
        return {}
    return {
        "queryStringParameters": {name: values[-1] for name, values in multi.items()},
        "multiValueQueryStringParameters": multi,
    }

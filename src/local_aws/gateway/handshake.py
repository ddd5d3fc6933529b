"""The upgrade request: validation and responses (spec 1–44)."""

import base64
import binascii
import secrets
import time
from dataclasses import dataclass

from websockets.utils import accept_key

from local_aws.gateway import assumptions, limits
from local_aws.gateway.events import Session
from local_aws.gateway.integration.mapping import Answer
from local_aws.net.http import Request, Response

__all__ = [
    "Accepted",
    "forbidden",
    "is_upgrade",
    "malformed",
    "message_of",
    "needs_upgrade",
    "new_trace_id",
    "outcome",
    "refused",
    "switching",
]

_JSON = ("Content-Type", "application/json")

_MESSAGES = {
    401: "Unauthorized",
    403: "Forbidden",
    429: "Too Many Requests",
    504: assumptions.TIMEOUT_MESSAGE,
}


@dataclass(frozen=True, slots=True)
class Accepted:
    """The upgrade is accepted. ``subprotocol`` is what ``$connect`` returned; it can set no other header (spec 30)."""

    session: Session
    subprotocol: str | None = None


def is_upgrade(request: Request) -> bool:
    """Whether the request has an ``Upgrade`` header."""
    return "upgrade" in request.headers


def malformed(request: Request) -> Response | None:
    """400 with the reason if this is not a WebSocket handshake by RFC 6455, section 4.2.1; else None."""
    connection = ",".join(request.headers.get_all("connection")).lower()
    key = request.headers.get("sec-websocket-key") or ""
    if request.method != "GET":
        reason = "the method must be GET"
    elif (request.headers.get("upgrade") or "").strip().lower() != "websocket":
        reason = "the Upgrade header must be websocket"
    elif "upgrade" not in [token.strip() for token in connection.split(",")]:
        reason = "the Connection header must contain Upgrade"
    elif len(request.headers.get_all("sec-websocket-key")) != 1 or not _is_key(key):
        reason = "Sec-WebSocket-Key must be 16 bytes in base64"
    elif request.headers.get("sec-websocket-version") != "13":
        reason = "Sec-WebSocket-Version must be 13"
    elif len(request.target) > limits.URL_CHARACTERS:
        reason = f"the URL must not be longer than {limits.URL_CHARACTERS} characters"
    else:
        return None
    return Response(400, [_JSON], f'{{"message":"Bad Request: {reason}"}}'.encode())


def _is_key(key: str) -> bool:
    try:
        return len(base64.b64decode(key, validate=True)) == 16
    except (binascii.Error, ValueError):
        return False


def needs_upgrade() -> Response:
    """The answer to a plain HTTPS request to a stage."""
    headers = [_JSON, ("Upgrade", "websocket"), ("Connection", "Upgrade")]
    return Response(assumptions.NO_UPGRADE_STATUS, headers, b'{"message":"Upgrade Required"}')


def forbidden(status: int) -> Response:
    """The answer if no stage serves the path. It names no connection, since none was begun."""
    return Response(status, [_JSON, ("x-amzn-ErrorType", "ForbiddenException")], b'{"message":"Forbidden"}')


def message_of(status: int) -> str:
    """The default ``message`` of a refusal with this status."""
    return _MESSAGES.get(status, "Internal server error" if status >= 500 else "")


def refused(status: int, session: Session, request_id: str, message: str | None = None) -> Response:
    """The answer to an upgrade that the gateway, the authorizer or ``$connect`` refused."""
    text = message if message is not None else message_of(status)
    return Response(status, [_JSON], assumptions.refusal_body(text, session.connection_id, request_id))


def outcome(answer: Answer, session: Session, request_id: str) -> Accepted | Response:
    """What ``$connect`` decided: any 2xx accepts, any other status is passed on to the client (spec 6, 7, 9)."""
    if answer.status is None or answer.status < 200:  # a 1xx is not a final answer
        return refused(assumptions.MALFORMED_CONNECT_STATUS, session, request_id)
    if not answer.ok:
        return refused(answer.status, session, request_id)
    return Accepted(session, answer.header("sec-websocket-protocol"))


def switching(request: Request, subprotocol: str | None) -> bytes:
    """The 101 response. It accepts no extension (U7), and a subprotocol only if ``$connect`` returned one."""
    headers = [
        ("Upgrade", "websocket"),
        ("Connection", "Upgrade"),
        ("Sec-WebSocket-Accept", accept_key(request.headers.get("sec-websocket-key") or "")),
    ]
    if subprotocol:
        headers.append(("Sec-WebSocket-Protocol", subprotocol))
    return Response(101, headers).encoded()


def new_trace_id() -> str:
    """A new value for ``X-Amzn-Trace-Id`` (spec 36)."""
    return f"Root=1-{int(time.time()):08x}-{secrets.token_hex(12)}"

"""What happened to a connection, in one line that a person can act on: what, why, and the next step.

The codes are those of https://www.rfc-editor.org/rfc/rfc6455#section-7.4.1; what API Gateway means by them is in
https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-overview.html and in
https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html
"""

import json
import socket
import ssl
from urllib.parse import urlsplit

from websockets.exceptions import (
    ConnectionClosed,
    InvalidHandshake,
    InvalidProxy,
    InvalidProxyStatus,
    InvalidStatus,
    InvalidURI,
    ProxyError,
)
from websockets.frames import Close
from websockets.http11 import Response

__all__ = ["closed", "failed", "unsent"]

AGAIN = "Connect opens a new connection."
COMPARE = "Compare the address with stack.url()."
BODY = 300  # characters of what a server says to a refused handshake

CODES = {
    1000: "normal closure",
    1001: "going away",
    1002: "protocol error",
    1003: "unsupported data",
    1005: "no code was given",
    1006: "no close frame came",
    1007: "text that is not UTF-8",
    1008: "policy violation",
    1009: "message too big",
    1010: "an extension is missing",
    1011: "internal error",
    1012: "service restart",
    1013: "try again later",
}

GATEWAY = {
    1001: " API Gateway does so after ten idle minutes, and after two hours.",
    1003: " API Gateway takes text only.",
    1008: " API Gateway does so to a client that asks for too much.",
    1009: " API Gateway takes 32 KB in a frame and 128 KB in a message: send less at once.",
    1011: " The log of the server should say why.",
}
"""What API Gateway, or a server, means by a code that it sends."""

STATUSES = {
    400: "The path, or a header that $connect asks for, may be missing",
    401: "An authorizer wants to know who you are: pass additional_headers, or a query string",
    403: "No API or stage has this address, or an authorizer said no: compare it with stack.url()",
    404: "Nothing is at this path: compare it with stack.url()",
    429: "Too many connect at once: wait a moment",
    500: "The function behind $connect refused or failed: read its log",
    502: "What stands behind the server did not answer as it should",
    503: "The server is not ready: wait a moment",
}


def closed(end: ConnectionClosed) -> str:
    """Who closed the connection, with which code and reason, and what that means."""
    received, sent = end.rcvd, end.sent
    if received is not None and (sent is None or end.rcvd_then_sent):
        return f"Closed by the other side: {_code(received)}.{GATEWAY.get(received.code, '')} {AGAIN}"
    if sent is not None:
        unanswered = " The other side did not answer that." if received is None else ""
        return f"Closed from here: {_code(sent)}.{unanswered} {AGAIN}"
    return f"The connection broke: no close frame came (1006). Is the other side still there? {AGAIN}"


def failed(error: Exception, url: str) -> str:
    """Why no connection to this address could be opened."""
    host = _host(url)
    if host is None or isinstance(error, InvalidURI):
        return f"{url!r} is no address of a WebSocket: it begins with wss:// or ws://, like what stack.url() returns."
    match error:
        case ssl.SSLCertVerificationError():
            return (
                f"The certificate of {host} is not trusted: {error.verify_message}. cloud.use() names the authority of "
                "the embedded AWS; for a server of your own pass ssl=, a context that trusts its certificate."
            )
        case ssl.SSLError():
            return (
                f"No TLS with {host}: {_one_line(error)}. A server without TLS has an address with ws://, not wss://."
            )
        case socket.gaierror() | UnicodeError():
            return f"No host is called {host}. {COMPARE}"
        case InvalidURI():
            return (
                f"{url!r} is no address of a WebSocket: it begins with wss:// or ws://, like what stack.url() returns."
            )
        case InvalidStatus(response=response):
            hint = STATUSES.get(response.status_code, "The server says why")
            return f"Refused: {_response(response)}. {hint}. {AGAIN}"
        case InvalidProxyStatus(response=response):
            return f"The proxy lets nobody through to {host}: {_response(response)}. {COMPARE}"
        case InvalidProxy() | ProxyError():
            return f"The proxy in HTTPS_PROXY does not work: {_one_line(error)}. cloud.use() sets it anew."
        case TimeoutError():
            return f"{host} did not answer in time. {AGAIN}"
        case ConnectionRefusedError():
            where = f"Nobody listens at {host}, or at the proxy that leads there."
            return f"{where} cloud.use() starts the embedded AWS. {AGAIN}"
        case InvalidHandshake() | EOFError():
            return f"What answers at {host} is no WebSocket server: {_one_line(error)}. {COMPARE}"
        case OSError():
            return f"{host} cannot be reached: {error.strerror or _one_line(error)}. {AGAIN}"
        case ValueError() | TypeError():
            return f"An option of console.open() does not fit: {_one_line(error)}. Change it, and run the cell again."
    return f"No connection to {host}: {type(error).__name__}: {_one_line(error)}. {AGAIN}"


def unsent(error: Exception | None = None) -> str:
    """Why a message was not sent; without an error, since there is no connection."""
    if isinstance(error, UnicodeError):
        return "Not sent: half of a surrogate pair is no character, so this is no text. Type it anew."
    return "Not sent: there is no connection. Connect opens one; your message is still in the field."


def _host(url: str) -> str | None:
    """Host and port of an address, None if it cannot be read."""
    try:
        parts = urlsplit(url)
        return parts.netloc if parts.port is None or parts.port > 0 else None
    except ValueError:  # half an IPv6 address, or a port that is no number up to 65535
        return None


def _code(close: Close) -> str:
    """The code, the reason if there is one, and the name of the code."""
    meaning = CODES.get(close.code)
    if meaning is None:
        meaning = "the application's own code" if 3000 <= close.code < 5000 else "a code of no known meaning"
    return " ".join(filter(None, (str(close.code), close.reason and repr(close.reason), f"({meaning})")))


def _response(response: Response) -> str:
    status = f"{response.status_code} {response.reason_phrase}".strip()
    body = " ".join(bytes(response.body or b"").decode("utf-8", errors="replace").split())
    try:
        content = json.loads(body)
        body = content["message"] if isinstance(content, dict) and isinstance(content.get("message"), str) else body
    except ValueError:
        pass
    body = body if len(body) <= BODY else body[:BODY] + "…"
    return f"{status}, {body!r}" if body and body != response.reason_phrase else status


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split()).rstrip(".") or type(error).__name__

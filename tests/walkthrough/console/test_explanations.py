import http
import socket
import ssl

import pytest
from websockets.datastructures import Headers
from websockets.exceptions import (
    ConnectionClosedError,
    InvalidMessage,
    InvalidProxyStatus,
    InvalidStatus,
    InvalidURI,
)
from websockets.frames import Close
from websockets.http11 import Response

from walkthrough.console import explanations

URL = "wss://abc.execute-api.us-east-1.amazonaws.com/dev"
HOST = "abc.execute-api.us-east-1.amazonaws.com"


def response(status: int, body: bytes) -> Response:
    return Response(status, http.HTTPStatus(status).phrase, Headers(), body)


@pytest.mark.parametrize(
    ("end", "said"),
    [
        (
            ConnectionClosedError(Close(1001, "Going away"), Close(1001, "Going away"), True),
            "Closed by the other side: 1001 'Going away' (going away). API Gateway does so after ten idle minutes, and "
            "after two hours.",
        ),
        (ConnectionClosedError(Close(1000, ""), Close(1000, ""), False), "Closed from here: 1000 (normal closure)."),
        (
            ConnectionClosedError(Close(1009, ""), Close(1009, ""), True),
            "Closed by the other side: 1009 (message too big). API Gateway takes 32 KB in a frame and 128 KB in a "
            "message: send less at once.",
        ),
        (
            ConnectionClosedError(None, Close(1011, "keepalive ping timeout"), None),
            "Closed from here: 1011 'keepalive ping timeout' (internal error). The other side did not answer that.",
        ),
        (ConnectionClosedError(None, None, None), "The connection broke: no close frame came (1006)."),
        (
            ConnectionClosedError(Close(1005, ""), Close(1005, ""), True),
            "Closed by the other side: 1005 (no code was given).",
        ),
        (
            ConnectionClosedError(Close(4001, "lunch"), None, None),
            "Closed by the other side: 4001 'lunch' (the application's own code).",
        ),
    ],
)
def test_closed(end: ConnectionClosedError, said: str) -> None:
    """Who closed it, the code, the reason, what they mean, and how to go on."""
    line = explanations.closed(end)
    assert line.startswith(said)
    assert line.endswith("Connect opens a new connection.")


@pytest.mark.parametrize(
    ("error", "said", "next_step"),
    [
        (InvalidURI("x", "no"), f"{URL!r} is no address of a WebSocket", "stack.url()"),
        (
            InvalidStatus(response(403, b'{"message":"Forbidden","requestId":"x"}')),
            "Refused: 403 Forbidden.",
            "stack.url()",
        ),
        (InvalidStatus(response(401, b"who are you?\n")), "Refused: 401 Unauthorized, 'who are you?'.", "headers"),
        (InvalidStatus(response(500, b"")), "Refused: 500 Internal Server Error.", "read its log"),
        (InvalidStatus(response(418, b"")), "Refused: 418 I'm a Teapot.", "Connect"),
        (InvalidProxyStatus(response(403, b"no\nway")), f"The proxy lets nobody through to {HOST}", "'no way'"),
        (InvalidMessage("did not receive a valid HTTP response"), f"What answers at {HOST} is no WebSocket", "url()"),
        (EOFError("gone"), f"What answers at {HOST} is no WebSocket server", "stack.url()"),
        (socket.gaierror(-2, "Name or service not known"), f"No host is called {HOST}.", "stack.url()"),
        (ConnectionRefusedError(111, "Connection refused"), f"Nobody listens at {HOST}", "cloud.use()"),
        (TimeoutError(), f"{HOST} did not answer in time.", "Connect"),
        (ssl.SSLError(1, "wrong version number"), f"No TLS with {HOST}", "ws://"),
        (OSError(113, "No route to host"), f"{HOST} cannot be reached: No route to host.", "Connect"),
        (TypeError("unexpected keyword"), "An option of console.open() does not fit", "run the cell again"),
        (RuntimeError(""), f"No connection to {HOST}: RuntimeError", "Connect"),
    ],
)
def test_failed(error: Exception, said: str, next_step: str) -> None:
    """One line: what happened, where, and what to do now."""
    line = explanations.failed(error, URL)
    assert line.startswith(said)
    assert next_step in line
    assert "\n" not in line


@pytest.mark.parametrize("url", ["ws://[::1", "ws://host:99999", "ws://host:x"])
def test_unreadable_address(url: str) -> None:
    """If the address cannot be read, the line says so, whatever the error was."""
    assert explanations.failed(ValueError("no"), url).startswith(f"{url!r} is no address of a WebSocket")


def test_a_long_answer_is_cut() -> None:
    """A page of HTML that a server answers with is not shown to its end."""
    line = explanations.failed(InvalidStatus(response(502, b"<html>" + b"x" * 5000)), URL)
    assert len(line) < 600


def test_unsent() -> None:
    """Without a connection the message stays in the field; a message that is no text must be typed anew."""
    assert "there is no connection" in explanations.unsent()
    assert "no text" in explanations.unsent(UnicodeEncodeError("utf-8", "\ud83c", 0, 1, "surrogates not allowed"))

"""Handshakes, without a socket."""

import json

import pytest

from local_aws.gateway import handshake
from local_aws.gateway.config.stage import Stage
from local_aws.gateway.events import Identity, Session
from local_aws.gateway.handshake import Accepted
from local_aws.gateway.integration.mapping import Answer
from local_aws.net.http import Headers, Request, Response

GOOD = {
    "Host": "a.execute-api.localhost",
    "Upgrade": "websocket",
    "Connection": "keep-alive, Upgrade",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version": "13",
}
SESSION = Session(
    Stage(api_id="a", name="dev", region="us-east-1", account_id="1"),
    "PJqB0fHsqRcCHlw=",
    0,
    "a.execute-api.localhost",
    Identity("127.0.0.1"),
)


def request(method: str = "GET", target: str = "/dev", **changed: str | None) -> Request:
    fields = {**GOOD, **{name.replace("_", "-"): value for name, value in changed.items()}}
    return Request(method, target, Headers([(name, value) for name, value in fields.items() if value is not None]))


def test_a_good_handshake_is_not_malformed() -> None:
    """RFC 6455 4.2.1."""
    assert handshake.malformed(request()) is None


@pytest.mark.parametrize(
    "bad",
    [
        request(method="POST"),
        request(Upgrade="h2c"),
        request(Connection="close"),
        request(Sec_WebSocket_Key=None),
        request(Sec_WebSocket_Key="short"),
        request(Sec_WebSocket_Key="not base64!!!!!!!!!!!!!!"),
        request(Sec_WebSocket_Version="8"),
        request(target="/dev?" + "x" * 4096),
    ],
)
def test_a_malformed_upgrade_is_400_with_its_reason(bad: Request) -> None:
    """A bad request line or header never reaches a handler."""
    response = handshake.malformed(bad)
    assert response is not None
    assert response.status == 400
    assert json.loads(response.body)["message"].startswith("Bad Request: ")


@pytest.mark.parametrize("status", [200, 201, 204, 299])
def test_any_2xx_accepts(status: int) -> None:
    """Spec 6."""
    assert handshake.outcome(Answer(status), SESSION, "r") == Accepted(SESSION)


@pytest.mark.parametrize("status", [301, 400, 401, 403, 501])
def test_another_status_is_passed_through(status: int) -> None:
    """Spec 7: the same number, not a fixed 403."""
    response = handshake.outcome(Answer(status), SESSION, "r")
    assert isinstance(response, Response)
    assert response.status == status


def test_no_proxy_response_is_502() -> None:
    """Spec 9."""
    response = handshake.outcome(Answer(None), SESSION, "r")
    assert isinstance(response, Response)
    assert (response.status, json.loads(response.body)["message"]) == (502, "Internal server error")


def test_a_1xx_of_connect_is_502() -> None:
    """Spec 9 (U4): the client must not take it for the end of its handshake."""
    response = handshake.outcome(Answer(101), SESSION, "r")
    assert isinstance(response, Response)
    assert response.status == 502


def test_only_the_subprotocol_comes_from_connect() -> None:
    """Spec 28–31: other headers of the handler are stripped."""
    result = Answer(200, {"set-cookie": "a=b", "sec-websocket-protocol": "chat1"})
    accepted = handshake.outcome(result, SESSION, "r")
    assert isinstance(accepted, Accepted)
    head = handshake.switching(request(), accepted.subprotocol)
    assert head == (
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Protocol: chat1\r\n\r\n"
    )


def test_no_extension_is_agreed_to() -> None:
    """Spec 39 (U7): an offer of compression is passed to the handler and otherwise ignored."""
    offered = request(Sec_WebSocket_Extensions="permessage-deflate")
    assert b"Extensions" not in handshake.switching(offered, None)


def test_a_refusal_names_connection_and_request() -> None:
    """Spec 15."""
    body = json.loads(handshake.refused(401, SESSION, "PJqB0E1tKRcF-Qw=").body)
    assert body == {
        "message": "Unauthorized",
        "connectionId": "PJqB0fHsqRcCHlw=",
        "requestId": "PJqB0E1tKRcF-Qw=",
    }

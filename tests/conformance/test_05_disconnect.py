"""Group 5: how connections end, and what is told of it (spec 137–158)."""

import json
import socket
import struct
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.frames import Opcode
from websockets.sync.client import ClientConnection

from .build import Account, Api
from .talk import ask, connection_id, hear, join
from .targets import Target


def told(account: Account, identifier: str) -> tuple[int, str]:
    """What ``$disconnect`` was told: code and reason."""
    context = account.one_kept(identifier)["event"]["requestContext"]
    return context["disconnectStatusCode"], context["disconnectReason"]


def seen(client: ClientConnection) -> tuple[int, str]:
    """What the client is told: code and reason of the close frame that it receives."""
    with pytest.raises(ConnectionClosed) as closed:
        client.recv(timeout=60)
    assert closed.value.rcvd is not None, "the connection ended without a close frame"
    return closed.value.rcvd.code, closed.value.rcvd.reason


@pytest.mark.spec(137, 186, 155)
def test_disconnect_after_delete(api: Api, account: Account, target: Target) -> None:
    """``DELETE @connections`` closes the socket, and ``$disconnect`` runs."""
    with join(api) as client:
        identifier = connection_id(client)
        deleted = target.connections("DELETE", api.url, identifier)
        assert (204, b"") == (deleted.status, deleted.body)
        code, _ = seen(client)
        assert 1000 <= code < 5000
    assert isinstance(told(account, identifier)[0], int)


@pytest.mark.spec(137, 143, 144)
def test_close_without_a_code(api: Api, account: Account, target: Target) -> None:
    """``$disconnect`` is told 1005, which never travels on the wire."""
    with target.raw(api.url) as raw:
        raw.send(b'{"action":"echo"}')
        identifier = json.loads(bytes(raw.frame().data))["event"]["requestContext"]["connectionId"]
        raw.send(b"", Opcode.CLOSE)
        raw.closing()
    assert (1005, "Client-side close frame status not set") == told(account, identifier)


@pytest.mark.spec(145)
def test_close_without_a_code_is_echoed(api: Api, target: Target) -> None:
    """The client gets a close frame without a code back."""
    with target.raw(api.url) as raw:
        raw.send(b"", Opcode.CLOSE)
        assert (1005, "") == raw.closing()


@pytest.mark.spec(138)
def test_disconnect_may_fail(api: Api, account: Account) -> None:
    """If ``$disconnect`` fails, the next client still connects."""
    with join(api) as client:
        identifier = connection_id(client)
        client.close(1000, json.dumps({"do": {"raise": "too late"}}))
    assert 1000 == told(account, identifier)[0]
    with join(api) as client:
        assert "echo" == ask(client, {"action": "echo"})["event"]["requestContext"]["routeKey"]


@pytest.mark.spec(139)
def test_disconnect_route_is_optional(bare: Api, target: Target) -> None:
    """Without ``$disconnect``, a close is answered all the same, and the connection ends."""
    with join(bare) as client:
        identifier = connection_id(client)
        client.close(1000)
        assert client.close_code == 1000
    bare.account.wait(lambda: 410 == target.connections("GET", bare.url, identifier).status, "410")


@pytest.mark.spec(141)
def test_no_post_from_disconnect(api: Api, account: Account) -> None:
    """The connection is closed already: 410."""
    with join(api) as client:
        identifier = connection_id(client)
        client.close(1000, json.dumps({"do": {"calls": [{"operation": "post", "data": "bye"}]}}))
    (posted,) = account.one_kept(identifier)["posted"]
    assert (410, "GoneException") == (posted["status"], posted["code"])


@pytest.mark.spec(142)
@pytest.mark.parametrize(
    ("send", "code"),
    [
        (lambda raw: raw.send(b"x", Opcode.BINARY), 1003),
        (lambda raw: raw.send(b"x" * (32 * 1024 + 1)), 1009),
    ],
    ids=["binary", "too big"],
)
def test_server_side_codes(api: Api, account: Account, target: Target, send: Any, code: int) -> None:
    """The client and ``$disconnect`` are told the same documented code."""
    with target.raw(api.url) as raw:
        raw.send(b'{"action":"echo"}')
        identifier = json.loads(bytes(raw.frame().data))["event"]["requestContext"]["connectionId"]
        send(raw)
        assert code == raw.closing()[0]
    assert code == told(account, identifier)[0]


@pytest.mark.spec(154)
def test_oversized_message_is_reported(api: Api, account: Account, target: Target) -> None:
    """1009 for a message whose frames are small enough, and a ``$disconnect`` event."""
    with target.raw(api.url) as raw:
        raw.send(b'{"action":"echo"}')
        identifier = json.loads(bytes(raw.frame().data))["event"]["requestContext"]["connectionId"]
        raw.send(b"x" * 32768, fin=False)
        for last in (False, False, False, True):
            raw.send(b"x" * 32768, Opcode.CONT, fin=last)
        assert 1009 == raw.closing()[0]
    assert 1009 == told(account, identifier)[0]


@pytest.mark.spec(146, 156)
@pytest.mark.parametrize(("code", "reason"), [(1001, ""), (1000, "done"), (3000, "mine"), (4999, "mine, too")])
def test_client_close(api: Api, account: Account, code: int, reason: str) -> None:
    """The client's code and text reach ``$disconnect`` unchanged."""
    with join(api) as client:
        identifier = connection_id(client)
        client.close(code, reason)
    assert (code, reason) == told(account, identifier)


@pytest.mark.spec(153, 143)
@pytest.mark.not_on_aws("the loss may be noticed only after ten idle minutes")
def test_lost_connection(api: Api, account: Account, target: Target) -> None:
    """TCP lost without a close frame: ``$disconnect`` is told 1006."""
    with target.raw(api.url) as raw:
        raw.send(b'{"action":"echo"}')
        identifier = json.loads(bytes(raw.frame().data))["event"]["requestContext"]["connectionId"]
        raw.stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # close() resets
    assert 1006 == told(account, identifier)[0]


@pytest.mark.spec(147, 148, 164)
@pytest.mark.local_only("ten idle minutes pass only on a clock that can be advanced")
def test_idle(api: Api, account: Account, target: Target) -> None:
    """After ten minutes without a message: 1001 ``Going away``, for the client and for ``$disconnect``."""
    with join(api) as client:
        identifier = connection_id(client)
        target.advance("9m")
        assert "echo" == ask(client, {"action": "echo"})["event"]["requestContext"]["routeKey"]
        target.advance("11m")
        assert (1001, "Going away") == seen(client)
    assert (1001, "Going away") == told(account, identifier)


@pytest.mark.spec(149)
@pytest.mark.local_only("ten idle minutes pass only on a clock that can be advanced")
def test_a_post_keeps_a_connection(api: Api, target: Target) -> None:
    """A message from the server resets the idle clock."""
    with join(api) as client:
        identifier = connection_id(client)
        for _ in range(3):
            target.advance("8m")
            assert 200 == target.connections("POST", api.url, identifier, b"alive").status
            assert "alive" == hear(client)


@pytest.mark.spec(150, 148, 164)
@pytest.mark.local_only("two hours pass only on a clock that can be advanced")
def test_lifetime(api: Api, account: Account, target: Target) -> None:
    """Two hours, however busy the connection was."""
    with join(api) as client:
        identifier = connection_id(client)
        for _ in range(13):
            target.advance("9m")
            ask(client, {"action": "echo"})
        target.advance("9m")
        assert (1001, "Going away") == seen(client)
    assert 1001 == told(account, identifier)[0]


@pytest.mark.spec(158)
def test_redeploy_keeps_connections(account: Account) -> None:
    """A connection made before a deployment goes on after it, on the new routes."""
    api = Api(account)
    api.route("echo", two_way=True)
    api.deploy()
    with join(api) as client:
        identifier = connection_id(client)
        api.route("new", two_way=True)
        api.deploy()
        context = ask(client, {"action": "new"})["event"]["requestContext"]
    assert ("new", identifier) == (context["routeKey"], context["connectionId"])

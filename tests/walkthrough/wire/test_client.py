"""A connection of ``websockets`` that keeps its bytes is still one of its connections."""

import socket
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect

from walkthrough import wire
from walkthrough.errors import WalkthroughError


@pytest.fixture(params=["url", "tls_url"])
def any_url(request: pytest.FixtureRequest) -> str:
    """A server without TLS, and one with it."""
    url: str = request.getfixturevalue(request.param)
    return url


def test_what_was_meant_is_kept(any_url: str) -> None:
    """With and without TLS, the bytes begin with the request and hold the frames."""
    connection = wire.connect(any_url)
    connection.send("hello")
    assert "hello" == connection.recv()
    connection.close()
    kept = wire.of(connection)
    assert (b"GET /dev HTTP/1.1\r\n", b"HTTP/1.1 101 ") == (kept.sent[:19], kept.received[:13])
    assert ["“hello”", "1000 normal closure"] == [frame.meaning for frame in wire.read(kept.sent, "client")]
    assert ["“hello”", "1000 normal closure"] == [frame.meaning for frame in wire.read(kept.received, "server")]


def test_it_is_a_connection_of_websockets(url: str, recwarn: pytest.WarningsRecorder) -> None:
    """It can be a context manager or be kept, and warns of neither."""
    with wire.connect(url) as connection:
        assert isinstance(connection, ClientConnection)
        connection.ping().wait()
    kept = wire.connect(url)
    kept.send("hello")
    kept.close()
    assert [] == [str(warning.message) for warning in recwarn]


def test_options_pass_through(url: str) -> None:
    """Such as more headers, and a class of one's own for the connection."""

    class Mine(ClientConnection):
        pass

    with wire.connect(url, additional_headers={"X-Me": "alice"}, create_connection=Mine, compression=None) as mine:
        assert isinstance(mine, Mine)
    sent = wire.of(mine).sent
    assert (True, False) == (b"X-Me: alice\r\n" in sent, b"deflate" in sent)


def test_each_connection_has_its_own(url: str) -> None:
    """What one sends is not kept with what another sends."""
    with wire.connect(url) as alice, wire.connect(url) as bob:
        alice.send("from alice")
        bob.send("from bob")
    assert ["“from alice”"] == [frame.meaning for frame in wire.read(wire.of(alice).sent, "client")[:1]]
    assert ["“from bob”"] == [frame.meaning for frame in wire.read(wire.of(bob).sent, "client")[:1]]


def test_a_refusal_is_raised_as_ever(url: str) -> None:
    """What ``connect`` raises comes through unchanged."""
    with pytest.raises(InvalidStatus), wire.connect(url, additional_headers={"Sec-WebSocket-Version": "12"}):
        pass


def test_the_library_is_left_alone(url: str) -> None:
    """A connection that is opened without wire is not recorded, which is said."""
    with connect(url) as plain:
        assert isinstance(plain.socket, socket.socket)
        with pytest.raises(WalkthroughError, match=r"Nobody kept the bytes of this ClientConnection: open it with"):
            wire.of(plain)


@pytest.mark.parametrize("thing", [None, "text", 3])
def test_no_connection_at_all(thing: Any) -> None:
    """Anything else is named."""
    with pytest.raises(WalkthroughError, match=f"this {type(thing).__name__}:"):
        wire.of(thing)

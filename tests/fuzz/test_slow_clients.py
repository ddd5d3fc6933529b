"""Clients that take their time, with every second cut short: nobody holds a connection for longer than he may."""

import select
import socket
import time

import pytest

from local_aws.gateway import limits, websocket
from local_aws.net.http import connection as http_connection

from .conftest import Server
from .wire import PING, TEXT, Wire, close, eventually, frame, upgrade

SOON = 0.5
LATE = 8.0  # seconds: far more than SOON, far less than the real limits


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every wait of the two shells is over soon."""
    for name in ("HEAD_SECONDS", "TRANSFER_SECONDS", "IDLE_SECONDS", "TLS_SECONDS", "LINGER_SECONDS"):
        monkeypatch.setattr(http_connection, name, SOON)
    monkeypatch.setattr(websocket, "CLOSE_SECONDS", SOON)


def dribble_until_answered(wire: Wire, data: bytes) -> bytes:
    """One byte every few milliseconds, again and again, until the server says something; all that it says."""
    deadline = time.monotonic() + LATE
    position = 0
    while not select.select([wire.socket], [], [], 0.01)[0]:
        assert time.monotonic() < deadline, "a dribbling client was waited for"
        wire.send(data[position % len(data) :][:1])
        position += 1
    return wire.rest()


@pytest.mark.parametrize(
    ("start", "more"),
    [
        (b"GET /dev HTTP/1.1\r\nHost: x\r\nX: ", b"a"),
        (b"GET /", b"a"),
        (b"POST / HTTP/1.1\r\nContent-Length: 1\r\n", b"a: b\r\n"),
    ],
    ids=["in a value", "in the target", "header by header"],
)
def test_a_head_that_never_ends(server: Server, start: bytes, more: bytes) -> None:
    """A byte now and then does not hold a connection: the deadline is for the whole head."""
    with server.wire() as wire:
        wire.send(start)
        assert dribble_until_answered(wire, more).startswith(b"HTTP/1.1 408 ")


def test_a_body_that_never_ends(server: Server) -> None:
    """The same for a body."""
    with server.wire() as wire:
        wire.send(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 50000\r\n\r\n")
        assert dribble_until_answered(wire, b"x").startswith(b"HTTP/1.1 408 ")


def test_empty_lines_for_ever(server: Server) -> None:
    """Empty lines before a request do not count as one."""
    with server.wire() as wire:
        wire.send(b"\r\n")
        assert dribble_until_answered(wire, b"\r\n") == b""


def test_a_head_that_stops_behind_a_whole_request(server: Server) -> None:
    """Half a request in the packet of a whole one is not forgotten."""
    with server.wire() as wire:
        wire.send(b"GET / HTTP/1.1\r\nHost: x\r\n\r\nGET / HT")
        answer = wire.rest()
    assert (answer.count(b"HTTP/1.1 403 "), answer.count(b"HTTP/1.1 408 ")) == (1, 1)


@pytest.mark.parametrize("said", [b"", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"], ids=["nothing", "one request"])
def test_a_client_that_falls_silent(server: Server, said: bytes) -> None:
    """The server closes the connection without another answer."""
    with server.wire() as wire:
        wire.send(said)
        assert wire.rest().count(b"HTTP/1.1 ") == bool(said)


def test_a_client_that_stays_when_it_was_told_to_go(server: Server) -> None:
    """TCP is ended for it."""
    with server.wire() as wire:
        wire.send(b"nonsense\r\n\r\n")
        assert wire.rest().startswith(b"HTTP/1.1 400 ")
        server.settle()


@pytest.mark.parametrize("hello", [b"", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"GET / HTTP/1.1\r\n\r\n"])
def test_a_tls_handshake_that_stops(server: Server, hello: bytes) -> None:
    """Nothing, half a hello, and no TLS at all behind the proxy's 200."""
    with server.wire() as wire:
        wire.send(server.connect(f"{server.aws_host}:443"))
        assert wire.head().startswith(b"HTTP/1.1 200 ")
        wire.send(hello)
        wire.rest()


def test_many_tls_handshakes_that_stop(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sixty at a time, and one that means it."""
    for name in ("HEAD_SECONDS", "TLS_SECONDS"):  # so that none is over before the last has begun
        monkeypatch.setattr(http_connection, name, LATE)
    wires = [server.wire() for _ in range(60)]
    for wire in wires:
        wire.send(server.connect(f"{server.aws_host}:443"))
        assert wire.head().startswith(b"HTTP/1.1 200 ")
        wire.send(b"\x16\x03\x01")
    with server.wire().tunnel(server.aws_host, server.context).open(server.aws_host) as wire:
        wire.send(close())
        assert wire.hear().code == 1000
    for wire in wires:
        wire.rest()
        wire.socket.close()


def test_a_client_that_leaves_in_the_middle_of_tls(server: Server) -> None:
    """It leaves when the handshake is done, or before."""
    for _ in range(20):
        wire = server.wire().tunnel(server.aws_host, server.context)
        wire.reset()
        wire = server.wire()
        wire.send(server.connect(f"{server.aws_host}:443") + b"\x16\x03\x01")
        wire.reset()


def test_a_client_that_speaks_before_the_proxy_has_answered(server: Server) -> None:
    """Its bytes cannot become TLS any more, so the connection is closed at once."""
    with server.wire() as wire:
        wire.send(server.connect(f"{server.aws_host}:443") + b"\x16\x03\x01\x02\x00")
        assert wire.rest() == b""


def test_a_client_that_ignores_a_close(server: Server) -> None:
    """TCP is ended for it, with TLS and without."""
    with server.wire().open(server.host) as wire:
        wire.send(b"\xff" * 10)
        assert wire.hear().code == 1002
        server.settle()
    with server.wire().tunnel(server.aws_host, server.context).open(server.aws_host) as wire:
        wire.send(b"\xff" * 10)
        assert wire.hear().code == 1002
        server.settle()


def half_close(wire: Wire) -> None:
    wire.socket.shutdown(socket.SHUT_WR)


def test_half_open_sockets(server: Server) -> None:
    """A client that will say no more: a request is still answered, a WebSocket ends as lost (spec 153)."""
    with server.wire() as wire:
        wire.send(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        half_close(wire)
        assert wire.rest().startswith(b"HTTP/1.1 403 ")
    with server.wire().open(server.host) as wire:
        half_close(wire)
        assert wire.hear().code is None
    server.settle()
    assert [each["requestContext"]["disconnectStatusCode"] for each in server.take_events("DISCONNECT")] == [1006]


def test_a_client_that_ends_before_it_is_let_in(server: Server) -> None:
    """No connection remains."""
    with server.wire() as wire:
        wire.send(upgrade(server.host))
        half_close(wire)
        wire.rest()


def fill(wire: Wire, data: bytes) -> int:
    """Send and never read, until the server takes no more; how many bytes it took."""
    wire.socket.setblocking(False)
    sent, full_since = 0, None
    while full_since is None or time.monotonic() - full_since < SOON:
        try:
            sent += wire.socket.send(data[sent % len(data) :])  # go on where it was cut
            full_since = None
        except (BlockingIOError, InterruptedError):
            full_since = full_since or time.monotonic()
            select.select([], [wire.socket], [], SOON)
        assert sent < 256 * 1024 * 1024, "the server takes everything"
    wire.socket.settimeout(60)
    return sent


@pytest.mark.parametrize("data", [frame(PING, b"*" * 125), frame(TEXT, b"*" * 125)], ids=["pings", "messages"])
def test_a_client_that_sends_and_never_reads(server: Server, data: bytes) -> None:
    """Once a megabyte of answers waits for it, we stop reading from it, so that memory does not grow."""
    with server.wire(receive_buffer=4096).open(server.host) as wire:
        fill(wire, data * 400)
        (connection,) = server.cloud._gateway.connections.all()
        assert connection.socket.unread_bytes() < 2 * limits.SEND_BUFFER_BYTES
        assert server.connections()


def test_a_client_that_asks_and_never_reads(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests one behind the other are read no further than their answers are taken; then it is hung up on."""
    monkeypatch.setattr(http_connection, "TRANSFER_SECONDS", 1.0)
    with server.wire(receive_buffer=4096) as wire:
        fill(wire, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" * 400)
        server.settle()


def test_posts_to_a_client_that_never_reads(server: Server) -> None:
    """Spec 195: 429 LimitExceededException once its buffer is full, and what was accepted arrives when it reads."""
    with server.wire(receive_buffer=4096).tunnel(server.aws_host, server.context).open(server.aws_host) as wire:
        management = server.management()
        (connection_id,) = server.connections()
        data, accepted, status = b"*" * limits.MESSAGE_BYTES, 0, 200
        while status == 200 and accepted < 200:
            try:
                management.post_to_connection(ConnectionId=connection_id, Data=data)
                accepted += 1
            except management.exceptions.LimitExceededException as error:
                status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        (connection,) = server.cloud._gateway.connections.all()
        assert status == 429
        assert connection.socket.unread_bytes() < limits.SEND_BUFFER_BYTES + 2 * limits.MESSAGE_BYTES

        assert [wire.message() for _ in range(accepted)] == [data] * accepted
        eventually(lambda: connection.socket.unread_bytes() == 0, "its buffer is empty")
        management.post_to_connection(ConnectionId=connection_id, Data=b"again")
        assert wire.message() == b"again"
        wire.send(close())
        assert wire.hear().code == 1000


def test_sending_away_a_client_that_never_reads(server: Server) -> None:
    """DELETE ends TCP too, though the close frame stays behind what the client has not read."""
    with server.wire(receive_buffer=4096).open(server.host) as wire:
        fill(wire, frame(PING, b"*" * 125) * 400)
        (connection_id,) = server.connections()
        server.management().delete_connection(ConnectionId=connection_id)
        server.settle()

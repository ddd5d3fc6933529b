"""A recorded socket is still a socket."""

import io
import socket
import threading
from collections.abc import Iterator

import pytest

from walkthrough import wire

Pair = tuple[socket.socket, socket.socket, wire.Recorder]


@pytest.fixture
def pair() -> Iterator[Pair]:
    """A recorded socket, the one at its other end, and the recorder."""
    one, other = socket.socketpair()
    recorder = wire.Recorder()
    with other, recorder.wrap(one) as mine:
        yield mine, other, recorder


def test_both_ways_in_order(pair: Pair) -> None:
    """What was sent and received is kept, with its direction, in order."""
    mine, other, recorder = pair
    mine.sendall(b"one")
    other.sendall(b"two")
    assert b"two" == mine.recv(10)
    assert 5 == mine.send(b"three")
    assert b"onethree" == other.recv(20)
    assert [("sent", b"one"), ("received", b"two"), ("sent", b"three")] == [
        (entry.direction, entry.data) for entry in recorder.entries
    ]
    assert (b"onethree", b"two") == (recorder.sent, recorder.received)


def test_moments_do_not_go_back(pair: Pair) -> None:
    """Each entry has the moment it was kept at."""
    mine, _, recorder = pair
    for _ in range(3):
        mine.sendall(b"x")
    moments = [entry.moment for entry in recorder.entries]
    assert sorted(moments) == moments


def test_recv_into(pair: Pair) -> None:
    """Bytes that go into a buffer are kept, and no more than came."""
    mine, other, recorder = pair
    other.sendall(b"abc")
    buffer = bytearray(8)
    assert 3 == mine.recv_into(buffer)
    assert (b"abc", bytearray(b"abc\0\0\0\0\0")) == (recorder.received, buffer)


def test_a_look_ahead_is_not_kept(pair: Pair) -> None:
    """MSG_PEEK takes nothing out of the socket, so the bytes are kept once."""
    mine, other, recorder = pair
    other.sendall(b"abc")
    assert b"abc" == mine.recv(3, socket.MSG_PEEK)
    assert b"abc" == mine.recv(3)
    assert b"abc" == recorder.received


def test_a_send_that_takes_a_part(pair: Pair) -> None:
    """If not all bytes fit into the socket, only those that were sent are recorded."""
    mine, _, recorder = pair
    mine.setblocking(False)
    size = mine.send(bytes(50_000_000))
    assert size < 50_000_000
    with pytest.raises(BlockingIOError):
        mine.send(b"no room")
    assert size == len(recorder.sent)


@pytest.mark.parametrize("buffering", [None, 0, 1])
def test_a_binary_file(pair: Pair, buffering: int | None) -> None:
    """The socket's file records too, buffered or not."""
    mine, other, recorder = pair
    other.sendall(b"line\nrest")
    with mine.makefile("rwb", buffering=buffering) as file:
        assert b"line\n" == file.readline()
        file.write(b"answer")
        file.flush()
    assert b"answer" == other.recv(10)
    assert (b"answer", b"line") == (recorder.sent, recorder.received[:4])


def test_a_text_file(pair: Pair) -> None:
    """As sockets do, it makes a text file unless told otherwise."""
    mine, other, recorder = pair
    other.sendall("Grüße\n".encode())
    with mine.makefile(encoding="utf-8") as file:
        assert isinstance(file, io.TextIOBase)
        assert "Grüße\n" == file.readline()
    assert "Grüße\n".encode() == recorder.received


def test_the_rest_is_the_real_socket_s(pair: Pair) -> None:
    """All other attributes are those of the real socket."""
    mine, other, _ = pair
    mine.settimeout(3)
    assert 3 == mine.gettimeout()
    assert other.getsockname() == mine.getpeername()
    assert mine.fileno() >= 0
    with pytest.raises(AttributeError):
        mine.fly()  # type: ignore[attr-defined]


def test_the_end_is_kept_once(pair: Pair) -> None:
    """Each side's end is an entry without bytes, however often it is noticed."""
    mine, other, recorder = pair
    other.shutdown(socket.SHUT_WR)
    assert [b"", b""] == [mine.recv(1), mine.recv(1)]
    mine.shutdown(socket.SHUT_WR)
    mine.close()
    assert [("received", b""), ("sent", b"")] == [(entry.direction, entry.data) for entry in recorder.entries]
    assert -1 == mine.fileno()


def test_threads_may_write_at_once(pair: Pair) -> None:
    """Nothing is lost when several threads send while others look."""
    mine, other, recorder = pair

    def many() -> None:
        for _ in range(200):
            mine.sendall(b"x")
            assert recorder.sent

    threads = [threading.Thread(target=many) for _ in range(4)]
    for thread in threads:
        thread.start()
    came = other.recv(800, socket.MSG_WAITALL)  # while they send: the socket holds less
    for thread in threads:
        thread.join()
    assert (b"x" * 800, b"x" * 800) == (came, recorder.sent)


def test_whose_socket_it_is() -> None:
    """On a server's socket what is received is the client's."""
    recorder = wire.Recorder("server")
    recorder.add("received", b"hello")
    assert (b"hello", b"") == (recorder.by("client"), recorder.by("server"))
    assert "<Recorder of a server: 0 bytes sent, 5 bytes received>" == repr(recorder)

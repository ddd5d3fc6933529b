"""Too much of it at once: messages, clients, requests."""

import json

import pytest

from local_aws.gateway import limits
from local_aws.net.http import parser

from .conftest import Server
from .wire import TEXT, close, eventually, frame, upgrade


def test_messages_of_one_client(server: Server) -> None:
    """Only so many wait for their integration at a time; all are answered in the end (spec 103)."""
    count = limits.MESSAGES_IN_FLIGHT * 5
    server.cloud.most_waiting = 0
    with server.wire().open(server.host) as wire:
        wire.send(frame(TEXT, b"slow") * count)
        eventually(lambda: server.cloud.waiting == limits.MESSAGES_IN_FLIGHT, "as many messages wait as may")
        assert server.in_loop(lambda: server.cloud.waiting) == limits.MESSAGES_IN_FLIGHT
        server.in_loop(server.cloud.release.set)
        assert [wire.message() for _ in range(count)] == [b"slow"] * count
        wire.send(close())
        assert wire.hear().code == 1000
    server.settle()
    server.in_loop(server.cloud.release.clear)
    assert (limits.MESSAGES_IN_FLIGHT, count) == (server.cloud.most_waiting, len(server.messages()))


def test_messages_of_a_client_that_has_left(server: Server) -> None:
    """Its messages are dispatched though it has left; then nothing of the client is kept."""
    count = limits.MESSAGES_IN_FLIGHT * 2
    wire = server.wire().open(server.host)
    wire.send(frame(TEXT, b"slow") * count)
    eventually(lambda: server.cloud.waiting == limits.MESSAGES_IN_FLIGHT, "as many messages wait as may")
    wire.reset()
    server.in_loop(server.cloud.release.set)
    server.settle()
    server.in_loop(server.cloud.release.clear)
    assert len(server.messages()) == count


def test_clients_at_once(server: Server) -> None:
    """Two hundred connect, half of them leave without a word, the others say goodbye."""
    wires = [server.wire() for _ in range(200)]
    for wire in wires:
        wire.send(upgrade(server.host))
    assert {wire.head().split(b" ")[1] for wire in wires} == {b"101"}
    assert len(server.connections()) == len(wires)
    for number, wire in enumerate(wires):
        if number % 2:
            wire.reset()
        else:
            wire.send(close())
    for wire in wires[::2]:
        assert wire.hear().code == 1000
        wire.socket.close()


def test_clients_that_only_connect(server: Server) -> None:
    """Three hundred TCP connections that come and go."""
    for wire in [server.wire() for _ in range(300)]:
        wire.reset()


@pytest.mark.parametrize(
    ("lines", "status"),
    [
        (["X: " + "a" * parser.MAX_HEADER_BYTES], 431),
        (["a" * parser.MAX_HEADER_BYTES + ": b"], 431),
        ([f"X-{number}: {number}" for number in range(10_000)], 431),
        (["X: y"] * 3000, 403),
    ],
    ids=["one long value", "one long name", "ten thousand", "many small ones"],
)
def test_headers(server: Server, lines: list[str], status: int) -> None:
    """Over 64 KB of them are refused; below that, they are looked at."""
    head = "\r\n".join(["GET / HTTP/1.1", "Host: 127.0.0.1", *lines]) + "\r\n\r\n"
    with server.wire() as wire:
        wire.send(head.encode())
        wire.end()
        assert wire.rest().startswith(f"HTTP/1.1 {status} ".encode())


@pytest.mark.parametrize(("length", "status"), [(4096, b"403"), (4097, b"403"), (parser.MAX_HEADER_BYTES + 1, b"431")])
def test_the_length_of_a_target(server: Server, length: int, status: bytes) -> None:
    """An unknown stage of any length is Forbidden; more than any head may have is not even read."""
    with server.wire() as wire:
        wire.send(upgrade(server.host, "/" + "a" * (length - 1)))
        wire.end()
        assert wire.rest().split(b" ")[1] == status


@pytest.mark.parametrize(("length", "status"), [(4096, b"101"), (4097, b"400")])
def test_the_length_of_a_url(server: Server, length: int, status: bytes) -> None:
    """Spec 40: 4096 characters."""
    with server.wire() as wire:
        wire.send(upgrade(server.host, "/dev?" + "a" * (length - 5)) + close())
        wire.end()
        assert wire.rest().split(b" ")[1] == status


def test_requests_in_one_packet(server: Server) -> None:
    """A thousand, answered in their order."""
    with server.wire() as wire:
        wire.send(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" * 1000)
        wire.end()
        assert wire.rest().count(b"HTTP/1.1 403 ") == 1000


def test_json_that_is_deep(server: Server) -> None:
    """A message may nest as deep as it likes: it goes to $default, and the process goes on (spec 89)."""
    deep = "[" * 30_000
    with server.wire().open(server.host) as wire:
        for text in (deep, '{"action":' * 3_000, json.dumps({"action": "x" * 30_000})):
            wire.send(frame(TEXT, text.encode()))
            assert wire.message() == text.encode()
        wire.send(close())
        assert wire.hear().code == 1000

"""Odd things to ask of a proxy and of a server that is one too."""

import pytest

from .conftest import Server
from .wire import close, upgrade


def ask(server: Server, sent: bytes, *, end: bool = True) -> bytes:
    """The whole answer; without ``end``, the server has to close by itself."""
    with server.wire() as wire:
        wire.send(sent)
        if end:
            wire.end()
        return wire.rest()


@pytest.mark.parametrize(
    ("target", "status"),
    [
        (b"example.org", 400),
        (b":443", 400),
        (b"example.org:0", 400),
        (b"example.org:65536", 400),
        (b"example.org:" + b"9" * 5000, 400),
        (b"example.org:-1", 400),
        (b"example.org:\xb2", 400),
        (b"/dev", 400),
        (b"http://127.0.0.1/", 400),
        (b"[::1", 400),
        (b"a..b:443", 502),
        (b"x" * 70 + b".example:443", 502),
        (b"127.0.0.1:1", 403),
        (b"sts.amazonaws.com:443", 403),
        (b"STS.AMAZONAWS.COM.:443", 403),
        (b"abc.execute-api.us-east-1.amazonaws.com:80", 403),
        (b"", 400),
    ],
)
def test_a_connect_that_leads_nowhere(server: Server, target: bytes, status: int) -> None:
    """A malformed target is 400, an unreachable one 502, AWS itself and what is inside 403; each with a sentence."""
    answer = ask(server, server.connect(target), end=False)

    assert answer.startswith(f"HTTP/1.1 {status} ".encode())
    assert answer.partition(b"\r\n\r\n")[2].strip()


def test_a_connect_within_a_connect(server: Server) -> None:
    """To ourselves, five deep and all in one packet, and then to the API."""
    answer = ask(server, server.connect(f"127.0.0.1:{server.port}") * 5 + upgrade(server.host) + close(), end=False)

    assert (answer.count(b"HTTP/1.1 200 Connection established\r\n\r\n"), answer.count(b"HTTP/1.1 101 ")) == (5, 1)


def test_the_absolute_form(server: Server) -> None:
    """RFC 9112, 3.2.2: its host is the one that counts, for a handshake and for the guard."""
    sent = upgrade("127.0.0.1").replace(b"GET /dev", f"GET http://{server.host}/dev".encode()) + close()
    assert ask(server, sent).startswith(b"HTTP/1.1 101 ")
    foreign = f"GET http://evil.example/ HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n\r\n".encode()
    assert ask(server, foreign).startswith(b"HTTP/1.1 403 ")


@pytest.mark.parametrize(
    "head",
    [
        b"OPTIONS * HTTP/1.1\r\nHost: 127.0.0.1",
        b"OPTIONS / HTTP/1.1\r\nHost: 127.0.0.1\r\nOrigin: http://evil.example\r\nAccess-Control-Request-Method: PUT",
        b"TRACE / HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: secret=1",
        b"GET / HTTP/1.1",
        b"GET / HTTP/1.0",
        b"HEAD / HTTP/1.1\r\nHost: 127.0.0.1",
    ],
)
def test_what_nobody_is_let_in_with(server: Server, head: bytes) -> None:
    """403, nothing of the request in it, and no word that lets a web page read it."""
    answer = ask(server, head + b"\r\n\r\n")

    assert answer.startswith(b"HTTP/1.1 403 ")
    assert b"secret" not in answer
    assert b"access-control-allow" not in answer.lower()


@pytest.mark.parametrize(
    "head",
    [
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: evil.example",
        b"GET ftp://127.0.0.1/ HTTP/1.1\r\nHost: 127.0.0.1",
        b"GET //%zz\x00 HTTP/1.1\r\nHost: 127.0.0.1",
        b"PRI * HTTP/2.0\r\n\r\nSM",
        b"GET / HTTP/1.1\r\nHost : 127.0.0.1",
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n folded: yes",
        b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5\r\nContent-Length: 6",
        b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked",
        b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: -5",
        b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\nzz",
        b"POST / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 2\r\n\r\nab",
    ],
)
def test_what_can_be_read_in_two_ways(server: Server, head: bytes) -> None:
    """Refused, not guessed (RFC 9112, 11.2): two hosts, two lengths, folded and spaced names."""
    assert ask(server, head + b"\r\n\r\n").startswith(b"HTTP/1.1 400 ")

"""HTTP on loopback, over real sockets."""

import asyncio
from collections.abc import Callable

import pytest

from local_aws.net import http
from local_aws.net.http import Connection, Headers, Request, Response, Takeover
from local_aws.net.http.parser import MAX_HEADER_BYTES


async def echo(request: Request) -> Response:
    fields = [("X-Seen", f"{request.method} {request.target}"), *[(f"X-{k}", v) for k, v in request.headers]]
    return Response(200, fields, request.body)


def exchange(*sent: bytes, handler: http.Handler = echo) -> bytes:
    """Send bytes, and return all that the server sends until it closes the connection."""

    async def run() -> bytes:
        server = await http.serve(handler)
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        for data in sent:
            writer.write(data)
            await writer.drain()
        async with asyncio.timeout(60):
            answer = await reader.read()
        writer.close()
        await server.close()
        return answer

    return asyncio.run(run())


def test_header_names_keep_their_case() -> None:
    """Spec 34: a handler sees header names as the client sent them."""
    answer = exchange(b"GET /a%20b?c=%2F HTTP/1.1\r\nhOsT: x\r\nConnection: close\r\n\r\n")
    assert b"X-hOsT: x\r\n" in answer
    assert b"X-Seen: GET /a%20b?c=%2F\r\n" in answer


def test_requests_are_answered_in_order() -> None:
    """Of requests that are pipelined on one connection, a slow first one is still answered first."""

    async def handler(request: Request) -> Response:
        for _ in range(5 if request.target == "/slow" else 0):
            await asyncio.sleep(0)
        return Response(200, body=request.target.encode())

    last = b"GET /fast HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    answer = exchange(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n" + last, handler=handler)
    assert answer.index(b"/slow") < answer.index(b"/fast")


def test_a_body_in_pieces() -> None:
    """A chunked body is read, wherever its bytes are split."""
    head = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    assert exchange(head + b"3\r\nab", b"c\r\n2\r\nde\r\n0", b"\r\n\r\n").endswith(b"\r\n\r\nabcde")


def test_expect_continue_is_answered() -> None:
    """boto3 sends it for large bodies to S3, and waits for the answer."""
    head = b"PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n"

    async def run() -> tuple[bytes, bytes]:
        server = await http.serve(echo)
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        async with asyncio.timeout(60):
            writer.write(head)
            go_on = await reader.readuntil(b"\r\n\r\n")
            writer.write(b"ok")
            answer = await reader.read()
        writer.close()
        await server.close()
        return go_on, answer

    go_on, answer = asyncio.run(run())
    assert go_on == b"HTTP/1.1 100 Continue\r\n\r\n"
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x16\x03\x01\x02\x00\x01",
        b"hello\r\n\r\n",
        b"GET / HTTP/1.1\r\nBad Header: x\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
    ],
)
def test_garbage_is_400(garbage: bytes) -> None:
    """TLS on the plain port, no HTTP, a bad header, an unknown version: each gets 400 and no traceback."""
    answer = exchange(garbage)
    assert answer.startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert b"Traceback" not in answer


def test_endless_headers_are_431() -> None:
    """Headers over the limit are refused, so that memory is bounded."""
    answer = exchange(b"GET / HTTP/1.1\r\n" + b"X-A: " + b"a" * MAX_HEADER_BYTES + b"\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 431 ")


def test_a_handler_that_raises_is_a_plain_500() -> None:
    """The reason is in the log, not on the wire."""

    async def handler(request: Request) -> Response:
        raise RuntimeError("inside")

    answer = exchange(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", handler=handler)
    assert answer.startswith(b"HTTP/1.1 500 ")
    assert b"inside" not in answer


def test_a_header_value_cannot_break_the_response() -> None:
    """A newline in a value that a handler returned does not become a header of its own."""

    async def handler(request: Request) -> Response:
        return Response(200, [("X", "a\r\nSet-Cookie: b")])

    answer = exchange(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", handler=handler)
    assert b"\r\nSet-Cookie" not in answer


class _Upper(asyncio.Protocol):
    def __init__(self, transport: asyncio.Transport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.transport.write(data.upper())
        self.transport.close()


def _take(connection: Connection, tail: bytes) -> None:
    transport = connection.detach()
    assert transport is not None
    protocol = _Upper(transport)
    transport.set_protocol(protocol)
    if tail:
        protocol.data_received(tail)


@pytest.mark.parametrize("pieces", [(b"abc",), ()])
def test_a_takeover_gets_the_bytes_behind_the_request(pieces: tuple[bytes, ...]) -> None:
    """They may come with the request or after it."""

    async def handler(request: Request) -> Takeover:
        return Takeover(_take)

    upgrade = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
    sent = (upgrade, *pieces) if pieces else (upgrade + b"abc",)
    assert exchange(*sent, handler=handler) == b"ABC"


def test_a_takeover_is_told_of_a_client_that_left() -> None:
    """Nothing stays open if the client leaves while the handler decides."""

    async def run() -> bool:
        asked, told = asyncio.Event(), asyncio.Event()
        gone: list[bool] = []

        def take(connection: Connection, tail: bytes) -> None:
            gone.append(connection.detach() is None)
            told.set()

        async def handler(request: Request) -> Takeover:
            asked.set()
            await left.wait()
            return Takeover(take)

        left = asyncio.Event()
        server = await http.serve(handler)
        _, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
        await asked.wait()
        writer.transport.abort()
        lost = asyncio.get_running_loop().run_in_executor(None, _wait_until, lambda: not server._connections)
        await lost
        left.set()
        async with asyncio.timeout(60):
            await told.wait()
        await server.close()
        return gone[0]

    assert asyncio.run(run())


def _wait_until(condition: Callable[[], bool]) -> None:
    import threading

    for _ in range(1000):
        if condition():
            return
        threading.Event().wait(0.005)


def test_headers_are_found_in_any_case() -> None:
    """The lookup ignores case, and returns the last value or all of them."""
    headers = Headers([("A", "1"), ("a", "2")])
    assert (headers.get("a"), headers.get_all("A"), headers.get("b"), "A" in headers) == ("2", ["1", "2"], None, True)


@pytest.mark.parametrize(
    ("method", "fields", "length"),
    [
        ("HEAD", [("content-length", "12345")], b"12345"),
        ("HEAD", [], b"4"),
        ("GET", [("Content-Length", "12345")], b"4"),
    ],
)
def test_the_length_of_an_answer(method: str, fields: list[tuple[str, str]], length: bytes) -> None:
    """It is that of the body; only an answer to HEAD may set the length that a body would have (RFC 9110, 9.3.2)."""

    async def handler(request: Request) -> Response:
        return Response(200, fields, b"body")

    answer = exchange(f"{method} / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode(), handler=handler)
    head, _, body = answer.partition(b"\r\n\r\n")
    assert [line for line in head.lower().split(b"\r\n") if b"content-length" in line] == [b"content-length: " + length]
    assert body == (b"" if method == "HEAD" else b"body")


@pytest.mark.parametrize("status", [204, 304])
def test_an_answer_that_has_no_body(status: int) -> None:
    """The next answer on the connection begins right after its head."""

    async def handler(request: Request) -> Response:
        return Response(status, body=b"stray")

    request = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
    answer = exchange(request + request.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"), handler=handler)
    assert b"stray" not in answer
    assert answer.count(b"HTTP/1.1 ") == 2


def test_a_takeover_that_fails_ends_the_connection() -> None:
    """No connection is left without an owner."""

    def take(connection: Connection, tail: bytes) -> None:
        raise RuntimeError("inside")

    async def handler(request: Request) -> Takeover:
        return Takeover(take)

    assert exchange(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n", handler=handler) == b""


def test_an_answer_is_not_cut_short_by_the_close_behind_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client may read the last answer slowly; only afterwards does the time limit for closing begin."""
    monkeypatch.setattr(http.connection, "LINGER_SECONDS", 0)

    async def handler(request: Request) -> Response:
        return Response(200, body=b"x" * 30_000_000)

    async def run() -> int:
        server = await http.serve(handler)
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        await reader.readuntil(b"\r\n\r\n")
        assert isinstance(writer.transport, asyncio.Transport)
        writer.transport.pause_reading()
        for _ in range(100):
            await asyncio.sleep(0)
        still_there = server.connections
        writer.close()
        await server.close()
        return still_there

    assert asyncio.run(run()) == 1


def test_an_answer_that_nobody_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    """If a client does not read its answer, the connection is ended, with all bytes that waited for it."""
    monkeypatch.setattr(http.connection, "TRANSFER_SECONDS", 0.1)

    async def handler(request: Request) -> Response:
        return Response(200, body=b"x" * 30_000_000)

    async def run() -> None:
        server = await http.serve(handler)
        _, writer = await asyncio.open_connection("127.0.0.1", server.port)
        assert isinstance(writer.transport, asyncio.Transport)
        writer.transport.pause_reading()
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        await asyncio.get_running_loop().run_in_executor(None, _wait_until, lambda: server.connections == 1)
        await asyncio.get_running_loop().run_in_executor(None, _wait_until, lambda: server.connections == 0)
        assert server.connections == 0
        writer.close()
        await server.close()

    asyncio.run(run())

"""How much of clients' bodies is held, counted in bytes by the server itself."""

import asyncio
from collections.abc import Callable

import pytest

from local_aws.net import http
from local_aws.net.http import Allowance, Request, Response, Server
from local_aws.net.http.intake import FREE_BYTES, Room

SENT = 3 * FREE_BYTES
HOST = b"Host: x\r\n"


async def echo(request: Request) -> Response:
    return Response(200, body=str(len(request.body)).encode())


def of_friends(head: Request) -> Allowance:
    """Allow a known caller, by a header, a thousand times FREE_BYTES, and others nothing."""
    refusal = Response(403, body=b"who are you?")
    return Allowance(1000 * FREE_BYTES if "friend" in head.headers else 0, refusal)


def run(scenario: Callable[[Server], object], *, handler: http.Handler = echo) -> None:
    async def main() -> None:
        server = await http.serve(handler, allows=of_friends)
        async with asyncio.timeout(20):
            await scenario(server)  # type: ignore[misc]
        await server.close()

    asyncio.run(main())


def held(server: Server) -> tuple[int, int]:
    return server.intake.strangers.held, server.intake.known.held


async def until(condition: Callable[[], bool]) -> None:
    while not condition():  # noqa: ASYNC110  # what is waited for comes over a socket
        await asyncio.sleep(0.005)


async def talk(server: Server, data: bytes) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(data)
    return reader, writer


LENGTH = b"Content-Length: %d\r\n" % SENT
CHUNKED = b"Transfer-Encoding: chunked\r\n"


@pytest.mark.parametrize("expect", [b"", b"Expect: 100-continue\r\n"])
def test_a_large_body_of_a_stranger_is_not_waited_for(expect: bytes) -> None:
    """It is refused by its head, before a byte of it, without a 100; then the connection ends."""

    async def scenario(server: Server) -> None:
        reader, writer = await talk(server, b"PUT / HTTP/1.1\r\n" + HOST + LENGTH + expect + b"\r\n")
        answer = await reader.read()
        assert answer.startswith(b"HTTP/1.1 403 ")
        assert b"Connection: close\r\n" in answer
        assert held(server) == (0, 0)
        writer.close()

    run(scenario)


def test_a_large_body_that_announces_nothing() -> None:
    """A chunked body is refused when it has become too large, and its room is given back."""

    async def scenario(server: Server) -> None:
        piece = b"%x\r\n%s\r\n" % (FREE_BYTES, b"x" * FREE_BYTES)
        reader, writer = await talk(server, b"PUT / HTTP/1.1\r\n" + HOST + CHUNKED + b"\r\n" + piece)
        await until(lambda: held(server) == (FREE_BYTES, 0))
        writer.write(piece)
        assert (await reader.read()).startswith(b"HTTP/1.1 403 ")
        assert held(server) == (0, 0)
        writer.close()

    run(scenario)


def test_a_large_body_of_one_who_is_known() -> None:
    """It is accepted, counted until it is answered, and then its room is given back."""
    answering = asyncio.Event()
    counted = []

    async def scenario(server: Server) -> None:
        head = b"PUT / HTTP/1.1\r\n" + HOST + LENGTH + b"Friend: yes\r\nExpect: 100-continue\r\n\r\n"
        reader, writer = await talk(server, head)
        assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        writer.write(b"x" * SENT)
        await until(lambda: held(server) == (0, SENT))
        counted.append(held(server))
        answering.set()
        assert (await reader.readuntil(str(SENT).encode())).startswith(b"HTTP/1.1 200 ")
        await until(lambda: held(server) == (0, 0))
        writer.close()

    async def slow(request: Request) -> Response:
        await answering.wait()
        return await echo(request)

    run(scenario, handler=slow)
    assert counted == [(0, SENT)]


def test_what_was_half_sent_is_let_go_of() -> None:
    """If the client leaves, the room of its unfinished body is given back."""

    async def scenario(server: Server) -> None:
        heads = (b"Friend: yes\r\n" + LENGTH, b"Content-Length: 1000\r\n")
        writers = [
            (await talk(server, b"PUT / HTTP/1.1\r\n" + HOST + head + b"\r\n" + b"x" * 900))[1] for head in heads
        ]
        await until(lambda: held(server) == (900, 900))
        for writer in writers:
            writer.transport.abort()
        await until(lambda: held(server) == (0, 0))

    run(scenario)


def test_all_together_are_bounded() -> None:
    """When the room for known callers is full, the next one gets 503; strangers have a room of their own."""

    async def scenario(server: Server) -> None:
        server.intake.known, server.intake.strangers = Room(2 * SENT), Room(1000)
        head = b"PUT / HTTP/1.1\r\n" + HOST + b"Friend: yes\r\n" + LENGTH + b"\r\n"
        half = [await talk(server, head + b"x" * (SENT - 1)) for _ in range(2)]
        half.append(await talk(server, b"PUT / HTTP/1.1\r\n" + HOST + b"Content-Length: 1000\r\n\r\n" + b"x" * 999))
        await until(lambda: held(server) == (999, 2 * SENT - 2))
        reader, writer = await talk(server, head + b"x" * SENT)
        assert (await reader.read()).startswith(b"HTTP/1.1 503 ")
        stranger, other = await talk(server, b"PUT / HTTP/1.1\r\n" + HOST + b"Content-Length: 5\r\n\r\nhello")
        assert (await stranger.read()).startswith(b"HTTP/1.1 403 ")
        assert held(server) == (999, 2 * SENT - 2)
        half[0][1].write(b"x")
        assert (await half[0][0].readline()).startswith(b"HTTP/1.1 200 ")
        for each in (*(writer for _, writer in half), writer, other):
            each.close()

    run(scenario)


def test_requests_that_wait_for_the_ones_before_them_are_counted() -> None:
    """Requests that are pipelined on one connection count while none of them is answered."""

    async def scenario(server: Server) -> None:
        request = b"PUT / HTTP/1.1\r\n" + HOST + b"Content-Length: 100\r\n\r\n" + b"x" * 100
        _, writer = await talk(server, request * 5)
        await until(lambda: held(server) == (500, 0))
        release.set()
        await until(lambda: held(server) == (0, 0))
        writer.close()

    release = asyncio.Event()

    async def slow(request: Request) -> Response:
        await release.wait()
        return await echo(request)

    run(scenario, handler=slow)

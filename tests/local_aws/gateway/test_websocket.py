"""The WebSocket protocol, byte by byte: raw frames over a real socket on loopback."""

import asyncio
import struct
import tracemalloc
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from websockets.frames import Frame, Opcode

from local_aws.gateway import limits
from local_aws.gateway.websocket import WebSocket

Peer = tuple[asyncio.StreamReader, asyncio.StreamWriter, "Seen"]


class Seen:
    """What the WebSocket reported to its owner."""

    def __init__(self) -> None:
        self.messages: list[str] = []
        self.endings: list[tuple[int, str]] = []
        self.ended = asyncio.Event()
        self.told = asyncio.Event()
        self.socket: WebSocket | None = None

    def message(self, text: str) -> None:
        self.messages.append(text)
        self.told.set()

    def ending(self, code: int, reason: str) -> None:
        self.endings.append((code, reason))
        self.ended.set()


class _Opening(asyncio.Protocol):
    def __init__(self, seen: Seen) -> None:
        self.seen = seen

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.seen.socket = WebSocket(transport, self.seen.message, self.seen.ending)
        transport.set_protocol(self.seen.socket)


def talk(scenario: Callable[[asyncio.StreamReader, asyncio.StreamWriter, Seen], Coroutine[Any, Any, None]]) -> Seen:
    async def run() -> Seen:
        seen = Seen()
        server = await asyncio.get_running_loop().create_server(lambda: _Opening(seen), "127.0.0.1", 0)
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        try:
            async with asyncio.timeout(60):
                await scenario(reader, writer, seen)
        finally:
            writer.close()
            server.close()
        return seen

    return asyncio.run(run())


def frame(data: bytes, opcode: Opcode = Opcode.TEXT, *, fin: bool = True) -> bytes:
    return Frame(opcode, data, fin).serialize(mask=True)


async def close_frame(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    head = await reader.readexactly(2)
    assert head[0] == 0x88
    payload = await reader.readexactly(head[1])
    return struct.unpack("!H", payload[:2])[0], payload[2:]


def test_a_message_arrives_whole() -> None:
    """Spec 72, 74: fragments are joined, UTF-8 is decoded once at the end."""

    async def scenario(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, seen: Seen) -> None:
        pong = "🏓".encode()
        writer.write(frame(pong[:1], fin=False) + frame(pong[1:3], Opcode.CONT, fin=False))
        writer.write(frame(pong[3:], Opcode.CONT))
        await seen.told.wait()

    assert talk(scenario).messages == ["🏓"]


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (frame(b"x", Opcode.BINARY), 1003),
        (frame(b"\xff\xfe"), 1007),
        (frame(b"x" * (limits.FRAME_BYTES + 1)), 1009),
        (
            frame(b"x" * limits.FRAME_BYTES, fin=False) + frame(b"x" * limits.FRAME_BYTES, Opcode.CONT, fin=False) * 4,
            1009,
        ),
        (Frame(Opcode.TEXT, b"x").serialize(mask=False), 1002),
        (b"\xf1\x80\0\0\0\0", 1002),
        (frame(b"x", Opcode.CONT), 1002),
    ],
    ids=["binary", "not UTF-8", "frame over 32 KB", "message over 128 KB", "unmasked", "reserved bits", "stray part"],
)
def test_a_frame_that_breaks_a_rule_closes(sent: bytes, code: int) -> None:
    """Spec 100, 161, 162 and RFC 6455: the client and $disconnect get the same close code, and no message arrives."""

    async def scenario(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, seen: Seen) -> None:
        writer.write(sent)
        assert (await close_frame(reader))[0] == code
        await seen.ended.wait()

    seen = talk(scenario)
    assert ([ending[0] for ending in seen.endings], seen.messages) == ([code], [])


def test_the_largest_frame_and_message_are_let_through() -> None:
    """Spec 161, 162: 32 KB a frame, 128 KB a message, exactly."""
    part = b"x" * limits.FRAME_BYTES

    async def scenario(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, seen: Seen) -> None:
        writer.write(frame(part, fin=False) + frame(part, Opcode.CONT, fin=False) * 2 + frame(part, Opcode.CONT))
        await seen.told.wait()

    assert [len(message) for message in talk(scenario).messages] == [limits.MESSAGE_BYTES]


def test_a_close_without_a_code_is_1005() -> None:
    """Spec 144, 145: echoed empty, reported with AWS's own text."""

    async def scenario(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, seen: Seen) -> None:
        writer.write(frame(b"", Opcode.CLOSE))
        assert await reader.readexactly(2) == b"\x88\x00"
        assert await reader.read() == b""

    assert talk(scenario).endings == [(1005, "Client-side close frame status not set")]


def test_the_clients_code_and_reason_are_reported() -> None:
    """Spec 156: private codes too."""

    async def scenario(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, seen: Seen) -> None:
        writer.write(frame(struct.pack("!H", 3001) + b"done", Opcode.CLOSE))
        assert await close_frame(reader) == (3001, b"done")

    assert talk(scenario).endings == [(3001, "done")]


def test_lost_tcp_is_1006() -> None:
    """Spec 153: no close frame was seen."""

    async def scenario(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, seen: Seen) -> None:
        writer.transport.abort()
        await seen.ended.wait()

    assert [code for code, _ in talk(scenario).endings] == [1006]


def test_our_own_close_is_reported_at_once() -> None:
    """If a client never answers our close frame, TCP still ends."""

    async def scenario(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, seen: Seen) -> None:
        writer.write(frame(b"hello"))
        await seen.told.wait()
        assert seen.socket is not None
        seen.socket.close(1001, "Going away")
        assert seen.endings == [(1001, "Going away")]
        seen.socket.close(1000, "again")
        seen.socket.send_text(b"too late")
        assert await close_frame(reader) == (1001, b"Going away")

    assert talk(scenario).endings == [(1001, "Going away")]


def test_a_long_message_leaves_in_frames_of_32_kb() -> None:
    """Spec 163: one message, several frames."""
    data = b"y" * (limits.FRAME_BYTES * 2 + 5)

    async def scenario(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, seen: Seen) -> None:
        writer.write(frame(b"hello"))
        await seen.told.wait()
        assert seen.socket is not None
        seen.socket.send_text(data)
        received, sizes, fin = b"", [], False
        while not fin:
            first, second = await reader.readexactly(2)
            fin = bool(first & 0x80)
            size = struct.unpack("!H", await reader.readexactly(2))[0] if second == 126 else second
            sizes.append(size)
            received += await reader.readexactly(size)
        assert (sizes, received) == ([limits.FRAME_BYTES, limits.FRAME_BYTES, 5], data)

    talk(scenario)


def test_a_ping_is_answered_and_is_no_message() -> None:
    """U8: pong, as RFC 6455 asks, and nothing more."""

    async def scenario(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, seen: Seen) -> None:
        writer.write(frame(b"are you there", Opcode.PING))
        assert await reader.readexactly(15) == b"\x8a\x0dare you there"

    assert talk(scenario).messages == []


@pytest.mark.parametrize(
    "ending",
    [frame(struct.pack("!H", 1000), Opcode.CLOSE), frame(b"", Opcode.BINARY), b"\xff\xff", frame(b"\xff")],
    ids=["a close", "binary", "no frame", "not UTF-8"],
)
def test_messages_before_the_end_are_delivered(ending: bytes) -> None:
    """Also if it came in the same packet; messages after it are not delivered."""

    async def scenario(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, seen: Seen) -> None:
        writer.write(frame(b"one") + frame(b"two") + ending + frame(b"three"))
        await seen.ended.wait()

    assert talk(scenario).messages == ["one", "two"]


def test_a_pause_holds_messages_that_are_here_already() -> None:
    """After a pause, no message of the packet is delivered until resume; none is lost."""

    async def scenario(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, seen: Seen) -> None:
        writer.write(frame(b"first"))
        await seen.told.wait()
        assert seen.socket is not None
        seen.socket.pause()
        writer.write(frame(b"second") + frame(b"third"))
        writer.write_eof()
        assert seen.messages == ["first"]
        seen.socket.resume()
        await seen.ended.wait()

    assert talk(scenario).messages == ["first", "second", "third"]


def test_parts_without_bytes_take_no_memory() -> None:
    """A message may be cut into any number of empty frames."""

    async def scenario(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, seen: Seen) -> None:
        writer.write(frame(b"a", fin=False))
        before = tracemalloc.get_traced_memory()[0]
        for _ in range(8):
            writer.write(frame(b"", Opcode.CONT, fin=False) * 5_000)
            await writer.drain()
        writer.write(frame(b"", Opcode.PING))
        assert await reader.readexactly(2) == b"\x8a\x00"
        assert tracemalloc.get_traced_memory()[0] - before < 200_000
        writer.write(frame(b"b", Opcode.CONT))
        await seen.told.wait()

    tracemalloc.start()
    try:
        assert talk(scenario).messages == ["ab"]
    finally:
        tracemalloc.stop()

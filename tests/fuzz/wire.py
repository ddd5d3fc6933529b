"""A client that says whatever it is told to, byte by byte, and shows what came back."""

import base64
import contextlib
import os
import socket
import ssl
import struct
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Self

SECONDS = 60.0  # for any one answer; nothing here is meant to come near it

CONT, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA


def frame(
    opcode: int,
    payload: bytes = b"",
    *,
    fin: bool = True,
    rsv: int = 0,
    mask: bytes | None = b"\x0f\xf0\x55\xaa",
    says: int | None = None,
    wide: bool = False,
) -> bytes:
    """One frame, right or wrong: ``rsv`` are three bits, ``says`` is the length it claims, ``wide`` in eight bytes."""
    length = len(payload) if says is None else says
    bit = 0 if mask is None else 0x80
    head = bytes([(0x80 if fin else 0) | rsv << 4 | opcode])
    if wide or length > 0xFFFF:
        head += bytes([bit | 127]) + struct.pack("!Q", length)
    elif length > 125:
        head += bytes([bit | 126]) + struct.pack("!H", length)
    else:
        head += bytes([bit | length])
    if mask is None:
        return head + payload
    key = int.from_bytes((mask * (len(payload) // 4 + 1))[: len(payload)], "big")
    return head + mask + (int.from_bytes(payload, "big") ^ key).to_bytes(len(payload), "big")


def close(code: int | None = 1000, reason: bytes = b"") -> bytes:
    """A close frame; without a code, an empty one."""
    return frame(CLOSE, b"" if code is None else struct.pack("!H", code) + reason)


def upgrade(host: str, path: str = "/dev", *headers: str) -> bytes:
    """A handshake as every client sends it, with more headers if any."""
    key = base64.b64encode(os.urandom(16)).decode()
    lines = [
        f"GET {path} HTTP/1.1",
        f"Host: {host}",
        "Connection: Upgrade",
        "Upgrade: websocket",
        f"Sec-WebSocket-Key: {key}",
        "Sec-WebSocket-Version: 13",
        *headers,
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def connect(target: str | bytes, password: str) -> bytes:
    """What asks the proxy for a way to ``host:port``."""
    target = target.encode() if isinstance(target, str) else target
    login = base64.b64encode(f"local-aws:{password}".encode())
    return b"CONNECT " + target + b" HTTP/1.1\r\nProxy-Authorization: Basic " + login + b"\r\n\r\n"


@dataclass
class Heard:
    """What a server said after the handshake: whole messages, pongs, frame sizes, and its close frame's payload."""

    texts: list[bytes] = field(default_factory=list)
    pongs: list[bytes] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    closing: bytes | None = None

    @property
    def code(self) -> int | None:
        """The close frame's code: None without a close frame, 1005 for one without a code."""
        if self.closing is None:
            return None
        return int(struct.unpack("!H", self.closing[:2])[0]) if self.closing else 1005


class Wire:
    """One TCP connection to the server."""

    def __init__(self, port: int, *, password: str = "", receive_buffer: int | None = None) -> None:
        self._password = password
        self.socket = socket.socket()
        if receive_buffer is not None:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(SECONDS)
        self.socket.connect(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._read = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, data: bytes) -> None:
        """Send all of it; a server that has hung up already is none of our business."""
        try:
            self.socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError, ssl.SSLEOFError):
            return

    def dribble(self, data: bytes) -> None:
        """Send it one byte at a time."""
        for start in range(len(data)):
            self.send(data[start : start + 1])

    def end(self) -> None:
        """Say that nothing more will be sent; go on listening."""
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_WR)

    def reset(self) -> None:
        """Leave without a word."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def head(self) -> bytes:
        """The next response's head; b"" when there is none."""
        while b"\r\n\r\n" not in self._read:
            if not self._more():
                return b""
        head, _, self._read = self._read.partition(b"\r\n\r\n")
        return head

    def rest(self) -> bytes:
        """All bytes until the server has closed."""
        while self._more():
            pass
        rest, self._read = self._read, b""
        return rest

    def open(self, host: str, path: str = "/dev") -> Self:
        """Shake hands."""
        self.send(upgrade(host, path))
        head = self.head()
        assert head.startswith(b"HTTP/1.1 101 "), head
        return self

    def tunnel(self, host: str, context: ssl.SSLContext, port: int = 443) -> Self:
        """Through the proxy, into TLS."""
        self.send(connect(f"{host}:{port}", self._password))
        head = self.head()
        assert head.startswith(b"HTTP/1.1 200 "), head
        self.socket = context.wrap_socket(self.socket, server_hostname=host, suppress_ragged_eofs=True)
        return self

    def next_frame(self) -> tuple[bool, int, bytes] | None:
        """FIN, opcode and payload; None at the end of TCP. The server must not mask and must not set reserved bits."""
        if not self._have(2):
            return None
        first, length = self._read[0], self._read[1]
        assert not first & 0x70, "reserved bits"
        assert not length & 0x80, "masked"
        skip = 2
        if length == 126:
            assert self._have(4)
            length, skip = struct.unpack("!H", self._read[2:4])[0], 4
        elif length == 127:
            assert self._have(10)
            length, skip = struct.unpack("!Q", self._read[2:10])[0], 10
        assert self._have(skip + length)
        payload, self._read = self._read[skip : skip + length], self._read[skip + length :]
        return bool(first & 0x80), first & 0x0F, payload

    def message(self) -> bytes:
        """The next whole text message."""
        parts = []
        while True:
            found = self.next_frame()
            assert found is not None, "TCP ended"
            fin, opcode, payload = found
            assert opcode in (TEXT, CONT), opcode
            parts.append(payload)
            if fin:
                return b"".join(parts)

    def hear(self) -> Heard:
        """Everything until the server has closed TCP."""
        heard, parts = Heard(), b""
        while (found := self.next_frame()) is not None:
            fin, opcode, payload = found
            assert heard.closing is None, "a frame behind the close frame"
            if opcode == CLOSE:
                heard.closing = payload
            elif opcode == PONG:
                heard.pongs.append(payload)
            else:
                assert opcode in (TEXT, CONT), opcode
                heard.sizes.append(len(payload))
                parts += payload
                if fin:
                    heard.texts.append(parts)
                    parts = b""
        return heard

    def _have(self, count: int) -> bool:
        while len(self._read) < count:
            if not self._more():
                return False
        return True

    def _more(self) -> bool:
        try:
            data = self.socket.recv(256 * 1024)
        except (ConnectionResetError, ssl.SSLError):
            return False
        self._read += data
        return bool(data)


def eventually(condition: Callable[[], object], what: str, seconds: float = SECONDS) -> None:
    """Wait until ``condition()`` holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.002)


def pieces(data: bytes, sizes: Iterable[int]) -> list[bytes]:
    """The bytes cut into pieces of those sizes, the last one whatever is left."""
    cut, start = [], 0
    for size in sizes:
        cut.append(data[start : start + size])
        start += size
    return [piece for piece in (*cut, data[start:]) if piece]

"""Record what goes over a socket: which bytes, in which direction, and when.

    >>> import socket
    >>> from walkthrough import wire
    >>> mine, other = socket.socketpair()
    >>> recorder = wire.Recorder()
    >>> with recorder.wrap(mine) as sock, other:
    ...     sock.sendall(b"GET / HTTP/1.1\\r\\n")
    ...     other.sendall(b"HTTP/1.1 400 Bad Request\\r\\n")
    ...     answer = sock.recv(100)
    >>> recorder.sent, recorder.received == answer
    (b'GET / HTTP/1.1\\r\\n', True)

A TLS socket is recorded from the inside: the bytes before encryption, not those that an eavesdropper sees.
"""

from __future__ import annotations

import io
import socket
import time
from dataclasses import dataclass, replace
from threading import Lock
from types import TracebackType
from typing import Any, Literal, cast

from walkthrough.wire.frame import Sender

__all__ = ["Entry", "RecordedSocket", "Recorder"]

Bytes = bytes | bytearray | memoryview


@dataclass(frozen=True, slots=True)
class Entry:
    """Bytes that went in one direction at once; no bytes at its end. ``moment`` is in seconds since 1970."""

    direction: Literal["sent", "received"]
    data: bytes
    moment: float


class Recorder:
    """Records what one side of a connection sends and receives, in order; any thread may write and read.

    ``side`` says whose socket is wrapped, the client's or the server's.
    """

    def __init__(self, side: Sender = "client") -> None:
        self.side: Sender = side
        self._entries: list[Entry] = []
        self._ended: set[str] = set()
        self._lock = Lock()

    def __repr__(self) -> str:
        return f"<Recorder of a {self.side}: {len(self.sent)} bytes sent, {len(self.received)} bytes received>"

    @property
    def entries(self) -> list[Entry]:
        """All entries so far, the oldest first."""
        with self._lock:
            return list(self._entries)

    @property
    def sent(self) -> bytes:
        """All bytes that this side sent so far."""
        return self._joined("sent")

    @property
    def received(self) -> bytes:
        """All bytes that this side received so far."""
        return self._joined("received")

    def by(self, sender: Sender) -> bytes:
        """All bytes that ``sender`` sent so far."""
        return self.sent if sender == self.side else self.received

    def wrap(self, sock: socket.socket) -> socket.socket:
        """A socket that behaves like ``sock`` and is recorded here: a ``RecordedSocket``."""
        return cast(socket.socket, RecordedSocket(sock, self))

    def add(self, direction: Literal["sent", "received"], data: Bytes) -> Entry:
        """Record some bytes and return the entry. No bytes mean that this direction has ended: no more is recorded."""
        entry = Entry(direction, bytes(data), time.time())
        with self._lock:
            if direction not in self._ended:
                self._entries.append(entry)
            if not entry.data:
                self._ended.add(direction)
        return entry

    def correct(self, entry: Entry, size: int) -> None:
        """Cut an entry to its first ``size`` bytes: only those were sent."""
        with self._lock:
            for at, old in enumerate(self._entries):
                if old is entry:
                    self._entries[at : at + 1] = [replace(entry, data=entry.data[:size])] if size else []
                    return

    def _joined(self, direction: str) -> bytes:
        return b"".join(entry.data for entry in self.entries if entry.direction == direction)


class RecordedSocket:
    """A socket whose bytes are recorded. All else is the real socket's.

    Bytes are recorded before they are sent, or the answer could be recorded first. If ``sendall`` raises, nobody knows
    how much was sent: all of it is recorded. Datagrams, ``sendmsg``, ``recvmsg`` and ``sendfile`` are not recorded.
    """

    def __init__(self, sock: socket.socket, recorder: Recorder) -> None:
        self.recorder = recorder
        self._sock = sock

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)

    def __repr__(self) -> str:
        return f"<RecordedSocket {self._sock!r}>"

    def __enter__(self) -> RecordedSocket:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def sendall(self, data: Bytes, *flags: int) -> None:
        if data:
            self.recorder.add("sent", data)
        self._sock.sendall(data, *flags)

    def send(self, data: Bytes, *flags: int) -> int:
        entry = self.recorder.add("sent", data) if data else None
        size = 0
        try:
            size = self._sock.send(data, *flags)
        finally:
            if entry is not None and size < len(entry.data):
                self.recorder.correct(entry, size)
        return size

    def recv(self, size: int, *flags: int) -> bytes:
        data = self._sock.recv(size, *flags)
        if size and not sum(flags) & socket.MSG_PEEK:
            self.recorder.add("received", data)
        return data

    def recv_into(self, buffer: bytearray | memoryview, size: int = 0, *flags: int) -> int:
        count = self._sock.recv_into(buffer, size, *flags)
        if len(buffer) and not sum(flags) & socket.MSG_PEEK:
            self.recorder.add("received", memoryview(buffer).cast("B")[:count])
        return count

    def read(self, *arguments: Any) -> bytes:
        """Only TLS sockets have it, and ``write``."""
        data: bytes = cast(Any, self._sock).read(*arguments)
        self.recorder.add("received", arguments[1][:data] if len(arguments) > 1 else data)
        return data

    def write(self, data: Bytes) -> int:
        if not data:
            return 0
        entry = self.recorder.add("sent", data)
        size: int = cast(Any, self._sock).write(data)
        if size < len(entry.data):
            self.recorder.correct(entry, size)
        return size

    def makefile(self, mode: str = "r", buffering: int | None = None, **text: Any) -> Any:
        """As ``socket.makefile``: a file, in text mode unless ``mode`` has a ``b``."""
        raw = _RecordedFile(self._sock.makefile(cast(Any, f"{mode.replace('b', '')}b"), buffering=0), self.recorder)
        if buffering == 0 and "b" in mode:
            return raw
        size = buffering if buffering and buffering > 1 else io.DEFAULT_BUFFER_SIZE
        file: Any
        if raw.readable() and raw.writable():
            file = io.BufferedRWPair(raw, raw, size)
        else:
            file = io.BufferedReader(raw, size) if raw.readable() else io.BufferedWriter(raw, size)
        return file if "b" in mode else io.TextIOWrapper(file, line_buffering=buffering == 1, **text)

    def shutdown(self, how: int) -> None:
        if how in (socket.SHUT_WR, socket.SHUT_RDWR):
            self.recorder.add("sent", b"")
        self._sock.shutdown(how)

    def close(self) -> None:
        self.recorder.add("sent", b"")
        self._sock.close()


class _RecordedFile(io.RawIOBase):
    """The unbuffered file of a socket."""

    def __init__(self, raw: Any, recorder: Recorder) -> None:
        self._raw, self._recorder = raw, recorder

    def readable(self) -> bool:
        return bool(self._raw.readable())

    def writable(self) -> bool:
        return bool(self._raw.writable())

    def fileno(self) -> int:
        return int(self._raw.fileno())

    def readinto(self, buffer: Any) -> int | None:
        count: int | None = self._raw.readinto(buffer)
        if count is not None and len(buffer):
            self._recorder.add("received", memoryview(buffer)[:count])
        return count

    def write(self, data: Any) -> int | None:
        if not data:
            return 0
        entry = self._recorder.add("sent", data)
        count: int | None = self._raw.write(data)
        if (count or 0) < len(entry.data):
            self._recorder.correct(entry, count or 0)
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()

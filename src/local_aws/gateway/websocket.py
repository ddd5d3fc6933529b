"""One client's WebSocket: turns its bytes into messages and back. Only this module touches the client's socket."""

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable

from websockets.frames import CloseCode, Frame, Opcode
from websockets.protocol import OPEN, SEND_EOF, SERVER, Protocol

from local_aws.gateway import assumptions, limits
from local_aws.patching import overriding

__all__ = ["WebSocket"]

CLOSE_SECONDS = 5.0
"""After the close frames, the client has so long to end TCP; then we abort it."""

NO_STATUS_REASON = "Client-side close frame status not set"  # spec 144


@overriding("fail", "recv_frame")
class _Frames(Protocol):
    """RFC 6455 frames with API Gateway's limits and close reasons.

    ``texts`` are the complete messages that nobody has taken yet, also those that came before a close or an error.
    """

    def __init__(self) -> None:
        super().__init__(SERVER, state=OPEN, max_size=(limits.MESSAGE_BYTES, limits.FRAME_BYTES))
        self.texts: deque[str] = deque()
        self._message = bytearray()

    def fail(self, code: CloseCode | int, reason: str = "") -> None:
        super().fail(code, assumptions.CLOSE_REASONS.get(int(code), reason))

    def recv_frame(self, frame: Frame) -> None:
        was_open = self.state is OPEN
        super().recv_frame(frame)
        self.events.clear()  # we keep what we need in texts
        if not was_open:
            return  # we have closed: messages that the client sent before it knew are dropped
        if frame.opcode is Opcode.BINARY:
            self.fail(CloseCode.UNSUPPORTED_DATA)  # spec 100
        elif frame.opcode in (Opcode.TEXT, Opcode.CONT):
            self._message += frame.data
            if frame.fin:
                message, self._message = self._message, bytearray()
                self.texts.append(message.decode())  # the parser has closed with 1007 if it is not UTF-8


class WebSocket(asyncio.Protocol):
    """One open WebSocket.

    ``on_message`` is called with the text of each complete message. ``on_close`` is called exactly once, with the code
    and the reason for ``$disconnect``, as soon as either side begins to close or TCP ends. Messages that arrive after
    ``pause`` are kept for ``resume``, even if the connection ends in between.

    If more than ``limits.SEND_BUFFER_BYTES`` wait for a client that does not read, we stop reading from it.
    """

    def __init__(
        self,
        transport: asyncio.Transport,
        on_message: Callable[[str], None],
        on_close: Callable[[int, str], None],
    ) -> None:
        self._transport = transport
        self._on_message = on_message
        self._on_close = on_close
        self._frames = _Frames()
        self._paused = False
        self._unread = False
        self._closed = False
        self._killer: asyncio.TimerHandle | None = None
        transport.set_write_buffer_limits(high=limits.SEND_BUFFER_BYTES)

    # The gateway calls these: a connections.Socket

    def send_text(self, data: bytes) -> None:
        """Send one text message; over 32 KB in several frames (spec 163). Do nothing if the socket is closing."""
        if self._frames.state is not OPEN:
            return
        parts = [data[start : start + limits.FRAME_BYTES] for start in range(0, len(data), limits.FRAME_BYTES)]
        if len(parts) <= 1:
            self._frames.send_text(data)
        else:
            self._frames.send_text(parts[0], fin=False)
            for part in parts[1:]:
                self._frames.send_continuation(part, fin=part is parts[-1])
        self._flush()

    def close(self, code: int, reason: str) -> None:
        """Send a close frame; do nothing the second time."""
        if self._frames.state is OPEN:
            self._frames.send_close(code, reason)
            self._flush()
            self._report()

    def unread_bytes(self) -> int:
        """Bytes in our buffer that the client has not read yet."""
        return self._transport.get_write_buffer_size()

    def pause(self) -> None:
        """Deliver no more messages until ``resume``."""
        self._paused = True
        self._read_or_not()

    def resume(self) -> None:
        """Deliver messages again, the kept ones first."""
        self._paused = False
        self._deliver()
        self._read_or_not()

    # asyncio calls these

    def data_received(self, data: bytes) -> None:
        self._frames.receive_data(data)
        self._deliver()
        self._flush()
        self._report()

    def pause_writing(self) -> None:
        self._unread = True
        self._read_or_not()

    def resume_writing(self) -> None:
        self._unread = False
        self._read_or_not()

    def eof_received(self) -> None:
        self._frames.receive_eof()
        self._flush()
        self._report()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._killer is not None:
            self._killer.cancel()
        self._frames.receive_eof()
        self._report(lost=True)

    def _deliver(self) -> None:
        while self._frames.texts and not self._paused:
            self._on_message(self._frames.texts.popleft())

    def _read_or_not(self) -> None:
        if self._transport.is_closing():
            return
        # Once we have closed, we read and drop what comes: the client's own close frame is part of it
        if (self._paused or self._unread) and self._frames.state is OPEN:
            self._transport.pause_reading()
        else:
            self._transport.resume_reading()

    def _flush(self) -> None:
        parts = self._frames.data_to_send()
        if waiting := b"".join(parts):  # SEND_EOF is the empty string
            self._transport.write(waiting)
        if SEND_EOF in parts:
            if self._transport.can_write_eof():
                with contextlib.suppress(OSError):  # the client is gone, and asyncio is about to notice
                    self._transport.write_eof()
            else:  # TLS cannot close one direction only; close() still sends what is buffered
                self._transport.close()
        if self._frames.close_expected() and self._killer is None:
            self._killer = asyncio.get_running_loop().call_later(CLOSE_SECONDS, self._transport.abort)

    def _report(self, *, lost: bool = False) -> None:
        if self._closed or (self._frames.state is OPEN and not lost):
            return
        self._closed = True
        self._read_or_not()
        self._on_close(*self._ending())

    def _ending(self) -> tuple[int, str]:
        """The code and reason of our close frame, which may echo the client's; ``LOST`` if TCP ended without one."""
        sent = self._frames.close_sent
        if sent is None:
            return assumptions.LOST
        if sent.code == CloseCode.NO_STATUS_RCVD:
            return int(sent.code), NO_STATUS_REASON
        return int(sent.code), sent.reason

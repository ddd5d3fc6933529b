"""The shell: bytes of one client's socket to messages and back. The only room of the gateway that knows a socket."""

import asyncio
from collections.abc import Callable

from websockets.frames import CloseCode, Frame, Opcode
from websockets.protocol import OPEN, SEND_EOF, SERVER, Protocol

from local_aws.gateway import limits, unsettled

__all__ = ["WebSocket"]

CLOSE_SECONDS = 5.0
"""For a client to end TCP after the close frames; then we do."""

NO_STATUS_REASON = "Client-side close frame status not set"  # spec 144


class _Frames(Protocol):
    """RFC 6455 frames under API Gateway's limits and with its close reasons."""

    def __init__(self) -> None:
        super().__init__(SERVER, state=OPEN, max_size=(limits.MESSAGE_BYTES, limits.FRAME_BYTES))

    def fail(self, code: CloseCode | int, reason: str = "") -> None:
        super().fail(code, unsettled.CLOSE_REASONS.get(int(code), reason))


class WebSocket(asyncio.Protocol):
    """One open WebSocket.

    ``on_message`` is called with the text of each whole message, ``on_close`` exactly once with the code and the
    reason that ``$disconnect`` is told, as soon as either side has begun to close or TCP is gone.
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
        self._parts: list[bytes] = []
        self._closed = False
        self._killer: asyncio.TimerHandle | None = None

    # The gateway's side: a connections.Socket

    def send_text(self, data: bytes) -> None:
        """One message; over 32 KB in several frames (spec 163)."""
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
        """Begin to close from our side."""
        if self._frames.state is OPEN:
            self._frames.send_close(code, reason)
            self._flush()
            self._report()

    def unread_bytes(self) -> int:
        """Bytes in our buffer that the client has not taken."""
        return self._transport.get_write_buffer_size()

    def pause(self) -> None:
        """Read no more until ``resume``."""
        if not self._transport.is_closing():
            self._transport.pause_reading()

    def resume(self) -> None:
        """Read again."""
        if not self._transport.is_closing():
            self._transport.resume_reading()

    # asyncio's side

    def data_received(self, data: bytes) -> None:
        self._frames.receive_data(data)
        for frame in self._frames.events_received():
            if isinstance(frame, Frame):
                self._receive(frame)
        self._flush()
        self._report()

    def eof_received(self) -> None:
        self._frames.receive_eof()
        self._flush()
        self._report()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._killer is not None:
            self._killer.cancel()
        self._frames.receive_eof()
        self._report(lost=True)

    def _receive(self, frame: Frame) -> None:
        if self._frames.close_sent is not None and frame.opcode is not Opcode.CLOSE:
            return  # what follows a failure is not processed (RFC 6455, 7.1.7)
        if frame.opcode is Opcode.BINARY:
            self._frames.fail(CloseCode.UNSUPPORTED_DATA)  # spec 100
        elif frame.opcode in (Opcode.TEXT, Opcode.CONT):
            self._parts.append(bytes(frame.data))
            if frame.fin:
                message, self._parts = b"".join(self._parts), []
                try:
                    text = message.decode()
                except UnicodeDecodeError:
                    self._frames.fail(CloseCode.INVALID_DATA)
                else:
                    self._on_message(text)

    def _flush(self) -> None:
        for data in self._frames.data_to_send():
            if data != SEND_EOF:
                self._transport.write(data)
            elif self._transport.can_write_eof():
                self._transport.write_eof()
            else:  # TLS cannot be closed in one direction; this still sends what is buffered
                self._transport.close()
        if self._frames.close_expected() and self._killer is None:
            self._killer = asyncio.get_running_loop().call_later(CLOSE_SECONDS, self._transport.abort)

    def _report(self, *, lost: bool = False) -> None:
        if self._closed or (self._frames.state is OPEN and not lost):
            return
        self._closed = True
        self._on_close(*self._ending())

    def _ending(self) -> tuple[int, str]:
        """Who began to close decides what is reported; nobody did when TCP was lost."""
        frames = self._frames
        first = frames.close_rcvd if frames.close_rcvd_then_sent else frames.close_sent or frames.close_rcvd
        if first is None:
            return unsettled.LOST
        if first.code == CloseCode.NO_STATUS_RCVD:
            return int(first.code), NO_STATUS_REASON
        return int(first.code), first.reason

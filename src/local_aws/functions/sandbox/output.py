"""The output of a sandbox's process, cut into log messages.

Standard output and error arrive as plain bytes; each line is a message. The runtime client writes records of
``logging`` and tracebacks as frames, so that a record of many lines stays one message. Frames have awslambdaric's
format and go to the descriptor that ``_LAMBDA_TELEMETRY_LOG_FD`` names: four bytes of type, four of length, eight of
time in microseconds, all big-endian, then the text. Lines and frames go through one pipe, which keeps the order in
which the handler wrote them.
"""

import asyncio
import os
from collections.abc import Callable, Sequence

__all__ = ["Message", "Output", "OutputParser"]

Message = tuple[int | None, str]
"""The time in milliseconds since the epoch, if the writer gave one, and the text with its newline."""

MAGIC = b"\xa5\x5a\x00"  # in UTF-8 text, only a yen sign followed by Z and NUL contains these bytes
HEADER_BYTES = 16
FRAME_TYPES = range(0x02, 0x1C)  # the fourth byte: log level and format
MAX_FRAME_BYTES = 16 * 1024 * 1024
MAX_LINE_BYTES = 256 * 1024  # CloudWatch's limit for an event; a longer line continues in the next event
READ_BYTES = 64 * 1024
PIPE_BYTES = 1024 * 1024  # no pipe holds more: after reading this much, all that was written before has been read


class OutputParser:
    """Turns bytes into messages; a frame or a line may arrive in any number of pieces."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._line = bytearray()

    def feed(self, data: bytes) -> list[Message]:
        """Return the messages that these bytes complete."""
        self._buffer += data
        messages: list[Message] = []
        while self._buffer:
            start = self._buffer.find(MAGIC)
            if start > 0:
                self._text(bytes(self._buffer[:start]), messages)
                del self._buffer[:start]
            elif start == 0:
                if not self._frame(messages):
                    break
            else:
                partial_magic = next((n for n in (2, 1) if self._buffer.endswith(MAGIC[:n])), 0)
                end = len(self._buffer) - partial_magic
                self._text(bytes(self._buffer[:end]), messages)
                del self._buffer[:end]
                break
        return messages

    def flush(self) -> list[Message]:
        """Return text that has no newline yet as a message; called at the end of an invocation."""
        messages: list[Message] = []
        self._text(bytes(self._buffer), messages)
        self._buffer.clear()
        if self._line:
            messages.append((None, self._line.decode("utf-8", "replace") + "\n"))
            self._line.clear()
        return messages

    def _frame(self, messages: list[Message]) -> bool:
        """Take one frame off the buffer; return False if it is not complete yet."""
        if len(self._buffer) < HEADER_BYTES:
            return False
        length = int.from_bytes(self._buffer[4:8], "big")
        if self._buffer[3] not in FRAME_TYPES or length > MAX_FRAME_BYTES:
            self._text(bytes(self._buffer[:1]), messages)  # not a frame after all
            del self._buffer[:1]
            return True
        if len(self._buffer) < HEADER_BYTES + length:
            return False
        timestamp = int.from_bytes(self._buffer[8:16], "big") // 1000
        text = bytes(self._buffer[HEADER_BYTES : HEADER_BYTES + length]).decode("utf-8", "replace")
        del self._buffer[: HEADER_BYTES + length]
        messages.append((timestamp, text if text.endswith("\n") else text + "\n"))
        return True

    def _text(self, data: bytes, messages: list[Message]) -> None:
        *lines, rest = data.split(b"\n")
        for line in lines:
            self._line += line
            self._spill(messages)
            messages.append((None, self._line.decode("utf-8", "replace") + "\n"))
            self._line.clear()
        self._line += rest
        self._spill(messages)

    def _spill(self, messages: list[Message]) -> None:
        while len(self._line) > MAX_LINE_BYTES:
            messages.append((None, self._line[:MAX_LINE_BYTES].decode("utf-8", "replace") + "\n"))
            del self._line[:MAX_LINE_BYTES]


class Output:
    """The reading end of the pipe. It passes messages to ``write`` while the process runs.

    ``writer`` is the descriptor for the process; call ``started()`` when the process has it.
    """

    def __init__(self, write: Callable[[Sequence[Message]], None]) -> None:
        self._write = write
        self._parser = OutputParser()
        self._reader, self.writer = os.pipe()
        os.set_blocking(self._reader, False)
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._reader, self._read)

    def started(self) -> None:
        """Close our copy of the writing end, so that the pipe closes with the process."""
        if self.writer >= 0:
            os.close(self.writer)
            self.writer = -1

    def drain(self) -> None:
        """Pass on everything that was written before this call.

        Bytes are in the pipe as soon as the process has written them, so nothing is lost and nothing is waited for.
        """
        left = PIPE_BYTES
        while left > 0 and (size := self._read()):
            left -= size
        self._hand_on(self._parser.flush())

    def close(self) -> None:
        """Stop reading."""
        self.started()
        if self._reader >= 0:
            self._loop.remove_reader(self._reader)
            os.close(self._reader)
            self._reader = -1

    def _read(self) -> int:
        if self._reader < 0:
            return 0
        try:
            data = os.read(self._reader, READ_BYTES)
        except BlockingIOError:
            return 0
        if data:
            self._hand_on(self._parser.feed(data))
        else:
            self._loop.remove_reader(self._reader)  # the end: all writers have closed the pipe
        return len(data)

    def _hand_on(self, messages: Sequence[Message]) -> None:
        if messages:
            self._write(messages)

"""Read the bytes of one side of a connection field by field (RFC 6455, section 5).

    >>> from walkthrough import wire
    >>> (frame,) = wire.read(bytes.fromhex("81 85 37fa213d 7f9f4d5158"), "client")
    >>> frame["opcode"].value, frame.masking_key.hex(), frame.payload, frame.meaning
    (1, '37fa213d', b'Hello', '“Hello”')

Nothing here does I/O, and no bytes make it raise: a frame that breaks a rule names the rule.
"""

from __future__ import annotations

import codecs
import zlib
from dataclasses import replace

from walkthrough.errors import WalkthroughError
from walkthrough.wire import rules
from walkthrough.wire.frame import Broken, Field, Frame, Sender
from walkthrough.wire.http_heads import head
from walkthrough.wire.rules import Rule

__all__ = ["read"]

INFLATED = 1 << 20  # bytes to which one compressed frame is inflated at most


def read(data: bytes, sender: Sender, *, deflate: bool = False) -> list[Frame]:
    """The frames that one side sent, after the HTTP head if the bytes begin with one.

    The last frame may be incomplete. A frame that breaks a rule is the last one, since its receiver must fail the
    connection (section 7.1.7). After a response other than 101 there are no frames, since no connection was made.
    ``deflate`` says that both sides agreed on permessage-deflate (RFC 7692); a server's head may say so instead.

    Raises WalkthroughError if ``data`` is not bytes, or ``sender`` neither ``client`` nor ``server``.
    """
    if not isinstance(data, bytes | bytearray | memoryview):
        raise WalkthroughError(f"wire reads bytes, such as b'\\x81\\x00'; this is {type(data).__name__}: {data!r:.60}")
    if sender not in ("client", "server"):
        raise WalkthroughError(f'The sender of these bytes is "client" or "server", not {sender!r}.')
    data = bytes(data)
    http = head(data)
    if http is None or (http.startswith(b"HTTP/") and http.split(b" ", 2)[1:2] != [b"101"]):
        return []
    if http.startswith(b"HTTP/") and b"\nsec-websocket-extensions: permessage-deflate" in http.lower():
        deflate = True
    stream = _Stream(sender, deflate)
    frames: list[Frame] = []
    at = len(http)
    while at < len(data):
        frames.append(stream.next(data, at))
        if not frames[-1].whole:
            break
        at += len(frames[-1].data)
    return frames


class _Stream:
    """What the next frame's meaning depends on: the message under way, and whether a close frame was sent."""

    def __init__(self, sender: Sender, deflate: bool) -> None:
        self._sender = sender
        self._deflate = deflate
        self._message: int | None = None  # the opcode of the message under way
        self._compressed = False  # whether that message is compressed
        self._closed = False
        self._utf8 = codecs.getincrementaldecoder("utf-8")()
        self._inflate = zlib.decompressobj(-15)
        self._lost = False  # whether a payload was too large to inflate: later ones cannot be inflated without it

    def next(self, data: bytes, offset: int) -> Frame:
        """The frame that begins at ``offset``; at least one byte of it must be there."""
        here = memoryview(data)[offset:]

        def frame(size: int, needed: int, meaning: str = "", broken: tuple[int, int, Rule] | None = None) -> Frame:
            taken = bytes(here[:size])
            if broken is None:
                return Frame(self._sender, offset, taken, needed, tuple(fields), meaning)
            problem, rest = Broken(*broken), len(here) - len(taken)
            return Frame(
                self._sender, offset, taken, needed, tuple(fields), broken[2].sentence, broken=problem, unread=rest
            )

        def half(needed: int, at_least: bool = True) -> Frame:
            than = "at least " if at_least else ""
            return frame(len(here), needed, f"not all here yet: {len(here)} of {than}{needed} bytes")

        first = here[0]
        opcode = first & 0x0F
        fields = _first(first, self._deflate)
        under_way = self._message is not None
        broken = rules.first_byte(first, under_way=under_way, closed=self._closed, deflate=self._deflate)
        if broken:
            return frame(1, 2, broken=broken)
        if len(here) < 2:
            return half(2)

        second = here[1]
        masked, length = bool(second & 0x80), second & 0x7F
        extended = {126: 2, 127: 8}.get(length, 0)
        fields += _second(second, extended)
        start = 2 + extended + 4 * masked  # of the payload
        broken = rules.second_byte(second, opcode, self._sender)
        if broken:
            return frame(2, start, broken=broken)
        if len(here) < 2 + extended:
            return half(start)
        if extended:
            length = int.from_bytes(here[2 : 2 + extended], "big")
            fields.append(Field(f"{extended * 8}-bit length", 16, extended * 8, length, _bytes(length)))
            rule = rules.length(length, extended)
            if rule:
                return frame(2 + extended, start, broken=(16, extended * 8, rule))
        if masked and len(here) >= start:
            key = bytes(here[2 + extended : start])
            fields.append(Field("masking key", (start - 4) * 8, 32, key, "repeated over the payload"))
        if length and len(here) > start:
            payload = bytes(here[start : start + length])
            fields.append(Field("payload", start * 8, len(payload) * 8, payload, _bytes(len(payload))))
        if len(here) < start + length:
            return half(start + length, at_least=False)
        return self._whole(frame(start + length, start + length), start, len(here) - start - length)

    def _whole(self, frame: Frame, start: int, rest: int) -> Frame:
        """The frame with its meaning. Its payload begins at byte ``start``; ``rest`` bytes follow the frame."""
        text, code, reason, broken = None, None, None, None
        control = frame.opcode in rules.CONTROL
        try:
            if frame.opcode == 0x8:
                code, reason = self._close(frame.payload)
                meaning = "no code" if code is None else f"{code} {_code_name(code)}"
                meaning += f": {_quoted(reason)}" if reason else ""
            elif control:
                meaning = _quoted_bytes(frame.payload) if frame.payload else "no data"
            else:
                text = self._data(frame)
                meaning = _bytes(len(frame.payload)) if text is None else _quoted(text)
                meaning += ", compressed" if self._compressed else ""
        except _Violation as violation:
            meaning = violation.rule.sentence
            broken = Broken((start + violation.at) * 8, violation.size * 8, violation.rule)
        compressed = self._compressed and not control
        whole = replace(frame, meaning=meaning, text=text, code=code, reason=reason, compressed=compressed)
        return replace(whole, broken=broken, unread=rest) if broken else whole

    def _close(self, payload: bytes) -> tuple[int | None, str | None]:
        self._closed = True
        if not payload:
            return None, None
        if len(payload) == 1:
            raise _Violation(0, 1, Rule("A close frame has no payload, or one that begins with two bytes.", "5.5.1"))
        code = int.from_bytes(payload[:2], "big")
        rule = rules.close_code(code)
        if rule:
            raise _Violation(0, 2, rule)
        try:
            return code, payload[2:].decode()
        except UnicodeDecodeError as error:
            raise _Violation(2 + error.start, 1, Rule("The reason for a close must be UTF-8.", "5.5.1")) from None

    def _data(self, frame: Frame) -> str | None:
        """What a data frame adds to a text message; None for a binary message, and if it cannot be inflated."""
        if frame.opcode != 0x0:
            self._message, self._compressed = frame.opcode, bool(frame["RSV1"].value)
            self._utf8.reset()
        message, payload = self._message, frame.payload
        if frame.fin:
            self._message = None
        if self._compressed:
            inflated = self._inflated(payload, frame.fin)
            if inflated is None:
                return None
            payload = inflated
        if message != 0x1:
            return None
        before = len(self._utf8.getstate()[0])
        try:
            return self._utf8.decode(payload, frame.fin)
        except UnicodeDecodeError as error:
            at = 0 if self._compressed else max(error.start - before, 0)
            size = len(frame.payload) if self._compressed else 1
            at = min(at, max(len(frame.payload) - 1, 0))
            raise _Violation(at, size, Rule("A text message must be UTF-8.", "8.1")) from None

    def _inflated(self, payload: bytes, final: bool) -> bytes | None:
        """A compressed frame's payload, inflated (RFC 7692, section 7.2.2); None if it or one before is too large."""
        if self._lost:
            return None
        try:
            inflated = self._inflate.decompress(payload + (b"\x00\x00\xff\xff" if final else b""), INFLATED)
        except zlib.error:
            rule = Rule("The payload is not compressed as RSV1 says.", "7.2.2", rfc=7692)
            raise _Violation(0, len(payload), rule) from None
        self._lost = bool(self._inflate.unconsumed_tail)
        return None if self._lost else inflated


class _Violation(Exception):
    """A rule that ``size`` bytes of the payload break, from its byte ``at`` on."""

    def __init__(self, at: int, size: int, rule: Rule) -> None:
        self.at, self.size, self.rule = at, size, rule


def _first(byte: int, deflate: bool) -> list[Field]:
    bits = [byte >> 7 & 1, byte >> 6 & 1, byte >> 5 & 1, byte >> 4 & 1]
    return [
        Field("FIN", 0, 1, bits[0], "last part" if bits[0] else "more follows"),
        Field("RSV1", 1, 1, bits[1], "compressed" if bits[1] and deflate else "set" if bits[1] else "not used"),
        Field("RSV2", 2, 1, bits[2], "set" if bits[2] else "not used"),
        Field("RSV3", 3, 1, bits[3], "set" if bits[3] else "not used"),
        Field("opcode", 4, 4, byte & 0x0F, rules.name(byte & 0x0F)),
    ]


def _second(byte: int, extended: int) -> list[Field]:
    length = byte & 0x7F
    meaning = f"see the next {extended} bytes" if extended else _bytes(length)
    return [
        Field("MASK", 8, 1, byte >> 7, "masked" if byte >> 7 else "not masked"),
        Field("length", 9, 7, length, meaning),
    ]


def _bytes(count: int) -> str:
    return "1 byte" if count == 1 else f"{count:,} bytes"


def _code_name(code: int) -> str:
    return rules.CLOSE_CODES.get(code) or ("for libraries" if code < 4000 else "private")


def _quoted(text: str) -> str:
    """The text in quotes, with escapes for what would not print on one line."""
    return "“" + "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text) + "”"


def _quoted_bytes(data: bytes) -> str:
    return _quoted(data.decode("ascii")) if data.isascii() and data.decode("ascii").isprintable() else data.hex(" ")

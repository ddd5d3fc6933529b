"""Frames as text: what each one is in a line, its fields in columns, and what its bytes read as."""

from __future__ import annotations

from collections.abc import Iterator

from walkthrough.wire.frame import Field, Frame
from walkthrough.wire.http_heads import head

__all__ = ["characters", "cut", "facts", "key_over", "lines", "nothing", "rows", "title", "wrong"]

BYTES, ROWS = 16, 2  # bytes in a row of text, rows of a payload that are shown; further bytes are counted


def title(number: int, frame: Frame) -> str:
    """``Frame 1 from the client: text``."""
    return f"Frame {number} from the {frame.sender}: {frame.name}"


def facts(frame: Frame) -> str:
    """What a frame is, in one line: ``5 bytes, masked: “Hello”``; or what is wrong with it."""
    if frame.broken is not None:
        unread = f". {frame.unread:,} bytes behind it were not read" if frame.unread else ""
        return f"breaks a rule at byte {frame.broken.byte}. {frame.broken.rule}{unread}"
    if not frame.whole:
        return frame.meaning
    size = "1 byte" if frame.length == 1 else f"{frame.length:,} bytes"
    short = ", ".join([size, *["masked"] * frame.masked, *["more follows"] * (not frame.fin)])
    return short if frame.meaning == size else f"{short}: {frame.meaning}"


def nothing(data: bytes) -> str:
    """Why there are no frames in some bytes."""
    if not data:
        return "No bytes, so no frames."
    http = head(data)
    if http is None:
        return f"No frames yet: {len(data)} bytes of an HTTP head that has not ended."
    line = http.split(b"\r\n", 1)[0].decode("latin-1")
    if http.startswith(b"HTTP/") and http.split(b" ", 2)[1:2] != [b"101"]:
        return f"No frames: {line} makes no WebSocket."
    return f"No frames yet: only the HTTP head, {line}."


def cut(text: str, size: int) -> str:
    """At most ``size`` characters of the text, with … for the rest."""
    return text if len(text) <= size else text[: size - 1] + "…"


def wrong(frame: Frame) -> range:
    """The bytes of the payload that break a rule, counted from the payload's first."""
    broken = frame.broken
    if broken is None or "payload" not in frame or broken.byte < frame["payload"].byte:
        return range(0)
    first = broken.byte - frame["payload"].byte
    return range(first, first + broken.bits // 8)


def key_over(frame: Frame) -> bytes:
    """The masking key, repeated to the length of the payload; no bytes without a key."""
    size = len(frame.masked_payload)
    return (frame.masking_key * (size // 4 + 1))[:size]


def rows(total: int, row: int, wrong: range) -> list[int]:
    """The first byte of each row that is shown of ``total`` bytes: the first rows, and the row with wrong bytes."""
    shown = list(range(0, total, row)[:ROWS])
    if wrong and wrong.start // row * row not in shown:
        shown[-1] = wrong.start // row * row
    return shown


def characters(frame: Frame, payload: bytes, first: int, size: int) -> Iterator[tuple[int, int, str]]:
    """What some bytes of a payload mean: at which byte, how many bytes, the character (or a close frame's code).

    Nothing for binary data, for compressed data, and for a ping's data that is not ASCII.
    """
    end = min(first + size, len(payload))
    at = first
    if frame.opcode == 0x8 and first == 0 and end >= 2:
        yield 0, 2, str(int.from_bytes(payload[:2], "big"))
        at = 2
    elif not _is_text(frame, payload):
        return
    while at < end:
        byte = payload[at]
        many = 1 if byte < 0xC0 else 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4
        character = payload[at : at + many].decode("utf-8", "replace")
        if len(character) != 1 or character == "\ufffd":
            many, character = 1, "?" if byte >= 0xC0 else "·"
        many = min(many, end - at)
        yield at, many, "␣" if character == " " else character if character.isprintable() else "·"
        at += many


def _is_text(frame: Frame, payload: bytes) -> bool:
    if frame.opcode in (0x9, 0xA):
        return payload.isascii()
    if frame.opcode == 0x0:
        return frame.text is not None and not frame.compressed
    return frame.opcode in (0x1, 0x8) and not frame.compressed


def lines(number: int, frame: Frame) -> Iterator[str]:
    """A frame as lines of text, in columns: which byte, its bits or bytes, the field's name, what it says."""
    yield title(number, frame) if frame.broken else f"{title(number, frame)}, {cut(facts(frame), 100)}"
    for field in _with_one_rsv(frame.fields):
        if field.name == "payload":
            continue
        if field.byte < 2:
            where = field.bit % 8
            bits = f"{frame.data[field.byte]:08b}"[where : where + field.bits]
            value = "." * where + bits + "." * (8 - where - field.bits)
        else:
            value = frame.data[field.byte : field.byte + field.bits // 8].hex(" ")
        yield f"  byte {field.byte:<5} {value:11}  {field.name:13}  {field.meaning}{_mark(frame, field)}".rstrip()
    if "payload" in frame:
        yield from _payload(frame)
    if frame.broken:
        yield f"  ✗ {frame.broken.rule}"
        if frame.unread:
            yield f"    {frame.unread:,} bytes behind it were not read."


def _with_one_rsv(fields: tuple[Field, ...]) -> Iterator[Field]:
    """The three reserved bits are one line, as long as none is set."""
    reserved = [field for field in fields if field.name.startswith("RSV")]
    quiet = not any(field.value for field in reserved)
    for field in fields:
        if not (quiet and field in reserved):
            yield field
        elif field is reserved[0]:
            yield Field("RSV1–3", 1, 3, 0, "not used")


def _mark(frame: Frame, field: Field) -> str:
    broken = frame.broken
    hit = broken and field.bit < broken.bit + broken.bits and broken.bit < field.bit + field.bits
    return "   ← ✗" if hit else ""


def _payload(frame: Frame) -> Iterator[str]:
    sent, meant, key = frame.masked_payload, frame.payload, key_over(frame)
    start, bad = frame["payload"].byte, wrong(frame)
    shown = rows(len(sent), BYTES, bad)

    def line(what: str, name: str, where: str = "") -> str:
        return f"  {where:10} {what:{3 * BYTES}} {name}"

    for row, first in enumerate(shown):
        gone = first - (shown[row - 1] + BYTES) if row else 0
        if gone > 0:
            yield f"{'':13}… {gone:,} more bytes"
        part, where = slice(first, first + BYTES), f"byte {start + first}"
        if key:
            yield line(sent[part].hex(" "), "as sent", where)
            yield line(key[part].hex(" "), "XOR key")
            where = ""
        yield line(meant[part].hex(" "), "payload", where)
        spans = list(characters(frame, meant, first, BYTES))
        if spans:
            yield line("".join(f"{what:<{3 * many}}" for _, many, what in spans), "reads")
        if any(at in bad for at in range(first, first + BYTES)):
            yield line("".join("^^ " if at in bad else "   " for at in range(first, first + BYTES)), "✗")
    rest = len(sent) - (shown[-1] + BYTES)
    if rest > 0:
        yield f"{'':13}… {rest:,} more bytes"

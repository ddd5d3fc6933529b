"""Frames drawn as RFC 6455 draws them (section 5.2), with the values of the ones at hand; and the same as text.

from walkthrough import wire
wire.picture(bytes.fromhex("818537fa213d7f9f4d5158"), sender="client")
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

from walkthrough import style
from walkthrough.picture import Picture
from walkthrough.wire.frames import Field, Frame, Sender, head, read

__all__ = ["picture"]

WIDTH, MARGIN, LABELS = 960, 24, 104  # pixels: the page, around everything, the words before a row of bytes
BIT, BYTE, HIGH, GAP = 28, 36, 28, 14  # a bit's box, a byte's, the height of both, between two fields
ROW = (WIDTH - 2 * MARGIN - LABELS) // BYTE  # bytes in a row of the picture
ROWS, WORDS, FRAMES = 2, 16, 20  # rows of a payload, bytes in a row of text, frames: what is more is counted

CSS = f"""
.client {{ fill: {style.TINTS[style.ORANGE]}; stroke: {style.ORANGE}; stroke-width: 1.4; }}
.server {{ fill: {style.TINTS[style.BLUE]}; stroke: {style.BLUE}; stroke-width: 1.4; }}
.key {{ fill: {style.TINTS[style.GREY]}; stroke: {style.GREY}; stroke-width: 1.4; }}
.head {{ fill: {style.PAPER}; stroke: {style.INK}; stroke-width: 1.2; }}
.absent {{ fill: none; stroke: {style.GREY}; stroke-width: 1.2; stroke-dasharray: 2 3; }}
.broken {{ fill: none; stroke: {style.INK}; stroke-width: 4; stroke-dasharray: 7 4; }}
.under {{ fill: none; stroke: {style.GREY}; }}
.value {{ font-family: {style.MONO}; font-size: 14px; text-anchor: middle; }}
.field {{ font-size: 13px; font-weight: bold; text-anchor: middle; }}
.says {{ font-size: 12.5px; fill: {style.GREY}; text-anchor: middle; }}
"""


def picture(data: bytes, sender: Sender, *, deflate: bool = False) -> Picture:
    """Each frame in some bytes of one side, field by field; the arguments are those of ``wire.read``.

    Bits are drawn for the first two bytes, bytes beyond. A byte that breaks a rule has a heavy dashed outline, and what
    is not here yet a dotted one. Raises what ``read`` raises, and nothing else.
    """
    frames = read(data, sender, deflate=deflate)
    shown = frames[:FRAMES]
    parts: list[str] = []
    y = MARGIN
    for number, frame in enumerate(shown, 1):
        drawing = _Drawing(y)
        drawing.frame(number, frame)
        parts += drawing.parts
        y = drawing.y + 18
    rest = len(frames) - len(shown)
    last = _nothing(data) if not frames else f"… and {rest} more frames" if rest else ""
    if last:
        parts.append(f'<text x="{MARGIN}" y="{y + 14}">{escape(last)}</text>')
        y += 30
    alt = " ".join([*(_alt(number, frame) for number, frame in enumerate(shown, 1)), last]).strip()
    text = "\n\n".join([*(_text(number, frame) for number, frame in enumerate(shown, 1)), *([last] if last else [])])
    return Picture(style.page(WIDTH, y + 4, "\n".join(parts), alt, CSS), alt, text)


def _nothing(data: bytes) -> str:
    """Why there are no frames in some bytes."""
    if not data:
        return "No bytes, so no frames."
    http = head(bytes(data))
    if http is None:
        return f"No frames yet: {len(data)} bytes of an HTTP head that has not ended."
    line = http.split(b"\r\n", 1)[0].decode("latin-1")
    if http.startswith(b"HTTP/") and http.split(b" ", 2)[1:2] != [b"101"]:
        return f"No frames: {line} makes no WebSocket."
    return f"No frames yet: only the HTTP head, {line}."


def _title(number: int, frame: Frame) -> str:
    return f"Frame {number} from the {frame.sender}: {frame.name if 'opcode' in frame else ''}"


def _cut(text: str, size: int) -> str:
    return text if len(text) <= size else text[: size - 1] + "…"


def _facts(frame: Frame) -> str:
    """What a frame is, in one line: ``5 bytes, masked: "Hello"``; or what is wrong with it."""
    if frame.broken is not None:
        more = f" {frame.unread:,} bytes behind it were not read." if frame.unread else ""
        return f"breaks a rule at byte {frame.broken.byte}. {frame.broken.rule}{more}"
    if not frame.whole:
        return frame.meaning
    facts = [frame["length"].meaning if frame.length is None or frame.length < 126 else f"{frame.length:,} bytes"]
    facts += ["masked"] if frame.masked else []
    facts += ["" if frame.fin else "more follows"]
    return f"{', '.join(filter(None, facts))}: {frame.meaning}"


def _alt(number: int, frame: Frame) -> str:
    key = f" Its masking key is {frame.masking_key.hex(' ')}." if frame.masking_key else ""
    return f"{_title(number, frame)}, {_cut(_facts(frame), 200)}.{key}".replace("..", ".")


@dataclass(frozen=True, slots=True)
class _Group:
    """Boxes that make a field: ``values`` are one text a box, ``bit`` is the first one's."""

    name: str
    bit: int
    step: int  # bits a box
    values: tuple[str, ...]
    says: str

    @property
    def box(self) -> int:
        return BIT if self.step == 1 else BYTE

    @property
    def width(self) -> float:
        return max(len(self.values) * self.box, len(self.name) * 8.2, len(self.says) * 6.9)


def _groups(frame: Frame) -> Iterator[_Group]:
    """The header's fields, and those that must come before it is whole."""
    bits = "".join(f"{byte:08b}" for byte in frame.data[:2])

    def flags(name: str, first: int, last: int, says: str) -> _Group:
        return _Group(name, first, 1, tuple(bits[first:last].ljust(last - first)), says)

    def says(name: str) -> str:
        return frame[name].meaning if name in frame else ""

    rsv = [field for field in frame.fields if field.name.startswith("RSV") and field.value]
    yield flags("FIN", 0, 1, says("FIN"))
    yield flags("RSV1–3", 1, 4, rsv[0].meaning if rsv else "not used")
    yield flags("opcode", 4, 8, f"{frame.opcode:#x} {frame.name}")
    if "MASK" not in frame and frame.broken:
        return
    yield flags("MASK", 8, 9, says("MASK"))
    yield flags("length", 9, 16, f"{frame['length'].value}: {says('length')}" if "length" in frame else "")
    at = 2
    for name, size in _extended(frame):
        if name in frame or not frame.broken:
            here = [f"{byte:02x}" for byte in frame.data[at : at + size]]
            yield _Group(name, at * 8, 8, tuple(here + [""] * (size - len(here))), says(name))
        at += size


def _extended(frame: Frame) -> Iterator[tuple[str, int]]:
    """The fields that a frame's second byte announces, and how many bytes each has."""
    if "length" in frame:
        short = frame["length"].value
        if short in (126, 127):
            yield ("16-bit length", 2) if short == 126 else ("64-bit length", 8)
        if frame.masked:
            yield "masking key", 4


class _Drawing:
    """One frame, drawn from ``y`` downward; ``y`` is then where it ends."""

    def __init__(self, y: float) -> None:
        self.y = y
        self.parts: list[str] = []

    def frame(self, number: int, frame: Frame) -> None:
        name = escape(_title(number, frame))
        self._words(name, "name", 14)
        if not frame.broken:
            self._words(escape(_cut(_facts(frame), 110)), "small", 6)
        self._header(frame)
        if "payload" in frame or (frame.length and not frame.broken):
            self._payload(frame)
        if frame.broken:
            self._words(escape(f"✗ {frame.broken.rule}"), "name", 16)
            if frame.unread:
                self._words(f"{frame.unread:,} bytes behind it were not read.", "small", 4)

    def _words(self, words: str, kind: str, above: int) -> None:
        self.y += above
        self.parts.append(f'<text class="{kind}" x="{MARGIN}" y="{self.y}">{words}</text>')
        self.y += 14

    def _header(self, frame: Frame) -> None:
        x = float(MARGIN)
        ends: dict[int, tuple[float, float]] = {}  # where the boxes of bytes 0 and 1 begin and end
        top = self.y
        for group in _groups(frame):
            if x + group.width > WIDTH - MARGIN:
                x, top = float(MARGIN), top + 98
            left = x + (group.width - len(group.values) * group.box) / 2
            middle = x + group.width / 2
            self.parts.append(f'<text class="field" x="{middle:.0f}" y="{top + 40}">{group.name}</text>')
            for number, value in enumerate(group.values):
                bit = group.bit + number * group.step
                kind = "head" if value.strip() else "absent"
                kind = "key" if group.name == "masking key" and value else kind
                self._box(kind, left + number * group.box, top + 48, group.box, value)
                if frame.broken and frame.broken.bit <= bit < frame.broken.bit + frame.broken.bits:
                    self._broken(left + number * group.box, top + 48, group.box)
            self.parts.append(f'<text class="says" x="{middle:.0f}" y="{top + 94}">{escape(group.says)}</text>')
            first, last = group.bit // 8, (group.bit + group.step * len(group.values) - 1) // 8
            right = left + len(group.values) * group.box
            if first < 2:
                ends[first] = (ends.get(first, (left, 0))[0], right)
            else:
                self._bracket(left, right, top, f"bytes {first}–{last}")
            x += group.width + GAP
        for byte, (left, right) in ends.items():
            self._bracket(left, right, self.y, f"byte {byte}")
        self.y = top + 98

    def _bracket(self, left: float, right: float, top: float, words: str) -> None:
        self.parts.append(f'<path class="under" d="M{left:.0f} {top + 25}v-5H{right:.0f}v5"/>')
        self.parts.append(f'<text class="says" x="{(left + right) / 2:.0f}" y="{top + 15}">{words}</text>')

    def _box(self, kind: str, x: float, y: float, width: float, value: str) -> None:
        self.parts.append(f'<rect class="{kind}" x="{x:.1f}" y="{y}" width="{width}" height="{HIGH}"/>')
        if value.strip():
            self.parts.append(f'<text class="value" x="{x + width / 2:.1f}" y="{y + 19}">{escape(value)}</text>')

    def _broken(self, x: float, y: float, width: float) -> None:
        self.parts.append(f'<rect class="broken" x="{x:.1f}" y="{y}" width="{width}" height="{HIGH}"/>')

    def _payload(self, frame: Frame) -> None:
        sent, meant, key = frame.masked_payload, frame.payload, frame.masking_key
        start = frame["payload"].byte if "payload" in frame else frame.needed - (frame.length or 0)
        total = frame.length or 0
        wrong = range(0)
        if frame.broken and frame.broken.byte >= start:
            wrong = range(frame.broken.byte - start, frame.broken.byte - start + frame.broken.bits // 8)
        rows = _rows(total, ROW, wrong)
        self.y += 14
        for row, first in enumerate(rows):
            gone = first - (rows[row - 1] + ROW) if row else 0
            if gone > 0:
                self._words(f"… {gone:,} more bytes", "small", 2)
            size = min(ROW, total - first)
            lines = [("payload", frame.sender, meant)]
            if key:
                repeated = key * (len(sent) // 4 + 1)
                lines = [("as sent", "head", sent), ("XOR key", "key", repeated[: len(sent)]), *lines]
            for name, kind, data in lines:
                self.parts.append(f'<text class="small" x="{MARGIN}" y="{self.y + 19}">{name}</text>')
                for at in range(first, first + size):
                    x = MARGIN + LABELS + (at - first) * BYTE
                    value = f"{data[at]:02x}" if at < len(data) else ""
                    self._box(kind if value else "absent", x, self.y, BYTE, value)
                    if name == "payload" and at in wrong:
                        self._broken(x, self.y, BYTE)
                self.y += HIGH + (4 if name != "payload" else 0)
            self._characters(frame, meant, first, size)
            self.y += 12
        rest = total - (rows[-1] + ROW) if rows else 0
        if rest > 0:
            self._words(f"… {rest:,} more bytes", "small", 4)

    def _characters(self, frame: Frame, payload: bytes, first: int, size: int) -> None:
        """Under the bytes of a row what they mean: characters, and a close code."""
        spans = list(_characters(frame, payload, first, size))
        if not spans:
            return
        self.parts.append(f'<text class="small" x="{MARGIN}" y="{self.y + 20}">reads</text>')
        for at, many, what in spans:
            x = MARGIN + LABELS + (at - first) * BYTE
            self.parts.append(f'<text class="value" x="{x + many * BYTE / 2}" y="{self.y + 20}">{escape(what)}</text>')
            if many > 1:
                self.parts.append(f'<path class="under" d="M{x + 4} {self.y + 2}v4h{many * BYTE - 8}v-4"/>')
        self.y += 26


def _rows(total: int, row: int, wrong: range) -> list[int]:
    """Where the rows begin that are shown: the first ones, and the one with what is wrong."""
    starts = range(0, total, row)
    shown = list(starts[:ROWS])
    if wrong and wrong.start // row * row not in shown:
        shown[-1] = wrong.start // row * row
    return shown


def _characters(frame: Frame, payload: bytes, first: int, size: int) -> Iterator[tuple[int, int, str]]:
    """The characters of some bytes: at which byte, how many bytes, the character. None for binary data."""
    end = min(first + size, len(payload))
    at = first
    if frame.opcode == 0x8 and first == 0 and end >= 2:
        yield 0, 2, str(int.from_bytes(payload[:2], "big"))
        at = 2
    elif frame.opcode == 0x2 or frame["RSV1"].value or (frame.opcode == 0x0 and frame.text is None):
        return
    elif frame.opcode in (0x9, 0xA) and not payload.isascii():
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


def _text(number: int, frame: Frame) -> str:
    """A frame as lines of text, in columns."""
    lines = [f"{_title(number, frame)}, {_facts(frame)}" if not frame.broken else _title(number, frame)]
    for byte, picked in enumerate((frame.fields[:5], frame.fields[5:7])):
        for field in _with_one_rsv(picked):
            where = field.bit % 8
            value = int.from_bytes(frame.data[byte : byte + 1], "big")
            dots = "." * where + f"{value:08b}"[where : where + field.bits] + "." * (8 - where - field.bits)
            mark = _mark(frame, field.bit, field.bits)
            lines.append(f"  byte {byte:<5} {dots}  {field.name:13} {field.meaning}{mark}")
    for field in frame.fields[7:]:
        if field.name != "payload":
            data = frame.data[field.byte : field.byte + field.bits // 8]
            lines.append(
                f"  byte {field.byte:<5} {data.hex(' '):8}  {field.name:13} {field.meaning}{_mark(frame, field.bit, field.bits)}"
            )
    if "payload" in frame:
        lines += _payload_text(frame)
    if frame.broken:
        lines.append(f"  ✗ {frame.broken.rule}")
        if frame.unread:
            lines.append(f"    {frame.unread:,} bytes behind it were not read.")
    return "\n".join(line.rstrip() for line in lines)


def _with_one_rsv(fields: tuple[Field, ...]) -> Iterator[Field]:
    """The three reserved bits are one line, as long as none is set."""
    reserved = [field for field in fields if field.name.startswith("RSV")]
    quiet = reserved and not any(field.value for field in reserved)
    for field in fields:
        if not (quiet and field in reserved):
            yield field
        elif field is reserved[0]:
            yield Field("RSV1–3", 1, 3, 0, "not used")


def _mark(frame: Frame, bit: int, bits: int) -> str:
    broken = frame.broken
    return "   ← ✗" if broken and bit < broken.bit + broken.bits and broken.bit < bit + bits else ""


def _payload_text(frame: Frame) -> Iterator[str]:
    sent, meant, key = frame.masked_payload, frame.payload, frame.masking_key
    start = frame["payload"].byte
    wrong = range(0)
    if frame.broken and frame.broken.byte >= start:
        wrong = range(frame.broken.byte - start, frame.broken.byte - start + frame.broken.bits // 8)
    rows = _rows(len(sent), WORDS, wrong)
    for row, first in enumerate(rows):
        gone = first - (rows[row - 1] + WORDS) if row else 0
        if gone > 0:
            yield f"             … {gone:,} more bytes"
        part = slice(first, first + WORDS)
        prefix = f"  byte {start + first:<5}"
        if key:
            repeated = (key * (len(sent) // 4 + 1))[: len(sent)]
            yield f"{prefix} {sent[part].hex(' '):{3 * WORDS}} as sent"
            yield f"{'':12} {repeated[part].hex(' '):{3 * WORDS}} XOR key"
            prefix = " " * 12
        yield f"{prefix} {meant[part].hex(' '):{3 * WORDS}} payload"
        spans = list(_characters(frame, meant, first, len(meant[part])))
        if spans:
            reads = "".join(f"{what:<{3 * many}}" for _, many, what in spans)
            yield f"{'':12} {reads:{3 * WORDS}} reads"
        if any(at in wrong for at in range(first, first + WORDS)):
            marks = "".join("^^ " if at in wrong else "   " for at in range(first, first + WORDS))
            yield f"{'':12} {marks.rstrip()}"
    rest = len(sent) - (rows[-1] + WORDS)
    if rest > 0:
        yield f"             … {rest:,} more bytes"

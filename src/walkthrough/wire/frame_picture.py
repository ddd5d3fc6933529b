"""Draw frames as RFC 6455 does (section 5.2), but with their actual values; and the same as text.

>>> from walkthrough import wire
>>> wire.picture(bytes.fromhex("818537fa213d7f9f4d5158"), sender="client").alt
'Frame 1 from the client: text, 5 bytes, masked: “Hello”. Its masking key is 37 fa 21 3d.'
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

from walkthrough import style
from walkthrough.picture import Picture
from walkthrough.wire import text as frame_text
from walkthrough.wire.frame import Frame, Sender
from walkthrough.wire.frames import read

__all__ = ["picture"]

WIDTH, MARGIN, LABELS = 960, 24, 104  # pixels: the page, its margin, the labels before a row of bytes
BIT, BYTE, HIGH, GAP = 28, 36, 28, 14  # pixels: a bit's box, a byte's, the height of both, between two fields
ROW = (WIDTH - 2 * MARGIN - LABELS) // BYTE  # bytes in a row of the picture
FRAMES = 20  # frames that are drawn; further ones are counted

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
    """Draw each frame in the bytes of one side, field by field; the arguments are those of ``wire.read``.

    The first two bytes are drawn bit by bit, the others byte by byte. A byte that breaks a rule has a heavy dashed
    outline, and one that has not arrived yet a dotted one. Raises what ``read`` raises, and nothing else.
    """
    frames = read(data, sender, deflate=deflate)
    shown = frames[:FRAMES]
    parts: list[str] = []
    y = float(MARGIN)
    for number, frame in enumerate(shown, 1):
        drawing = _Drawing(y)
        drawing.frame(number, frame)
        parts += drawing.parts
        y = drawing.y + 18
    rest = len(frames) - len(shown)
    last = frame_text.nothing(bytes(data)) if not frames else f"… and {rest} more frames" if rest else ""
    if last:
        parts.append(f'<text x="{MARGIN}" y="{y + 14}">{escape(last)}</text>')
        y += 30
    alt = " ".join([*(_alt(number, frame) for number, frame in enumerate(shown, 1)), last]).strip()
    texts = ["\n".join(frame_text.lines(number, frame)) for number, frame in enumerate(shown, 1)]
    text = "\n\n".join([*texts, *[last] * bool(last)])
    return Picture(style.page(WIDTH, y + 4, "\n".join(parts), alt, CSS), alt, text)


def _alt(number: int, frame: Frame) -> str:
    key = f" Its masking key is {frame.masking_key.hex(' ')}." if frame.masking_key else ""
    return f"{frame_text.title(number, frame)}, {frame_text.cut(frame_text.facts(frame), 200)}.{key}"


@dataclass(frozen=True, slots=True)
class _Group:
    """The boxes of one field: ``values`` is the text in each box, ``bit`` the frame's bit at which they begin."""

    name: str
    bit: int
    step: int  # bits in a box
    values: tuple[str, ...]
    says: str

    @property
    def box(self) -> int:
        return BIT if self.step == 1 else BYTE

    @property
    def width(self) -> float:
        return max(len(self.values) * self.box, len(self.name) * 8.2, len(self.says) * 6.9)


def _groups(frame: Frame) -> Iterator[_Group]:
    """The fields of the header, those that have not arrived yet included."""
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
    yield flags("length", 9, 16, _length(frame))
    at = 2
    for name, size in _extended(frame):
        if name in frame or not frame.broken:
            here = [f"{byte:02x}" for byte in frame.data[at : at + size]]
            yield _Group(name, at * 8, 8, tuple(here + [""] * (size - len(here))), says(name))
        at += size


def _length(frame: Frame) -> str:
    if "length" not in frame:
        return ""
    field = frame["length"]
    return field.meaning if field.value not in (126, 127) else f"{field.value!r}: {field.meaning}"


def _extended(frame: Frame) -> Iterator[tuple[str, int]]:
    """The fields that a frame's second byte announces, and how many bytes each has."""
    if "length" in frame:
        short = frame["length"].value
        if short in (126, 127):
            yield ("16-bit length", 2) if short == 126 else ("64-bit length", 8)
        if frame.masked:
            yield "masking key", 4


def _outlined(frame: Frame, group: _Group) -> range:
    """The indexes of the boxes in a group that break a rule."""
    if frame.broken is None:
        return range(0)
    first, last = frame.broken.bit - group.bit, frame.broken.bit + frame.broken.bits - group.bit
    boxes = range(len(group.values))
    return boxes[max(first // group.step, 0) : max(last // group.step, 0)]


class _Drawing:
    """One frame, drawn from ``y`` downward; ``y`` is then where it ends."""

    def __init__(self, y: float) -> None:
        self.y = y
        self.parts: list[str] = []

    def frame(self, number: int, frame: Frame) -> None:
        name = escape(frame_text.title(number, frame))
        self._line(name, "name", 14)
        if not frame.broken:
            self._line(escape(frame_text.cut(frame_text.facts(frame), 110)), "small", 6)
        self._header(frame)
        if "payload" in frame or (frame.length and not frame.broken):
            self._payload(frame)
        if frame.broken:
            self._line(escape(f"✗ {frame.broken.rule}"), "name", 16)
            if frame.unread:
                self._line(f"{frame.unread:,} bytes behind it were not read.", "small", 4)

    def _line(self, what: str, kind: str, above: int) -> None:
        self.y += above
        self.parts.append(f'<text class="{kind}" x="{MARGIN}" y="{self.y}">{what}</text>')
        self.y += 14

    def _header(self, frame: Frame) -> None:
        x = float(MARGIN)
        ends: dict[int, tuple[float, float]] = {}  # where the boxes of bytes 0 and 1 begin and end
        top = self.y
        for group in _groups(frame):
            if x + group.width > WIDTH - MARGIN:
                x, top = float(MARGIN), top + 106
            left = x + (group.width - len(group.values) * group.box) / 2
            middle = x + group.width / 2
            self.parts.append(f'<text class="field" x="{middle:.0f}" y="{top + 40}">{group.name}</text>')
            for number, value in enumerate(group.values):
                kind = "head" if value.strip() else "absent"
                kind = "key" if group.name == "masking key" and value else kind
                self._box(kind, left + number * group.box, top + 48, group.box, value)
            outlined = _outlined(frame, group)
            if outlined:
                self._broken(left + outlined.start * group.box, top + 48, group.box * len(outlined))
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
        self.y = top + 104

    def _bracket(self, left: float, right: float, top: float, what: str) -> None:
        self.parts.append(f'<path class="under" d="M{left:.0f} {top + 25}v-5H{right:.0f}v5"/>')
        self.parts.append(f'<text class="says" x="{(left + right) / 2:.0f}" y="{top + 15}">{what}</text>')

    def _box(self, kind: str, x: float, y: float, width: float, value: str) -> None:
        self.parts.append(f'<rect class="{kind}" x="{x:.1f}" y="{y}" width="{width}" height="{HIGH}"/>')
        if value.strip():
            self.parts.append(f'<text class="value" x="{x + width / 2:.1f}" y="{y + 19}">{escape(value)}</text>')

    def _broken(self, x: float, y: float, width: float) -> None:
        self.parts.append(f'<rect class="broken" x="{x:.1f}" y="{y}" width="{width}" height="{HIGH}"/>')

    def _payload(self, frame: Frame) -> None:
        sent, meant, key = frame.masked_payload, frame.payload, frame_text.key_over(frame)
        total, bad = frame.length or 0, frame_text.wrong(frame)
        rows = frame_text.rows(total, ROW, bad)
        self.y += 14
        for row, first in enumerate(rows):
            gone = first - (rows[row - 1] + ROW) if row else 0
            if gone > 0:
                self._line(f"… {gone:,} more bytes", "small", 2)
            size = min(ROW, total - first)
            lines: list[tuple[str, str, bytes]] = [("payload", frame.sender, meant)]
            if key:
                lines = [("as sent", "head", sent), ("XOR key", "key", key), *lines]
            for name, kind, data in lines:
                self.parts.append(f'<text class="small" x="{MARGIN}" y="{self.y + 19}">{name}</text>')
                for at in range(first, first + size):
                    x = MARGIN + LABELS + (at - first) * BYTE
                    value = f"{data[at]:02x}" if at < len(data) else ""
                    self._box(kind if value else "absent", x, self.y, BYTE, value)
                self.y += HIGH + (4 if name != "payload" else 0)
            outlined = [at for at in range(first, first + size) if at in bad]
            if outlined:
                x = MARGIN + LABELS + (outlined[0] - first) * BYTE
                self._broken(x, self.y - HIGH, BYTE * len(outlined))
            self._characters(frame, meant, first, size)
            self.y += 12
        rest = total - (rows[-1] + ROW) if rows else 0
        if rest > 0:
            self._line(f"… {rest:,} more bytes", "small", 4)

    def _characters(self, frame: Frame, payload: bytes, first: int, size: int) -> None:
        """Write below the bytes of a row what they mean: characters, or a close code."""
        spans = list(frame_text.characters(frame, payload, first, size))
        if not spans:
            return
        self.parts.append(f'<text class="small" x="{MARGIN}" y="{self.y + 20}">reads</text>')
        for at, many, what in spans:
            x = MARGIN + LABELS + (at - first) * BYTE
            self.parts.append(f'<text class="value" x="{x + many * BYTE / 2}" y="{self.y + 20}">{escape(what)}</text>')
            if many > 1:
                self.parts.append(f'<path class="under" d="M{x + 4} {self.y + 2}v4h{many * BYTE - 8}v-4"/>')
        self.y += 26

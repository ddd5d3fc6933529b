"""Draw a recorded conversation as a ladder: the client on the left, the server on the right, time downward.

>>> from walkthrough import wire
>>> recorder = wire.Recorder()
>>> recorder.wrap(sock).sendall(bytes.fromhex("818537fa213d7f9f4d5158"))
>>> wire.conversation(recorder)
  1  client → server  text, 5 bytes, masked
                      “Hello”
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from itertools import accumulate

from walkthrough import style
from walkthrough.picture import Picture
from walkthrough.wire.client import of
from walkthrough.wire.frame import Frame, Sender
from walkthrough.wire.frames import read
from walkthrough.wire.http_heads import Part, head, parts
from walkthrough.wire.recorder import Recorder
from walkthrough.wire.text import cut, facts

__all__ = ["Turn", "conversation", "steps"]

WIDTH, MARGIN, LINE = 960, 24, 20  # pixels: the width of the page, its margin, a line of text
LEFT, RIGHT = 110, 850  # pixels: x of the client's line, and of the server's
STEPS = 40  # steps that are drawn; further ones are counted
SHOWN = 84  # characters of a line that are drawn

CSS = f"""
.life {{ fill: none; stroke: {style.GREY}; stroke-width: 1.5; }}
.control {{ stroke-dasharray: 6 4; }}
.number {{ font-size: 13px; text-anchor: middle; }}
.end {{ text-anchor: end; }}
.gone {{ fill: none; stroke: {style.INK}; stroke-width: 2.5; }}
"""


@dataclass(frozen=True, slots=True)
class Turn:
    """A step: who sent what, in one line and ``more`` lines; ``kind`` is ``http``, ``data``, ``control`` or ``end``."""

    sender: Sender
    what: str
    more: tuple[str, ...] = ()
    kind: str = "data"


def conversation(recorder: Recorder | object, *, server: str = "server") -> Picture:
    """Draw who sent what, in order, from a recorder or a connection of ``wire.connect``; ``server`` is its label.

    The same conversation always gives the same text: it contains no times, keys or addresses. Raises WalkthroughError
    for a connection that was not recorded.
    """
    every = steps(of(recorder))
    shown = every[:STEPS]
    y = 86
    body: list[str] = []
    for number, step in enumerate(shown, 1):
        body += _drawn(number, step, y)
        y += 34 + LINE * len(step.more) + 8
    rest = f"… and {len(every) - STEPS} more" if len(every) > STEPS else "" if every else "Nothing was sent yet."
    if rest:
        body.append(f'<text x="{LEFT + 20}" y="{y}">{rest}</text>')
        y += 30
    lines = [f'<path class="life" d="M{x} 54V{y - 6}"/>' for x in (LEFT, RIGHT)]
    for x, kind, name in ((LEFT, "yours", "client"), (RIGHT, "aws", server)):
        lines.append(f'<rect class="{kind}" x="{x - 66}" y="{MARGIN}" width="132" height="30" rx="6"/>')
        lines.append(f'<text class="name middle" x="{x}" y="{MARGIN + 20}">{escape(name)}</text>')
    listed = ". ".join(f"{number} {_name(step, server)}: {step.what}" for number, step in enumerate(shown, 1))
    alt = cut(f"A ladder of what client and {server} sent each other. {listed}{'. ' if listed else ''}{rest}", 600)
    text = [line for number, step in enumerate(shown, 1) for line in _lines(number, step, server)]
    return Picture(
        style.page(WIDTH, y + 10, "\n".join(lines + body), alt, CSS), alt, "\n".join([*text, *[rest] * bool(rest)])
    )


def steps(recorder: Recorder) -> list[Turn]:
    """What was sent, in the order of the last bytes; an incomplete frame comes last."""
    entries = recorder.entries
    heads = {sender: head(recorder.by(sender)) for sender in ("client", "server")}
    deflate = b"\nsec-websocket-extensions: permessage-deflate" in (heads["server"] or b"").lower()
    http = parts(heads["client"] or b"", heads["server"] or b"")
    placed: list[tuple[int, int, Turn]] = []
    for sender in ("client", "server"):
        direction = "sent" if sender == recorder.side else "received"
        at = [number for number, entry in enumerate(entries) if entry.direction == direction]
        ends = list(accumulate(len(entries[number].data) for number in at))
        for end, step in _of_one(sender, recorder.by(sender), heads[sender], http, deflate):
            placed.append((at[min(bisect_left(ends, end), len(at) - 1)], end, step))
        if at and not entries[at[-1]].data:
            placed.append((at[-1], ends[-1] + 1, Turn(sender, "ends the TCP connection", kind="end")))
    return [step for _, _, step in _until_ended(sorted(placed, key=lambda one: one[:2]))]


def _of_one(
    sender: Sender, data: bytes, http: bytes | None, lines: list[Part], deflate: bool
) -> Iterator[tuple[int, Turn]]:
    """What one side sent; with each step, the number of this side's bytes up to its end."""
    if http is None:
        yield len(data), Turn(sender, f"an HTTP head that has not ended, {len(data)} bytes so far", kind="http")
    elif http:
        first, *rest = [part for part in lines if part.sender == sender]
        more = [part.summary for part in rest if part.role or part.problem]
        more += [f"✗ {part.problem}" for part in (first, *rest) if part.problem]
        yield len(http), Turn(sender, first.summary, tuple(more), "http")
    for frame in read(data, sender, deflate=deflate):
        yield frame.offset + len(frame.data), _frame(frame)


def _frame(frame: Frame) -> Turn:
    kind = "control" if frame.opcode >= 0x8 else "data"
    if frame.broken:
        return Turn(frame.sender, f"{frame.name}, breaks a rule", (f"✗ {frame.broken.rule}",), kind)
    what, colon, meaning = facts(frame).partition(": ") if frame.whole else (frame.meaning, "", "")
    return Turn(frame.sender, f"{frame.name}, {what}", (meaning,) if colon else (), kind)


def _until_ended(placed: list[tuple[int, int, Turn]]) -> Iterator[tuple[int, int, Turn]]:
    """The steps without a second end of TCP, by the other side: the first one is enough."""
    ended = False
    for one in placed:
        if one[2].kind != "end" or not ended:
            yield one
        ended = ended or one[2].kind == "end"


def _drawn(number: int, step: Turn, y: int) -> list[str]:
    """One step whose text begins at the height ``y``."""
    mine, other = (LEFT, RIGHT) if step.sender == "client" else (RIGHT, LEFT)
    inward = 1 if step.sender == "client" else -1
    align = "" if step.sender == "client" else " end"
    x = mine + 18 * inward
    drawn = [
        f'<text class="number" x="{mine - 32 * inward}" y="{y + 12}">{number}</text>',
        f'<text class="name{align}" x="{x}" y="{y}">{escape(cut(step.what, SHOWN))}</text>',
    ]
    if step.kind == "end":
        drawn.append(f'<path class="gone" d="M{mine - 7} {y + 1}l14 14m0 -14l-14 14"/>')
    else:
        kind = "arrow control" if step.kind == "control" else "arrow"
        drawn.append(f'<path class="{kind}" d="M{mine} {y + 8}H{other - 2 * inward}"/>')
    drawn += [
        f'<text class="mono{align}" x="{x}" y="{y + 26 + LINE * line}">{escape(cut(more, SHOWN))}</text>'
        for line, more in enumerate(step.more)
    ]
    return drawn


def _name(step: Turn, server: str) -> str:
    return server if step.sender == "server" else step.sender


def _lines(number: int, step: Turn, server: str) -> list[str]:
    first = f"{number:3}  client {'→' if step.sender == 'client' else '←'} {server}  {step.what}"
    if step.kind == "end":
        first = f"{number:3}  {_name(step, server)} {step.what}"
    return [first, *(f"{'':{16 + len(server)}}{cut(more, SHOWN)}" for more in step.more)]

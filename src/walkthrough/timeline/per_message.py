"""A few messages, each by itself: lane by lane, counted from its own start, all on one scale."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape

from walkthrough import style
from walkthrough.picture import Picture
from walkthrough.timeline import drawing
from walkthrough.timeline.drawing import MARGIN, WIDTH
from walkthrough.timeline.join import CLIENT, DELIVERED, Bar, Message

__all__ = ["picture"]

GAP, BAR, THIN, BETWEEN = 10, 18, 7, 2  # pixels: between rows; a bar, a thin bar, between thin bars
MANY = 6  # lines of thin bars above each other; further bars share the last line
TITLE, FACTS = 56, 60  # characters: of a message's title, and of the facts at the right
WORDS = {CLIENT: "you wait"}  # other lanes are labelled with their names


def picture(messages: Sequence[Message], names: Sequence[str] = ()) -> Picture:
    """Draw one or more messages; ``names`` are in the order of the messages."""
    titles = drawing.titles(messages, names)
    longest = max(max(message.end - message.begin for message in messages), 1)
    parts, y = [], 20.0
    for title, message in zip(titles, messages, strict=True):
        parts.append(f'<text class="name" x="{MARGIN}" y="{y + 18:g}">{escape(drawing.cut(title, TITLE))}</text>')
        parts.append(f'<text class="small end" x="{WIDTH - MARGIN}" y="{y + 18:g}">{escape(_facts(message))}</text>')
        y += 30
        rows: list[str] = []
        top, zero = y, message.begin
        for lane, bars in _lanes(message).items():
            drawn, height = _row(lane, bars, y, lambda moment, zero=zero: drawing.x(moment - zero, longest))  # type: ignore[misc]
            rows += drawn
            y += height + GAP
        parts += [*drawing.grid(longest, top - 4, y - 4), *rows]
        y += 12
    parts += drawing.scale(longest, y + 6)
    alt = " ".join(_sentence(title, message) for title, message in zip(titles, messages, strict=True))
    return Picture(style.page(WIDTH, y + 22, "\n".join(parts), alt, drawing.STYLE), alt, _table(titles, messages))


def _lanes(message: Message) -> dict[str, list[Bar]]:
    """The bars by lane, in the order in which the message passes them."""
    lanes: dict[str, list[Bar]] = {}
    for bar in message.bars:
        lanes.setdefault(bar.lane, []).append(bar)
    return lanes


def _row(lane: str, bars: list[Bar], y: float, x: Callable[[float], float]) -> tuple[list[str], float]:
    """A lane of one message, and its height: one bar, or many thin ones above each other, and the text behind."""
    parts = [f'<text x="{MARGIN}" y="{y + 15:g}">{escape(WORDS.get(lane, lane))}</text>']
    height = BAR
    if lane == DELIVERED:
        parts += [f'<circle class="mark" cx="{x(bar.begin):.1f}" cy="{y + 10:g}" r="5"/>' for bar in bars]
    elif len(bars) == 1:
        parts.append(drawing.rect(drawing.kind(lane), x(bars[0].begin), y + 1, x(bars[0].end), BAR))
    else:
        levels = _levels(bars)
        height = max(BAR, (max(levels) + 1) * (THIN + BETWEEN))
        for bar, level in zip(bars, levels, strict=True):
            top = y + 1 + level * (THIN + BETWEEN)
            parts.append(drawing.rect(drawing.kind(lane), x(bar.begin), top, x(bar.end), THIN))
    words, behind = drawing.words(bars), max(x(bar.end) for bar in bars) + 10
    if behind + 7 * len(words) < WIDTH - MARGIN:
        at = f'class="small" x="{behind:.1f}"'
    else:  # it would be cut off, so it covers the bar's end
        at = f'class="small end" x="{WIDTH - MARGIN}"'
    parts.append(f'<text {at} y="{y + 15:g}">{escape(words)}</text>')
    return parts, height


def _levels(bars: Sequence[Bar]) -> list[int]:
    """The line of each bar, in which it covers no other bar as long as there are enough lines."""
    ends: list[float] = []
    levels = []
    for bar in bars:
        level = next((level for level, end in enumerate(ends) if end <= bar.begin), min(len(ends), MANY - 1))
        ends[level : level + 1] = [bar.end]
        levels.append(level)
    return levels


def _facts(message: Message) -> str:
    what = f"route {message.route}"
    if message.environment is not None:
        what += ", cold" if message.cold else ", warm"
    return drawing.cut(what if message.problem is None else f"{what}, {message.status}: {message.problem}", FACTS)


def _span(message: Message, bars: Sequence[Bar]) -> tuple[float, float]:
    """When the first bar begins and the last one ends, in milliseconds since the message's start."""
    return min(bar.begin for bar in bars) - message.begin, max(bar.end for bar in bars) - message.begin


def _sentence(title: str, message: Message) -> str:
    spans = {WORDS.get(lane, lane): _span(message, bars) for lane, bars in _lanes(message).items()}
    return f"{title}: {', '.join(f'{lane} from {begin:.0f} to {end:.0f} ms' for lane, (begin, end) in spans.items())}."


def _table(titles: Sequence[str], messages: Sequence[Message]) -> str:
    lines = [f"{'':16}{'from':>8}{'to':>10}"]
    for title, message in zip(titles, messages, strict=True):
        lines.append(f"{title} ({_facts(message)})")
        for lane, bars in _lanes(message).items():
            begin, end = _span(message, bars)
            lines.append(f"  {WORDS.get(lane, lane):14}{begin:5.0f} ms{end:7.0f} ms   {drawing.words(bars)}")
    return "\n".join(lines)

"""Many messages on one clock, a row each: what ran side by side stands one below the other."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from html import escape

from walkthrough import style
from walkthrough.picture import Picture
from walkthrough.timeline import drawing
from walkthrough.timeline.drawing import LABELS, MARGIN, WIDTH
from walkthrough.timeline.join import CLIENT, COLD_START, DELIVERED, HANDLER, Message

__all__ = ["picture"]

ROW = 34  # pixels
TITLE, FACTS = 21, 32  # characters: of a message's title at the left, and of the facts at the right
LEGEND = (
    ("waits", "you wait"),
    ("gateway", "API Gateway waits"),
    ("cold", "cold start"),
    ("handler", "handler"),
    ("call", "calls to AWS"),
)
HEIGHTS = {"gateway": (9, 20), "cold": (12, 14), "handler": (12, 14), "call": (16, 6)}  # offset in a row, height


def picture(messages: Sequence[Message], names: Sequence[str] = ()) -> Picture:
    """Draw one or more messages, sorted by their start; ``names`` are in the order of ``messages``."""
    titles = drawing.titles(messages, names)
    ordered = sorted(zip(messages, titles, strict=True), key=lambda pair: pair[0].begin)
    zero = ordered[0][0].begin
    longest = max(max(message.end for message in messages) - zero, 1)
    environments = _numbered([message for message, _ in ordered])
    parts, y = _legend(), 62.0
    for message, title in ordered:
        facts = f"{message.end - message.begin:.0f} ms{_facts(message, environments)}"
        parts.append(f'<text x="{MARGIN}" y="{y + 19:g}">{escape(drawing.cut(title, TITLE))}</text>')
        parts += _row(message, y, lambda moment: drawing.x(moment - zero, longest))
        parts.append(
            f'<text class="small end" x="{WIDTH - MARGIN}" y="{y + 19:g}">{escape(drawing.cut(facts, FACTS))}</text>'
        )
        y += ROW
    body = [*drawing.grid(longest, 52, y), *parts, *drawing.scale(longest, y + 18)]
    alt = _sentence(messages, environments, longest)
    text = _table(ordered, environments, zero)
    return Picture(style.page(WIDTH, y + ROW, "\n".join(body), alt, drawing.STYLE), alt, text)


def _row(message: Message, y: float, x: Callable[[float], float]) -> list[str]:
    """All lanes of a message in one row, one inside the other."""
    parts = []
    for bar in message.bars:
        left, right, kind = x(bar.begin), x(bar.end), drawing.kind(bar.lane)
        if bar.lane == CLIENT:
            parts.append(_wait(left, right, y + 4))
        elif bar.lane == DELIVERED:
            parts.append(f'<circle class="mark" cx="{left:.1f}" cy="{y + 4:g}" r="3.5"/>')
        else:
            down, height = HEIGHTS[kind]
            parts.append(drawing.rect(kind, left, y + down, right, height))
    return parts


def _wait(left: float, right: float, y: float) -> str:
    """A thin line with a tick at both ends."""
    ends = f"M{left:.1f} {y - 3:g}v6M{right:.1f} {y - 3:g}v6"
    return f'<path class="waits" d="M{left:.1f} {y:g}H{right:.1f}{ends}"/>'


def _legend() -> list[str]:
    """The legend, in one line above the rows."""
    parts, x = [], float(LABELS)
    for kind, words in LEGEND:
        if kind == "waits":
            parts.append(_wait(x, x + 26, 28))
        else:
            down, height = HEIGHTS[kind]
            parts.append(drawing.rect(kind, x, 9 + down, x + 26, height))
        parts.append(f'<text class="small" x="{x + 33:g}" y="33">{words}</text>')
        x += 60 + 7.4 * len(words)
    return parts


def _numbered(ordered: Sequence[Message]) -> dict[str, int]:
    """A number for each execution environment, in the order of their first use."""
    streams = dict.fromkeys(message.environment for message in ordered if message.environment)
    return {stream: number for number, stream in enumerate(streams, start=1)}


def _facts(message: Message, environments: Mapping[str, int]) -> str:
    if message.problem is not None:
        return f", {message.problem}"
    if message.environment is None:
        return ""
    return f", {'cold' if message.cold else 'warm'}, environment {environments[message.environment]}"


def _sentence(messages: Sequence[Message], environments: Mapping[str, int], longest: float) -> str:
    return (
        f"{len(messages)} messages on one clock, a row each. They ran in {len(environments)} execution environments, "
        f"{sum(message.cold for message in messages)} of them after a cold start; the last was done after "
        f"{longest:.0f} ms."
    )


def _table(ordered: Sequence[tuple[Message, str]], environments: Mapping[str, int], zero: float) -> str:
    lines = [f"{'':26}{'began at':>10}{'took':>10}{'cold start':>13}{'handler':>10}  environment"]
    for message, title in ordered:
        cold, handler = (sum(bar.took for bar in message.lane(lane)) for lane in (COLD_START, HANDLER))
        lines.append(
            f"{drawing.cut(title, 25):26}{message.begin - zero:7.0f} ms{message.end - message.begin:7.0f} ms"
            f"{f'{cold:.0f} ms' if cold else '–':>13}{handler:7.0f} ms  "
            f"{environments.get(message.environment or '', '–')}"
        )
    return "\n".join(lines)

"""What both pictures of messages share: the scale, the bars, the texts.

Blue is what AWS does, orange what is yours: the client, and the handler's code.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from walkthrough import style
from walkthrough.timeline.join import CLIENT, COLD_START, DELIVERED, GATEWAY, HANDLER, Bar, Message

__all__ = [
    "LABELS",
    "MARGIN",
    "STYLE",
    "WIDTH",
    "grid",
    "kind",
    "milliseconds",
    "rect",
    "scale",
    "titles",
    "words",
    "x",
]

WIDTH, MARGIN = 960, 16  # pixels
LABELS, CHART = 176, 552  # the texts at the left, and the bars; the rest is for the texts behind the bars

STYLE = f"""
.client {{ fill: {style.PAPER}; stroke: {style.ORANGE}; stroke-width: 2; }}
.gateway {{ fill: {style.TINTS[style.BLUE]}; stroke: {style.BLUE}; stroke-width: 1.5; }}
.cold {{ fill: {style.PAPER}; stroke: {style.BLUE}; stroke-width: 2; stroke-dasharray: 5 3; }}
.handler {{ fill: {style.TINTS[style.ORANGE]}; stroke: {style.ORANGE}; stroke-width: 2; }}
.call {{ fill: {style.BLUE}; }}
.mark {{ fill: {style.ORANGE}; }}
.waits {{ stroke: {style.ORANGE}; stroke-width: 2; }}
text {{ paint-order: stroke; stroke: {style.PAPER}; stroke-width: 3px; stroke-linejoin: round; }}
"""

KINDS: Mapping[str, str] = MappingProxyType(
    {CLIENT: "client", GATEWAY: "gateway", COLD_START: "cold", HANDLER: "handler", DELIVERED: "mark"}
)
STEPS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 60_000, 10**9)


def kind(lane: str) -> str:
    """The class in ``STYLE`` of the bars in a lane; lanes that ``KINDS`` does not name hold calls to a service."""
    return KINDS.get(lane, "call")


def x(moment: float, longest: float) -> float:
    """The x of a moment, in milliseconds since the left end of the scale; ``longest`` is the length of the scale."""
    return LABELS + moment * CHART / longest


def rect(kind: str, left: float, top: float, right: float, height: float) -> str:
    """A bar, two pixels wide at least."""
    return (
        f'<rect class="{kind}" x="{left:.1f}" y="{top:.1f}" width="{max(right - left, 2):.1f}" height="{height:g}" '
        f'rx="{min(4, height / 3):.1f}"/>'
    )


def grid(longest: float, top: float, bottom: float) -> list[str]:
    """A vertical line at each tick."""
    return [f'<path class="grid" d="M{x(tick, longest):.1f} {top:g}V{bottom:g}"/>' for tick in _ticks(longest)]


def scale(longest: float, y: float) -> list[str]:
    """The label of each tick, below the lines."""
    return [
        f'<text class="small middle" x="{x(tick, longest):.1f}" y="{y:g}">{tick} ms</text>' for tick in _ticks(longest)
    ]


def titles(messages: Sequence[Message], names: Sequence[str]) -> list[str]:
    """A title for each message: its name, or without one its client and route."""
    own = [f"{message.client}: {message.route}" for message in messages]
    return [*names[: len(own)], *own[len(names) :]]


def cut(text: str, most: int) -> str:
    """At most ``most`` characters of the text: the name of a client and an error may be long."""
    return text if len(text) <= most else text[: most - 1] + "…"


def words(bars: Sequence[Bar]) -> str:
    """The text behind the bars of one lane: what happened, how long it took, and what failed."""
    if bars[0].lane == DELIVERED:
        return f"to {len(bars)} clients"
    if len(bars) == 1:
        return " ".join(word for word in (bars[0].what, milliseconds(bars[0].took), bars[0].problem) if word)
    least, most = (milliseconds(choose(bar.took for bar in bars)) for choose in (min, max))
    problems = Counter(bar.problem for bar in bars if bar.problem)
    failed = "".join(f", {count} {problem}" for problem, count in problems.items())
    return f"{len(bars)} calls, {least.removesuffix(' ms')} to {most}{failed}"


def milliseconds(many: float) -> str:
    """Milliseconds as text, with one decimal below 10 ms."""
    return f"{many:.1f} ms" if many < 10 else f"{many:.0f} ms"


def _ticks(longest: float) -> range:
    step = next(step for step in STEPS if longest / step <= 7)
    return range(0, int(longest) + 1, step)

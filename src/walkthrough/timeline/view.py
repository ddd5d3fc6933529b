"""Messages become pictures: blue is what AWS does, orange what is yours, the client and the handler's code."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from html import escape

from walkthrough import style
from walkthrough.picture import Picture
from walkthrough.timeline.messages import CLIENT, COLD_START, DELIVERED, GATEWAY, HANDLER, Bar, Message

__all__ = ["APART", "apart", "together"]

APART = 3  # so many messages are shown lane by lane, unless somebody asks for it

WIDTH = 960  # pixels
LABELS, CHART, MARGIN = 168, 560, 16  # the words at the left, the bars; the rest is for words behind the bars
ROW, BAR, THIN = 28, 18, 7  # the height of a row, of a bar, of one of many
MANY = 6  # so many thin bars at most stand above each other; further ones share the last line

WORDS = {
    CLIENT: "you wait",
    GATEWAY: "API Gateway",
    COLD_START: "cold start",
    HANDLER: "handler",
    DELIVERED: "delivered",
}
KINDS = {CLIENT: "client", GATEWAY: "gateway", COLD_START: "cold", HANDLER: "handler", DELIVERED: "mark"}

STYLE = f"""
.client {{ fill: {style.PAPER}; stroke: {style.ORANGE}; stroke-width: 2; }}
.gateway {{ fill: {style.TINTS[style.BLUE]}; stroke: {style.BLUE}; stroke-width: 1.5; }}
.cold {{ fill: {style.PAPER}; stroke: {style.BLUE}; stroke-width: 2; stroke-dasharray: 5 3; }}
.handler {{ fill: {style.TINTS[style.ORANGE]}; stroke: {style.ORANGE}; stroke-width: 2; }}
.call {{ fill: {style.BLUE}; }}
.mark {{ fill: {style.ORANGE}; }}
.waits {{ stroke: {style.ORANGE}; stroke-width: 2; }}
"""

Scale = Callable[[float], float]


def apart(messages: Sequence[Message], names: Sequence[str] = ()) -> Picture:
    """Each message lane by lane, counted from its own begin."""
    titles = _titles(messages, names)
    longest = max(max(message.end - message.begin for message in messages), 1)
    parts, y = [], 20.0
    for title, message in zip(titles, messages, strict=True):
        parts.append(f'<text class="name" x="{MARGIN}" y="{y + 18}">{escape(title)}</text>')
        parts.append(f'<text class="small end" x="{WIDTH - MARGIN}" y="{y + 18}">{escape(_facts(message))}</text>')
        y += 30
        rows: list[str] = []
        top = y
        for lane, bars in _lanes(message).items():
            drawn, height = _row(lane, bars, y, lambda moment, zero=message.begin: _x(moment - zero, longest))  # type: ignore[misc]
            rows += drawn
            y += height
        parts += [*_grid(longest, top - 4, y - 4), *rows]
        y += 12
    parts += _scale(longest, y + 6)
    alt = " ".join(_sentence(title, message) for title, message in zip(titles, messages, strict=True))
    return Picture(style.page(WIDTH, y + 22, "\n".join(parts), alt, STYLE), alt, _table(titles, messages))


def together(messages: Sequence[Message], names: Sequence[str] = ()) -> Picture:
    """A row a message, in the order in which they began, on the clock of the first."""
    titles = _titles(messages, names)
    order = sorted(range(len(messages)), key=lambda index: messages[index].begin)
    zero = messages[order[0]].begin
    longest = max(max(message.end for message in messages) - zero, 1)
    places = _environments(messages)

    def x(moment: float) -> float:
        return _x(moment - zero, longest)

    parts, y = _legend(), 62.0
    for index in order:
        message = messages[index]
        facts = f"{message.end - message.begin:.0f} ms{_place(message, places)}"
        parts.append(f'<text x="{MARGIN}" y="{y + 19}">{escape(titles[index])}</text>')
        parts += _stacked(message, y, x)
        parts.append(f'<text class="small end" x="{WIDTH - MARGIN}" y="{y + 19}">{escape(facts)}</text>')
        y += 34
    body = [*_grid(longest, 52, y), *parts, *_scale(longest, y + 18)]
    alt = _overview(messages, places)
    text = _overview_table([titles[index] for index in order], [messages[index] for index in order], places, zero)
    return Picture(style.page(WIDTH, y + 34, "\n".join(body), alt, STYLE), alt, text)


def _titles(messages: Sequence[Message], names: Sequence[str]) -> list[str]:
    own = [f"{message.client}: {message.route}" for message in messages]
    return [*names[: len(own)], *own[len(names) :]]


def _facts(message: Message) -> str:
    temperature = "cold" if message.cold else "warm"
    what = f"route {message.route}, {temperature}" if message.environment else f"route {message.route}"
    return what if message.problem is None else f"{what}, {message.status}: {message.problem}"


def _lanes(message: Message) -> dict[str, list[Bar]]:
    """The bars by lane, in the order in which the message passes them."""
    lanes: dict[str, list[Bar]] = {}
    for bar in message.bars:
        lanes.setdefault(bar.lane, []).append(bar)
    return lanes


def _x(milliseconds: float, longest: float) -> float:
    return LABELS + milliseconds * CHART / longest


def _row(lane: str, bars: list[Bar], y: float, x: Scale) -> tuple[list[str], float]:
    """A lane of one message: one bar with its words behind it, or many thin ones above each other."""
    kind = KINDS.get(lane, "call")
    parts = [f'<text x="{MARGIN}" y="{y + 15}">{escape(WORDS.get(lane, lane))}</text>']
    if lane == DELIVERED:
        parts += [f'<circle class="mark" cx="{x(bar.begin):.1f}" cy="{y + 10}" r="5"/>' for bar in bars]
        height = BAR
    else:
        levels = _levels(bars) if len(bars) > 1 else [0]
        thick = THIN if max(levels) > 0 else BAR
        for bar, level in zip(bars, levels, strict=True):
            parts.append(_rect(kind, x(bar.begin), y + 1 + level * (THIN + 2), x(bar.end), thick))
        height = max(BAR, (max(levels) + 1) * (THIN + 2))
    behind = max(x(bar.end) for bar in bars) + 8
    parts.append(f'<text class="small" x="{behind:.1f}" y="{y + 15}">{escape(_words(bars))}</text>')
    return parts, height + ROW - BAR


def _rect(kind: str, left: float, top: float, right: float, height: float) -> str:
    return (
        f'<rect class="{kind}" x="{left:.1f}" y="{top:.1f}" width="{max(right - left, 2):.1f}" height="{height:g}" '
        f'rx="{min(4, height / 3):.1f}"/>'
    )


def _levels(bars: Sequence[Bar]) -> list[int]:
    """For each bar a line in which it covers no other one, while there are lines."""
    ends: list[float] = []
    levels = []
    for bar in bars:
        level = next((level for level, end in enumerate(ends) if end <= bar.begin), min(len(ends), MANY - 1))
        ends[level : level + 1] = [bar.end]
        levels.append(level)
    return levels


def _words(bars: Sequence[Bar]) -> str:
    """What stands behind the bars of a lane."""
    if bars[0].lane == DELIVERED:
        return f"to {len(bars)} clients"
    if len(bars) == 1:
        return " ".join(word for word in (bars[0].what, _ms(bars[0].took), bars[0].problem) if word)
    least, most = (_ms(choose(bar.took for bar in bars)) for choose in (min, max))
    problems = Counter(bar.problem for bar in bars if bar.problem)
    failed = "".join(f", {count} {problem}" for problem, count in problems.items())
    return f"{len(bars)} calls, {least.removesuffix(' ms')} to {most}{failed}"


def _ms(milliseconds: float) -> str:
    return f"{milliseconds:.1f} ms" if milliseconds < 10 else f"{milliseconds:.0f} ms"


def _stacked(message: Message, y: float, x: Scale) -> list[str]:
    """All lanes of a message in one row: the outer one is the tallest."""
    parts = []
    for bar in message.bars:
        left, right = x(bar.begin), x(bar.end)
        match bar.lane:
            case "client":
                ends = f"M{left:.1f} {y + 1}V{y + 7}M{right:.1f} {y + 1}V{y + 7}"
                parts.append(f'<path class="waits" d="M{left:.1f} {y + 4}H{right:.1f}{ends}"/>')
            case "API Gateway":
                parts.append(_rect("gateway", left, y + 9, right, 20))
            case "cold start":
                parts.append(_rect("cold", left, y + 12, right, 14))
            case "handler":
                parts.append(_rect("handler", left, y + 12, right, 14))
            case "delivered":
                parts.append(f'<circle class="mark" cx="{left:.1f}" cy="{y + 4}" r="3.5"/>')
            case _:
                parts.append(_rect("call", left, y + 16, right, 6))
    return parts


def _legend() -> list[str]:
    """What stands for what, in one line above the rows."""
    parts, x = [], float(LABELS)
    for kind, words in (
        ("waits", "you wait"),
        ("gateway", "API Gateway waits"),
        ("cold", "cold start"),
        ("handler", "handler"),
        ("call", "calls to AWS"),
    ):
        if kind == "waits":
            parts.append(f'<path class="waits" d="M{x} 28H{x + 26}M{x} 24V32M{x + 26} 24V32"/>')
        else:
            parts.append(_rect(kind, x, 25 if kind == "call" else 21, x + 26, 6 if kind == "call" else 14))
        parts.append(f'<text class="small" x="{x + 33}" y="33">{words}</text>')
        x += 60 + 7.4 * len(words)
    return parts


def _ticks(longest: float) -> range:
    step = next(step for step in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10**9) if longest / step <= 7)
    return range(0, int(longest) + 1, step)


def _grid(longest: float, top: float, bottom: float) -> list[str]:
    return [f'<path class="grid" d="M{_x(tick, longest):.1f} {top:g}V{bottom:g}"/>' for tick in _ticks(longest)]


def _scale(longest: float, y: float) -> list[str]:
    return [
        f'<text class="small middle" x="{_x(tick, longest):.1f}" y="{y:g}">{tick} ms</text>' for tick in _ticks(longest)
    ]


def _environments(messages: Iterable[Message]) -> dict[str, int]:
    """A number for each execution environment, in the order in which they are used."""
    streams = dict.fromkeys(m.environment for m in sorted(messages, key=lambda m: m.begin) if m.environment)
    return {stream: number for number, stream in enumerate(streams, start=1)}


def _place(message: Message, places: dict[str, int]) -> str:
    if message.environment is None:
        return f", {message.problem}" if message.problem else ""
    return f", {'cold' if message.cold else 'warm'}, environment {places[message.environment]}"


def _span(message: Message, bars: Sequence[Bar]) -> tuple[float, float]:
    """From when to when, counted from the message's own begin."""
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
            lines.append(f"  {WORDS.get(lane, lane):14}{begin:5.0f} ms{end:7.0f} ms   {_words(bars)}")
    return "\n".join(lines)


def _overview(messages: Sequence[Message], places: dict[str, int]) -> str:
    cold = sum(message.cold for message in messages)
    last = max(message.end for message in messages) - min(message.begin for message in messages)
    return (
        f"{len(messages)} messages on one clock, a row each: they ran in {len(places)} execution environments, "
        f"{cold} of them after a cold start, and the last was done after {last:.0f} ms."
    )


def _overview_table(titles: Sequence[str], messages: Sequence[Message], places: dict[str, int], zero: float) -> str:
    lines = [f"{'':26}{'began at':>10}{'took':>10}{'cold start':>13}{'handler':>10}  environment"]
    for title, message in zip(titles, messages, strict=True):
        cold, handler = (sum(bar.took for bar in message.lane(lane)) for lane in (COLD_START, HANDLER))
        lines.append(
            f"{title:26}{message.begin - zero:7.0f} ms{message.end - message.begin:7.0f} ms"
            f"{f'{cold:.0f} ms' if cold else '–':>13}{handler:7.0f} ms  "
            f"{places.get(message.environment or '', '–')}"
        )
    return "\n".join(lines)

"""Where the time of one message goes: the client's own clock beside what Lambda wrote into its log.

Lambda logs each invocation as START, END and REPORT, and INIT_START before the first one of an execution environment:
https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape

__all__ = ["Bar", "Invocation", "Timeline", "invocations", "message"]


@dataclass(frozen=True, slots=True)
class Invocation:
    """One run of a handler, in milliseconds since 1970; ``preparing`` is None when its environment was warm."""

    request_id: str
    preparing: int | None
    started: int
    ended: int

    @property
    def cold(self) -> bool:
        """Whether Lambda had to make an execution environment for it."""
        return self.preparing is not None


@dataclass(frozen=True, slots=True)
class Bar:
    """Something that took time, from one moment to another: milliseconds since the message was sent."""

    who: str
    what: str
    begin: float
    end: float


def invocations(events: Iterable[Mapping[str, Any]]) -> list[Invocation]:
    """The finished invocations in the events of ``filter_log_events``, the first one first."""
    preparing: dict[str, int] = {}  # by log stream: an execution environment has one of its own
    started: dict[str, int] = {}
    finished = []
    for event in events:
        stream, moment, text = event["logStreamName"], event["timestamp"], event["message"]
        match = re.match(r"(INIT_START|START|REPORT)\b(?: RequestId: (\S+))?", text)
        if match is None:
            continue
        word, request_id = match.groups()
        if word == "INIT_START":
            preparing[stream] = moment
        elif word == "START":
            started[request_id] = moment
        elif request_id in started:
            began = preparing.pop(stream, None)
            cold = "Init Duration:" in text  # an environment may be prepared before anybody needs it
            finished.append(Invocation(request_id, began if cold else None, started.pop(request_id), moment))
    return sorted(finished, key=lambda invocation: invocation.started)


def message(sent: float, received: float, invocation: Invocation) -> list[Bar]:
    """The bars of one message; ``sent`` and ``received`` are the client's ``time.time()``, in seconds."""
    zero = sent * 1000
    bars = [Bar("client", "waits for its answer", 0, received * 1000 - zero)]
    if invocation.preparing is not None:
        bars.append(Bar("Lambda", "prepares an environment", invocation.preparing - zero, invocation.started - zero))
    bars.append(Bar("Lambda", "runs the handler", invocation.started - zero, invocation.ended - zero))
    return bars


LABELS, CHART, WIDTH, ROW = 268, 560, 960, 30  # pixels: the words, the bars, the whole, the height of a bar's row

STYLE = """\
.page { fill: #ffffff; stroke: #c9d1d9; }
.client { fill: #fdebdd; stroke: #a34700; stroke-width: 2; }
.Lambda { fill: #e1eef7; stroke: #00578a; stroke-width: 2; }
.prepares { stroke-dasharray: 5 3; }
.grid { stroke: #c9d1d9; }
text { fill: #24292f; font-size: 15px; }
.name { font-weight: bold; }
.small { font-size: 13.5px; fill: #424a53; }"""


@dataclass(frozen=True, slots=True)
class Timeline:
    """The bars of several messages on one scale: a picture in a notebook, a table of numbers in print."""

    messages: Mapping[str, Sequence[Bar]]

    def __str__(self) -> str:
        lines = [f"{'':34}{'from':>8}{'to':>9}{'took':>9}"]
        for name, bars in self.messages.items():
            lines.append(name)
            for bar in bars:
                words = f"  {bar.who} {bar.what}"
                lines.append(f"{words:34}{round(bar.begin):5} ms{round(bar.end):6} ms{round(bar.end - bar.begin):6} ms")
        return "\n".join(lines)

    __repr__ = __str__

    def _repr_svg_(self) -> str:
        """What Jupyter shows of it."""
        bars = [bar for bars in self.messages.values() for bar in bars]
        longest = max(bar.end for bar in bars)
        step = next(step for step in (10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10**9) if longest / step <= 8)
        scale = CHART / (longest * 1.02)
        parts: list[str] = []
        y = 30
        for name, bars_of_one in self.messages.items():
            parts.append(f'<text class="name" x="24" y="{y + 14}">{escape(name)}</text>')
            y += 26
            for bar in bars_of_one:
                parts += _drawn(bar, y, scale)
                y += ROW
            y += 14
        grid = [
            f'<path class="grid" d="M{LABELS + tick * scale:.1f} 20V{y - 8}"/>'
            f'<text class="small" x="{LABELS + tick * scale:.1f}" y="{y + 10}" text-anchor="middle">{tick} ms</text>'
            for tick in range(0, int(longest) + 1, step)
        ]
        height = y + 28
        return "\n".join(
            [
                f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
                f'role="img" aria-label="{escape(_sentence(self.messages), {chr(34): "&quot;"})}" '
                "font-family=\"'Helvetica Neue', Helvetica, Arial, 'Liberation Sans', sans-serif\">",
                f"<title>{escape(_sentence(self.messages))}</title>",
                f"<style>{STYLE}</style>",
                f'<rect class="page" x="0.5" y="0.5" width="{WIDTH - 1}" height="{height - 1}" rx="12"/>',
                *grid,
                *parts,
                "</svg>",
            ]
        )


def _drawn(bar: Bar, y: int, scale: float) -> list[str]:
    x, width = LABELS + max(bar.begin, 0) * scale, max((bar.end - bar.begin) * scale, 2)
    kind = f"{bar.who} prepares" if bar.what.startswith("prepares") else bar.who
    took = f"{bar.end - bar.begin:.0f} ms"
    return [
        f'<text x="24" y="{y + 17}">{escape(f"{bar.who} {bar.what}")}</text>',
        f'<rect class="{kind}" x="{x:.1f}" y="{y + 2}" width="{width:.1f}" height="20" rx="4"/>',
        f'<text class="small" x="{x + width + 6:.1f}" y="{y + 17}">{took}</text>',
    ]


def _sentence(messages: Mapping[str, Sequence[Bar]]) -> str:
    return " ".join(
        f"{name}: " + ", ".join(f"{bar.who} {bar.what} from {bar.begin:.0f} to {bar.end:.0f} ms" for bar in bars) + "."
        for name, bars in messages.items()
    )

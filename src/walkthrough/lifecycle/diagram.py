"""Draw the states and transitions of a connection; with a path, its steps stand out and are numbered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

from walkthrough import style
from walkthrough.lifecycle import history
from walkthrough.lifecycle.history import Path
from walkthrough.lifecycle.states import TRANSITIONS, State
from walkthrough.picture import Picture

__all__ = ["picture"]

WIDTH, HEIGHT, LINE = 980, 500, 22  # pixels: width and height of the diagram, and of a line of text below it
LISTED = 16  # steps of a path that are listed; further ones are counted

BOXES: Mapping[State, tuple[int, int, int, int, str]] = {  # left, top, width, height, class
    "connecting": (40, 120, 130, 44, "aws"),
    "open": (360, 110, 110, 270, "aws"),
    "closing": (830, 110, 110, 270, "aws"),
    "refused": (40, 300, 130, 44, "thing"),
    "dropped": (355, 434, 120, 44, "thing"),
    "closed": (825, 434, 120, 44, "thing"),
    "$disconnect": (600, 434, 112, 44, "yours"),
}

EVERYTHING = (
    "A diagram of a connection's states: connecting, then open or refused; open, then closing and closed, or dropped; "
    "then $disconnect. Five arrows lead from open to closing, one for each cause."
)

CSS = f"""
.way {{ fill: none; stroke: {style.GREY}; stroke-width: 1.6; marker-end: url(#to); }}
.faint .way {{ stroke: {style.BORDER}; marker-end: url(#faint); }}
.faint text {{ fill: #6e7781; }}
.faint rect {{ stroke-width: 1; stroke-dasharray: 3 3; }}
.taken .way {{ stroke: {style.INK}; stroke-width: 3.6; marker-end: url(#taken); }}
.taken .say {{ font-weight: bold; }}
.taken rect {{ stroke-width: 4; }}
.say {{ font-size: 13px; }}
.number {{ fill: {style.INK}; }}
.count {{ fill: {style.PAPER}; font-size: 13px; font-weight: bold; text-anchor: middle; }}
"""

MARKERS = (
    "<defs>"
    f'<marker id="taken" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="4" markerHeight="4" orient="auto">'
    f'<path d="M0 0 10 5 0 10z" fill="{style.INK}"/></marker>'
    f'<marker id="faint" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="6" markerHeight="6" orient="auto">'
    f'<path d="M0 0 10 5 0 10z" fill="{style.BORDER}"/></marker></defs>'
)


@dataclass(frozen=True, slots=True)
class _Arrow:
    """How a transition is drawn: its SVG path, the middle of its number, and its words with their places."""

    path: str
    number: tuple[int, int]
    words: tuple[tuple[int, int, str, str], ...]  # left (or right, or middle) end, baseline, class, text


def _row(y: int, words: str) -> _Arrow:
    """One of the arrows from open to closing, at the height ``y``."""
    return _Arrow(f"M470 {y}H830", (496, y), ((520, y - 8, "", words),))


ARROWS = {
    "ask": _Arrow(
        "M105 40V120", (105, 66), ((126, 62, "", "client: GET with Upgrade"), (126, 80, "", "(the handshake)"))
    ),
    "accept": _Arrow("M170 142H360", (194, 142), ((214, 134, "", "$connect: 2xx"), (214, 162, "", "client: 101"))),
    "refuse": _Arrow(
        "M105 164V300",
        (105, 200),
        (
            (126, 204, "", "no from $connect, from"),
            (126, 222, "", "the authorizer, or a limit:"),
            (126, 240, "", "its HTTP status, no 101"),
        ),
    ),
    "message": _Arrow(
        "M390 110V50H440V110",
        (415, 50),
        ((456, 56, "", "client: message → its route"), (456, 74, "", "you: @connections → client")),
    ),
    "leave": _row(150, "client: close frame, code its own"),
    "delete": _row(200, "you: DeleteConnection"),
    "idle": _row(250, "gateway: idle for 10 minutes, 1001"),
    "old": _row(300, "gateway: open for 2 hours, 1001"),
    "policy": _row(350, "gateway: binary 1003, too big 1009 …"),
    "end": _Arrow("M885 380V434", (885, 404), ((866, 408, "end", "close frames exchanged, TCP ends"),)),
    "lose": _Arrow("M415 380V434", (415, 404), ((434, 408, "", "TCP gone, no close: 1006"),)),
    "tell late": _Arrow("M475 456H600", (496, 456), ((548, 448, "middle", "late, or"), (548, 474, "middle", "never"))),
    "tell": _Arrow("M825 456H712", (806, 456), ((757, 448, "middle", "with its"), (757, 474, "middle", "code"))),
}


def picture(path: Path | Iterable[Any] = ()) -> Picture:
    """Draw all states and transitions; those that ``path`` took are heavy and numbered.

    The steps and notes of the path are listed below. Instead of a path, lines may be given, as ``lifecycle.path`` takes
    them; this raises what that raises.
    """
    if path == ():
        drawing = _drawing({}, set(), path_given=False)
        return Picture(style.page(WIDTH, HEIGHT, drawing, EVERYTHING, CSS), EVERYTHING, _all())
    known = path if isinstance(path, Path) else history.path(path)
    taken: dict[str, list[int]] = {}
    visited: set[State] = set()
    for number, step in enumerate(known.steps, 1):
        taken.setdefault(step.name, []).append(number)
        visited |= {step.before, step.after}
    listing, height = _listing(known)
    alt = _alt(known)
    drawing = _drawing(taken, visited, path_given=True)
    return Picture(style.page(WIDTH, height, drawing + listing, alt, CSS), alt, repr(known))


def _drawing(taken: Mapping[str, list[int]], visited: set[State], path_given: bool) -> str:
    drawn = [MARKERS, f'<circle cx="105" cy="36" r="6" fill="{style.INK}"/>']
    for name in sorted(ARROWS, key=lambda name: name in taken):  # the heavy ones on top
        drawn.append(_arrow(ARROWS[name], name in taken, path_given))
    drawn += [_box(state, state in visited, path_given) for state in BOXES]
    drawn += [_badge(*ARROWS[name].number, _ranges(numbers)) for name, numbers in taken.items() if name in ARROWS]
    return "\n".join(drawn)


def _listing(path: Path) -> tuple[str, int]:
    """The steps in two columns, with the notes below; and the height of the page."""
    steps = [f"{number}  {step.who}: {step.words}" for number, step in enumerate(path.steps[:LISTED], 1)]
    steps += [f"… and {len(path.steps) - LISTED} more"] if len(path.steps) > LISTED else []
    half = (len(steps) + 1) // 2
    lines = [(40 + 460 * (number // half), number % half, step) for number, step in enumerate(steps)]
    lines += [(40, half + number, f"?  {note}") for number, note in enumerate(path.notes)]
    drawn = "".join(
        f'<text class="say" x="{x}" y="{HEIGHT + 18 + LINE * row}">{escape(line)}</text>' for x, row, line in lines
    )
    return drawn, HEIGHT + 16 + LINE * (half + len(path.notes))


def _arrow(arrow: _Arrow, taken: bool, path_given: bool) -> str:
    kind = "taken" if taken else "faint" if path_given else ""
    words = "".join(
        f'<text class="say {align}" x="{x}" y="{y}">{escape(text)}</text>' for x, y, align, text in arrow.words
    )
    return f'<g class="{kind}"><path class="way" d="{arrow.path}"/>{words}</g>'


def _box(state: State, visited: bool, path_given: bool) -> str:
    left, top, width, height, kind = BOXES[state]
    look = "taken" if visited else "faint" if path_given else ""
    return (
        f'<g class="{look}"><rect class="{kind}" x="{left}" y="{top}" width="{width}" height="{height}" rx="8"/>'
        f'<text class="name middle" x="{left + width // 2}" y="{top + height // 2 + 5}">{state}</text></g>'
    )


def _badge(x: int, y: int, what: str) -> str:
    width = max(22, 10 + 8 * len(what))
    return (
        f'<rect class="number" x="{x - width / 2:g}" y="{y - 11}" width="{width}" height="22" rx="11"/>'
        f'<text class="count" x="{x}" y="{y + 5}">{what}</text>'
    )


def _ranges(numbers: list[int]) -> str:
    """``3–5`` for 3, 4 and 5; ``3, 7`` where others lie between."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and runs[-1][-1] == number - 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(f"{run[0]}" if len(run) == 1 else f"{run[0]}–{run[-1]}" for run in runs)


def _alt(path: Path) -> str:
    steps = [f"{step.who}: {step.words}" for step in path.steps[:LISTED]]
    rest = f"; and {len(path.steps) - LISTED} more" if len(path.steps) > LISTED else ""
    way = f"The path of one connection through its states. {'; '.join(steps)}{rest}." if steps else ""
    return " ".join(filter(None, [way, *path.notes]))


def _all() -> str:
    return "\n".join(
        f"{transition.before:>10} → {transition.after:11}  {transition.who}: {transition.words}"
        for transition in TRANSITIONS.values()
    ).replace("   nothing →", "           ")

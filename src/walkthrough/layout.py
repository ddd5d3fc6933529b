"""Where the boxes and arrows of a graph go: columns from what refers to what is referred to, left to right.

An arrow over several columns keeps a place of its own in each column between, so that it crosses no box. A type
that others are parts of becomes a frame around them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations, islice, pairwise, permutations, product
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from walkthrough.graph import Graph, Group

__all__ = ["GAP", "HEAD", "LINE", "Box", "Layout", "arrange"]

HEAD = 46  # a box's title and service
LINE = 20  # one name in it
GAP = 28  # between columns, and around everything
BETWEEN = 22  # between boxes of one column
LANE = 8  # an arrow's place in a column that it passes
TITLE = 38  # a frame's title
TRIED = 5_000  # orders looked at for the one with the fewest crossings: all of them in a stack of this size

Step = tuple[str, str, int]  # an arrow's place in a column between its ends


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle, in pixels from the top left."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        return self.x + self.width

    @property
    def bottom(self) -> float:
        return self.y + self.height


@dataclass(frozen=True, slots=True)
class Layout:
    """Boxes and frames by type, and arrows as SVG path data."""

    width: float
    height: float
    boxes: Mapping[str, Box]
    frames: Mapping[str, Box]
    paths: tuple[str, ...]


def arrange(graph: Graph) -> Layout:
    """Place everything; the same graph always gives the same layout."""
    holders = {group.inside for group in graph.groups if group.inside}
    groups = {group.type: group for group in graph.groups if group.type not in holders}
    arrows = sorted((source, target) for source, target in graph.arrows if source in groups and target in groups)
    columns = _columns(groups, arrows)
    routes = {(source, target): _route(columns, source, target) for source, target in arrows}
    upward = {source for source, target in graph.arrows if target in holders}
    order = _order(groups, columns, routes, upward)

    places: dict[str | Step, Box] = {}
    x, height = float(GAP * 1.5), 0.0
    for column in order:
        width = max((_width(groups[place]) for place in column if isinstance(place, str)), default=0.0)
        y = float(GAP + TITLE)
        for place in column:
            tall = HEAD + LINE * len(groups[place].names) + 4 if isinstance(place, str) else LANE
            places[place] = Box(x, y, width, tall)
            y += tall + BETWEEN
        height = max(height, y - BETWEEN)
        x += width + GAP
    boxes = {place: box for place, box in places.items() if isinstance(place, str)}

    frames = {}
    for holder in sorted(holders):
        held = [boxes[group.type] for group in graph.groups if group.inside == holder and group.type in boxes]
        left, top = min(box.x for box in held) - GAP / 2, min(box.y for box in held) - TITLE
        right, bottom = max(box.right for box in held) + GAP / 2, max(box.bottom for box in held) + GAP / 3
        frames[holder] = Box(left, top, right - left, bottom - top)

    paths = [_path([places[place] for place in route], *_ports(routes, places, route)) for route in routes.values()]
    paths += [
        _path_to_frame(boxes[source], frames[target])
        for source, target in sorted(graph.arrows)
        if target in frames and source in boxes
    ]
    return Layout(x + GAP / 2, height + GAP, boxes, frames, tuple(paths))


def _columns(groups: Mapping[str, Group], arrows: list[tuple[str, str]]) -> dict[str, int]:
    """The column of each type, 0 at the right: one more than the farthest of what it refers to."""
    found: dict[str, int] = {}

    def column(name: str, above: tuple[str, ...]) -> int:
        if name not in found:
            targets = [target for source, target in arrows if source == name and target not in (*above, name)]
            found[name] = max((column(target, (*above, name)) + 1 for target in targets), default=0)
        return found[name]

    for name in groups:
        column(name, ())
    return found


def _route(columns: Mapping[str, int], source: str, target: str) -> list[str | Step]:
    between: list[str | Step] = [(source, target, at) for at in range(columns[source] - 1, columns[target], -1)]
    return [source, *between, target]


def _order(
    groups: Mapping[str, Group],
    columns: Mapping[str, int],
    routes: Mapping[tuple[str, str], list[str | Step]],
    upward: set[str],
) -> tuple[tuple[str | Step, ...], ...]:
    """What stands in each column, the leftmost first, from top to bottom with few crossings.

    What has an arrow to a frame stands first, since that arrow goes upward.
    """
    last = max(columns.values(), default=0)
    order: list[list[str | Step]] = [[name for name in groups if columns[name] == last - at] for at in range(last + 1)]
    for route in routes.values():
        for place in route[1:-1]:
            order[last - int(place[2])].append(place)
    pieces = [piece for route in routes.values() for piece in pairwise(route)]
    choices = [
        [ways for ways in permutations(column) if upward.isdisjoint(ways) or ways[0] in upward] for column in order
    ]
    return min(islice(product(*choices), TRIED), key=lambda order: _crossings(order, pieces))


def _crossings(order: tuple[tuple[str | Step, ...], ...], pieces: list[tuple[str | Step, str | Step]]) -> int:
    """How many pairs of arrows cross between two neighbouring columns."""
    at = {place: (number, row) for number, column in enumerate(order) for row, place in enumerate(column)}
    lines = [(at[one], at[other]) for one, other in pieces]
    return sum(
        start[0] == begin[0] and (start[1] - begin[1]) * (end[1] - finish[1]) < 0
        for (start, end), (begin, finish) in combinations(lines, 2)
    )


def _width(group: Group) -> float:
    """Wide enough for its words: a guess, since only the one who draws knows the font."""
    names = max(len(name) for name in group.names) * 8.6
    return 20.0 + max(names, len(group.kind) * 9.6, len(group.service) * 7.4)


def _ports(
    routes: Mapping[tuple[str, str], list[str | Step]], places: Mapping[str | Step, Box], route: list[str | Step]
) -> tuple[float, float]:
    """The heights at which an arrow leaves its source and reaches its target, apart from the others there."""

    def port(box: Box, others: list[float], mine: float) -> float:
        return box.y + box.height * (sorted(others).index(mine) + 1) / (len(others) + 1)

    source, target = places[route[0]], places[route[-1]]
    leaving = [places[other[1]].y + places[other[1]].x / 1e4 for other in routes.values() if other[0] == route[0]]
    coming = [places[other[-2]].y + places[other[-2]].x / 1e4 for other in routes.values() if other[-1] == route[-1]]
    before, after = places[route[-2]], places[route[1]]
    return port(source, leaving, after.y + after.x / 1e4), port(target, coming, before.y + before.x / 1e4)


def _path(boxes: list[Box], start: float, end: float) -> str:
    """From the right side of the first box to the left side of the last, through the places between."""
    x, y = boxes[0].right, start
    path = f"M{x:.0f} {y:.0f}"
    for box in boxes[1:-1]:
        level = box.y + box.height / 2
        path += _curve(x, y, box.x, level) + f"H{box.right:.0f}"
        x, y = box.right, level
    return path + _curve(x, y, boxes[-1].x, end)


def _curve(x: float, y: float, to_x: float, to_y: float) -> str:
    middle = (x + to_x) / 2
    return f"C{middle:.0f} {y:.0f} {middle:.0f} {to_y:.0f} {to_x:.0f} {to_y:.0f}"


def _path_to_frame(box: Box, frame: Box) -> str:
    """Up from a box, and along above the others to the frame's right side."""
    level = frame.y + TITLE / 2
    return f"M{box.x + box.width / 2:.0f} {box.y:.0f}V{level:.0f}H{frame.right:.0f}"

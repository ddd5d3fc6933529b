"""Where the boxes and arrows of a graph go: in columns, so that a type is to the left of the types it refers to.

An arrow over several columns has a place of its own in each column between, so that it crosses no box. A type that
others are parts of becomes a frame around them. A type without any arrow stands below the columns.
"""

from bisect import bisect_left, bisect_right, insort
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean

from walkthrough.graph.model import Graph, Group

__all__ = ["GAP", "HEAD", "INDENT", "LINE", "Box", "Layout", "arrange", "titles", "wrapped"]

HEAD = 46  # a box's title and service
LINE = 20  # one name in it
GAP = 28  # between columns, and around everything
BETWEEN = 22  # between boxes of one column
LANE = 8  # an arrow's place in a column that it passes
TITLE = 38  # a frame's title
LETTERS = 16  # in one line of a name
INDENT = 10  # of the further lines of a name
WIDE = 1160  # the width of a row below the columns
SWEEPS = 12  # passes through all columns that look for fewer crossings
ROUTED = 4_000  # places that all arrows together may have between their ends
EXCHANGED = 2_000  # pieces of arrows up to which neighbours in a column also try each other's places

Step = tuple[str, str, int]  # an arrow's place in a column between its ends
Place = str | Step
Piece = tuple[Place, Place]  # of an arrow, from one column to the next


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
    upward = {source for source, target in graph.arrows if target in holders}
    joined = {end for arrow in graph.arrows for end in arrow}
    placed = {name: group for name, group in groups.items() if name in joined or group.inside}
    columns = _columns(placed, arrows)
    routes = _routes(columns, arrows)
    order = _order(placed, columns, routes, upward)

    places: dict[Place, Box] = {}
    x, height = float(GAP * 1.5), 0.0
    for column, width in zip(order, _widths(graph, placed, order), strict=True):
        y = float(GAP + TITLE)
        for place in column:
            tall = _height(groups[place]) if isinstance(place, str) else LANE
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

    paths = _paths(routes, places)
    paths += [
        _path_to_frame(boxes[source], frames[target])
        for source, target in sorted(graph.arrows)
        if target in frames and source in boxes
    ]
    below = _rows([group for name, group in groups.items() if name not in placed], height + GAP)
    boxes |= below
    right = max((box.right + GAP * 1.5 for box in boxes.values()), default=GAP * 2.0)
    return Layout(right, max((box.bottom for box in below.values()), default=height) + GAP, boxes, frames, tuple(paths))


def wrapped(name: str) -> list[str]:
    """A name in lines of a box, broken before a capital letter or behind a sign where there is one.

    >>> wrapped("ServerlessDeploymentBucket")
    ['Serverless', 'DeploymentBucket']
    """
    lines = []
    while len(name) > LETTERS:
        starts = [at for at in range(LETTERS // 3, LETTERS + 1) if name[at].isupper() or not name[at - 1].isalnum()]
        end = starts[-1] if starts else LETTERS
        lines.append(name[:end])
        name = name[end:]
    return [*lines, name]


def titles(holder: Group) -> str:
    """The names of a frame's resources, as its title shows them."""
    return ", ".join(holder.names)


def _height(group: Group) -> float:
    return HEAD + LINE * sum(len(wrapped(name)) for name in group.names) + 4


def _widths(graph: Graph, groups: Mapping[str, Group], order: Sequence[Sequence[Place]]) -> list[float]:
    """The width of each column: that of its widest box, and enough for the title of a frame that begins in it."""
    widths = [
        max((_width(groups[place]) for place in column if isinstance(place, str)), default=0.0) for column in order
    ]
    for holder in graph.groups:
        inside = [
            number
            for number, column in enumerate(order)
            if any(isinstance(place, str) and groups[place].inside == holder.type for place in column)
        ]
        if inside:
            held = widths[inside[0] : inside[-1] + 1]
            title = len(holder.kind) * 9.6 + len(titles(holder)) * 8.6 + len(holder.service) * 7.4 + 24
            widths[inside[0]] += max(0.0, title - sum(held) - GAP * (len(held) - 1))
    return widths


def _rows(groups: Sequence[Group], top: float) -> dict[str, Box]:
    """Boxes beside each other, in as many rows as they need."""
    boxes: dict[str, Box] = {}
    x, y, tallest = GAP * 1.5, top, 0.0
    for group in groups:
        width, height = _width(group), _height(group)
        if x + width > WIDE and tallest:
            x, y, tallest = GAP * 1.5, y + tallest + BETWEEN, 0.0
        boxes[group.type] = Box(x, y, width, height)
        x, tallest = x + width + GAP, max(tallest, height)
    return boxes


def _columns(groups: Mapping[str, Group], arrows: list[tuple[str, str]]) -> dict[str, int]:
    """The column of each type, 0 at the right: one more than the largest column of the types it refers to."""
    found: dict[str, int] = {}
    targets_of: dict[str, list[str]] = defaultdict(list)
    for source, target in arrows:
        targets_of[source].append(target)

    def column(name: str, above: tuple[str, ...]) -> int:
        if name not in found:
            targets = [target for target in targets_of[name] if target not in (*above, name)]
            found[name] = max((column(target, (*above, name)) + 1 for target in targets), default=0)
        return found[name]

    for name in groups:
        column(name, ())
    return found


def _routes(columns: Mapping[str, int], arrows: Sequence[tuple[str, str]]) -> dict[tuple[str, str], list[Place]]:
    """The places of each arrow from source to target. If there are too many, the longest arrows have none between."""
    left = ROUTED
    routes: dict[tuple[str, str], list[Place]] = {arrow: [] for arrow in arrows}
    for source, target in sorted(arrows, key=lambda arrow: columns[arrow[0]] - columns[arrow[1]]):
        between: list[Place] = [(source, target, at) for at in range(columns[source] - 1, columns[target], -1)]
        left -= len(between)
        routes[source, target] = [source, *(between if left >= 0 else ()), target]
    return routes


def _order(
    groups: Mapping[str, Group],
    columns: Mapping[str, int],
    routes: Mapping[tuple[str, str], list[Place]],
    upward: set[str],
) -> list[list[Place]]:
    """The places in each column, the leftmost column first, from top to bottom, with few crossings.

    A type with an arrow to a frame comes first, since that arrow goes upward. Each sweep sorts the columns by where the
    other ends of their arrows are, once from the left and once from the right: the barycentre heuristic of Sugiyama,
    Tagawa and Toda (https://doi.org/10.1109/TSMC.1981.4308636). The best result is taken.
    """
    last = max(columns.values(), default=0)
    order: list[list[Place]] = [[name for name in groups if columns[name] == last - at] for at in range(last + 1)]
    for route in routes.values():
        for place in route[1:-1]:
            order[last - _column(columns, place)].append(place)
    order = [sorted(column, key=lambda place: place not in upward) for column in order]
    pieces = [  # without those of a circle, which lead back
        (one, other)
        for route in routes.values()
        for one, other in pairwise(route)
        if _column(columns, one) == _column(columns, other) + 1
    ]
    lefts, rights = defaultdict(list), defaultdict(list)
    for one, other in pieces:
        rights[one].append(other)
        lefts[other].append(one)
    best, fewest = order, _crossings(order, pieces)
    for sweep in range(SWEEPS):
        if not fewest:
            break
        order = _swept(order, (lefts, rights)[sweep % 2], upward, leftward=bool(sweep % 2))
        if len(pieces) <= EXCHANGED:
            order = _exchanged(order, lefts, rights, upward)
        crossings = _crossings(order, pieces)
        if crossings < fewest:
            best, fewest = order, crossings
    return best


def _column(columns: Mapping[str, int], place: Place) -> int:
    return columns[place] if isinstance(place, str) else place[2]


def _swept(
    order: list[list[Place]], beside: Mapping[Place, list[Place]], upward: set[str], *, leftward: bool
) -> list[list[Place]]:
    """The columns, each sorted by the mean row of the places that its own are joined to in the column before."""
    rows: dict[Place, int] = {}
    found = []
    for column in reversed(order) if leftward else order:
        mean = {
            place: fmean(rows[other] for other in beside[place]) if beside.get(place) else float(row)
            for row, place in enumerate(column)
        }
        column = sorted(column, key=lambda place, mean=mean: (place not in upward, mean[place]))  # type: ignore[misc]
        rows |= {place: row for row, place in enumerate(column)}
        found.append(column)
    return found[::-1] if leftward else found


def _exchanged(
    order: list[list[Place]],
    lefts: Mapping[Place, list[Place]],
    rights: Mapping[Place, list[Place]],
    upward: set[str],
) -> list[list[Place]]:
    """The columns after neighbours have changed places, as long as that saves crossings."""
    rows = {place: row for column in order for row, place in enumerate(column)}

    def crossings(upper: Place, lower: Place) -> int:
        return sum(
            rows[one] > rows[other]
            for beside in (lefts, rights)
            for one in beside.get(upper, ())
            for other in beside.get(lower, ())
        )

    found = [list(column) for column in order]
    for column in found:
        for _ in column:
            moved = False
            for row, (upper, lower) in enumerate(pairwise(tuple(column))):
                if column[row] is not upper or (upper in upward) != (lower in upward):
                    continue
                if crossings(lower, upper) < crossings(upper, lower):
                    column[row], column[row + 1] = lower, upper
                    rows[lower], rows[upper] = row, row + 1
                    moved = True
            if not moved:
                break
    return found


def _crossings(order: Sequence[Sequence[Place]], pieces: Sequence[Piece]) -> int:
    """How many pairs of arrows cross between two neighbouring columns."""
    at = {place: (number, row) for number, column in enumerate(order) for row, place in enumerate(column)}
    between: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for one, other in pieces:
        between[at[one][0]].append((at[one][1], at[other][1]))
    crossings = 0
    for lines in between.values():
        ends: list[int] = []
        for _, end in sorted(lines):
            crossings += len(ends) - bisect_right(ends, end)
            insort(ends, end)
    return crossings


def _width(group: Group) -> float:
    """Wide enough for its words: a guess, since only the one who draws knows the font."""
    names = max(len(line) + (number > 0) for name in group.names for number, line in enumerate(wrapped(name))) * 8.6
    return 20.0 + max(names, len(group.kind) * 9.6, len(group.service) * 7.4)


def _paths(routes: Mapping[tuple[str, str], list[Place]], places: Mapping[Place, Box]) -> list[str]:
    """The arrows. Each leaves its box and reaches the other at a height of its own, in the order of the other ends."""
    leaving: dict[Place, list[float]] = defaultdict(list)
    coming: dict[Place, list[float]] = defaultdict(list)

    def level(place: Place) -> float:
        return places[place].y + places[place].x / 1e4

    def port(box: Box, others: list[float], mine: float) -> float:
        return box.y + box.height * (bisect_left(others, mine) + 1) / (len(others) + 1)

    for route in routes.values():
        insort(leaving[route[0]], level(route[1]))
        insort(coming[route[-1]], level(route[-2]))
    return [
        _path(
            [places[place] for place in route],
            port(places[route[0]], leaving[route[0]], level(route[1])),
            port(places[route[-1]], coming[route[-1]], level(route[-2])),
        )
        for route in routes.values()
    ]


def _path(boxes: list[Box], start: float, end: float) -> str:
    """SVG path data from the right side of the first box to the left side of the last, through the places between."""
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
    """SVG path data up from a box, and above the other boxes to the frame's right side."""
    level = frame.y + TITLE / 2
    return f"M{box.x + box.width / 2:.0f} {box.y:.0f}V{level:.0f}H{frame.right:.0f}"

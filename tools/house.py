"""`make house`: docs/images/house.svg and the table of imports in docs/architecture.md, from the imports of src/.

A room is a folder or a module right below ``walkthrough`` or ``local_aws``; its floor is its layer in pyproject.toml.
An arrow is an import. Two kinds are left out: one that follows from others (where A imports B, and B imports C, A → C),
and one that would pass a floor on its way to a room that many import, which says by how many it is imported.
With ``--check`` nothing is written, and the exit status says whether both are what the imports are.
"""

from __future__ import annotations

import ast
import re
import sys
import textwrap
import tomllib
from collections import defaultdict
from dataclasses import dataclass, field
from html import escape
from itertools import pairwise
from pathlib import Path

import grimp

ROOT = Path(__file__).resolve().parent.parent
PICTURE = ROOT / "docs" / "images" / "house.svg"
PAGE = ROOT / "docs" / "architecture.md"

LEFT, WIDTH = 30, 900  # of a floor, in pixels
GAP = 12  # between two rooms
CORRIDOR = 16  # for an arrow that passes a floor
MANY = 4  # rooms that import one
BETWEEN = 34  # two floors, where arrows are
PADDING = 12
ROOF = 66
LINE = 16  # of a caption
NAME, MONO, CAPTION = 9.1, 7.3, 7.0  # the widest that a character is on average, in the three types that are used

LEGEND = (
    "An arrow is an import. Left out: one that follows from others, and one across a floor to a room that many import.",
    "Blue: a folder, and the folders in it. White: a module. A room imports from lower floors only.",
)


@dataclass(eq=False)
class Room:
    """A folder or a module, or, without a name, the place where an arrow passes a floor."""

    name: str = ""
    caption: str = ""
    modules: int = 0  # of a folder
    importers: int = 0  # of a room that many import
    inside: list[str] = field(default_factory=list)
    x: float = 0.0
    width: float = CORRIDOR
    lines: list[str] = field(default_factory=list)
    chips: list[str] = field(default_factory=list)

    @property
    def needs(self) -> int:
        """How wide it has to be at the least."""
        if not self.name:
            return CORRIDOR
        title = len(self.name) * NAME + (90 if self.modules else 0)
        words = max((len(word) * CAPTION for word in self.caption.split()), default=0)
        words = max(words, len(self.popularity) * CAPTION)
        return int(max(title, words, 84) + 2 * PADDING)

    @property
    def popularity(self) -> str:
        """How many rooms import it, where those are many."""
        return f"imported by {self.importers} rooms" if self.importers else ""

    @property
    def height(self) -> int:
        """With its name, its caption and the names of the folders in it."""
        return 32 + LINE * (len(self.lines) + bool(self.importers)) + (LINE + 2) * len(self.chips)

    def fill(self) -> None:
        """Break its texts into lines that fit."""
        if not self.name:
            return
        self.lines = _wrap(self.caption, (self.width - 2 * PADDING) / CAPTION)
        self.chips = _wrap("   ".join(self.inside), (self.width - 2 * PADDING) / MONO)


def _wrap(text: str, characters: float) -> list[str]:
    return textwrap.wrap(text, int(characters), break_on_hyphens=False, break_long_words=False)


@dataclass
class House:
    """One package: its floors from the top, and the arrows to be drawn, each by the places that it passes."""

    name: str
    caption: str
    floors: list[list[Room]]
    arrows: list[list[Room]]
    imports: dict[str, set[str]]


def floors_of(package: str) -> list[list[str]]:
    """The layers of a package as pyproject.toml has them."""
    linter = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    layers = next(c["layers"] for c in linter["contracts"] if c.get("containers") == [package])
    return [[name.strip(" ()") for name in re.split(r"[|:]", layer)] for layer in layers]


def caption_of(module: str) -> str:
    """What a module's docstring begins with, as far as it is short."""
    path = ROOT / "src" / Path(*module.split("."))
    file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    text = (ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or "").replace("``", "").replace("\n", " ")
    first = re.split(r"[:;]\s|\.(?:\s|$)|\s\(", text)[0]
    while len(first) > 56 and ", " in first:
        first = first.rpartition(", ")[0]
    return first


def house_of(graph: grimp.ImportGraph, package: str) -> House:
    """A package with its rooms in place. Raises SystemExit for a room without a floor, or an arrow that goes up."""
    children = {child.rpartition(".")[2] for child in graph.find_children(package)} - {"__main__"}
    floors = [[name for name in floor if name in children] for floor in floors_of(package)]
    floors = [floor for floor in floors if floor]
    level = {name: number for number, floor in enumerate(floors) for name in floor}
    homeless = sorted(children - set(level))
    if homeless:
        raise SystemExit(f"{package}.{homeless[0]} has no floor: give it one in [tool.importlinter] of pyproject.toml.")
    imports: dict[str, set[str]] = {name: set() for floor in floors for name in floor}
    for name in imports:
        inside = {f"{package}.{name}"} | graph.find_descendants(f"{package}.{name}")
        for imported in {i for module in inside for i in graph.find_modules_directly_imported_by(module)}:
            part = imported.removeprefix(f"{package}.").split(".")[0]
            if imported.startswith(f"{package}.") and part != name:
                imports[name].add(part)
                if level[part] <= level[name]:
                    raise SystemExit(f"{package}.{name} imports {package}.{part}: see python tools/import_rules.py.")
    rooms = {name: _room(graph, package, name) for name in imports}
    for name, room in rooms.items():
        importers = sum(name in imported for imported in imports.values())
        room.importers = importers if importers >= MANY else 0
    places = [[rooms[name] for name in floor] for floor in floors]
    arrows = []
    for start in imports:
        for end in sorted(_direct(imports, start), key=lambda name: (level[name], name)):
            if rooms[end].importers and level[end] > level[start] + 1:
                continue
            way = [Room() for _ in range(level[start] + 1, level[end])]
            for number, corridor in enumerate(way, level[start] + 1):
                places[number].append(corridor)
            arrows.append([rooms[start], *way, rooms[end]])
    house = House(package, caption_of(package), places, arrows, imports)
    _order(house)
    for floor in places:
        _widen(floor)
    return house


def _room(graph: grimp.ImportGraph, package: str, name: str) -> Room:
    module = f"{package}.{name}"
    below = graph.find_descendants(module)
    folders = sorted(m.removeprefix(f"{module}.").replace(".", "/") for m in below if graph.find_children(m))
    return Room(name, caption_of(module), modules=len(below) - len(folders), inside=folders)


def _direct(imports: dict[str, set[str]], start: str) -> set[str]:
    """What is imported and cannot be reached by another import."""
    reached: set[str] = set()
    ahead = [further for name in imports[start] for further in imports[name]]
    while ahead:
        name = ahead.pop()
        if name not in reached:
            reached.add(name)
            ahead.extend(imports[name])
    return imports[start] - reached


def _order(house: House) -> None:
    """Put what belongs together one below the other: each place in the middle of those that it has arrows to."""
    near: dict[Room, list[Room]] = defaultdict(list)
    for arrow in house.arrows:
        for upper, lower in pairwise(arrow):
            near[upper].append(lower)
            near[lower].append(upper)
    for floor in house.floors:
        _widen(floor)
    for _ in range(8):
        for floor in [*house.floors, *reversed(house.floors)]:
            middle = {
                room: sum(other.x + other.width / 2 for other in near[room]) / len(near[room])
                if near[room]
                else room.x + room.width / 2
                for room in floor
            }
            floor.sort(key=middle.__getitem__)
            _widen(floor)


def _widen(floor: list[Room]) -> None:
    """Let the rooms take the whole floor, each as much more than it needs as the others."""
    rooms = [room for room in floor if room.name]
    free = WIDTH - sum(room.needs for room in floor) - GAP * (len(floor) - 1)
    if free < 0:
        raise SystemExit(f"The floor with {rooms[0].name} has more rooms than fit: see WIDTH in tools/house.py.")
    x = float(LEFT)
    for room in floor:
        room.x, room.width = x, room.needs + (free / len(rooms) if room.name else 0)
        x += room.width + GAP
        room.fill()


def _ports(house: House) -> dict[tuple[int, int], tuple[float, float]]:
    """Where each piece of each arrow begins and ends: (arrow, piece) → x above, x below. Two never share a place."""
    ports: dict[tuple[int, int], list[float]] = {}
    above: dict[Room, list[tuple[float, int, int]]] = defaultdict(list)
    below: dict[Room, list[tuple[float, int, int]]] = defaultdict(list)
    for number, arrow in enumerate(house.arrows):
        for piece, (upper, lower) in enumerate(pairwise(arrow)):
            start = max(upper.x, lower.x) + min(upper.x + upper.width, lower.x + lower.width)
            below[upper].append((start / 2, number, piece))
            above[lower].append((start / 2, number, piece))
            ports[number, piece] = [0.0, 0.0]
    for side, pieces in ((0, below), (1, above)):
        for room, wanted in pieces.items():
            wanted.sort()
            margin = min(18.0, room.width / 2)
            first, last = room.x + margin, room.x + room.width - margin
            step = min(22.0, (last - first) / max(1, len(wanted) - 1))
            x = first
            for index, (want, number, piece) in enumerate(wanted):
                x = min(max(want, x), last - step * (len(wanted) - 1 - index))
                ports[number, piece][side] = x
                x += step
    return {key: (upper, lower) for key, (upper, lower) in ports.items()}


def _draw(house: House, top: float) -> tuple[list[str], float]:
    """The house as SVG from ``top`` on, and where it ends."""
    eaves, left, right, middle = top + ROOF, LEFT - 14, LEFT + WIDTH + 14, LEFT + WIDTH / 2
    svg = [
        f'<path class="roof" d="M{left} {eaves:g} {middle:g} {top:g} {right} {eaves:g}z"/>',
        f'<text class="house" x="{middle:g}" y="{top + 38:g}">{house.name}</text>',
        f'<text class="caption middle" x="{middle:g}" y="{top + 56:g}">{escape(house.caption)}</text>',
    ]
    heights = [max(room.height for room in floor if room.name) for floor in house.floors]
    tops, y = [], top + ROOF + 16
    for height in heights:
        tops.append(y)
        y += height + BETWEEN
    end = y - BETWEEN + 14
    wall = f'x="{left}" y="{eaves:g}" width="{right - left}" height="{end - eaves:g}"'
    svg.insert(0, f'<rect class="wall" {wall}/>')
    level = {room: number for number, floor in enumerate(house.floors) for room in floor}
    ports = _ports(house)
    for number, arrow in enumerate(house.arrows):
        path = ""
        for piece, (upper, lower) in enumerate(pairwise(arrow)):
            start, finish = tops[level[upper]] + heights[level[upper]], tops[level[lower]]
            above, under = ports[number, piece]
            last = finish - (7 if lower.name else 0)
            path += f"M{above:g} {start:g}" if not piece else f"L{above:g} {start:g}"
            path += f"C{above:g} {(start + last) / 2:g} {under:g} {(start + last) / 2:g} {under:g} {last:g}"
        title = f"{arrow[0].name} imports {arrow[-1].name}"
        svg.append(f'<path class="arrow" d="{path}"><title>{title}</title></path>')
    for floor, y, height in zip(house.floors, tops, heights, strict=True):
        for room in floor:
            svg += _draw_room(room, y, height) if room.name else []
    return svg, end


def _draw_room(room: Room, y: float, height: float) -> list[str]:
    kind = "folder" if room.modules else "module"
    left, right = room.x + PADDING, room.x + room.width - PADDING
    svg = [
        f'<rect class="{kind}" x="{room.x:g}" y="{y:g}" width="{room.width:g}" height="{height:g}" rx="5"/>',
        f'<text class="name" x="{left:g}" y="{y + 21:g}">{room.name}{"/" if kind == "folder" else ""}</text>',
    ]
    if kind == "folder":
        count = f"{room.modules} module{'s' * (room.modules > 1)}"
        svg.append(f'<text class="count" x="{right:g}" y="{y + 21:g}">{count}</text>')
    y += 22
    for line in room.lines:
        y += LINE
        svg.append(f'<text class="caption" x="{left:g}" y="{y:g}">{escape(line)}</text>')
    if room.importers:
        y += LINE
        svg.append(f'<text class="popularity" x="{left:g}" y="{y:g}">{room.popularity}</text>')
    for line in room.chips:
        y += LINE + 2
        svg.append(f'<text class="inside" x="{left:g}" y="{y:g}" xml:space="preserve">{line}</text>')
    return svg


STYLE = """
    .page { fill: #ffffff; }
    .wall { fill: #f3f6f9; stroke: #24292f; stroke-width: 1.5; }
    .roof { fill: #dfe5eb; stroke: #24292f; stroke-width: 1.5; stroke-linejoin: round; }
    .folder { fill: #e1eef7; stroke: #00578a; stroke-width: 1.5; }
    .module { fill: #ffffff; stroke: #57606a; stroke-width: 1.2; }
    .outside { fill: #fdebdd; stroke: #a34700; stroke-width: 1.5; }
    .arrow { fill: none; stroke: #57606a; stroke-width: 1.6; marker-end: url(#head); }
    .wire { fill: none; stroke: #a34700; stroke-width: 2.2; stroke-dasharray: 7 4; marker-end: url(#tip); }
    text { fill: #24292f; font-size: 13px; }
    .house { font-size: 17px; font-weight: bold; }
    .house, .middle { text-anchor: middle; }
    .name, .inside, .house { font-family: ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace; }
    .name { font-size: 15px; font-weight: bold; }
    .inside { font-size: 12px; fill: #00466f; }
    .caption, .count { fill: #424a53; }
    .popularity { fill: #7a3500; }
    .count { font-size: 12px; text-anchor: end; }
    .note { font-size: 14px; fill: #7a3500; }
"""


def picture(houses: list[House]) -> str:
    """The whole picture as SVG."""
    course, aws = houses
    middle = LEFT + WIDTH / 2
    body = [
        f'<rect class="outside" x="{LEFT - 14}" y="14" width="{WIDTH + 28}" height="38" rx="5"/>',
        f'<text class="name" x="{LEFT}" y="38">notebooks/</text>',
        f'<text class="note" x="{LEFT + 130}" y="38">The course: what a learner reads and runs.</text>',
        f'<path class="arrow" d="M{middle} 52V71"/>',
    ]
    drawn, end = _draw(course, 80)
    body += drawn
    body.append(f'<path class="wire" d="M{middle} {end:g}V{end + 58:g}"/>')
    for number, line in enumerate(("No import: AWS's APIs over HTTPS,", "wss://, and the command local-aws")):
        body.append(f'<text class="note" x="{middle + 16}" y="{end + 24 + 18 * number:g}">{line}</text>')
    drawn, end = _draw(aws, end + 68)
    body += drawn
    for number, line in enumerate(LEGEND):
        body.append(f'<text class="caption" x="{LEFT - 14}" y="{end + 26 + 19 * number:g}">{line}</text>')
    end += 26 + 19 * len(LEGEND)
    rows = [f"{house.name}: " + "; ".join(_words(house)) for house in houses]
    head = f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {LEFT * 2 + WIDTH} {end:g}" role="img"
  aria-labelledby="title desc" font-family="'Helvetica Neue', Helvetica, Arial, 'Liberation Sans', sans-serif">
  <title id="title">The house: who imports whom</title>
  <desc id="desc">Drawn by `make house`. Floors from the top, each importing from those below. {". ".join(rows)}.</desc>
  <style>{STYLE}  </style>
  <defs>
    <marker id="head" viewBox="0 0 10 10" refX="3" refY="5" markerWidth="6" markerHeight="6" orient="auto">
      <path d="M0 0 10 5 0 10z" fill="#57606a"/>
    </marker>
    <marker id="tip" viewBox="0 0 10 10" refX="3" refY="5" markerWidth="5" markerHeight="5" orient="auto">
      <path d="M0 0 10 5 0 10z" fill="#a34700"/>
    </marker>
  </defs>
  <rect class="page" width="100%" height="100%"/>
"""
    return head + "".join(f"  {element}\n" for element in body) + "</svg>\n"


def _words(house: House) -> list[str]:
    return [", ".join(room.name for room in floor if room.name) for floor in house.floors]


def table(houses: list[House]) -> str:
    """The table of imports as Markdown."""
    rows = ["| room | imports |", "| --- | --- |"]
    for house in reversed(houses):
        for name, imported in house.imports.items():
            names = ", ".join(f"`{other}`" for other in sorted(imported)) or "nothing of ours"
            rows.append(f"| `{house.name}.{name}` | {names} |")
    return "\n".join(rows) + "\n"


def main(*arguments: str) -> int:
    """Write both, or, with ``--check``, compare."""
    sys.path.insert(0, str(ROOT / "src"))  # this tree, whichever is installed
    graph = grimp.build_graph("walkthrough", "local_aws", cache_dir=None)
    houses = [house_of(graph, package) for package in ("walkthrough", "local_aws")]
    page = PAGE.read_text(encoding="utf-8")
    wanted = {
        PICTURE: picture(houses),
        PAGE: re.sub(r"^\| room \| imports \|\n(?:\|.*\n)*", table(houses), page, flags=re.MULTILINE),
    }
    if "--check" not in arguments:
        for file, text in wanted.items():
            file.write_text(text, encoding="utf-8")
        return 0
    old = [file for file, text in wanted.items() if not file.exists() or file.read_text(encoding="utf-8") != text]
    for file in old:
        print(f"{file.relative_to(ROOT)} is not what the imports of src/ are: run make house")
    return int(bool(old))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

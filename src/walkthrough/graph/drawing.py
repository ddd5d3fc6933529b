"""Draw a graph: boxes, frames and arrows where the layout puts them, and the same in words."""

from html import escape

from walkthrough import style
from walkthrough.graph.layout import GAP, HEAD, INDENT, LINE, Box, Layout, arrange, titles, wrapped
from walkthrough.graph.model import Graph, Group, Template, graph_of
from walkthrough.picture import Picture

__all__ = ["draw"]


def draw(template: Template) -> Picture:
    """Draw a template as ``GetTemplate`` returns it: a dict with ``Resources``."""
    graph = graph_of(template)
    layout = arrange(graph)
    alt = _in_short(graph)
    return Picture(style.page(layout.width, layout.height, _body(graph, layout), alt, STYLE), alt, _in_words(graph))


def _in_words(graph: Graph) -> str:
    kinds = {group.type: group.kind for group in graph.groups}
    lines = []
    for group in graph.groups:
        line = f"{group.kind} ({group.service}): {', '.join(group.names)}"
        targets = sorted(kinds[target] for source, target in graph.arrows if source == group.type)
        if group.inside:
            line += f"; part of {kinds[group.inside]}"
        if targets:
            line += f"; refers to {', '.join(targets)}"
        lines.append(line)
    return "\n".join(lines)


def _in_short(graph: Graph) -> str:
    """The alt text: how many resources and types there are, and which type is a part of which."""
    kinds = {group.type: group.kind for group in graph.groups}
    many = sum(len(group.names) for group in graph.groups)
    alt = f"{many} resources of {len(kinds)} types: a box for each type, an arrow where one refers to another."
    for whole in sorted({group.inside for group in graph.groups if group.inside}):
        parts = [group.kind for group in graph.groups if group.inside == whole]
        alt += f" The frame {kinds[whole]} holds {', '.join(parts)}."
    return alt


STYLE = f".frame {{ stroke: {style.BLUE}; stroke-width: 2; }}"


def _body(graph: Graph, layout: Layout) -> str:
    parts = [_frame(group, layout) for group in graph.groups if group.type in layout.frames]
    parts += [f'<path class="arrow" d="{path}"/>' for path in layout.paths]
    parts += [_box(group, layout.boxes[group.type]) for group in graph.groups if group.type in layout.boxes]
    return "\n".join(parts)


def _frame(group: Group, layout: Layout) -> str:
    box = layout.frames[group.type]
    title = f'<tspan class="name">{escape(group.kind)}</tspan>  <tspan class="mono">{escape(titles(group))}</tspan>'
    return (
        f'<rect class="frame" x="{box.x}" y="{box.y}" width="{box.width}" height="{box.height}" rx="10"/>'
        f'<text x="{box.x + GAP / 2}" y="{box.y + 25}">{title}  '
        f'<tspan class="small">{escape(group.service)}</tspan></text>'
    )


def _box(group: Group, box: Box) -> str:
    lines = [(line, INDENT if number else 0) for name in group.names for number, line in enumerate(wrapped(name))]
    names = "".join(
        f'<text class="mono" x="{box.x + 10 + indent}" y="{box.y + HEAD + 14 + LINE * number}">{escape(line)}</text>'
        for number, (line, indent) in enumerate(lines)
    )
    return (
        f'<rect class="{"aws" if group.inside else "thing"}" x="{box.x}" y="{box.y}" '
        f'width="{box.width}" height="{box.height}" rx="8"/>'
        f'<text class="name" x="{box.x + 10}" y="{box.y + 22}">{escape(group.kind)}</text>'
        f'<text class="small" x="{box.x + 10}" y="{box.y + 38}">{escape(group.service)}</text>{names}'
    )

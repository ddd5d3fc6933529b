"""The resources of a CloudFormation template, drawn: one box a type, an arrow where one type refers to another.

    from walkthrough import graph
    graph.draw(template)

The picture is an SVG in the course's style; its words are the same graph as text, for whoever does not see it.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

from walkthrough.layout import GAP, HEAD, LINE, Box, Layout, arrange

__all__ = ["Graph", "Group", "Picture", "draw", "graph_of", "references"]

Template = Mapping[str, Any]

SERVICES = {
    "ApiGatewayV2": "API Gateway",
    "DynamoDB": "DynamoDB",
    "IAM": "IAM",
    "Lambda": "Lambda",
    "Logs": "CloudWatch Logs",
    "S3": "S3",
}
SHOWN = 16  # characters of a name; what is longer is cut
NAMED_BY = ("RouteKey", "StageName")  # properties that say more than a logical id does


@dataclass(frozen=True, slots=True)
class Group:
    """All resources of one type. ``inside`` names the type that they are parts of, as a route is of its API."""

    type: str
    names: tuple[str, ...]
    inside: str | None = None

    @property
    def kind(self) -> str:
        """``Function`` of ``AWS::Lambda::Function``."""
        return self.type.rpartition("::")[2]

    @property
    def service(self) -> str:
        """Whose resources they are, in words: ``Lambda``."""
        service = self.type.split("::")[1]
        return SERVICES.get(service, service)


@dataclass(frozen=True, slots=True)
class Graph:
    """The types of a template and which refers to which; ``arrows`` leaves out what ``inside`` says."""

    groups: tuple[Group, ...]
    arrows: frozenset[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Picture:
    """Shown by Jupyter as a picture, by everything else as text."""

    svg: str
    text: str

    def __repr__(self) -> str:
        return self.text

    def _repr_svg_(self) -> str:
        return self.svg


def draw(template: Template) -> Picture:
    """Draw a template as ``GetTemplate`` answers it: a dict with ``Resources``."""
    graph = graph_of(template)
    text = _in_words(graph)
    return Picture(_svg(graph, text), text)


def references(value: Any) -> Iterator[str]:
    """The names in every ``Ref``, ``Fn::GetAtt`` and ``Fn::Sub`` of a value; ``AWS::Region`` and the like too."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if key == "Ref":
                yield inner
            elif key == "Fn::GetAtt":
                yield inner.partition(".")[0] if isinstance(inner, str) else inner[0]
            elif key == "Fn::Sub":
                text = inner if isinstance(inner, str) else inner[0]
                yield from (name.partition(".")[0] for name in re.findall(r"\$\{([\w.:]+)\}", text))
                yield from references([] if isinstance(inner, str) else inner[1])
            else:
                yield from references(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from references(inner)


def graph_of(template: Template) -> Graph:
    """Group a template's resources by type, in the order of the template."""
    resources: Mapping[str, Any] = template["Resources"]
    type_of = {name: resource["Type"] for name, resource in resources.items()}
    holders: dict[str, set[str]] = {}
    refers: set[tuple[str, str]] = set()
    waits: set[tuple[str, str]] = set()
    for resource in resources.values():
        type_, properties = resource["Type"], resource.get("Properties", {})
        for key, value in properties.items():
            for target in {type_of[name] for name in references(value) if name in type_of} - {type_}:
                if key == target.rpartition("::")[2] + "Id":
                    holders.setdefault(type_, set()).add(target)
                refers.add((type_, target))
        after = resource.get("DependsOn", [])
        waits |= {(type_, type_of[name]) for name in ([after] if isinstance(after, str) else after)}
    # A DependsOn is worth an arrow only where no other way leads from the one to the other.
    arrows = refers | {(source, target) for source, target in waits if target not in _reachable(refers, source)}
    # A stage has the id of its API and of a deployment, itself a part of that API: only the API holds them both.
    inside = {type_: min(whole) for type_, of in holders.items() if (whole := of - holders.keys())}
    arrows = {(source, target) for source, target in arrows if inside.get(source) != target and source != target}
    members = {kind: [name for name in resources if type_of[name] == kind] for kind in dict.fromkeys(type_of.values())}
    groups = [Group(kind, tuple(_labels(resources, names)), inside.get(kind)) for kind, names in members.items()]
    return Graph(tuple(groups), frozenset(arrows))


def _reachable(arrows: set[tuple[str, str]], start: str) -> set[str]:
    found: set[str] = set()
    ahead = [start]
    while ahead:
        here = ahead.pop()
        fresh = {target for source, target in arrows if source == here} - found
        found |= fresh
        ahead += fresh
    return found


def _labels(resources: Mapping[str, Any], names: list[str]) -> list[str]:
    """Short names: a telling property, or the logical id without what all of one type end with."""
    ending = 0
    while len(names) > 1 and len({name[len(name) - ending - 1 :] for name in names}) == 1:
        ending += 1
    labels = []
    for name in names:
        properties = resources[name].get("Properties", {})
        told = next((properties[key] for key in NAMED_BY if isinstance(properties.get(key), str)), None)
        label = told or name[: len(name) - ending] or name
        labels.append(label if len(label) <= SHOWN else label[: SHOWN - 1] + "…")
    return labels


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


STYLE = """
.page { fill: #ffffff; stroke: #c9d1d9; }
.frame { fill: #f3f6f9; stroke: #00578a; stroke-width: 2; }
.box { fill: #ffffff; stroke: #24292f; stroke-width: 1.5; }
.part { fill: #e1eef7; stroke: #00578a; stroke-width: 2; }
.arrow { fill: none; stroke: #424a53; stroke-width: 1.8; marker-end: url(#to); }
text { fill: #24292f; font-size: 15px; }
.kind { font-weight: bold; }
.service { font-size: 12.5px; fill: #424a53; }
.name { font-family: ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace; font-size: 13px; }
"""


def _svg(graph: Graph, text: str) -> str:
    layout = arrange(graph)
    parts = [_frame(group, layout) for group in graph.groups if group.type in layout.frames]
    parts += [f'<path class="arrow" d="{path}"/>' for path in layout.paths]
    parts += [_box(group, layout.boxes[group.type]) for group in graph.groups if group.type in layout.boxes]
    body = "\n".join(parts)
    return f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {layout.width} {layout.height}" \
width="100%" style="max-width:{layout.width}px" role="img" aria-labelledby="graph-title graph-desc" \
font-family="'Helvetica Neue', Helvetica, Arial, 'Liberation Sans', sans-serif">
<title id="graph-title">The resources of the stack, by type, and which refer to which</title>
<desc id="graph-desc">{escape(text)}</desc>
<style>{STYLE}</style>
<defs><marker id="to" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="6" markerHeight="6" orient="auto">\
<path d="M0 0 10 5 0 10z" fill="#424a53"/></marker></defs>
<rect class="page" x="0.5" y="0.5" width="{layout.width - 1}" height="{layout.height - 1}" rx="12"/>
{body}
</svg>"""


def _frame(group: Group, layout: Layout) -> str:
    box = layout.frames[group.type]
    title = f'<tspan class="kind">{escape(group.kind)}</tspan>  <tspan class="name">{escape(group.names[0])}</tspan>'
    return (
        f'<rect class="frame" x="{box.x}" y="{box.y}" width="{box.width}" height="{box.height}" rx="10"/>'
        f'<text x="{box.x + GAP / 2}" y="{box.y + 25}">{title}  '
        f'<tspan class="service">{escape(group.service)}</tspan></text>'
    )


def _box(group: Group, box: Box) -> str:
    names = "".join(
        f'<text class="name" x="{box.x + 10}" y="{box.y + HEAD + 14 + LINE * number}">{escape(name)}</text>'
        for number, name in enumerate(group.names)
    )
    return (
        f'<rect class="{"part" if group.inside else "box"}" x="{box.x}" y="{box.y}" '
        f'width="{box.width}" height="{box.height}" rx="8"/>'
        f'<text class="kind" x="{box.x + 10}" y="{box.y + 22}">{escape(group.kind)}</text>'
        f'<text class="service" x="{box.x + 10}" y="{box.y + 38}">{escape(group.service)}</text>{names}'
    )

"""The resources of a CloudFormation template, drawn: one box a type, an arrow where one type refers to another.

    >>> from walkthrough import graph
    >>> graph.draw({"Resources": {"Send": {"Type": "AWS::Lambda::Function", "Properties": {"Role": {"Ref": "May"}}},
    ...                           "May": {"Type": "AWS::IAM::Role"}}})
    Function (Lambda): Send; refers to Role
    Role (IAM): May

The picture has the course's style; its text is the same graph in words, for whoever does not see it.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

from walkthrough import style
from walkthrough.layout import GAP, HEAD, LINE, Box, Layout, arrange
from walkthrough.picture import Picture

__all__ = ["Graph", "Group", "draw", "graph_of", "references"]

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


def draw(template: Template) -> Picture:
    """Draw a template as ``GetTemplate`` answers it: a dict with ``Resources``."""
    graph = graph_of(template)
    layout = arrange(graph)
    alt = _in_short(graph)
    return Picture(style.page(layout.width, layout.height, _body(graph, layout), alt, STYLE), alt, _in_words(graph))


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


def _in_short(graph: Graph) -> str:
    """The alt text: how much there is, and what is a part of what."""
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
    title = f'<tspan class="name">{escape(group.kind)}</tspan>  <tspan class="mono">{escape(group.names[0])}</tspan>'
    return (
        f'<rect class="frame" x="{box.x}" y="{box.y}" width="{box.width}" height="{box.height}" rx="10"/>'
        f'<text x="{box.x + GAP / 2}" y="{box.y + 25}">{title}  '
        f'<tspan class="small">{escape(group.service)}</tspan></text>'
    )


def _box(group: Group, box: Box) -> str:
    names = "".join(
        f'<text class="mono" x="{box.x + 10}" y="{box.y + HEAD + 14 + LINE * number}">{escape(name)}</text>'
        for number, name in enumerate(group.names)
    )
    return (
        f'<rect class="{"aws" if group.inside else "thing"}" x="{box.x}" y="{box.y}" '
        f'width="{box.width}" height="{box.height}" rx="8"/>'
        f'<text class="name" x="{box.x + 10}" y="{box.y + 22}">{escape(group.kind)}</text>'
        f'<text class="small" x="{box.x + 10}" y="{box.y + 38}">{escape(group.service)}</text>{names}'
    )

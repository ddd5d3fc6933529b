"""The graph of a CloudFormation template: its types of resources, and which type refers to which."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["Graph", "Group", "Template", "graph_of", "references"]

Template = Mapping[str, Any]

SERVICES = {
    "ApiGatewayV2": "API Gateway",
    "DynamoDB": "DynamoDB",
    "IAM": "IAM",
    "Lambda": "Lambda",
    "Logs": "CloudWatch Logs",
    "S3": "S3",
}
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
        """The name of the service that they belong to: ``Lambda``."""
        service = self.type.split("::")[1]
        return SERVICES.get(service, service)


@dataclass(frozen=True, slots=True)
class Graph:
    """The types of a template and which refers to which; ``arrows`` leaves out what ``inside`` says."""

    groups: tuple[Group, ...]
    arrows: frozenset[tuple[str, str]]


def references(value: Any) -> Iterator[str]:
    """The names in every ``Ref``, ``Fn::GetAtt`` and ``Fn::Sub`` of a value, ``AWS::Region`` and the like included."""
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
    # A DependsOn becomes an arrow only if no references lead from the one type to the other.
    arrows = refers | {(source, target) for source, target in waits if target not in _reachable(refers, source)}
    # A stage has the ids of its API and of a deployment, but a deployment is part of the API: the API holds both.
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
    """Short names: a property of ``NAMED_BY``, or the logical id without the ending that all of one type share."""
    ending = 0
    while len(names) > 1 and len({name[len(name) - ending - 1 :] for name in names}) == 1:
        ending += 1
    labels = []
    for name in names:
        properties = resources[name].get("Properties", {})
        key_or_stage = next((properties[key] for key in NAMED_BY if isinstance(properties.get(key), str)), None)
        labels.append(key_or_stage or name[: len(name) - ending] or name)
    return labels

"""The dependencies between the resources of a CloudFormation template: pure functions of the template's JSON."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

__all__ = ["Circular", "dependencies", "in_dependency_order", "references"]

_DEPLOYMENT = "AWS::ApiGatewayV2::Deployment"
_SUBSTITUTED = re.compile(r"\$\{([^!{}][^{}]*)\}")


class Circular(Exception):
    """Resources depend on each other in a circle; ``str()`` of it is CloudFormation's message."""

    def __init__(self, names: list[str]) -> None:
        super().__init__(f"Circular dependency between resources: [{', '.join(sorted(names))}]")


def references(value: Any) -> Iterator[str]:
    """All logical names in ``Ref``, ``Fn::GetAtt`` and ``Fn::Sub`` of a part of a template."""
    if isinstance(value, list):
        for each in value:
            yield from references(each)
    if not isinstance(value, dict):
        return
    for key, inner in value.items():
        if key == "Ref" and isinstance(inner, str):
            yield inner
        elif key == "Fn::GetAtt":
            yield inner.partition(".")[0] if isinstance(inner, str) else inner[0]
        elif key == "Fn::Sub":
            yield from _substituted(inner)
        else:
            yield from references(inner)


def _substituted(value: Any) -> Iterator[str]:
    text, own = (value, {}) if isinstance(value, str) else (value[0], value[1])
    for name in _SUBSTITUTED.findall(text):
        if name not in own:
            yield name.partition(".")[0]
    yield from references(own)


def dependencies(resource: Mapping[str, Any]) -> set[str]:
    """All logical names in one resource's properties and its ``DependsOn``."""
    explicit = resource.get("DependsOn", [])
    return {*references(resource.get("Properties", {})), *([explicit] if isinstance(explicit, str) else explicit)}


def in_dependency_order(resources: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """The logical names, each after all its dependencies, in the order of CloudFormation. Raises Circular.

    CloudFormation starts all resources whose dependencies exist at the same time; so names come in waves, in the
    template's order within a wave. An API's deployment comes last in its wave: on AWS it starts when the last of its
    routes exists, and route responses, which nothing depends on, have started before.
    """
    required = {name: dependencies(resource) & resources.keys() for name, resource in resources.items()}
    ordered: dict[str, None] = {}
    while len(ordered) < len(required):
        wave = [name for name, others in required.items() if name not in ordered and others <= ordered.keys()]
        if not wave:
            raise Circular([name for name in required if name not in ordered])
        ordered |= dict.fromkeys(sorted(wave, key=lambda name: resources[name].get("Type") == _DEPLOYMENT))
    return list(ordered)

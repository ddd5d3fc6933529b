"""What a stack was when it last was stable, and the way back to it.

In moto 5.2.5 there is no way back: what an update had changed before a resource failed stays changed.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from local_aws.control_plane.cloudformation import resource_steps as steps
from local_aws.control_plane.cloudformation.dependencies import dependencies, in_dependency_order
from local_aws.control_plane.cloudformation.resource_steps import Removal

__all__ = ["StackSnapshot", "resolved_definitions"]

log = logging.getLogger(__name__)


def resolved_definitions(stack: Any) -> dict[str, Any]:
    """Logical name → the definition as it was last applied, every function of it resolved."""
    resolved: dict[str, Any] = vars(stack.resource_map).setdefault("resolved_definitions", {})
    return resolved


@dataclass
class StackSnapshot:
    """A stack as it last was stable; and what has been done to its resources since, in the order of doing.

    ``is_new`` is for a stack that never was, because it is being created.
    """

    template_text: Any
    template: Mapping[str, Any]
    parameters: Mapping[str, Any]
    map_state: Mapping[str, Any]
    parsed: Mapping[str, Any]
    resolved: Mapping[str, Any]
    is_new: bool = False
    touched: set[str] = field(default_factory=set)
    created: list[Removal] = field(default_factory=list)
    replaced: list[Removal] = field(default_factory=list)
    failed: frozenset[str] = frozenset()

    @classmethod
    def of(cls, stack: Any, *, is_new: bool = False) -> "StackSnapshot":
        """That of an operation which failed and was not rolled back, else the stack as it is; held until ``forget``."""
        held: StackSnapshot | None = vars(stack).get("stable")
        if held is None:
            resource_map = stack.resource_map
            held = vars(stack)["stable"] = cls(
                template_text=stack.template,
                template=stack.template_dict,
                parameters=dict(stack.parameters),
                map_state={key: value for key, value in vars(resource_map).items() if key not in _KEPT},
                parsed=dict(resource_map._parsed_resources),
                resolved=dict(resolved_definitions(stack)),
                is_new=is_new,
            )
        return held

    @staticmethod
    def forget(stack: Any) -> None:
        """The stack is stable as it is now."""
        vars(stack).pop("stable", None)

    def bring_back(self, stack: Any, skipped: frozenset[str] = frozenset()) -> list[str]:
        """Put every resource back that was changed or replaced; the names of those that could not be.

        What needs one of those is left for the next attempt. ``skipped`` are taken for done as they are.
        """
        self._restore_map(stack)
        definitions, parsed = stack.resource_map._resource_json_map, stack.resource_map._parsed_resources
        failed: list[str] = []
        left: set[str] = set()
        for name in in_dependency_order(definitions):
            if name not in self.touched:
                continue
            if left & dependencies(definitions[name]):
                left.add(name)
                continue
            resource_type, was = definitions[name]["Type"], self.parsed[name]
            if name not in skipped:
                steps.tell(stack, name, resource_type, "UPDATE_IN_PROGRESS", was)
                try:
                    if parsed[name] is was and resolved_definitions(stack).get(name) != self.resolved.get(name):
                        was = steps.change(stack, name)
                except Exception as error:
                    log.info("Stack %s, resource %s", stack.name, name, exc_info=True)
                    steps.tell(stack, name, resource_type, "UPDATE_FAILED", was, steps.reason_of(error))
                    failed.append(name)
                    left.add(name)
                    continue
            parsed[name] = was
            resolved_definitions(stack)[name] = self.resolved[name]
            self.touched.discard(name)
            steps.tell(stack, name, resource_type, "UPDATE_COMPLETE", was)
        self.failed = frozenset(failed)
        return failed

    def clean_up(self, stack: Any, *, retain_except_on_create: bool = False) -> None:
        """Remove what was made since, the last first. What cannot be is told in an event, and left (as on AWS)."""
        parsed = stack.resource_map._parsed_resources
        for removal in reversed(self.created):
            if parsed.get(removal.name) is removal.resource:
                parsed.pop(removal.name, None)
                resolved_definitions(stack).pop(removal.name, None)
            definition = steps.as_just_made(removal.definition, retain_except_on_create)
            steps.remove(stack, Removal(removal.name, removal.resource, definition))

    def strays(self, stack: Any) -> list[Removal]:
        """What an update that did not end well has made or replaced and its stack no longer lists, the last first."""
        definitions, parsed = stack.resource_map._resource_json_map, stack.resource_map._parsed_resources
        return [
            removal
            for removal in reversed((*self.replaced, *self.created))
            if removal.resource is None
            or removal.name not in definitions
            or parsed.get(removal.name) is not removal.resource
        ]

    def keep_only(self, names: Sequence[str]) -> None:
        """All others are gone."""
        self.created = [removal for removal in self.created if removal.name in names and removal.resource is not None]
        self.replaced = [removal for removal in self.replaced if removal.name in names]

    def _restore_map(self, stack: Any) -> None:
        resource_map = stack.resource_map
        vars(resource_map).update(self.map_state)
        definitions = resource_map._resource_json_map
        for name, value in self.parsed.items():
            if name not in definitions:  # parameters and mappings, by which conditions and references are resolved
                resource_map._parsed_resources[name] = value


_KEPT = frozenset({"_parsed_resources", "resolved_definitions"})
"""What of moto's ResourceMap is brought back resource by resource."""

"""The last stable state of a stack, and the rollback to it.

moto 5.2.5 has no rollback: what an update changed before a resource failed stays changed.
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
    """Logical name → the resolved definition that was last applied."""
    resolved: dict[str, Any] = vars(stack.resource_map).setdefault("resolved_definitions", {})
    return resolved


@dataclass
class StackSnapshot:
    """The last stable state of a stack, and the changes of its resources since then, oldest first.

    ``is_new`` is for a stack that is being created and has had no stable state yet. ``touched`` are the names of the
    resources that were updated or replaced; ``failed`` those that the last rollback could not restore.
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
        """The failed operation's snapshot, or a new one; kept until ``forget()``."""
        snapshot: StackSnapshot | None = vars(stack).get("snapshot")
        if snapshot is None:
            resource_map = stack.resource_map
            snapshot = vars(stack)["snapshot"] = cls(
                template_text=stack.template,
                template=stack.template_dict,
                parameters=dict(stack.parameters),
                map_state={key: value for key, value in vars(resource_map).items() if key not in _RESTORED_SEPARATELY},
                parsed=dict(resource_map._parsed_resources),
                resolved=dict(resolved_definitions(stack)),
                is_new=is_new,
            )
        return snapshot

    @staticmethod
    def forget(stack: Any) -> None:
        """Drop the snapshot: the stack is stable as it is now."""
        vars(stack).pop("snapshot", None)

    def restore_resources(self, stack: Any, skipped: frozenset[str] = frozenset()) -> list[str]:
        """Restore all resources that were updated or replaced; return the names of those that failed.

        Resources that depend on a failed one wait for the next attempt. ``skipped`` resources count as restored.
        """
        self._restore_map(stack)
        definitions, parsed = stack.resource_map._resource_json_map, stack.resource_map._parsed_resources
        failed: list[str] = []
        unfinished: set[str] = set()
        for name in in_dependency_order(definitions):
            if name not in self.touched:
                continue
            if unfinished & dependencies(definitions[name]):
                unfinished.add(name)
                continue
            resource_type, original = definitions[name]["Type"], self.parsed[name]
            if name not in skipped:
                steps.add_event(stack, name, resource_type, "UPDATE_IN_PROGRESS", original)
                try:
                    if parsed[name] is original and resolved_definitions(stack).get(name) != self.resolved.get(name):
                        original = steps.update(stack, name)
                except Exception as error:
                    log.info("Stack %s, resource %s", stack.name, name, exc_info=True)
                    steps.add_event(stack, name, resource_type, "UPDATE_FAILED", original, steps.reason_of(error))
                    failed.append(name)
                    unfinished.add(name)
                    continue
            parsed[name] = original
            resolved_definitions(stack)[name] = self.resolved[name]
            self.touched.discard(name)
            steps.add_event(stack, name, resource_type, "UPDATE_COMPLETE", original)
        self.failed = frozenset(failed)
        return failed

    def clean_up(self, stack: Any, *, retain_except_on_create: bool = False) -> None:
        """Remove the resources created since, newest first. If one fails, an event says so, and it stays, as on AWS."""
        parsed = stack.resource_map._parsed_resources
        for removal in reversed(self.created):
            if parsed.get(removal.name) is removal.resource:
                parsed.pop(removal.name, None)
                resolved_definitions(stack).pop(removal.name, None)
            definition = steps.definition_for_rollback(removal.definition, retain_except_on_create)
            steps.remove(stack, Removal(removal.name, removal.resource, definition))

    def unlisted_resources(self, stack: Any) -> list[Removal]:
        """Resources that a failed update created or replaced and the stack does not list, newest first."""
        definitions, parsed = stack.resource_map._resource_json_map, stack.resource_map._parsed_resources
        return [
            removal
            for removal in reversed((*self.replaced, *self.created))
            if removal.resource is None
            or removal.name not in definitions
            or parsed.get(removal.name) is not removal.resource
        ]

    def keep_only(self, names: Sequence[str]) -> None:
        """Forget all created and replaced resources except ``names``: the others have been removed."""
        self.created = [removal for removal in self.created if removal.name in names and removal.resource is not None]
        self.replaced = [removal for removal in self.replaced if removal.name in names]

    def _restore_map(self, stack: Any) -> None:
        resource_map = stack.resource_map
        vars(resource_map).update(self.map_state)
        definitions = resource_map._resource_json_map
        for name, value in self.parsed.items():
            if name not in definitions:  # parameters and mappings, which conditions and references need
                resource_map._parsed_resources[name] = value


_RESTORED_SEPARATELY = frozenset({"_parsed_resources", "resolved_definitions"})
"""Attributes of moto's ResourceMap that are restored resource by resource."""

"""Changes the resources of one stack from one template to another, in the order of their dependencies.

moto 5.2.5 removes first, then adds, then modifies, in the order of the template; it does not update a resource whose
definition is the same though a resource that it refers to was replaced; and it loses resources that it cannot update.
Here a resource is updated if its *resolved* properties differ, after all its dependencies; resources that the template
no longer has are removed at the end, in reverse order; every step is a stack event.
"""

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from local_aws.control_plane.cloudformation import resource_steps as steps
from local_aws.control_plane.cloudformation.dependencies import in_dependency_order
from local_aws.control_plane.cloudformation.resource_steps import Removal
from local_aws.control_plane.cloudformation.rollback import StackSnapshot, resolved_definitions
from local_aws.control_plane.cloudformation.stack_policies import denial

__all__ = ["ResourceFailed", "StackResources"]

Template = Mapping[str, Any]

log = logging.getLogger(__name__)


class ResourceFailed(Exception):
    """A resource failed; ``str()`` is the status reason of the stack."""

    def __init__(self, name: str, verb: str) -> None:
        super().__init__(f"The following resource(s) failed to {verb}: [{name}]. ")
        self.name = name


@dataclass
class StackResources:
    """One create, update or delete operation on the resources in a stack's ResourceMap (moto's class).

    Each change is recorded in ``snapshot``, which a rollback needs. If ``in_place``, no resource may be replaced, as on
    AWS when rollback is disabled. ``policy`` is the stack policy's text. ``prepare`` fills ``target_names``, the
    resources to have, in order of dependency, and ``removals``.
    """

    stack: Any
    snapshot: StackSnapshot
    in_place: bool = False
    policy: str = ""
    removals: list[Removal] = field(default_factory=list)
    target_names: list[str] = field(default_factory=list)

    @property
    def map(self) -> Any:
        return self.stack.resource_map

    @property
    def resolved(self) -> dict[str, Any]:
        return resolved_definitions(self.stack)

    def prepare(self, template: Template, parameters: Mapping[str, Any]) -> None:
        """Load the template and decide what to remove. Raises moto's ValidationError, and then changes nothing."""
        resource_map = self.map
        before, parsed = dict(vars(resource_map)), dict(resource_map._parsed_resources)
        existing = dict.fromkeys(self._existing())
        definitions = resource_map._resource_json_map
        resource_map._template = template
        resource_map._resource_json_map = template["Resources"]
        resource_map.input_parameters = dict(parameters)
        resource_map.resolved_parameters = {}
        try:
            resource_map.load()
            self.target_names = [
                name for name in in_dependency_order(template["Resources"]) if self._condition_holds(name)
            ]
        except Exception:
            vars(resource_map).update(before)
            resource_map._parsed_resources.clear()
            resource_map._parsed_resources.update(parsed)
            raise
        for name in reversed(in_dependency_order(definitions)):
            if name in existing and name not in self.target_names:
                self.removals.append(Removal(name, resource_map._parsed_resources[name], definitions[name]))

    def apply(self) -> None:
        """Create and update resources, each after its dependencies. Raises ResourceFailed."""
        removed = {removal.name: removal.definition for removal in self.removals}
        try:
            for removal in self.removals:
                self._check_removal(removal)
            for name in self.target_names:
                self._apply_resource(name)
        except ResourceFailed:  # the resources to remove still exist: the stack must keep listing them
            self.map._resource_json_map = {**removed, **self.map._resource_json_map}
            raise

    def clean_up(self) -> None:
        """Remove dropped and replaced resources. If one fails, an event says so, and it stays, as on AWS."""
        for removal in self.removals:
            self.map._parsed_resources.pop(removal.name, None)
            self.resolved.pop(removal.name, None)
        for removal in (*self.removals, *self.snapshot.replaced):
            steps.remove(self.stack, removal)

    def remove_all(
        self,
        retained: frozenset[str] = frozenset(),
        *,
        newly_created: bool = False,
        retain_except_on_create: bool = False,
    ) -> list[str]:
        """Remove all resources in reverse order of dependency; return the names of those that could not be removed.

        ``retained`` resources are kept whatever their DeletionPolicy. ``newly_created`` is for the rollback of the
        operation that created the resources.
        """
        definitions, parsed = self.map._resource_json_map, self.map._parsed_resources
        unlisted_resources = [
            each for each in self.snapshot.unlisted_resources(self.stack) if each.name not in retained
        ]
        remaining = [each.name for each in unlisted_resources if not steps.remove(self.stack, each)]
        existing = set(self._existing())
        for name in reversed(in_dependency_order(definitions)):
            if name not in existing:
                continue
            definition = {**definitions[name], "DeletionPolicy": "Retain"} if name in retained else definitions[name]
            if newly_created:
                definition = steps.definition_for_rollback(definition, retain_except_on_create)
            if steps.remove(self.stack, Removal(name, parsed[name], definition)):
                parsed.pop(name, None)
                self.resolved.pop(name, None)
            else:
                remaining.append(name)
        self.snapshot.keep_only(remaining)
        return remaining

    def _existing(self) -> Iterator[str]:
        parsed = self.map._parsed_resources
        return (name for name in self.map._resource_json_map if parsed.get(name) is not None)

    def _condition_holds(self, name: str) -> bool:
        condition = self.map._resource_json_map[name].get("Condition")
        return condition is None or bool(self.map.lazy_condition_map[condition])

    def _apply_resource(self, name: str) -> None:
        existing = self.map._parsed_resources.get(name)
        resource_type = self.map._resource_json_map[name]["Type"]
        verb = "create" if existing is None else "update"
        try:
            resolved = steps.resolve(self.stack, name)
            if existing is not None and resolved == self.resolved.get(name):
                return
            steps.add_event(self.stack, name, resource_type, f"{verb.upper()}_IN_PROGRESS", existing)
            resource = self._create(name) if existing is None else self._update(name, existing, resolved)
        except Exception as error:
            log.info("Stack %s, resource %s", self.stack.name, name, exc_info=True)
            reason = steps.reason_of(error)
            steps.add_event(self.stack, name, resource_type, f"{verb.upper()}_FAILED", existing, reason)
            if existing is None:
                self.snapshot.created.append(Removal(name, None, self.map._resource_json_map[name]))
            raise ResourceFailed(name, verb) from error
        if resource is not None:
            self.map._parsed_resources[name] = resource
            self.resolved[name] = resolved
        steps.add_event(self.stack, name, resource_type, f"{verb.upper()}_COMPLETE", resource)

    def _check_removal(self, removal: Removal) -> None:
        resource_type = removal.definition["Type"]
        denied = denial(self.policy, "Update:Delete", removal.name, resource_type)
        if denied:
            steps.add_event(self.stack, removal.name, resource_type, "UPDATE_FAILED", removal.resource, denied)
            self.snapshot.touched.add(removal.name)
            raise ResourceFailed(removal.name, "update")

    def _create(self, name: str) -> Any:
        resource = steps.create(self.stack, name)
        if resource is not None:
            self.snapshot.created.append(Removal(name, resource, self.map._resource_json_map[name]))
        return resource

    def _update(self, name: str, existing: Any, resolved: Template) -> Any:
        self.snapshot.touched.add(name)
        before = self.resolved.get(name) or self.snapshot.resolved.get(name, {})
        replaced = steps.must_replace(name, existing, before, resolved)
        denied = denial(self.policy, "Update:Replace" if replaced else "Update:Modify", name, resolved["Type"])
        if denied:
            raise ValueError(denied)
        if not replaced:
            self.resolved.pop(name, None)  # unknown until the update has succeeded
            return steps.update(self.stack, name)
        if self.in_place:
            raise ValueError("Replacement type updates not supported on stack with disable-rollback.")
        definition = self.map._resource_json_map[name]
        del self.map._parsed_resources[name]
        try:
            replacement = steps.create(self.stack, name)
        except Exception:
            self.map._parsed_resources[name] = existing
            raise
        policy = definition.get("UpdateReplacePolicy", "Delete")
        self.snapshot.replaced.append(Removal(name, existing, {**definition, "DeletionPolicy": policy}))
        self.snapshot.created.append(Removal(name, replacement, {**definition, "DeletionPolicy": "Delete"}))
        return replacement

"""The resources of one stack, brought from one template to another in the order that they need each other.

moto 5.2.5 removes first, then adds, then modifies, in the order of the template; leaves a resource alone whose own text
is the same though what it refers to was replaced; and forgets resources that it cannot update. Here a resource is
changed when its *resolved* properties differ, behind all that it needs; what is no longer wanted goes at the end, in
reverse; every step is a stack event.
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
    """A resource failed; ``str()`` is what the stack says of it."""

    def __init__(self, name: str, verb: str) -> None:
        super().__init__(f"The following resource(s) failed to {verb}: [{name}]. ")
        self.name = name


@dataclass
class StackResources:
    """One pass over a stack. moto's ResourceMap holds the resources; this decides what becomes of them.

    What is done is noted in ``stable``, from which ``stack_rollback`` brings it all back. With ``in_place`` no resource
    may be replaced: CloudFormation does not when it is not to roll back. ``policy`` is the stack policy's text.
    """

    stack: Any
    stable: StackSnapshot
    in_place: bool = False
    policy: str = ""
    removals: list[Removal] = field(default_factory=list)
    wanted: list[str] = field(default_factory=list)

    @property
    def map(self) -> Any:
        return self.stack.resource_map

    @property
    def resolved(self) -> dict[str, Any]:
        return resolved_definitions(self.stack)

    def prepare(self, template: Template, parameters: Mapping[str, Any]) -> None:
        """Look at the template and decide what goes. Raises moto's ValidationError, and changes nothing then."""
        resource_map = self.map
        before, parsed = dict(vars(resource_map)), dict(resource_map._parsed_resources)
        had = dict.fromkeys(self._existing())
        definitions = resource_map._resource_json_map
        resource_map._template = template
        resource_map._resource_json_map = template["Resources"]
        resource_map.input_parameters = dict(parameters)
        resource_map.resolved_parameters = {}
        try:
            resource_map.load()
            self.wanted = [name for name in in_dependency_order(template["Resources"]) if self._is_wanted(name)]
        except Exception:
            vars(resource_map).update(before)
            resource_map._parsed_resources.clear()
            resource_map._parsed_resources.update(parsed)
            raise
        for name in reversed(in_dependency_order(definitions)):
            if name in had and name not in self.wanted:
                self.removals.append(Removal(name, resource_map._parsed_resources[name], definitions[name]))

    def bring_about(self) -> None:
        """Add and change, each resource behind what it needs. Raises ResourceFailed."""
        unwanted = {removal.name: removal.definition for removal in self.removals}
        try:
            for removal in self.removals:
                self._check_removal(removal)
            for name in self.wanted:
                self._apply(name)
        except ResourceFailed:  # what should have gone is there still: the stack must not lose sight of it
            self.map._resource_json_map = {**unwanted, **self.map._resource_json_map}
            raise

    def clean_up(self) -> None:
        """Remove what was left out or replaced. What cannot be removed is told in an event, and left (as on AWS)."""
        for removal in self.removals:
            self.map._parsed_resources.pop(removal.name, None)
            self.resolved.pop(removal.name, None)
        for removal in (*self.removals, *self.stable.replaced):
            steps.remove(self.stack, removal)

    def remove_all(
        self, retained: frozenset[str] = frozenset(), *, just_made: bool = False, retain_except_on_create: bool = False
    ) -> list[str]:
        """Remove every resource, the ones that others need last; the names of those that stayed.

        ``retained`` are left alone though nothing says so in the template. ``just_made`` is for the rollback of the
        operation that made them.
        """
        definitions, parsed = self.map._resource_json_map, self.map._parsed_resources
        strays = [each for each in self.stable.strays(self.stack) if each.name not in retained]
        left = [each.name for each in strays if not steps.remove(self.stack, each)]
        existing = set(self._existing())
        for name in reversed(in_dependency_order(definitions)):
            if name not in existing:
                continue
            definition = {**definitions[name], "DeletionPolicy": "Retain"} if name in retained else definitions[name]
            if just_made:
                definition = steps.as_just_made(definition, retain_except_on_create)
            if steps.remove(self.stack, Removal(name, parsed[name], definition)):
                parsed.pop(name, None)
                self.resolved.pop(name, None)
            else:
                left.append(name)
        self.stable.keep_only(left)
        return left

    def _existing(self) -> Iterator[str]:
        parsed = self.map._parsed_resources
        return (name for name in self.map._resource_json_map if parsed.get(name) is not None)

    def _is_wanted(self, name: str) -> bool:
        condition = self.map._resource_json_map[name].get("Condition")
        return condition is None or bool(self.map.lazy_condition_map[condition])

    def _apply(self, name: str) -> None:
        existing = self.map._parsed_resources.get(name)
        resource_type = self.map._resource_json_map[name]["Type"]
        verb = "create" if existing is None else "update"
        try:
            resolved = steps.resolve(self.stack, name)
            if existing is not None and resolved == self.resolved.get(name):
                return
            steps.tell(self.stack, name, resource_type, f"{verb.upper()}_IN_PROGRESS", existing)
            resource = self._create(name) if existing is None else self._update(name, existing, resolved)
        except Exception as error:
            log.info("Stack %s, resource %s", self.stack.name, name, exc_info=True)
            reason = steps.reason_of(error)
            steps.tell(self.stack, name, resource_type, f"{verb.upper()}_FAILED", existing, reason)
            if existing is None:
                self.stable.created.append(Removal(name, None, self.map._resource_json_map[name]))
            raise ResourceFailed(name, verb) from error
        if resource is not None:
            self.map._parsed_resources[name] = resource
            self.resolved[name] = resolved
        steps.tell(self.stack, name, resource_type, f"{verb.upper()}_COMPLETE", resource)

    def _check_removal(self, removal: Removal) -> None:
        resource_type = removal.definition["Type"]
        denied = denial(self.policy, "Update:Delete", removal.name, resource_type)
        if denied:
            steps.tell(self.stack, removal.name, resource_type, "UPDATE_FAILED", removal.resource, denied)
            self.stable.touched.add(removal.name)
            raise ResourceFailed(removal.name, "update")

    def _create(self, name: str) -> Any:
        resource = steps.create(self.stack, name)
        if resource is not None:
            self.stable.created.append(Removal(name, resource, self.map._resource_json_map[name]))
        return resource

    def _update(self, name: str, existing: Any, resolved: Template) -> Any:
        self.stable.touched.add(name)
        before = self.resolved.get(name) or self.stable.resolved.get(name, {})
        replaced = steps.must_replace(name, existing, before, resolved)
        denied = denial(self.policy, "Update:Replace" if replaced else "Update:Modify", name, resolved["Type"])
        if denied:
            raise ValueError(denied)
        if not replaced:
            self.resolved.pop(name, None)  # half changed, as long as it is not known to be done
            return steps.change(self.stack, name)
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
        self.stable.replaced.append(Removal(name, existing, {**definition, "DeletionPolicy": policy}))
        self.stable.created.append(Removal(name, replacement, {**definition, "DeletionPolicy": "Delete"}))
        return replacement

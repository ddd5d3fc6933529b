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

from moto.cloudformation import parsing
from moto.cloudformation.models import Event

from local_aws.control_plane.stack_graph import in_dependency_order
from local_aws.control_plane.stack_types import REPLACED_BY

__all__ = ["ResourceFailed", "StackResources"]

Template = Mapping[str, Any]

log = logging.getLogger(__name__)


class ResourceFailed(Exception):
    """A resource failed; ``str()`` is its logical name."""


@dataclass
class _Removal:
    """A resource that goes when all else is done."""

    name: str
    resource: Any
    definition: Mapping[str, Any]


@dataclass
class StackResources:
    """One pass over a stack. moto's ResourceMap holds the resources; this decides what becomes of them."""

    stack: Any
    removals: list[_Removal] = field(default_factory=list)
    wanted: list[str] = field(default_factory=list)

    @property
    def map(self) -> Any:
        return self.stack.resource_map

    @property
    def resolved(self) -> dict[str, Any]:
        """Logical name → the definition as it was last applied, every function of it resolved."""
        resolved: dict[str, Any] = vars(self.map).setdefault("resolved_definitions", {})
        return resolved

    def prepare(self, template: Template, parameters: Mapping[str, Any]) -> None:
        """Look at the template and decide what goes. Raises moto's ValidationError, and changes nothing then."""
        resource_map = self.map
        before = dict(vars(resource_map))
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
            raise
        for name in reversed(in_dependency_order(definitions)):
            if name in had and name not in self.wanted:
                self.removals.append(_Removal(name, resource_map._parsed_resources[name], definitions[name]))

    def bring_about(self) -> None:
        """Add and change, each resource behind what it needs. Raises ResourceFailed."""
        parsed = self.map._parsed_resources
        unwanted = {removal.name: removal.definition for removal in self.removals}
        try:
            for name in self.wanted:
                self._apply(name, parsed.get(name))
        except ResourceFailed:  # what should have gone is there still: the stack must not lose sight of it
            self.removals = [removal for removal in self.removals if removal.name not in unwanted]
            self.map._resource_json_map = {**unwanted, **self.map._resource_json_map}
            raise
        for name in unwanted:
            parsed.pop(name, None)
            self.resolved.pop(name, None)

    def clean_up(self) -> None:
        """Remove what was replaced or left out. What cannot be removed is told in an event, and left (as on AWS)."""
        for removal in self.removals:
            self._remove(removal.name, removal.resource, removal.definition)

    def remove_all(self) -> list[str]:
        """Remove every resource, the ones that others need last; the names of those that stayed."""
        definitions = self.map._resource_json_map
        existing = set(self._existing())
        left = []
        for name in reversed(in_dependency_order(definitions)):
            if name not in existing:
                continue
            if self._remove(name, self.map._parsed_resources[name], definitions[name]):
                self.map._parsed_resources.pop(name, None)
                self.resolved.pop(name, None)
            else:
                left.append(name)
        return left

    def _existing(self) -> Iterator[str]:
        parsed = self.map._parsed_resources
        return (name for name in self.map._resource_json_map if parsed.get(name) is not None)

    def _is_wanted(self, name: str) -> bool:
        condition = self.map._resource_json_map[name].get("Condition")
        return condition is None or bool(self.map.lazy_condition_map[condition])

    def _apply(self, name: str, existing: Any) -> None:
        definition = self.map._resource_json_map[name]
        verb = "CREATE" if existing is None else "UPDATE"
        try:
            resolved = parsing.clean_json(
                {"Type": definition["Type"], "Properties": definition.get("Properties", {})}, self.map
            )
            before = self.resolved.get(name)
            if existing is not None and resolved == before:
                return
            self._event(name, definition["Type"], f"{verb}_IN_PROGRESS", existing)
            fresh = existing is None
            resource = self._create(name) if fresh else self._update(name, existing, before, resolved)
        except Exception as error:
            log.info("Stack %s, resource %s", self.stack.name, name, exc_info=True)
            self._event(name, definition["Type"], f"{verb}_FAILED", existing, _reason(error))
            raise ResourceFailed(name) from error
        if resource is not None:
            self.map._parsed_resources[name] = resource
            self.resolved[name] = resolved
        self._event(name, definition["Type"], f"{verb}_COMPLETE", resource)

    def _create(self, name: str) -> Any:
        resource_map = self.map
        return parsing.parse_and_create_resource(
            name,
            resource_map._resource_json_map[name],
            resource_map,
            account_id=resource_map._account_id,
            region_name=resource_map._region_name,
        )

    def _update(self, name: str, existing: Any, before: Any, resolved: Any) -> Any:
        definition = self.map._resource_json_map[name]
        resource_type = definition["Type"]
        old_type = getattr(existing, "cf_resource_type", resource_type)
        if old_type != resource_type:
            raise ValueError(
                f"Update of resource type is not permitted. The new template modifies resource type of [{name}]"
            )
        if not self._must_replace(resource_type, (before or {}).get("Properties", {}), resolved["Properties"]):
            return parsing.parse_and_update_resource(
                name, definition, self.map, account_id=self.map._account_id, region_name=self.map._region_name
            )
        self._check_custom_name(name, resource_type, existing, resolved["Properties"])
        del self.map._parsed_resources[name]
        try:
            replacement = self._create(name)
        except Exception:
            self.map._parsed_resources[name] = existing
            raise
        policy = definition.get("UpdateReplacePolicy", "Delete")
        self.removals.append(_Removal(name, existing, {**definition, "DeletionPolicy": policy}))
        return replacement

    def _must_replace(self, resource_type: str, before: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
        replacing = REPLACED_BY.get(resource_type, frozenset())
        changed = {key for key in {*before, *now} if before.get(key) != now.get(key)}
        model = parsing.resource_class_from_type(resource_type)
        no_update = hasattr(model.update_from_cloudformation_json, "__isabstractmethod__")
        return bool("*" in replacing or changed & replacing or no_update)

    def _check_custom_name(self, name: str, resource_type: str, existing: Any, properties: Mapping[str, Any]) -> None:
        """AWS makes the new one before the old one goes, so a name given in the template must have changed."""
        named_by = parsing.resource_name_property_from_type(resource_type)
        custom = properties.get(named_by) if named_by else None
        if custom is not None and custom == getattr(existing, "physical_resource_id", None):
            raise ValueError(
                "CloudFormation cannot update a stack when a custom-named resource requires replacing. "
                f"Rename {custom} and update the stack again."
            )

    def _remove(self, name: str, resource: Any, definition: Mapping[str, Any]) -> bool:
        resource_type = definition["Type"]
        if definition.get("DeletionPolicy", "Delete").startswith("Retain"):
            self._event(name, resource_type, "DELETE_SKIPPED", resource)
            return True
        self._event(name, resource_type, "DELETE_IN_PROGRESS", resource)
        try:
            self.map._delete_resource(resource, definition)
        except Exception as error:
            if not _says_gone(error):
                log.info("Stack %s, resource %s", self.stack.name, name, exc_info=True)
                self._event(name, resource_type, "DELETE_FAILED", resource, _reason(error))
                return False
        self._event(name, resource_type, "DELETE_COMPLETE", resource)
        return True

    def _event(self, name: str, resource_type: str, status: str, resource: Any, reason: str | None = None) -> None:
        physical = getattr(resource, "physical_resource_id", None) or ""
        self.stack.events.append(
            Event(
                stack_id=self.stack.stack_id,
                stack_name=self.stack.name,
                logical_resource_id=name,
                physical_resource_id=str(physical),
                resource_type=resource_type,
                resource_status=status,
                resource_status_reason=reason,
                resource_properties=None,
            )
        )


def _says_gone(error: BaseException) -> bool:
    """Whether somebody else deleted the resource already, which CloudFormation takes for done."""
    kind = f"{type(error).__name__} {getattr(error, 'error_type', '')}"
    return "NotFound" in kind or "NoSuch" in kind


def _reason(error: BaseException) -> str:
    for name in ("message", "description"):
        text = getattr(error, name, None)
        if isinstance(text, str) and text:
            return text
    return ": ".join(str(part) for part in error.args if part) or type(error).__name__

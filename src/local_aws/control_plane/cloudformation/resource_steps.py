"""Single steps on one resource of a stack: create, update, replace, remove, and the events about them.

The events are AWS's, with one difference: here resources change one after the other, so none is in progress when
another fails, and there is no ``Resource creation cancelled``.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from moto.cloudformation import parsing
from moto.cloudformation.models import Event

from local_aws.control_plane.cloudformation.types import REPLACED_BY

__all__ = [
    "Removal",
    "add_event",
    "create",
    "definition_for_rollback",
    "must_replace",
    "reason_of",
    "remove",
    "resolve",
    "update",
]

log = logging.getLogger(__name__)

Definition = Mapping[str, Any]


@dataclass(frozen=True)
class Removal:
    """A resource to remove, and its definition, whose ``DeletionPolicy`` may keep it.

    ``resource`` is None if its creation failed.
    """

    name: str
    resource: Any
    definition: Definition


def add_event(stack: Any, name: str, resource_type: str, status: str, resource: Any, reason: str | None = None) -> None:
    """Add an event about a resource to its stack."""
    physical = getattr(resource, "physical_resource_id", None) or ""
    stack.events.append(
        Event(
            stack_id=stack.stack_id,
            stack_name=stack.name,
            logical_resource_id=name,
            physical_resource_id=str(physical),
            resource_type=resource_type,
            resource_status=status,
            resource_status_reason=reason,
            resource_properties=None,
        )
    )


def resolve(stack: Any, name: str) -> dict[str, Any]:
    """A resource's type and properties, with all intrinsic functions resolved."""
    definition = stack.resource_map._resource_json_map[name]
    resolved: dict[str, Any] = parsing.clean_json(
        {"Type": definition["Type"], "Properties": definition.get("Properties", {})}, stack.resource_map
    )
    return resolved


def create(stack: Any, name: str) -> Any:
    """Create a resource; None for a type without one in moto (a WaitConditionHandle)."""
    resource_map = stack.resource_map
    return parsing.parse_and_create_resource(
        name,
        resource_map._resource_json_map[name],
        resource_map,
        account_id=resource_map._account_id,
        region_name=resource_map._region_name,
    )


def update(stack: Any, name: str) -> Any:
    """Update a resource in place to its current definition."""
    resource_map = stack.resource_map
    return parsing.parse_and_update_resource(
        name,
        resource_map._resource_json_map[name],
        resource_map,
        account_id=resource_map._account_id,
        region_name=resource_map._region_name,
    )


def must_replace(name: str, existing: Any, before: Definition, now: Definition) -> bool:
    """Whether CloudFormation would replace the resource; ``before`` and ``now`` are resolved definitions.

    Raises ValueError if it could not: the type differs; or the name would be the same, since AWS creates the new
    resource before it removes the old one.
    """
    resource_type = now["Type"]
    if getattr(existing, "cf_resource_type", resource_type) != resource_type:
        raise ValueError(
            f"Update of resource type is not permitted. The new template modifies resource type of [{name}]"
        )
    replacing = REPLACED_BY.get(resource_type, frozenset())
    old, new = before.get("Properties", {}), now["Properties"]
    changed = {key for key in {*old, *new} if old.get(key) != new.get(key)}
    model = parsing.resource_class_from_type(resource_type)
    no_update = hasattr(model.update_from_cloudformation_json, "__isabstractmethod__")
    if not ("*" in replacing or changed & replacing or no_update):
        return False
    named_by = parsing.resource_name_property_from_type(resource_type)
    custom = new.get(named_by) if named_by else None
    if custom is not None and custom == getattr(existing, "physical_resource_id", None):
        raise ValueError(
            "CloudFormation cannot update a stack when a custom-named resource requires replacing. "
            f"Rename {custom} and update the stack again."
        )
    return True


def definition_for_rollback(definition: Definition, retain_except_on_create: bool) -> Definition:
    """The definition to use when the operation that created the resource is rolled back.

    The resource is deleted if its DeletionPolicy is ``RetainExceptOnCreate``, or if the operation was called with that
    option (``retain_except_on_create``); otherwise its own DeletionPolicy holds.
    """
    if retain_except_on_create or definition.get("DeletionPolicy") == "RetainExceptOnCreate":
        return {**definition, "DeletionPolicy": "Delete"}
    return definition


def remove(stack: Any, removal: Removal) -> bool:
    """Remove a resource unless its policy retains it; False if that failed. A missing resource counts as removed."""
    name, resource, resource_type = removal.name, removal.resource, removal.definition["Type"]
    if resource is None:
        add_event(stack, name, resource_type, "DELETE_COMPLETE", None)
        return True
    if removal.definition.get("DeletionPolicy", "Delete").startswith("Retain"):
        add_event(stack, name, resource_type, "DELETE_SKIPPED", resource)
        return True
    add_event(stack, name, resource_type, "DELETE_IN_PROGRESS", resource)
    try:
        stack.resource_map._delete_resource(resource, removal.definition)
    except Exception as error:
        if not _is_not_found(error):
            log.info("Stack %s, resource %s", stack.name, name, exc_info=True)
            add_event(stack, name, resource_type, "DELETE_FAILED", resource, reason_of(error))
            return False
    add_event(stack, name, resource_type, "DELETE_COMPLETE", resource)
    return True


def _is_not_found(error: BaseException) -> bool:
    """Whether the error says that the resource does not exist any more."""
    kind = f"{type(error).__name__} {getattr(error, 'error_type', '')}"
    return "NotFound" in kind or "NoSuch" in kind


def reason_of(error: BaseException) -> str:
    """The error's message, for an event's status reason."""
    for name in ("message", "description"):
        text = getattr(error, name, None)
        if isinstance(text, str) and text:
            return text
    return ": ".join(str(part) for part in error.args if part) or type(error).__name__

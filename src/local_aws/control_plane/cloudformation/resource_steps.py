"""One step upon one resource of a stack: made, changed, replaced, removed; each is told in the stack's events.

Events are AWS's, with one difference that is the truth here: resources are changed one after the other, so none is
under way when another fails, and there is no ``Resource creation cancelled``.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from moto.cloudformation import parsing
from moto.cloudformation.models import Event

from local_aws.control_plane.cloudformation.types import REPLACED_BY

__all__ = ["Removal", "as_just_made", "change", "create", "must_replace", "reason_of", "remove", "resolve", "tell"]

log = logging.getLogger(__name__)

Definition = Mapping[str, Any]


@dataclass(frozen=True)
class Removal:
    """A resource that is to go, and the definition whose ``DeletionPolicy`` says whether it may.

    ``resource`` is None when it never came to be.
    """

    name: str
    resource: Any
    definition: Definition


def tell(stack: Any, name: str, resource_type: str, status: str, resource: Any, reason: str | None = None) -> None:
    """Add an event of a resource to those of its stack."""
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
    """A resource's type and properties with every function of CloudFormation resolved."""
    definition = stack.resource_map._resource_json_map[name]
    resolved: dict[str, Any] = parsing.clean_json(
        {"Type": definition["Type"], "Properties": definition.get("Properties", {})}, stack.resource_map
    )
    return resolved


def create(stack: Any, name: str) -> Any:
    """Make a resource; None where moto has nothing to make (a WaitConditionHandle)."""
    resource_map = stack.resource_map
    return parsing.parse_and_create_resource(
        name,
        resource_map._resource_json_map[name],
        resource_map,
        account_id=resource_map._account_id,
        region_name=resource_map._region_name,
    )


def change(stack: Any, name: str) -> Any:
    """Change a resource in place, to what its definition says now."""
    resource_map = stack.resource_map
    return parsing.parse_and_update_resource(
        name,
        resource_map._resource_json_map[name],
        resource_map,
        account_id=resource_map._account_id,
        region_name=resource_map._region_name,
    )


def must_replace(name: str, existing: Any, before: Definition, now: Definition) -> bool:
    """Whether CloudFormation would make a new resource in the old one's place; both with resolved properties.

    Raises ValueError when it could not: the type differs, or the new one would need the old one's name, since AWS makes
    the new one before the old one goes.
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


def as_just_made(definition: Definition, retain_except_on_create: bool) -> Definition:
    """The definition for the rollback of the operation that made a resource, which ``Retain`` alone outlives.

    ``retain_except_on_create`` is the operation's ``RetainExceptOnCreate``; a DeletionPolicy of that name says it too.
    """
    if retain_except_on_create or definition.get("DeletionPolicy") == "RetainExceptOnCreate":
        return {**definition, "DeletionPolicy": "Delete"}
    return definition


def remove(stack: Any, removal: Removal) -> bool:
    """Remove a resource unless it is to be retained; False when it could not be. What is gone already is done."""
    name, resource, resource_type = removal.name, removal.resource, removal.definition["Type"]
    if resource is None:
        tell(stack, name, resource_type, "DELETE_COMPLETE", None)
        return True
    if removal.definition.get("DeletionPolicy", "Delete").startswith("Retain"):
        tell(stack, name, resource_type, "DELETE_SKIPPED", resource)
        return True
    tell(stack, name, resource_type, "DELETE_IN_PROGRESS", resource)
    try:
        stack.resource_map._delete_resource(resource, removal.definition)
    except Exception as error:
        if not _says_gone(error):
            log.info("Stack %s, resource %s", stack.name, name, exc_info=True)
            tell(stack, name, resource_type, "DELETE_FAILED", resource, reason_of(error))
            return False
    tell(stack, name, resource_type, "DELETE_COMPLETE", resource)
    return True


def _says_gone(error: BaseException) -> bool:
    """Whether somebody else deleted the resource already, which CloudFormation takes for done."""
    kind = f"{type(error).__name__} {getattr(error, 'error_type', '')}"
    return "NotFound" in kind or "NoSuch" in kind


def reason_of(error: BaseException) -> str:
    """What went wrong, as an event says it."""
    for name in ("message", "description"):
        text = getattr(error, name, None)
        if isinstance(text, str) and text:
            return text
    return ": ".join(str(part) for part in error.args if part) or type(error).__name__

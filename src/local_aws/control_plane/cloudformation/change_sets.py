"""Replaces moto's change sets.

Seen in moto 5.2.5: a CREATE change set for an existing stack creates a second stack with the same name; executing a
change set does not update the stack's outputs, exports and tags, and answers 500 if a resource fails; change sets of
the same name of several stacks are mixed up; deleting one that does not exist fails with UnboundLocalError.
"""

from typing import Any

from moto.cloudformation import models as stacks
from moto.cloudformation.exceptions import CloudFormationError, ValidationError

from local_aws.control_plane.cloudformation.operations import (
    check_updatable,
    create_resources,
    update_resources,
)
from local_aws.control_plane.cloudformation.templates import check_template, parse_template
from local_aws.patching import patch

__all__ = ["apply_patches"]


class ChangeSetNotFound(CloudFormationError):  # type: ignore[misc]
    """AWS's error; moto answers ValidationError and takes the change set's name for a stack's."""

    code = "ChangeSetNotFound"


def apply_patches() -> None:
    """Patch the operations on change sets."""
    backend = stacks.CloudFormationBackend
    patch(backend, "create_change_set", _create_change_set)
    patch(backend, "execute_change_set", _execute_change_set)
    patch(backend, "describe_change_set", _describe_change_set)
    patch(backend, "delete_change_set", _delete_change_set)
    patch(stacks.ChangeSet, "_parse_template", _parse_template)


def _parse_template(self: Any) -> None:
    self.template_dict = parse_template(self.template)


def _create_change_set(
    self: Any, stack_name: str, change_set_name: str, template: str, *args: Any, **options: Any
) -> Any:
    check_template(parse_template(template))
    existing = next((stack for stack in self.stacks.values() if stack_name in (stack.name, stack.stack_id)), None)
    kind = options.get("change_set_type")
    if kind == "CREATE" and existing is not None:
        if existing.status != "REVIEW_IN_PROGRESS":
            raise ValidationError(
                message=f"Stack [{stack_name}] already exists and cannot be created again with the changeSet "
                f"[{change_set_name}]."
            )
        del self.stacks[existing.stack_id]
    if kind == "UPDATE" and existing is not None:
        check_updatable(existing, disable_rollback=True)
    return self._create_change_set_of_moto(stack_name, change_set_name, template, *args, **options)


def _execute_change_set(
    self: Any,
    change_set_name: str,
    stack_name: str | None = None,
    *,
    disable_rollback: bool = False,
    retain_except_on_create: bool = False,
) -> None:
    change_set = _find(self, change_set_name, stack_name)
    if change_set is None or change_set.execution_status != "AVAILABLE":
        raise ValidationError(message=f"ChangeSet [{change_set_name}] cannot be executed in its current state")
    stack = self.stacks[change_set.stack_id]
    if change_set.change_set_type != "CREATE":
        check_updatable(stack, disable_rollback=disable_rollback)
    change_set.execution_status = "EXECUTE_COMPLETE"
    if change_set.change_set_type == "CREATE":
        on_failure = "DO_NOTHING" if disable_rollback else change_set.on_stack_failure
        stack.template = change_set.template
        stack.template_dict = change_set.template_dict
        stack.parameters = change_set.parameters
        stack.cross_stack_resources = self.exports
        stack.resource_map = stack._create_resource_map()
        create_resources(self, stack, on_failure=on_failure, retain_except_on_create=retain_except_on_create)
        return
    update_resources(
        stack,
        change_set.template,
        change_set.parameters,
        change_set.tags or None,
        disable_rollback=disable_rollback or change_set.on_stack_failure == "DO_NOTHING",
        retain_except_on_create=retain_except_on_create,
    )


def _delete_change_set(self: Any, change_set_name: str, stack_name: str | None = None) -> None:
    """Delete a change set; as on AWS, it is no error if there is none."""
    change_set = _find(self, change_set_name, stack_name)
    if change_set is not None:
        self.change_sets = {key: each for key, each in self.change_sets.items() if each is not change_set}


def _describe_change_set(self: Any, change_set_name: str, stack_name: str | None = None) -> Any:
    change_set = _find(self, change_set_name, stack_name)
    if change_set is None:
        raise ChangeSetNotFound(f"ChangeSet [{change_set_name}] does not exist")
    return change_set


def _find(backend: Any, name: str, stack_name: str | None) -> Any:
    """The newest change set with that name or ARN, of that stack if one is given; else None."""
    for key, change_set in reversed(list(backend.change_sets.items())):
        if key == name:
            return change_set
        if change_set.change_set_name == name and stack_name in (
            None,
            change_set.stack.name,
            change_set.stack.stack_id,
        ):
            return change_set
    return None

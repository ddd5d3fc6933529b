"""Replaces moto's operations on stacks.

Seen in moto 5.2.5: if a resource fails, CreateStack answers 500 and leaves the stack in progress; UpdateStack accepts a
stack in a state that AWS does not update, and accepts no change at all if it is called without parameters; DeleteStack
first removes the stack from the list, so that a stack whose deletion fails is lost, and it deletes resources that
should be retained; termination protection has no effect; a stack that was created when there were no exports never
sees any. RollbackStack, ContinueUpdateRollback, UpdateTerminationProtection and ListImports are missing.
"""

from collections.abc import Iterable
from typing import Any

from moto.cloudformation import models as stacks
from moto.cloudformation.exceptions import AlreadyExistsException, ValidationError
from moto.cloudformation.utils import generate_stack_id

from local_aws.control_plane.cloudformation import assumptions, exports, lifecycle
from local_aws.control_plane.cloudformation.rollback import StackSnapshot
from local_aws.control_plane.cloudformation.templates import check_template, parse_template
from local_aws.patching import add, patch

__all__ = ["apply_patches", "check_updatable", "create_resources", "move_to_deleted", "update_resources"]

PAUSED = frozenset({"CREATE_FAILED", "UPDATE_FAILED"})
"""The statuses after a failure with rollback disabled."""

UPDATABLE = PAUSED | {"CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"}


def apply_patches() -> None:
    """Patch the operations on stacks, and add the missing ones."""
    backend = stacks.CloudFormationBackend
    patch(backend, "validate_template", _validate_template)
    patch(backend, "create_stack", _create_stack)
    patch(backend, "update_stack", _update_stack)
    patch(backend, "delete_stack", _delete_stack)
    patch(stacks.Stack, "stack_resources", property(_stack_resources))
    patch(stacks.Stack, "parse_template", staticmethod(parse_template))
    add(backend, "rollback_stack", _rollback_stack)
    add(backend, "continue_update_rollback", _continue_update_rollback)
    add(backend, "update_termination_protection", _update_termination_protection)
    add(backend, "list_imports", _list_imports)


def check_updatable(stack: Any, *, disable_rollback: bool = False) -> None:
    """Raise ValidationError, with AWS's text, if the stack's status does not allow an update."""
    if stack.status not in UPDATABLE:
        raise ValidationError(message=f"Stack:{stack.stack_id} is in {stack.status} state and can not be updated.")
    if stack.status in PAUSED and not disable_rollback:
        raise ValidationError(
            message=f"This stack is currently in a non-terminal [{stack.status}] state. To update the stack from this "
            "state, please use the disable-rollback parameter with update-stack API. To rollback to the last known "
            "good state, use the rollback-stack API"
        )


def create_resources(backend: Any, stack: Any, **options: Any) -> None:
    """Create the resources of a new stack; ``options`` go to ``lifecycle.create``."""
    # moto replaced the backend's dict by another one if it was empty
    stack.cross_stack_resources = stack.resource_map.cross_stack_resources = backend.exports
    lifecycle.create(stack, **options)
    move_to_deleted(backend, stack)


def update_resources(
    stack: Any, template: str, parameters: dict[str, Any], tags: dict[str, str] | None, **options: Any
) -> None:
    """Update a stack; its tags change only if the update succeeds. ``options`` go to ``lifecycle.update``."""
    if lifecycle.update(stack, template, parameters, **options) and tags is not None:
        stack.tags = tags


def _validate_template(self: Any, template: str) -> list[Any]:
    """Check the form of a template, as AWS does.

    moto runs cfn-lint (three seconds of imports) and raises its first finding, even a warning such as W3005, for each
    DependsOn that a Ref implies; osls writes those.
    """
    check_template(parse_template(template))
    return []


def _create_stack(
    self: Any,
    name: str,
    template: str,
    parameters: dict[str, Any],
    notification_arns: list[str] | None = None,
    tags: dict[str, str] | None = None,
    role_arn: str | None = None,
    enable_termination_protection: bool | None = False,
    timeout_in_mins: int | None = None,
    stack_policy_body: str | None = None,
    **options: Any,
) -> Any:
    if any(stack.name == name for stack in self.stacks.values()):
        raise AlreadyExistsException(f"Stack [{name}] already exists")
    check_template(parse_template(template))
    stack = stacks.Stack(
        stack_id=generate_stack_id(name, self.region_name, self.account_id),
        name=name,
        template=template,
        parameters=parameters,
        account_id=self.account_id,
        region_name=self.region_name,
        notification_arns=notification_arns,
        tags=tags,
        role_arn=role_arn,
        cross_stack_resources=self.exports,
        enable_termination_protection=enable_termination_protection,
        timeout_in_mins=timeout_in_mins,
        stack_policy_body=stack_policy_body,
    )
    self.stacks[stack.stack_id] = stack
    create_resources(self, stack, **options)
    return stack


def _update_stack(
    self: Any,
    name: str,
    template: str,
    role_arn: str | None,
    parameters: list[dict[str, Any]],
    tags: dict[str, str] | None,
    *,
    disable_rollback: bool = False,
    **options: Any,
) -> Any:
    stack = self.get_stack(name)
    check_updatable(stack, disable_rollback=disable_rollback)
    resolved = self._resolve_update_parameters(instance=stack, incoming_params=parameters)
    same = parse_template(stack.template) == parse_template(template) and stack.parameters == resolved
    if same and tags in (None, stack.tags) and stack.status not in PAUSED:
        raise ValidationError(message="No updates are to be performed.")
    update_resources(stack, template, resolved, tags, disable_rollback=disable_rollback, **options)
    stack.role_arn = role_arn or stack.role_arn
    return stack


def _delete_stack(self: Any, name_or_stack_id: str, retained: Iterable[str] = (), *, force: bool = False) -> None:
    for stack in list(self.stacks.values()):
        if name_or_stack_id not in (stack.stack_id, stack.name):
            continue
        if stack.enable_termination_protection:
            raise ValidationError(
                message=f"Stack [{stack.name}] cannot be deleted while TerminationProtection is enabled"
            )
        if retained and stack.status != "DELETE_FAILED":
            raise ValidationError(message=assumptions.CANNOT_RETAIN.format(stack_id=stack.stack_id))
        lifecycle.delete(stack, retained, force=force)
        move_to_deleted(self, stack)


def _rollback_stack(self: Any, name: str, *, retain_except_on_create: bool = False) -> Any:
    stack = self.get_stack(name)
    if stack.status not in PAUSED:
        raise ValidationError(message=assumptions.CANNOT_ROLL_BACK.format(stack_id=stack.stack_id, status=stack.status))
    lifecycle.roll_back(stack, retain_except_on_create=retain_except_on_create)
    move_to_deleted(self, stack)
    return stack


def _continue_update_rollback(self: Any, name: str, skipped: Iterable[str] = ()) -> None:
    stack = self.get_stack(name)
    if stack.status != "UPDATE_ROLLBACK_FAILED":
        raise ValidationError(
            message=assumptions.CANNOT_CONTINUE_ROLLBACK.format(stack_id=stack.stack_id, status=stack.status)
        )
    others = sorted({*skipped} - StackSnapshot.of(stack).failed)
    if others:
        raise ValidationError(message=assumptions.CANNOT_SKIP.format(names=", ".join(others)))
    lifecycle.continue_rollback(stack, skipped)


def _update_termination_protection(self: Any, name: str, enabled: bool) -> Any:
    stack = self.get_stack(name)
    if stack.stack_id in self.deleted_stacks:
        raise ValidationError(message=f"Stack [{name}] does not exist")
    stack.enable_termination_protection = enabled
    return stack


def _list_imports(self: Any, export_name: str) -> list[str]:
    names = exports.importers(self, export_name)
    if not names:
        raise ValidationError(message=f"Export '{export_name}' is not imported by any stack.")
    return names


def move_to_deleted(backend: Any, stack: Any) -> None:
    """If the stack is deleted: delete its change sets, and move it to the deleted stacks, found by id only."""
    if stack.status == "DELETE_COMPLETE":
        for key in [key for key, change_set in backend.change_sets.items() if change_set.stack is stack]:
            del backend.change_sets[key]
        backend.deleted_stacks[stack.stack_id] = backend.stacks.pop(stack.stack_id)


def _stack_resources(self: Any) -> list[Any]:
    """The existing resources. moto would create missing ones, and list None for those whose condition is false."""
    parsed = self.resource_map._parsed_resources
    return [parsed[name] for name in self.resource_map._resource_json_map if parsed.get(name) is not None]

"""CloudFormation's operations on stacks, in the place of moto's: what they refuse, and what they bring about.

Seen in moto 5.2.5: CreateStack of a template that fails leaves the stack in progress and answers 500; UpdateStack takes
a stack that is in a state which AWS does not update, and one that has not changed when it is given no parameters;
DeleteStack takes the stack off its list first, so that one whose deletion fails is lost, and deletes what is to be
retained; termination protection protects nothing; a stack that was made when there were no exports never sees one.
RollbackStack, ContinueUpdateRollback, UpdateTerminationProtection and ListImports are missing.
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

__all__ = ["apply_patches", "check_updatable", "create_resources", "take_off_list", "update_resources"]

PAUSED = frozenset({"CREATE_FAILED", "UPDATE_FAILED"})
"""Where a failure leads when it is not to be rolled back."""

UPDATABLE = PAUSED | {"CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"}


def apply_patches() -> None:
    """Give moto's backend our operations."""
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
    """Raise ValidationError, in AWS's words, for a stack that is in no state to be updated."""
    if stack.status not in UPDATABLE:
        raise ValidationError(message=f"Stack:{stack.stack_id} is in {stack.status} state and can not be updated.")
    if stack.status in PAUSED and not disable_rollback:
        raise ValidationError(
            message=f"This stack is currently in a non-terminal [{stack.status}] state. To update the stack from this "
            "state, please use the disable-rollback parameter with update-stack API. To rollback to the last known "
            "good state, use the rollback-stack API"
        )


def create_resources(backend: Any, stack: Any, **options: Any) -> None:
    """Make what a new stack's template says; ``options`` are those of ``stack_changes.create``."""
    # moto takes a dict of its own for an empty one
    stack.cross_stack_resources = stack.resource_map.cross_stack_resources = backend.exports
    lifecycle.create(stack, **options)
    take_off_list(backend, stack)


def update_resources(
    stack: Any, template: str, parameters: dict[str, Any], tags: dict[str, str] | None, **options: Any
) -> None:
    """Bring a stack to another template; its tags are the new ones only when that succeeded."""
    if lifecycle.update(stack, template, parameters, **options) and tags is not None:
        stack.tags = tags


def _validate_template(self: Any, template: str) -> list[Any]:
    """moto runs cfn-lint (three seconds of imports) and raises its first finding, be it a warning: W3005 for every
    DependsOn that a Ref implies, which osls writes. AWS only looks at the form of a template here.
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
            raise ValidationError(message=assumptions.RETAINS_NOT.format(stack_id=stack.stack_id))
        lifecycle.delete(stack, retained, force=force)
        take_off_list(self, stack)


def _rollback_stack(self: Any, name: str, *, retain_except_on_create: bool = False) -> Any:
    stack = self.get_stack(name)
    if stack.status not in PAUSED:
        raise ValidationError(message=assumptions.NOT_ROLLED_BACK.format(stack_id=stack.stack_id, status=stack.status))
    lifecycle.roll_back(stack, retain_except_on_create=retain_except_on_create)
    take_off_list(self, stack)
    return stack


def _continue_update_rollback(self: Any, name: str, skipped: Iterable[str] = ()) -> None:
    stack = self.get_stack(name)
    if stack.status != "UPDATE_ROLLBACK_FAILED":
        raise ValidationError(message=assumptions.NOT_CONTINUED.format(stack_id=stack.stack_id, status=stack.status))
    others = sorted({*skipped} - StackSnapshot.of(stack).failed)
    if others:
        raise ValidationError(message=assumptions.NOT_SKIPPED.format(names=", ".join(others)))
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


def take_off_list(backend: Any, stack: Any) -> None:
    """A deleted stack is found by its id alone, and its change sets are gone."""
    if stack.status == "DELETE_COMPLETE":
        for key in [key for key, change_set in backend.change_sets.items() if change_set.stack is stack]:
            del backend.change_sets[key]
        backend.deleted_stacks[stack.stack_id] = backend.stacks.pop(stack.stack_id)


def _stack_resources(self: Any) -> list[Any]:
    """moto's makes resources that do not exist, and lists None for those whose condition is false."""
    parsed = self.resource_map._parsed_resources
    return [parsed[name] for name in self.resource_map._resource_json_map if parsed.get(name) is not None]

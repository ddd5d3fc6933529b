"""What is mended in moto, each with the version in which it was seen; ``mend_moto`` applies all of it.

Types of resources are mended in ``stack_types``, the way of a stack from one template to another in ``stack_changes``,
the reading of metrics in ``metrics``, sessions of roles in ``sessions``, the settings of API Gateway in ``account``,
what Lambda keeps of functions in ``function_settings`` and ``event_settings``.
"""

import functools
from typing import Any

from moto.cloudformation import models as stacks
from moto.cloudformation import responses
from moto.cloudformation.exceptions import AlreadyExistsException, CloudFormationError, ValidationError
from moto.cloudformation.utils import generate_stack_id
from moto.core.common_models import BaseModel
from moto.core.config import default_user_config
from moto.core.responses import ActionResult, EmptyResult

from local_aws.control_plane import account, metrics, sessions, stack_changes, stack_types
from local_aws.control_plane.templates import check_template, parse_template

__all__ = ["SEEN_IN", "mend_moto"]

SEEN_IN = "5.2.5"
"""The version of moto that all of these faults were seen in."""


class ChangeSetNotFound(CloudFormationError):  # type: ignore[misc]
    """moto says ValidationError with the change set's name as that of a stack."""

    code = "ChangeSetNotFound"


@functools.cache
def mend_moto() -> None:
    """Mend moto in this process, once. Must run before moto's list of CloudFormation types is first read."""
    BaseModel.__new__ = _new_untracked
    stack_types.install()
    account.mend()
    metrics.mend()
    sessions.mend()
    default_user_config["iam"]["load_aws_managed_policies"] = True  # moto leaves AWS's own policies out, to save 60 ms
    backend = stacks.CloudFormationBackend
    backend.validate_template = _validate_template
    backend.create_stack = _create_stack
    backend.update_stack = _update_stack
    backend.delete_stack = _delete_stack
    backend._create_change_set_of_moto = backend.create_change_set
    backend.create_change_set = _create_change_set
    backend.execute_change_set = _execute_change_set
    backend.describe_change_set = _describe_change_set
    backend.delete_change_set = _delete_change_set
    responses.CloudFormationResponse.describe_change_set = _answer_describe_change_set
    responses.CloudFormationResponse.delete_change_set = _answer_delete_change_set
    stacks.Stack.stack_resources = property(_stack_resources)
    stacks.Stack.parse_template = staticmethod(parse_template)
    stacks.ChangeSet._parse_template = lambda self: setattr(self, "template_dict", parse_template(self.template))


def _new_untracked(cls: Any, *args: Any, **kwargs: Any) -> Any:
    """moto keeps every object that it ever makes, each log event and each table item, for its dashboard."""
    return object.__new__(cls)


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
) -> Any:
    """moto leaves a stack whose creation fails in CREATE_IN_PROGRESS and answers 500."""
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
    _create_resources(self, stack)
    return stack


def _create_resources(backend: Any, stack: Any) -> None:
    stack.status = "CREATE_IN_PROGRESS"
    stack._add_stack_event("CREATE_IN_PROGRESS", resource_status_reason="User Initiated")
    stack_changes.create(stack)
    _export(backend, stack)


def _update_stack(
    self: Any,
    name: str,
    template: str,
    role_arn: str | None,
    parameters: list[dict[str, Any]],
    tags: dict[str, str] | None,
) -> Any:
    """moto updates a stack that has not changed when it is given no parameters; AWS refuses."""
    stack = self.get_stack(name)
    resolved = self._resolve_update_parameters(instance=stack, incoming_params=parameters)
    if parse_template(stack.template) == parse_template(template) and stack.parameters == resolved:
        raise ValidationError(message="No updates are to be performed.")
    stack_changes.update(stack, template, resolved)
    stack.role_arn = role_arn
    stack.tags = stack.tags if tags is None else tags
    _export(self, stack)
    return stack


def _delete_stack(self: Any, name_or_stack_id: str) -> None:
    """moto takes the stack off its list first, fails on exports that a change set made, and then never comes back."""
    for stack in list(self.stacks.values()):
        if name_or_stack_id not in (stack.stack_id, stack.name):
            continue
        if stack_changes.delete(stack):
            _forget_exports(self, stack)
            for key in [key for key, change_set in self.change_sets.items() if change_set.stack is stack]:
                del self.change_sets[key]
            self.deleted_stacks[stack.stack_id] = self.stacks.pop(stack.stack_id)


def _create_change_set(
    self: Any, stack_name: str, change_set_name: str, template: str, *args: Any, **options: Any
) -> Any:
    """moto makes a second stack of the same name for a CREATE change set of a stack that exists."""
    check_template(parse_template(template))
    existing = next((stack for stack in self.stacks.values() if stack.name == stack_name), None)
    kind = options.get("change_set_type")
    if kind == "CREATE" and existing is not None:
        if existing.status != "REVIEW_IN_PROGRESS":
            raise ValidationError(
                message=f"Stack [{stack_name}] already exists and cannot be created again with the changeSet "
                f"[{change_set_name}]."
            )
        del self.stacks[existing.stack_id]
    return self._create_change_set_of_moto(stack_name, change_set_name, template, *args, **options)


def _execute_change_set(self: Any, change_set_name: str, stack_name: str | None = None) -> None:
    """moto's leaves the stack's outputs and exports as they were, and answers 500 when a resource fails."""
    change_set = _find_change_set(self, change_set_name, stack_name)
    if change_set is None or change_set.execution_status != "AVAILABLE":
        raise ValidationError(message=f"ChangeSet [{change_set_name}] cannot be executed in its current state")
    stack = self.stacks[change_set.stack_id]
    change_set.execution_status = "EXECUTE_COMPLETE"
    if change_set.change_set_type == "CREATE":
        stack.template = change_set.template
        stack.template_dict = change_set.template_dict
        stack.parameters = change_set.parameters
        stack.cross_stack_resources = self.exports
        stack.resource_map = stack._create_resource_map()
        _create_resources(self, stack)
    else:
        stack_changes.update(stack, change_set.template, change_set.parameters)
        _export(self, stack)


def _delete_change_set(self: Any, change_set_name: str, stack_name: str | None = None) -> None:
    """moto fails with UnboundLocalError when there is none; AWS answers 200."""
    change_set = _find_change_set(self, change_set_name, stack_name)
    if change_set is not None:
        self.change_sets = {key: each for key, each in self.change_sets.items() if each is not change_set}


def _describe_change_set(self: Any, change_set_name: str, stack_name: str | None = None) -> Any:
    change_set = _find_change_set(self, change_set_name, stack_name)
    if change_set is None:
        raise ChangeSetNotFound(f"ChangeSet [{change_set_name}] does not exist")
    return change_set


def _answer_describe_change_set(self: Any) -> Any:
    backend, name, stack = self.cloudformation_backend, self._get_param("ChangeSetName"), self._get_param("StackName")
    return ActionResult(backend.describe_change_set(name, stack))


def _answer_delete_change_set(self: Any) -> Any:
    backend, name, stack = self.cloudformation_backend, self._get_param("ChangeSetName"), self._get_param("StackName")
    backend.delete_change_set(name, stack)
    return EmptyResult()


def _find_change_set(backend: Any, name: str, stack_name: str | None) -> Any:
    """The newest of that name, of that stack where one is named: moto mixes those of several stacks up."""
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


def _stack_resources(self: Any) -> list[Any]:
    """moto's makes resources that do not exist, and lists None for those whose condition is false."""
    parsed = self.resource_map._parsed_resources
    return [parsed[name] for name in self.resource_map._resource_json_map if parsed.get(name) is not None]


def _export(backend: Any, stack: Any) -> None:
    _forget_exports(backend, stack)
    if stack.status in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
        for export in stack.exports:
            backend.exports[export.name] = export


def _forget_exports(backend: Any, stack: Any) -> None:
    for name in [name for name, each in backend.exports.items() if each.exporting_stack_id == stack.stack_id]:
        del backend.exports[name]

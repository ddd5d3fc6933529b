"""Reads CloudFormation's requests: those that moto 5.2.5 lacks, and those whose parameters it reads only in part.

moto calls the method of its response class that is named after the action. The answers are objects; moto takes their
attributes by the names of the members in the output's shape.
"""

from typing import Any

from moto.cloudformation import responses
from moto.cloudformation.exceptions import ValidationError
from moto.core.responses import ActionResult, EmptyResult

from local_aws.control_plane.cloudformation import assumptions
from local_aws.control_plane.cloudformation.stack_policies import BadPolicy, check_policy
from local_aws.patching import add, patch

__all__ = ["apply_patches"]


def apply_patches() -> None:
    """Patch moto's response class."""
    model = responses.CloudFormationResponse
    patch(model, "create_stack", _create_stack)
    patch(model, "update_stack", _update_stack)
    patch(model, "delete_stack", _delete_stack)
    patch(model, "set_stack_policy", _set_stack_policy)
    patch(model, "create_change_set", _create_change_set)
    patch(model, "execute_change_set", _execute_change_set)
    patch(model, "describe_change_set", _describe_change_set)
    patch(model, "delete_change_set", _delete_change_set)
    patch(model, "list_stack_resources", _list_stack_resources)
    patch(responses, "StackResourceDTO", StackResource)
    add(model, "rollback_stack", _rollback_stack)
    add(model, "continue_update_rollback", _continue_update_rollback)
    add(model, "update_termination_protection", _update_termination_protection)
    add(model, "list_imports", _list_imports)


class StackResource:
    """A resource in an answer, with the status and time of its last event. moto answers the *stack's* status."""

    def __init__(self, stack: Any, resource: Any) -> None:
        self.stack_id = stack.stack_id
        self.stack_name = stack.name
        self.logical_resource_id = resource.logical_resource_id
        self.physical_resource_id = resource.physical_resource_id
        self.resource_type = resource.cf_resource_type
        resource_events = (each for each in reversed(stack.events) if each.physical_resource_id != stack.stack_id)
        last = next(each for each in resource_events if each.logical_resource_id == self.logical_resource_id)
        self.timestamp = self.last_updated_timestamp = last.timestamp
        self.resource_status = last.resource_status
        self.resource_status_reason = last.resource_status_reason


def _create_stack(self: Any) -> Any:
    on_failure, disable_rollback = self._get_param("OnFailure"), self._get_param("DisableRollback")
    if on_failure is not None and disable_rollback is not None:
        raise ValidationError(message=assumptions.BOTH_FAILURE_OPTIONS)
    stack = self.cloudformation_backend.create_stack(
        name=self._get_param("StackName"),
        template=_template(self),
        parameters=self._get_params_from_list(self._get_param("Parameters", [])),
        notification_arns=self._get_param("NotificationARNs", []),
        tags=_tags(self),
        role_arn=self._get_param("RoleARN"),
        enable_termination_protection=self._get_param("EnableTerminationProtection"),
        timeout_in_mins=self._get_param("TimeoutInMinutes"),
        stack_policy_body=_stack_policy(self),
        on_failure="DO_NOTHING" if disable_rollback else on_failure or "ROLLBACK",
        retain_except_on_create=self._get_param("RetainExceptOnCreate", False),
    )
    return ActionResult({"StackId": stack.stack_id})


def _update_stack(self: Any) -> Any:
    backend, name = self.cloudformation_backend, self._get_param("StackName")
    parameters = self._get_param("Parameters", [])
    for each in parameters:
        if each.get("UsePreviousValue") and each.get("ParameterValue"):
            raise ValidationError(
                message=f"Invalid input for parameter key {each['ParameterKey']}. "
                "Cannot specify usePreviousValue as true and non empty value for a parameter"
            )
    previous, policy = self._get_param("UsePreviousTemplate", False), _stack_policy(self)
    stack = backend.update_stack(
        name=name,
        template=backend.get_stack(name).template if previous else _template(self),
        role_arn=self._get_param("RoleARN"),
        parameters=parameters,
        tags=_tags(self) or None,  # moto cannot tell no tags from an empty list of them
        disable_rollback=self._get_param("DisableRollback", False),
        retain_except_on_create=self._get_param("RetainExceptOnCreate", False),
        policy=_stack_policy(self, "StackPolicyDuringUpdate"),
    )
    stack.policy = policy or stack.policy
    return ActionResult({"StackId": stack.stack_id})


def _set_stack_policy(self: Any) -> Any:
    _stack_policy(self)
    return self._set_stack_policy_of_moto()


def _delete_stack(self: Any) -> Any:
    self.cloudformation_backend.delete_stack(
        self._get_param("StackName"),
        self._get_param("RetainResources", []),
        force=self._get_param("DeletionMode") == "FORCE_DELETE_STACK",
    )
    return EmptyResult()


def _rollback_stack(self: Any) -> Any:
    stack = self.cloudformation_backend.rollback_stack(
        self._get_param("StackName"), retain_except_on_create=self._get_param("RetainExceptOnCreate", False)
    )
    return ActionResult({"StackId": stack.stack_id})


def _continue_update_rollback(self: Any) -> Any:
    skipped = self._get_param("ResourcesToSkip", [])
    self.cloudformation_backend.continue_update_rollback(self._get_param("StackName"), skipped)
    return ActionResult({})


def _update_termination_protection(self: Any) -> Any:
    stack = self.cloudformation_backend.update_termination_protection(
        self._get_param("StackName"), self._get_param("EnableTerminationProtection")
    )
    return ActionResult({"StackId": stack.stack_id})


def _list_imports(self: Any) -> Any:
    return ActionResult({"Imports": self.cloudformation_backend.list_imports(self._get_param("ExportName"))})


def _create_change_set(self: Any) -> Any:
    answer = self._create_change_set_of_moto()
    change_set = self.cloudformation_backend.change_sets[answer.result["Id"]]
    change_set.on_stack_failure = self._get_param("OnStackFailure", "ROLLBACK")
    return answer


def _execute_change_set(self: Any) -> Any:
    self.cloudformation_backend.execute_change_set(
        self._get_param("ChangeSetName"),
        self._get_param("StackName"),
        disable_rollback=self._get_param("DisableRollback", False),
        retain_except_on_create=self._get_param("RetainExceptOnCreate", False),
    )
    return ActionResult({})


def _describe_change_set(self: Any) -> Any:
    backend, name, stack = self.cloudformation_backend, self._get_param("ChangeSetName"), self._get_param("StackName")
    return ActionResult(backend.describe_change_set(name, stack))


def _delete_change_set(self: Any) -> Any:
    backend, name, stack = self.cloudformation_backend, self._get_param("ChangeSetName"), self._get_param("StackName")
    backend.delete_change_set(name, stack)
    return EmptyResult()


def _list_stack_resources(self: Any) -> Any:
    """ListStackResources; moto answers CREATE_COMPLETE for each resource."""
    stack, resources = self.cloudformation_backend.list_stack_resources(self._get_param("StackName"))
    return ActionResult({"StackResourceSummaries": [StackResource(stack, resource) for resource in resources]})


def _template(request: Any) -> str:
    body, url = request._get_param("TemplateBody"), request._get_param("TemplateURL")
    if not body and not url:
        raise ValidationError(message="Either Template URL or Template Body must be specified.")
    return str(request._get_stack_from_s3_url(url) if url else body)


def _stack_policy(request: Any, which: str = "StackPolicy") -> str | None:
    body, url = request._get_param(f"{which}Body"), request._get_param(f"{which}URL")
    policy: str | None = request._get_stack_from_s3_url(url) if url else body
    if policy:
        try:
            check_policy(policy)
        except BadPolicy as error:
            raise ValidationError(message=str(error)) from None
    return policy


def _tags(request: Any) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in request._get_param("Tags", [])}

"""``AWS::CloudFormation::Stack``: a nested stack.

Seen in moto 5.2.5: every update deletes the nested stack and creates another; the parent takes a nested stack that
failed for created, and one that could not be deleted for deleted; ``Ref`` is its name, and ``GetAtt`` has no
``Outputs.Name``.
"""

from typing import Any

from moto.cloudformation.exceptions import UnformattedGetAttTemplateException, ValidationError
from moto.cloudformation.models import Stack, cloudformation_backends
from moto.cloudformation.utils import get_stack_from_s3_url
from moto.utilities.utils import get_partition

from local_aws.control_plane.cloudformation import lifecycle
from local_aws.control_plane.cloudformation.operations import move_to_deleted
from local_aws.control_plane.cloudformation.types.base import Properties, patch_resource
from local_aws.patching import add, patch

__all__ = ["apply_patches"]


def apply_patches() -> None:
    """Patch moto's class of stacks, so that it is a resource that CloudFormation can update."""
    patch_resource(Stack, create=_create, update=_update)
    patch(Stack, "delete", _delete)
    patch(Stack, "physical_resource_id", property(lambda self: self.stack_id))
    add(Stack, "get_cfn_attribute", _attribute)


def _create(name: str, properties: Properties, account_id: str, region: str, logical_id: str) -> Any:
    backend = cloudformation_backends[account_id][region]
    stack = backend.create_stack(
        name=name,
        template=_template(properties, account_id, region),
        parameters=dict(properties.get("Parameters", {})),
        notification_arns=properties.get("NotificationARNs"),
        tags=_tags(properties),
    )
    if stack.status != "CREATE_COMPLETE":
        backend.delete_stack(stack.stack_id)
        raise ValueError(f"Embedded stack {stack.stack_id} was not successfully created: {_reason(stack)}")
    return stack


def _update(stack: Any, properties: Properties, account_id: str, region: str) -> None:
    parameters = [
        {"ParameterKey": key, "ParameterValue": value} for key, value in properties.get("Parameters", {}).items()
    ]
    template = _template(properties, account_id, region)
    try:
        cloudformation_backends[account_id][region].update_stack(
            stack.stack_id, template, None, parameters, _tags(properties)
        )
    except ValidationError as error:
        if "No updates are to be performed" in str(error):
            return
        raise
    if stack.status != "UPDATE_COMPLETE":
        raise ValueError(
            f"Embedded stack {stack.stack_id} was not successfully updated. Currently in {stack.status} with reason: "
            f"{_reason(stack)}"
        )


def _delete(self: Any, account_id: str | None = None, region: str | None = None) -> None:
    lifecycle.delete(self)
    move_to_deleted(cloudformation_backends[self.account_id][self.region_name], self)
    if self.status != "DELETE_COMPLETE":
        raise ValueError(f"Embedded stack {self.stack_id} was not successfully deleted: {self.status_reason}")


def _attribute(self: Any, name: str) -> Any:
    kind, _, key = name.partition(".")
    output = self.output_map.get(key) if kind == "Outputs" and key in list(self.output_map) else None
    if output is None:
        raise UnformattedGetAttTemplateException
    return output.value


def _template(properties: Properties, account_id: str, region: str) -> str:
    return str(get_stack_from_s3_url(properties["TemplateURL"], account_id, get_partition(region)))


def _tags(properties: Properties) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in properties.get("Tags", [])}


def _reason(stack: Any) -> str:
    """The last status reason of the stack itself, not of its resources."""
    reasons = (each.resource_status_reason for each in reversed(stack.events) if each.logical_resource_id == stack.name)
    return next((reason for reason in reasons if reason and reason != "User Initiated"), "")

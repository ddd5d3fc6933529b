"""A CloudFormation stack created, updated, deleted: the resources' changes, and the status that tells of them.

A failing create is rolled back (ROLLBACK_COMPLETE). A failing update stops where it failed (UPDATE_FAILED), as AWS
does with rollback disabled. In moto 5.2.5 both are answered with 500 and leave the stack in progress.
"""

from collections.abc import Mapping
from typing import Any

from local_aws.control_plane.stack_resources import ResourceFailed, StackResources
from local_aws.control_plane.templates import check_template, parse_template

__all__ = ["create", "delete", "update"]


def create(stack: Any) -> None:
    """Make all resources of a new stack's template."""
    changes = StackResources(stack)
    changes.prepare(stack.template_dict, stack.parameters)
    try:
        changes.bring_about()
    except ResourceFailed as failure:
        _set_status(stack, "ROLLBACK_IN_PROGRESS", f"The following resource(s) failed to create: [{failure}]. ")
        changes.remove_all()
        _forget_resources(stack)
        _set_status(stack, "ROLLBACK_COMPLETE")
        return
    stack.description = stack.template_dict.get("Description")
    stack.output_map = stack._create_output_map()
    _set_status(stack, "CREATE_COMPLETE")


def update(stack: Any, template_text: str, parameters: Mapping[str, Any] | None) -> None:
    """Bring a stack's resources to another template, or other parameters."""
    changes = StackResources(stack)
    template = parse_template(template_text)
    check_template(template)
    changes.prepare(template, parameters or {})
    _set_status(stack, "UPDATE_IN_PROGRESS", "User Initiated")
    try:
        changes.bring_about()
    except ResourceFailed as failure:
        changes.clean_up()
        _set_status(stack, "UPDATE_FAILED", f"The following resource(s) failed to update: [{failure}]. ")
        return
    stack.template = template_text
    stack.template_dict = template
    stack.parameters = dict(parameters or {})
    stack.description = template.get("Description")
    stack.output_map = stack._create_output_map()
    _set_status(stack, "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")
    changes.clean_up()
    _set_status(stack, "UPDATE_COMPLETE")


def delete(stack: Any) -> bool:
    """Remove all resources; False when some could not be removed, and the stack stays with them."""
    _set_status(stack, "DELETE_IN_PROGRESS", "User Initiated")
    left = StackResources(stack).remove_all()
    if left:
        reason = f"The following resource(s) failed to delete: [{', '.join(left)}]. "
        _set_status(stack, "DELETE_FAILED", reason)
        return False
    _forget_resources(stack)
    _set_status(stack, "DELETE_COMPLETE")
    return True


def _set_status(stack: Any, status: str, reason: str | None = None) -> None:
    stack.status = status
    stack._add_stack_event(status, resource_status_reason=reason)


def _forget_resources(stack: Any) -> None:
    """moto makes a resource anew when somebody lists those of a stack that is gone, unless it knows of none."""
    stack.resource_map._resource_json_map = {}
    stack.output_map = type(stack.output_map)(stack.resource_map, {}, stack.stack_id)

"""A CloudFormation stack created, updated, rolled back, deleted: the statuses that it goes through, and its end.

The status codes are AWS's
(https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html), and so is what a failure leads
to (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stack-failure-options.html). In moto 5.2.5 a resource
that fails is answered with 500, and its stack stays in progress.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from moto.core.utils import utcnow

from local_aws.control_plane.cloudformation import exports as stack_exports
from local_aws.control_plane.cloudformation import resource_steps as steps
from local_aws.control_plane.cloudformation.exports import ExportProblem
from local_aws.control_plane.cloudformation.resource_changes import ResourceFailed, StackResources
from local_aws.control_plane.cloudformation.rollback import StackSnapshot
from local_aws.control_plane.cloudformation.templates import check_template, parse_template

__all__ = ["continue_rollback", "create", "delete", "roll_back", "update"]


class OutputFailed(Exception):
    """An output cannot be resolved; ``str()`` is what the stack says of it."""


FAILURES = (ResourceFailed, OutputFailed, ExportProblem)


def create(stack: Any, *, on_failure: str = "ROLLBACK", retain_except_on_create: bool = False) -> None:
    """Make all resources of a new stack's template. ``on_failure`` is ROLLBACK, DELETE or DO_NOTHING."""
    _set_status(stack, "CREATE_IN_PROGRESS", "User Initiated")
    stack.disable_rollback = on_failure == "DO_NOTHING"
    changes = StackResources(stack, StackSnapshot.of(stack, is_new=True))
    changes.prepare(stack.template_dict, stack.parameters)
    stack.description = stack.template_dict.get("Description")
    try:
        changes.bring_about()
        _put_out(stack)
    except FAILURES as failure:
        if on_failure == "DO_NOTHING":
            _set_status(stack, "CREATE_FAILED", str(failure))
        else:
            reason = f"{str(failure).rstrip('. ')}. {on_failure.capitalize()} requested by user."
            _take_away(stack, on_failure, reason, just_made=True, retain_except_on_create=retain_except_on_create)
        return
    StackSnapshot.forget(stack)
    _set_status(stack, "CREATE_COMPLETE")


def update(
    stack: Any,
    template_text: str,
    parameters: Mapping[str, Any] | None,
    *,
    disable_rollback: bool = False,
    retain_except_on_create: bool = False,
    policy: str | None = None,
) -> bool:
    """Bring a stack's resources to another template, or other parameters; whether that succeeded.

    ``policy`` stands in for the stack's own during this update.
    """
    template = parse_template(template_text)
    check_template(template)
    first = "stable" not in vars(stack)
    policy = stack.policy if policy is None else policy
    changes = StackResources(stack, StackSnapshot.of(stack), in_place=disable_rollback, policy=policy)
    try:
        changes.prepare(template, parameters or {})
    except Exception:
        if first:
            StackSnapshot.forget(stack)
        raise
    stack.last_updated_time = utcnow()
    stack.disable_rollback = disable_rollback
    _set_status(stack, "UPDATE_IN_PROGRESS", "User Initiated")
    stack.template, stack.template_dict, stack.parameters = template_text, template, dict(parameters or {})
    try:
        changes.bring_about()
        _put_out(stack)
    except FAILURES as failure:
        if disable_rollback:
            _set_status(stack, "UPDATE_FAILED", str(failure))
        else:
            _roll_update_back(stack, str(failure), retain_except_on_create)
        return False
    stack.description = template.get("Description")
    _set_status(stack, "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")
    changes.clean_up()
    StackSnapshot.forget(stack)
    _set_status(stack, "UPDATE_COMPLETE")
    return True


def roll_back(stack: Any, *, retain_except_on_create: bool = False) -> None:
    """RollbackStack of one that failed with rollback disabled: back to where it last was stable.

    One that never was is deleted, as the API's reference has it.
    """
    if StackSnapshot.of(stack).is_new:
        retain = retain_except_on_create
        _take_away(stack, "DELETE", "User Initiated", just_made=True, retain_except_on_create=retain)
    else:
        _roll_update_back(stack, "User Initiated", retain_except_on_create)


def continue_rollback(stack: Any, skipped: Iterable[str] = ()) -> None:
    """ContinueUpdateRollback of one whose rollback failed, with ``skipped`` left as they are."""
    _roll_update_back(stack, "User Initiated", False, frozenset(skipped))


def delete(stack: Any, retained: Iterable[str] = (), *, force: bool = False) -> None:
    """Remove all resources: DELETE_COMPLETE, or DELETE_FAILED when some stayed, unless ``force`` says to leave those.

    A stack whose exports another one imports stays as it is and says so.
    """
    used = stack_exports.in_use(stack)
    if used:
        _set_status(stack, stack.status, used)
    else:
        _take_away(stack, "DELETE", "User Initiated", retained=frozenset(retained), force=force)


def _roll_update_back(
    stack: Any, reason: str, retain_except_on_create: bool, skipped: frozenset[str] = frozenset()
) -> None:
    stable = StackSnapshot.of(stack)
    _set_status(stack, "UPDATE_ROLLBACK_IN_PROGRESS", reason)
    stack.template, stack.template_dict = stable.template_text, stable.template
    stack.parameters = dict(stable.parameters)
    failed = stable.bring_back(stack, skipped)
    stack.output_map = stack._create_output_map()
    if failed:
        _set_status(stack, "UPDATE_ROLLBACK_FAILED", _failed_to("update", failed))
        return
    _set_status(stack, "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS")
    stable.clean_up(stack, retain_except_on_create=retain_except_on_create)
    StackSnapshot.forget(stack)
    _set_status(stack, "UPDATE_ROLLBACK_COMPLETE")


def _take_away(stack: Any, verb: str, reason: str, *, force: bool = False, **options: Any) -> None:
    """Remove all that there is: ``verb`` is DELETE, or ROLLBACK for a creation's; ``options`` are ``remove_all``'s."""
    _set_status(stack, f"{verb}_IN_PROGRESS", reason)
    left = StackResources(stack, StackSnapshot.of(stack)).remove_all(**options)
    if left and not force:
        _set_status(stack, f"{verb}_FAILED", _failed_to("delete", left))
        return
    stack_exports.withdraw(stack)
    StackSnapshot.forget(stack)
    # moto makes a resource anew when somebody lists those of a stack that is gone, unless it knows of none
    stack.resource_map._resource_json_map = {}
    stack.output_map = type(stack.output_map)(stack.resource_map, {}, stack.stack_id)
    stack.deletion_time = utcnow()
    _set_status(stack, f"{verb}_COMPLETE")


def _put_out(stack: Any) -> None:
    """Resolve the outputs and publish those that are exported. Raises OutputFailed and ExportProblem."""
    output_map = stack._create_output_map()
    try:
        exports = stack_exports.exports_of(stack, output_map)
    except Exception as error:
        raise OutputFailed(steps.reason_of(error)) from error
    stack_exports.publish(stack, exports)
    stack.output_map = output_map


def _failed_to(verb: str, names: Iterable[str]) -> str:
    return f"The following resource(s) failed to {verb}: [{', '.join(names)}]. "


def _set_status(stack: Any, status: str, reason: str | None = None) -> None:
    stack.status, stack.status_reason = status, reason
    stack._add_stack_event(status, resource_status_reason=reason)

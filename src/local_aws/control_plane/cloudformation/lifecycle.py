"""Creates, updates, rolls back and deletes a CloudFormation stack, with AWS's sequence of stack statuses.

The statuses are those of https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html, and
failures are handled as in https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stack-failure-options.html.
moto 5.2.5 answers 500 if a resource fails, and the stack stays in progress.
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
    """An output cannot be resolved; ``str()`` is the status reason of the stack."""


FAILURES = (ResourceFailed, OutputFailed, ExportProblem)


def create(stack: Any, *, on_failure: str = "ROLLBACK", retain_except_on_create: bool = False) -> None:
    """Create all resources of a new stack. ``on_failure`` is ROLLBACK, DELETE or DO_NOTHING.

    A failure is in the stack's status. Raises moto's ValidationError if the template is not valid.
    """
    _set_status(stack, "CREATE_IN_PROGRESS", "User Initiated")
    stack.disable_rollback = on_failure == "DO_NOTHING"
    changes = StackResources(stack, StackSnapshot.of(stack, is_new=True))
    changes.prepare(stack.template_dict, stack.parameters)
    stack.description = stack.template_dict.get("Description")
    try:
        changes.apply()
        _publish_outputs(stack)
    except FAILURES as failure:
        if on_failure == "DO_NOTHING":
            _set_status(stack, "CREATE_FAILED", str(failure))
        else:
            reason = f"{str(failure).rstrip('. ')}. {on_failure.capitalize()} requested by user."
            _remove_resources(
                stack, on_failure, reason, newly_created=True, retain_except_on_create=retain_except_on_create
            )
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
    """Update a stack to another template or other parameters; return whether that succeeded.

    ``policy`` replaces the stack policy during this update. Raises moto's ValidationError, and changes nothing, if the
    template is not valid.
    """
    template = parse_template(template_text)
    check_template(template)
    had_no_snapshot = "snapshot" not in vars(stack)
    policy = stack.policy if policy is None else policy
    changes = StackResources(stack, StackSnapshot.of(stack), in_place=disable_rollback, policy=policy)
    try:
        changes.prepare(template, parameters or {})
    except Exception:
        if had_no_snapshot:
            StackSnapshot.forget(stack)
        raise
    stack.last_updated_time = utcnow()
    stack.disable_rollback = disable_rollback
    _set_status(stack, "UPDATE_IN_PROGRESS", "User Initiated")
    stack.template, stack.template_dict, stack.parameters = template_text, template, dict(parameters or {})
    try:
        changes.apply()
        _publish_outputs(stack)
    except FAILURES as failure:
        if disable_rollback:
            _set_status(stack, "UPDATE_FAILED", str(failure))
        else:
            _roll_back_update(stack, str(failure), retain_except_on_create)
        return False
    stack.description = template.get("Description")
    _set_status(stack, "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")
    changes.clean_up()
    StackSnapshot.forget(stack)
    _set_status(stack, "UPDATE_COMPLETE")
    return True


def roll_back(stack: Any, *, retain_except_on_create: bool = False) -> None:
    """RollbackStack: return a stack that failed with rollback disabled to its last stable state.

    A stack whose creation failed is deleted, as the API's reference says.
    """
    if StackSnapshot.of(stack).is_new:
        retain = retain_except_on_create
        _remove_resources(stack, "DELETE", "User Initiated", newly_created=True, retain_except_on_create=retain)
    else:
        _roll_back_update(stack, "User Initiated", retain_except_on_create)


def continue_rollback(stack: Any, skipped: Iterable[str] = ()) -> None:
    """ContinueUpdateRollback: repeat a failed rollback, but leave the ``skipped`` resources as they are."""
    _roll_back_update(stack, "User Initiated", False, frozenset(skipped))


def delete(stack: Any, retained: Iterable[str] = (), *, force: bool = False) -> None:
    """Delete all resources except ``retained``.

    The stack ends in DELETE_COMPLETE; or in DELETE_FAILED if a resource could not be deleted, unless ``force``. If
    another stack imports its exports, nothing is deleted, and the status reason says so.
    """
    problem = stack_exports.in_use(stack)
    if problem:
        _set_status(stack, stack.status, problem)
    else:
        _remove_resources(stack, "DELETE", "User Initiated", retained=frozenset(retained), force=force)


def _roll_back_update(
    stack: Any, reason: str, retain_except_on_create: bool, skipped: frozenset[str] = frozenset()
) -> None:
    snapshot = StackSnapshot.of(stack)
    _set_status(stack, "UPDATE_ROLLBACK_IN_PROGRESS", reason)
    stack.template, stack.template_dict = snapshot.template_text, snapshot.template
    stack.parameters = dict(snapshot.parameters)
    failed = snapshot.restore_resources(stack, skipped)
    stack.output_map = stack._create_output_map()
    if failed:
        _set_status(stack, "UPDATE_ROLLBACK_FAILED", _failed_to("update", failed))
        return
    _set_status(stack, "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS")
    snapshot.clean_up(stack, retain_except_on_create=retain_except_on_create)
    StackSnapshot.forget(stack)
    _set_status(stack, "UPDATE_ROLLBACK_COMPLETE")


def _remove_resources(stack: Any, verb: str, reason: str, *, force: bool = False, **options: Any) -> None:
    """Delete all resources. ``verb`` starts the statuses: DELETE or ROLLBACK. ``options`` go to ``remove_all``."""
    _set_status(stack, f"{verb}_IN_PROGRESS", reason)
    remaining = StackResources(stack, StackSnapshot.of(stack)).remove_all(**options)
    if remaining and not force:
        _set_status(stack, f"{verb}_FAILED", _failed_to("delete", remaining))
        return
    stack_exports.withdraw(stack)
    StackSnapshot.forget(stack)
    # with definitions left, moto would create resources again when those of the deleted stack are listed
    stack.resource_map._resource_json_map = {}
    stack.output_map = type(stack.output_map)(stack.resource_map, {}, stack.stack_id)
    stack.deletion_time = utcnow()
    _set_status(stack, f"{verb}_COMPLETE")


def _publish_outputs(stack: Any) -> None:
    """Resolve the outputs and publish the exports. Raises OutputFailed or ExportProblem."""
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

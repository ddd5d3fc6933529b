"""Messages of CloudFormation for which we know no source.

That AWS answers each of these errors is documented; the text is ours. To use a text captured from AWS, change one line
here.
"""

__all__ = [
    "BOTH_FAILURE_OPTIONS",
    "CANNOT_CONTINUE_ROLLBACK",
    "CANNOT_RETAIN",
    "CANNOT_ROLL_BACK",
    "CANNOT_SKIP",
    "NOT_ALLOWED_BY_POLICY",
]

BOTH_FAILURE_OPTIONS = "You can specify either DisableRollback or OnFailure, but not both."
"""CreateStack with both options, which its reference forbids."""

CANNOT_CONTINUE_ROLLBACK = (
    "Stack:{stack_id} is in {status} state and its rollback can not be continued. "
    "ContinueUpdateRollback takes UPDATE_ROLLBACK_FAILED."
)
"""ContinueUpdateRollback of a stack in another state."""

CANNOT_ROLL_BACK = (
    "Stack:{stack_id} is in {status} state and can not be rolled back. "
    "RollbackStack takes CREATE_FAILED and UPDATE_FAILED."
)
"""RollbackStack of a stack in another state."""

CANNOT_SKIP = "[{names}] cannot be skipped: ResourcesToSkip takes resources whose rollback failed."
"""ContinueUpdateRollback whose ResourcesToSkip names a resource whose rollback did not fail."""

NOT_ALLOWED_BY_POLICY = "Action not allowed by stack policy: [{action}] for resource [LogicalResourceId/{name}]"
"""An update that no statement of the stack policy allows or denies."""

CANNOT_RETAIN = (
    "Invalid operation on stack [{stack_id}]. "
    "Specify resources to retain only when the current stack state is DELETE_FAILED."
)
"""DeleteStack with RetainResources of a stack in another state."""

"""What CloudFormation says where no source has its words.

That AWS refuses each of these is documented; the text is ours. A text captured from AWS changes one line here.
"""

__all__ = [
    "FAILURE_OPTIONS",
    "NOT_CONTINUED",
    "NOT_ROLLED_BACK",
    "NOT_SKIPPED",
    "POLICY_ALLOWS_NOT",
    "RETAINS_NOT",
]

FAILURE_OPTIONS = "You can specify either DisableRollback or OnFailure, but not both."
"""CreateStack with both, which its reference excludes."""

NOT_CONTINUED = (
    "Stack:{stack_id} is in {status} state and its rollback can not be continued. "
    "ContinueUpdateRollback takes UPDATE_ROLLBACK_FAILED."
)
"""ContinueUpdateRollback of a stack in another state."""

NOT_ROLLED_BACK = (
    "Stack:{stack_id} is in {status} state and can not be rolled back. "
    "RollbackStack takes CREATE_FAILED and UPDATE_FAILED."
)
"""RollbackStack of a stack in another state."""

NOT_SKIPPED = "[{names}] cannot be skipped: ResourcesToSkip takes resources whose rollback failed."
"""ContinueUpdateRollback with other resources in its ResourcesToSkip."""

POLICY_ALLOWS_NOT = "Action not allowed by stack policy: [{action}] for resource [LogicalResourceId/{name}]"
"""An update that no statement of the stack policy allows, and none denies."""

RETAINS_NOT = (
    "Invalid operation on stack [{stack_id}]. "
    "Specify resources to retain only when the current stack state is DELETE_FAILED."
)
"""DeleteStack with RetainResources of a stack in another state."""

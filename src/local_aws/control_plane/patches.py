"""What is patched in moto, all of it seen in one version; ``apply_patches`` does all of it.

Each module says what it patches: types of resources ``stack_types``; stacks ``stack_operations``, ``stack_requests``,
``change_sets``, ``nested_stacks``, ``stack_exports``, ``stack_policies``, ``stack_resources`` and ``stack_rollback``;
templates ``templates``; the reading of metrics ``metrics`` and of logs ``logs``; time to live ``time_to_live``; what
Lambda keeps of functions ``function_settings`` and ``event_settings``; sessions of roles ``sessions``; the settings of
API Gateway ``account``; presigned requests ``control_plane``; imports ``startup``.
"""

from typing import Any

from moto.core.common_models import BaseModel
from moto.core.config import default_user_config

from local_aws.control_plane.api_gateway import account
from local_aws.control_plane.cloudformation import change_sets, nested_stacks, operations, requests, types
from local_aws.control_plane.cloudwatch import logs, metrics
from local_aws.control_plane.iam_store import sessions
from local_aws.control_plane.lambda_api import event_settings, function_settings
from local_aws.patching import patch

__all__ = ["apply_patches"]

PATCHED = (
    types,
    account,
    metrics,
    logs,
    sessions,
    operations,
    change_sets,
    requests,
    nested_stacks,
    event_settings,
    function_settings,
)


def apply_patches() -> None:
    """Patch moto in this process. Must run before moto's list of CloudFormation types is first read.

    Safe to call twice. Raises DoesNotFit for a moto that is not as it was.
    """
    patch(BaseModel, "__new__", staticmethod(_new_untracked))
    # moto leaves AWS's own policies out, to save 60 ms
    patch(default_user_config["iam"], "load_aws_managed_policies", True, package="moto")
    for module in PATCHED:
        module.apply_patches()


def _new_untracked(cls: Any, *args: Any, **kwargs: Any) -> Any:
    """moto keeps every object that it ever makes, each log event and each table item, for its dashboard."""
    return object.__new__(cls)

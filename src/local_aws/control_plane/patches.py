"""All patches of moto; ``apply_patches`` applies them.

The docstring of each module says what it patches, and in which version of moto the fault was seen. Faults that need no
patch of moto are handled in ``dynamodb.time_to_live``, in ``control_plane`` (presigned requests) and in
``moto_host.light_imports``.
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
    """Patch moto in this process. Must run before moto first reads its list of CloudFormation types.

    Safe to call twice. Raises DoesNotFit if a patch no longer fits moto.
    """
    patch(BaseModel, "__new__", staticmethod(_new_untracked))
    # moto does not load AWS's managed policies by default, to save 60 ms
    patch(default_user_config["iam"], "load_aws_managed_policies", True, package="moto")
    for module in PATCHED:
        module.apply_patches()


def _new_untracked(cls: Any, *args: Any, **kwargs: Any) -> Any:
    """Do not track instances: moto keeps each object it creates, even log events and items, for its dashboard."""
    return object.__new__(cls)

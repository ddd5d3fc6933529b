"""What is mended in moto, all of it seen in one version; ``mend_moto`` applies it.

Each module says what it mends: types of resources ``stack_types``; stacks ``stack_operations``, ``stack_requests``,
``change_sets``, ``nested_stacks``, ``stack_exports``, ``stack_policies``, ``stack_resources`` and ``stack_rollback``;
templates ``templates``; the reading of metrics ``metrics`` and of logs ``logs``; time to live ``time_to_live``; what
Lambda keeps of functions ``function_settings`` and ``event_settings``; sessions of roles ``sessions``; the settings of
API Gateway ``account``; presigned requests ``control_plane``; imports ``startup``.
"""

import functools
from typing import Any

from moto.core.common_models import BaseModel
from moto.core.config import default_user_config

from local_aws.control_plane import (
    account,
    change_sets,
    logs,
    metrics,
    nested_stacks,
    sessions,
    stack_operations,
    stack_requests,
    stack_types,
)

__all__ = ["SEEN_IN", "mend_moto"]

SEEN_IN = "5.2.5"
"""The version of moto that all of these faults were seen in."""


@functools.cache
def mend_moto() -> None:
    """Mend moto in this process, once. Must run before moto's list of CloudFormation types is first read."""
    BaseModel.__new__ = _new_untracked
    stack_types.install()
    account.mend()
    metrics.mend()
    logs.mend()
    sessions.mend()
    default_user_config["iam"]["load_aws_managed_policies"] = True  # moto leaves AWS's own policies out, to save 60 ms
    stack_operations.mend()
    change_sets.mend()
    stack_requests.mend()
    nested_stacks.mend()


def _new_untracked(cls: Any, *args: Any, **kwargs: Any) -> Any:
    """moto keeps every object that it ever makes, each log event and each table item, for its dashboard."""
    return object.__new__(cls)

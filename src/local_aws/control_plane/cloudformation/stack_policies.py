"""Stack policies: what an update may do to which resource.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/protect-stack-resources.html. moto 5.2.5 stores a policy
and ignores it.
"""

import json
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any

from local_aws.control_plane.cloudformation import assumptions

__all__ = ["BadPolicy", "check_policy", "denial"]


class BadPolicy(ValueError):
    """The text is not a stack policy; ``str()`` is AWS's message."""

    def __init__(self) -> None:
        super().__init__("Error validating stack policy: Invalid stack policy")


def check_policy(policy: str) -> None:
    """Raise BadPolicy if the text is not a stack policy."""
    for statement in _statements(policy):
        if not isinstance(statement, dict) or statement.get("Effect") not in ("Allow", "Deny"):
            raise BadPolicy
        if not {"Action", "NotAction"} & statement.keys() or not {"Resource", "NotResource"} & statement.keys():
            raise BadPolicy


def denial(policy: str, action: str, name: str, resource_type: str) -> str | None:
    """AWS's reason why the policy denies an action on a resource; None if it is allowed.

    ``action`` is ``Update:Modify``, ``Update:Replace`` or ``Update:Delete``; ``name`` is the logical name. Without a
    policy (empty text) everything is allowed; with one, only what a statement allows and none denies.
    """
    if not policy:
        return None
    allowed = False
    for number, statement in enumerate(_statements(policy), 1):
        if not _applies(statement, action, name, resource_type):
            continue
        if statement["Effect"] == "Deny":
            subject = f"[{action}] for resource [LogicalResourceId/{name}]"
            return f"Action denied by stack policy: Statement [#{number}] does not allow {subject}"
        allowed = True
    return None if allowed else assumptions.NOT_ALLOWED_BY_POLICY.format(action=action, name=name)


def _statements(policy: str) -> list[Any]:
    try:
        statements = json.loads(policy)["Statement"]
    except (ValueError, TypeError, KeyError):
        raise BadPolicy from None
    return statements if isinstance(statements, list) else [statements]


def _applies(statement: Mapping[str, Any], action: str, name: str, resource_type: str) -> bool:
    if not _matches(statement, "Action", action) or not _matches(statement, "Resource", f"LogicalResourceId/{name}"):
        return False
    for operator, keys in statement.get("Condition", {}).items():
        patterns = _as_list(keys.get("ResourceType", []))
        like = operator == "StringLike" and any(fnmatchcase(resource_type, pattern) for pattern in patterns)
        if not like and resource_type not in patterns:
            return False
    return True


def _matches(statement: Mapping[str, Any], key: str, value: str) -> bool:
    if key in statement:
        return any(fnmatchcase(value, pattern) for pattern in _as_list(statement[key]))
    return not any(fnmatchcase(value, pattern) for pattern in _as_list(statement[f"Not{key}"]))


def _as_list(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value]

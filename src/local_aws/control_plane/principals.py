"""Who is behind an access key: the users and sessions of roles that IAM and STS know. May be asked from any thread."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from moto.core.utils import utcnow
from moto.iam.models import iam_backends
from moto.sts.models import sts_backends

__all__ = ["Principal", "principal_of"]


@dataclass(frozen=True, slots=True)
class Principal:
    """A user, or a session of a role. ``policies`` are its documents: its own, attached ones and its groups'."""

    arn: str
    user_id: str
    account_id: str
    secret_access_key: str
    session_token: str | None
    policies: Sequence[Mapping[str, Any]]


def principal_of(account_id: str, access_key_id: str, partition: str = "aws") -> Principal | None:
    """The principal of a valid key, or None."""
    iam = iam_backends[account_id][partition]
    session = sts_backends[account_id][partition].get_assumed_role_from_access_key(access_key_id)
    if session is not None:
        if session.expiration <= utcnow():
            return None
        role = session.role_arn.rpartition("/")[2]
        policies = _role_policies(iam, role) if any(each.name == role for each in iam.roles.values()) else []
        return Principal(
            session.arn, session.user_id, account_id, session.secret_access_key, session.session_token, policies
        )
    for user in list(iam.users.values()):
        for key in user.access_keys:
            if key.access_key_id == access_key_id and key.status == "Active":
                return Principal(user.arn, user.id, account_id, key.secret_access_key, None, _user_policies(iam, user))
    return None


def _role_policies(iam: Any, name: str) -> list[Mapping[str, Any]]:
    inline = [iam.get_role_policy(name, policy)[1] for policy in iam.list_role_policies(name)]
    attached, _ = iam.list_attached_role_policies(name)
    return [_document(policy) for policy in [*inline, *attached]]


def _user_policies(iam: Any, user: Any) -> list[Mapping[str, Any]]:
    name = user.name
    found = [iam.get_user_policy(name, policy) for policy in iam.list_user_policies(name)]
    found += iam.list_attached_user_policies(name)[0]
    for group in iam.get_groups_for_user(name):
        found += [iam.get_group_policy(group.name, policy) for policy in iam.list_group_policies(group.name)]
        found += iam.list_attached_group_policies(group.name)[0]
    return [_document(policy) for policy in found]


def _document(policy: Any) -> Mapping[str, Any]:
    """moto has a document as text, as a dict around the text, or as a managed policy with versions."""
    if hasattr(policy, "versions"):
        policy = next(version.document for version in policy.versions if version.is_default)
    text = policy["policy_document"] if isinstance(policy, dict) else policy
    document: Mapping[str, Any] = json.loads(text)
    return document

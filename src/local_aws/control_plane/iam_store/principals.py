"""Finds the user or the role session of an access key, and its policies. May be called from any thread.

moto's objects change in place, so they are read anew each time; only the parsing of a document's text is cached.
"""

import json
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

from moto.core.utils import utcnow
from moto.iam.models import iam_backends
from moto.sts.models import sts_backends

from local_aws.control_plane.iam_store.model import Document, Key, Principal
from local_aws.control_plane.moto_host.backends import backend_of
from local_aws.iam.policy_evaluation import Ask, Decision, decide

__all__ = ["key_of", "principal_of", "role_principal", "trust_policy_of", "trusts"]

ALLOWS_NOTHING: Document = {"Version": "2012-10-17", "Statement": []}
PARTITION = "aws"


def key_of(account_id: str, access_key_id: str) -> Key | None:
    """The key with that id, if it is an active key of a user, or of a session whose role still exists; else None."""
    session = _session(account_id, access_key_id)
    if session is not None:
        if _role(account_id, session.role_arn) is None:
            return None
        return Key(session.secret_access_key, session.session_token, session.expiration.timestamp())
    found = _user_key(account_id, access_key_id)
    return None if found is None else Key(found[1].secret_access_key)


def principal_of(account_id: str, access_key_id: str) -> Principal | None:
    """The user or the role session that has the key; None if the key is unknown, inactive or expired."""
    session = _session(account_id, access_key_id)
    if session is not None:
        if session.expiration <= utcnow():
            return None
        return role_principal(
            account_id, session.role_arn, session.session_name, _session_policies(account_id, session)
        )
    found = _user_key(account_id, access_key_id)
    if found is None:
        return None
    user = found[0]
    groups = [
        group for group in list(_iam(account_id).groups.values()) if any(each is user for each in list(group.users))
    ]
    policies = [document for owner in (user, *groups) for document in _documents(owner)]
    return Principal(user.arn, user.id, account_id, None, policies)


def role_principal(
    account_id: str, role_arn: str, session_name: str, session_policies: Sequence[Document] | None = None
) -> Principal | None:
    """The principal of a role session with that name; None if there is no such role."""
    role = _role(account_id, role_arn)
    if role is None:
        return None
    arn = f"arn:{PARTITION}:sts::{account_id}:assumed-role/{role.name}/{session_name}"
    boundary = _boundary(account_id, role.permissions_boundary_arn)
    policies = list(_documents(role))
    return Principal(arn, f"{role.id}:{session_name}", account_id, role.arn, policies, boundary, session_policies)


def trust_policy_of(account_id: str, role_arn: str) -> Document | None:
    """The role's trust policy; None if there is no such role."""
    role = _role(account_id, role_arn)
    return None if role is None else _parsed(role.assume_role_policy_document)


def trusts(account_id: str, role_arn: str, service: str) -> bool:
    """Whether the role exists and trusts a service such as ``lambda.amazonaws.com``."""
    policy = trust_policy_of(account_id, role_arn)
    ask = Ask("sts:AssumeRole", role_arn, ("Service", service))
    return policy is not None and decide([policy], ask) is Decision.ALLOWED


def _role(account_id: str, role_arn: str) -> Any:
    name = role_arn.rpartition("/")[2]
    roles = list(_iam(account_id).roles.values())
    return next((role for role in roles if role.name == name and role.arn == role_arn), None)


def _user_key(account_id: str, access_key_id: str) -> tuple[Any, Any] | None:
    for user in list(_iam(account_id).users.values()):
        for key in list(user.access_keys):
            if key.access_key_id == access_key_id and key.status == "Active":
                return user, key
    return None


class _Sessions:
    """An index by access key of moto's list of sessions. moto appends to the list, or starts a new one."""

    def __init__(self) -> None:
        self._list: list[Any] = []
        self._by_key: dict[str, Any] = {}
        self._seen = 0

    def find(self, sessions: list[Any], access_key_id: str) -> Any:
        if sessions is not self._list:
            self._list, self._by_key, self._seen = sessions, {}, 0
        for session in sessions[self._seen :]:
            self._by_key[session.access_key_id] = session
            self._seen += 1
        return self._by_key.get(access_key_id)


_sessions = _Sessions()


def _session(account_id: str, access_key_id: str) -> Any:
    return _sessions.find(backend_of(sts_backends, account_id, PARTITION).assumed_roles, access_key_id)


def _iam(account_id: str) -> Any:
    return backend_of(iam_backends, account_id, PARTITION)


def _boundary(account_id: str, arn: str | None) -> Document | None:
    return _managed(account_id, arn) if arn else None


def _managed(account_id: str, arn: str) -> Document:
    """The managed policy with that ARN; if there is none, a policy that allows nothing."""
    policy = _iam(account_id).managed_policies.get(arn)
    return ALLOWS_NOTHING if policy is None else _parsed(_text(policy))


def _session_policies(account_id: str, session: Any) -> Sequence[Document] | None:
    """The session policies that AssumeRole was called with; None if there were none."""
    own = [_parsed(session.policy)] if session.policy else []
    policies = [*own, *(_managed(account_id, arn) for arn in getattr(session, "policy_arns", ()))]
    return policies or None


def _documents(owner: Any) -> Iterator[Document]:
    """The inline and the attached policies of a user, a group or a role."""
    for text in list(owner.policies.values()):
        yield _parsed(text) if isinstance(text, str) else text  # a stack's inline policies may be documents already
    for policy in list(owner.managed_policies.values()):
        yield _parsed(_text(policy))


def _text(managed: Any) -> str:
    return str(next(version.document for version in managed.versions if version.is_default))


@lru_cache(maxsize=1024)
def _parsed(text: str) -> Document:
    """The policy document; a text that is not one allows nothing."""
    try:
        document = json.loads(text)
    except ValueError:
        return ALLOWS_NOTHING
    return document if isinstance(document, dict) else ALLOWS_NOTHING

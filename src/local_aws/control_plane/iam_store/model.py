"""Access keys and principals as the control plane answers them. Does not import moto, which takes a second."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

__all__ = ["Document", "Key", "Principal"]

Document = Mapping[str, Any]
"""A policy document: the parsed JSON."""


@dataclass(frozen=True, slots=True)
class Key:
    """The secret of an access key. A session's key also has a token, and expires (epoch seconds)."""

    secret_access_key: str
    session_token: str | None = None
    expires: float | None = None


@dataclass(frozen=True, slots=True)
class Principal:
    """A user, or a session of the role with ``role_arn``.

    ``policies`` are the inline and attached policies of the user and of the user's groups, or those of the role.
    ``boundary`` is the permissions boundary, ``session_policies`` are those that AssumeRole was called with; each is
    None if there is none.
    """

    arn: str
    user_id: str
    account_id: str
    role_arn: str | None
    policies: Sequence[Document]
    boundary: Document | None = None
    session_policies: Sequence[Document] | None = None

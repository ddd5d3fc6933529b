"""Access keys and principals as the control plane answers them. Does not import moto, which takes a second."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

__all__ = ["Document", "Key", "Principal"]

Document = Mapping[str, Any]
"""A policy document: the parsed JSON."""


@dataclass(frozen=True, slots=True)
class Key:
    """The secret of an access key; of a session's also its token, and its end in epoch seconds."""

    secret_access_key: str
    session_token: str | None = None
    expires: float | None = None


@dataclass(frozen=True, slots=True)
class Principal:
    """A user, or a session of a role; then ``role_arn`` is the role's.

    ``policies`` are its documents: its own, attached ones and its groups', or its role's. ``boundary`` is the document
    of its permissions boundary, ``session_policies`` are those that AssumeRole was given; None without.
    """

    arn: str
    user_id: str
    account_id: str
    role_arn: str | None
    policies: Sequence[Document]
    boundary: Document | None = None
    session_policies: Sequence[Document] | None = None

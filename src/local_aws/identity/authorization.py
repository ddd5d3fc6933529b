"""May a caller do it? How the policies of one account count together, as a pure function.

From the IAM user guide, "Policy evaluation for requests within a single account": an explicit deny anywhere wins; then
an allow of the caller's own policies or of the resource's is enough; a permissions boundary and a session's policy
limit what the caller's own policies, or a resource's for its role, give.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from local_aws.policies import Ask, Decision, decide

__all__ = ["Document", "Identity", "objection", "objection_to_assuming"]

Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Identity:
    """Who asks, as far as policies can tell: ``arn`` of a user or of a role's session, then ``role_arn`` is the role's.

    ``policies`` are a user's own, attached and groups', or the role's. ``boundary`` and ``session_policies`` only
    limit; None without one. ``root`` is the account itself, which may do everything.
    """

    arn: str
    user_id: str
    account_id: str
    role_arn: str | None = None
    policies: Sequence[Document] = ()
    boundary: Document | None = None
    session_policies: Sequence[Document] | None = None
    root: bool = False

    @property
    def context(self) -> dict[str, str]:
        """Condition keys about who asks."""
        known = {
            "aws:principalarn": self.role_arn or self.arn,
            "aws:principalaccount": self.account_id,
            "aws:userid": self.user_id,
            "aws:principaltype": "Account" if self.root else "AssumedRole" if self.role_arn else "User",
        }
        if not self.role_arn and not self.root:
            known["aws:username"] = self.arn.rpartition("/")[2]
        return known


def objection(identity: Identity, ask: Ask, resource_policy: Document | None = None) -> str | None:
    """Why the answer is no, in AWS's words behind ``… on resource: …``; None when it is yes."""
    if identity.root:
        return None
    denied = _denial(identity, ask, resource_policy)
    if denied is not None:
        return denied
    direct, through_role, _ = _given(identity, ask, resource_policy)
    if direct:
        return None
    return _limits(identity, ask, allowed=through_role)


def objection_to_assuming(identity: Identity, ask: Ask, trust_policy: Document | None) -> str | None:
    """The same for ``sts:AssumeRole``, which the role's own trust policy must allow in any case.

    When it trusts the account, the caller's policies must allow it too. A role that is not there trusts nobody. AWS
    lets the root user assume no role at all; here, where nobody else may be there, it is trusted as its account is.
    """
    denied = None if identity.root else _denial(identity, ask, None)
    if denied is not None:
        return denied
    if trust_policy is not None:
        if decide([trust_policy], replace(ask, principal=("AWS", *_names(identity)))) is Decision.DENIED:
            return "with an explicit deny in the role trust policy"
        direct, through_role, account = _given(identity, ask, trust_policy)
        if direct or (identity.root and account):
            return None
        if through_role or account:
            return _limits(identity, ask, allowed=through_role)
    return "because no role trust policy allows the sts:AssumeRole action"


def _names(identity: Identity) -> tuple[str, ...]:
    """All that a resource's policy may call the caller."""
    account = (identity.account_id, f"arn:aws:iam::{identity.account_id}:root")
    role = (identity.role_arn,) if identity.role_arn else ()
    return (identity.arn, *role, *account)


def _denial(identity: Identity, ask: Ask, resource_policy: Document | None) -> str | None:
    limits = (
        (identity.policies, "an identity-based policy"),
        ([identity.boundary] if identity.boundary is not None else (), "a permissions boundary"),
        (identity.session_policies or (), "a session policy"),
    )
    for documents, kind in limits:
        if decide(documents, ask) is Decision.DENIED:
            return f"with an explicit deny in {kind}"
    if resource_policy is not None:
        named = replace(ask, principal=("AWS", *_names(identity)))
        if decide([resource_policy], named) is Decision.DENIED:
            return "with an explicit deny in a resource-based policy"
    return None


def _given(identity: Identity, ask: Ask, resource_policy: Document | None) -> tuple[bool, bool, bool]:
    """Whether a resource's policy allows it to the caller itself, to its role, or to the account for it to pass on."""
    if resource_policy is None:
        return False, False, False

    def allows(*names: str) -> bool:
        return decide([resource_policy], replace(ask, principal=("AWS", *names))) is Decision.ALLOWED

    account = (identity.account_id, f"arn:aws:iam::{identity.account_id}:root")
    return allows(identity.arn), identity.role_arn is not None and allows(identity.role_arn), allows(*account)


def _limits(identity: Identity, ask: Ask, *, allowed: bool) -> str | None:
    if not allowed and decide(identity.policies, ask) is not Decision.ALLOWED:
        return f"because no identity-based policy allows the {ask.action} action"
    if identity.boundary is not None and decide([identity.boundary], ask) is not Decision.ALLOWED:
        return f"because no permissions boundary allows the {ask.action} action"
    if identity.session_policies is not None and decide(identity.session_policies, ask) is not Decision.ALLOWED:
        return f"because no session policy allows the {ask.action} action"
    return None

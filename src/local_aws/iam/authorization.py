"""Whether a caller may do something: the policies of one account taken together, as pure functions.

From the IAM user guide, "Policy evaluation for requests within a single account": an explicit deny in any policy wins.
Otherwise an allow in the caller's own policies or in the resource's policy is enough. A permissions boundary and a
session policy limit what the caller's own policies allow, and what a resource's policy allows the caller's role.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from local_aws.iam.policy_evaluation import Ask, Decision, decide

__all__ = ["Document", "Identity", "denial_reason", "denial_reason_for_assuming"]

Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Identity:
    """The caller, as policies see it.

    ``arn`` is that of a user or of a role's session; for a session, ``role_arn`` is the role's. ``policies`` are the
    role's, or the user's inline, attached and group policies. ``boundary`` and ``session_policies`` only limit; None
    if there are none. ``root`` is the account itself, which may do everything.
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
        """The condition keys about the caller."""
        known = {
            "aws:principalarn": self.role_arn or self.arn,
            "aws:principalaccount": self.account_id,
            "aws:userid": self.user_id,
            "aws:principaltype": "Account" if self.root else "AssumedRole" if self.role_arn else "User",
        }
        if not self.role_arn and not self.root:
            known["aws:username"] = self.arn.rpartition("/")[2]
        return known


def denial_reason(identity: Identity, ask: Ask, resource_policy: Document | None = None) -> str | None:
    """Why the caller may not do it, in AWS's words after ``… on resource: …``; None if it may."""
    if identity.root:
        return None
    caller = _CallerPolicies(identity, ask)
    if caller.denial is not None:
        return caller.denial
    if resource_policy is None:
        return caller.missing_allow(granted=False)
    resource = _ResourcePolicy(identity, ask, resource_policy)
    if resource.denied:
        return "with an explicit deny in a resource-based policy"
    return None if resource.allows_caller else caller.missing_allow(granted=resource.allows_role)


def denial_reason_for_assuming(identity: Identity, ask: Ask, trust_policy: Document | None) -> str | None:
    """Why the caller may not assume a role, as for ``denial_reason``; None if it may.

    The role's trust policy must allow it. If that trusts only the account, the caller's policies must allow it too. A
    role that does not exist trusts nobody (None). On AWS, the root user can assume no role; here it may be the only
    user, so it can assume every role that trusts its account.
    """
    caller = _CallerPolicies(identity, ask)
    if caller.denial is not None:
        return caller.denial
    if trust_policy is not None:
        trust = _ResourcePolicy(identity, ask, trust_policy)
        if trust.denied:
            return "with an explicit deny in the role trust policy"
        if trust.allows_caller or (identity.root and trust.allows_account):
            return None
        if trust.allows_role or trust.allows_account:
            return caller.missing_allow(granted=trust.allows_role)
    return "because no role trust policy allows the sts:AssumeRole action"


class _CallerPolicies:
    """The decisions of the caller's own policies, and of the boundary and session policies that limit them.

    ``denial`` is the reason if one of them denies the action explicitly.
    """

    def __init__(self, identity: Identity, ask: Ask) -> None:
        self._ask = ask
        self._policies = decide(identity.policies, ask)
        self._limits = [
            (decide(documents, ask), kind)
            for documents, kind in (
                (None if identity.boundary is None else [identity.boundary], "permissions boundary"),
                (identity.session_policies, "session policy"),
            )
            if documents is not None
        ]
        if self._policies is Decision.DENIED:
            self.denial: str | None = "with an explicit deny in an identity-based policy"
        else:
            denials = (kind for decision, kind in self._limits if decision is Decision.DENIED)
            self.denial = next((f"with an explicit deny in a {kind}" for kind in denials), None)

    def missing_allow(self, *, granted: bool) -> str | None:
        """Which kind of policy lacks an allow; None if none does.

        ``granted`` says that a resource's policy allows it, so that the caller's own policies need not.
        """
        if not granted and self._policies is not Decision.ALLOWED:
            return f"because no identity-based policy allows the {self._ask.action} action"
        for decision, kind in self._limits:
            if decision is not Decision.ALLOWED:
                return f"because no {kind} allows the {self._ask.action} action"
        return None


class _ResourcePolicy:
    """Whether a resource's policy denies the action, and whether it allows the caller, its role, or its account."""

    def __init__(self, identity: Identity, ask: Ask, policy: Document) -> None:
        account = (identity.account_id, f"arn:aws:iam::{identity.account_id}:root")
        role = (identity.role_arn,) if identity.role_arn else ()

        def says(*names: str) -> Decision:
            return decide([policy], replace(ask, principal=("AWS", *names)))

        self.denied = says(identity.arn, *role, *account) is Decision.DENIED
        self.allows_caller = says(identity.arn) is Decision.ALLOWED
        self.allows_role = bool(role) and says(*role) is Decision.ALLOWED
        self.allows_account = says(*account) is Decision.ALLOWED

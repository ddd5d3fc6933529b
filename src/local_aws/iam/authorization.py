"""May a caller do it? How the policies of one account count together, as a pure function.

From the IAM user guide, "Policy evaluation for requests within a single account": an explicit deny anywhere wins; then
an allow of the caller's own policies or of the resource's is enough; a permissions boundary and a session's policy
limit what the caller's own policies, or a resource's for its role, give.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from local_aws.iam.policies import Ask, Decision, decide

__all__ = ["Document", "Identity", "denial_reason", "denial_reason_for_assuming"]

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


def denial_reason(identity: Identity, ask: Ask, resource_policy: Document | None = None) -> str | None:
    """Why the answer is no, in AWS's words behind ``… on resource: …``; None when it is yes."""
    if identity.root:
        return None
    own = _Own(identity, ask)
    if own.denial is not None:
        return own.denial
    if resource_policy is None:
        return own.limit(allowed=False)
    given = _Given(identity, ask, resource_policy)
    if given.denied:
        return "with an explicit deny in a resource-based policy"
    return None if given.directly else own.limit(allowed=given.to_role)


def denial_reason_for_assuming(identity: Identity, ask: Ask, trust_policy: Document | None) -> str | None:
    """The same for ``sts:AssumeRole``, which the role's own trust policy must allow in any case.

    When it trusts the account, the caller's policies must allow it too. A role that is not there trusts nobody. AWS
    lets the root user assume no role at all; here, where nobody else may be there, it is trusted as its account is.
    """
    own = _Own(identity, ask)
    if own.denial is not None:
        return own.denial
    if trust_policy is not None:
        given = _Given(identity, ask, trust_policy)
        if given.denied:
            return "with an explicit deny in the role trust policy"
        if given.directly or (identity.root and given.to_account):
            return None
        if given.to_role or given.to_account:
            return own.limit(allowed=given.to_role)
    return "because no role trust policy allows the sts:AssumeRole action"


class _Own:
    """What the caller's own policies say, and those that limit them; each is asked once."""

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

    def limit(self, *, allowed: bool) -> str | None:
        """Why it is not allowed. ``allowed`` when somebody else has, within the limits."""
        if not allowed and self._policies is not Decision.ALLOWED:
            return f"because no identity-based policy allows the {self._ask.action} action"
        for decision, kind in self._limits:
            if decision is not Decision.ALLOWED:
                return f"because no {kind} allows the {self._ask.action} action"
        return None


class _Given:
    """What a resource's policy says: to the caller itself, to its role, or to the account for it to pass on."""

    def __init__(self, identity: Identity, ask: Ask, policy: Document) -> None:
        account = (identity.account_id, f"arn:aws:iam::{identity.account_id}:root")
        role = (identity.role_arn,) if identity.role_arn else ()

        def says(*names: str) -> Decision:
            return decide([policy], replace(ask, principal=("AWS", *names)))

        self.denied = says(identity.arn, *role, *account) is Decision.DENIED
        self.directly = says(identity.arn) is Decision.ALLOWED
        self.to_role = bool(role) and says(*role) is Decision.ALLOWED
        self.to_account = says(*account) is Decision.ALLOWED

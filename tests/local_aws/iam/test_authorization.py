"""The policies of one account, evaluated together."""

from typing import Any

import pytest

from local_aws.iam.authorization import Identity, denial_reason, denial_reason_for_assuming
from local_aws.iam.policy_evaluation import Ask

ACCOUNT = "123456789012"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/r"
SESSION = f"arn:aws:sts::{ACCOUNT}:assumed-role/r/me"
USER = f"arn:aws:iam::{ACCOUNT}:user/u"
QUEUE = f"arn:aws:sqs:us-east-1:{ACCOUNT}:q"
SEND = Ask("sqs:SendMessage", QUEUE)
ASSUME = Ask("sts:AssumeRole", ROLE)

NOBODY_ALLOWS = "because no identity-based policy allows the sqs:SendMessage action"


def document(effect: str = "Allow", action: str = "sqs:SendMessage", **more: Any) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [{"Effect": effect, "Action": action, "Resource": "*", **more}]}


def given_to(principal: Any, effect: str = "Allow", action: str = "sqs:SendMessage") -> dict[str, Any]:
    return {"Statement": [{"Effect": effect, "Action": action, "Resource": "*", "Principal": principal}]}


def trusting(principal: Any, effect: str = "Allow") -> dict[str, Any]:
    return {"Statement": [{"Effect": effect, "Action": "sts:AssumeRole", "Principal": principal}]}


def session(*policies: dict[str, Any], **more: Any) -> Identity:
    return Identity(SESSION, "AROA:me", ACCOUNT, ROLE, policies, **more)


def user(*policies: dict[str, Any]) -> Identity:
    return Identity(USER, "AIDA", ACCOUNT, None, policies)


def root() -> Identity:
    return Identity(f"arn:aws:iam::{ACCOUNT}:root", ACCOUNT, ACCOUNT, root=True)


def test_without_a_policy_the_answer_is_no() -> None:
    """The reason is AWS's sentence."""
    assert denial_reason(session(), SEND) == NOBODY_ALLOWS
    assert denial_reason(session(document(action="sqs:ReceiveMessage")), SEND) == NOBODY_ALLOWS


def test_a_policy_of_its_own_is_enough() -> None:
    """Of a role and of a user."""
    assert denial_reason(session(document()), SEND) is None
    assert denial_reason(user(document()), SEND) is None


def test_an_explicit_deny_wins() -> None:
    """A deny in any policy wins."""
    denies, allows = document("Deny"), document()
    deny = "with an explicit deny in "
    assert denial_reason(session(allows, denies), SEND) == deny + "an identity-based policy"
    assert denial_reason(session(allows, boundary=denies), SEND) == deny + "a permissions boundary"
    assert denial_reason(session(allows, session_policies=[denies]), SEND) == deny + "a session policy"
    assert denial_reason(session(allows), SEND, given_to("*", "Deny")) == deny + "a resource-based policy"


def test_a_boundary_and_a_sessions_policy_limit() -> None:
    """A boundary and a session policy must allow it too; alone, they allow nothing."""
    other = document(action="s3:*")
    assert denial_reason(session(document(), boundary=document()), SEND) is None
    assert denial_reason(session(boundary=document()), SEND) == NOBODY_ALLOWS
    missing = "because no {} allows the sqs:SendMessage action"
    assert denial_reason(session(document(), boundary=other), SEND) == missing.format("permissions boundary")
    assert denial_reason(session(document(), session_policies=[other]), SEND) == missing.format("session policy")


@pytest.mark.parametrize("principal", ["*", {"AWS": "*"}, {"AWS": ROLE}, {"AWS": SESSION}, {"AWS": [USER, ROLE]}])
def test_a_policy_of_the_resource_is_enough(principal: Any) -> None:
    """Within one account, a resource policy that names the caller is enough."""
    assert denial_reason(session(), SEND, given_to(principal)) is None


@pytest.mark.parametrize("principal", [{"AWS": USER}, {"Service": "lambda.amazonaws.com"}, {"AWS": "999999999999"}])
def test_a_policy_of_the_resource_for_others_is_not(principal: Any) -> None:
    """Nor is one that names the account: then the caller's own policies must allow it."""
    assert denial_reason(session(), SEND, given_to(principal)) == NOBODY_ALLOWS
    assert denial_reason(session(), SEND, given_to({"AWS": ACCOUNT})) == NOBODY_ALLOWS


def test_what_a_role_is_given_stays_within_its_boundary() -> None:
    """A resource policy that names the session itself is not limited."""
    limited = session(boundary=document(action="s3:*"))
    assert denial_reason(limited, SEND, given_to({"AWS": ROLE})) is not None
    assert denial_reason(limited, SEND, given_to({"AWS": SESSION})) is None


def test_the_root_may_do_everything() -> None:
    """As the account's own key."""
    assert denial_reason(root(), SEND) is None
    assert denial_reason(root(), SEND, given_to("*", "Deny")) is None


def test_who_a_role_trusts_by_name_may_assume_it() -> None:
    """Within one account, that is enough."""
    assert denial_reason_for_assuming(user(), ASSUME, trusting({"AWS": USER})) is None
    assert denial_reason_for_assuming(session(), ASSUME, trusting({"AWS": ROLE})) is None


def test_who_a_role_trusts_as_the_account_needs_a_policy_too() -> None:
    """Then the caller's own policies must allow it; the root user is the account itself."""
    for account in (ACCOUNT, f"arn:aws:iam::{ACCOUNT}:root"):
        trust = trusting({"AWS": account})
        assert denial_reason_for_assuming(user(document(action="sts:AssumeRole")), ASSUME, trust) is None
        expected = "because no identity-based policy allows the sts:AssumeRole action"
        assert denial_reason_for_assuming(user(), ASSUME, trust) == expected
        assert denial_reason_for_assuming(root(), ASSUME, trust) is None


@pytest.mark.parametrize("trust", [None, trusting({"Service": "lambda.amazonaws.com"}), trusting({"AWS": "1"})])
def test_whom_a_role_does_not_trust_may_not_assume_it(trust: dict[str, Any] | None) -> None:
    """The caller's own policies do not matter then; a role that does not exist trusts nobody."""
    expected = "because no role trust policy allows the sts:AssumeRole action"
    assert denial_reason_for_assuming(user(document(action="*")), ASSUME, trust) == expected
    assert denial_reason_for_assuming(root(), ASSUME, trust) == expected


def test_a_denied_assumption() -> None:
    """The trust policy or the caller's own policies can deny it."""
    denying = {"Statement": trusting({"AWS": USER})["Statement"] + trusting("*", "Deny")["Statement"]}
    assert denial_reason_for_assuming(user(), ASSUME, denying) == "with an explicit deny in the role trust policy"
    own = user(document("Deny", "sts:*"))
    expected = "with an explicit deny in an identity-based policy"
    assert denial_reason_for_assuming(own, ASSUME, trusting({"AWS": USER})) == expected


def test_what_policies_can_ask_about_who_asks() -> None:
    """``aws:PrincipalArn`` of a session is its role's; only users have a name."""
    assert session().context == {
        "aws:principalarn": ROLE,
        "aws:principalaccount": ACCOUNT,
        "aws:userid": "AROA:me",
        "aws:principaltype": "AssumedRole",
    }
    assert (user().context["aws:username"], user().context["aws:principaltype"]) == ("u", "User")

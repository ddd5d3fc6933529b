from typing import Any

import pytest

pytestmark = pytest.mark.slow

GROUP = "/aws/apigateway/serverless-websockets-dev"
ROLE = "serverless-websockets-dev-us-east-1-access-log"

Said = dict[str, Any]


def test_on(said: Said) -> None:
    """The stage logs to the group of the stack, and the account, which had no role, has one of ours; twice is once."""
    assert ["", "", [[], []]] == said["before"]
    destination, role, made = said["on"]
    assert destination.endswith(f":log-group:{GROUP}")
    assert (ROLE, [[GROUP], [ROLE]]) == (role, made)


def test_off(said: Said) -> None:
    """``off`` restores everything as it was before, also if it is called twice."""
    assert said["before"] == said["off"]


def test_another_role_of_the_account_stays(said: Said) -> None:
    """An account that has a role for logs keeps it: ours is not made, and the removal of the stack leaves theirs."""
    assert ["theirs", [[GROUP], []]] == said["on with another role"]
    assert ["theirs", [[], []], []] == said["removed"]


def test_what_is_left_is_known(said: Said) -> None:
    """A group and a role that nobody took away are among the leftovers of the stack."""
    assert [f"log group {GROUP}", f"role {ROLE}"] == sorted(said["left if forgotten"])

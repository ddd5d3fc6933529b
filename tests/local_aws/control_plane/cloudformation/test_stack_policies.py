"""What a stack policy allows an update to do."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_aws.control_plane.cloudformation.stack_policies import BadPolicy, check_policy, denial

from ..conftest import Client, events

TABLE = "AWS::DynamoDB::Table"


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Statement": [{"Principal": "*", **each} for each in statements]})


ALL = {"Effect": "Allow", "Action": "Update:*", "Resource": "*"}


@pytest.mark.parametrize(
    ("statements", "allowed"),
    [
        ([ALL], True),
        ([], False),
        ([{**ALL, "Resource": "LogicalResourceId/Other"}], False),
        ([{**ALL, "Resource": ["LogicalResourceId/Other", "LogicalResourceId/Ta*"]}], True),
        ([{**ALL, "Action": "Update:Replace"}], False),
        ([{**ALL, "Action": ["Update:Modify"]}], True),
        ([ALL, {**ALL, "Effect": "Deny", "Resource": "LogicalResourceId/Table"}], False),
        ([{**ALL, "Effect": "Deny", "Resource": "LogicalResourceId/Table"}, ALL], False),
        ([ALL, {"Effect": "Deny", "Action": "Update:*", "NotResource": "LogicalResourceId/Table"}], True),
        ([ALL, {"Effect": "Deny", "NotAction": "Update:Modify", "Resource": "*"}], True),
        ([ALL, {**ALL, "Effect": "Deny", "Condition": {"StringEquals": {"ResourceType": [TABLE]}}}], False),
        ([ALL, {**ALL, "Effect": "Deny", "Condition": {"StringEquals": {"ResourceType": "AWS::*"}}}], True),
        ([ALL, {**ALL, "Effect": "Deny", "Condition": {"StringLike": {"ResourceType": "AWS::Dynamo*"}}}], False),
    ],
)
def test_decisions(statements: list[dict[str, Any]], allowed: bool) -> None:
    """An action is allowed if one statement allows it and none denies it."""
    assert (denial(policy(*statements), "Update:Modify", "Table", TABLE) is None) == allowed


def test_no_policy_allows_everything() -> None:
    """Without a policy every action is allowed."""
    assert denial("", "Update:Delete", "Table", TABLE) is None


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", policy({"Effect": "Maybe"}), policy({"Effect": "Allow", "Action": "Update:*"})]
)
def test_an_invalid_policy(text: str) -> None:
    """A text that is not a stack policy raises BadPolicy."""
    with pytest.raises(BadPolicy, match="Invalid stack policy"):
        check_policy(text)


def group(name: str, days: int) -> dict[str, Any]:
    return {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": name, "RetentionInDays": days}}


@pytest.fixture
def protected(client: Client, unique: str) -> Iterator[str]:
    """A stack of two log groups; the policy protects one of them."""
    stacks = client("cloudformation")
    denied = {**ALL, "Effect": "Deny", "Resource": "LogicalResourceId/Kept"}
    resources = {"Kept": group(f"{unique}-kept", 7), "Other": group(f"{unique}-other", 7)}
    body = json.dumps({"Resources": resources})
    stacks.create_stack(StackName=unique, TemplateBody=body, StackPolicyBody=policy(ALL, denied))
    yield unique
    stacks.delete_stack(StackName=unique)


@pytest.mark.parametrize(
    ("kept", "action"),
    [
        (lambda name: {"Kept": group(f"{name}-kept", 14)}, "Update:Modify"),
        (lambda name: {"Kept": group(f"{name}-renamed", 7)}, "Update:Replace"),
        (lambda name: {}, "Update:Delete"),
    ],
)
def test_an_update_that_is_denied_is_rolled_back(
    client: Client, protected: str, kept: Callable[[str], dict[str, Any]], action: str
) -> None:
    """The event names the statement and the action; in the end not even the allowed changes are kept."""
    stacks = client("cloudformation")
    body = json.dumps({"Resources": {"Other": group(f"{protected}-other", 14), **kept(protected)}})

    stacks.update_stack(StackName=protected, TemplateBody=body)

    assert stacks.describe_stacks(StackName=protected)["Stacks"][0]["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    reason = f"Action denied by stack policy: Statement [#2] does not allow [{action}] for resource "
    assert ("Kept", "UPDATE_FAILED", f"{reason}[LogicalResourceId/Kept]") in events(client, protected)
    groups = client("logs").describe_log_groups(logGroupNamePrefix=protected)["logGroups"]
    assert {each["logGroupName"]: each["retentionInDays"] for each in groups} == {
        f"{protected}-kept": 7,
        f"{protected}-other": 7,
    }


def test_what_is_allowed_is_updated(client: Client, protected: str) -> None:
    """A policy during the update replaces the stack's own for that update only."""
    stacks = client("cloudformation")
    own = stacks.get_stack_policy(StackName=protected)["StackPolicyBody"]
    for days, options in ((7, {}), (14, {"StackPolicyDuringUpdateBody": policy(ALL)})):
        resources = {"Kept": group(f"{protected}-kept", days), "Other": group(f"{protected}-other", days + 23)}
        stacks.update_stack(StackName=protected, TemplateBody=json.dumps({"Resources": resources}), **options)
        assert stacks.describe_stacks(StackName=protected)["Stacks"][0]["StackStatus"] == "UPDATE_COMPLETE"
    assert stacks.get_stack_policy(StackName=protected)["StackPolicyBody"] == own


def test_an_invalid_policy_is_an_error(client: Client, protected: str) -> None:
    """All operations that accept a policy reject it."""
    stacks = client("cloudformation")
    body = json.dumps({"Resources": {"Other": group(f"{protected}-other", 14)}})
    calls: list[Callable[[], Any]] = [
        lambda: stacks.set_stack_policy(StackName=protected, StackPolicyBody="{}"),
        lambda: stacks.update_stack(StackName=protected, TemplateBody=body, StackPolicyBody="{}"),
        lambda: stacks.update_stack(StackName=protected, TemplateBody=body, StackPolicyDuringUpdateBody="{}"),
    ]
    for call in calls:
        with pytest.raises(ClientError, match="Error validating stack policy: Invalid stack policy"):
            call()
    assert stacks.describe_stacks(StackName=protected)["Stacks"][0]["StackStatus"] == "CREATE_COMPLETE"

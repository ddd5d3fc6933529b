"""Versions, aliases, concurrency and asynchronous events: Lambda's API, and its resource types."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_aws.control_plane import ControlPlane

from ..conftest import ACCOUNT, REGION, TRUST, Client, zipped

QUEUE = f"arn:aws:sqs:{REGION}:{ACCOUNT}:news"


@pytest.fixture
def function(client: Client, unique: str) -> Iterator[str]:
    """A function with a role."""
    role = client("iam").create_role(RoleName=unique, AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
    client("lambda").create_function(
        FunctionName=unique,
        Role=role,
        Runtime="python3.13",
        Handler="index.handler",
        Code={"ZipFile": zipped("def handler(event, context): return 1")},
    )
    yield unique
    client("lambda").delete_function(FunctionName=unique)
    client("iam").delete_role(RoleName=unique)


def arn(name: str) -> str:
    return f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}"


def error_of(call: Callable[..., Any], **arguments: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as raised:
        call(**arguments)
    error = raised.value.response["Error"]
    return error["Code"], error["Message"]


# Versions


def test_a_version_keeps_its_code_and_configuration(client: Client, plane: ControlPlane, function: str) -> None:
    """Updates of the function do not change it."""
    functions = client("lambda")
    functions.update_function_configuration(FunctionName=function, Timeout=7)
    published = functions.publish_version(FunctionName=function, Description="first")
    before = plane.lambda_code(function, "1")
    location = functions.get_function(FunctionName=function, Qualifier="1")["Code"]["Location"]
    functions.update_function_configuration(FunctionName=function, Timeout=9)
    functions.update_function_code(FunctionName=function, ZipFile=zipped("def handler(event, context): return 2"))
    kept = plane.lambda_configuration(function, "1")
    assert kept is not None
    assert (kept["Timeout"], kept["FunctionArn"], kept["Version"]) == (7, arn(f"{function}:1"), "1")
    assert (kept["CodeSha256"], kept["Description"]) == (published["CodeSha256"], "first")
    assert plane.lambda_code(function, "1") == before != plane.lambda_code(function)
    assert functions.get_function(FunctionName=function, Qualifier="1")["Code"]["Location"] == location


def test_publishing_without_a_change(client: Client, function: str) -> None:
    """PublishVersion answers the last version again, even if that is the first one."""
    functions = client("lambda")
    functions.update_function_configuration(FunctionName=function, Timeout=7)
    numbers = [functions.publish_version(FunctionName=function)["Version"] for _ in range(2)]
    functions.update_function_configuration(FunctionName=function, Timeout=8)
    numbers += [functions.publish_version(FunctionName=function)["Version"] for _ in range(2)]
    assert numbers == ["1", "1", "2", "2"]


def test_a_version_number_is_used_once(client: Client, function: str) -> None:
    """It is not reused after its version was deleted."""
    functions = client("lambda")
    functions.publish_version(FunctionName=function)
    functions.delete_function(FunctionName=function, Qualifier="1")
    functions.update_function_configuration(FunctionName=function, Timeout=8)
    assert functions.publish_version(FunctionName=function)["Version"] == "2"


def test_a_version_of_an_alias_cannot_be_deleted(client: Client, function: str) -> None:
    """This holds for the alias's own version and for the one with a weight."""
    functions = client("lambda")
    functions.publish_version(FunctionName=function)
    functions.create_alias(FunctionName=function, Name="live", FunctionVersion="1")
    expected = "Unable to delete version because the following aliases reference it: [live]"
    error = error_of(functions.delete_function, FunctionName=function, Qualifier="1")
    assert error == ("ResourceConflictException", expected)
    functions.delete_alias(FunctionName=function, Name="live")
    functions.delete_function(FunctionName=function, Qualifier="1")


def test_latest_cannot_be_deleted_alone(client: Client, function: str) -> None:
    """It is deleted with its function only."""
    code, _ = error_of(client("lambda").delete_function, FunctionName=function, Qualifier="$LATEST")
    assert code == "InvalidParameterValueException"


# Aliases


def test_an_alias_leads_to_a_version_and_its_weights(client: Client, plane: ControlPlane, function: str) -> None:
    """An update changes both."""
    functions = client("lambda")
    functions.publish_version(FunctionName=function)
    functions.update_function_configuration(FunctionName=function, Timeout=8)
    functions.publish_version(FunctionName=function)
    alias = functions.create_alias(FunctionName=function, Name="live", FunctionVersion="1")
    assert (alias["AliasArn"], "RoutingConfig" in alias) == (arn(f"{function}:live"), False)
    assert plane.lambda_alias(arn(function), "live") == ("1", {})
    weights = {"AdditionalVersionWeights": {"2": 0.25}}
    functions.update_alias(FunctionName=function, Name="live", RoutingConfig=weights)
    assert plane.lambda_alias(arn(function), "live") == ("1", {"2": 0.25})
    functions.update_alias(FunctionName=function, Name="live", FunctionVersion="2", RoutingConfig={})
    assert plane.lambda_alias(arn(function), "live") == ("2", {})
    assert plane.lambda_alias(arn(function), "2") is None


@pytest.mark.parametrize(
    ("version", "weights", "code"),
    [
        ("1", {"2": 0.1, "$LATEST": 0.1}, "InvalidParameterValueException"),
        ("1", {"1": 0.1}, "InvalidParameterValueException"),
        ("$LATEST", {"1": 0.1}, "InvalidParameterValueException"),
        ("1", {"$LATEST": 0.1}, "InvalidParameterValueException"),
        ("1", {"9": 0.1}, "ResourceNotFoundException"),
        ("1", {"2": 1.5}, "ValidationException"),
        ("9", {}, "ResourceNotFoundException"),
    ],
)
def test_an_invalid_alias(client: Client, function: str, version: str, weights: dict[str, float], code: str) -> None:
    """At most one other version; none may be ``$LATEST``, and all must exist."""
    functions = client("lambda")
    functions.publish_version(FunctionName=function)
    functions.update_function_configuration(FunctionName=function, Timeout=8)
    functions.publish_version(FunctionName=function)
    arguments = {"FunctionName": function, "Name": "live", "FunctionVersion": version}
    error, _ = error_of(functions.create_alias, **arguments, RoutingConfig={"AdditionalVersionWeights": weights})
    assert error == code


def test_a_second_alias_of_one_name(client: Client, function: str) -> None:
    """It is a ResourceConflictException."""
    arguments = {"FunctionName": function, "Name": "live", "FunctionVersion": "$LATEST"}
    client("lambda").create_alias(**arguments)
    expected = ("ResourceConflictException", f"Alias already exists: {arn(f'{function}:live')}")
    assert error_of(client("lambda").create_alias, **arguments) == expected


# Concurrency


def test_reserved_concurrency_is_known_at_once(client: Client, plane: ControlPlane, function: str) -> None:
    """A reservation of 0 is known too, and differs from no reservation."""
    functions = client("lambda")
    assert function not in plane.lambda_concurrency(REGION)[1]
    for number in (5, 0):
        functions.put_function_concurrency(FunctionName=function, ReservedConcurrentExecutions=number)
        assert plane.lambda_concurrency(REGION) == (1000, {function: number})
        expected = {"ReservedConcurrentExecutions": number}
        assert functions.get_function(FunctionName=function)["Concurrency"] == expected
        found = functions.get_function_concurrency(FunctionName=function)
        assert found["ReservedConcurrentExecutions"] == number
    functions.delete_function_concurrency(FunctionName=function)
    assert plane.lambda_concurrency(REGION) == (1000, {})


def test_a_hundred_must_stay_unreserved(client: Client, function: str) -> None:
    """The rule and the text are AWS's."""
    functions = client("lambda")
    functions.put_function_concurrency(FunctionName=function, ReservedConcurrentExecutions=900)
    expected = (
        "InvalidParameterValueException",
        "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below "
        "its minimum value of [100].",
    )
    arguments = {"FunctionName": function, "ReservedConcurrentExecutions": 901}
    assert error_of(functions.put_function_concurrency, **arguments) == expected
    limit = functions.get_account_settings()["AccountLimit"]
    assert (limit["ConcurrentExecutions"], limit["UnreservedConcurrentExecutions"]) == (1000, 100)


def test_the_account_says_what_it_uses(client: Client, function: str) -> None:
    """GetAccountSettings counts functions and their code."""
    found = client("lambda").get_account_settings()
    assert found["AccountUsage"]["FunctionCount"] == len(client("lambda").list_functions()["Functions"])
    assert found["AccountUsage"]["TotalCodeSize"] > 0
    assert found["AccountLimit"]["CodeSizeUnzipped"] == 262144000


# Asynchronous events


def test_settings_for_events_are_kept(client: Client, plane: ControlPlane, function: str) -> None:
    """Put replaces all of them, Update only those it names; Delete deletes them."""
    functions = client("lambda")
    first = functions.put_function_event_invoke_config(
        FunctionName=function, MaximumRetryAttempts=1, DestinationConfig={"OnFailure": {"Destination": QUEUE}}
    )
    assert first["FunctionArn"] == arn(f"{function}:$LATEST")
    assert first["DestinationConfig"] == {"OnSuccess": {}, "OnFailure": {"Destination": QUEUE}}
    functions.update_function_event_invoke_config(FunctionName=function, MaximumEventAgeInSeconds=60)
    found = plane.lambda_event_settings(arn(function), None)
    assert (found["MaximumRetryAttempts"], found["MaximumEventAgeInSeconds"]) == (1, 60)
    assert found["DestinationConfig"]["OnFailure"] == {"Destination": QUEUE}
    functions.put_function_event_invoke_config(FunctionName=function, MaximumRetryAttempts=0)
    found = functions.get_function_event_invoke_config(FunctionName=function)
    assert (found["MaximumRetryAttempts"], "MaximumEventAgeInSeconds" in found) == (0, False)
    functions.delete_function_event_invoke_config(FunctionName=function)
    assert plane.lambda_event_settings(arn(function), None) == {}
    code, message = error_of(functions.get_function_event_invoke_config, FunctionName=function)
    assert code == "ResourceNotFoundException"
    assert message == f"The function {arn(function)}:$LATEST doesn't have an EventInvokeConfig"


def test_each_qualifier_has_settings_of_its_own(client: Client, plane: ControlPlane, function: str) -> None:
    """The function's settings are not those of its alias."""
    functions = client("lambda")
    functions.create_alias(FunctionName=function, Name="live", FunctionVersion="$LATEST")
    functions.put_function_event_invoke_config(FunctionName=function, MaximumRetryAttempts=0)
    functions.put_function_event_invoke_config(FunctionName=function, Qualifier="live", MaximumRetryAttempts=1)
    assert plane.lambda_event_settings(arn(function), "live")["MaximumRetryAttempts"] == 1
    assert plane.lambda_event_settings(arn(function), "$LATEST")["MaximumRetryAttempts"] == 0
    code, _ = error_of(functions.get_function_event_invoke_config, FunctionName=function, Qualifier="none")
    assert code == "ResourceNotFoundException"
    listed = functions.list_function_event_invoke_configs(FunctionName=function)["FunctionEventInvokeConfigs"]
    assert [each["FunctionArn"] for each in listed] == [arn(f"{function}:$LATEST"), arn(f"{function}:live")]
    functions.delete_alias(FunctionName=function, Name="live")
    assert plane.lambda_event_settings(arn(function), "live") == {}


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ({}, "InvalidParameterValueException"),
        ({"MaximumRetryAttempts": 3}, "ValidationException"),
        ({"MaximumEventAgeInSeconds": 21601}, "ValidationException"),
        ({"Qualifier": "none", "MaximumRetryAttempts": 1}, "ResourceNotFoundException"),
    ],
)
def test_invalid_settings(client: Client, function: str, settings: dict[str, Any], code: str) -> None:
    """The error is AWS's."""
    put = client("lambda").put_function_event_invoke_config
    assert error_of(put, FunctionName=function, **settings)[0] == code


def test_a_function_is_no_destination_of_its_own(client: Client, function: str) -> None:
    """The function would call itself forever."""
    put = client("lambda").put_function_event_invoke_config
    destinations = {"OnSuccess": {"Destination": arn(function)}}
    code, message = error_of(put, FunctionName=function, DestinationConfig=destinations)
    expected = "You can't specify the function as a destination for itself."
    assert (code, message) == ("InvalidParameterValueException", expected)


def test_a_dead_letter_queue_is_part_of_the_configuration(client: Client, function: str) -> None:
    """An empty ARN removes it."""
    functions = client("lambda")
    functions.update_function_configuration(FunctionName=function, DeadLetterConfig={"TargetArn": QUEUE})
    found = functions.get_function_configuration(FunctionName=function)
    assert found["DeadLetterConfig"] == {"TargetArn": QUEUE}
    functions.update_function_configuration(FunctionName=function, DeadLetterConfig={"TargetArn": ""})
    assert "DeadLetterConfig" not in functions.get_function_configuration(FunctionName=function)


# In stacks


def template(unique: str, *, retries: int = 1, weight: float = 0.5, reserved: int = 3) -> str:
    resources: dict[str, Any] = {
        "Role": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": unique, "AssumeRolePolicyDocument": TRUST}},
        "Function": {
            "Type": "AWS::Lambda::Function",
            "Properties": {
                "FunctionName": unique,
                "Role": {"Fn::GetAtt": ["Role", "Arn"]},
                "Runtime": "python3.13",
                "Handler": "index.handler",
                "Code": {"ZipFile": "def handler(event, context): return 1"},
                "DeadLetterConfig": {"TargetArn": QUEUE},
                "ReservedConcurrentExecutions": reserved,
            },
        },
        "One": {"Type": "AWS::Lambda::Version", "Properties": {"FunctionName": {"Ref": "Function"}}},
        "Alias": {
            "Type": "AWS::Lambda::Alias",
            "Properties": {
                "Name": "live",
                "FunctionName": {"Ref": "Function"},
                "FunctionVersion": {"Fn::GetAtt": ["One", "Version"]},
                "Description": f"weight {weight}",
            },
        },
        "Events": {
            "Type": "AWS::Lambda::EventInvokeConfig",
            "DependsOn": "Alias",
            "Properties": {
                "FunctionName": {"Ref": "Function"},
                "Qualifier": "live",
                "MaximumRetryAttempts": retries,
                "DestinationConfig": {"OnFailure": {"Destination": QUEUE}},
            },
        },
    }
    return json.dumps({"Resources": resources, "Outputs": {"Alias": {"Value": {"Ref": "Alias"}}}})


def test_a_stack_creates_aliases_and_settings_for_events(client: Client, plane: ControlPlane, unique: str) -> None:
    """It also changes and removes them, with the function's dead-letter queue and reserved concurrency."""
    stacks, functions = client("cloudformation"), client("lambda")
    stacks.create_stack(StackName=unique, TemplateBody=template(unique))
    (stack,) = stacks.describe_stacks(StackName=unique)["Stacks"]
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    assert stack["Outputs"][0]["OutputValue"] == arn(f"{unique}:live")
    assert plane.lambda_alias(arn(unique), "live") == ("1", {})
    assert plane.lambda_event_settings(arn(unique), "live")["MaximumRetryAttempts"] == 1
    assert plane.lambda_concurrency(REGION)[1] == {unique: 3}
    found = functions.get_function_configuration(FunctionName=unique)
    assert found["DeadLetterConfig"] == {"TargetArn": QUEUE}

    stacks.update_stack(StackName=unique, TemplateBody=template(unique, retries=0, weight=1, reserved=0))
    assert stacks.describe_stacks(StackName=unique)["Stacks"][0]["StackStatus"] == "UPDATE_COMPLETE"
    assert plane.lambda_event_settings(arn(unique), "live")["MaximumRetryAttempts"] == 0
    assert functions.get_alias(FunctionName=unique, Name="live")["Description"] == "weight 1"
    assert plane.lambda_concurrency(REGION)[1] == {unique: 0}

    stacks.delete_stack(StackName=unique)
    assert plane.lambda_configuration(unique) is None
    assert plane.lambda_alias(arn(unique), "live") is None


def test_a_stack_cannot_reserve_too_much(client: Client, unique: str) -> None:
    """Creation and update fail; AWS's reason is in the events."""
    stacks = client("cloudformation")

    def outcome() -> tuple[str, bool]:
        events = stacks.describe_stack_events(StackName=unique)["StackEvents"]
        reasons = [event.get("ResourceStatusReason", "") for event in events]
        status = stacks.describe_stacks(StackName=unique)["Stacks"][0]["StackStatus"]
        return status, any("below its minimum value of [100]" in reason for reason in reasons)

    stacks.create_stack(StackName=unique, TemplateBody=template(unique, reserved=950))
    assert outcome() == ("ROLLBACK_COMPLETE", True)
    stacks.delete_stack(StackName=unique)
    stacks.create_stack(StackName=unique, TemplateBody=template(unique, reserved=3))
    assert outcome() == ("CREATE_COMPLETE", False)
    stacks.update_stack(StackName=unique, TemplateBody=template(unique, reserved=950))
    assert outcome() == ("UPDATE_ROLLBACK_COMPLETE", True)
    stacks.delete_stack(StackName=unique)

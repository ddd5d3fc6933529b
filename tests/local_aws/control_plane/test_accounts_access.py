"""The control plane's answers about permissions, keys and principals."""

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_aws.control_plane import ControlPlane
from local_aws.control_plane.iam_store.model import Key

from .conftest import ACCOUNT, Client, zipped

TRUST = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
SOURCE = f"arn:aws:execute-api:us-east-1:{ACCOUNT}:abc/*"


@pytest.fixture
def role(client: Client, unique: str) -> str:
    role = client("iam").create_role(
        RoleName=unique, AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [TRUST]})
    )
    return str(role["Role"]["Arn"])


@pytest.fixture
def function(client: Client, unique: str, role: str) -> Iterator[str]:
    """A function with version 1 and an alias ``live`` of that version."""
    functions = client("lambda")
    functions.create_function(
        FunctionName=unique,
        Runtime="python3.13",
        Role=role,
        Handler="index.handler",
        Code={"ZipFile": zipped("")},
        Publish=True,
    )
    functions.create_alias(FunctionName=unique, Name="live", FunctionVersion="1")
    yield unique
    functions.delete_function(FunctionName=unique)


def permit(client: Client, function: str, **more: Any) -> None:
    client("lambda").add_permission(
        FunctionName=function,
        StatementId="s",
        Action="lambda:InvokeFunction",
        Principal="apigateway.amazonaws.com",
        **more,
    )


def resources(plane: ControlPlane, function: str) -> tuple[str, list[str]]:
    found = plane.function_policy(function)
    assert found is not None
    return found[0], [statement["Resource"] for statement in found[1]["Statement"]]


def test_a_functions_policy(client: Client, plane: ControlPlane, function: str) -> None:
    """Spec 263: AddPermission adds the statement that is evaluated when API Gateway invokes the function."""
    arn = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:{function}"
    assert plane.function_policy(arn) == (arn, {"Version": "2012-10-17", "Statement": []})
    permit(client, function, SourceArn=SOURCE)
    found = plane.function_policy(arn)
    assert found is not None
    (statement,) = found[1]["Statement"]
    assert statement["Principal"] == {"Service": "apigateway.amazonaws.com"}
    assert (statement["Resource"], statement["Action"]) == (arn, "lambda:InvokeFunction")
    assert statement["Condition"] == {"ArnLike": {"AWS:SourceArn": SOURCE}}


def test_an_alias_has_its_own_permissions(client: Client, plane: ControlPlane, function: str) -> None:
    """A permission for ``live`` is not one for the function, and the other way round."""
    permit(client, function, Qualifier="live")
    arn = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:{function}"
    assert resources(plane, f"{arn}:live") == (f"{arn}:live", [f"{arn}:live"])
    assert resources(plane, arn) == (arn, [f"{arn}:live"])


def test_a_function_that_does_not_exist_has_no_policy(plane: ControlPlane) -> None:
    """The policy of an unknown function is None."""
    assert plane.function_policy("nowhere") is None


def test_the_principal_of_a_users_key(client: Client, plane: ControlPlane, unique: str) -> None:
    """It has the user's inline, attached and groups' policies; an inactive key has no principal."""
    iam = client("iam")
    document = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
    iam.create_user(UserName=unique)
    iam.put_user_policy(UserName=unique, PolicyName="own", PolicyDocument=document)
    managed = iam.create_policy(PolicyName=unique, PolicyDocument=document)["Policy"]["Arn"]
    iam.attach_user_policy(UserName=unique, PolicyArn=managed)
    iam.create_group(GroupName=unique)
    iam.put_group_policy(GroupName=unique, PolicyName="group", PolicyDocument=document)
    iam.add_user_to_group(GroupName=unique, UserName=unique)
    key = iam.create_access_key(UserName=unique)["AccessKey"]
    principal = plane.principal(key["AccessKeyId"])
    assert principal is not None
    assert (principal.arn, principal.role_arn) == (f"arn:aws:iam::{ACCOUNT}:user/{unique}", None)
    assert plane.key(key["AccessKeyId"]) == Key(key["SecretAccessKey"])
    assert [policy["Statement"] for policy in principal.policies] == [json.loads(document)["Statement"]] * 3
    iam.update_access_key(UserName=unique, AccessKeyId=key["AccessKeyId"], Status="Inactive")
    assert plane.principal(key["AccessKeyId"]) is None
    assert plane.key(key["AccessKeyId"]) is None


def test_the_principal_of_a_role_session(client: Client, plane: ControlPlane, unique: str, role: str) -> None:
    """It has the policies that the role has now, not those it had when it was assumed."""
    given = client("sts").assume_role(RoleArn=role, RoleSessionName="me")["Credentials"]
    before = plane.principal(given["AccessKeyId"])
    assert before is not None
    assert (before.arn, before.policies) == (f"arn:aws:sts::{ACCOUNT}:assumed-role/{unique}/me", [])
    assert (before.role_arn, before.user_id.rpartition(":")[2]) == (role, "me")
    expires = given["Expiration"].timestamp()
    key = plane.key(given["AccessKeyId"])
    assert key is not None
    assert (key.secret_access_key, key.session_token) == (given["SecretAccessKey"], given["SessionToken"])
    assert key.expires == pytest.approx(expires, abs=1)
    client("iam").attach_role_policy(RoleName=unique, PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    after = plane.principal(given["AccessKeyId"])
    assert after is not None
    assert after.policies[0]["Statement"] == [{"Effect": "Allow", "Action": "*", "Resource": "*"}]


def test_an_unknown_key_has_no_principal(plane: ControlPlane) -> None:
    """moto's default user is not its principal either."""
    assert plane.principal("AKIAIOSFODNN7EXAMPLE") is None


def test_an_api_key_counts_in_a_plan_of_its_stage(client: Client, plane: ControlPlane, unique: str) -> None:
    """Spec 225: the key must be enabled, and in a usage plan of this API and stage."""
    gateway = client("apigateway")
    key = gateway.create_api_key(name=unique, enabled=True)
    stages, throttle = [{"apiId": "abc", "stage": "dev"}], {"rateLimit": 2.0, "burstLimit": 3}
    plan = gateway.create_usage_plan(name=unique, apiStages=stages, throttle=throttle)["id"]
    assert plane.api_key(key["value"], "us-east-1", "abc", "dev") is None
    gateway.create_usage_plan_key(usagePlanId=plan, keyId=key["id"], keyType="API_KEY")
    found = plane.api_key(key["value"], "us-east-1", "abc", "dev")
    assert found is not None
    assert (found.id, found.plan_id, found.throttle) == (key["id"], plan, (2.0, 3.0))
    assert plane.api_key(key["value"], "us-east-1", "abc", "prod") is None
    assert plane.api_key(key["value"], "eu-west-1", "abc", "dev") is None
    disable = [{"op": "replace", "path": "/enabled", "value": "false"}]
    gateway.update_api_key(apiKey=key["id"], patchOperations=disable)
    assert plane.api_key(key["value"], "us-east-1", "abc", "dev") is None


@pytest.mark.parametrize(
    ("principal", "stands"),
    [
        (ACCOUNT, {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}),
        (f"arn:aws:iam::{ACCOUNT}:role/r", {"AWS": f"arn:aws:iam::{ACCOUNT}:role/r"}),
        ("events.amazonaws.com", {"Service": "events.amazonaws.com"}),
        ("*", "*"),
    ],
)
def test_the_principal_of_a_permission(
    client: Client, plane: ControlPlane, function: str, principal: str, stands: object
) -> None:
    """AddPermission accepts an account id, an ARN or a service, and writes it in the form of policies."""
    client("lambda").add_permission(
        FunctionName=function, StatementId="s", Action="lambda:InvokeFunction", Principal=principal
    )
    found = plane.function_policy(function)
    assert found is not None
    assert [statement["Principal"] for statement in found[1]["Statement"]] == [stands]


def test_a_role_that_does_not_trust_lambda_runs_no_function(client: Client, function: str, unique: str) -> None:
    """A function cannot be created or updated with it, in a stack either; the text is AWS's."""
    trust = {**TRUST, "Principal": {"Service": "events.amazonaws.com"}}
    role = client("iam").create_role(
        RoleName=f"{unique}-no", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    )["Role"]["Arn"]
    sentence = "The role defined for the function cannot be assumed by Lambda."
    with pytest.raises(ClientError, match=f"InvalidParameterValueException.*{sentence}"):
        client("lambda").update_function_configuration(FunctionName=function, Role=role)
    settings = {"FunctionName": f"{unique}-no", "Runtime": "python3.13", "Role": role, "Handler": "index.handler"}
    with pytest.raises(ClientError, match=f"InvalidParameterValueException.*{sentence}"):
        client("lambda").create_function(**settings, Code={"ZipFile": zipped("")})
    properties = {**settings, "Code": {"ZipFile": "x"}}
    template = {"Resources": {"F": {"Type": "AWS::Lambda::Function", "Properties": properties}}}
    client("cloudformation").create_stack(StackName=unique, TemplateBody=json.dumps(template))
    (stack,) = client("cloudformation").describe_stacks(StackName=unique)["Stacks"]
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    events = client("cloudformation").describe_stack_events(StackName=unique)["StackEvents"]
    assert any(sentence in event.get("ResourceStatusReason", "") for event in events)


@pytest.mark.parametrize(
    ("missing", "groups", "lines"),
    [
        ("", True, ["said"]),
        ("logs:CreateLogGroup", False, []),
        ("logs:CreateLogStream", True, []),
        ("logs:PutLogEvents", True, []),
    ],
)
def test_writing_a_log_needs_permissions(
    client: Client, plane: ControlPlane, unique: str, missing: str, groups: bool, lines: list[str]
) -> None:
    """Creating the group, creating the stream and writing events each need their own permission."""
    logs = client("logs")
    now = int(time.time() * 1000)
    plane.put_log_events(unique, "s", [(now, "said")], may=lambda action: action != missing)
    found = logs.describe_log_groups(logGroupNamePrefix=unique)["logGroups"]
    assert bool(found) is groups
    if groups:
        assert [event["message"] for event in logs.filter_log_events(logGroupName=unique)["events"]] == lines
        plane.put_log_events(unique, "s", [(now, "more")], may=lambda action: action == "logs:PutLogEvents")
        more = [event["message"] for event in logs.filter_log_events(logGroupName=unique)["events"]]
        assert more == [*lines, *([] if missing == "logs:CreateLogStream" else ["more"])]


def test_the_policies_of_resources(client: Client, plane: ControlPlane, unique: str) -> None:
    """A queue, a topic, a bucket and a table have one, found by the ARN in a call; None if there is none."""
    document = {"Version": "2012-10-17", "Statement": [{"Sid": unique}]}
    queue = client("sqs").create_queue(QueueName=unique)["QueueUrl"]
    arn = f"arn:aws:sqs:us-east-1:{ACCOUNT}:{unique}"
    assert plane.resource_policy(arn) is None
    client("sqs").set_queue_attributes(QueueUrl=queue, Attributes={"Policy": json.dumps(document)})
    assert plane.resource_policy(arn) == document
    topic = client("sns").create_topic(Name=unique)["TopicArn"]
    client("sns").set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=json.dumps(document))
    assert plane.resource_policy(topic) == document
    client("s3").create_bucket(Bucket=unique)
    client("s3").put_bucket_policy(Bucket=unique, Policy=json.dumps(document))
    assert plane.resource_policy(f"arn:aws:s3:::{unique}/key") == document
    table = client("dynamodb").create_table(
        TableName=unique,
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )["TableDescription"]["TableArn"]
    client("dynamodb").put_resource_policy(ResourceArn=table, Policy=json.dumps(document))
    assert plane.resource_policy(f"{table}/index/i") == document
    assert (plane.hash_key(table), plane.hash_key(f"{table}s")) == ("id", None)
    for nowhere in (table.replace("us-east-1", "mars-1"), f"{arn}s", f"arn:aws:lambda:mars-1:{ACCOUNT}:function:f"):
        assert plane.resource_policy(nowhere) is None

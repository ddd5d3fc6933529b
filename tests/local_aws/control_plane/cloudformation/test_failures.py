"""What happens to a stack, and to what it served, if a resource fails."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_aws.control_plane import ControlPlane

from ..conftest import Client, Service, api_id, deploy, events, outputs, physical

BAD = {
    "Type": "AWS::Lambda::Permission",
    "Properties": {
        "FunctionName": "nobody",
        "Action": "lambda:InvokeFunction",
        "Principal": "apigateway.amazonaws.com",
    },
}
"""A resource that AWS rejects: there is no such function."""


def group(name: str, days: Any = 7, **attributes: Any) -> dict[str, Any]:
    properties = {"LogGroupName": name, "RetentionInDays": days}
    return {"Type": "AWS::Logs::LogGroup", "Properties": properties, **attributes}


def text(resources: dict[str, Any], **parts: Any) -> str:
    return json.dumps({"Resources": resources, **parts})


def after(*names: str, **resource: Any) -> dict[str, Any]:
    """The bad resource, created after others."""
    return {**BAD, "DependsOn": list(names), **resource}


def status(client: Client, stack: str) -> str:
    found: str = client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"]
    return found


def retention(client: Client, name: str) -> int | None:
    """A log group's retention in days; None if there is no such group."""
    groups = client("logs").describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    found: int | None = next((each["retentionInDays"] for each in groups if each["logGroupName"] == name), None)
    return found


def error_of(call: Any, **arguments: Any) -> str:
    with pytest.raises(ClientError) as raised:
        call(**arguments)
    assert raised.value.response["Error"]["Code"] == "ValidationError"
    return str(raised.value.response["Error"]["Message"])


# creation


def test_failing_create(client: Client, unique: str) -> None:
    """The created resources are deleted in reverse order; the events name the resource and the reason."""
    resources = {"First": group(unique), "Bad": after("First"), "Never": {**group("x"), "DependsOn": "Bad"}}

    client("cloudformation").create_stack(StackName=unique, TemplateBody=text(resources))

    assert events(client, unique) == [
        (unique, "CREATE_IN_PROGRESS", "User Initiated"),
        ("First", "CREATE_IN_PROGRESS", ""),
        ("First", "CREATE_COMPLETE", ""),
        ("Bad", "CREATE_IN_PROGRESS", ""),
        ("Bad", "CREATE_FAILED", events(client, unique)[4][2]),
        (
            unique,
            "ROLLBACK_IN_PROGRESS",
            "The following resource(s) failed to create: [Bad]. Rollback requested by user.",
        ),
        ("Bad", "DELETE_COMPLETE", ""),
        ("First", "DELETE_IN_PROGRESS", ""),
        ("First", "DELETE_COMPLETE", ""),
        (unique, "ROLLBACK_COMPLETE", ""),
    ]
    assert "nobody" in events(client, unique)[4][2]
    assert retention(client, unique) is None


def test_failing_create_of_an_api(client: Client, service: Service) -> None:
    """An error of API Gateway ends in ROLLBACK_COMPLETE, with the reason in an event and no resource left."""
    template = service.template()
    template["Resources"]["sendWebsocketsRoute"]["Properties"]["AuthorizationType"] = "AWS_IAM"

    client("cloudformation").create_stack(StackName=service.name, TemplateBody=json.dumps(template))

    assert status(client, service.name) == "ROLLBACK_COMPLETE"
    reason = "Currently, authorization is restricted to the $connect route only"
    assert ("sendWebsocketsRoute", "CREATE_FAILED", reason) in events(client, service.name)
    names = [each["Name"] for each in client("apigatewayv2").get_apis()["Items"]]
    assert f"{service.name}-websockets" not in names


def test_no_incomplete_resource_is_left(client: Client, unique: str) -> None:
    """A role whose managed policy does not exist is deleted, so that its name is free."""
    statement = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    properties = {
        "RoleName": unique,
        "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [statement]},
        "ManagedPolicyArns": ["arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"],
    }
    good = {"Role": {"Type": "AWS::IAM::Role", "Properties": properties}}
    arns = [*properties["ManagedPolicyArns"], "arn:aws:iam::aws:policy/nobody"]
    bad = {"Role": {"Type": "AWS::IAM::Role", "Properties": {**properties, "ManagedPolicyArns": arns}}}
    stacks = client("cloudformation")

    stacks.create_stack(StackName=unique, TemplateBody=text(bad))

    assert status(client, unique) == "ROLLBACK_COMPLETE"
    stacks.delete_stack(StackName=unique)
    stacks.create_stack(StackName=unique, TemplateBody=text(good))
    assert status(client, unique) == "CREATE_COMPLETE"
    stacks.delete_stack(StackName=unique)


def test_a_stack_in_rollback_complete_can_only_be_deleted(client: Client, unique: str) -> None:
    """An update and a change set get AWS's error; after deletion the name is free."""
    stacks = client("cloudformation")
    stack_id = stacks.create_stack(StackName=unique, TemplateBody=text({"Bad": BAD}))["StackId"]
    good = text({"Group": group(unique)})
    message = f"Stack:{stack_id} is in ROLLBACK_COMPLETE state and can not be updated."

    assert error_of(stacks.update_stack, StackName=unique, TemplateBody=good) == message
    change = {"StackName": unique, "ChangeSetName": "a", "ChangeSetType": "UPDATE", "TemplateBody": good}
    assert error_of(stacks.create_change_set, **change) == message
    stacks.delete_stack(StackName=unique)
    stacks.create_stack(StackName=unique, TemplateBody=good)
    assert status(client, unique) == "CREATE_COMPLETE"
    stacks.delete_stack(StackName=unique)


def test_on_failure_delete(client: Client, unique: str) -> None:
    """``OnFailure`` DELETE leaves no stack of that name; the stack's id still leads to the reason."""
    stacks = client("cloudformation")
    resources = {"First": group(unique), "Bad": after("First")}

    stack = stacks.create_stack(StackName=unique, TemplateBody=text(resources), OnFailure="DELETE")

    assert "does not exist" in error_of(stacks.describe_stacks, StackName=unique)
    assert status(client, stack["StackId"]) == "DELETE_COMPLETE"
    reason = "The following resource(s) failed to create: [Bad]. Delete requested by user."
    assert (unique, "DELETE_IN_PROGRESS", reason) in events(client, stack["StackId"])
    assert retention(client, unique) is None


@pytest.mark.parametrize("options", [{"OnFailure": "DO_NOTHING"}, {"DisableRollback": True}])
def test_on_failure_nothing(client: Client, unique: str, options: dict[str, Any]) -> None:
    """The created resources stay; RollbackStack deletes the stack, since it has never been stable."""
    stacks = client("cloudformation")
    resources = {"First": group(unique), "Bad": after("First")}

    stack = stacks.create_stack(StackName=unique, TemplateBody=text(resources), **options)

    described = stacks.describe_stacks(StackName=unique)["Stacks"][0]
    assert described["StackStatus"] == "CREATE_FAILED"
    assert described["StackStatusReason"] == "The following resource(s) failed to create: [Bad]. "
    assert described["DisableRollback"]
    assert retention(client, unique) == 7
    stacks.rollback_stack(StackName=unique)
    assert status(client, stack["StackId"]) == "DELETE_COMPLETE"
    assert retention(client, unique) is None


def test_an_update_continues_after_create_failed(client: Client, unique: str) -> None:
    """After CREATE_FAILED an update must have rollback disabled; other updates are an error."""
    stacks = client("cloudformation")
    resources = {"First": group(unique), "Bad": after("First")}
    stacks.create_stack(StackName=unique, TemplateBody=text(resources), OnFailure="DO_NOTHING")
    good = text({"First": group(unique, 14)})

    error = error_of(stacks.update_stack, StackName=unique, TemplateBody=good)
    assert error.startswith("This stack is currently in a non-terminal [CREATE_FAILED] state.")
    stacks.update_stack(StackName=unique, TemplateBody=good, DisableRollback=True)

    assert status(client, unique) == "UPDATE_COMPLETE"
    assert retention(client, unique) == 14
    stacks.delete_stack(StackName=unique)


def test_both_failure_options(client: Client, unique: str) -> None:
    """``OnFailure`` and ``DisableRollback`` exclude each other."""
    options = {"TemplateBody": text({"Bad": BAD}), "OnFailure": "DELETE", "DisableRollback": True}
    error_of(client("cloudformation").create_stack, StackName=unique, **options)


# updates


def test_failing_update_restores_everything(client: Client, service: Service, plane: ControlPlane) -> None:
    """Functions, roles, routes, permissions and the rest are restored, though all of them had changed."""
    template = service.template()
    template["Parameters"] = {"Stage": {"Type": "String", "Default": "one"}}
    stacks = client("cloudformation")
    tags = [{"Key": "a", "Value": "1"}]
    stacks.create_stack(StackName=service.name, TemplateBody=json.dumps(template), Tags=tags)
    api, before = api_id(client, service), snapshot(client, plane, service)
    service.release, service.memory, service.retention, service.time_to_live = "two", 1024, 30, False
    service.actions, service.two_way = ["dynamodb:Scan"], ["send", "$default"]
    changed = service.template()
    resources = changed["Resources"]
    resources["sendLambdaPermissionWebsockets"]["Properties"]["Principal"] = "events.amazonaws.com"
    resources["sendWebsocketsIntegration"]["Properties"] = {
        "ApiId": {"Ref": "WebsocketsApi"},
        "IntegrationType": "MOCK",
    }
    resources["sendWebsocketsRoute"]["Properties"]["RouteKey"] = "shout"
    resources["New"] = group(f"{service.name}-new")
    resources["Last"] = after(*resources)
    changed["Parameters"] = {"Stage": {"Type": "String", "Default": "two"}}
    del changed["Outputs"]["Bucket"]

    stacks.update_stack(StackName=service.name, TemplateBody=json.dumps(changed), Tags=[{"Key": "a", "Value": "2"}])

    assert status(client, service.name) == "UPDATE_ROLLBACK_COMPLETE"
    assert snapshot(client, plane, service) == before
    assert retention(client, f"{service.name}-new") is None
    assert len(client("apigatewayv2").get_deployments(ApiId=api)["Items"]) == 1
    touched = {name for name, what, _ in events(client, service.name) if what == "UPDATE_COMPLETE"}
    assert {"sendLambdaFunction", "sendWebsocketsRoute", "sendWebsocketsIntegration", "sendRole"} <= touched
    service.retention = 14
    assert deploy(client, service)["StackStatus"] == "UPDATE_COMPLETE"


def snapshot(client: Client, plane: ControlPlane, service: Service) -> dict[str, Any]:
    """Everything about a service that is visible from outside."""
    stack = client("cloudformation").describe_stacks(StackName=service.name)["Stacks"][0]
    function = f"{service.name}-send"
    configuration = client("lambda").get_function_configuration(FunctionName=function)
    role = physical(client, service, "sendRole")
    table = outputs(stack)["Table"]
    policy = json.loads(client("lambda").get_policy(FunctionName=function)["Policy"])
    deployed = plane.deployed(api_id(client, service), "dev") or {}
    return {
        "outputs": stack["Outputs"],
        "parameters": stack.get("Parameters"),
        "tags": stack["Tags"],
        "template": client("cloudformation").get_template(StackName=service.name)["TemplateBody"],
        "exports": [each["Name"] for each in client("cloudformation").list_exports()["Exports"]],
        "resources": {
            each["LogicalResourceId"]: each["PhysicalResourceId"]
            for each in client("cloudformation").describe_stack_resources(StackName=service.name)["StackResources"]
        },
        "code": configuration["CodeSha256"],
        "memory": configuration["MemorySize"],
        "environment": configuration["Environment"],
        "callers": [each["Principal"] for each in policy["Statement"]],
        "role": client("iam").get_role_policy(RoleName=role, PolicyName="send")["PolicyDocument"],
        "retention": retention(client, f"/aws/lambda/{function}"),
        "time to live": client("dynamodb").describe_time_to_live(TableName=table)["TimeToLiveDescription"],
        "routes": client("apigatewayv2").get_routes(ApiId=api_id(client, service))["Items"],
        "integrations": client("apigatewayv2").get_integrations(ApiId=api_id(client, service))["Items"],
        "deployed": {**deployed, "stage": {**deployed["stage"], "lastUpdatedDate": "whenever"}},
    }


def test_events_of_a_failing_update(client: Client, unique: str) -> None:
    """Resources are restored in order of dependency, then new ones deleted; the reason is the first failure's."""
    stacks = client("cloudformation")
    stacks.create_stack(StackName=unique, TemplateBody=text({"Group": group(unique), "Same": group(f"{unique}-s")}))
    done = len(events(client, unique))
    resources = {
        "Group": group(unique, 14),
        "Same": group(f"{unique}-s"),
        "New": group(f"{unique}-n"),
        "Bad": after("Group", "New"),
    }

    stacks.update_stack(StackName=unique, TemplateBody=text(resources))

    seen = events(client, unique)[done:]
    assert [(name, what) for name, what, _ in seen] == [
        (unique, "UPDATE_IN_PROGRESS"),
        ("Group", "UPDATE_IN_PROGRESS"),
        ("Group", "UPDATE_COMPLETE"),
        ("New", "CREATE_IN_PROGRESS"),
        ("New", "CREATE_COMPLETE"),
        ("Bad", "CREATE_IN_PROGRESS"),
        ("Bad", "CREATE_FAILED"),
        (unique, "UPDATE_ROLLBACK_IN_PROGRESS"),
        ("Group", "UPDATE_IN_PROGRESS"),
        ("Group", "UPDATE_COMPLETE"),
        (unique, "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS"),
        ("Bad", "DELETE_COMPLETE"),
        ("New", "DELETE_IN_PROGRESS"),
        ("New", "DELETE_COMPLETE"),
        (unique, "UPDATE_ROLLBACK_COMPLETE"),
    ]
    assert seen[7][2] == "The following resource(s) failed to create: [Bad]. "
    stacks.delete_stack(StackName=unique)


def table(key: str, **attributes: Any) -> dict[str, Any]:
    properties = {
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": key, "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": key, "KeyType": "HASH"}],
    }
    return {"Type": "AWS::DynamoDB::Table", "Properties": properties, **attributes}


def test_a_replaced_resource_is_restored(client: Client, unique: str) -> None:
    """The old table still has its items; the new one is deleted, and references lead to the old one."""
    stacks, tables = client("cloudformation"), client("dynamodb")
    named = {"Name": {"Value": {"Ref": "Table"}}}
    stacks.create_stack(StackName=unique, TemplateBody=text({"Table": table("a")}, Outputs=named))
    old = outputs(stacks.describe_stacks(StackName=unique)["Stacks"][0])["Name"]
    tables.put_item(TableName=old, Item={"a": {"S": "kept"}})
    before = set(tables.list_tables()["TableNames"])

    resources = {"Table": table("b"), "Bad": after("Table")}
    stacks.update_stack(StackName=unique, TemplateBody=text(resources, Outputs=named))

    assert status(client, unique) == "UPDATE_ROLLBACK_COMPLETE"
    assert set(tables.list_tables()["TableNames"]) == before
    assert outputs(stacks.describe_stacks(StackName=unique)["Stacks"][0])["Name"] == old
    assert tables.scan(TableName=old)["Items"] == [{"a": {"S": "kept"}}]
    stacks.delete_stack(StackName=unique)
    assert old not in tables.list_tables()["TableNames"]


@pytest.mark.parametrize(("policy", "left"), [("Delete", False), ("Retain", True)])
def test_a_replaced_resource_is_deleted_in_the_cleanup(client: Client, unique: str, policy: str, left: bool) -> None:
    """It is deleted after resources that refer to it are updated, unless ``UpdateReplacePolicy`` retains it."""
    stacks, tables = client("cloudformation"), client("dynamodb")
    stacks.create_stack(StackName=unique, TemplateBody=text({"Table": table("a")}))
    detail = stacks.describe_stack_resource(StackName=unique, LogicalResourceId="Table")["StackResourceDetail"]
    old, done = detail["PhysicalResourceId"], len(events(client, unique))

    stacks.update_stack(StackName=unique, TemplateBody=text({"Table": table("b", UpdateReplacePolicy=policy)}))

    assert (old in tables.list_tables()["TableNames"]) == left
    gone = ["DELETE_SKIPPED"] if left else ["DELETE_IN_PROGRESS", "DELETE_COMPLETE"]
    assert [(name, what) for name, what, _ in events(client, unique)[done:]] == [
        (unique, "UPDATE_IN_PROGRESS"),
        ("Table", "UPDATE_IN_PROGRESS"),
        ("Table", "UPDATE_COMPLETE"),
        (unique, "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"),
        *(("Table", what) for what in gone),
        (unique, "UPDATE_COMPLETE"),
    ]
    stacks.delete_stack(StackName=unique)
    if left:
        tables.delete_table(TableName=old)


@pytest.mark.parametrize(
    ("policy", "options", "left"),
    [
        ("Delete", {}, False),
        ("Retain", {}, True),
        ("RetainExceptOnCreate", {}, False),
        ("Retain", {"RetainExceptOnCreate": True}, False),
    ],
)
def test_new_resources_that_are_to_be_retained(
    client: Client, unique: str, policy: str, options: dict[str, Any], left: bool
) -> None:
    """A rollback keeps new resources with ``Retain``, and deletes those with ``RetainExceptOnCreate``."""
    stacks, name = client("cloudformation"), f"{unique}-new"
    new = group(name, DeletionPolicy=policy)

    stacks.create_stack(StackName=unique, TemplateBody=text({"New": new, "Bad": after("New")}), **options)
    assert (retention(client, name) is not None) == left
    if left:
        client("logs").delete_log_group(logGroupName=name)
    stacks.delete_stack(StackName=unique)
    stacks.create_stack(StackName=unique, TemplateBody=text({"Group": group(unique)}))
    resources = {"Group": group(unique), "New": new, "Bad": after("New")}
    stacks.update_stack(StackName=unique, TemplateBody=text(resources), **options)
    assert (retention(client, name) is not None) == left
    stacks.delete_stack(StackName=unique)
    if left:
        client("logs").delete_log_group(logGroupName=name)


def test_an_invalid_update_changes_nothing(client: Client, unique: str) -> None:
    """Even the parameters stay, with which the existing resources are resolved."""
    stacks = client("cloudformation")
    parameters = {"Days": {"Type": "Number", "Default": 7}}
    resources = {"Group": group(unique, {"Ref": "Days"})}
    stacks.create_stack(StackName=unique, TemplateBody=text(resources, Parameters=parameters))
    described = stacks.describe_stacks(StackName=unique)

    other = {"Days": {"Type": "Number", "Default": 14}}
    bad_output = {"O": {"Value": {"Fn::GetAtt": ["Group", "Nothing"]}}}
    body = text(resources, Parameters=other, Outputs=bad_output)
    assert "does not support attribute type Nothing" in error_of(
        stacks.update_stack, StackName=unique, TemplateBody=body
    )

    assert stacks.describe_stacks(StackName=unique)["Stacks"] == described["Stacks"]
    failing = text({"Group": resources["Group"], "Bad": after("Group")}, Parameters=parameters)
    days = [{"ParameterKey": "Days", "ParameterValue": "30"}]
    stacks.update_stack(StackName=unique, TemplateBody=failing, Parameters=days)
    assert (status(client, unique), retention(client, unique)) == ("UPDATE_ROLLBACK_COMPLETE", 7)
    stacks.delete_stack(StackName=unique)


def test_parameters_of_a_failed_update_are_forgotten(client: Client, unique: str) -> None:
    """The previous value of a parameter is that of the last stable state."""
    stacks = client("cloudformation")
    parameters = {"Days": {"Type": "Number"}}
    resources = {"Group": group(unique, {"Ref": "Days"})}
    seven, thirty = ([{"ParameterKey": "Days", "ParameterValue": value}] for value in ("7", "30"))
    stacks.create_stack(StackName=unique, TemplateBody=text(resources, Parameters=parameters), Parameters=seven)
    failing = text({**resources, "Bad": after("Group")}, Parameters=parameters)
    stacks.update_stack(StackName=unique, TemplateBody=failing, Parameters=thirty)
    assert retention(client, unique) == 7

    more = text({**resources, "Second": group(f"{unique}-2", {"Ref": "Days"})}, Parameters=parameters)
    previous = [{"ParameterKey": "Days", "UsePreviousValue": True}]
    stacks.update_stack(StackName=unique, TemplateBody=more, Parameters=previous)

    assert status(client, unique) == "UPDATE_COMPLETE"
    assert (retention(client, unique), retention(client, f"{unique}-2")) == (7, 7)
    stacks.delete_stack(StackName=unique)


# rollbacks that fail, and rollbacks that are disabled


def break_rollback(client: Client, service: Service) -> None:
    """Make an update and its rollback fail: the previous code of the functions is deleted."""
    client("s3").delete_object(Bucket=service.bucket, Key="one.zip")
    service.release, service.actions = "two", ["dynamodb:Scan"]
    template = service.template()
    template["Resources"]["sendWebsocketsIntegration"]["Properties"]["Description"] = "changed"
    template["Resources"]["Bad"] = after(*template["Resources"])
    client("cloudformation").update_stack(StackName=service.name, TemplateBody=json.dumps(template))


def test_a_rollback_that_fails(client: Client, service: Service) -> None:
    """UPDATE_ROLLBACK_FAILED names the resources; independent ones are restored; updates are an error."""
    deploy(client, service)
    break_rollback(client, service)

    stack = client("cloudformation").describe_stacks(StackName=service.name)["Stacks"][0]
    assert stack["StackStatus"] == "UPDATE_ROLLBACK_FAILED"
    names = ", ".join(f"{name}LambdaFunction" for name in ("Sconnect", "Sdefault", "send"))
    assert stack["StackStatusReason"] == f"The following resource(s) failed to update: [{names}]. "
    role = physical(client, service, "sendRole")
    policy = client("iam").get_role_policy(RoleName=role, PolicyName="send")["PolicyDocument"]
    assert policy["Statement"][0]["Action"] == ["dynamodb:PutItem"]
    integrations = client("apigatewayv2").get_integrations(ApiId=api_id(client, service))["Items"]
    assert [each["Description"] for each in integrations if "Description" in each] == ["changed"]
    error = error_of(client("cloudformation").update_stack, StackName=service.name, TemplateBody=service.text())
    assert error == f"Stack:{stack['StackId']} is in UPDATE_ROLLBACK_FAILED state and can not be updated."


def test_a_rollback_is_continued(client: Client, service: Service, plane: ControlPlane) -> None:
    """Once the cause is gone, ContinueUpdateRollback completes it, and the stack can be updated again."""
    deploy(client, service)
    before = snapshot(client, plane, service)
    code = client("s3").get_object(Bucket=service.bucket, Key="one.zip")["Body"].read()
    stacks = client("cloudformation")
    break_rollback(client, service)

    stacks.continue_update_rollback(StackName=service.name)
    assert status(client, service.name) == "UPDATE_ROLLBACK_FAILED"
    client("s3").put_object(Bucket=service.bucket, Key="one.zip", Body=code)
    stacks.continue_update_rollback(StackName=service.name)

    assert status(client, service.name) == "UPDATE_ROLLBACK_COMPLETE"
    assert snapshot(client, plane, service) == before
    assert deploy(client, service)["StackStatus"] == "UPDATE_COMPLETE"


def test_a_rollback_is_continued_without_some_resources(client: Client, service: Service) -> None:
    """``ResourcesToSkip`` stay as they are; only those whose rollback failed can be skipped."""
    deploy(client, service)
    break_rollback(client, service)
    stacks = client("cloudformation")
    failed = [f"{name}LambdaFunction" for name in ("Sconnect", "Sdefault", "send")]

    error_of(stacks.continue_update_rollback, StackName=service.name, ResourcesToSkip=[*failed, "sendRole"])
    stacks.continue_update_rollback(StackName=service.name, ResourcesToSkip=failed)

    assert status(client, service.name) == "UPDATE_ROLLBACK_COMPLETE"
    error = error_of(stacks.continue_update_rollback, StackName=service.name)
    assert "is in UPDATE_ROLLBACK_COMPLETE state" in error


def test_a_stack_whose_rollback_failed_is_deleted_whole(client: Client, service: Service, plane: ControlPlane) -> None:
    """The resources that the failed update created and replaced are deleted too."""
    deploy(client, service)
    break_rollback(client, service)
    api = api_id(client, service)

    client("cloudformation").delete_stack(StackName=service.name)

    assert "does not exist" in error_of(client("cloudformation").describe_stacks, StackName=service.name)
    assert api not in {each["ApiId"] for each in client("apigatewayv2").get_apis()["Items"]}
    functions = client("lambda").list_functions()["Functions"]
    assert [each for each in functions if each["FunctionName"].startswith(service.name)] == []


def test_an_update_that_is_not_rolled_back(client: Client, unique: str) -> None:
    """``DisableRollback`` keeps the changes in UPDATE_FAILED; RollbackStack restores the last stable state."""
    stacks = client("cloudformation")
    stacks.create_stack(StackName=unique, TemplateBody=text({"Group": group(unique), "Old": group(f"{unique}-o")}))

    for days in (14, 30):
        resources = {"Group": group(unique, days), "New": group(f"{unique}-n"), "Bad": after("Group", "New")}
        stacks.update_stack(StackName=unique, TemplateBody=text(resources), DisableRollback=True)
        described = stacks.describe_stacks(StackName=unique)["Stacks"][0]
        assert described["StackStatus"] == "UPDATE_FAILED"
        assert described["StackStatusReason"] == "The following resource(s) failed to create: [Bad]. "
        assert retention(client, unique) == days
        assert (retention(client, f"{unique}-o"), retention(client, f"{unique}-n")) == (7, 7)

    stacks.rollback_stack(StackName=unique)

    assert status(client, unique) == "UPDATE_ROLLBACK_COMPLETE"
    assert (retention(client, unique), retention(client, f"{unique}-o")) == (7, 7)
    assert retention(client, f"{unique}-n") is None
    assert "can not be rolled back" in error_of(stacks.rollback_stack, StackName=unique)
    stacks.delete_stack(StackName=unique)
    assert retention(client, unique) is None


def test_an_update_continues_after_update_failed(client: Client, unique: str) -> None:
    """A good update after UPDATE_FAILED ends in UPDATE_COMPLETE, and deletes what its template lacks."""
    stacks = client("cloudformation")
    stacks.create_stack(StackName=unique, TemplateBody=text({"Group": group(unique)}))
    resources = {"Group": group(unique, 14), "New": group(f"{unique}-n"), "Bad": after("Group", "New")}
    stacks.update_stack(StackName=unique, TemplateBody=text(resources), DisableRollback=True)

    stacks.update_stack(StackName=unique, TemplateBody=text({"Group": group(unique, 30)}), DisableRollback=True)

    assert status(client, unique) == "UPDATE_COMPLETE"
    assert (retention(client, unique), retention(client, f"{unique}-n")) == (30, None)
    stacks.delete_stack(StackName=unique)


def test_nothing_is_replaced_with_rollback_disabled(client: Client, unique: str) -> None:
    """As on AWS, an update that needs a replacement fails."""
    stacks = client("cloudformation")
    stacks.create_stack(StackName=unique, TemplateBody=text({"Table": table("a")}))

    stacks.update_stack(StackName=unique, TemplateBody=text({"Table": table("b")}), DisableRollback=True)

    assert status(client, unique) == "UPDATE_FAILED"
    reason = "Replacement type updates not supported on stack with disable-rollback."
    assert ("Table", "UPDATE_FAILED", reason) in events(client, unique)
    stacks.delete_stack(StackName=unique)


@pytest.mark.parametrize(
    ("create", "execute", "end"),
    [
        ({}, {}, "UPDATE_ROLLBACK_COMPLETE"),
        ({}, {"DisableRollback": True}, "UPDATE_FAILED"),
        ({"OnStackFailure": "DO_NOTHING"}, {}, "UPDATE_FAILED"),
    ],
)
def test_change_sets_that_fail(
    client: Client, unique: str, create: dict[str, Any], execute: dict[str, Any], end: str
) -> None:
    """A change set is rolled back like an update, unless its options disable that."""
    stacks = client("cloudformation")
    stacks.create_stack(StackName=unique, TemplateBody=text({"Group": group(unique)}))
    body = text({"Group": group(unique, 14), "Bad": after("Group")})
    named = {"StackName": unique, "ChangeSetName": "change"}

    stacks.create_change_set(**named, ChangeSetType="UPDATE", TemplateBody=body, **create)
    stacks.execute_change_set(**named, **execute)

    assert status(client, unique) == end
    assert retention(client, unique) == (14 if end == "UPDATE_FAILED" else 7)
    stacks.delete_stack(StackName=unique)


@pytest.mark.parametrize(
    ("create", "end"),
    [
        ({}, "ROLLBACK_COMPLETE"),
        ({"OnStackFailure": "DO_NOTHING"}, "CREATE_FAILED"),
        ({"OnStackFailure": "DELETE"}, None),
    ],
)
def test_change_sets_that_fail_to_create(client: Client, unique: str, create: dict[str, Any], end: str | None) -> None:
    """The first change set of a stack ends as its ``OnStackFailure`` says."""
    stacks = client("cloudformation")
    named = {"StackName": unique, "ChangeSetName": "change"}
    stacks.create_change_set(**named, ChangeSetType="CREATE", TemplateBody=text({"Bad": BAD}), **create)

    stacks.execute_change_set(**named)

    if end is None:
        assert "does not exist" in error_of(stacks.describe_stacks, StackName=unique)
    else:
        assert status(client, unique) == end
        stacks.delete_stack(StackName=unique)


def test_the_status_of_each_resource(client: Client, unique: str) -> None:
    """DescribeStackResources and ListStackResources answer each resource's own status and reason."""
    stacks = client("cloudformation")
    resources = {"Group": group(unique), "Same": group(f"{unique}-s")}
    stacks.create_stack(StackName=unique, TemplateBody=text(resources))
    bad = {**resources, "Group": {**resources["Group"], "Type": "AWS::S3::Bucket", "Properties": {}}}

    stacks.update_stack(StackName=unique, TemplateBody=text(bad), DisableRollback=True)

    described = stacks.describe_stack_resources(StackName=unique)["StackResources"]
    assert {each["LogicalResourceId"]: each["ResourceStatus"] for each in described} == {
        "Group": "UPDATE_FAILED",
        "Same": "CREATE_COMPLETE",
    }
    listed = stacks.list_stack_resources(StackName=unique)["StackResourceSummaries"]
    assert [each["ResourceStatusReason"] for each in listed if each["LogicalResourceId"] == "Group"] == [
        "Update of resource type is not permitted. The new template modifies resource type of [Group]"
    ]
    stacks.delete_stack(StackName=unique)

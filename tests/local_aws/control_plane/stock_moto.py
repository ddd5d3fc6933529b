"""What moto does without our patches. Run as a script, it prints as JSON what moto does at each fault that is patched.

It imports nothing of this project, so that nothing is patched in this process. Each function runs on an empty AWS and
returns what moto did; an exception counts as a result too.
"""

import datetime
import functools
import importlib
import io
import json
import sys
import zipfile
from collections.abc import Callable
from typing import Any
from unittest import mock

import boto3

with mock.patch("boto3.Session", side_effect=boto3.Session) as sessions:
    importlib.import_module("moto.cloudformation.responses")
SESSIONS = sessions.call_count

import moto.cloudformation.models  # noqa: E402
import moto.s3.models  # noqa: E402
from moto import mock_aws  # noqa: E402

OBSERVATIONS: dict[str, Callable[[], Any]] = {}
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"},
    ],
}
POLICY = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
BAD = {
    "Type": "AWS::Lambda::Permission",
    "Properties": {"FunctionName": "none", "Action": "lambda:InvokeFunction", "Principal": "apigateway.amazonaws.com"},
}


def observe(function: Callable[[], Any]) -> Callable[[], Any]:
    OBSERVATIONS[function.__name__] = function
    return function


@functools.cache
def client(service: str) -> Any:
    make: Callable[..., Any] = boto3.client
    return make(service, "us-east-1", aws_access_key_id="a", aws_secret_access_key="b")


def body(resources: dict[str, Any], **parts: Any) -> str:
    return json.dumps({"Resources": resources, **parts})


def create(resources: dict[str, Any], name: str = "s", **parts: Any) -> None:
    client("cloudformation").create_stack(StackName=name, TemplateBody=body(resources, **parts))


def update(resources: dict[str, Any], name: str = "s", **parts: Any) -> None:
    client("cloudformation").update_stack(StackName=name, TemplateBody=body(resources, **parts))


def attempt(call: Callable[..., Any], *args: Any, **kwargs: Any) -> str:
    """``done``, or the name of the exception."""
    try:
        call(*args, **kwargs)
    except Exception as error:
        return type(error).__name__
    return "done"


def status(name: str = "s") -> str:
    return str(client("cloudformation").describe_stacks(StackName=name)["Stacks"][0]["StackStatus"])


def bucket(**properties: Any) -> dict[str, Any]:
    return {"Type": "AWS::S3::Bucket", "Properties": properties}


def group(days: int, name: str = "g") -> dict[str, Any]:
    return {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": name, "RetentionInDays": days}}


def table(**properties: Any) -> dict[str, Any]:
    return {
        "Type": "AWS::DynamoDB::Table",
        "Properties": {
            "TableName": "t",
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{"AttributeName": "a", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "a", "KeyType": "HASH"}],
            **properties,
        },
    }


def role(**properties: Any) -> dict[str, Any]:
    return {
        "Type": "AWS::IAM::Role",
        "Properties": {"RoleName": "r", "AssumeRolePolicyDocument": TRUST, **properties},
    }


def function(**properties: Any) -> dict[str, Any]:
    client("iam").create_role(RoleName="r", AssumeRolePolicyDocument=json.dumps(TRUST))
    return same_function(**properties)


def same_function(**properties: Any) -> dict[str, Any]:
    return {
        "Type": "AWS::Lambda::Function",
        "Properties": {
            "FunctionName": "f",
            "Handler": "index.handler",
            "Runtime": "python3.13",
            "Role": "arn:aws:iam::123456789012:role/r",
            "Code": {"ZipFile": "def handler(event, context): pass"},
            **properties,
        },
    }


def uploaded() -> dict[str, str]:
    """The bucket and key of a function's code."""
    client("s3").create_bucket(Bucket="bbb")
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("index.py", "def handler(event, context): pass\n")
    client("s3").put_object(Bucket="bbb", Key="some.zip", Body=buffer.getvalue())
    return {"S3Bucket": "bbb", "S3Key": "some.zip"}


def configuration() -> dict[str, Any]:
    found: dict[str, Any] = client("lambda").get_function_configuration(FunctionName="f")
    return found


# imports


@observe
def imports_a_validator_of_openapi() -> bool:
    return "openapi_spec_validator" in sys.modules


@observe
def sessions_to_list_regions() -> bool:
    return SESSIONS > 1


# all of moto


@observe
def keeps_every_object() -> int:
    create({"A": bucket(BucketName="kept")})
    client("cloudformation").delete_stack(StackName="s")
    return sum(each.name == "kept" for each in moto.s3.models.FakeBucket.instances_tracked)


@observe
def managed_policies() -> int:
    return len(client("iam").list_policies(Scope="AWS")["Policies"])


# stacks


@observe
def failing_create() -> list[str]:
    return [attempt(create, {"A": BAD}), status()]


@observe
def failing_create_that_is_to_be_deleted() -> str:
    options = {"StackName": "s", "TemplateBody": body({"A": BAD}), "OnFailure": "DELETE"}
    attempt(client("cloudformation").create_stack, **options)
    return status()


@observe
def failing_update() -> list[Any]:
    create({"A": group(7)})
    outcome = attempt(update, {"A": group(14), "B": BAD})
    return [outcome, status()]


@observe
def what_a_failing_update_changed() -> list[int]:
    create({"A": group(7), "B": bucket(BucketName="bbb")})
    attempt(update, {"A": group(7), "C": group(7, "c"), "D": BAD})
    return [len(client("logs").describe_log_groups()["logGroups"]), len(client("s3").list_buckets()["Buckets"])]


@observe
def update_of_a_stack_that_cannot_be_updated() -> str:
    create({"A": group(7)})
    backend = moto.cloudformation.models.cloudformation_backends["123456789012"]["us-east-1"]
    next(iter(backend.stacks.values())).status = "DELETE_FAILED"
    return attempt(update, {"A": group(7), "B": group(7, "b")})


@observe
def update_without_a_change() -> str:
    create({"A": bucket()})
    return attempt(update, {"A": bucket()})


@observe
def deletion_that_fails() -> list[str]:
    policy = client("iam").create_policy(PolicyName="p", PolicyDocument=POLICY)["Policy"]["Arn"]
    create({"A": role()})
    client("iam").attach_role_policy(RoleName="r", PolicyArn=policy)
    deleted = attempt(client("cloudformation").delete_stack, StackName="s")
    return [deleted, attempt(client("cloudformation").describe_stacks, StackName="s")]


@observe
def deletion_under_termination_protection() -> str:
    stacks = client("cloudformation")
    stacks.create_stack(StackName="s", TemplateBody=body({"A": bucket()}), EnableTerminationProtection=True)
    return attempt(stacks.delete_stack, StackName="s")


@observe
def deletion_that_retains() -> int:
    create({"A": bucket()})
    client("cloudformation").delete_stack(StackName="s", RetainResources=["A"])
    return len(client("s3").list_buckets()["Buckets"])


@observe
def update_that_a_stack_policy_denies() -> int:
    create({"A": group(7), "B": group(7, "b")})
    denied = {"Statement": [{"Effect": "Deny", "Principal": "*", "Action": "Update:*", "Resource": "*"}]}
    client("cloudformation").set_stack_policy(StackName="s", StackPolicyBody=json.dumps(denied))
    update({"A": group(7)})
    return len(client("logs").describe_log_groups()["logGroups"])


@observe
def missing_operations() -> list[str]:
    create({"A": bucket()})
    stacks = client("cloudformation")
    return [
        attempt(stacks.rollback_stack, StackName="s"),
        attempt(stacks.continue_update_rollback, StackName="s"),
        attempt(stacks.update_termination_protection, StackName="s", EnableTerminationProtection=True),
        attempt(stacks.list_imports, ExportName="n"),
    ]


@observe
def implied_depends_on() -> str:
    policy = {"Bucket": {"Ref": "A"}, "PolicyDocument": {"Version": "2012-10-17", "Statement": []}}
    implied = {"Type": "AWS::S3::BucketPolicy", "DependsOn": "A", "Properties": policy}
    template = body({"A": {"Type": "AWS::S3::Bucket"}, "P": implied})
    try:
        client("cloudformation").validate_template(TemplateBody=template)
    except Exception as error:
        return ("already enforced" in str(error) and "refused for a warning") or str(error)
    return "done"


@observe
def resources_on_a_condition() -> str:
    parts: dict[str, Any] = {"Conditions": {"Never": {"Fn::Equals": ["a", "b"]}}}
    create({"A": bucket(), "B": {**bucket(), "Condition": "Never"}}, **parts)
    listed = client("cloudformation").list_stack_resources(StackName="s")["StackResourceSummaries"]
    return str([each["ResourceType"] for each in listed])


@observe
def status_of_a_resource() -> list[Any]:
    create({"A": group(7)})
    update({"A": group(7), "B": group(7, "b")})
    stacks = client("cloudformation")
    first = stacks.describe_stack_resources(StackName="s", LogicalResourceId="A")["StackResources"][0]
    return [first["ResourceStatus"], first["Timestamp"].year]


@observe
def update_forgets_what_it_cannot_update() -> str:
    create({"A": group(7)})
    update({"A": group(14)})
    days = client("logs").describe_log_groups()["logGroups"][0]["retentionInDays"]
    listed = attempt(client("cloudformation").describe_stack_resource, StackName="s", LogicalResourceId="A")
    return f"{days} days, described: {listed}"


@observe
def update_leaves_what_refers_to_a_replaced_resource() -> bool:
    outputs = {"Bucket": {"Value": {"Ref": "A"}}}
    parameter = {"Type": "AWS::SSM::Parameter", "Properties": {"Name": "p", "Type": "String", "Value": {"Ref": "A"}}}
    create({"A": bucket(BucketName="one"), "P": parameter}, Outputs=outputs)
    update({"A": bucket(BucketName="two"), "P": parameter}, Outputs=outputs)
    return str(client("ssm").get_parameter(Name="p")["Parameter"]["Value"]) == "one"


@observe
def update_removes_first() -> list[str]:
    create({"A": group(7)})
    attempt(update, {"B": BAD})
    return [each["logGroupName"] for each in client("logs").describe_log_groups()["logGroups"]]


@observe
def nested_stack() -> list[Any]:
    client("s3").create_bucket(Bucket="bbb")
    for key in ("one", "two"):
        client("s3").put_object(Bucket="bbb", Key=key, Body=body({"A": bucket()}).encode())
    stacks, urls = client("cloudformation"), ["https://s3.amazonaws.com/bbb/one", "https://s3.amazonaws.com/bbb/two"]
    nested = [{"N": {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": url}}} for url in urls]
    create(nested[0], Outputs={"O": {"Value": {"Ref": "N"}}})
    reference = str(stacks.describe_stacks(StackName="s")["Stacks"][0]["Outputs"][0]["OutputValue"])
    update(nested[1])
    deleted = [each for each in stacks.list_stacks()["StackSummaries"] if each["StackStatus"] == "DELETE_COMPLETE"]
    return [reference.startswith("arn:"), len(deleted)]


# exports


def exporting(name: str = "n", value: Any = "value", **output: Any) -> dict[str, Any]:
    return {"O": {"Value": value, "Export": {"Name": name}, **output}}


def importing(name: str = "n") -> dict[str, Any]:
    return {"A": bucket(BucketName={"Fn::ImportValue": name})}


@observe
def deletion_of_an_export_in_use() -> list[str]:
    create({"A": bucket()}, "exporter", Outputs=exporting())
    create(importing(), "importer")
    client("cloudformation").delete_stack(StackName="exporter")
    return [each["StackName"] for each in client("cloudformation").describe_stacks()["Stacks"]]


@observe
def exports_for_a_stack_that_was_there_first() -> str:
    create({"B": bucket()}, "importer")
    create({"A": bucket()}, "exporter", Outputs=exporting())
    return attempt(update, {"B": bucket(), **importing()}, "importer")


@observe
def export_on_a_condition() -> int:
    outputs = exporting(Condition="Never")
    create({"A": bucket()}, Conditions={"Never": {"Fn::Equals": ["a", "b"]}}, Outputs=outputs)
    return len(client("cloudformation").list_exports()["Exports"])


# change sets


def change(resources: dict[str, Any], kind: str = "CREATE", name: str = "s", **parts: Any) -> None:
    stacks = client("cloudformation")
    named = {"StackName": name, "ChangeSetName": "c"}
    stacks.create_change_set(**named, ChangeSetType=kind, TemplateBody=body(resources, **parts))
    stacks.execute_change_set(**named)


@observe
def change_set_that_creates_a_stack_that_exists() -> int:
    create({"A": bucket()})
    options = {"StackName": "s", "ChangeSetName": "c", "ChangeSetType": "CREATE"}
    attempt(client("cloudformation").create_change_set, **options, TemplateBody=body({"A": bucket()}))
    return len(client("cloudformation").describe_stacks()["Stacks"])


@observe
def outputs_of_a_change_set() -> list[Any]:
    create({"A": bucket()}, Outputs={"O": {"Value": "old"}})
    change({"A": bucket(), "B": bucket()}, "UPDATE", Outputs={"O": {"Value": "new"}})
    stack = client("cloudformation").describe_stacks(StackName="s")["Stacks"][0]
    return [each["OutputValue"] for each in stack["Outputs"]]


@observe
def failing_change_set() -> list[str]:
    create({"A": bucket()})
    return [attempt(change, {"A": bucket(), "B": BAD}, "UPDATE"), status()]


@observe
def change_sets_of_one_name() -> str:
    stacks = client("cloudformation")
    for name in ("one", "two"):
        options = {"StackName": name, "ChangeSetName": "c", "ChangeSetType": "CREATE"}
        stacks.create_change_set(**options, TemplateBody=body({"A": bucket()}))
    return str(stacks.describe_change_set(StackName="one", ChangeSetName="c")["StackName"])


@observe
def deletion_of_no_change_set() -> str:
    return attempt(client("cloudformation").delete_change_set, StackName="s", ChangeSetName="c")


# templates


@observe
def constructors_in_yamls_own_loader() -> bool:
    import yaml

    create({"A": bucket()})
    return "" in yaml.Loader.yaml_multi_constructors


@observe
def template_that_is_neither_json_nor_yaml() -> str:
    return attempt(client("cloudformation").create_stack, StackName="s", TemplateBody="{]")


@observe
def attribute_as_text() -> str:
    text = """{Resources: {A: {Type: "AWS::S3::Bucket"}}, Outputs: {O: {Value: {Fn::GetAtt: A.Arn}}}}"""
    return attempt(client("cloudformation").create_stack, StackName="s", TemplateBody=text)


# types of resources


@observe
def websocket_api() -> int:
    properties = {"Name": "a", "ProtocolType": "WEBSOCKET", "RouteSelectionExpression": "$request.body.action"}
    create({"A": {"Type": "AWS::ApiGatewayV2::Api", "Properties": properties}})
    return len(client("apigatewayv2").get_apis()["Items"])


@observe
def account_of_api_gateway() -> Any:
    properties = {"CloudWatchRoleArn": "arn:aws:iam::123456789012:role/r"}
    attempt(create, {"A": {"Type": "AWS::ApiGateway::Account", "Properties": properties}})
    return client("apigateway").get_account().get("cloudwatchRoleArn")


@observe
def function_of_a_stack() -> list[Any]:
    tags = [{"Key": "k", "Value": "v"}]
    modes = {"LoggingConfig": {"LogFormat": "JSON"}, "TracingConfig": {"Mode": "Active"}}
    create({"A": function(**modes, Architectures=["arm64"], EphemeralStorage={"Size": 1024}, Tags=tags)})
    found = configuration()
    return [
        found["Architectures"],
        found.get("LoggingConfig"),
        found["TracingConfig"]["Mode"],
        found["EphemeralStorage"]["Size"],
        client("lambda").get_function(FunctionName="f").get("Tags"),
    ]


@observe
def function_keeps_what_is_no_longer_set() -> Any:
    code = uploaded()
    create({"A": function(Code=code, MemorySize=512)})
    update({"A": same_function(Code=code, Timeout=7)})
    return configuration()["MemorySize"]


@observe
def update_of_a_function_whose_code_is_text() -> str:
    create({"A": function()})
    return attempt(update, {"A": same_function(Timeout=7)})


@observe
def function_last_modified() -> bool:
    create({"A": function()})
    before = configuration()["LastModified"]
    client("lambda").update_function_configuration(FunctionName="f", MemorySize=512)
    return bool(configuration()["LastModified"] == before)


@observe
def function_without_its_code() -> list[Any]:
    missing = {**uploaded(), "S3Key": "none.zip"}
    created = attempt(create, {"A": function(Code=missing)})
    return [created, attempt(client("lambda").update_function_code, FunctionName="f", **missing)]


@observe
def permission_of_a_stack() -> list[Any]:
    properties = {"FunctionName": {"Ref": "A"}, "Action": "lambda:InvokeFunction", "Principal": "s3.amazonaws.com"}
    permission = {"Type": "AWS::Lambda::Permission", "Properties": properties}
    create({"A": function(), "P": permission})
    resources = client("cloudformation").describe_stack_resources(StackName="s")["StackResources"]
    named = [bool(each.get("PhysicalResourceId")) for each in resources if each["LogicalResourceId"] == "P"]
    update({"A": same_function()})
    return [named, attempt(client("lambda").get_policy, FunctionName="f")]


@observe
def version_of_a_stack() -> bool:
    version = {"Type": "AWS::Lambda::Version", "Properties": {"FunctionName": {"Ref": "A"}}}
    attempt(create, {"A": function(), "V": version}, Outputs={"O": {"Value": {"Ref": "V"}}})
    outputs = client("cloudformation").describe_stacks(StackName="s")["Stacks"][0].get("Outputs", [])
    return any(str(each["OutputValue"]).endswith(":function:f:1") for each in outputs)


@observe
def bucket_policy() -> str:
    policy = {"Bucket": {"Ref": "A"}, "PolicyDocument": {"Version": "2012-10-17", "Statement": []}}
    create({"A": bucket(BucketName="bbb"), "P": {"Type": "AWS::S3::BucketPolicy", "Properties": policy}})
    return attempt(client("s3").get_bucket_policy, Bucket="bbb")


@observe
def tags_of_a_bucket_without_a_name() -> str:
    create({"A": bucket(Tags=[{"Key": "k", "Value": "1"}])})
    attempt(update, {"A": bucket(Tags=[{"Key": "k", "Value": "2"}])})
    (name,) = (each["Name"] for each in client("s3").list_buckets()["Buckets"])
    return str(client("s3").get_bucket_tagging(Bucket=name)["TagSet"][0]["Value"])


@observe
def deletion_of_a_full_bucket() -> list[Any]:
    create({"A": bucket(BucketName="bbb")})
    client("s3").put_object(Bucket="bbb", Key="k", Body=b"")
    deleted = attempt(client("cloudformation").delete_stack, StackName="s")
    return [deleted, len(client("s3").list_buckets()["Buckets"])]


@observe
def bucket_that_demands_tls() -> str:
    s3 = client("s3")
    s3.create_bucket(Bucket="bbb")
    statement = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": "arn:aws:s3:::bbb/*",
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    s3.put_object(Bucket="bbb", Key="k", Body=b"")
    s3.put_bucket_policy(Bucket="bbb", Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    return attempt(s3.get_object, Bucket="bbb", Key="k")


@observe
def arn_of_a_log_group() -> str:
    create({"A": group(7)}, Outputs={"O": {"Value": {"Fn::GetAtt": ["A", "Arn"]}}})
    return str(client("cloudformation").describe_stacks(StackName="s")["Stacks"][0]["Outputs"][0]["OutputValue"])


@observe
def managed_policies_of_a_role() -> int:
    policy = client("iam").create_policy(PolicyName="p", PolicyDocument=POLICY)
    create({"A": role(ManagedPolicyArns=[policy["Policy"]["Arn"]])})
    return len(client("iam").list_attached_role_policies(RoleName="r")["AttachedPolicies"])


@observe
def update_of_a_role() -> Any:
    create({"A": role(MaxSessionDuration=3600)})
    attempt(update, {"A": role(MaxSessionDuration=7200)})
    return client("iam").get_role(RoleName="r")["Role"]["MaxSessionDuration"]


@observe
def settings_of_a_table() -> list[str]:
    recovery = {"PointInTimeRecoveryEnabled": True}
    time_to_live = {"AttributeName": "e", "Enabled": True}
    create({"A": table(TimeToLiveSpecification=time_to_live, PointInTimeRecoverySpecification=recovery)})
    backups = client("dynamodb").describe_continuous_backups(TableName="t")["ContinuousBackupsDescription"]
    return [
        client("dynamodb").describe_time_to_live(TableName="t")["TimeToLiveDescription"]["TimeToLiveStatus"],
        backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"],
    ]


@observe
def update_of_a_table() -> bool:
    create({"A": table()})
    attempt(update, {"A": table(DeletionProtectionEnabled=True)})
    return bool(client("dynamodb").describe_table(TableName="t")["Table"].get("DeletionProtectionEnabled"))


# data planes


@observe
def expired_item() -> int:
    tables = client("dynamodb")
    create({"A": table()})
    tables.update_time_to_live(TableName="t", TimeToLiveSpecification={"AttributeName": "e", "Enabled": True})
    expired = str(int(datetime.datetime.now().timestamp()) - 3600)
    tables.put_item(TableName="t", Item={"a": {"S": "1"}, "e": {"N": expired}})
    return len(tables.scan(TableName="t")["Items"])


@observe
def filter_pattern_for_json() -> int:
    logs, now = client("logs"), 1000 * int(datetime.datetime.now().timestamp())
    logs.create_log_group(logGroupName="g")
    logs.create_log_stream(logGroupName="g", logStreamName="s")
    written = [{"timestamp": now, "message": message} for message in ('{"a": 1}', '{"a": 2}')]
    logs.put_log_events(logGroupName="g", logStreamName="s", logEvents=written)
    return len(logs.filter_log_events(logGroupName="g", filterPattern="{ $.a = 1 }")["events"])


def minute(value: int) -> datetime.datetime:
    now = datetime.datetime.now(datetime.UTC).replace(second=0, microsecond=0)
    return now - datetime.timedelta(minutes=10 - value)


def put_metric(*dimensions: dict[str, str], namespace: str = "n", at: datetime.datetime | None = None) -> None:
    datum = {"MetricName": "m", "Value": 1, "Dimensions": list(dimensions), "Timestamp": at or minute(0)}
    client("cloudwatch").put_metric_data(Namespace=namespace, MetricData=[datum])


API, STAGE = {"Name": "ApiId", "Value": "a"}, {"Name": "Stage", "Value": "dev"}


def points(**options: Any) -> list[dict[str, Any]]:
    asked = {"Namespace": "n", "MetricName": "m", "Period": 60, "Statistics": ["Sum"], "EndTime": minute(9), **options}
    found: list[dict[str, Any]] = client("cloudwatch").get_metric_statistics(**asked)["Datapoints"]
    return found


@observe
def sum_of_more_dimensions() -> float:
    put_metric(API)
    put_metric(API, STAGE)
    return float(points(Dimensions=[API], StartTime=minute(0))[0]["Sum"])


@observe
def periods_begin_at_the_first_value() -> int:
    put_metric(at=minute(2))
    (point,) = points(StartTime=minute(0), Period=300)
    return int((point["Timestamp"] - minute(0)).total_seconds())


@observe
def values_of_the_minute_in_which_one_began_to_look() -> int:
    put_metric(at=minute(0))
    return len(points(StartTime=minute(0) + datetime.timedelta(seconds=30)))


@observe
def metric_data_of_another_namespace() -> list[float]:
    put_metric(API, namespace="other")
    metric = {"Namespace": "n", "MetricName": "m", "Dimensions": [API]}
    query = {"Id": "q", "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Sum"}}
    window = {"StartTime": minute(0), "EndTime": minute(9)}
    found = client("cloudwatch").get_metric_data(MetricDataQueries=[query], **window)
    return [float(value) for value in found["MetricDataResults"][0]["Values"]]


@observe
def types_of_lambda() -> list[Any]:
    find = importlib.import_module("moto.cloudformation.parsing").resource_class_from_type
    return [find(f"AWS::Lambda::{name}") for name in ("Alias", "EventInvokeConfig")]


@observe
def layer_of_a_stack() -> bool:
    create({"A": {"Type": "AWS::Lambda::LayerVersion", "Properties": {"LayerName": "mine", "Content": uploaded()}}})
    return bool(client("lambda").list_layers()["Layers"][0]["LayerName"] == "mine")


def make_function(**settings: Any) -> dict[str, Any]:
    """Create a function with a role that nobody may assume."""
    trusting = client("iam").create_role(RoleName="r", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    asked = {
        "FunctionName": "f",
        "Runtime": "python3.13",
        "Role": trusting,
        "Handler": "h.h",
        "Code": {"ZipFile": b"x"},
    }
    made: dict[str, Any] = client("lambda").create_function(**{**asked, **settings})
    return made


@observe
def dead_letter_queue_of_a_function() -> Any:
    return make_function(DeadLetterConfig={"TargetArn": "arn:aws:sqs:us-east-1:123456789012:q"}).get("DeadLetterConfig")


@observe
def package_that_is_no_zip() -> Any:
    return make_function(Code={"ZipFile": b"no zip"})["State"]


@observe
def reserved_variable() -> Any:
    return make_function(Environment={"Variables": {"_HANDLER": "x"}})["Environment"]["Variables"]["_HANDLER"]


@observe
def six_layers_of_anybody() -> int:
    publish = client("lambda").publish_layer_version
    arns = [publish(LayerName=f"l{n}", Content={"ZipFile": b"x"})["LayerVersionArn"] for n in range(6)]
    arns[0] = arns[0].replace("123456789012", "999999999999")
    return len(make_function(Layers=arns)["Layers"])


@observe
def role_that_does_not_trust_lambda() -> Any:
    return make_function()["State"]


@observe
def permission_for_a_user() -> Any:
    policy = importlib.import_module("moto.awslambda.policy").Policy
    return policy.principal_formatter(None, "arn:aws:iam::123456789012:user/u")


@observe
def settings_for_events_that_are_put_again() -> Any:
    make_function()
    for attempts in (0, 1):
        client("lambda").put_function_event_invoke_config(FunctionName="f", MaximumRetryAttempts=attempts)
    return client("lambda").get_function_event_invoke_config(FunctionName="f")["MaximumRetryAttempts"]


@observe
def version_without_a_change() -> list[Any]:
    make_function()
    client("lambda").update_function_configuration(FunctionName="f", Timeout=4)
    return [client("lambda").publish_version(FunctionName="f")["Version"] for _ in range(2)]


@observe
def alias_of_versions_that_are_not_there() -> list[Any]:
    make_function(Publish=True)
    routing = {"AdditionalVersionWeights": {"9": 0.5}}
    client("lambda").create_alias(FunctionName="f", Name="a", FunctionVersion="1", RoutingConfig=routing)
    client("lambda").delete_function(FunctionName="f", Qualifier="1")
    return [each["Version"] for each in client("lambda").list_versions_by_function(FunctionName="f")["Versions"]]


@observe
def account_settings_of_lambda() -> str:
    make_function()
    client("lambda").put_function_concurrency(FunctionName="f", ReservedConcurrentExecutions=5000)
    return attempt(client("lambda").get_account_settings)


def assume(**options: Any) -> None:
    arn = client("iam").create_role(RoleName="r", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    client("sts").assume_role(RoleArn=arn, RoleSessionName="me", **options)


@observe
def policies_of_a_session() -> list[str]:
    assume(PolicyArns=[{"arn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}])
    (session,) = importlib.import_module("moto.sts.models").sts_backends["123456789012"]["aws"].assumed_roles
    return [name for name, value in vars(session).items() if "ReadOnlyAccess" in str(value)]


@observe
def session_longer_than_its_role_allows() -> str:
    return attempt(assume, DurationSeconds=43200)


@observe
def caller_that_is_the_root() -> Any:
    return client("sts").get_caller_identity()["Arn"]


@observe
def role_for_the_logs_of_api_gateway() -> Any:
    operation = {"op": "replace", "path": "/cloudwatchRoleArn", "value": "arn:aws:iam::123456789012:role/none"}
    return client("apigateway").update_account(patchOperations=[operation])["cloudwatchRoleArn"]


@observe
def presigned_request() -> int:
    """ListFunctions of Lambda, signed in its query, at moto's server."""
    app = importlib.import_module("moto.server").DomainDispatcherApplication(
        importlib.import_module("moto.server").create_backend_app
    )
    scope = "a/20260101/us-east-1/lambda/aws4_request".replace("/", "%2F")
    test_client = importlib.import_module("werkzeug.test").Client(app)
    return int(test_client.get(f"/2015-03-31/functions/?X-Amz-Credential={scope}").status_code)


def observed(function: Callable[[], Any]) -> Any:
    with mock_aws():
        try:
            return function()
        except Exception as error:
            return f"{type(error).__name__}: {error}"


if __name__ == "__main__":
    print(json.dumps({name: observed(function) for name, function in OBSERVATIONS.items()}, default=str))

"""The faults of moto are there still: each of these fails on the day when moto mends one, and ours can go."""

import importlib.metadata
import json
import subprocess
import sys

import pytest

from local_aws.control_plane import faults

STOCK = """
import boto3, json
from local_aws.control_plane.startup import lighter_imports
with lighter_imports():
    import moto.cloudformation.responses
from moto import mock_aws

seen = {}
with mock_aws():
    stacks, tables, apis = (boto3.client(name, "us-east-1") for name in ("cloudformation", "dynamodb", "apigatewayv2"))

    def create(name, **resource):
        stacks.create_stack(StackName=name, TemplateBody=json.dumps({"Resources": {"A": resource}}))

    create("api", Type="AWS::ApiGatewayV2::Api", Properties={
        "Name": "a", "ProtocolType": "WEBSOCKET", "RouteSelectionExpression": "$request.body.action"})
    seen["apis"] = len(apis.get_apis()["Items"])

    create("table", Type="AWS::DynamoDB::Table", Properties={
        "TableName": "t", "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": "a", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "a", "KeyType": "HASH"}],
        "TimeToLiveSpecification": {"AttributeName": "e", "Enabled": True}})
    seen["time to live"] = tables.describe_time_to_live(TableName="t")["TimeToLiveDescription"]["TimeToLiveStatus"]

    try:
        create("bad", Type="AWS::Lambda::Permission", Properties={
            "FunctionName": "none", "Action": "lambda:InvokeFunction", "Principal": "apigateway.amazonaws.com"})
    except Exception as error:
        seen["failing create"] = stacks.describe_stacks(StackName="bad")["Stacks"][0]["StackStatus"]

    policy = {"Bucket": {"Ref": "A"}, "PolicyDocument": {"Version": "2012-10-17", "Statement": []}}
    implied = {"Type": "AWS::S3::BucketPolicy", "DependsOn": "A", "Properties": policy}
    template = {"Resources": {"A": {"Type": "AWS::S3::Bucket"}, "P": implied}}
    try:
        stacks.validate_template(TemplateBody=json.dumps(template))
    except Exception as error:
        seen["implied DependsOn"] = str(error)

    import io, zipfile
    buffer = io.BytesIO()
    zipfile.ZipFile(buffer, "w").close()
    code = {"ZipFile": buffer.getvalue()}
    boto3.client("s3", "us-east-1").create_bucket(Bucket="bucket")
    boto3.client("s3", "us-east-1").put_object(Bucket="bucket", Key="k", Body=buffer.getvalue())
    create("layer", Type="AWS::Lambda::LayerVersion", Properties={
        "LayerName": "mine", "Content": {"S3Bucket": "bucket", "S3Key": "k"}})
    functions = boto3.client("lambda", "us-east-1")
    seen["layer of a stack"] = functions.list_layers()["Layers"][0]["LayerName"]
    roles = boto3.client("iam", "us-east-1")
    role = roles.create_role(RoleName="r", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    arns = [functions.publish_layer_version(LayerName=f"l{n}", Content=code)["LayerVersionArn"] for n in range(6)]
    arns[0] = arns[0].replace("123456789012", "999999999999")
    asked = {"Code": code, "Role": role, "Runtime": "python3.13", "Handler": "h.h"}
    reserved = {"Variables": {"_HANDLER": "x"}}
    made = functions.create_function(FunctionName="f", Layers=arns, Environment=reserved, **asked)
    seen["layers of a function"] = len(made["Layers"])
    seen["reserved variable"] = made["Environment"]["Variables"]["_HANDLER"]
    broken = functions.create_function(FunctionName="g", **{**asked, "Code": {"ZipFile": b"no zip"}})
    seen["package that is no zip"] = broken["State"]

    import datetime
    metrics, now = boto3.client("cloudwatch", "us-east-1"), datetime.datetime.now(datetime.UTC)
    api, stage = {"Name": "ApiId", "Value": "a"}, {"Name": "Stage", "Value": "dev"}
    for dimensions in ([api], [api, stage]):
        metrics.put_metric_data(Namespace="n", MetricData=[{"MetricName": "m", "Value": 1, "Dimensions": dimensions}])
    minute = datetime.timedelta(minutes=1)
    (point,) = metrics.get_metric_statistics(Namespace="n", MetricName="m", Dimensions=[api], Period=60,
        StartTime=now - minute, EndTime=now + minute, Statistics=["Sum"])["Datapoints"]
    seen["sum of the API's metric"] = point["Sum"]

    try:
        create("account", Type="AWS::ApiGateway::Account", Properties={"CloudWatchRoleArn": "arn:aws:iam::1:role/r"})
    except Exception as error:
        seen["account"] = str(error)
    seen["role"] = boto3.client("apigateway", "us-east-1").get_account().get("cloudwatchRoleArn")

    functions = boto3.client("lambda", "us-east-1")
    boto3.client("iam", "us-east-1").create_role(RoleName="i", AssumeRolePolicyDocument="{}")
    functions.create_function(
        FunctionName="e", Role="arn:aws:iam::123456789012:role/i", Runtime="python3.13", Handler="i.h",
        Code={"ZipFile": b"zip"}, DeadLetterConfig={"TargetArn": "arn:aws:sqs:us-east-1:123456789012:q"})
    seen["dead letter"] = "DeadLetterConfig" in functions.get_function_configuration(FunctionName="e")
    for attempts in (0, 1):
        functions.put_function_event_invoke_config(FunctionName="e", MaximumRetryAttempts=attempts)
    seen["retries"] = functions.get_function_event_invoke_config(FunctionName="e")["MaximumRetryAttempts"]
    functions.update_function_configuration(FunctionName="e", Timeout=4)
    seen["versions"] = [functions.publish_version(FunctionName="e")["Version"] for _ in range(2)]
    functions.create_alias(FunctionName="e", Name="a", FunctionVersion="1",
        RoutingConfig={"AdditionalVersionWeights": {"9": 0.5}})
    functions.delete_function(FunctionName="e", Qualifier="1")
    seen["version of an alias"] = [each["Version"] for each in functions.list_versions_by_function(
        FunctionName="e")["Versions"]]
    functions.put_function_concurrency(FunctionName="e", ReservedConcurrentExecutions=5000)
    try:
        functions.get_account_settings()
    except Exception as error:
        seen["account settings"] = type(error).__name__
    for type_ in ("Alias", "EventInvokeConfig"):
        from moto.cloudformation.parsing import resource_class_from_type
        seen[type_] = resource_class_from_type("AWS::Lambda::" + type_) is not None
    operation = {"op": "replace", "path": "/cloudwatchRoleArn", "value": "arn:aws:iam::123456789012:role/none"}
    account = boto3.client("apigateway", "us-east-1").update_account(patchOperations=[operation])
    seen["role for logs"] = account["cloudwatchRoleArn"]

    from moto.sts.models import sts_backends
    sts = boto3.client("sts", "us-east-1")
    sts.assume_role(RoleArn="arn:aws:iam::123456789012:role/r", RoleSessionName="me", DurationSeconds=43200,
        PolicyArns=[{"arn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}])
    (session,) = sts_backends["123456789012"]["aws"].assumed_roles
    seen["session"] = [name for name, value in vars(session).items() if "ReadOnlyAccess" in str(value)]
    seen["caller"] = sts.get_caller_identity()["Arn"]

    from moto.awslambda.policy import Policy
    seen["principal"] = Policy.principal_formatter(None, "arn:aws:iam::123456789012:user/u")
    role = boto3.client("iam").create_role(RoleName="u", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    function = boto3.client("lambda", "us-east-1").create_function(
        FunctionName="u", Runtime="python3.13", Role=role, Handler="h.h", Code={"ZipFile": b"x"})
    seen["function of an untrusting role"] = function["State"]
print(json.dumps(seen))
"""


@pytest.fixture(scope="module")
def stock() -> dict[str, object]:
    """What moto does as it is, in a process of its own."""
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", STOCK], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    seen: dict[str, object] = json.loads(done.stdout)
    return seen


def test_version():
    """The mends were written for the version of moto that is installed."""
    assert importlib.metadata.version("moto") == faults.SEEN_IN


def test_websocket_types_are_missing(stock):
    """Stock moto makes nothing of an AWS::ApiGatewayV2::Api, and says nothing."""
    assert stock["apis"] == 0


def test_time_to_live_is_ignored(stock):
    """Stock moto ignores TimeToLiveSpecification in a stack."""
    assert stock["time to live"] == "DISABLED"


def test_failing_stack_stays_in_progress(stock):
    """Stock moto leaves a stack whose creation failed in progress."""
    assert stock["failing create"] == "CREATE_IN_PROGRESS"


def test_validate_template_makes_errors_of_warnings(stock):
    """Stock moto refuses a template for a DependsOn that a Ref implies (W3005)."""
    assert "already enforced" in str(stock["implied DependsOn"])


def test_metrics_of_more_dimensions_are_summed_up(stock):
    """Stock moto counts the metrics of a stage to those of its API."""
    assert stock["sum of the API's metric"] == 2


def test_account_type_is_missing(stock):
    """Stock moto makes nothing of an AWS::ApiGateway::Account."""
    assert stock["role"] is None


def test_functions_have_no_dead_letter_queue(stock):
    """Stock moto forgets DeadLetterConfig."""
    assert stock["dead letter"] is False


def test_settings_for_events_are_put_once(stock):
    """Stock moto answers the first that were put."""
    assert stock["retries"] == 0


def test_the_first_version_is_published_twice(stock):
    """Stock moto publishes a version although nothing has changed since the first."""
    assert stock["versions"] == ["1", "2"]


def test_aliases_and_versions_are_not_held_together(stock):
    """Stock moto routes to a version that is not there, and deletes one that an alias needs."""
    assert stock["version of an alias"] == ["$LATEST", "2"]


def test_the_account_has_no_settings(stock):
    """Stock moto lacks GetAccountSettings, and lets a function reserve more than an account has."""
    assert stock["account settings"]


@pytest.mark.parametrize("type_", ["Alias", "EventInvokeConfig"])
def test_types_of_lambda_are_missing(stock, type_):
    """Stock moto knows neither."""
    assert stock[type_] is False


def test_layer_of_a_stack_has_another_name(stock):
    """Stock moto does not give a layer of a stack the name that the template gives it."""
    assert stock["layer of a stack"] != "mine"


def test_any_layers_will_do(stock):
    """Stock moto gives a function a sixth layer, and one of another account that has the name of one of its own."""
    assert stock["layers of a function"] == 6


def test_reserved_variables_are_taken(stock):
    """Stock moto lets a function set what Lambda sets."""
    assert stock["reserved variable"] == "x"


def test_any_package_will_do(stock):
    """Stock moto takes what is no zip for a function's package."""
    assert stock["package that is no zip"] == "Active"


def test_a_permission_for_a_user_names_nobody(stock):
    """Stock moto writes an ARN as it is, where a policy has ``{"AWS": …}``."""
    assert isinstance(stock["principal"], str)


def test_a_function_may_have_a_role_that_does_not_trust_lambda(stock):
    """Stock moto only looks whether the role is there."""
    assert stock["function of an untrusting role"] == "Active"


def test_the_policies_of_a_session_are_forgotten(stock):
    """Stock moto keeps nothing of AssumeRole's PolicyArns."""
    assert stock["session"] == []


def test_the_root_is_a_user_of_motos(stock):
    """Stock moto names a user whom nobody has made."""
    assert str(stock["caller"]).endswith(":user/moto")


def test_any_role_may_write_logs(stock):
    """Stock moto takes a role that is not there for the logs of API Gateway."""
    assert str(stock["role for logs"]).endswith("role/none")

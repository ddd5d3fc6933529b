"""The permissions that requests require; boto3 makes the requests."""

from typing import Any

import pytest

from local_aws.iam.claims import Claim, claim_of
from local_aws.iam.permissions import permissions_for
from local_aws.net.http import Headers, Request

from .conftest import Wire

ACCOUNT = "123456789012"
TABLE = f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table"
FUNCTION = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:f"
LOGS = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group"
IAM = f"arn:aws:iam::{ACCOUNT}"
KEY = {"id": {"S": "me"}}


def actions_and_resources(request: Request) -> list[tuple[str, str]]:
    return [(each.action, each.resource) for each in permissions_of(request)]


def permissions_of(request: Request, hash_key: str | None = "id") -> Any:
    claim = claim_of(request)
    assert isinstance(claim, Claim)
    return permissions_for(request, claim.service, claim.region, ACCOUNT, lambda table: hash_key)


def one(service: str, operation: str, action: str, resource: str, **parameters: Any) -> Any:
    return pytest.param(service, operation, parameters, [(action, resource)], id=f"{service}-{operation}-{action}")


def many(service: str, operation: str, expected: list[tuple[str, str]], **parameters: Any) -> Any:
    return pytest.param(service, operation, parameters, expected, id=f"{service}-{operation}")


@pytest.mark.parametrize(
    ("service", "operation", "parameters", "expected"),
    [
        # JSON
        one("dynamodb", "put_item", "dynamodb:PutItem", f"{TABLE}/t", TableName="t", Item=KEY),
        one("dynamodb", "get_item", "dynamodb:GetItem", f"{TABLE}/t", TableName=f"{TABLE}/t", Key=KEY),
        one("dynamodb", "scan", "dynamodb:Scan", f"{TABLE}/t", TableName="t"),
        one("dynamodb", "scan", "dynamodb:Scan", f"{TABLE}/t/index/idx", TableName="t", IndexName="idx"),
        one("dynamodb", "query", "dynamodb:Query", f"{TABLE}/t/index/idx", TableName="t", IndexName="idx"),
        one("dynamodb", "list_tables", "dynamodb:ListTables", f"{TABLE}/*"),
        one("dynamodb", "describe_limits", "dynamodb:DescribeLimits", "*"),
        one("dynamodb", "list_tags_of_resource", "dynamodb:ListTagsOfResource", f"{TABLE}/t", ResourceArn=f"{TABLE}/t"),
        many(
            "dynamodb",
            "batch_get_item",
            [("dynamodb:BatchGetItem", f"{TABLE}/a"), ("dynamodb:BatchGetItem", f"{TABLE}/b")],
            RequestItems={"a": {"Keys": [KEY]}, "b": {"Keys": [KEY]}},
        ),
        one(
            "dynamodb",
            "batch_write_item",
            "dynamodb:BatchWriteItem",
            f"{TABLE}/a",
            RequestItems={"a": [{"PutRequest": {"Item": KEY}}]},
        ),
        many(
            "dynamodb",
            "transact_write_items",
            [
                ("dynamodb:PutItem", f"{TABLE}/a"),
                ("dynamodb:DeleteItem", f"{TABLE}/b"),
                ("dynamodb:UpdateItem", f"{TABLE}/c"),
                ("dynamodb:ConditionCheckItem", f"{TABLE}/d"),
            ],
            TransactItems=[
                {"Put": {"TableName": "a", "Item": KEY}},
                {"Delete": {"TableName": "b", "Key": KEY}},
                {"Update": {"TableName": "c", "Key": KEY, "UpdateExpression": "SET a = b"}},
                {"ConditionCheck": {"TableName": "d", "Key": KEY, "ConditionExpression": "a = b"}},
            ],
        ),
        one(
            "dynamodb",
            "transact_get_items",
            "dynamodb:GetItem",
            f"{TABLE}/a",
            TransactItems=[{"Get": {"TableName": "a", "Key": KEY}}],
        ),
        one(
            "dynamodb",
            "execute_statement",
            "dynamodb:PartiQLSelect",
            f"{TABLE}/t/index/i",
            Statement='SELECT * FROM "t"."i"',
        ),
        one(
            "dynamodb",
            "execute_statement",
            "dynamodb:PartiQLInsert",
            f"{TABLE}/t",
            Statement="INSERT INTO t VALUE {'id': 'me'}",
        ),
        one("dynamodb", "execute_statement", "dynamodb:PartiQLUpdate", f"{TABLE}/t", Statement='UPDATE "t" SET a=1'),
        one("dynamodb", "execute_statement", "dynamodb:ExecuteStatement", "*", Statement="EXPLAIN t"),
        one("logs", "create_log_group", "logs:CreateLogGroup", f"{LOGS}:g:log-stream:", logGroupName="g"),
        one(
            "logs",
            "put_log_events",
            "logs:PutLogEvents",
            f"{LOGS}:/aws/lambda/f:log-stream:s",
            logGroupName="/aws/lambda/f",
            logStreamName="s",
            logEvents=[{"timestamp": 1, "message": "m"}],
        ),
        one("logs", "describe_log_groups", "logs:DescribeLogGroups", f"{LOGS}::log-stream:"),
        one("logs", "tag_resource", "logs:TagResource", f"{LOGS}:g", resourceArn=f"{LOGS}:g", tags={"a": "b"}),
        one(
            "sqs",
            "send_message_batch",
            "sqs:sendmessage",
            f"arn:aws:sqs:us-east-1:{ACCOUNT}:q",
            QueueUrl=f"http://127.0.0.1:4566/{ACCOUNT}/q",
            Entries=[{"Id": "1", "MessageBody": "x"}],
        ),
        one("sqs", "create_queue", "sqs:createqueue", f"arn:aws:sqs:us-east-1:{ACCOUNT}:q", QueueName="q"),
        one("sqs", "list_queues", "sqs:listqueues", "*"),
        one("ssm", "get_parameter", "ssm:GetParameter", f"arn:aws:ssm:us-east-1:{ACCOUNT}:parameter/a/b", Name="/a/b"),
        many(
            "ssm",
            "get_parameters",
            [
                ("ssm:GetParameters", f"arn:aws:ssm:us-east-1:{ACCOUNT}:parameter/a"),
                ("ssm:GetParameters", f"arn:aws:ssm:us-east-1:{ACCOUNT}:parameter/b"),
            ],
            Names=["a", "b"],
        ),
        one(
            "secretsmanager",
            "get_secret_value",
            "secretsmanager:GetSecretValue",
            f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:s-??????",
            SecretId="s",
        ),
        many(
            "events",
            "put_events",
            [
                ("events:PutEvents", f"arn:aws:events:us-east-1:{ACCOUNT}:event-bus/default"),
                ("events:PutEvents", f"arn:aws:events:us-east-1:{ACCOUNT}:event-bus/own"),
            ],
            Entries=[{"Source": "s", "EventBusName": "own"}, {"Source": "s"}],
        ),
        one("events", "put_rule", "events:PutRule", f"arn:aws:events:us-east-1:{ACCOUNT}:rule/r", Name="r"),
        one("kms", "list_keys", "kms:ListKeys", "*"),
        # Query
        one(
            "sns",
            "publish",
            "sns:Publish",
            "arn:aws:sns:us-east-1:1:t",
            TopicArn="arn:aws:sns:us-east-1:1:t",
            Message="",
        ),
        one("sns", "create_topic", "sns:CreateTopic", f"arn:aws:sns:us-east-1:{ACCOUNT}:t", Name="t"),
        one("iam", "get_role", "iam:GetRole", f"{IAM}:role/r", RoleName="r"),
        one(
            "iam",
            "put_role_policy",
            "iam:PutRolePolicy",
            f"{IAM}:role/r",
            RoleName="r",
            PolicyName="p",
            PolicyDocument="{}",
        ),
        one("iam", "add_user_to_group", "iam:AddUserToGroup", f"{IAM}:group/g", GroupName="g", UserName="u"),
        one("iam", "get_policy", "iam:GetPolicy", f"{IAM}:policy/own", PolicyArn=f"{IAM}:policy/own"),
        one(
            "iam",
            "create_role",
            "iam:CreateRole",
            f"{IAM}:role/team/r",
            RoleName="r",
            Path="/team/",
            AssumeRolePolicyDocument="{}",
        ),
        one("iam", "list_roles", "iam:ListRoles", "*"),
        many("sts", "get_caller_identity", []),
        one("sts", "assume_role", "sts:AssumeRole", f"{IAM}:role/r", RoleArn=f"{IAM}:role/r", RoleSessionName="me"),
        one(
            "cloudformation",
            "create_stack",
            "cloudformation:CreateStack",
            f"arn:aws:cloudformation:us-east-1:{ACCOUNT}:stack/s/*",
            StackName="s",
            TemplateBody="{}",
        ),
        one("cloudformation", "list_stacks", "cloudformation:ListStacks", "*"),
        one("ses", "list_identities", "ses:ListIdentities", "*"),
        one("ec2", "describe_instances", "ec2:DescribeInstances", "*"),
        # Smithy's RPC
        one("cloudwatch", "put_metric_data", "cloudwatch:PutMetricData", "*", Namespace="n", MetricData=[]),
        # REST
        one("lambda", "invoke", "lambda:InvokeFunction", FUNCTION, FunctionName="f"),
        one("lambda", "invoke", "lambda:InvokeFunction", FUNCTION, FunctionName=f"{ACCOUNT}:function:f"),
        one("lambda", "invoke", "lambda:InvokeFunction", f"{FUNCTION}:live", FunctionName="f", Qualifier="live"),
        one("lambda", "invoke", "lambda:InvokeFunction", f"{FUNCTION}:live", FunctionName=f"{FUNCTION}:live"),
        one("lambda", "get_function_configuration", "lambda:GetFunctionConfiguration", FUNCTION, FunctionName="f"),
        one("lambda", "list_functions", "lambda:ListFunctions", "*"),
        one(
            "lambda",
            "get_layer_version",
            "lambda:GetLayerVersion",
            f"{FUNCTION[:-11]}:layer:l:1",
            LayerName="l",
            VersionNumber=1,
        ),
        many(
            "lambda",
            "create_function",
            [("lambda:CreateFunction", FUNCTION), ("iam:PassRole", f"{IAM}:role/r")],
            FunctionName="f",
            Role=f"{IAM}:role/r",
            Code={},
        ),
        one("apigateway", "get_rest_apis", "apigateway:GET", "arn:aws:apigateway:us-east-1::/restapis"),
        one("apigatewayv2", "delete_api", "apigateway:DELETE", "arn:aws:apigateway:us-east-1::/apis/a", ApiId="a"),
        one("sesv2", "list_email_identities", "ses:ListEmailIdentities", "*"),
        one("scheduler", "get_schedule", "scheduler:GetSchedule", "*", Name="s"),
        # S3
        one("s3", "list_buckets", "s3:ListAllMyBuckets", "*"),
        one("s3", "list_objects_v2", "s3:ListBucket", "arn:aws:s3:::b", Bucket="b", Prefix="p/"),
        one("s3", "head_bucket", "s3:ListBucket", "arn:aws:s3:::b", Bucket="b"),
        one("s3", "get_bucket_policy", "s3:GetBucketPolicy", "arn:aws:s3:::b", Bucket="b"),
        one("s3", "get_bucket_encryption", "s3:GetEncryptionConfiguration", "arn:aws:s3:::b", Bucket="b"),
        one("s3", "get_object", "s3:GetObject", "arn:aws:s3:::b/a b/c", Bucket="b", Key="a b/c"),
        one("s3", "get_object", "s3:GetObjectVersion", "arn:aws:s3:::b/k", Bucket="b", Key="k", VersionId="v"),
        one("s3", "head_object", "s3:GetObject", "arn:aws:s3:::b/k", Bucket="b", Key="k"),
        one("s3", "put_object", "s3:PutObject", "arn:aws:s3:::b/k", Bucket="b", Key="k", Body=b"x"),
        one("s3", "put_object_acl", "s3:PutObjectAcl", "arn:aws:s3:::b/k", Bucket="b", Key="k", ACL="private"),
        one("s3", "delete_object", "s3:DeleteObject", "arn:aws:s3:::b/k", Bucket="b", Key="k"),
        one("s3", "create_multipart_upload", "s3:PutObject", "arn:aws:s3:::b/k", Bucket="b", Key="k"),
        one(
            "s3",
            "upload_part",
            "s3:PutObject",
            "arn:aws:s3:::b/k",
            Bucket="b",
            Key="k",
            PartNumber=1,
            UploadId="u",
            Body=b"",
        ),
        one("s3", "list_parts", "s3:ListMultipartUploadParts", "arn:aws:s3:::b/k", Bucket="b", Key="k", UploadId="u"),
        one(
            "s3",
            "abort_multipart_upload",
            "s3:AbortMultipartUpload",
            "arn:aws:s3:::b/k",
            Bucket="b",
            Key="k",
            UploadId="u",
        ),
        many(
            "s3",
            "copy_object",
            [("s3:PutObject", "arn:aws:s3:::b/k"), ("s3:GetObject", "arn:aws:s3:::other/from here")],
            Bucket="b",
            Key="k",
            CopySource={"Bucket": "other", "Key": "from here"},
        ),
        many(
            "s3",
            "delete_objects",
            [("s3:DeleteObject", "arn:aws:s3:::b/one"), ("s3:DeleteObject", "arn:aws:s3:::b/<two>")],
            Bucket="b",
            Delete={"Objects": [{"Key": "one"}, {"Key": "<two>"}]},
        ),
    ],
)
def test_the_permissions_of_a_call(
    wire: Wire, service: str, operation: str, parameters: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    """Actions and resources are those of the Service Authorization Reference."""
    assert actions_and_resources(wire(service, operation, **parameters)) == expected


@pytest.mark.parametrize(
    ("operation", "parameters", "expected"),
    [
        ("put_item", {"TableName": "t", "Item": {"id": {"S": "me"}, "a": {"S": "b"}}}, ["me"]),
        ("get_item", {"TableName": "t", "Key": {"sort": {"S": "a"}, "id": {"N": "7"}}}, ["7"]),
        (
            "query",
            {
                "TableName": "t",
                "KeyConditionExpression": "#k = :v AND sort > :s",
                "ExpressionAttributeNames": {"#k": "id"},
                "ExpressionAttributeValues": {":v": {"S": "me"}, ":s": {"S": "a"}},
            },
            ["me"],
        ),
        ("batch_get_item", {"RequestItems": {"t": {"Keys": [{"id": {"S": "a"}}, {"id": {"S": "b"}}]}}}, ["a", "b"]),
        ("batch_write_item", {"RequestItems": {"t": [{"DeleteRequest": {"Key": {"id": {"S": "a"}}}}]}}, ["a"]),
        ("scan", {"TableName": "t"}, None),
    ],
)
def test_leading_keys(wire: Wire, operation: str, parameters: dict[str, Any], expected: list[str] | None) -> None:
    """``dynamodb:LeadingKeys`` are the values of the table's hash key; a scan has none."""
    (permission,) = permissions_of(wire("dynamodb", operation, **parameters))
    assert permission.context["dynamodb:leadingkeys"]() == expected
    (permission,) = permissions_of(wire("dynamodb", operation, **parameters), hash_key=None)
    assert permission.context["dynamodb:leadingkeys"]() is None


def signed(method: str, target: str, service: str, body: bytes = b"", **headers: str) -> Request:
    """A request that claims to be signed."""
    credential = f"AKIAIOSFODNN7EXAMPLE/20260101/us-east-1/{service}/aws4_request"
    authorization = f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host, Signature=0"
    fields = [(name.replace("_", "-"), value) for name, value in headers.items()]
    return Request(
        method, target, Headers([("Authorization", authorization), ("X-Amz-Date", "20260101T000000Z"), *fields]), body
    )


@pytest.mark.parametrize(
    ("request_", "action"),
    [
        (signed("GET", "/nowhere", "lambda"), "lambda:UnknownOperation"),
        (signed("POST", "/", "dynamodb"), "dynamodb:UnknownOperation"),
        (signed("POST", "/2015-03-31/functions/f/invocations", "dynamodb"), "dynamodb:UnknownOperation"),
        (signed("GET", "/2015-03-31/functions/?Action=DeleteFunction", "lambda"), "lambda:UnknownOperation"),
        (signed("GET", "/v2/apis?Action=delete_rest_api", "apigateway"), "apigateway:UnknownOperation"),
        (signed("POST", "/?Action=DeleteTable", "dynamodb", X_Amz_Target="D.GetItem"), "dynamodb:DeleteTable"),
        (signed("POST", "/", "dynamodb", b"{nonsense", X_Amz_Target="D.GetItem"), "dynamodb:GetItem"),
        (signed("GET", "/anything", "noservice"), "noservice:UnknownOperation"),
    ],
)
def test_an_unknown_operation_is_covered_only_by_a_wildcard(request_: Request, action: str) -> None:
    """Only a wildcard covers ``UnknownOperation``; the operation is the one that moto would carry out."""
    (permission,) = permissions_of(request_)
    assert permission.action == action

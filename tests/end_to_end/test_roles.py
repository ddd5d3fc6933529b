"""Users, roles and their sessions over a whole embedded AWS: who may do what, and who may be whom."""

import io
import json
import urllib.error
import urllib.request
import uuid
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from .conftest import Embedded

ACCOUNT, REGION = "123456789012", "us-east-1"
LAMBDA = {"Service": "lambda.amazonaws.com"}
CODE = """
import boto3

def who(event, context):
    return boto3.client("sts").get_caller_identity()["Arn"]

def scan(event, context):
    return boto3.client("dynamodb").scan(TableName="nothing")
"""

Client = Callable[[str], Any]


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **each} for each in statements]})


def trust(principal: dict[str, Any]) -> str:
    return policy({"Principal": principal, "Action": "sts:AssumeRole"})


class Account:
    """What a test makes in IAM and Lambda, removed after it."""

    def __init__(self) -> None:
        self.iam = boto3.client("iam")
        self.functions: list[str] = []
        self.roles: list[str] = []
        self.users: list[str] = []

    def role(self, principal: dict[str, Any], *statements: dict[str, Any]) -> str:
        """A role; its ARN."""
        name = f"r-{uuid.uuid4().hex[:8]}"
        arn = str(self.iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust(principal))["Role"]["Arn"])
        self.roles.append(name)
        if statements:
            self.iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=policy(*statements))
        return arn

    def user(self, *statements: dict[str, Any]) -> tuple[str, str, Client]:
        """A user's name, its access key's id, and its clients."""
        name = f"u-{uuid.uuid4().hex[:8]}"
        self.iam.create_user(UserName=name)
        self.users.append(name)
        if statements:
            self.iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=policy(*statements))
        key = self.iam.create_access_key(UserName=name)["AccessKey"]
        return name, key["AccessKeyId"], clients(key["AccessKeyId"], key["SecretAccessKey"])

    def function(self, role: str, handler: str = "who") -> str:
        """A function; its name."""
        archive, name = io.BytesIO(), f"f-{uuid.uuid4().hex[:8]}"
        with zipfile.ZipFile(archive, "w") as file:
            file.writestr("handlers.py", CODE)
        boto3.client("lambda").create_function(
            FunctionName=name,
            Runtime="python3.13",
            Role=role,
            Handler=f"handlers.{handler}",
            Code={"ZipFile": archive.getvalue()},
            Timeout=20,
        )
        self.functions.append(name)
        return name

    def remove(self) -> None:
        for function in self.functions:
            boto3.client("lambda").delete_function(FunctionName=function)
        for role in self.roles:
            remove_role(role)
        for user in self.users:
            for key in self.iam.list_access_keys(UserName=user)["AccessKeyMetadata"]:
                self.iam.delete_access_key(UserName=user, AccessKeyId=key["AccessKeyId"])
            for name in self.iam.list_user_policies(UserName=user)["PolicyNames"]:
                self.iam.delete_user_policy(UserName=user, PolicyName=name)
            self.iam.delete_user(UserName=user)


def remove_role(name: str) -> None:
    iam = boto3.client("iam")
    for each in iam.list_role_policies(RoleName=name)["PolicyNames"]:
        iam.delete_role_policy(RoleName=name, PolicyName=each)
    iam.delete_role(RoleName=name)


def clients(key: str, secret: str, token: str | None = None) -> Client:
    session = boto3.Session(key, secret, token, region_name=REGION)
    make: Callable[..., Any] = session.client
    return lambda service: make(service, config=Config(retries={"total_max_attempts": 1}))


def session_of(by: Callable[..., Any], role: str, **more: Any) -> Client:
    """The clients of a session named ``me``."""
    given = by("sts").assume_role(RoleArn=role, RoleSessionName="me", **more)["Credentials"]
    return clients(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])


def error(call: Callable[[], Any]) -> tuple[int, str, str]:
    """Status, code and message of a call that must fail."""
    with pytest.raises(ClientError) as caught:
        call()
    found = caught.value.response
    return found["ResponseMetadata"]["HTTPStatusCode"], found["Error"]["Code"], found["Error"]["Message"]


@pytest.fixture
def account(embedded: Embedded) -> Iterator[Account]:
    made = Account()
    yield made
    made.remove()


def result(function: str) -> Any:
    return json.loads(boto3.client("lambda").invoke(FunctionName=function)["Payload"].read())


def test_a_handler_is_a_session_of_its_role_named_after_the_function(account: Account) -> None:
    """Two functions with the same role have sessions of their own. GetCallerIdentity needs no permission."""
    role = account.role(LAMBDA)
    one, other = account.function(role), account.function(role)
    prefix = f"arn:aws:sts::{ACCOUNT}:assumed-role/{role.rpartition('/')[2]}"
    assert [result(one), result(other)] == [f"{prefix}/{one}", f"{prefix}/{other}"]


def test_a_handler_without_the_permission_is_told(account: Account) -> None:
    """AWS's sentence, to the word."""
    role = account.role(LAMBDA, {"Action": "dynamodb:Query", "Resource": "*"})
    function = account.function(role, "scan")
    failure = result(function)
    assert failure["errorType"] == "ClientError"
    assert failure["errorMessage"] == (
        "An error occurred (AccessDeniedException) when calling the Scan operation: User: "
        f"arn:aws:sts::{ACCOUNT}:assumed-role/{role.rpartition('/')[2]}/{function} is not authorized to perform: "
        f"dynamodb:Scan on resource: arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/nothing because no identity-based "
        "policy allows the dynamodb:Scan action"
    )


def test_a_user_may_what_its_policies_allow(account: Account) -> None:
    """A change of its policies applies at once."""
    name, _, client = account.user({"Action": "iam:ListRoles", "Resource": "*"})
    assert client("iam").list_roles()["Roles"] is not None
    status, code, message = error(client("iam").list_users)
    assert (status, code) == (403, "AccessDenied")
    assert message == (
        f"User: arn:aws:iam::{ACCOUNT}:user/{name} is not authorized to perform: iam:ListUsers on resource: * "
        "because no identity-based policy allows the iam:ListUsers action"
    )
    document = policy({"Action": "iam:List*", "Resource": "*"})
    account.iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=document)
    assert client("iam").list_users()["Users"]


def test_a_key_that_is_switched_off_opens_nothing(account: Account) -> None:
    """The key of a deleted user opens nothing either; each protocol has its own error code."""
    name, key, client = account.user({"Action": "*", "Resource": "*"})
    assert client("dynamodb").list_tables()
    account.iam.update_access_key(UserName=name, AccessKeyId=key, Status="Inactive")
    assert error(client("dynamodb").list_tables)[:2] == (400, "UnrecognizedClientException")
    assert error(client("iam").list_roles)[:2] == (403, "InvalidClientTokenId")
    account.iam.update_access_key(UserName=name, AccessKeyId=key, Status="Active")
    assert client("dynamodb").list_tables()
    account.iam.delete_access_key(UserName=name, AccessKeyId=key)
    assert error(client("lambda").list_functions)[:2] == (403, "UnrecognizedClientException")


def test_a_role_is_assumed_by_whom_it_trusts(account: Account) -> None:
    """If it trusts the account, users need a policy of their own; a user that it names needs none."""
    name, _, client = account.user()
    role = account.role({"AWS": ACCOUNT}, {"Action": "dynamodb:ListTables", "Resource": "*"})
    status, code, message = error(lambda: session_of(client, role))
    assert (status, code) == (403, "AccessDenied")
    start = f"User: arn:aws:iam::{ACCOUNT}:user/{name} is not authorized to perform: sts:AssumeRole on resource: {role}"
    assert message.startswith(start)
    assert session_of(boto3.client, role)("dynamodb").list_tables()
    own = policy({"Action": "sts:AssumeRole", "Resource": role})
    account.iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=own)
    assert session_of(client, role)("dynamodb").list_tables()
    named = account.role({"AWS": f"arn:aws:iam::{ACCOUNT}:user/{name}"})
    session_of(client, named)
    for nobody in (account.role(LAMBDA), f"arn:aws:iam::{ACCOUNT}:role/there-is-none"):
        assert error(lambda: session_of(boto3.client, nobody))[:2] == (403, "AccessDenied")  # noqa: B023


def test_a_session_can_be_given_less(account: Account) -> None:
    """The policy of AssumeRole limits what the role may, and gives nothing of its own."""
    role = account.role({"AWS": ACCOUNT}, {"Action": "dynamodb:*", "Resource": "*"})
    client = session_of(
        boto3.client, role, Policy=policy({"Action": ["dynamodb:ListTables", "iam:ListRoles"], "Resource": "*"})
    )
    assert client("dynamodb").list_tables()
    message = error(client("dynamodb").describe_limits)[2]
    assert message.endswith("because no session policy allows the dynamodb:DescribeLimits action")
    assert error(client("iam").list_roles)[1] == "AccessDenied"


def test_a_session_can_be_given_less_by_a_policys_arn(account: Account) -> None:
    """It limits the session like a policy in the call."""
    role = account.role({"AWS": ACCOUNT}, {"Action": "dynamodb:*", "Resource": "*"})
    client = session_of(
        boto3.client, role, PolicyArns=[{"arn": "arn:aws:iam::aws:policy/AmazonDynamoDBReadOnlyAccess"}]
    )
    assert client("dynamodb").list_tables()
    message = error(lambda: client("dynamodb").delete_table(TableName="t"))[2]
    assert message.endswith("because no session policy allows the dynamodb:DeleteTable action")


def test_a_session_lasts_no_longer_than_its_role_allows(account: Account) -> None:
    """An hour, unless the role says otherwise."""
    role = account.role({"AWS": ACCOUNT})
    status, code, message = error(lambda: session_of(boto3.client, role, DurationSeconds=3601))
    assert (status, code) == (400, "ValidationError")
    assert message == "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."


def test_the_accounts_own_key_is_the_root(account: Account) -> None:
    """The root user may do everything."""
    assert boto3.client("sts").get_caller_identity()["Arn"] == f"arn:aws:iam::{ACCOUNT}:root"


def test_a_boundary_limits_a_role(account: Account) -> None:
    """Both the role's policy and the boundary's must allow it."""
    role = account.role({"AWS": ACCOUNT}, {"Action": "dynamodb:*", "Resource": "*"})
    document = policy({"Action": "dynamodb:List*", "Resource": "*"})
    boundary = account.iam.create_policy(PolicyName="boundary", PolicyDocument=document)["Policy"]["Arn"]
    account.iam.put_role_permissions_boundary(RoleName=role.rpartition("/")[2], PermissionsBoundary=boundary)
    client = session_of(boto3.client, role)
    assert client("dynamodb").list_tables()
    message = error(client("dynamodb").describe_limits)[2]
    assert message.endswith("because no permissions boundary allows the dynamodb:DescribeLimits action")
    account.iam.delete_policy(PolicyArn=boundary)


def test_the_sessions_of_a_role_that_has_gone_are_over(account: Account) -> None:
    """Their tokens are invalid, as on AWS."""
    role = account.role({"AWS": ACCOUNT}, {"Action": "dynamodb:*", "Resource": "*"})
    client = session_of(boto3.client, role)
    assert client("dynamodb").list_tables()
    remove_role(account.roles.pop())
    assert error(client("dynamodb").list_tables)[:2] == (400, "UnrecognizedClientException")


def test_a_key_of_one_table_is_no_key_of_another(account: Account) -> None:
    """``dynamodb:LeadingKeys`` with the user's own name: everybody may reach their own items."""
    database = boto3.client("dynamodb")
    database.create_table(
        TableName="own",
        AttributeDefinitions=[{"AttributeName": "owner", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "owner", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    mine = {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["${aws:username}"]}}
    allowed = {"Action": ["dynamodb:PutItem", "dynamodb:GetItem"], "Resource": "*", "Condition": mine}
    name, _, client = account.user(allowed)
    client("dynamodb").put_item(TableName="own", Item={"owner": {"S": name}})
    assert error(lambda: client("dynamodb").get_item(TableName="own", Key={"owner": {"S": "you"}}))[0] == 400
    database.delete_table(TableName="own")


def test_an_object_is_not_its_bucket(account: Account) -> None:
    """``arn:aws:s3:::bucket/*`` lets nobody list; the bucket's own policy may."""
    s3, name = boto3.client("s3"), f"b-{uuid.uuid4().hex[:8]}"
    s3.create_bucket(Bucket=name)
    user, _, client = account.user({"Action": "s3:*", "Resource": f"arn:aws:s3:::{name}/*"})
    client("s3").put_object(Bucket=name, Key="k", Body=b"x")
    status, code, message = error(lambda: client("s3").list_objects_v2(Bucket=name))
    assert (status, code) == (403, "AccessDenied")
    assert f's3:ListBucket on resource: "arn:aws:s3:::{name}" because no identity-based policy allows' in message
    statement = {
        "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:user/{user}"},
        "Action": "s3:ListBucket",
        "Resource": f"arn:aws:s3:::{name}",
    }
    s3.put_bucket_policy(Bucket=name, Policy=policy(statement))
    assert client("s3").list_objects_v2(Bucket=name)["KeyCount"] == 1
    s3.delete_object(Bucket=name, Key="k")
    s3.delete_bucket_policy(Bucket=name)
    s3.delete_bucket(Bucket=name)


def test_a_function_is_run_for_whom_a_policy_allows_it(account: Account) -> None:
    """The caller's own, or else the function's."""
    function = account.function(account.role(LAMBDA))
    name, _, client = account.user()
    status, code, message = error(lambda: client("lambda").invoke(FunctionName=function))
    arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{function}"
    assert (status, code) == (403, "AccessDeniedException")
    assert f"lambda:InvokeFunction on resource: {arn} because no identity-based policy" in message
    boto3.client("lambda").add_permission(
        FunctionName=function,
        StatementId="s",
        Action="lambda:InvokeFunction",
        Principal=f"arn:aws:iam::{ACCOUNT}:user/{name}",
    )
    assert client("lambda").invoke(FunctionName=function)["StatusCode"] == 200


def test_lambda_runs_only_in_a_role_that_trusts_it(account: Account) -> None:
    """To create, change or run a function, its role must exist and trust Lambda."""
    untrusting, missing = account.role({"AWS": ACCOUNT}), f"arn:aws:iam::{ACCOUNT}:role/there-is-none"
    expected = (400, "InvalidParameterValueException", "The role defined for the function cannot be assumed by Lambda.")
    trusting = account.role(LAMBDA)
    function, client = account.function(trusting), boto3.client("lambda")
    for role in (untrusting, missing):
        assert error(lambda: account.function(role)) == expected  # noqa: B023
        update = {"FunctionName": function, "Role": role}
        assert error(lambda: client.update_function_configuration(**update)) == expected  # noqa: B023
    account.iam.update_assume_role_policy(
        RoleName=trusting.rpartition("/")[2], PolicyDocument=trust({"Service": "events.amazonaws.com"})
    )
    assert error(lambda: client.invoke(FunctionName=function)) == (403, "AccessDeniedException", expected[2])


def test_to_give_a_role_to_a_function_needs_a_permission(account: Account) -> None:
    """``iam:PassRole``, for Lambda."""
    role = account.role(LAMBDA)
    _, _, client = account.user({"Action": "lambda:*", "Resource": "*"})
    create = {"FunctionName": "f", "Runtime": "python3.13", "Handler": "h.h", "Code": {"ZipFile": b"x"}, "Role": role}
    message = error(lambda: client("lambda").create_function(**create))[2]
    assert f"iam:PassRole on resource: {role} because" in message


def answered(request: AWSRequest) -> tuple[int, str]:
    """Status and body of a request that is sent as it is."""
    prepared = request.prepare()
    body = prepared.body or None
    assert body is None or isinstance(body, bytes)
    sent = urllib.request.Request(prepared.url, body, dict(prepared.headers.items()), method=prepared.method)
    try:
        with urllib.request.urlopen(sent, timeout=60) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as refusal:
        return refusal.code, refusal.read().decode()


def test_a_presigned_request_is_its_signers(account: Account, embedded: Embedded) -> None:
    """The signature in the query says who asks, and of which service."""
    name, _, client = account.user({"Action": "logs:*", "Resource": "*"})
    url = client("sts").generate_presigned_url("get_caller_identity", HttpMethod="GET")
    status, body = answered(AWSRequest("GET", url))
    assert (status, f"<Arn>arn:aws:iam::{ACCOUNT}:user/{name}</Arn>" in body) == (200, True)


@pytest.mark.parametrize("signer", [SigV4Auth, SigV4QueryAuth])
def test_a_request_is_answered_by_the_service_that_it_is_signed_for(
    account: Account, embedded: Embedded, signer: Any
) -> None:
    """A caller with all permissions for one service cannot reach another by its path or target."""
    function = account.function(account.role(LAMBDA))
    name, _, _ = account.user({"Action": "logs:*", "Resource": "*"})
    key = account.iam.create_access_key(UserName=name)["AccessKey"]
    credentials = Credentials(key["AccessKeyId"], key["SecretAccessKey"])
    invoke = f"/2015-03-31/functions/{function}/invocations"
    for path, headers in ((invoke, {}), ("/", {"X-Amz-Target": "DynamoDB_20120810.ListTables"})):
        endpoint = embedded.environment["AWS_ENDPOINT_URL"]
        request = AWSRequest("POST", endpoint + path, {"Host": endpoint.partition("//")[2], **headers}, b"{}")
        signer(credentials, "logs", REGION).add_auth(request)
        status, body = answered(request)
        assert status >= 400
        assert "TableNames" not in body

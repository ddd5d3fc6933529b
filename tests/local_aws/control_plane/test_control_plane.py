"""The control plane as the rest of local_aws uses it."""

import asyncio
import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator

import pytest
from botocore.exceptions import ClientError

from local_aws.control_plane import ControlPlane
from local_aws.net.http import Headers, Request, Response

from .conftest import TRUST, Client, zipped

ROLE_ARN = "arn:aws:iam::123456789012:role/"


def signed(service: str) -> tuple[str, str]:
    credential = f"AKIAIOSFODNN7EXAMPLE/20260101/us-east-1/{service}/aws4_request"
    return "Authorization", f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host, Signature=0"


def ask(plane: ControlPlane, request: Request) -> Response:
    return asyncio.run(plane.handle(request))


@pytest.fixture
def function(client: Client, unique: str) -> Iterator[str]:
    """A function created by the API, from a zip, with a role."""
    client("iam").create_role(RoleName=unique, AssumeRolePolicyDocument=json.dumps(TRUST))
    client("lambda").create_function(
        FunctionName=unique,
        Role=ROLE_ARN + unique,
        Runtime="python3.13",
        Handler="index.handler",
        Code={"ZipFile": zipped("def handler(event, context): return 1")},
        LoggingConfig={"LogFormat": "JSON", "LogGroup": "/own/group"},
        Environment={"Variables": {"A": "1"}},
    )
    yield unique
    client("lambda").delete_function(FunctionName=unique)
    client("iam").delete_role(RoleName=unique)


def test_lambda_configuration(client: Client, plane: ControlPlane, function: str) -> None:
    """The configuration is that of GetFunctionConfiguration; name, partial ARN and ARN work."""
    arn = f"arn:aws:lambda:us-east-1:123456789012:function:{function}"

    for name in (function, f"123456789012:function:{function}", arn):
        configuration = plane.lambda_configuration(name)
        assert configuration is not None
        assert configuration["FunctionArn"] == arn
    assert configuration is not None
    assert configuration["LoggingConfig"]["LogGroup"] == "/own/group"
    assert configuration["LoggingConfig"]["LogFormat"] == "JSON"
    assert configuration["Environment"] == {"Variables": {"A": "1"}}
    assert None not in configuration.values()
    assert plane.lambda_configuration(f"{function}-not") is None
    with pytest.raises(KeyError):
        plane.lambda_code(f"{function}-not")


def test_lambda_versions(client: Client, plane: ControlPlane, function: str) -> None:
    """A published version keeps its configuration when the function changes."""
    version = client("lambda").publish_version(FunctionName=function)["Version"]
    client("lambda").update_function_configuration(FunctionName=function, Timeout=9)

    published = plane.lambda_configuration(function, version)
    latest = plane.lambda_configuration(function)

    assert published is not None
    assert latest is not None
    assert (published["Timeout"], published["Version"]) == (3, "1")
    assert (latest["Timeout"], latest["Version"]) == (9, "$LATEST")


def test_functions_are_never_run_here(client: Client, function: str) -> None:
    """Invoke is answered elsewhere; if it reaches the control plane, it starts no container."""
    with pytest.raises(ClientError, match="does not run"):
        client("lambda").invoke(FunctionName=function)


def test_put_log_events(client: Client, plane: ControlPlane, unique: str) -> None:
    """Events appear in order, in a group and a stream that did not exist."""
    group = f"/aws/lambda/{unique}"
    now = int(time.time() * 1000)

    plane.put_log_events(group, "2026/01/01/[$LATEST]a", [(now, "first\n"), (now + 1, "second\n")])
    plane.put_log_events(group, "2026/01/01/[$LATEST]a", [(now + 2, "third\n")])

    events = client("logs").filter_log_events(logGroupName=group)["events"]
    assert [event["message"].strip() for event in events] == ["first", "second", "third"]
    client("logs").delete_log_group(logGroupName=group)


def test_assume_role(client: Client, plane: ControlPlane, unique: str, url: str) -> None:
    """Role credentials are those of the role, and are accepted."""
    import boto3

    client("iam").create_role(RoleName=unique, AssumeRolePolicyDocument=json.dumps(TRUST))
    key_id, secret, token = asyncio.run(plane.assume_role(ROLE_ARN + unique, "session"))

    session = boto3.Session(key_id, secret, token, region_name="us-east-1")
    identity = session.client("sts", endpoint_url=url).get_caller_identity()
    assert key_id.startswith("ASIA")
    assert identity["Arn"] == f"arn:aws:sts::123456789012:assumed-role/{unique}/session"
    client("iam").delete_role(RoleName=unique)


def test_the_head_of_a_large_object(client: Client, plane: ControlPlane, unique: str) -> None:
    """HEAD answers the length of the object, without a body of that length (RFC 9110, 9.3.2)."""
    s3 = client("s3")
    s3.create_bucket(Bucket=unique)
    s3.put_object(Bucket=unique, Key="large", Body=bytes(5_000_000))
    credential = "Credential=AKIAIOSFODNN7EXAMPLE/20260101/us-east-1/s3/aws4_request"
    headers = Headers([("Host", "127.0.0.1"), ("Authorization", f"AWS4-HMAC-SHA256 {credential}, Signature=0")])

    answer = asyncio.run(plane.handle(Request("HEAD", f"/{unique}/large", headers)))

    lengths = [value for name, value in answer.headers if name.lower() == "content-length"]
    assert (200, b"", ["5000000"]) == (answer.status, answer.body, lengths)
    assert s3.head_object(Bucket=unique, Key="large")["ContentLength"] == 5_000_000
    s3.delete_object(Bucket=unique, Key="large")
    s3.delete_bucket(Bucket=unique)


@pytest.mark.parametrize("key", ["a b+c", "ü/ß", "a%2Fb", "a//b", "key with ?#&=", "trailing/"])
def test_s3_keys_survive(client: Client, unique: str, key: str) -> None:
    """An object's key comes back byte for byte, however it is written in a path."""
    s3 = client("s3")
    s3.create_bucket(Bucket=unique)
    s3.put_object(Bucket=unique, Key=key, Body=b"12345", Metadata={"with-dash": "1"})

    assert [each["Key"] for each in s3.list_objects_v2(Bucket=unique)["Contents"]] == [key]
    head = s3.head_object(Bucket=unique, Key=key)
    assert (head["ContentLength"], head["Metadata"]) == (5, {"with-dash": "1"})
    s3.delete_object(Bucket=unique, Key=key)
    s3.delete_bucket(Bucket=unique)


@pytest.mark.parametrize(
    ("service", "content_type", "expected"),
    [
        ("dynamodb", "application/x-amz-json-1.0", b'"__type": "InternalFailure"'),
        ("iam", "application/x-www-form-urlencoded; charset=utf-8", b"<Code>InternalFailure</Code>"),
        ("s3", "application/octet-stream", b"<Code>InternalError</Code>"),
    ],
)
def test_faults_of_moto(
    plane: ControlPlane, monkeypatch: pytest.MonkeyPatch, service: str, content_type: str, expected: bytes
) -> None:
    """An exception in moto is a 500 in the protocol's form, without a traceback."""
    from local_aws.control_plane.moto_host.wsgi import MotoApp

    def fail(self: object, request: object) -> None:
        raise RuntimeError("secret detail")

    asyncio.run(plane.warm_up())
    monkeypatch.setattr(MotoApp, "_answer", fail)

    response = ask(plane, Request("POST", "/", Headers([signed(service), ("Content-Type", content_type)])))

    assert response.status == 500
    assert expected in response.body
    assert b"secret detail" not in response.body


@pytest.mark.parametrize("path", ["/moto-api/reset", "/moto-api/", "/@connections/abc=", "/latest/meta-data/"])
def test_closed_paths(url: str, path: str) -> None:
    """moto's own switches and its @connections, which accepts any id, are not reachable."""
    with pytest.raises(urllib.error.HTTPError) as raised:
        urllib.request.urlopen(url + path)

    assert raised.value.code == 403


def test_connections_signed(plane: ControlPlane) -> None:
    """A signed @connections call that reaches the control plane by mistake fails."""
    request = Request("POST", "/dev/@connections/abc%3D", Headers([signed("execute-api")]), b"hello")

    assert ask(plane, request).status == 403


def test_unknown_service(plane: ControlPlane) -> None:
    """The error names a service that moto does not have."""
    response = ask(plane, Request("POST", "/", Headers([signed("nosuchthing")])))

    assert response.status == 400
    assert b"nosuchthing" in response.body


def test_answers_have_no_cors_header(url: str) -> None:
    """Answers carry no CORS header that would let any web page read them."""
    request = urllib.request.Request(url, headers={"Origin": "https://example.com"})
    try:
        headers = urllib.request.urlopen(request).headers
    except urllib.error.HTTPError as error:
        headers = error.headers

    assert "access-control-allow-origin" not in {name.lower() for name in headers}


@pytest.mark.slow
def test_reset() -> None:
    """After a reset no resource exists, and the same resources can be created again."""
    program = """
import asyncio, json
from local_aws.control_plane import ControlPlane
from local_aws.net.http import Headers, Request
CREDENTIAL = "AKIAIOSFODNN7EXAMPLE/20260101/us-east-1/apigateway/aws4_request"
SIGNED = Headers([("Authorization", f"AWS4-HMAC-SHA256 Credential={CREDENTIAL}, SignedHeaders=host, Signature=0")])
API = {"name": "a", "protocolType": "WEBSOCKET", "routeSelectionExpression": "$request.body.action"}

async def main():
    plane = ControlPlane(account_id="123456789012", region="us-east-1")
    create = Request("POST", "/v2/apis", SIGNED, json.dumps(API).encode())
    first = json.loads((await plane.handle(create)).body)["apiId"]
    plane.put_log_events("group", "stream", [(0, "old")])
    await plane.reset()
    left = await plane.handle(Request("GET", "/v2/apis", SIGNED))
    print(json.loads(left.body))
    second = json.loads((await plane.handle(create)).body)["apiId"]
    there = json.loads((await plane.handle(Request("GET", "/v2/apis", SIGNED))).body)["items"]
    print([second] == [each["apiId"] for each in there])

asyncio.run(main())
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=300)

    assert (done.stdout, done.stderr) == ("{'items': []}\nTrue\n", "")


def test_objects_are_not_kept(client: Client, plane: ControlPlane, unique: str) -> None:
    """moto does not keep a deleted object in memory."""
    from moto.logs.models import LogEvent

    plane.put_log_events(unique, "stream", [(int(time.time() * 1000), "text")])
    client("logs").delete_log_group(logGroupName=unique)

    assert LogEvent.instances_tracked == []


def test_construction_imports_nothing_heavy() -> None:
    """The constructor returns before moto is imported, so that serving starts at once."""
    program = (
        "import sys\n"
        "import local_aws.control_plane\n"
        "assert not any(name in sys.modules for name in ('moto', 'boto3', 'botocore'))\n"
    )

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=300)

    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.slow
def test_loading_is_silent_and_light() -> None:
    """Importing moto prints nothing, and leaves out the slow validators."""
    program = (
        "import asyncio, sys\n"
        "from local_aws.control_plane import ControlPlane\n"
        "plane = ControlPlane(account_id='123456789012', region='us-east-1')\n"
        "asyncio.run(plane.warm_up())\n"
        "assert 'moto.cloudformation.parsing' in sys.modules\n"
        "assert not any(name in sys.modules for name in ('rfc3987_syntax', 'cfnlint', 'openapi_spec_validator'))\n"
    )

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=300)

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize(
    ("service", "method", "target", "expected"),
    [
        ("iam", "GET", "/?Action=ListUsers&Version=2010-05-08", b"<ListUsersResponse"),
        ("lambda", "GET", "/2015-03-31/functions", b'"Functions"'),
        ("apigateway", "GET", "/v2/apis", b'"items"'),
        ("s3", "GET", "/", b"<ListAllMyBucketsResult"),
    ],
)
def test_a_signature_in_the_query(plane: ControlPlane, service: str, method: str, target: str, expected: bytes) -> None:
    """The service that a presigned request is signed for answers it, not always S3."""
    credential = f"AKIAIOSFODNN7EXAMPLE%2F20260101%2Fus-east-1%2F{service}%2Faws4_request"
    signed = f"{'&' if '?' in target else '?'}X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={credential}"
    response = ask(plane, Request(method, target + signed, Headers([("Host", "127.0.0.1:4566")])))
    assert response.status == 200
    assert expected in response.body

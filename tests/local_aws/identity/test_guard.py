"""The guard at the door."""

import pytest

from local_aws.http import Headers, Request
from local_aws.identity import Credentials, Guard, Keyring

OWNER = Credentials("AKIAOWNER", "secret")
ROLE = Credentials("ASIAROLE", "secret", "token")


@pytest.fixture
def guard() -> Guard:
    keyring = Keyring()
    keyring.add(OWNER)
    keyring.add(ROLE)
    return Guard(keyring)


def request(key: str | None = None, service: str = "dynamodb", target: str = "/", **headers: str) -> Request:
    fields = {"Host": "127.0.0.1:4566", **{name.replace("_", "-"): value for name, value in headers.items()}}
    if key:
        scope = f"{key}/20261123/us-east-1/{service}/aws4_request"
        fields["Authorization"] = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"
    return Request("POST", target, Headers(list(fields.items())))


@pytest.mark.parametrize("host", ["127.0.0.1:4566", "localhost:4566", "[::1]:4566", "LOCALHOST"])
def test_our_own_names_pass(guard: Guard, host: str) -> None:
    """The endpoint under each of loopback's names."""
    assert guard.foreign(request(Host=host)) is None


@pytest.mark.parametrize(
    "sent",
    [
        {"Host": "evil.example"},
        {"Host": "127.0.0.1.evil.example"},
        {"Host": ""},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
    ],
)
def test_what_a_web_page_can_send_is_refused(guard: Guard, sent: dict[str, str]) -> None:
    """DNS rebinding shows in the Host, a post across sites in the Origin."""
    response = guard.foreign(request(OWNER.access_key_id, **sent))
    assert response is not None
    assert response.status == 403


def test_a_known_key_opens(guard: Guard) -> None:
    """The owner's, and a role's with its token."""
    assert guard.control_plane(request("AKIAOWNER")) is None
    assert guard.control_plane(request("ASIAROLE", X_Amz_Security_Token="token")) is None
    assert guard.connections(request("AKIAOWNER", "execute-api")) is None


def test_a_presigned_request_opens(guard: Guard) -> None:
    """The key may stand in the query."""
    query = "/bucket/key?X-Amz-Credential=AKIAOWNER%2F20261123%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Signature=0"
    assert guard.control_plane(request(target=query)) is None


@pytest.mark.parametrize("key", ["AKIAIOSFODNN7EXAMPLE", "test", "ASIAROLE"])
def test_another_key_does_not_open(guard: Guard, key: str) -> None:
    """An unknown key, and a role's without its token."""
    response = guard.control_plane(request(key))
    assert response is not None
    assert response.status == 403
    assert dict(response.headers)["x-amzn-ErrorType"] == "UnrecognizedClientException"


def test_no_key_at_all(guard: Guard) -> None:
    """Unsigned: the control plane and @connections each say it in AWS's words (spec 192)."""
    control_plane, connections = guard.control_plane(request()), guard.connections(request())
    assert control_plane is not None
    assert connections is not None
    assert (control_plane.status, connections.status) == (403, 403)
    assert dict(control_plane.headers)["x-amzn-ErrorType"] == "MissingAuthenticationToken"
    assert dict(connections.headers)["x-amzn-ErrorType"] == "ForbiddenException"


@pytest.mark.parametrize(
    ("sent", "service", "status", "expected"),
    [
        ({"X_Amz_Target": "DynamoDB_20120810.ListTables"}, "dynamodb", 400, b'"__type": "UnrecognizedClientExc'),
        ({"Content_Type": "application/x-www-form-urlencoded"}, "sts", 403, b"<Code>InvalidClientTokenId</Code>"),
        ({}, "s3", 403, b"<Error><Type>Sender</Type><Code>InvalidAccessKeyId</Code>"),
    ],
)
def test_each_protocol_is_answered_in_its_form(
    guard: Guard, sent: dict[str, str], service: str, status: int, expected: bytes
) -> None:
    """So that an SDK shows the code instead of a parse error."""
    response = guard.control_plane(request("AKIAWRONG", service, **sent))
    assert response is not None
    assert response.status == status
    assert expected in response.body


def test_secrets_are_not_shown() -> None:
    """A key in a log line or a traceback keeps its secret."""
    assert "secret" not in repr(OWNER)


def test_new_keys_have_the_shape_of_aws() -> None:
    """20 and 40 characters, and no two alike."""
    one, other = Credentials.new(), Credentials.new()
    assert (len(one.access_key_id), len(one.secret_access_key)) == (20, 40)
    assert one.access_key_id != other.access_key_id

"""The guard: origin, host and signature of requests."""

import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotoCredentials

from local_aws.iam import Claim, Credentials, Guard, Keyring
from local_aws.iam.claims import Problem
from local_aws.iam.error_responses import connections_refusal
from local_aws.net.http import Headers, Request, Response

OWNER = Credentials("AKIAOWNER", "secret")
ROLE = Credentials("ASIAROLE", "secret", "token")


@pytest.fixture
def guard() -> Guard:
    keyring = Keyring()
    keyring.add(OWNER)
    keyring.add(ROLE)
    return Guard(keyring)


def request(
    by: Credentials | None = None,
    service: str = "dynamodb",
    target: str = "/",
    *,
    signer: Callable[..., Any] = SigV4Auth,
    **headers: str,
) -> Request:
    """A request as botocore signs it, or unsigned."""
    fields = {"Host": "127.0.0.1:4566", **{name.replace("_", "-"): value for name, value in headers.items()}}
    made = AWSRequest("GET", "http://127.0.0.1:4566" + target, fields, b"")
    if by is not None:
        own = BotoCredentials(by.access_key_id, by.secret_access_key, by.session_token)
        signer(own, service, "us-east-1").add_auth(made)
    address = urlsplit(str(made.url))
    path = address.path + ("?" + address.query if address.query else "")
    return Request("GET", path, Headers([(name, str(value)) for name, value in made.headers.items()]))


def connections(guard: Guard, asked: Request, region: str | None = None) -> Response | None:
    """The refusal of a call of ``@connections`` by its signature alone."""
    result = guard.signer(asked, region)
    return connections_refusal(result) if isinstance(result, Problem) else None


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
        {"Sec_Fetch_Mode": "no-cors"},
        {"Sec_Fetch_Dest": "image"},
    ],
)
def test_what_a_web_page_can_send_is_refused(guard: Guard, sent: dict[str, Any]) -> None:
    """DNS rebinding shows in the Host, a post across sites in the Origin."""
    response = guard.foreign(request(OWNER, **sent))
    assert response is not None
    assert response.status == 403


def test_a_known_key_opens(guard: Guard) -> None:
    """The owner's, and a role's with its token."""
    assert isinstance(guard.control_plane(request(OWNER)), Claim)
    assert isinstance(guard.control_plane(request(ROLE)), Claim)
    assert connections(guard, request(OWNER, "execute-api"), "us-east-1") is None


def test_a_presigned_request_opens(guard: Guard) -> None:
    """The signature may stand in the query."""
    assert isinstance(guard.control_plane(request(OWNER, "s3", "/bucket/key", signer=S3SigV4QueryAuth)), Claim)


def test_a_key_made_elsewhere_opens() -> None:
    """The guard accepts keys that IAM and STS have issued."""
    guard = Guard(Keyring({"ASIAROLE": ROLE}.get))
    assert isinstance(guard.control_plane(request(ROLE)), Claim)
    assert isinstance(guard.control_plane(request(OWNER)), Response)


def test_what_its_user_asks_a_browser_for_passes(guard: Guard) -> None:
    """A presigned link that is typed or opened by hand."""
    assert guard.foreign(request(Sec_Fetch_Site="none", Sec_Fetch_Mode="navigate")) is None


def test_a_key_whose_session_is_over_opens_no_more() -> None:
    """It ends to the second, on the machine's own clock."""
    over = Credentials(ROLE.access_key_id, ROLE.secret_access_key, ROLE.session_token, time.time() + 60)
    keyring = Keyring()
    keyring.add(over)
    assert isinstance(Guard(keyring).control_plane(request(over, "lambda")), Claim)
    response = Guard(keyring, lambda: time.time() + 61).control_plane(request(over, "lambda"))
    assert isinstance(response, Response)
    assert dict(response.headers)["x-amzn-ErrorType"] == "ExpiredTokenException"


def test_a_session_without_its_token_opens_nothing(guard: Guard) -> None:
    """The key of a role alone is not enough, nor is the token of another session."""
    for token in (None, "other"):
        response = guard.control_plane(request(Credentials(ROLE.access_key_id, "secret", token), "lambda"))
        assert isinstance(response, Response)
        assert dict(response.headers)["x-amzn-ErrorType"] == "UnrecognizedClientException"


def test_no_signature_at_all(guard: Guard) -> None:
    """The control plane and @connections each say it in AWS's words (spec 192)."""
    control_plane, at_connections = guard.control_plane(request()), connections(guard, request())
    assert isinstance(control_plane, Response)
    assert at_connections is not None
    assert (control_plane.status, at_connections.status) == (403, 403)
    assert dict(control_plane.headers)["x-amzn-ErrorType"] == "MissingAuthenticationTokenException"
    assert dict(at_connections.headers)["x-amzn-ErrorType"] == "ForbiddenException"


WRONG = Credentials("AKIAOWNER", "guessed")
STRANGER = Credentials("AKIASTRANGER", "guessed")


@pytest.mark.parametrize(
    ("by", "service", "sent", "status", "expected"),
    [
        (STRANGER, "dynamodb", {"X_Amz_Target": "DynamoDB.List"}, 400, b'"__type": "UnrecognizedClientException"'),
        (WRONG, "dynamodb", {"X_Amz_Target": "DynamoDB.List"}, 400, b'"__type": "InvalidSignatureException"'),
        (STRANGER, "sts", {"Content_Type": "application/x-www-form-urlencoded"}, 403, b"InvalidClientTokenId"),
        (WRONG, "sts", {"Content_Type": "application/x-www-form-urlencoded"}, 403, b"<Code>SignatureDoesNotMatch<"),
        (STRANGER, "s3", {}, 403, b"<Error><Code>InvalidAccessKeyId</Code>"),
        (WRONG, "s3", {}, 403, b"<Error><Code>SignatureDoesNotMatch</Code>"),
        (WRONG, "lambda", {}, 403, b"The request signature we calculated does not match"),
    ],
)
def test_each_protocol_is_answered_in_its_form(
    guard: Guard, by: Credentials, service: str, sent: dict[str, str], status: int, expected: bytes
) -> None:
    """So that an SDK shows the code instead of a parse error."""
    signer = S3SigV4Auth if service == "s3" else SigV4Auth
    response = guard.control_plane(request(by, service, signer=signer, **sent))
    assert isinstance(response, Response)
    assert response.status == status
    assert expected in response.body


@pytest.mark.parametrize(
    ("service", "expected"),
    [("s3", b"<Code>RequestTimeTooSkewed</Code>"), ("lambda", b"Signature expired: "), ("sts", b"Signature expired: ")],
)
def test_a_late_request_is_refused(service: str, expected: bytes) -> None:
    """A signature is valid for some minutes only."""
    keyring = Keyring()
    keyring.add(OWNER)
    later = Guard(keyring, lambda: time.time() + 3600)
    response = later.control_plane(request(OWNER, service, signer=S3SigV4Auth if service == "s3" else SigV4Auth))
    assert isinstance(response, Response)
    assert response.status == 403
    assert expected in response.body


@pytest.mark.parametrize(("service", "region"), [("lambda", "us-east-1"), ("execute-api", "eu-west-1")])
def test_connections_wants_its_own_service_and_region(guard: Guard, service: str, region: str) -> None:
    """Spec 177: signed for execute-api, where the API is."""
    response = connections(guard, request(OWNER, service), region)
    assert response is not None
    assert dict(response.headers)["x-amzn-ErrorType"] == "InvalidSignatureException"


def test_secrets_are_not_shown() -> None:
    """A key in a log line or a traceback keeps its secret."""
    assert "secret" not in repr(OWNER)


def test_new_keys_have_the_shape_of_aws() -> None:
    """20 and 40 characters, and no two alike."""
    one, other = Credentials.new(), Credentials.new()
    assert (len(one.access_key_id), len(one.secret_access_key)) == (20, 40)
    assert one.access_key_id != other.access_key_id

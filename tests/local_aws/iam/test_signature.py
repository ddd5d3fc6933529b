"""SigV4 verification, against the signer that boto3 itself uses."""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth, SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotoCredentials

from local_aws.iam import Credentials
from local_aws.iam.claims import Claim, Fault, Problem
from local_aws.iam.signature import verify
from local_aws.net.http import Headers, Request

OWNER = Credentials("AKIAOWNER", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
ROLE = Credentials("ASIAROLE", "another/secret", "the+session/token==")
KEYS = {each.access_key_id: each for each in (OWNER, ROLE)}
HOST = "abc123.execute-api.us-east-1.amazonaws.com"


def signed(
    method: str = "POST",
    target: str = "/dev/@connections/PJqB0fHsqRcCHlw%3D",
    body: bytes = b"",
    *,
    by: Credentials = OWNER,
    signer: Callable[..., Any] = SigV4Auth,
    service: str = "execute-api",
    headers: dict[str, str] | None = None,
    host: str = HOST,
) -> Request:
    """A request as botocore sends it."""
    made = AWSRequest(method, f"https://{host}{target}", headers or {}, body)
    token = BotoCredentials(by.access_key_id, by.secret_access_key, by.session_token)
    signer(token, service, "us-east-1").add_auth(made)
    sent = made.prepare()
    address = urlsplit(sent.url)
    fields = [("Host", host), *((name, value) for name, value in sent.headers.items())]
    text = [(name, value.decode() if isinstance(value, bytes) else str(value)) for name, value in fields]
    return Request(method, address.path + ("?" + address.query if address.query else ""), Headers(text), body)


def check(request: Request, later: float = 0.0, **scope: str) -> Claim | Problem:
    return verify(request, KEYS.get, time.time() + later, **scope)


def fault(request: Request, later: float = 0.0, **scope: str) -> Fault:
    problem = check(request, later, **scope)
    assert isinstance(problem, Problem), problem
    return problem.fault


@pytest.mark.parametrize("by", [OWNER, ROLE])
@pytest.mark.parametrize("signer", [SigV4Auth, SigV4QueryAuth])
@pytest.mark.parametrize(
    "target",
    [
        "/dev",
        "/",
        "/dev/@connections/PJqB0fHsqRcCHlw%3D",
        "/dev/%40connections/PJqB0fHsqRcCHlw%3D",
        "/2015-03-31/functions/arn%3Aaws%3Alambda%3Aus-east-1%3A123456789012%3Afunction%3Af/invocations",
        "/v2/apis?maxResults=5&nextToken=a%2Bb%20c",
        "/dev?b=2&a=1&a=0&flag&empty=&%C3%BC=%F0%9F%8F%93",
    ],
)
def test_what_botocore_signs_is_accepted(by: Credentials, signer: Callable[..., Any], target: str) -> None:
    """Spec 177, 222: in the header and presigned, with and without a session token."""
    claim = check(signed("GET", target, by=by, signer=signer), service="execute-api", region="us-east-1")
    assert isinstance(claim, Claim), claim
    assert (claim.key, claim.presigned) == (by.access_key_id, signer is SigV4QueryAuth)


@pytest.mark.parametrize("body", [b"", b"Action=ListUsers&Version=2010-05-08", "🏓".encode(), bytes(range(256))])
def test_a_body_is_part_of_it(body: bytes) -> None:
    """The hash of what was sent is signed, whatever it is."""
    request = signed(body=body, service="iam", headers={"Content-Type": "application/x-www-form-urlencoded"})
    assert isinstance(check(request), Claim)
    assert fault(replace(request, body=body + b"x")) is Fault.MISMATCH


@pytest.mark.parametrize("key", ["plain", "with space and+plus", "dir//double/./dots", "ünï/🏓"])
@pytest.mark.parametrize("signer", [S3SigV4Auth, S3SigV4QueryAuth])
def test_s3_signs_paths_in_its_own_way(signer: Callable[..., Any], key: str) -> None:
    """Encoded once, and never normalised."""
    request = signed("GET", "/bucket/" + quote(key), signer=signer, service="s3")
    assert isinstance(check(request), Claim)


@pytest.mark.parametrize("said", ["UNSIGNED-PAYLOAD", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"])
def test_s3_may_leave_the_payload_unsigned(said: str) -> None:
    """For S3, the signature covers the header's value instead of the payload."""
    request = signed("PUT", "/b/k", b"data", signer=SaidPayload, service="s3", headers={"X-Amz-Content-SHA256": said})
    assert isinstance(check(request), Claim)


def test_only_s3_may() -> None:
    """Elsewhere the payload is hashed, whatever a header says."""
    request = signed(body=b"data", signer=SaidPayload, headers={"X-Amz-Content-SHA256": "UNSIGNED-PAYLOAD"})
    assert fault(request) is Fault.MISMATCH


def test_s3_notices_another_payload() -> None:
    """XAmzContentSHA256Mismatch."""
    request = signed("PUT", "/b/k", b"data", signer=S3SigV4Auth, service="s3")
    assert fault(replace(request, body=b"other")) is Fault.PAYLOAD


class SaidPayload(SigV4Auth):
    """Signs the header's value as the payload's hash."""

    def payload(self, request: AWSRequest) -> str:
        return str(request.headers["X-Amz-Content-SHA256"])


CHANGES: dict[str, Callable[[Request], Request]] = {
    "method": lambda request: replace(request, method="DELETE"),
    "path": lambda request: replace(request, target="/prod/@connections/PJqB0fHsqRcCHlw%3D"),
    "query": lambda request: replace(request, target=request.target + "?x=1"),
    "host": lambda request: with_header(request, "Host", "other.example"),
}


def with_header(request: Request, name: str, value: str) -> Request:
    others = [(key, each) for key, each in request.headers if key.lower() != name.lower()]
    return replace(request, headers=Headers([*others, (name, value)]))


@pytest.mark.parametrize("change", sorted(CHANGES))
def test_what_was_changed_on_the_way_is_refused(change: str) -> None:
    """Each part that is signed."""
    assert fault(CHANGES[change](signed())) is Fault.MISMATCH


def test_a_wrong_secret_is_refused() -> None:
    """The key id is known, the secret is not."""
    assert fault(signed(by=Credentials(OWNER.access_key_id, "guessed"))) is Fault.MISMATCH


def test_an_unknown_key_is_refused() -> None:
    """Nobody gave it out."""
    assert fault(signed(by=Credentials("AKIAOTHER", "x"))) is Fault.UNKNOWN_KEY


@pytest.mark.parametrize("by", [Credentials("ASIAROLE", "another/secret"), Credentials("ASIAROLE", "x", "wrong")])
def test_a_role_needs_its_token(by: Credentials) -> None:
    """The session token belongs to the key."""
    assert fault(signed(by=by)) is Fault.UNKNOWN_KEY


@pytest.mark.parametrize(("later", "accepted"), [(290, True), (310, False), (-290, True), (-310, False)])
def test_a_signature_lives_five_minutes(later: float, accepted: bool) -> None:
    """In both directions: clocks differ."""
    result = check(signed(), later)
    assert isinstance(result, Claim) is accepted
    assert accepted or (isinstance(result, Problem) and result.fault is Fault.EXPIRED)


def test_s3_gives_fifteen() -> None:
    """RequestTimeTooSkewed comes later there."""
    request = signed("GET", "/b/k", signer=S3SigV4Auth, service="s3")
    assert isinstance(check(request, 14 * 60), Claim)
    assert fault(request, 16 * 60) is Fault.EXPIRED


def test_a_presigned_request_lives_as_long_as_it_says() -> None:
    """X-Amz-Expires; botocore's default is an hour."""
    request = signed("GET", "/dev", signer=SigV4QueryAuth)
    assert isinstance(check(request, 3590), Claim)
    assert fault(request, 3610) is Fault.EXPIRED


def test_no_signature() -> None:
    """The request has one neither in a header nor in the query."""
    problem = check(Request("GET", "/dev", Headers([("Host", HOST)])))
    assert problem == Problem(Fault.MISSING, "Missing Authentication Token")


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Basic YTpi",
        "AWS4-HMAC-SHA256",
        "AWS4-HMAC-SHA256 Credential=AKIAOWNER/20260101/us-east-1/execute-api/aws4_request",
        "AWS4-HMAC-SHA256 Credential=AKIAOWNER, SignedHeaders=host, Signature=0",
        "AWS4-HMAC-SHA256 Credential=a/b/c/d/e, SignedHeaders=host, Signature=0",
        "AWS4-HMAC-SHA256 ,,==,=Credential",
        "AWS4-ECDSA-P256-SHA256 Credential=AKIAOWNER/20260101/s3/aws4_request, SignedHeaders=host, Signature=0",
    ],
)
def test_a_malformed_header_is_incomplete(header: str) -> None:
    """IncompleteSignature, and no exception."""
    request = Request(
        "GET", "/", Headers([("Host", HOST), ("Authorization", header), ("X-Amz-Date", "20260101T000000Z")])
    )
    assert fault(request) is Fault.INCOMPLETE


def test_a_signature_without_a_date_is_incomplete() -> None:
    """AWS names what is missing."""
    full = signed()
    request = replace(full, headers=Headers([pair for pair in full.headers if pair[0].lower() != "x-amz-date"]))
    assert fault(request) is Fault.INCOMPLETE


def test_the_host_must_be_signed() -> None:
    """Otherwise the same signature would open another service."""
    request = signed()
    header = (request.headers.get("authorization") or "").replace("SignedHeaders=host;", "SignedHeaders=")
    assert fault(with_header(request, "Authorization", header)) is Fault.MISMATCH


@pytest.mark.parametrize("scope", [{"service": "apigateway"}, {"region": "eu-west-1"}])
def test_a_signature_is_for_one_service_and_region(scope: dict[str, Any]) -> None:
    """The credential scope."""
    assert fault(signed(), **scope) is Fault.WRONG_SCOPE

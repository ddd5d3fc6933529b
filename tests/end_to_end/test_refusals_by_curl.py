"""What anybody on this machine gets who asks the embedded AWS with curl: AWS's own refusals."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree

import pytest
from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from .conftest import Embedded, Service

REGION = "us-east-1"
FORM, JSON = "application/x-www-form-urlencoded", "application/x-amz-json-1.0"

LIST_TABLES = "DynamoDB_20120810.ListTables"

MISMATCH = "The request signature we calculated does not match the signature you provided."
INVALID = "The security token included in the request is invalid."


@dataclass(frozen=True)
class Call:
    """A call of one service, in the protocol that it speaks: what comes behind the endpoint, headers and body."""

    service: str
    path: str = "/"
    headers: tuple[str, ...] = ()
    body: str | None = None


CALLS = {
    "lambda": Call("lambda", "/2015-03-31/functions/"),
    "dynamodb": Call("dynamodb", headers=(f"Content-Type: {JSON}", f"X-Amz-Target: {LIST_TABLES}"), body="{}"),
    "iam": Call("iam", headers=(f"Content-Type: {FORM}",), body="Action=ListUsers&Version=2010-05-08"),
    "s3": Call("s3"),
}


@dataclass(frozen=True)
class Answer:
    """What curl was answered, header names in lower case."""

    status: int
    headers: dict[str, str]
    body: str

    @property
    def error(self) -> tuple[int, str | None, str | None]:
        """Status, code and message, as this protocol's SDKs read them."""
        if "xml" in self.headers["content-type"]:
            found = {element.tag: element.text for element in ElementTree.fromstring(self.body).iter()}
            return self.status, found["Code"], found["Message"]
        if "json" in self.headers["content-type"]:
            return self.status, self.headers["x-amzn-errortype"], json.loads(self.body)["message"]
        return self.status, None, self.body


@pytest.fixture(scope="module")
def curl() -> Callable[..., Answer]:
    """Runs the real command."""
    command = shutil.which("curl")
    if command is None:
        if os.environ.get("CI"):
            pytest.fail("curl is wanted here: install it (Debian: apt-get install curl)")
        pytest.skip("there is no curl on this machine")

    def run(*arguments: str) -> Answer:
        done = subprocess.run(
            [command, "--silent", "--show-error", "--include", "--suppress-connect-headers", *arguments],
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode == 0, done.stderr
        head, _, body = done.stdout.replace("\r\n", "\n").partition("\n\n")
        fields = (line.partition(": ") for line in head.splitlines()[1:])
        return Answer(int(head.split()[1]), {name.lower(): value for name, _, value in fields}, body)

    return run


def arguments(embedded: Embedded, call: Call, *more: str) -> list[str]:
    headers = [word for header in call.headers for word in ("--header", header)]
    data = [] if call.body is None else ["--data-binary", call.body]
    return [f"http://127.0.0.1:{embedded.port}{call.path}", *headers, *data, *more]


def signed(embedded: Embedded, call: Call, key: str, secret: str, when: datetime | None = None) -> list[str]:
    """The same, signed as botocore does, at any time."""
    url = f"http://127.0.0.1:{embedded.port}{call.path}"
    fields = dict(header.split(": ", 1) for header in call.headers)
    request = AWSRequest("GET" if call.body is None else "POST", url, fields, (call.body or "").encode())
    auth = (S3SigV4Auth if call.service == "s3" else SigV4Auth)(Credentials(key, secret), call.service, REGION)
    with pytest.MonkeyPatch.context() as patch:
        if when is not None:
            patch.setattr("botocore.auth.get_current_datetime", lambda: when)
        auth.add_auth(request)
    headers = [word for name, value in request.headers.items() for word in ("--header", f"{name}: {value}")]
    data = [] if call.body is None else ["--data-binary", call.body]
    return [url, *headers, *data]


def own(embedded: Embedded) -> tuple[str, str]:
    return embedded.environment["AWS_ACCESS_KEY_ID"], embedded.environment["AWS_SECRET_ACCESS_KEY"]


@pytest.mark.parametrize(
    ("name", "status", "code"),
    [
        ("lambda", 403, "MissingAuthenticationTokenException"),
        ("dynamodb", 400, "MissingAuthenticationTokenException"),
        ("iam", 403, "MissingAuthenticationToken"),
    ],
)
def test_no_signature(embedded: Embedded, curl: Callable[..., Answer], name: str, status: int, code: str) -> None:
    """Lambda's REST, DynamoDB's JSON and IAM's Query each have a word for it."""
    answer = curl(*arguments(embedded, CALLS[name]))
    assert (status, code) == answer.error[:2]
    assert "issing Authentication Token" in str(answer.error[2])


@pytest.mark.parametrize(
    ("name", "status", "code", "message"),
    [
        ("lambda", 403, "UnrecognizedClientException", INVALID),
        ("dynamodb", 400, "UnrecognizedClientException", INVALID),
        ("iam", 403, "InvalidClientTokenId", INVALID),
        ("s3", 403, "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records."),
    ],
)
def test_an_unknown_key(
    embedded: Embedded, curl: Callable[..., Answer], name: str, status: int, code: str, message: str
) -> None:
    """A key that nobody was given, as of another account."""
    _, secret = own(embedded)
    answer = curl(*signed(embedded, CALLS[name], "AKIAIOSFODNN7EXAMPLE", secret))
    assert (status, code, message) == answer.error


WRONG_SECRET = [
    ("lambda", 403, "InvalidSignatureException"),
    ("dynamodb", 400, "InvalidSignatureException"),
    ("iam", 403, "SignatureDoesNotMatch"),
    ("s3", 403, "SignatureDoesNotMatch"),
]


@pytest.mark.parametrize(("name", "status", "code"), WRONG_SECRET)
def test_a_wrong_secret(embedded: Embedded, curl: Callable[..., Answer], name: str, status: int, code: str) -> None:
    """The key id alone, which is in every request, opens nothing."""
    key, _ = own(embedded)
    answer = curl(*signed(embedded, CALLS[name], key, "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"))
    assert (status, code) == answer.error[:2]
    assert str(answer.error[2]).startswith(MISMATCH)


@pytest.mark.parametrize(
    ("name", "minutes", "status", "code", "message"),
    [
        ("lambda", -6, 403, "InvalidSignatureException", "Signature expired: "),
        ("dynamodb", -6, 400, "InvalidSignatureException", "Signature expired: "),
        ("iam", -6, 403, "SignatureDoesNotMatch", "Signature expired: "),
        ("iam", 6, 403, "SignatureDoesNotMatch", "Signature not yet current: "),
        ("s3", -16, 403, "RequestTimeTooSkewed", "The difference between the request time and the current time"),
    ],
)
def test_a_stale_date(
    embedded: Embedded,
    curl: Callable[..., Answer],
    name: str,
    minutes: int,
    status: int,
    code: str,
    message: str,
) -> None:
    """A signature is good for five minutes, and for fifteen with S3: who overhears one cannot keep it."""
    when = datetime.now(UTC).replace(tzinfo=None) + timedelta(minutes=minutes)
    answer = curl(*signed(embedded, CALLS[name], *own(embedded), when))
    assert (status, code) == answer.error[:2]
    assert str(answer.error[2]).startswith(message)


@pytest.mark.parametrize("name", CALLS)
def test_the_same_with_the_right_key_is_answered(embedded: Embedded, curl: Callable[..., Answer], name: str) -> None:
    """So each request of the other tests is refused for its one fault."""
    assert 200 == curl(*signed(embedded, CALLS[name], *own(embedded))).status


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize(
    ("header", "sentence"),
    [
        ("Host: evil.example", "Refused: no service of the embedded AWS is called evil.example."),
        ("Host: 169.254.169.254", "Refused: no service of the embedded AWS is called 169.254.169.254."),
        ("Origin: https://evil.example", "Refused: the embedded AWS does not answer requests of web pages."),
        ("Origin: null", "Refused: the embedded AWS does not answer requests of web pages."),
        ("Sec-Fetch-Site: cross-site", "Refused: the embedded AWS does not answer requests of web pages."),
    ],
)
def test_what_betrays_a_web_page(
    embedded: Embedded, curl: Callable[..., Answer], name: str, header: str, sentence: str
) -> None:
    """Refused in plain words before the signature is looked at, whatever the protocol."""
    answer = curl(*signed(embedded, CALLS[name], *own(embedded)), "--header", header)
    assert (403, None, f"{sentence}\n") == answer.error


def test_what_local_aws_asks_its_process_wants_its_token(embedded: Embedded, curl: Callable[..., Answer]) -> None:
    """A request without a token, or with an AWS signature, is refused."""
    refused = (403, None, "Refused: this call wants the token that local-aws keeps in its state file.\n")
    url = f"http://127.0.0.1:{embedded.port}/_local-aws/reset"
    assert refused == curl(url, "--request", "POST").error
    assert refused == curl(url, "--request", "POST", "--header", "Authorization: Bearer guessed").error
    assert refused == curl(*signed(embedded, Call("lambda", "/_local-aws/reset", body=""), *own(embedded))).error


# curl's own signatures


def supports_sigv4() -> bool:
    """Whether this curl is of 7.86 or newer: older ones sign the query wrongly."""
    command = shutil.which("curl")
    said = subprocess.run([command, "--version"], capture_output=True, text=True).stdout if command else ""
    found = re.match(r"curl (\d+)\.(\d+)", said)
    return found is not None and (int(found[1]), int(found[2])) >= (7, 86)


@pytest.mark.skipif(not supports_sigv4(), reason="curl 7.86 or newer signs as AWS wants it")
@pytest.mark.parametrize("name", ["lambda", "dynamodb", "iam"])
def test_curl_itself_may_sign(embedded: Embedded, curl: Callable[..., Answer], name: str) -> None:
    """``curl --aws-sigv4`` is answered with the right secret, and refused with a wrong one."""
    key, secret = own(embedded)
    asked = arguments(embedded, CALLS[name], "--aws-sigv4", f"aws:amz:{REGION}:{CALLS[name].service}", "--user")
    assert 200 == curl(*asked, f"{key}:{secret}").status
    (status, code) = next((status, code) for each, status, code in WRONG_SECRET if each == name)
    assert (status, code) == curl(*asked, f"{key}:guessed").error[:2]


# @connections, over its real address: through the proxy, with TLS verified


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_connections_unsigned(deployed: Service, curl: Callable[..., Answer], method: str) -> None:
    """Spec 177, 192: to an unsigned call of any connection, API Gateway says Forbidden."""
    url = f"{deployed.url().replace('wss://', 'https://')}/@connections/PJqB0fHsqRcCHlw%3D"
    proxy = ["--proxy", deployed.embedded.environment["HTTPS_PROXY"]]
    authority = ["--cacert", deployed.embedded.environment["NODE_EXTRA_CA_CERTS"]]
    answer = curl(url, *proxy, *authority, "--request", method)
    assert (403, "ForbiddenException", "Forbidden") == answer.error

"""The guard at the door: which requests may be answered at all.

Whatever listens on loopback can be reached by every program of the machine and by every web page its user visits.
So a request must be signed with a key that this embedded AWS has given out, must be meant for this host (against DNS
rebinding), and must not come from a web page of another site.
"""

import json
import time
from collections.abc import Callable
from xml.sax.saxutils import escape

from local_aws.http import Request, Response
from local_aws.identity.claims import Claim, Fault, Problem, claim_of
from local_aws.identity.keyring import Keyring
from local_aws.identity.signature import verify

__all__ = ["Guard"]

OWN_HOSTS = ("127.0.0.1", "localhost", "[::1]")


class Guard:
    """Says of a request why it is refused, or nothing when it may go on.

    ``now`` is in epoch seconds, on the machine's own clock: whoever signs reads that one.
    """

    def __init__(self, keyring: Keyring, now: Callable[[], float] = time.time) -> None:
        self._keyring = keyring
        self._now = now

    def foreign(self, request: Request) -> Response | None:
        """Refuse what a web page, or a host name that is not ours, sends (spec: none; AWS is not on loopback)."""
        site = request.headers.get("sec-fetch-site", "none")
        if "origin" in request.headers or site not in ("none", "same-origin"):
            return _plain(403, "Refused: the embedded AWS does not answer requests of web pages.")
        if request.host not in OWN_HOSTS:
            return _plain(403, f"Refused: no service of the embedded AWS is called {request.host}.")
        return None

    def control_plane(self, request: Request) -> Response | None:
        """Refuse a call of the AWS API that is not signed with one of our keys, in the form of the caller's SDK."""
        result = verify(request, self._keyring.get, self._now())
        return _refusal(request, result) if isinstance(result, Problem) else None

    def connections(self, request: Request, region: str | None = None) -> Response | None:
        """Refuse a call of ``@connections`` that is not signed with one of our keys (spec 177, 192)."""
        result = self.signer(request, region)
        if not isinstance(result, Problem):
            return None
        if result.fault is Fault.MISSING:
            return _json(403, "ForbiddenException", "Forbidden")
        return _json(403, _REST_CODES[result.fault], result.message)

    def signer(self, request: Request, region: str | None = None) -> Claim | Problem:
        """Who signed a request for ``execute-api``, in a region where one is given."""
        return verify(request, self._keyring.get, self._now(), service="execute-api", region=region)


_QUERY_CODES = {  # of IAM, STS, CloudFormation, …: "Common errors" in their API references
    Fault.MISSING: (403, "MissingAuthenticationToken"),
    Fault.INCOMPLETE: (400, "IncompleteSignature"),
    Fault.UNKNOWN_KEY: (403, "InvalidClientTokenId"),
    Fault.MISMATCH: (403, "SignatureDoesNotMatch"),
    Fault.EXPIRED: (403, "SignatureDoesNotMatch"),
    Fault.WRONG_SCOPE: (403, "SignatureDoesNotMatch"),
    Fault.PAYLOAD: (403, "SignatureDoesNotMatch"),
}
_S3_CODES = {  # "Error responses" in S3's API reference
    Fault.MISSING: (403, "AccessDenied"),
    Fault.INCOMPLETE: (400, "AuthorizationHeaderMalformed"),
    Fault.UNKNOWN_KEY: (403, "InvalidAccessKeyId"),
    Fault.MISMATCH: (403, "SignatureDoesNotMatch"),
    Fault.EXPIRED: (403, "RequestTimeTooSkewed"),
    Fault.WRONG_SCOPE: (400, "AuthorizationHeaderMalformed"),
    Fault.PAYLOAD: (400, "XAmzContentSHA256Mismatch"),
}
_REST_CODES = {  # of Lambda, API Gateway (403), DynamoDB, Logs (400)
    Fault.MISSING: "MissingAuthenticationTokenException",
    Fault.INCOMPLETE: "IncompleteSignatureException",
    Fault.UNKNOWN_KEY: "UnrecognizedClientException",
    Fault.MISMATCH: "InvalidSignatureException",
    Fault.EXPIRED: "InvalidSignatureException",
    Fault.WRONG_SCOPE: "InvalidSignatureException",
    Fault.PAYLOAD: "InvalidSignatureException",
}


def _refusal(request: Request, problem: Problem) -> Response:
    """AWS's answer, in the protocol that the request was made in."""
    claim = claim_of(request)
    content_type = request.headers.get("content-type") or ""
    if "x-amz-target" in request.headers:
        code = _REST_CODES[problem.fault]
        body = json.dumps({"__type": code, "message": problem.message}).encode()
        return Response(400, [("Content-Type", "application/x-amz-json-1.0"), ("x-amzn-ErrorType", code)], body)
    if isinstance(claim, Claim) and claim.service == "s3":
        return _s3(problem, presigned=claim.presigned)
    if content_type.startswith("application/x-www-form-urlencoded"):
        status, code = _QUERY_CODES[problem.fault]
        error = f"<Error><Type>Sender</Type><Code>{code}</Code><Message>{escape(problem.message)}</Message></Error>"
        return Response(status, [("Content-Type", "text/xml")], f"<ErrorResponse>{error}</ErrorResponse>".encode())
    return _json(403, _REST_CODES[problem.fault], problem.message)


def _s3(problem: Problem, *, presigned: bool) -> Response:
    status, code = _S3_CODES[problem.fault]
    message = problem.message
    if problem.fault is Fault.EXPIRED and presigned:
        code = "AccessDenied"
    elif problem.fault is Fault.EXPIRED:
        message = "The difference between the request time and the current time is too large."
    elif problem.fault is Fault.UNKNOWN_KEY:
        message = "The AWS Access Key Id you provided does not exist in our records."
    text = f"<Error><Code>{code}</Code><Message>{escape(message)}</Message></Error>"
    return Response(status, [("Content-Type", "application/xml")], text.encode())


def _json(status: int, code: str, message: str) -> Response:
    headers = [("Content-Type", "application/json"), ("x-amzn-ErrorType", code)]
    return Response(status, headers, json.dumps({"message": message}).encode())


def _plain(status: int, sentence: str) -> Response:
    return Response(status, [("Content-Type", "text/plain; charset=utf-8")], (sentence + "\n").encode())

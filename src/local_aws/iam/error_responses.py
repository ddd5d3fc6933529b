"""AWS's answers to requests that are not validly signed or not allowed, in the form of each protocol."""

import json
from xml.sax.saxutils import escape

from local_aws.iam.claims import Claim, Fault, Problem, claim_of
from local_aws.net.http import Request, Response

__all__ = ["connections_refusal", "denial", "not_signed", "too_large"]

_QUERY_CODES = {  # of IAM, STS, CloudFormation, …: "Common errors" in their API references
    Fault.MISSING: (403, "MissingAuthenticationToken"),
    Fault.INCOMPLETE: (400, "IncompleteSignature"),
    Fault.UNKNOWN_KEY: (403, "InvalidClientTokenId"),
    Fault.OLD_TOKEN: (403, "ExpiredToken"),
    Fault.MISMATCH: (403, "SignatureDoesNotMatch"),
    Fault.EXPIRED: (403, "SignatureDoesNotMatch"),
    Fault.WRONG_SCOPE: (403, "SignatureDoesNotMatch"),
    Fault.PAYLOAD: (403, "SignatureDoesNotMatch"),
}
_S3_CODES = {  # "Error responses" in S3's API reference
    Fault.MISSING: (403, "AccessDenied"),
    Fault.INCOMPLETE: (400, "AuthorizationHeaderMalformed"),
    Fault.UNKNOWN_KEY: (403, "InvalidAccessKeyId"),
    Fault.OLD_TOKEN: (400, "ExpiredToken"),
    Fault.MISMATCH: (403, "SignatureDoesNotMatch"),
    Fault.EXPIRED: (403, "RequestTimeTooSkewed"),
    Fault.WRONG_SCOPE: (400, "AuthorizationHeaderMalformed"),
    Fault.PAYLOAD: (400, "XAmzContentSHA256Mismatch"),
}
_REST_CODES = {  # of Lambda, API Gateway (403), DynamoDB, Logs (400)
    Fault.MISSING: "MissingAuthenticationTokenException",
    Fault.INCOMPLETE: "IncompleteSignatureException",
    Fault.UNKNOWN_KEY: "UnrecognizedClientException",
    Fault.OLD_TOKEN: "ExpiredTokenException",
    Fault.MISMATCH: "InvalidSignatureException",
    Fault.EXPIRED: "InvalidSignatureException",
    Fault.WRONG_SCOPE: "InvalidSignatureException",
    Fault.PAYLOAD: "InvalidSignatureException",
}
_S3_MESSAGES = {
    Fault.UNKNOWN_KEY: "The AWS Access Key Id you provided does not exist in our records.",
    Fault.OLD_TOKEN: "The provided token has expired.",
}


# Not signed, or not with a key of ours


def not_signed(request: Request, problem: Problem) -> Response:
    """The error response to a request without a valid signature, for any service except ``execute-api``."""
    claim = claim_of(request)
    service = claim.service if isinstance(claim, Claim) else ""
    if _is_rpc(request):
        return _rpc(*_QUERY_CODES[problem.fault], problem.message)
    if "x-amz-target" in request.headers:
        code = _REST_CODES[problem.fault]
        return _json(service, code, {"__type": code, "message": problem.message}, *_QUERY_CODES[problem.fault])
    if isinstance(claim, Claim) and service == "s3":
        return _not_signed_for_s3(request, problem, presigned=claim.presigned)
    if _is_query(request):
        status, code = _QUERY_CODES[problem.fault]
        return _query(status, code, problem.message)
    return _rest(403, _REST_CODES[problem.fault], {"message": problem.message})


def connections_refusal(problem: Problem) -> Response:
    """The error response to a call of ``@connections`` without a valid signature (spec 177, 192)."""
    if problem.fault is Fault.MISSING:
        return _rest(403, "ForbiddenException", {"message": "Forbidden"})
    return _rest(403, _REST_CODES[problem.fault], {"message": problem.message})


def _not_signed_for_s3(request: Request, problem: Problem, *, presigned: bool) -> Response:
    status, code = _S3_CODES[problem.fault]
    message = _S3_MESSAGES.get(problem.fault, problem.message)
    if problem.fault is Fault.EXPIRED and presigned:
        code = "AccessDenied"
    elif problem.fault is Fault.EXPIRED:
        message = "The difference between the request time and the current time is too large."
    return _s3(status, code, message)


# Not allowed


def denial(request: Request, service: str, message: str) -> Response:
    """The error response to a request that is signed for ``service`` but not allowed."""
    if service == "s3":
        return _s3(403, "AccessDenied", message)
    if service == "sns":
        return _query(403, "AuthorizationError", message)
    if _is_rpc(request):
        return _rpc(403, "AccessDenied", message)
    if "x-amz-target" in request.headers:
        body = {"__type": "com.amazon.coral.service#AccessDeniedException", "Message": message}
        return _json(service, "AccessDeniedException", body, 403, "AccessDenied")
    if _is_query(request) or (request.path == "/" and "Action=" in request.query):
        return _query(403, "AccessDenied", message)
    return _rest(403, "AccessDeniedException", {"Message": message})


# Too large


def too_large(request: Request, service: str, most: int) -> Response:
    """Of a request whose body is larger than the service takes."""
    if service == "s3":
        return _s3(400, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed object size.")
    code, message = "RequestEntityTooLargeException", f"Request must be smaller than {most} bytes for the operation"
    if _is_rpc(request):
        return _rpc(413, code, message)
    if _is_query(request):
        return _query(413, code, message)
    return _rest(413, code, {"__type": code, "message": message})


# Forms


def _is_rpc(request: Request) -> bool:
    return request.path.startswith("/service/") and "smithy-protocol" in request.headers


def _rpc(status: int, code: str, message: str) -> Response:
    headers = [("Content-Type", "application/cbor"), ("smithy-protocol", "rpc-v2-cbor"), _for_query(code)]
    return Response(status, headers, _cbor({"__type": code, "message": message}))


def _json(service: str, code: str, body: dict[str, str], query_status: int, query_code: str) -> Response:
    """Services that used the Query protocol before keep its statuses, and tell SDKs its error code in a header."""
    headers = [("Content-Type", "application/x-amz-json-1.0"), ("x-amzn-ErrorType", code)]
    if service in ("sqs", "monitoring"):
        return Response(query_status, [*headers, _for_query(query_code)], json.dumps(body).encode())
    return Response(400, headers, json.dumps(body).encode())


def _for_query(code: str) -> tuple[str, str]:
    return ("x-amzn-query-error", f"{code};Sender")


def _cbor(texts: dict[str, str]) -> bytes:
    """Encode a map of at most 23 texts as CBOR (RFC 8949)."""
    parts = [bytes([0xA0 | len(texts)])]
    for text in (part for pair in texts.items() for part in pair):
        data = text.encode()
        parts += [b"\x7a", len(data).to_bytes(4, "big"), data]
    return b"".join(parts)


def _is_query(request: Request) -> bool:
    return (request.headers.get("content-type") or "").startswith("application/x-www-form-urlencoded")


def _query(status: int, code: str, message: str) -> Response:
    error = f"<Error><Type>Sender</Type><Code>{code}</Code><Message>{escape(message)}</Message></Error>"
    return Response(status, [("Content-Type", "text/xml")], f"<ErrorResponse>{error}</ErrorResponse>".encode())


def _s3(status: int, code: str, message: str) -> Response:
    text = f"<Error><Code>{code}</Code><Message>{escape(message)}</Message></Error>"
    return Response(status, [("Content-Type", "application/xml")], text.encode())


def _rest(status: int, code: str, body: dict[str, str]) -> Response:
    return Response(
        status, [("Content-Type", "application/json"), ("x-amzn-ErrorType", code)], json.dumps(body).encode()
    )

"""Verification of AWS Signature Version 4, as a pure function.

From "Signature Version 4 signing process" (IAM user guide) and "Authenticating requests" (S3 API reference). The
signature is in the ``Authorization`` header or in the query of a presigned URL. For S3 uploads in chunks, we verify the
signature of the head, but not those of the chunks. Signature Version 4A is not supported.
"""

import hashlib
import hmac
import re
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from urllib.parse import quote, unquote_to_bytes

from local_aws.iam.access_keys import Credentials
from local_aws.iam.claims import ALGORITHM, Claim, Fault, Problem, claim_of, query_pairs
from local_aws.net.http import Request

__all__ = ["verify", "verify_head"]

SKEW_SECONDS = 5 * 60
S3_SKEW_SECONDS = 15 * 60

_UNHASHED = re.compile(r"UNSIGNED-PAYLOAD|STREAMING-[A-Z0-9-]+")
_UNRESERVED = "-_.~"


def verify(
    request: Request,
    secret_of: Callable[[str], Credentials | None],
    now: float,
    *,
    service: str | None = None,
    region: str | None = None,
) -> Claim | Problem:
    """Verify a request's signature at ``now`` (epoch seconds); return its claim, or the problem with it.

    If ``service`` or ``region`` is given, the request must be signed for it. ``secret_of`` returns the credentials of
    an access key id, or None.
    """
    known = _known(request, secret_of, now, service, region)
    if isinstance(known, Problem):
        return known
    claim, secret = known
    payload = _payload_hash(request, claim)
    if isinstance(payload, Problem):
        return payload
    return _matched(request, claim, secret, payload)


def verify_head(
    head: Request, secret_of: Callable[[str], Credentials | None], now: float, *, service: str | None = None
) -> Claim | Problem:
    """What can be said before the body is there: that the key is one of ours, and the time right.

    For S3, whose signature covers only what the head says of the payload, that it is true.
    """
    known = _known(head, secret_of, now, service, None)
    if isinstance(known, Problem):
        return known
    claim, secret = known
    said = head.headers.get("x-amz-content-sha256") or ("UNSIGNED-PAYLOAD" if claim.presigned else None)
    if claim.service != "s3" or said is None:
        return claim
    return _matched(head, claim, secret, said)


def _known(
    request: Request,
    secret_of: Callable[[str], Credentials | None],
    now: float,
    service: str | None,
    region: str | None,
) -> tuple[Claim, str] | Problem:
    """The claim and the secret that it is to be verified with."""
    claim = claim_of(request)
    if isinstance(claim, Problem):
        return claim
    if region is not None and claim.region != region:
        return Problem(Fault.WRONG_SCOPE, f"Credential should be scoped to a valid region, not '{claim.region}'. ")
    if service is not None and claim.service != service:
        return Problem(Fault.WRONG_SCOPE, f"Credential should be scoped to correct service: '{service}'. ")
    if "host" not in claim.signed_headers:
        message = "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization header."
        return Problem(Fault.MISMATCH, message)
    credentials = secret_of(claim.key)
    if credentials is None or (claim.token or None) != credentials.session_token:
        return Problem(Fault.UNKNOWN_KEY, "The security token included in the request is invalid.")
    if credentials.expires is not None and credentials.expires <= now:
        return Problem(Fault.OLD_TOKEN, "The security token included in the request is expired")
    untimely = _untimely(claim, now)
    if untimely is not None:
        return untimely
    return claim, credentials.secret_access_key


def _matched(request: Request, claim: Claim, secret: str, payload: str) -> Claim | Problem:
    canonical = _canonical_request(request, claim, payload)
    if not hmac.compare_digest(_signature(claim, secret, canonical), claim.signature):
        return Problem(Fault.MISMATCH, _MISMATCH[claim.service == "s3"])
    return claim


_MISMATCH = (
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key "
    "and signing method. Consult the service documentation for details.",
    "The request signature we calculated does not match the signature you provided. Check your key and signing method.",
)


def _untimely(claim: Claim, now: float) -> Problem | None:
    """The problem if a request was signed too long ago or in the future; a presigned one has its own lifetime."""
    skew = S3_SKEW_SECONDS if claim.service == "s3" else SKEW_SECONDS
    minutes = skew // 60
    earliest, latest = now - (claim.lifetime if claim.lifetime is not None else skew), now + skew
    if claim.when > latest:
        message = (
            f"Signature not yet current: {claim.timestamp} is still later than {_basic(latest)} "
            f"({_basic(now)} + {minutes} min.)"
        )
    elif claim.when < earliest and claim.presigned:
        message = "Request has expired" if claim.service == "s3" else "Signature expired: the request is too old"
        message += "" if claim.service == "s3" else f", {_basic(now)} is later than {_basic(claim.when)} + its lifetime"
    elif claim.when < earliest:
        message = (
            f"Signature expired: {claim.timestamp} is now earlier than {_basic(earliest)} "
            f"({_basic(now)} - {minutes} min.)"
        )
    else:
        return None
    return Problem(Fault.EXPIRED, message)


def _basic(when: float) -> str:
    return datetime.fromtimestamp(when, UTC).strftime("%Y%m%dT%H%M%SZ")


# The expected signature


def _payload_hash(request: Request, claim: Claim) -> str | Problem:
    """The last line of the canonical request: the payload's hash; for S3, the value of the header if there is one."""
    actual = hashlib.sha256(request.body).hexdigest()
    if claim.service != "s3":
        return actual
    said = request.headers.get("x-amz-content-sha256")
    if said is None:
        return "UNSIGNED-PAYLOAD" if claim.presigned else actual
    if _UNHASHED.fullmatch(said) or said == actual:
        return said
    return Problem(Fault.PAYLOAD, "The provided 'x-amz-content-sha256' header does not match what was computed.")


def _canonical_request(request: Request, claim: Claim, payload: str) -> str:
    headers = {name: _header_value(request, name) for name in claim.signed_headers}
    return "\n".join(
        (
            request.method,
            _canonical_path(request.path, claim.service),
            _canonical_query(request.query, claim.presigned),
            *(f"{name}:{headers[name]}" for name in sorted(headers)),
            "",
            ";".join(claim.signed_headers),
            payload,
        )
    )


def _header_value(request: Request, name: str) -> str:
    values = (value.encode("latin-1").decode("utf-8", "replace") for value in request.headers.get_all(name))
    return ",".join(" ".join(value.split()) for value in values)


def _canonical_path(path: str, service: str) -> str:
    """S3 signs the decoded path, encoded once; the others normalise the path that is sent and encode it again."""
    if service == "s3":
        return quote(unquote_to_bytes(path), safe="/" + _UNRESERVED)
    kept: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            kept[-1:] = []
        elif segment not in ("", "."):
            kept.append(segment)
    trailing = "/" if path.endswith("/") and kept else ""
    return quote("/" + "/".join(kept) + trailing, safe="/" + _UNRESERVED)


def _canonical_query(query: str, presigned: bool) -> str:
    encoded = [
        (quote(name, safe=_UNRESERVED), quote(value, safe=_UNRESERVED))
        for name, value in query_pairs(query)
        if not (presigned and name == "X-Amz-Signature")
    ]
    return "&".join(f"{name}={value}" for name, value in sorted(encoded))


def _signature(claim: Claim, secret: str, canonical: str) -> str:
    scope = f"{claim.date}/{claim.region}/{claim.service}/aws4_request"
    to_sign = "\n".join((ALGORITHM, claim.timestamp, scope, hashlib.sha256(canonical.encode()).hexdigest()))
    key = _signing_key(secret, claim.date, claim.region, claim.service)
    return hmac.digest(key, to_sign.encode(), "sha256").hex()


@lru_cache(maxsize=256)
def _signing_key(secret: str, *scope: str) -> bytes:
    """The signing key of a day, region and service."""
    key = f"AWS4{secret}".encode()
    for part in (*scope, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key

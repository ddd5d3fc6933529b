"""The signature that a request claims to have (AWS Signature Version 4), before it is verified.

A signature is in the ``Authorization`` header or in the query of a presigned URL.
"""

import enum
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from urllib.parse import unquote

from local_aws.net.http import Request

__all__ = ["ALGORITHM", "Claim", "Fault", "Problem", "claim_of", "query_pairs"]

ALGORITHM = "AWS4-HMAC-SHA256"
PRESIGNED_SECONDS = 5 * 60  # without X-Amz-Expires
MAX_PRESIGNED_SECONDS = 7 * 24 * 60 * 60

_CREDENTIAL = re.compile(r"(?P<key>[^/\s]+)/(?P<date>\d{8})/(?P<region>[^/]+)/(?P<service>[^/]+)/aws4_request")


class Fault(enum.Enum):
    """Why a signature is not accepted; each protocol has its own error codes for these."""

    MISSING = "no signature at all"
    INCOMPLETE = "a part of the signature is missing or malformed"
    UNKNOWN_KEY = "the access key id or the session token is not one of ours"
    OLD_TOKEN = "the session that the key belongs to is over"
    MISMATCH = "the signature is another one than ours"
    EXPIRED = "signed too long ago, or in the future"
    WRONG_SCOPE = "signed for another service or region"
    PAYLOAD = "the payload is another one than the one signed"


@dataclass(frozen=True, slots=True)
class Problem:
    """A fault, and AWS's message for it."""

    fault: Fault
    message: str


@dataclass(frozen=True, slots=True)
class Claim:
    """The parts of a request's signature, not verified.

    ``when`` is the time of signing in epoch seconds; ``lifetime`` is in seconds, for presigned requests only.
    """

    key: str
    date: str
    region: str
    service: str
    signed_headers: Sequence[str]
    signature: str
    timestamp: str
    when: float
    token: str | None
    lifetime: int | None = None

    @property
    def presigned(self) -> bool:
        """Whether the signature is in the query."""
        return self.lifetime is not None


def claim_of(request: Request) -> Claim | Problem:
    """Read the signature of a request, from its header or else from its query."""
    header = request.headers.get("authorization")
    if header is not None:
        return _header_claim(request, header)
    query = dict(query_pairs(request.query))
    if any(name in query for name in ("X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Signature")):
        return _query_claim(query)
    return Problem(Fault.MISSING, "Missing Authentication Token")


def query_pairs(query: str) -> list[tuple[str, str]]:
    """Names and values of a query string, decoded, in order; a plus sign stays a plus sign."""
    parts = (part.partition("=") for part in query.split("&") if part)
    return [(unquote(name), unquote(value)) for name, _, value in parts]


def _header_claim(request: Request, header: str) -> Claim | Problem:
    algorithm, _, rest = header.strip().partition(" ")
    if algorithm != ALGORITHM:
        return Problem(Fault.INCOMPLETE, f"Authorization header requires '{ALGORITHM}', not '{algorithm}'.")
    parts = {name.strip(): value.strip() for name, _, value in (part.partition("=") for part in rest.split(","))}
    missing = [name for name in ("Credential", "Signature", "SignedHeaders") if not parts.get(name)]
    timestamp = request.headers.get("x-amz-date") or request.headers.get("date")
    sentences = [f"Authorization header requires '{name}' parameter." for name in missing]
    if not timestamp:
        sentences.append(
            "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. "
            f"Authorization={header.partition('Signature=')[0].rstrip(', ')}"
        )
    if sentences or timestamp is None:
        return Problem(Fault.INCOMPLETE, " ".join(sentences))
    token = request.headers.get("x-amz-security-token")
    return _claim(parts["Credential"], timestamp, parts["SignedHeaders"], parts["Signature"], token, None)


def _query_claim(query: dict[str, str]) -> Claim | Problem:
    wanted = ("X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Signature", "X-Amz-SignedHeaders", "X-Amz-Date")
    missing = [name for name in wanted if not query.get(name)]
    if missing:
        sentences = [f"AWS query-string parameters must include '{name}'." for name in missing]
        return Problem(Fault.INCOMPLETE, " ".join([*sentences, "Re-examine the query-string parameters."]))
    if query["X-Amz-Algorithm"] != ALGORITHM:
        return Problem(Fault.INCOMPLETE, f'X-Amz-Algorithm only supports "{ALGORITHM}"')
    expires = query.get("X-Amz-Expires", str(PRESIGNED_SECONDS))
    if not re.fullmatch(r"\d{1,7}", expires) or int(expires) > MAX_PRESIGNED_SECONDS:
        return Problem(Fault.INCOMPLETE, f"X-Amz-Expires must be between 0 and {MAX_PRESIGNED_SECONDS} seconds.")
    return _claim(
        query["X-Amz-Credential"],
        query["X-Amz-Date"],
        query["X-Amz-SignedHeaders"],
        query["X-Amz-Signature"],
        query.get("X-Amz-Security-Token"),
        int(expires),
    )


def _claim(
    credential: str, timestamp: str, signed_headers: str, signature: str, token: str | None, lifetime: int | None
) -> Claim | Problem:
    scope = _CREDENTIAL.fullmatch(credential)
    if scope is None:
        message = (
            "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, "
            f"got '{credential}'"
        )
        return Problem(Fault.INCOMPLETE, message)
    moment = _moment(timestamp)
    if moment is None or moment[1][:8] != scope["date"]:
        message = (
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: "
            f"'{scope['date']}' != '{timestamp}'."
        )
        return Problem(Fault.MISMATCH, message)
    return Claim(
        key=scope["key"],
        date=scope["date"],
        region=scope["region"],
        service=scope["service"],
        signed_headers=tuple(signed_headers.lower().split(";")),
        signature=signature,
        timestamp=moment[1],
        when=moment[0],
        token=token,
        lifetime=lifetime,
    )


@lru_cache(maxsize=64)  # requests of one second have the same timestamp
def _moment(timestamp: str) -> tuple[float, str] | None:
    """Epoch seconds and ISO 8601 basic form of a timestamp, which may be in that form or an HTTP date."""
    for form in ("%Y%m%dT%H%M%SZ", "%a, %d %b %Y %H:%M:%S GMT"):
        try:
            moment = datetime.strptime(timestamp, form).replace(tzinfo=UTC)
        except ValueError:
            continue
        return moment.timestamp(), moment.strftime("%Y%m%dT%H%M%SZ")
    return None

"""Calls that API Gateway and Lambda make to other AWS services in their owner's role."""

from dataclasses import dataclass
from typing import Any

__all__ = ["ServiceCall", "signed_headers"]


@dataclass(frozen=True, slots=True)
class ServiceCall:
    """A request to an AWS API, not yet signed. ``credentials`` is the ARN of the role that signs it."""

    region: str
    service: str
    method: str
    host: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    credentials: str


def signed_headers(call: ServiceCall, access_key: str, secret_key: str, token: str | None) -> list[tuple[str, str]]:
    """The call's headers, with ``Host`` and a Signature Version 4 by these credentials."""
    # Imported here because few stages and functions use it
    from botocore.auth import S3SigV4Auth, SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import ReadOnlyCredentials

    request: Any = AWSRequest(call.method, f"https://{call.host}{call.target}", dict(call.headers), call.body)
    signer = S3SigV4Auth if call.service == "s3" else SigV4Auth
    signer(ReadOnlyCredentials(access_key, secret_key, token), call.service, call.region).add_auth(request)
    return [*((str(name), str(value)) for name, value in request.headers.items()), ("Host", call.host)]

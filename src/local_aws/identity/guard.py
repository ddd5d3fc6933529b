"""The guard at the door: which requests may be answered at all.

Whatever listens on loopback can be reached by every program of the machine and by every web page its user visits.
So a request must name a key that this embedded AWS has given out, must be meant for this host (against DNS
rebinding), and must not come from a web page of another site.
"""

import json
import re
from urllib.parse import parse_qs, unquote

from local_aws.http import Request, Response
from local_aws.identity.keyring import Credentials, Keyring

__all__ = ["Guard"]

OWN_HOSTS = ("127.0.0.1", "localhost", "[::1]")

_CREDENTIAL = re.compile(r"Credential=(?P<key>[^/,\s]+)/(?P<date>\d{8})/(?P<region>[^/]*)/(?P<service>[^/]+)/")


class Guard:
    """Says of a request why it is refused, or nothing when it may go on."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    def foreign(self, request: Request) -> Response | None:
        """Refuse what a web page, or a host name that is not ours, sends (spec: none; AWS is not on loopback)."""
        site = request.headers.get("sec-fetch-site", "none")
        if "origin" in request.headers or site not in ("none", "same-origin"):
            return _plain(403, "Refused: the embedded AWS does not answer requests of web pages.")
        if request.host not in OWN_HOSTS:
            return _plain(403, f"Refused: no service of the embedded AWS is called {request.host}.")
        return None

    def control_plane(self, request: Request) -> Response | None:
        """Refuse a call of the AWS API without one of our keys, in the form that the caller's SDK understands."""
        presented = _presented(request)
        if presented is None:
            return _refusal(request, "MissingAuthenticationToken", "Missing Authentication Token")
        key, service = presented
        if not self._opens(key, request):
            code = "InvalidAccessKeyId" if service == "s3" else "UnrecognizedClientException"
            return _refusal(request, code, "The security token included in the request is invalid.")
        return None

    def connections(self, request: Request) -> Response | None:
        """Refuse a call of ``@connections`` that is not signed with one of our keys (spec 177, 192)."""
        presented = _presented(request)
        if presented is None:
            return _json(403, "ForbiddenException", "Forbidden")
        if not self._opens(presented[0], request):
            message = "The security token included in the request is invalid."
            return _json(403, "UnrecognizedClientException", message)
        return None

    def _opens(self, key: str, request: Request) -> bool:
        credentials: Credentials | None = self._keyring.get(key)
        if credentials is None:
            return False
        token = request.headers.get("x-amz-security-token")
        if token is None:
            token = parse_qs(request.query).get("X-Amz-Security-Token", [None])[-1]
        return credentials.session_token is None or token == credentials.session_token


def _presented(request: Request) -> tuple[str, str] | None:
    """Key id and service that the request is signed for, in its header or (presigned) in its query."""
    signed = request.headers.get("authorization") or ""
    if not signed and "X-Amz-Credential=" in request.query:
        signed = "Credential=" + unquote(parse_qs(request.query)["X-Amz-Credential"][-1])
    match = _CREDENTIAL.search(signed)
    return (match["key"], match["service"]) if match else None


def _refusal(request: Request, code: str, message: str) -> Response:
    content_type = request.headers.get("content-type") or ""
    if "x-amz-target" in request.headers:
        body = json.dumps({"__type": code, "message": message}).encode()
        return Response(400, [("Content-Type", "application/x-amz-json-1.0"), ("x-amzn-ErrorType", code)], body)
    if content_type.startswith("application/x-www-form-urlencoded") or code == "InvalidAccessKeyId":
        code = "InvalidClientTokenId" if code == "UnrecognizedClientException" else code
        error = f"<Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>"
        whole = error if code == "InvalidAccessKeyId" else f"<ErrorResponse>{error}</ErrorResponse>"
        return Response(403, [("Content-Type", "text/xml")], whole.encode())
    return _json(403, code, message)


def _json(status: int, code: str, message: str) -> Response:
    headers = [("Content-Type", "application/json"), ("x-amzn-ErrorType", code)]
    return Response(status, headers, json.dumps({"message": message}).encode())


def _plain(status: int, sentence: str) -> Response:
    return Response(status, [("Content-Type", "text/plain; charset=utf-8")], (sentence + "\n").encode())

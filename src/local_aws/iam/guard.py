"""The guard: which requests may be answered at all.

Every program on the machine, and every web page that its user visits, can reach a port on loopback. So a request must
be signed with a key that this embedded AWS has issued, must name this host (against DNS rebinding), and must not come
from a web page of another site.
"""

import time
from collections.abc import Callable

from local_aws.iam.access_keys import Keyring
from local_aws.iam.claims import Claim, Problem
from local_aws.iam.error_responses import not_signed
from local_aws.iam.signature import verify, verify_head
from local_aws.net.http import Request, Response

__all__ = ["Guard"]

OWN_HOSTS = ("127.0.0.1", "localhost", "[::1]")


class Guard:
    """Checks where requests come from and who signed them.

    ``now`` returns epoch seconds of the machine's own clock, since signers use that clock.
    """

    def __init__(self, keyring: Keyring, now: Callable[[], float] = time.time) -> None:
        self._keyring = keyring
        self._now = now

    def foreign(self, request: Request) -> Response | None:
        """The refusal of a request from a web page, or to a host name that is not ours; None if it is neither.

        The specification has no item for this, since AWS is not on loopback.
        """
        if "origin" in request.headers or _is_fetched(request):
            return _plain(403, "Refused: the embedded AWS does not answer requests of web pages.")
        if request.host not in OWN_HOSTS:
            return _plain(403, f"Refused: no service of the embedded AWS is called {request.host}.")
        return None

    def control_plane(self, request: Request) -> Claim | Response:
        """The verified signature of a call of the AWS API, or an error response in the form of its protocol."""
        result = verify(request, self._keyring.get, self._now())
        return not_signed(request, result) if isinstance(result, Problem) else result

    def sender(self, head: Request, service: str | None = None) -> Claim | Problem:
        """Who sends a request, as far as its head tells: asked before a large body is taken."""
        return verify_head(head, self._keyring.get, self._now(), service=service)

    def signer(self, request: Request, region: str | None = None) -> Claim | Problem:
        """The verified signature of a request for ``execute-api`` (in ``region``, if given), or its problem."""
        return verify(request, self._keyring.get, self._now(), service="execute-api", region=region)


def _is_fetched(request: Request) -> bool:
    """Whether a web page of another site made a browser send the request. Addresses typed by the user are allowed.

    Browsers say so in the ``Sec-Fetch-…`` headers, and always send ``Sec-Fetch-Site`` (W3C Fetch Metadata).
    """
    site = request.headers.get("sec-fetch-site")
    if site is None:
        return any(name.lower().startswith("sec-fetch-") for name, _ in request.headers)
    return site not in ("none", "same-origin")


def _plain(status: int, sentence: str) -> Response:
    return Response(status, [("Content-Type", "text/plain; charset=utf-8")], (sentence + "\n").encode())

"""The guard at the door: which requests may be answered at all.

Whatever listens on loopback can be reached by every program of the machine and by every web page its user visits.
So a request must be signed with a key that this embedded AWS has given out, must be meant for this host (against DNS
rebinding), and must not come from a web page of another site.
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
    """Says of a request why it is refused, or nothing when it may go on.

    ``now`` is in epoch seconds, on the machine's own clock: whoever signs reads that one.
    """

    def __init__(self, keyring: Keyring, now: Callable[[], float] = time.time) -> None:
        self._keyring = keyring
        self._now = now

    def foreign(self, request: Request) -> Response | None:
        """Refuse what a web page, or a host name that is not ours, sends (spec: none; AWS is not on loopback)."""
        if "origin" in request.headers or _is_fetched(request):
            return _plain(403, "Refused: the embedded AWS does not answer requests of web pages.")
        if request.host not in OWN_HOSTS:
            return _plain(403, f"Refused: no service of the embedded AWS is called {request.host}.")
        return None

    def control_plane(self, request: Request) -> Claim | Response:
        """Who signed a call of the AWS API; or a refusal, in the form of the caller's SDK, if it is no key of ours."""
        result = verify(request, self._keyring.get, self._now())
        return not_signed(request, result) if isinstance(result, Problem) else result

    def sender(self, head: Request, service: str | None = None) -> Claim | Problem:
        """Who sends a request, as far as its head tells: asked before a large body is taken."""
        return verify_head(head, self._keyring.get, self._now(), service=service)

    def signer(self, request: Request, region: str | None = None) -> Claim | Problem:
        """Who signed a request for ``execute-api``, in a region where one is given."""
        return verify(request, self._keyring.get, self._now(), service="execute-api", region=region)


def _is_fetched(request: Request) -> bool:
    """Whether a page of another site made a browser send it; what its user asked for by hand, it may.

    Browsers say so in ``Sec-Fetch-…``, of which ``-Site`` is always there (W3C Fetch Metadata).
    """
    site = request.headers.get("sec-fetch-site")
    if site is None:
        return any(name.lower().startswith("sec-fetch-") for name, _ in request.headers)
    return site not in ("none", "same-origin")


def _plain(status: int, sentence: str) -> Response:
    return Response(status, [("Content-Type", "text/plain; charset=utf-8")], (sentence + "\n").encode())

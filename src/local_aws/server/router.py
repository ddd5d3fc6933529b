"""The router: passes each request of the one port to the part that answers it."""

import asyncio
import hmac
import json
import logging
from collections.abc import Awaitable, Callable, Mapping

from local_aws.errors import LocalAwsError
from local_aws.gateway import Gateway
from local_aws.iam import Claim, Guard
from local_aws.iam.claims import Problem
from local_aws.iam.error_responses import connections_refusal, not_signed, too_large
from local_aws.net import proxy
from local_aws.net.http import MAX_BODY_BYTES, Allowance, Connection, Request, Response, Takeover
from local_aws.net.proxy import Way
from local_aws.net.tls import CertificateAuthority
from local_aws.server.admin import Action

__all__ = ["Router", "Service"]

log = logging.getLogger(__name__)

Service = Callable[[Request, Claim], Awaitable[Response]]
"""Answers a call of the AWS API; the claim is its verified signature."""

ADMIN = "/_local-aws/"

# What AWS takes as the body of one request, or a little more: what it says of the rest is for its service to say.
GATEWAY_BYTES = 10 * 1024 * 1024
SERVICE_BYTES = {"s3": MAX_BODY_BYTES, "lambda": 70_167_211}  # of CreateFunction with a zip of 50 MB in it
OTHER_BYTES = 16 * 1024 * 1024  # DynamoDB's BatchWriteItem


class Router:
    """Passes each request to the part that answers it.

    CONNECT goes to the proxy, if it has the login with ``proxy_password``; an execute-api host to the gateway;
    ``/_local-aws/…`` (with this process' token) to ``admin``; everything else is a call of the AWS API, which ``ask``
    answers when it is signed as it should be.
    """

    def __init__(
        self,
        *,
        port: int,
        guard: Guard,
        authority: CertificateAuthority,
        gateway: Gateway,
        ask: Service,
        admin: Mapping[str, Action],
        token: str,
        proxy_password: str,
        upstream_proxy: str | None,
    ) -> None:
        self._port = port
        self._guard = guard
        self._authority = authority
        self._gateway = gateway
        self._ask = ask
        self._admin = admin
        self._token = token
        self._proxy_password = proxy_password
        self._upstream_proxy = upstream_proxy
        self._relays: set[asyncio.Task[None]] = set()

    async def answer(self, request: Request) -> Response | Takeover:
        """Answer one request of the port."""
        if request.method == "CONNECT":
            return await self._connect(request)
        api_id = proxy.api_of(request.host)
        if api_id is not None and (request.secure or request.host.endswith(".localhost")):
            return await self._gateway.answer(request, api_id)
        if request.secure and self._gateway.serves(request.host):
            return await self._gateway.answer(request, None)
        refused = self._guard.foreign(request)
        if refused is not None:
            return refused
        if request.path.startswith(ADMIN):
            return await self._administer(request)
        signer = self._guard.control_plane(request)
        return signer if isinstance(signer, Response) else await self._ask(request, signer)

    def allows(self, head: Request) -> Allowance:
        """How large a body is taken from whoever sends this head: none beyond a little from one whom we do not know."""
        if head.method == "CONNECT" or head.path.startswith(ADMIN):
            return _NOTHING_LARGE
        if proxy.api_of(head.host) is not None or self._gateway.serves(head.host):
            sender = self._guard.sender(head, "execute-api")
            if isinstance(sender, Problem):
                return Allowance(0, connections_refusal(sender))
            return Allowance(GATEWAY_BYTES, too_large(head, sender.service, GATEWAY_BYTES))
        refused = self._guard.foreign(head)
        if refused is not None:
            return Allowance(0, refused)
        sender = self._guard.sender(head)
        if isinstance(sender, Problem):
            return Allowance(0, not_signed(head, sender))
        most = SERVICE_BYTES.get(sender.service, OTHER_BYTES)
        return Allowance(most, too_large(head, sender.service, most))

    async def close(self) -> None:
        """End all connections that are relayed to the outside."""
        for relay in self._relays:
            relay.cancel()

    async def _connect(self, request: Request) -> Response | Takeover:
        if not proxy.knows(request, self._proxy_password):
            return _LOGIN_WANTED
        target = proxy.split_target(request.target)
        if target is None:
            return _text(400, f"CONNECT wants host:port, not {request.target!r}.")
        host, port = target
        match proxy.way(host, port, self._port, custom=self._gateway.serves(host)):
            case Way.GATEWAY:
                return Takeover(lambda http, tail: self._terminate(http, tail, host))
            case Way.OURSELVES:
                return Takeover(self._restart)
            case Way.REFUSED:
                return _text(
                    403,
                    f"The embedded AWS is in use in this shell, so it keeps {host} from being reached by mistake. "
                    "For a real account, open a new shell, or unset HTTPS_PROXY and AWS_ENDPOINT_URL.",
                )
            case Way.OUTSIDE:
                return await self._relay(host, port)

    def _terminate(self, http: Connection, tail: bytes, host: str) -> None:
        if tail:  # TLS cannot take bytes that were read before it began
            log.info("A client spoke to %s before the proxy had answered", host)
            http.close()
        elif http.transport is not None:
            context = self._authority.context(host)
            http.transport.write(_ESTABLISHED)
            http.start_tls(context)

    def _restart(self, http: Connection, tail: bytes) -> None:
        if http.transport is not None:
            http.transport.write(_ESTABLISHED)
            http.restart(tail)

    async def _relay(self, host: str, port: int) -> Response | Takeover:
        try:
            reader, writer = await proxy.open_outside(host, port, self._upstream_proxy)
        except proxy.Inside:
            return _text(
                403,
                f"The embedded AWS opens nothing on this machine or on its own network, as {host} is. Programs that "
                f'honour NO_PROXY reach it themselves: export NO_PROXY="${{NO_PROXY:+$NO_PROXY,}}{host}"',
            )
        except (OSError, ValueError) as error:  # a name that cannot even be looked up is a ValueError
            return _text(502, f"{host}:{port} could not be reached: {error or type(error).__name__}.")

        def start(http: Connection, tail: bytes) -> None:
            transport = http.detach()
            if transport is None:
                writer.close()
                return
            transport.pause_reading()  # until the relay has put its own protocol on it
            transport.write(_ESTABLISHED)
            relay = asyncio.get_running_loop().create_task(proxy.relay(transport, tail, reader, writer))
            self._relays.add(relay)
            relay.add_done_callback(self._relays.discard)

        return Takeover(start)

    async def _administer(self, request: Request) -> Response:
        sent = (request.headers.get("authorization") or "").removeprefix("Bearer ")
        if not hmac.compare_digest(sent.encode(), self._token.encode()):
            return _text(403, "Refused: this call wants the token that local-aws keeps in its state file.")
        action = self._admin.get(f"{request.method} {request.path.removeprefix(ADMIN)}")
        if action is None:
            return _text(404, f"There is no {request.method} {request.path}.")
        try:
            answer = await action(request.body)
        except LocalAwsError as error:
            return _text(400, str(error))
        return Response(200, [("Content-Type", "application/json")], json.dumps(answer).encode())


_NOTHING_LARGE = Allowance(0, Response(413, [("Content-Type", "text/plain")], b"Request Entity Too Large\n"))

_LOGIN_WANTED = Response(
    407,
    [("Content-Type", "text/plain; charset=utf-8"), ("Proxy-Authenticate", 'Basic realm="local-aws"')],
    b"The proxy of the embedded AWS wants the login that stands in HTTPS_PROXY. "
    b'Set it in this shell:  eval "$(local-aws env)"\n',
)

_ESTABLISHED = b"HTTP/1.1 200 Connection established\r\n\r\n"


def _text(status: int, sentence: str) -> Response:
    return Response(status, [("Content-Type", "text/plain; charset=utf-8")], (sentence + "\n").encode())

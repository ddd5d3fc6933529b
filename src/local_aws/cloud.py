"""Starts and stops it all: one embedded AWS, in one process, on one port."""

import asyncio
import errno
import gc
import json
import os
import secrets
import time
import urllib.request
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from local_aws.adapters.account_access import API_GATEWAY, GATEWAY_SESSION, LAMBDA, AccountAccess, keys_of
from local_aws.adapters.function_catalog import FunctionCatalog, FunctionLogs
from local_aws.clock import Clock, parse_duration
from local_aws.control_plane import ControlPlane
from local_aws.daemon.background import birth
from local_aws.daemon.state import State, folder
from local_aws.errors import PortInUse, RoleNotAssumable
from local_aws.functions import (
    ConcurrencyLimits,
    FunctionConfiguration,
    Functions,
    Invocation,
    Limits,
    invoke_api,
)
from local_aws.gateway import Failed, Gateway, LogGroup, Observation, Reply
from local_aws.iam import Claim, Credentials, Guard, Keyring
from local_aws.iam.claims import claim_of
from local_aws.iam.service_calls import ServiceCall, signed_headers
from local_aws.net.http import Headers, Request, Response, Server, Takeover, serve
from local_aws.net.tls import CertificateAuthority
from local_aws.patching import is_seen
from local_aws.server.router import Router
from local_aws.settings import Settings

__all__ = ["Cloud"]

TIME_TO_LIVE_SECONDS = 60.0  # between two looks for expired items, on the clock; AWS promises a few days
SESSION_SECONDS = 12 * 60 * 60  # of a role that a service takes: longer than a sandbox lives
RENEWAL_SECONDS = 45 * 60  # that a session is given to new sandboxes for
DISCONNECT_SECONDS = 3.0  # for the $disconnect handlers of clients that are sent away when it stops


class Cloud:
    """One embedded AWS. ``start`` it in a running loop, ``close`` it when done; ``state`` says how to reach it."""

    def __init__(
        self,
        *,
        port: int,
        region: str = "us-east-1",
        account_id: str = "123456789012",
        settings: Settings | None = None,
    ) -> None:
        self._wanted_port = port
        self._settings = settings or Settings()
        self._region = region
        self._account_id = account_id
        self._clock = Clock()
        self._keyring = Keyring(lambda key: keys_of(self._control_plane, key))
        self._guard = Guard(self._keyring)
        self._role_credentials: dict[tuple[str, str], tuple[float, Credentials]] = {}

    async def start(self) -> State:
        """Serve, then say how to reach it. Raises PortInUse, and DoesNotFit for a moto that has changed."""
        try:
            self._server: Server = await serve(
                self._answer, port=self._wanted_port, own_user_only=True, allows=lambda head: self._router.allows(head)
            )
        except OSError as error:
            if error.errno in (errno.EADDRINUSE, errno.EACCES):
                raise PortInUse(self._wanted_port) from None
            raise
        port = self._server.port
        path = State.prepare(port)
        owner = Credentials.new()
        self._keyring.add(owner)
        self.state = State(
            pid=os.getpid(),
            birth=birth(os.getpid()) or "",
            port=port,
            region=self._region,
            account_id=self._account_id,
            access_key_id=owner.access_key_id,
            secret_access_key=owner.secret_access_key,
            token=secrets.token_urlsafe(32),
            started=time.time(),
        )
        self._control_plane = ControlPlane(
            account_id=self._account_id,
            region=self._region,
            concurrent_executions=self._settings.concurrent_executions or ConcurrencyLimits().account,
        )
        self._access = AccountAccess(self._control_plane, self._guard, owner)
        self._functions = self._new_functions()
        self._gateway = Gateway(
            deployed=self._control_plane.deployed,
            invoke=self._invoke,
            enqueue=self._enqueue,
            access=self._access,
            mappings=self._control_plane.domain_mappings,
            clock=self._clock,
            account_id=self._account_id,
            observation=Observation(self._put_api_logs, self._control_plane.put_metric_data, self._clock),
            call_service=self._call_service,
        )
        self._router = Router(
            guard=self._guard,
            trust=CertificateAuthority(path),
            gateway=self._gateway,
            ask=self._ask,
            admin={
                "GET status": self._status,
                "POST reset": self._reset,
                "GET clock": self._read_clock,
                "POST clock": self._advance_clock,
            },
            token=self.state.token,
            proxy_password=self.state.proxy_password,
            upstream_proxy=_upstream_proxy(port),
        )
        self._router.port = port
        self._wait_for_expiry()
        self._warming_up = asyncio.get_running_loop().create_task(self._warm_up())
        if not is_seen("moto"):
            await self._control_plane.loaded()
        self.state.write()
        return self.state

    async def _warm_up(self) -> None:
        """Prepare the functions when the control plane is prepared, for which people wait sooner."""
        await self._control_plane.warm_up()
        self._functions.warm_up()
        # What is there now stays, half a million objects of moto's: no collection need look at them again. And what a
        # message makes goes by itself, but for a few cycles.
        gc.freeze()
        gc.set_threshold(20_000, 10, 10)

    def _wait_for_expiry(self) -> None:
        self._expiry = self._clock.call_at(self._clock.now() + TIME_TO_LIVE_SECONDS, self._expire)

    def _expire(self) -> None:
        self._control_plane.delete_expired_items(self._clock.now())
        self._wait_for_expiry()

    async def close(self) -> None:
        """Send clients away, end every sandbox, listen no more, and take the state file back."""
        self._warming_up.cancel()
        self._expiry.cancel()
        await self._gateway.close(DISCONNECT_SECONDS)
        await self._functions.close()
        await self._router.close()
        await self._server.close()
        await self._control_plane.close()
        State.forget(self.state.port)

    async def _answer(self, request: Request) -> Response | Takeover:
        return await self._router.answer(request)

    def _new_functions(self) -> Functions:
        catalog, logs = FunctionCatalog(self._control_plane), FunctionLogs(self._control_plane, self._access)
        own = folder(self.state.port)
        sandboxes = own / "functions"
        sandboxes.mkdir(exist_ok=True)
        return Functions(
            catalog,
            logs,
            self._environment,
            region=self._region,
            account_id=self._account_id,
            clock=self._clock,
            put_metrics=self._control_plane.put_metric_data,
            send=self._send,
            limits=_limits(self._settings),
            folder=sandboxes,
            hide=[own, *(file.parent for file in own.parent.glob("*/state.json") if file.parent != own)],
            keep=[own / "ca.pem", own / "bundle.pem"],
        )

    def _invoke(self, function: str, payload: bytes) -> asyncio.Task[Invocation]:
        return self._functions.begin(function, payload)

    def _enqueue(self, function: str, payload: bytes) -> None:
        self._functions.enqueue(function, payload)

    async def _ask(self, request: Request, claim: Claim) -> Response:
        """Answer a call of the AWS API, if who signed it may make it."""
        denied = self._access.denied(request, claim)
        if denied is not None:
            return denied
        if invoke_api.is_invoke(request) and claim.service == "lambda":
            return await invoke_api.answer(request, self._functions, claim.region)
        return await self._control_plane.handle(request)

    def _put_api_logs(self, group: LogGroup, stream: str, lines: Sequence[tuple[int, str]]) -> None:
        """API Gateway writes with the role that the account gave it, if that may, or not at all (spec 253)."""
        role = self._control_plane.cloudwatch_role(group.region)
        if role is not None and self._access.may_assume(API_GATEWAY, role):
            self._control_plane.put_log_events(
                group.name,
                stream,
                lines,
                region=group.region,
                make_group=group.managed,
                may=self._access.may_log(role, GATEWAY_SESSION, group.region, group.name, stream),
            )

    async def _environment(self, configuration: FunctionConfiguration) -> Mapping[str, str]:
        """What a handler needs to reach this AWS, with its own role's credentials. Raises RoleNotAssumable."""
        if not self._access.may_assume(LAMBDA, configuration.role):
            raise RoleNotAssumable(configuration.role)
        credentials = await self._assume(configuration.role, configuration.name)
        return {
            **self.state.environment(),
            "AWS_REGION": configuration.region,
            "AWS_DEFAULT_REGION": configuration.region,
            "AWS_ACCESS_KEY_ID": credentials.access_key_id,
            "AWS_SECRET_ACCESS_KEY": credentials.secret_access_key,
            "AWS_SESSION_TOKEN": credentials.session_token or "",
        }

    async def _assume(self, role: str, session_name: str) -> Credentials:
        """The credentials of a session of a role that trusts who asks; the same ones until they are near their end.

        STS ends sessions on the machine's own clock, as the guard does.
        """
        now = time.time()
        expires, credentials = self._role_credentials.get((role, session_name), (0.0, None))
        if credentials is None or expires <= now or self._keyring.get(credentials.access_key_id) is None:
            credentials = Credentials(*await self._control_plane.assume_role(role, session_name, SESSION_SECONDS))
            self._role_credentials[role, session_name] = (now + RENEWAL_SECONDS, credentials)
        return credentials

    async def _call_service(self, call: ServiceCall) -> Reply:
        """What API Gateway does for an ``AWS`` integration: calls a service's API in the integration's role.

        Raises Failed when the role does not trust it.
        """
        if not self._access.may_assume(API_GATEWAY, call.credentials):
            note = f"API Gateway does not have permission to assume the provided role {call.credentials}"
            raise Failed(500, note=f"Execution failed due to configuration error: {note}")
        response = await self._call(call, GATEWAY_SESSION)
        return Reply(response.status, tuple(response.headers), response.body)

    async def _send(self, call: ServiceCall, function: str) -> int:
        """What Lambda does for an asynchronous invocation: tells a destination of it, in the function's role."""
        return (await self._call(call, function)).status

    async def _call(self, call: ServiceCall, session_name: str) -> Response:
        role = await self._assume(call.credentials, session_name)
        headers = signed_headers(call, role.access_key_id, role.secret_access_key, role.session_token)
        request = Request(call.method, call.target, Headers(headers), call.body)
        claim = claim_of(request)
        assert isinstance(claim, Claim)
        return await self._ask(request, claim)

    async def _status(self, _: bytes = b"") -> Mapping[str, object]:
        return {
            "pid": self.state.pid,
            "port": self.state.port,
            "endpoint": self.state.environment()["AWS_ENDPOINT_URL"],
            "region": self.state.region,
            "account": self.state.account_id,
            "uptime": round(time.time() - self.state.started, 1),
            "connections": len(self._gateway.connections),
        }

    async def _reset(self, _: bytes) -> Mapping[str, object]:
        """Forget everything that was made in it; the process, its port, its keys and its time stay."""
        await self._gateway.close(DISCONNECT_SECONDS)
        await self._functions.close()
        self._functions = self._new_functions()
        self._functions.warm_up()
        await self._control_plane.reset()
        self._role_credentials.clear()
        return await self._status()

    async def _read_clock(self, _: bytes = b"") -> Mapping[str, object]:
        return {"now": self._clock.utc().isoformat(timespec="seconds"), "ahead": self._clock.ahead}

    async def _advance_clock(self, body: bytes) -> Mapping[str, object]:
        """``{"advance": "1h30m"}``; answered when what fell due has been called."""
        try:
            asked = json.loads(body)
        except ValueError:
            asked = None
        duration = asked.get("advance") if isinstance(asked, dict) else asked
        self._clock.advance(parse_duration(duration if isinstance(duration, str) else json.dumps(duration)))
        await asyncio.sleep(0)  # the loop's next round
        return await self._read_clock()


def _limits(settings: Settings) -> Limits:
    usual = Limits()
    return Limits(
        sandboxes=settings.sandboxes or usual.sandboxes,
        wait=usual.wait if settings.sandbox_wait is None else float(settings.sandbox_wait),
    )


def _upstream_proxy(port: int) -> str | None:
    """The proxy that this shell used before ours; an embedded AWS, of now or of before, is none."""
    found = urllib.request.getproxies().get("https")
    if not found:
        return None
    address = urlsplit(found)
    try:
        theirs = address.port or 0
    except ValueError:
        return found  # whoever is led there is told
    ours = str(theirs) in (str(port), os.environ.get("LOCAL_AWS_PORT")) or State.read(theirs) is not None
    return None if address.hostname in ("127.0.0.1", "localhost") and ours else found

"""One embedded AWS: makes its parts, connects them, and starts and stops them, in one process on one port."""

import asyncio
import errno
import gc
import os
import secrets
import socket
import time
from typing import Self

from local_aws.adapters.account_access import AccountAccess, keys_of
from local_aws.adapters.expiry import Expiry
from local_aws.adapters.function_catalog import FunctionCatalog
from local_aws.adapters.function_environment import FunctionEnvironment
from local_aws.adapters.log_writers import ApiLogs, FunctionLogs
from local_aws.adapters.role_sessions import RoleSessions
from local_aws.clock import Clock
from local_aws.control_plane import ControlPlane
from local_aws.daemon.background import birth
from local_aws.daemon.state import State, folder
from local_aws.daemon.upstream_proxy import upstream_proxy
from local_aws.errors import PortInUse
from local_aws.functions import ConcurrencyLimits, Functions, Invocation, Limits
from local_aws.gateway import Gateway, Observation
from local_aws.iam import Credentials, Guard, Keyring
from local_aws.net.http import Server, listen
from local_aws.net.tls import CertificateAuthority
from local_aws.patching import is_seen
from local_aws.server.admin import Admin
from local_aws.server.aws_api import AwsApi
from local_aws.server.router import Router
from local_aws.server.service_caller import ServiceCaller
from local_aws.settings import Settings

__all__ = ["Cloud"]

DISCONNECT_SECONDS = 3.0  # for the $disconnect handlers of clients that are sent away when it stops


class Cloud:
    """One embedded AWS: ``await Cloud.start(…)``, and ``close`` it when done. ``state`` says how to reach it."""

    @classmethod
    async def start(
        cls,
        *,
        port: int,
        region: str = "us-east-1",
        account_id: str = "123456789012",
        settings: Settings | None = None,
    ) -> Self:
        """Serve on ``port``, or on a free one for 0. Raises PortInUse, and DoesNotFit for a moto that has changed."""
        try:
            listener = listen(port)
        except OSError as error:
            if error.errno in (errno.EADDRINUSE, errno.EACCES):
                raise PortInUse(port) from None
            raise
        cloud = cls(listener, region=region, account_id=account_id, settings=settings or Settings())
        await cloud._server.start()
        if not is_seen("moto"):
            await cloud._control_plane.loaded()
        cloud.state.write()
        return cloud

    def __init__(self, listener: socket.socket, *, region: str, account_id: str, settings: Settings) -> None:
        port = listener.getsockname()[1]
        path = State.prepare(port)
        owner = Credentials.new()
        self.state = State(
            pid=os.getpid(),
            birth=birth(os.getpid()) or "",
            port=port,
            region=region,
            account_id=account_id,
            access_key_id=owner.access_key_id,
            secret_access_key=owner.secret_access_key,
            token=secrets.token_urlsafe(32),
            started=time.time(),
        )
        self._settings = settings
        self._clock = Clock()
        self._control_plane = ControlPlane(
            account_id=account_id,
            region=region,
            concurrent_executions=settings.concurrent_executions or ConcurrencyLimits().account,
        )
        keyring = Keyring(lambda key: keys_of(self._control_plane, key))
        keyring.add(owner)
        guard = Guard(keyring)
        self._access = AccountAccess(self._control_plane, guard, owner)
        self._sessions = RoleSessions(self._control_plane, keyring)
        api = AwsApi(self._access, self._control_plane, lambda: self._functions)
        self._caller = ServiceCaller(self._access, self._sessions, api)
        self._functions = self._new_functions()
        self._gateway = Gateway(
            deployed=self._control_plane.deployed,
            invoke=self._invoke,
            enqueue=self._enqueue,
            access=self._access,
            mappings=self._control_plane.domain_mappings,
            clock=self._clock,
            account_id=account_id,
            observation=Observation(
                ApiLogs(self._control_plane, self._access).write, self._control_plane.put_metric_data, self._clock
            ),
            call_service=self._caller.call_for_gateway,
        )
        admin = Admin(self.state, self._clock, lambda: len(self._gateway.connections), self._reset)
        self._router = Router(
            port=port,
            guard=guard,
            authority=CertificateAuthority(path),
            gateway=self._gateway,
            ask=api.answer,
            admin=admin.actions,
            token=self.state.token,
            proxy_password=self.state.proxy_password,
            upstream_proxy=upstream_proxy(port),
        )
        self._server = Server(self._router.answer, listener, own_user_only=True, allows=self._router.allows)
        self._expiry = Expiry(self._control_plane, self._clock)
        self._warming_up = asyncio.get_running_loop().create_task(self._warm_up())

    async def close(self) -> None:
        """Close all connections, end every sandbox, stop listening, and delete the state file."""
        self._warming_up.cancel()
        self._expiry.stop()
        await self._gateway.close(DISCONNECT_SECONDS)
        await self._functions.close()
        await self._router.close()
        await self._server.close()
        await self._control_plane.close()
        State.forget(self.state.port)

    async def _warm_up(self) -> None:
        """Prepare the control plane, for which people wait first, and then the functions."""
        await self._control_plane.warm_up()
        self._functions.warm_up()
        # Half a million objects of moto's stay for good: the garbage collector need not look at them again. The objects
        # of a message are freed without it, except for a few cycles.
        gc.freeze()
        gc.set_threshold(20_000, 10, 10)

    async def _reset(self) -> None:
        """Forget everything that was made in it; the process, its port, its keys and its time stay."""
        await self._gateway.close(DISCONNECT_SECONDS)
        await self._functions.close()
        self._functions = self._new_functions()
        self._functions.warm_up()
        await self._control_plane.reset()
        self._sessions.forget()

    def _new_functions(self) -> Functions:
        own = folder(self.state.port)
        sandboxes = own / "functions"
        sandboxes.mkdir(exist_ok=True)
        return Functions(
            FunctionCatalog(self._control_plane),
            FunctionLogs(self._control_plane, self._access),
            FunctionEnvironment(self._access, self._sessions, self.state.environment()).variables,
            region=self.state.region,
            account_id=self.state.account_id,
            clock=self._clock,
            put_metrics=self._control_plane.put_metric_data,
            send=self._caller.send_for_function,
            limits=_limits(self._settings),
            folder=sandboxes,
            hide=[own, *(file.parent for file in own.parent.glob("*/state.json") if file.parent != own)],
            keep=[own / "ca.pem", own / "bundle.pem"],
        )

    def _invoke(self, function: str, payload: bytes) -> asyncio.Task[Invocation]:
        return self._functions.begin(function, payload)

    def _enqueue(self, function: str, payload: bytes) -> None:
        self._functions.enqueue(function, payload)


def _limits(settings: Settings) -> Limits:
    usual = Limits()
    return Limits(
        sandboxes=settings.sandboxes or usual.sandboxes,
        wait=usual.wait if settings.sandbox_wait is None else float(settings.sandbox_wait),
    )

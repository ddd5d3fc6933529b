"""The gateway's entry point: it answers requests to an API's host and holds the open connections."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

from local_aws.clock import Clock, Timer
from local_aws.gateway import assumptions, events, handshake, limits, management
from local_aws.gateway.account import Access
from local_aws.gateway.config import domain_mappings
from local_aws.gateway.config.stage import Stage
from local_aws.gateway.connections import Connection, Connections
from local_aws.gateway.dispatcher import Dispatcher
from local_aws.gateway.events import Identity, Session
from local_aws.gateway.handshake import Accepted
from local_aws.gateway.integration.aws_services import CallService
from local_aws.gateway.integration.invoker import Enqueue, Invoke
from local_aws.gateway.observability.observers import Observation
from local_aws.gateway.throttle import Throttle
from local_aws.gateway.websocket import WebSocket
from local_aws.net.http import Connection as HttpConnection
from local_aws.net.http import Request, Response, Takeover

__all__ = ["Gateway"]

GOING_AWAY = (1001, "Going away")  # spec 147, 148


class Gateway:
    """Serves every deployed WebSocket API.

    ``deployed(api_id, stage)`` returns the deployed snapshot in the control plane's JSON, the same object until it
    changes; None if there is none. ``invoke`` runs a function and waits for it, ``enqueue`` queues an asynchronous
    invocation. ``access`` knows keys, callers and permissions. ``mappings(host)`` returns the API mappings of a custom
    domain name (mapping key → (API id, stage)); None if the host is none. ``observation`` records requests.
    ``call_service`` calls the APIs of services other than Lambda, for ``AWS`` integrations.
    """

    def __init__(
        self,
        *,
        deployed: Callable[[str, str], Mapping[str, Any] | None],
        invoke: Invoke,
        access: Access,
        mappings: Callable[[str], Mapping[str, tuple[str, str]] | None],
        clock: Clock,
        account_id: str,
        observation: Observation,
        call_service: CallService | None = None,
        enqueue: Enqueue | None = None,
    ) -> None:
        self.connections = Connections()
        self._deployed = deployed
        self._access = access
        self._mappings = mappings
        self._throttle = Throttle(clock)
        self._clock = clock
        self._account_id = account_id
        self._observation = observation
        self._dispatch = Dispatcher(
            invoke,
            clock,
            observation.observers,
            access=access,
            throttle=self._throttle,
            call_service=call_service,
            enqueue=enqueue,
        )
        self._stages: dict[tuple[str, str], tuple[Mapping[str, Any], Stage]] = {}
        self._timers: dict[Connection, Timer] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def serves(self, host: str) -> bool:
        """Whether a host is a custom domain name (spec 259)."""
        return self._mappings(host) is not None

    async def answer(self, request: Request, api_id: str | None) -> Response | Takeover:
        """Answer any request to the host of ``api_id``, or to a custom domain name if that is None."""
        stage, rest = self._find_stage(request, api_id)
        if management.is_connections_path(rest):
            return self._manage(request, stage, rest)
        if stage is None:
            return handshake.forbidden(assumptions.UNKNOWN_STAGE_STATUS)
        if rest:
            refused: Response | None = handshake.forbidden(assumptions.EXTRA_PATH_STATUS)
        elif not handshake.is_upgrade(request):
            refused = handshake.needs_upgrade()
        else:
            refused = handshake.malformed(request)
        session = self._new_session(request, stage)
        if refused is not None:
            self._dispatch.refused(session, refused.status)
            return refused
        return await self._connect(request, session)

    async def close(self, seconds: float) -> None:
        """Close every connection, wait at most ``seconds`` for ``$disconnect`` handlers, and write logs and metrics."""
        for connection in self.connections.all():
            connection.socket.close(*GOING_AWAY)
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=seconds)
        await self._dispatch.close()
        self._observation.flush()

    def _stage(self, api_id: str, name: str) -> Stage | None:
        deployed = self._deployed(api_id, name)
        if deployed is None:
            self._stages.pop((api_id, name), None)
            return None
        known = self._stages.get((api_id, name))
        if known is None or known[0] is not deployed:
            known = self._stages[api_id, name] = (
                deployed,
                Stage.parse(deployed, account_id=self._account_id),
            )
        return known[1]

    def _find_stage(self, request: Request, api_id: str | None) -> tuple[Stage | None, str]:
        """Return the stage of a request (None if there is none) and the rest of its path."""
        path = unquote(request.path).removeprefix("/")
        if api_id is not None:
            name, _, rest = path.partition("/")
            stage = self._stage(api_id, name) if name else None
            return (None if stage is None or stage.endpoint_disabled else stage), rest  # spec 24
        mapped, rest = domain_mappings.find_mapping(self._mappings(request.host) or {}, path)
        return (self._stage(*mapped) if mapped is not None else None), rest

    def _manage(self, request: Request, stage: Stage | None, rest: str) -> Response:
        if stage is None:
            return handshake.forbidden(assumptions.UNKNOWN_STAGE_STATUS)
        resource = events.api_arn(stage, f"{stage.name}/{request.method}/@connections/{rest.rpartition('/')[2]}")
        refused = self._access.refusal(request, stage, "execute-api:ManageConnections", resource)
        if refused is not None:
            return refused
        if not self._throttle.calls(stage.region):
            return management.too_many()
        response = management.manage(request, stage, rest, self.connections, self._clock.now_ms())
        if request.method == "POST" and response.status == 200:
            self._observation.pushed(stage)
        return response

    def _new_session(self, request: Request, stage: Stage) -> Session:
        return Session(
            stage=stage,
            connection_id=events.new_connection_id(),
            connected_at=self._clock.now_ms(),
            domain_name=request.host,
            identity=Identity(request.client[0], request.headers.get("user-agent")),
        )

    async def _connect(self, request: Request, session: Session) -> Response | Takeover:
        decision = await self._dispatch.connect(request, session)
        if isinstance(decision, Response):
            return decision
        return Takeover(lambda http, tail: self._open(http, tail, request, decision))

    def _open(self, http: HttpConnection, tail: bytes, request: Request, accepted: Accepted) -> None:
        transport = http.detach()
        session = accepted.session
        if transport is None:  # the client left while $connect was deciding
            self._spawn(self._dispatch.disconnect(session, *assumptions.LOST))
            return
        socket = WebSocket(
            transport,
            on_message=lambda text: self._receive(connection, socket, text),
            on_close=lambda code, reason: self._closed(connection, code, reason),
        )
        connection = Connection(session, socket, self._clock.now_ms())
        transport.set_protocol(socket)
        self.connections.add(connection)
        self._watch(connection)
        transport.write(handshake.switching(request, accepted.subprotocol))
        if tail:
            socket.data_received(tail)

    def _receive(self, connection: Connection, socket: WebSocket, text: str) -> None:
        connection.last_active_at = self._clock.now_ms()
        stage = self._stage(connection.session.stage.api_id, connection.session.stage.name)
        if stage is None:
            socket.close(*assumptions.STAGE_GONE)
            return
        if stage is not connection.session.stage:  # redeployed: the connection stays, the routes are new (spec 158)
            connection.session = replace(connection.session, stage=stage)
        connection.in_flight += 1
        if connection.in_flight == limits.MESSAGES_IN_FLIGHT:
            socket.pause()
        task = self._spawn(self._dispatch.message(connection, text))
        task.add_done_callback(lambda _: self._handled(connection, socket))

    def _handled(self, connection: Connection, socket: WebSocket) -> None:
        connection.in_flight -= 1
        if connection.in_flight == limits.MESSAGES_IN_FLIGHT - 1:
            socket.resume()

    def _closed(self, connection: Connection, code: int, reason: str) -> None:
        self.connections.remove(connection)
        timer = self._timers.pop(connection, None)
        if timer is not None:
            timer.cancel()
        stage = self._stage(connection.session.stage.api_id, connection.session.stage.name)
        if stage is not None:
            self._spawn(self._dispatch.disconnect(replace(connection.session, stage=stage), code, reason))

    def _watch(self, connection: Connection) -> None:
        """Close the connection at its deadline; until then, a timer looks again at the earliest possible time."""
        if self._clock.now() >= connection.deadline():
            connection.socket.close(*GOING_AWAY)
        else:
            self._timers[connection] = self._clock.call_at(connection.deadline(), lambda: self._watch(connection))

    def _spawn(self, work: Any) -> asyncio.Task[None]:
        task: asyncio.Task[None] = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

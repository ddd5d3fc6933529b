"""From an event of a connection to its integration and back: connect, message, disconnect."""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any

from local_aws.clock import Clock
from local_aws.errors import LocalAwsError
from local_aws.functions import Invocation
from local_aws.gateway import authorizers, events, handshake, limits, routes, unsettled
from local_aws.gateway.api import Integration, Route, Stage
from local_aws.gateway.connections import Connection
from local_aws.gateway.events import Session
from local_aws.gateway.handshake import Accepted
from local_aws.gateway.integrations import function_arn, proxy_response
from local_aws.http import Request, Response

__all__ = ["Dispatch", "Invoke"]

Invoke = Callable[[str, bytes], Awaitable[Invocation]]
"""Runs a function, named by its ARN, with a payload."""

log = logging.getLogger(__name__)


class Failed(Exception):
    """The integration gave no result; ``status`` is what an upgrade is refused with (spec 8, 10, 14)."""

    def __init__(self, status: int, message: str = "Internal server error") -> None:
        super().__init__(message)
        self.status = status
        self.message = message


class Dispatch:
    """Asks integrations. Holds no connection and no socket; safe to use for many at once."""

    def __init__(self, invoke: Invoke, clock: Clock) -> None:
        self._invoke = invoke
        self._clock = clock
        self._running: set[asyncio.Future[Invocation]] = set()

    async def connect(self, request: Request, session: Session) -> Accepted | Response:
        """Ask the authorizer, then ``$connect``; without such a route everybody is let in (spec 4, 5)."""
        route = session.stage.routes.get("$connect")
        request_id = events.new_request_id()
        if route is None or route.integration is None:
            return Accepted(session)
        headers = events.connect_headers(request, handshake.new_trace_id())
        if route.api_key_required or route.authorization_type not in ("NONE", "CUSTOM"):
            # Not verified yet, so never let in: an open door here would be kinder than AWS.
            return handshake.refused(403, session, request_id)
        if route.authorization_type == "CUSTOM":
            authorized = await self._authorize(route, request, session, headers, request_id)
            if isinstance(authorized, Response):
                return authorized
            session = authorized
        event = events.connect_event(session, request, headers, request_id, self._clock.now_ms())
        try:
            result = await self._ask(route.integration, session.stage, event)
        except Failed as failure:
            return handshake.refused(failure.status, session, request_id, failure.message)
        return handshake.outcome(proxy_response(result), session, request_id)

    async def message(self, connection: Connection, body: str) -> None:
        """One text message of a client, to its route; what the client must be told is sent to it."""
        session = connection.session
        request_id = events.new_request_id()
        route = routes.choose(session.stage.route_selection_expression, session.stage.routes, body)
        if route is None or route.integration is None:
            connection.socket.send_text(events.error_frame("Forbidden", connection.id, request_id))
            return
        message_id = events.new_message_id(connection.id)
        event = events.message_event(session, route.key, body, message_id, request_id, self._clock.now_ms())
        try:
            result = await self._ask(route.integration, session.stage, event)
        except Failed as failure:
            connection.socket.send_text(events.error_frame(failure.message, connection.id, request_id))
            return
        if not route.answers:  # one-way: whatever came back is dropped (spec 105, 106)
            return
        response = proxy_response(result)
        if response is not None and response.body is not None:
            connection.socket.send_text(response.body.encode())
            connection.last_active_at = self._clock.now_ms()

    async def disconnect(self, session: Session, code: int, reason: str) -> None:
        """Tell ``$disconnect`` how the connection ended; its result is nobody's business (spec 138, 139)."""
        route = session.stage.routes.get("$disconnect")
        if route is None or route.integration is None:
            return
        event = events.disconnect_event(session, code, reason, events.new_request_id(), self._clock.now_ms())
        try:
            await self._ask(route.integration, session.stage, event)
        except Failed as failure:
            log.info("$disconnect of %s failed: %s", session.connection_id, failure)

    async def _authorize(
        self,
        route: Route,
        request: Request,
        session: Session,
        headers: list[tuple[str, str]],
        request_id: str,
    ) -> Session | Response:
        authorizer = route.authorizer
        if authorizer is None:
            return handshake.refused(500, session, request_id)
        if not authorizers.has_identity(authorizer, request, session.stage):
            return handshake.refused(401, session, request_id)
        event = events.authorizer_event(session, request, headers, request_id, self._clock.now_ms())
        arn = function_arn(authorizer.uri, session.stage.variables)
        if arn is None:
            return handshake.refused(500, session, request_id)
        try:
            invocation = await self._run(arn, event, limits.INTEGRATION_SECONDS)
        except Failed:
            return handshake.refused(500, session, request_id)
        if invocation.function_error:
            status = 401 if _error_message(invocation.payload) == "Unauthorized" else 500  # spec 19, 20
            return handshake.refused(status, session, request_id)
        decision = authorizers.verdict(invocation.payload, events.method_arn(session.stage, "$connect"))
        if isinstance(decision, authorizers.Denied):
            return handshake.refused(403, session, request_id, decision.message)
        if isinstance(decision, authorizers.Unusable):
            return handshake.refused(500, session, request_id)
        return replace(session, authorizer=decision.context)

    async def _ask(self, integration: Integration, stage: Stage, event: Mapping[str, Any]) -> bytes:
        """The integration's result. Raises Failed."""
        arn = function_arn(integration.uri, stage.variables)
        if integration.type != "AWS_PROXY" or arn is None:
            log.error("integration %s of API %s cannot be run: %s", integration.id, stage.api_id, integration.type)
            raise Failed(500)
        invocation = await self._run(arn, event, integration.timeout)
        if invocation.function_error:
            raise Failed(502)
        return invocation.payload

    async def _run(self, arn: str, event: Mapping[str, Any], seconds: float) -> Invocation:
        """One invocation. When the gateway waits no longer, the function goes on all the same (spec 111)."""
        payload = json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()
        running = asyncio.ensure_future(self._invoke(arn, payload))
        self._running.add(running)
        running.add_done_callback(self._finished)
        try:
            return await asyncio.wait_for(asyncio.shield(running), seconds)
        except TimeoutError:
            raise Failed(unsettled.TIMEOUT_CONNECT_STATUS, unsettled.TIMEOUT_MESSAGE) from None
        except LocalAwsError as error:
            log.error("%s could not be invoked: %s", arn, error)
            raise Failed(500) from None

    def _finished(self, running: asyncio.Future[Invocation]) -> None:
        self._running.discard(running)
        if not running.cancelled():
            running.exception()  # seen, so that asyncio does not report it a second time


def _error_message(payload: bytes) -> object:
    try:
        error = json.loads(payload)
    except ValueError:
        return None
    return error.get("errorMessage") if isinstance(error, dict) else None

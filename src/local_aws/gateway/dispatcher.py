"""The steps of one request of a connection: connect, message, disconnect. Each request fills a ``RequestTrace``."""

import asyncio
import logging
from collections.abc import Callable
from http import HTTPStatus

from local_aws.clock import Clock
from local_aws.gateway import assumptions, events, handshake, routes
from local_aws.gateway.account import CLOSED, Access
from local_aws.gateway.authorization.admission import Admission
from local_aws.gateway.connections import Connection
from local_aws.gateway.events import Session
from local_aws.gateway.handshake import Accepted
from local_aws.gateway.integration import models
from local_aws.gateway.integration.aws_services import CallService
from local_aws.gateway.integration.invoker import Enqueue, Failed, Invoke, Invoker
from local_aws.gateway.request_trace import RequestTrace
from local_aws.gateway.throttle import Throttle
from local_aws.net.http import Request, Response

__all__ = ["Dispatcher", "Observer"]

Observer = Callable[[RequestTrace], None]
"""Gets the trace of every request that has been answered: access logs, execution logs, metrics."""

log = logging.getLogger(__name__)


class Dispatcher:
    """Takes requests through their steps. Holds no connection and no socket; safe to use for many requests at once."""

    def __init__(
        self,
        invoke: Invoke,
        clock: Clock,
        observers: tuple[Observer, ...] = (),
        *,
        access: Access = CLOSED,
        throttle: Throttle | None = None,
        call_service: CallService | None = None,
        enqueue: Enqueue | None = None,
    ) -> None:
        self._clock = clock
        self._observers = observers
        self._throttle = throttle or Throttle(clock)
        self._backend = Invoker(invoke, access, call_service, enqueue=enqueue)
        self._admission = Admission(self._backend, access, self._throttle)

    async def connect(self, request: Request, session: Session) -> Accepted | Response:
        """Authorize the client, then ask ``$connect``; an API without that route accepts everybody (spec 4, 5)."""
        trace = self._new_trace(session, "CONNECT", "$connect")
        try:
            try:
                decision = await self._connect(request, session, trace)
            except Exception:  # every request gets an answer
                log.exception("The handshake of %s could not be answered", session.connection_id)
                trace.failed(500, handshake.message_of(500))
                decision = handshake.refused(500, session, trace.request_id)
            trace.status = decision.status if isinstance(decision, Response) else 200
            return decision
        finally:
            self._finished(trace)

    async def close(self) -> None:
        """Close the idle connections to HTTP endpoints."""
        await self._backend.close()

    def refused(self, session: Session, status: int) -> None:
        """Record a request to a stage that was refused because it is no handshake (spec 256)."""
        trace = self._new_trace(session, "CONNECT", "$connect")
        trace.failed(status, HTTPStatus(status).phrase)
        self._finished(trace)

    async def message(self, connection: Connection, body: str) -> None:
        """Handle one text message: call its route's integration, and send the client its reply or an error frame."""
        session = connection.session
        trace = self._new_trace(
            session, "MESSAGE", "$default", body=body, message_id=events.new_message_id(connection.id)
        )
        try:
            try:
                frame = trace.sent = await self._message(session, trace)
            except Exception:
                log.exception("A message of %s could not be handled", connection.id)
                trace.failed(500, handshake.message_of(500))
                frame = trace.sent = events.error_frame(handshake.message_of(500), connection.id, trace.request_id)
            if frame is not None:
                connection.socket.send_text(frame)
                connection.last_active_at = self._clock.now_ms()
        finally:
            self._finished(trace)

    async def disconnect(self, session: Session, code: int, reason: str) -> None:
        """Tell ``$disconnect`` how the connection ended; its result is ignored (spec 138, 139)."""
        trace = self._new_trace(session, "DISCONNECT", "$disconnect", disconnect=(code, reason))
        route = session.stage.routes.get("$disconnect")
        try:
            if route is not None and route.integration is not None:
                event = events.disconnect_event(session, code, reason, trace.request_id, trace.started_at)
                await self._backend.ask(route.integration, session.stage, event, trace)
        except Failed as failure:
            log.info("$disconnect of %s failed: %s", session.connection_id, failure)
        except Exception:
            log.exception("The end of %s could not be handled", session.connection_id)
        finally:
            self._finished(trace)

    async def _connect(self, request: Request, session: Session, trace: RequestTrace) -> Accepted | Response:
        throttled = self._admission.throttled(session, trace)
        if throttled is not None:
            return throttled
        route = session.stage.routes.get("$connect")
        if route is None:
            return Accepted(session)
        headers = events.connect_headers(request, handshake.new_trace_id())
        admitted = await self._admission.admit(route, request, session, headers, trace)
        if isinstance(admitted, Response):
            return admitted
        if route.integration is None:
            return Accepted(admitted)
        event = events.connect_event(admitted, request, headers, trace.request_id, trace.started_at)
        try:
            answer = await self._backend.ask(route.integration, session.stage, event, trace)
        except Failed as failure:
            return handshake.refused(failure.status, session, trace.request_id, failure.message)
        return handshake.outcome(answer, admitted, trace.request_id)

    async def _message(self, session: Session, trace: RequestTrace) -> bytes | None:
        """The frame to send to the client, or None."""
        body = trace.body or ""
        route = routes.choose(session.stage.route_selection_expression, session.stage.routes, body)
        if not self._throttle.messages(session.stage, assumptions.throttle_key(route.key if route else None)):
            trace.failed(assumptions.THROTTLED_STATUS, assumptions.THROTTLED_MESSAGE, "THROTTLED")
            return events.error_frame(assumptions.THROTTLED_MESSAGE, session.connection_id, trace.request_id)
        if route is None or route.integration is None:
            trace.failed(403, "Forbidden")
            return events.error_frame("Forbidden", session.connection_id, trace.request_id)
        trace.route_key = route.key
        message_id = trace.message_id or ""
        invalid = (
            await asyncio.to_thread(models.validation_error, route, body) if route.model_selection_expression else None
        )
        if invalid is not None:
            trace.validation_error = invalid
            trace.failed(400, "Bad request body", "BAD_REQUEST_BODY")
            return assumptions.invalid_body_frame(session.connection_id, message_id)
        event = events.message_event(session, route.key, body, message_id, trace.request_id, trace.started_at)
        try:
            answer = await self._backend.ask(route.integration, session.stage, event, trace)
        except Failed as failure:
            return events.error_frame(failure.message, session.connection_id, trace.request_id)
        trace.status = answer.status or trace.status
        if not route.answers or answer.body is None:  # one-way: the answer is dropped (spec 105, 106)
            return None
        return answer.body.encode()

    def _new_trace(
        self,
        session: Session,
        event_type: str,
        route_key: str,
        *,
        body: str | None = None,
        message_id: str | None = None,
        disconnect: tuple[int, str] | None = None,
    ) -> RequestTrace:
        return RequestTrace(
            session,
            events.new_request_id(),
            event_type,
            route_key,
            self._clock.now_ms(),
            message_id=message_id,
            body=body,
            disconnect=disconnect,
        )

    def _finished(self, trace: RequestTrace) -> None:
        for observer in self._observers:
            try:
                observer(trace)
            except Exception:  # an observer that fails must not break the request
                log.exception("request %s could not be recorded", trace.request_id)

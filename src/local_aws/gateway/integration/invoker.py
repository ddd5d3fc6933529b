"""Calls integrations (functions, HTTP endpoints, AWS services), each within its timeout."""

import asyncio
import json
import logging
import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any

from local_aws.errors import LocalAwsError
from local_aws.functions import Invocation, Throttled
from local_aws.gateway import assumptions, events, limits
from local_aws.gateway.account import CLOSED, Access
from local_aws.gateway.config.stage import Authorizer, Integration, Stage
from local_aws.gateway.integration.aws_services import CallService, service_call
from local_aws.gateway.integration.http_endpoints import Endpoints
from local_aws.gateway.integration.mapping import (
    Answer,
    Failed,
    IntegrationRequest,
    Reply,
    answer_of,
    call_of,
    filled,
    function_arn,
    function_reply,
    mock_reply,
    payload_of,
    proxy_event,
    proxy_response,
)
from local_aws.gateway.request_trace import RequestTrace

__all__ = ["Enqueue", "Failed", "Invoke", "Invoker"]

Invoke = Callable[[str, bytes], Awaitable[Invocation]]
"""Runs the function with this ARN on a payload."""

Enqueue = Callable[[str, bytes], object]
"""Queues an asynchronous invocation: (function ARN, payload). Raises LocalAwsError if it cannot be queued."""

log = logging.getLogger(__name__)


class Invoker:
    """Calls integrations. Safe to use for many requests at once.

    ``enqueue`` queues asynchronous invocations, ``call_service`` calls the APIs of services other than Lambda. Without
    one of these, the integrations that need it fail.
    """

    def __init__(
        self,
        invoke: Invoke,
        access: Access = CLOSED,
        call_service: CallService | None = None,
        endpoints: Endpoints | None = None,
        *,
        enqueue: Enqueue | None = None,
    ) -> None:
        self._invoke = invoke
        self._access = access
        self._call_service = call_service
        self._enqueue = enqueue
        self._endpoints = endpoints or Endpoints()
        self._running: set[asyncio.Future[Invocation]] = set()

    async def ask(
        self, integration: Integration, stage: Stage, event: Mapping[str, Any], trace: RequestTrace
    ) -> Answer:
        """Call the integration, record the call in ``trace``, and return the answer. Raises Failed."""
        asked_at = time.perf_counter()
        trace.integration_type = integration.type
        try:
            return await self._ask(integration, stage, event, trace)
        except Failed as failure:
            log.info("integration %s of API %s failed: %s", integration.id, stage.api_id, failure)
            trace.integration_error = str(failure)
            trace.failed(failure.status, failure.message)
            raise
        finally:
            if integration.type != "MOCK":  # a MOCK has no latency (spec 257)
                trace.integration_latency = round((time.perf_counter() - asked_at) * 1000)

    async def close(self) -> None:
        """Close idle connections to HTTP endpoints."""
        await self._endpoints.close()

    async def _ask(
        self, integration: Integration, stage: Stage, event: Mapping[str, Any], trace: RequestTrace
    ) -> Answer:
        arn = function_arn(integration.uri, stage.variables)
        if integration.type == "AWS_PROXY":
            if arn is None:
                raise Failed(500, note=f"the integration URI {integration.uri} names no function")
            sent = _encoded(proxy_event(integration, event))
            invocation = await self._run_for(integration, arn, sent, stage, trace)
            if invocation.function_error:
                raise Failed(502, note=_customer_error(invocation.payload))
            answer = proxy_response(invocation.payload)
            trace.integration_status = answer.status
            return answer
        payload = payload_of(event, stage, trace)
        call = call_of(integration, stage, payload)
        if integration.type == "AWS" and arn is not None:
            reply = await self._function(integration, arn, call, stage, trace)
        elif integration.type == "MOCK":
            reply = mock_reply(call)
        else:
            trace.integration_request = call.body
            reply = await self._within(integration.timeout, self._elsewhere(integration, call))
        trace.integration_status, trace.integration_response = reply.status, reply.body
        trace.integration_error = reply.error
        return answer_of(integration, reply, payload)

    async def _function(
        self, integration: Integration, arn: str, call: IntegrationRequest, stage: Stage, trace: RequestTrace
    ) -> Reply:
        """Call a function behind an ``AWS`` integration, by the rules of Lambda's Invoke operation (spec 136)."""
        try:
            json.loads(call.body or b"{}")
        except ValueError as error:
            note = f"Lambda invocation failed with status: 400. Could not parse request body into json: {error}"
            raise Failed(500, note=note) from None
        kind = call.header("x-amz-invocation-type") or "RequestResponse"
        if kind == "RequestResponse":
            invocation = await self._run_for(integration, arn, call.body or b"{}", stage, trace)
            return function_reply(invocation.payload, failed=invocation.function_error is not None)
        if kind not in ("Event", "DryRun"):
            raise Failed(500, note=f"Lambda invocation failed with status: 400. Invalid invocation type: {kind}")
        trace.integration_request = call.body
        self._check(arn, events.method_arn(stage, trace.route_key), trace, _role(integration.credentials, stage))
        if kind == "Event":
            if self._enqueue is None:
                raise Failed(500, note="nothing here takes asynchronous invocations")
            try:
                self._enqueue(arn, call.body or b"{}")
            except LocalAwsError as error:  # the function does not exist
                raise Failed(500, note=str(error)) from None
        trace.integration_endpoint_status = 202 if kind == "Event" else 204
        return Reply(trace.integration_endpoint_status)

    async def _run_for(
        self, integration: Integration, arn: str, sent: bytes, stage: Stage, trace: RequestTrace
    ) -> Invocation:
        trace.integration_request = sent
        source_arn, role = events.method_arn(stage, trace.route_key), _role(integration.credentials, stage)
        invocation = await self._run(arn, sent, integration.timeout, source_arn, trace, role)
        trace.integration_endpoint_status, trace.integration_request_id = 200, invocation.request_id
        trace.integration_response = invocation.payload
        return invocation

    async def _elsewhere(self, integration: Integration, call: IntegrationRequest) -> Reply:
        if integration.type in ("HTTP", "HTTP_PROXY"):
            return await self._endpoints.call(call)
        if integration.type != "AWS":
            raise Failed(500, note=f"there is no integration type {integration.type}")
        if self._call_service is None:
            raise Failed(500, note=f"nothing here answers {call.uri}")
        return await self._call_service(await asyncio.to_thread(service_call, call))

    async def _within(self, seconds: float, work: Coroutine[Any, Any, Reply]) -> Reply:
        try:
            return await asyncio.wait_for(work, seconds)
        except TimeoutError:
            raise Failed(assumptions.TIMEOUT_CONNECT_STATUS, assumptions.TIMEOUT_MESSAGE) from None

    async def authorize(
        self, authorizer: Authorizer, arn: str, event: Mapping[str, Any], trace: RequestTrace
    ) -> Invocation:
        """Invoke an authorizer's function. Raises Failed.

        As for every function, its own policy must allow API Gateway to invoke it for this source (spec 10, 263), or
        the authorizer's role must. If the gateway stops waiting, the function runs on (spec 111).
        """
        stage = trace.session.stage
        source_arn, role = events.api_arn(stage, f"authorizers/{authorizer.id}"), _role(authorizer.credentials, stage)
        return await self._run(arn, _encoded(event), limits.INTEGRATION_SECONDS, source_arn, trace, role)

    async def _run(
        self, arn: str, payload: bytes, seconds: float, source_arn: str, trace: RequestTrace, role: str | None
    ) -> Invocation:
        self._check(arn, source_arn, trace, role)
        try:
            running = self._start(arn, payload)
            await asyncio.wait({running}, timeout=seconds)  # does not cancel it
            if running.done():
                return running.result()
        except Throttled:
            trace.integration_endpoint_status = 429
            note = "Lambda invocation failed with status: 429. Rate Exceeded."
            raise Failed(*assumptions.THROTTLED_FUNCTION, note=note) from None
        except LocalAwsError as error:
            log.error("%s could not be invoked: %s", arn, error)
            raise Failed(500, note=str(error)) from None
        raise Failed(assumptions.TIMEOUT_CONNECT_STATUS, assumptions.TIMEOUT_MESSAGE)

    def _check(self, arn: str, source_arn: str, trace: RequestTrace, role: str | None) -> None:
        if not self._access.may_invoke(arn, source_arn, role):
            log.error("%s may not be invoked for %s: %s does not allow it", arn, source_arn, role or "its policy")
            trace.notes.append("Execution failed due to configuration error: Invalid permissions on Lambda function")
            raise Failed(500)

    def _start(self, arn: str, payload: bytes) -> asyncio.Future[Invocation]:
        running = asyncio.ensure_future(self._invoke(arn, payload))
        self._running.add(running)
        running.add_done_callback(self._finished)
        return running

    def _finished(self, running: asyncio.Future[Invocation]) -> None:
        self._running.discard(running)
        if not running.cancelled():
            running.exception()  # retrieved, so that asyncio does not report it a second time


def _role(credentials: str | None, stage: Stage) -> str | None:
    """The ARN of the role to take, with stage variables filled in (spec 252)."""
    return filled(credentials, stage.variables) if credentials else None


def _encoded(event: Mapping[str, Any]) -> bytes:
    return json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()


def _customer_error(payload: bytes) -> str:
    error = function_reply(payload, failed=True).error
    return f"Lambda execution failed with status 200 due to customer function error: {error}"

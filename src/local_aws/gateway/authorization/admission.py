"""Who may connect: what ``$connect`` requires before its integration is called (spec 17–20, 26, 205–228)."""

import json
import re
import time
from collections.abc import Sequence
from dataclasses import replace

from local_aws.gateway import assumptions, events, handshake
from local_aws.gateway.account import Access, ApiKey, NotSigned
from local_aws.gateway.authorization import authorizers
from local_aws.gateway.config.stage import Route
from local_aws.gateway.events import Session
from local_aws.gateway.integration.invoker import Failed, Invoker
from local_aws.gateway.integration.mapping import function_arn
from local_aws.gateway.request_trace import RequestTrace, StepOutcome
from local_aws.gateway.throttle import Throttle
from local_aws.net.http import Request, Response

__all__ = ["Admission"]


class Admission:
    """Calls authorizers, verifies signatures and checks API keys. Holds no state."""

    def __init__(self, backend: Invoker, access: Access, throttle: Throttle) -> None:
        self._backend = backend
        self._access = access
        self._throttle = throttle

    def throttled(self, session: Session, trace: RequestTrace) -> Response | None:
        """The refusal if there are too many new connections or requests (spec 26), else None."""
        return None if self._throttle.connects(session.stage) else self._too_many(session, trace)

    async def admit(
        self, route: Route, request: Request, session: Session, headers: Sequence[tuple[str, str]], trace: RequestTrace
    ) -> Session | Response:
        """Return the authorized session, or the refusal. The authorizer comes first, since it may name the API key."""
        admitted: Session | Response
        key = _key_in_header(request, session.stage.api_key_source)
        if route.authorization_type == "CUSTOM":
            outcome = await self._authorize(route, request, session, headers, trace)
            if isinstance(outcome, Response):
                trace.authorizer_status = outcome.status
                return outcome
            admitted, usage_key = outcome
            if session.stage.api_key_source == "$context.authorizer.usageIdentifierKey":
                key = usage_key
        elif route.authorization_type == "AWS_IAM":
            admitted = self._identify(request, session, trace)
        else:
            admitted = session
        if route.api_key_required and not isinstance(admitted, Response):
            return self._with_key(key, admitted, trace)
        return admitted

    async def _authorize(
        self, route: Route, request: Request, session: Session, headers: Sequence[tuple[str, str]], trace: RequestTrace
    ) -> tuple[Session, str | None] | Response:
        """Return the session with the authorizer's context and the API key that it names, or the refusal."""
        authorizer = route.authorizer
        arn = function_arn(authorizer.uri, session.stage.variables) if authorizer is not None else None
        if authorizer is None or arn is None:
            return self._refuse(500, session, trace)
        if not authorizers.has_identity(authorizer, request, session.stage):
            return self._refuse(401, session, trace)
        event = events.authorizer_event(session, request, headers, trace.request_id, trace.started_at)
        asked_at = time.perf_counter()
        try:
            invocation = await self._backend.authorize(authorizer, arn, event, trace)
            trace.authorizer_request_id = invocation.request_id
        except Failed as failure:
            trace.authorizer_error = str(failure)
            return self._refuse(500, session, trace)
        finally:
            trace.authorizer_latency = round((time.perf_counter() - asked_at) * 1000)
        if invocation.function_error:
            # The documented way for an authorizer to cause a 401 is to fail with exactly this message (spec 19)
            trace.authorizer_error = str(_error_message(invocation.payload))
            return self._refuse(401 if trace.authorizer_error == "Unauthorized" else 500, session, trace)
        decision = authorizers.verdict(
            invocation.payload, events.method_arn(session.stage, "$connect"), session.identity.source_ip
        )
        if isinstance(decision, authorizers.Denied):
            return self._refuse(403, session, trace, decision.message)
        if isinstance(decision, authorizers.Unusable):
            return self._refuse(500, session, trace)
        trace.authorizer_status = 200
        context = assumptions.authorizer_context(decision.context, trace.authorizer_latency)
        trace.session = replace(session, authorizer=context)
        return trace.session, decision.usage_key

    def _identify(self, request: Request, session: Session, trace: RequestTrace) -> Session | Response:
        """Return the session with the identity that signed the handshake (spec 222–224), or the refusal."""
        resource = events.method_arn(session.stage, "$connect")
        caller = self._access.caller(request, session.stage.region)
        if isinstance(caller, NotSigned):
            trace.authenticate = StepOutcome(403, error=caller.message)
            return self._refuse(403, session, trace, caller.message)
        trace.authenticate = StepOutcome(200)
        if not self._access.may(caller, request, "execute-api:Invoke", resource):
            shown = resource.replace(session.stage.account_id, session.stage.masked_account_id)
            message = f"User: {caller.arn} is not authorized to perform: execute-api:Invoke on resource: {shown}"
            trace.authorize = StepOutcome(403, error=message)
            return self._refuse(403, session, trace, message)
        trace.authorize = StepOutcome(200)
        return self._known(
            session,
            trace,
            accountId=caller.account_id,
            caller=caller.user_id,
            user=caller.user_id,
            userArn=caller.arn,
        )

    def _with_key(self, value: str | None, session: Session, trace: RequestTrace) -> Session | Response:
        """Return the session with its API key (spec 225, 226), or the refusal."""
        key: ApiKey | None = self._access.api_key(value, session.stage) if value else None
        if key is None:
            return self._refuse(assumptions.API_KEY_STATUS, session, trace, assumptions.API_KEY_MESSAGE)
        if key.throttle is not None and not self._throttle.uses(key.plan_id, key.id, *key.throttle):
            return self._too_many(session, trace)
        return self._known(session, trace, apiKey=key.value, apiKeyId=key.id)

    def _known(self, session: Session, trace: RequestTrace, **more: str) -> Session:
        identity = replace(session.identity, known={**session.identity.known, **more})
        trace.session = replace(session, identity=identity)
        return trace.session

    def _too_many(self, session: Session, trace: RequestTrace) -> Response:
        trace.failed(429, handshake.message_of(429), "THROTTLED")
        return handshake.refused(429, session, trace.request_id)

    def _refuse(self, status: int, session: Session, trace: RequestTrace, message: str | None = None) -> Response:
        trace.failed(status, message or handshake.message_of(status), "ACCESS_DENIED" if status == 403 else None)
        return handshake.refused(status, session, trace.request_id, message)


def _key_in_header(request: Request, source: str) -> str | None:
    """The API key in the header that ``apiKeySelectionExpression`` names, or None."""
    match = re.fullmatch(r"\$request\.header\.(.+)", source)
    return request.headers.get(match[1]) if match else None


def _error_message(payload: bytes) -> object:
    try:
        error = json.loads(payload)
    except ValueError:
        return None
    return error.get("errorMessage") if isinstance(error, dict) else None

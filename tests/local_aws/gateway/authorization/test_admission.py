"""Who may connect, without a socket and without an account."""

import asyncio
import json
from dataclasses import replace

import pytest

from local_aws.clock import Clock
from local_aws.functions import Invocation
from local_aws.gateway.account import Access, ApiKey, Caller, NotSigned
from local_aws.gateway.config.settings import StageSettings
from local_aws.gateway.config.stage import Authorizer, Integration, Route, Stage
from local_aws.gateway.dispatcher import Dispatcher
from local_aws.gateway.events import Identity, Session
from local_aws.gateway.handshake import Accepted
from local_aws.gateway.request_trace import RequestTrace
from local_aws.net.http import Headers, Request, Response

URI = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:1:function:{}/invocations"
HANDLER = Integration("f", "AWS_PROXY", URI.format("f"))
KEY = ApiKey("id", "the-key", "plan")
ME = Caller("arn:aws:sts::123456789012:assumed-role/r/s", "AROA:s", "123456789012", "ASIA")


class Known(Access):
    """An account with one key and one caller; remembers for whom functions were asked."""

    def __init__(self, caller: Caller | NotSigned = ME, *, allowed: bool = True, invokable: bool = True) -> None:
        self._caller = caller
        self._allowed = allowed
        self._invokable = invokable
        self.sources: list[str] = []
        self.asked: list[tuple[str, str]] = []

    def may_invoke(self, function_arn: str, source_arn: str, credentials: str | None = None) -> bool:
        self.sources.append(source_arn)
        return self._invokable

    def api_key(self, value: str, stage: Stage) -> ApiKey | None:
        return KEY if value == KEY.value else None

    def caller(self, request: Request, region: str) -> Caller | NotSigned:
        return self._caller

    def may(self, caller: Caller, request: Request, action: str, resource: str) -> bool:
        self.asked.append((action, resource))
        return self._allowed


def decide(
    route: Route | None,
    access: Access | None = None,
    *,
    stage: Stage | None = None,
    headers: tuple[tuple[str, str], ...] = (),
    names_key: str | None = None,
) -> tuple[Accepted | Response, RequestTrace]:
    """What a handshake leads to, and its trace. The authorizer ``guard`` allows and names ``names_key``."""
    statement = {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": "*"}
    allow = {"principalId": "me", "policyDocument": {"Statement": [statement]}, "usageIdentifierKey": names_key}

    async def invoke(arn: str, event: bytes) -> Invocation:
        payload = allow if arn.endswith(":guard") else {"statusCode": 200}
        return Invocation("id", json.dumps(payload).encode(), None, "$LATEST", b"")

    routes = {} if route is None else {route.key: route}
    served = replace(stage or Stage("api", "dev", "us-east-1", "123456789012"), routes=routes)
    session = Session(served, "PJqB0fHsqRcCHlw=", 0, "h", Identity("127.0.0.1"))
    seen: list[RequestTrace] = []
    dispatch = Dispatcher(invoke, Clock(), (seen.append,), access=access or Known())
    decision = asyncio.run(dispatch.connect(Request("GET", "/dev", Headers([("Host", "h"), *headers])), session))
    return decision, seen[0]


def refusal(decision: Accepted | Response) -> tuple[int, str]:
    assert isinstance(decision, Response)
    return decision.status, json.loads(decision.body)["message"]


SIGNED = Route("$connect", HANDLER, authorization_type="AWS_IAM")
KEYED = Route("$connect", HANDLER, api_key_required=True)


def test_a_signed_client_is_known_from_then_on() -> None:
    """Spec 222, 224: the action and the ARN that are checked, and the identity."""
    access = Known()
    decision, _ = decide(SIGNED, access)
    assert isinstance(decision, Accepted)
    assert access.asked == [("execute-api:Invoke", "arn:aws:execute-api:us-east-1:123456789012:api/dev/$connect")]
    assert decision.session.identity.as_event() == {
        "accountId": "123456789012",
        "caller": "AROA:s",
        "user": "AROA:s",
        "userArn": ME.arn,
        "sourceIp": "127.0.0.1",
    }


def test_an_unsigned_client_is_told() -> None:
    """Spec 223."""
    decision, trace = decide(SIGNED, Known(NotSigned()))
    assert refusal(decision) == (403, "Missing Authentication Token")
    assert (trace.status, trace.error_message) == (403, "Missing Authentication Token")


def test_a_signed_client_without_the_permission_is_told() -> None:
    """Spec 223: the message names the caller, the action and the resource, with its account masked."""
    decision, _ = decide(SIGNED, Known(allowed=False))
    assert refusal(decision) == (
        403,
        f"User: {ME.arn} is not authorized to perform: execute-api:Invoke on resource: "
        "arn:aws:execute-api:us-east-1:********9012:api/dev/$connect",
    )


def test_a_route_without_an_integration_still_asks() -> None:
    """Spec 5, 222: an open integration is no open door."""
    route = replace(SIGNED, integration=None)
    assert isinstance(decide(route)[0], Accepted)
    assert refusal(decide(route, Known(NotSigned()))[0])[0] == 403


@pytest.mark.parametrize("headers", [(), (("x-api-key", "other"),), (("x-api-key", ""),)])
def test_without_its_key_it_is_forbidden(headers: tuple[tuple[str, str], ...]) -> None:
    """Spec 226 (U16)."""
    assert refusal(decide(KEYED, headers=headers)[0]) == (403, "Forbidden")


@pytest.mark.parametrize(
    ("source", "header"),
    [("$request.header.x-api-key", "X-API-Key"), ("$request.header.My-Key", "my-key")],
)
def test_the_key_is_where_the_api_says(source: str, header: str) -> None:
    """Spec 225: ``apiKeySelectionExpression``."""
    stage = Stage("api", "dev", "us-east-1", "123456789012", api_key_source=source)
    decision, _ = decide(KEYED, stage=stage, headers=((header, KEY.value),))
    assert isinstance(decision, Accepted)
    assert decision.session.identity.known == {"apiKey": KEY.value, "apiKeyId": KEY.id}
    assert refusal(decide(KEYED, stage=stage, headers=(("other", KEY.value),))[0])[0] == 403


@pytest.mark.parametrize(("names_key", "let_in"), [(KEY.value, True), ("other", False), (None, False)])
def test_the_authorizer_may_name_the_key(names_key: str | None, let_in: bool) -> None:
    """Spec 217, 225: ``usageIdentifierKey``; what the client sends is not looked at then."""
    stage = Stage("api", "dev", "us-east-1", "123456789012", api_key_source="$context.authorizer.usageIdentifierKey")
    guarded = replace(KEYED, authorization_type="CUSTOM", authorizer=Authorizer("a", URI.format("guard")))
    decision, _ = decide(guarded, stage=stage, headers=(("x-api-key", KEY.value),), names_key=names_key)
    assert isinstance(decision, Accepted) is let_in


def test_functions_are_asked_for_their_own_sources() -> None:
    """Spec 263: an authorizer is invoked for its own ARN, the handler for that of the route."""
    access = Known()
    route = Route("$connect", HANDLER, authorization_type="CUSTOM", authorizer=Authorizer("a1", URI.format("guard")))
    decide(route, access)
    api = "arn:aws:execute-api:us-east-1:123456789012:api"
    assert access.sources == [f"{api}/authorizers/a1", f"{api}/dev/$connect"]


@pytest.mark.parametrize("route", [Route("$connect", HANDLER), replace(KEYED, api_key_required=False)])
def test_a_function_that_may_not_be_invoked_is_500(route: Route) -> None:
    """Spec 10."""
    decision, trace = decide(route, Known(invokable=False))
    assert refusal(decision) == (500, "Internal server error")
    assert any("Invalid permissions on Lambda function" in note for note in trace.notes)


def test_an_authorizer_that_may_not_be_invoked_is_500() -> None:
    """Spec 10, 20."""
    route = Route("$connect", HANDLER, authorization_type="CUSTOM", authorizer=Authorizer("a1", URI.format("guard")))
    assert refusal(decide(route, Known(invokable=False))[0])[0] == 500


def test_too_many_are_429_even_without_a_connect_route() -> None:
    """Spec 26, 27."""
    zero = {"defaultRouteSettings": {"throttlingBurstLimit": 0, "throttlingRateLimit": 0}}
    stage = Stage("api", "dev", "us-east-1", "123456789012", settings=StageSettings.parse(zero))
    decision, trace = decide(None, stage=stage)
    assert refusal(decision) == (429, "Too Many Requests")
    assert (trace.status, trace.error_response_type) == (429, "THROTTLED")

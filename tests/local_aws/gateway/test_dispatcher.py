"""From event to integration and back, without a socket."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest

from local_aws.clock import Clock
from local_aws.errors import FunctionNotFound
from local_aws.functions import Invocation, Throttled
from local_aws.gateway.config.stage import Authorizer, Integration, Route, Stage
from local_aws.gateway.connections import Connection
from local_aws.gateway.dispatcher import Dispatcher
from local_aws.gateway.events import Identity, Session
from local_aws.gateway.handshake import Accepted
from local_aws.gateway.request_trace import RequestTrace
from local_aws.net.http import Headers, Request, Response

REQUEST = Request("GET", "/dev", Headers([("Host", "h"), ("Auth", "x")]))


class Recorder:
    """A client that remembers what reached it."""

    def __init__(self) -> None:
        self.received: list[bytes] = []

    def send_text(self, data: bytes) -> None:
        self.received.append(data)

    def close(self, code: int, reason: str) -> None:
        raise AssertionError("no message closes a connection")

    def unread_bytes(self) -> int:
        return 0


def integration(name: str, seconds: float = 29.0) -> Integration:
    arn = f"arn:aws:lambda:us-east-1:123456789012:function:{name}"
    uri = f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{arn}/invocations"
    return Integration(name, "AWS_PROXY", uri, seconds)


def session(*routes: Route) -> Session:
    stage = Stage("api", "dev", "us-east-1", "123456789012", routes={route.key: route for route in routes})
    return Session(stage, "PJqB0fHsqRcCHlw=", 0, "h", Identity("127.0.0.1"))


def answering(payload: bytes, error: str | None = None) -> Callable[[str, bytes], Any]:
    async def invoke(arn: str, event: bytes) -> Invocation:
        return Invocation("id", payload, error, "$LATEST", b"")

    return invoke


def connect(invoke: Callable[[str, bytes], Any], *routes: Route) -> Accepted | Response:
    return asyncio.run(Dispatcher(invoke, Clock()).connect(REQUEST, session(*routes)))


def frames(invoke: Callable[[str, bytes], Any], *routes: Route, body: str = '{"action":"send"}') -> list[bytes]:
    client = Recorder()
    asyncio.run(Dispatcher(invoke, Clock()).message(Connection(session(*routes), client, 0), body))
    return client.received


def status(decision: Accepted | Response) -> int:
    assert isinstance(decision, Response)
    return decision.status


def test_without_a_connect_route_everybody_is_let_in() -> None:
    """Spec 5: nothing is invoked."""
    assert isinstance(connect(answering(b"")), Accepted)


def test_a_failing_connect_is_502() -> None:
    """Spec 8."""
    assert status(connect(answering(b"{}", "Unhandled"), Route("$connect", integration("f")))) == 502


def test_a_fault_of_ours_is_answered() -> None:
    """Whatever goes wrong inside: 500 on the handshake, the error frame on a message, nothing of the reason in it."""

    async def invoke(arn: str, event: bytes) -> Invocation:
        raise ZeroDivisionError("inside")

    refusal = connect(invoke, Route("$connect", integration("f")))
    (frame,) = frames(invoke, Route("$default", integration("f")))

    assert status(refusal) == 500
    assert json.loads(frame)["message"] == "Internal server error"
    assert b"inside" not in frame


def test_a_function_that_is_not_there_is_500() -> None:
    """Spec 10."""

    async def invoke(arn: str, event: bytes) -> Invocation:
        raise FunctionNotFound(arn)

    assert status(connect(invoke, Route("$connect", integration("f")))) == 500


def test_a_slow_connect_is_504() -> None:
    """Spec 14 (U4): at the integration's own timeout."""

    async def invoke(arn: str, event: bytes) -> Invocation:
        await asyncio.Event().wait()
        raise AssertionError

    assert status(connect(invoke, Route("$connect", integration("f", 0.05)))) == 504


@pytest.mark.parametrize("closed", [{"authorization_type": "AWS_IAM"}, {"api_key_required": True}])
def test_what_is_not_verified_is_not_let_in(closed: dict[str, Any]) -> None:
    """Signed handshakes and API keys: never an open door."""
    assert status(connect(answering(b'{"statusCode":200}'), Route("$connect", integration("f"), **closed))) == 403


def authorized(reply: bytes, error: str | None = None, source: str = "route.request.header.Auth") -> Any:
    """What a handshake behind an authorizer leads to; the handler itself always accepts."""
    seen: list[dict[str, Any]] = []

    async def invoke(arn: str, event: bytes) -> Invocation:
        seen.append(json.loads(event))
        if arn.endswith(":guard"):
            return Invocation("id", reply, error, "$LATEST", b"")
        return Invocation("id", b'{"statusCode":200}', None, "$LATEST", b"")

    authorizer = Authorizer("a", integration("guard").uri, (source,))
    route = Route("$connect", integration("f"), authorization_type="CUSTOM", authorizer=authorizer)
    return connect(invoke, route), seen


ALLOW = {"principalId": "me", "context": {"n": 1}}
POLICY = {"Statement": [{"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": "*"}]}


def test_an_allowed_client_carries_its_authorizer_into_every_event() -> None:
    """Spec 216, 218."""
    decision, seen = authorized(json.dumps({**ALLOW, "policyDocument": POLICY}).encode())
    assert isinstance(decision, Accepted)
    assert [event.get("type") for event in seen] == ["REQUEST", None]
    authorizer = seen[1]["requestContext"]["authorizer"]
    assert isinstance(authorizer.pop("integrationLatency"), int)
    assert authorizer == {"n": "1", "principalId": "me"}
    assert seen[0]["requestContext"]["connectionId"] == seen[1]["requestContext"]["connectionId"]


def test_a_missing_identity_source_is_401_and_nobody_is_asked() -> None:
    """Spec 17."""
    decision, seen = authorized(b"", source="route.request.header.Other")
    assert (status(decision), seen) == (401, [])


@pytest.mark.parametrize(
    ("reply", "error", "expected"),
    [
        (b'{"principalId":"me","policyDocument":{"Statement":[]}}', None, 403),
        (b'{"errorMessage":"Unauthorized","errorType":"Exception"}', "Unhandled", 401),
        (b'{"errorMessage":"boom","errorType":"Exception"}', "Unhandled", 500),
        (b"null", None, 500),
    ],
)
def test_an_authorizer_that_does_not_allow(reply: bytes, error: str | None, expected: int) -> None:
    """Spec 18–20: the handler is not asked."""
    decision, seen = authorized(reply, error)
    assert (status(decision), len(seen)) == (expected, 1)


def test_a_one_way_route_says_nothing() -> None:
    """Spec 105, 106: the client gets neither a body nor a failing status."""
    assert frames(answering(b'{"statusCode":500,"body":"x"}'), Route("send", integration("f"))) == []


def test_a_route_response_sends_the_body() -> None:
    """Spec 114–116: the body string, whatever the status."""
    route = Route("send", integration("f"), answers=True)
    assert frames(answering('{"statusCode":500,"body":"🏓"}'.encode()), route) == ["🏓".encode()]


def test_a_route_response_without_a_body_says_nothing() -> None:
    """Spec 117."""
    assert frames(answering(b'{"statusCode":200}'), Route("send", integration("f"), answers=True)) == []


def test_no_route_is_forbidden() -> None:
    """Spec 91: and the integration is not asked."""
    (frame,) = frames(answering(b""), body="hello")
    assert frame.startswith(b'{"message": "Forbidden", "connectionId":"PJqB0fHsqRcCHlw=", "requestId":"')


def test_a_function_error_is_told_to_the_client() -> None:
    """Spec 107: even on a one-way route."""
    (frame,) = frames(answering(b"{}", "Unhandled"), Route("send", integration("f")))
    assert frame.startswith(b'{"message": "Internal server error", "connectionId":"PJqB0fHsqRcCHlw=", ')


def test_a_slow_integration_is_told_to_the_client_and_goes_on() -> None:
    """Spec 111: the client waits no longer than the timeout, the function runs to its end."""

    async def scenario() -> list[bytes]:
        release, finished = asyncio.Event(), asyncio.Event()

        async def invoke(arn: str, event: bytes) -> Invocation:
            await release.wait()
            finished.set()
            return Invocation("id", b"{}", None, "$LATEST", b"")

        client = Recorder()
        connection = Connection(session(Route("send", integration("f", 0.05))), client, 0)
        await Dispatcher(invoke, Clock()).message(connection, '{"action":"send"}')
        release.set()
        await finished.wait()
        return client.received

    (frame,) = asyncio.run(scenario())
    assert frame.startswith(b'{"message": "Endpoint request timed out", ')


def test_an_integration_of_another_type_is_an_error_not_a_silence() -> None:
    """An integration that this gateway cannot run fails; it does not pretend to succeed."""
    (frame,) = frames(answering(b""), Route("send", Integration("i", "MOCK")))
    assert b"Internal server error" in frame


def test_a_failing_disconnect_is_nobodys_business() -> None:
    """Spec 138."""
    dispatch = Dispatcher(answering(b"{}", "Unhandled"), Clock())
    assert asyncio.run(dispatch.disconnect(session(Route("$disconnect", integration("f"))), 1000, "")) is None


def traces(invoke: Callable[[str, bytes], Any], *routes: Route, body: str | None = None) -> list[RequestTrace]:
    """The traces that a handshake or a message gives to observers."""
    seen: list[RequestTrace] = []
    dispatch = Dispatcher(invoke, Clock(), (seen.append,))
    if body is None:
        asyncio.run(dispatch.connect(REQUEST, session(*routes)))
    else:
        asyncio.run(dispatch.message(Connection(session(*routes), Recorder(), 0), body))
    return seen


def test_a_request_leaves_one_trace() -> None:
    """Spec 255: with what the client was told and what the integration did."""
    answer = answering(b'{"statusCode":201,"body":"x"}')
    (trace,) = traces(answer, Route("send", integration("f"), answers=True), body='{"action":"send"}')
    assert (trace.event_type, trace.route_key, trace.status, trace.sent) == ("MESSAGE", "send", 201, b"x")
    assert (trace.integration_type, trace.integration_status, trace.integration_endpoint_status) == (
        "AWS_PROXY",
        201,
        200,
    )
    assert (trace.integration_request_id, trace.integration_response) == ("id", b'{"statusCode":201,"body":"x"}')
    assert json.loads(trace.integration_request or b"")["body"] == '{"action":"send"}'


def test_a_throttled_function_is_an_error_of_the_integration() -> None:
    """Lambda's 429 is in the trace; a handshake is refused with 500, a message answered with an error frame."""

    async def invoke(arn: str, event: bytes) -> Invocation:
        raise Throttled("ReservedFunctionConcurrentInvocationLimitExceeded")

    assert status(connect(invoke, Route("$connect", integration("f")))) == 500
    (trace,) = traces(invoke, Route("send", integration("f")), body='{"action":"send"}')
    assert (trace.status, trace.integration_endpoint_status) == (500, 429)
    assert trace.integration_error == "Lambda invocation failed with status: 429. Rate Exceeded."
    assert json.loads(trace.sent or b"")["message"] == "Internal server error"


@pytest.mark.parametrize(
    ("payload", "error", "status", "response_type", "answered"),
    [
        (b'{"statusCode":403}', None, 403, None, 200),
        (b"{}", "Unhandled", 502, "INTEGRATION_FAILURE", 200),
    ],
)
def test_a_refused_handshake_leaves_a_trace(
    payload: bytes, error: str | None, status: int, response_type: str | None, answered: int
) -> None:
    """With the status that the client saw, and whether the integration was reached."""
    (trace,) = traces(answering(payload, error), Route("$connect", integration("f")))
    assert (trace.event_type, trace.status, trace.error_response_type) == ("CONNECT", status, response_type)
    assert trace.integration_endpoint_status == answered


def test_an_unknown_route_leaves_a_trace_without_an_integration() -> None:
    """Spec 91: Forbidden, and the frame that said so."""
    (trace,) = traces(answering(b""), body="hello")
    assert (trace.status, trace.error_message, trace.integration_type) == (403, "Forbidden", None)
    assert trace.sent is not None
    assert trace.sent.startswith(b'{"message": "Forbidden"')


def test_who_looks_on_breaks_nothing() -> None:
    """If an observer fails, that is logged, and the request is not affected."""

    def broken(trace: RequestTrace) -> None:
        raise ValueError("on purpose")

    client = Recorder()
    dispatch = Dispatcher(answering(b'{"statusCode":200,"body":"x"}'), Clock(), (broken,))
    connection = Connection(session(Route("send", integration("f"), answers=True)), client, 0)
    asyncio.run(dispatch.message(connection, '{"action":"send"}'))
    assert client.received == [b"x"]


@pytest.mark.parametrize(
    ("payload", "error", "expected"),
    [
        (json.dumps({**ALLOW, "policyDocument": POLICY}).encode(), None, (200, "id", None)),
        (b'{"errorMessage":"boom"}', "Unhandled", (500, "id", "boom")),
        (b'{"errorMessage":"Unauthorized"}', "Unhandled", (401, "id", "Unauthorized")),
    ],
)
def test_an_authorizer_leaves_its_part_of_the_trace(payload: bytes, error: str | None, expected: Any) -> None:
    """Spec 254: ``$context.authorizer.*``: what it answered, how long it took, which invocation it was."""
    authorizer = Authorizer("a", integration("guard").uri, ())
    route = Route("$connect", authorization_type="CUSTOM", authorizer=authorizer)
    (trace,) = traces(answering(payload, error), route)
    assert (trace.authorizer_status, trace.authorizer_request_id, trace.authorizer_error) == expected
    assert trace.authorizer_latency is not None

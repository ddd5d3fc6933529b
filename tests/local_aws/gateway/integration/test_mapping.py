"""Integration requests and responses, without a socket."""

import asyncio
import base64
import json
from collections.abc import Callable
from typing import Any

import pytest

from local_aws.clock import Clock
from local_aws.errors import FunctionNotFound
from local_aws.functions import Invocation
from local_aws.gateway.account import Access
from local_aws.gateway.config.stage import Integration, IntegrationResponse, Route, Stage
from local_aws.gateway.connections import Connection
from local_aws.gateway.dispatcher import Dispatcher
from local_aws.gateway.events import Identity, Session
from local_aws.gateway.handshake import Accepted
from local_aws.gateway.integration.aws_services import service_call
from local_aws.gateway.integration.expressions import Reply
from local_aws.gateway.integration.mapping import Failed, answer_of, call_of, function_arn, proxy_event
from local_aws.gateway.integration.templates import Payload
from local_aws.gateway.request_trace import RequestTrace
from local_aws.iam.service_calls import ServiceCall, signed_headers
from local_aws.net.http import Headers, Request, Response

ROLE = "arn:aws:iam::123456789012:role/gateway"
FUNCTION = (
    "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/"
    "arn:aws:lambda:us-east-1:123456789012:function:f/invocations"
)
OK = IntegrationResponse("$default")
MOCK = Integration("i", "MOCK", templates={"application/json": '{"statusCode":200}'}, responses=(OK,))
MESSAGE = Payload('{"kind":"chat","id":"a/b"}', context={"connectionId": "C="})

BY_KIND = "${request.body.kind}"

Invoke = Callable[[str, bytes], Any]


def http(**settings: Any) -> Integration:
    return Integration("i", "HTTP", "http://backend/x", **settings)


def stage(*routes: Route, **variables: str) -> Stage:
    return Stage(
        "api", "dev", "us-east-1", "123456789012", routes={each.key: each for each in routes}, variables=variables
    )


def responses(**templates: str) -> tuple[IntegrationResponse, ...]:
    return tuple(
        IntegrationResponse(key.replace("default", "$default"), {"$default": text}) for key, text in templates.items()
    )


async def nobody(arn: str, payload: bytes) -> Invocation:
    raise AssertionError(f"{arn} must not be invoked")


class Client:
    """Remembers what reached it."""

    def __init__(self) -> None:
        self.received: list[bytes] = []

    def send_text(self, data: bytes) -> None:
        self.received.append(data)

    def close(self, code: int, reason: str) -> None:
        raise AssertionError("no message closes a connection")

    def unread_bytes(self) -> int:
        return 0


def say(body: str, integration: Integration, invoke: Invoke = nobody, *, answers: bool = True, **more: Any) -> Any:
    """The frames that the client gets for a message, and the trace."""
    traces: list[RequestTrace] = []
    route = Route("$default", integration, answers=answers, **more.pop("route", {}))
    client = Client()
    session = Session(stage(route), "PJqB0fHsqRcCHlw=", 0, "h", Identity("127.0.0.1"))
    dispatch = Dispatcher(invoke, Clock(), (traces.append,), **more)
    asyncio.run(dispatch.message(Connection(session, client, 0), body))
    return client.received, traces[0]


def knock(integration: Integration, invoke: Invoke = nobody, **more: Any) -> Accepted | Response:
    """The result of a handshake with this integration on ``$connect``."""
    request = Request("GET", "/dev?name=me", Headers([("Host", "h"), ("Sec-WebSocket-Protocol", "chat")]))
    session = Session(stage(Route("$connect", integration)), "PJqB0fHsqRcCHlw=", 0, "h", Identity("127.0.0.1"))
    return asyncio.run(Dispatcher(invoke, Clock(), **more).connect(request, session))


def status(decision: Accepted | Response) -> int:
    return 101 if isinstance(decision, Accepted) else decision.status


def answering(payload: bytes, error: str | None = None, seen: list[bytes] | None = None) -> Invoke:
    async def invoke(arn: str, event: bytes) -> Invocation:
        if seen is not None:
            seen.append(event)
        return Invocation("id", payload, error, "$LATEST", b"")

    return invoke


# the request to a backend


def test_a_template_makes_the_body() -> None:
    """Spec 126: chosen by the expression, not by a content type."""
    integration = http(
        templates={"chat": "<$input.path('$.id') $context.connectionId>", "$default": "?"},
        template_selection_expression="${request.body.kind}",
    )
    assert call_of(integration, stage(), MESSAGE).body == b"<a/b C=>"


@pytest.mark.parametrize(
    ("passthrough", "templates", "expected"),
    [
        ("WHEN_NO_MATCH", {}, MESSAGE.body),
        ("WHEN_NO_MATCH", {"other": "x"}, MESSAGE.body),
        ("WHEN_NO_TEMPLATES", {}, MESSAGE.body),
        ("NEVER", {"$default": "x"}, "x"),
    ],
)
def test_what_passes_without_a_template(passthrough: str, templates: dict[str, str], expected: str) -> None:
    """Spec 133."""
    integration = http(passthrough=passthrough, templates=templates, template_selection_expression=BY_KIND)
    assert call_of(integration, stage(), MESSAGE).body.decode() == expected


@pytest.mark.parametrize(
    ("passthrough", "templates"), [("WHEN_NO_TEMPLATES", {"other": "x"}), ("NEVER", {}), ("NEVER", {"other": "x"})]
)
def test_what_does_not_pass_without_a_template(passthrough: str, templates: dict[str, str]) -> None:
    """Spec 133."""
    integration = http(passthrough=passthrough, templates=templates, template_selection_expression=BY_KIND)
    with pytest.raises(Failed) as failed:
        call_of(integration, stage(), MESSAGE)
    assert (failed.value.status, failed.value.message) == (415, "Unsupported Media Type")


def test_mapped_parameters_stage_variables_and_path() -> None:
    """Spec 128, 252: into headers, the query string and the path, which is quoted."""
    integration = Integration(
        "i",
        "HTTP",
        "http://${stageVariables.host}/{id}?a=1",
        method="PUT",
        parameters={
            "integration.request.header.connectionId": "context.connectionId",
            "integration.request.header.content-type": "'text/plain'",
            "integration.request.querystring.kind": "route.request.body.kind",
            "integration.request.path.id": "route.request.body.id",
        },
    )
    call = call_of(integration, stage(host="blue:8080"), MESSAGE)
    assert (call.method, call.url) == ("PUT", "http://blue:8080/a%2Fb?a=1&kind=chat")
    assert [(name, value) for name, value in call.headers if name.lower() in ("connectionid", "content-type")] == [
        ("connectionId", "C="),
        ("content-type", "text/plain"),
    ]


def test_a_proxy_passes_the_message_and_the_handshake_on() -> None:
    """Spec 121: no template is applied."""
    payload = Payload("hi", {"X-Own": ["1", "2"], "Host": ["api"]}, {"q": ["a", "b"]})
    call = call_of(Integration("i", "HTTP_PROXY", "http://b/", templates={"$default": "no"}), stage(), payload)
    assert (call.body, call.url) == (b"hi", "http://b/?q=a&q=b")
    assert [value for name, value in call.headers if name == "X-Own"] == ["1", "2"]
    assert call.header("host") is None


@pytest.mark.parametrize("kind", ["HTTP", "HTTP_PROXY"])
def test_base64_becomes_binary(kind: str) -> None:
    """Spec 134: on the way to the backend."""
    integration = Integration("i", kind, "http://b/", content_handling="CONVERT_TO_BINARY")
    assert call_of(integration, stage(), Payload(base64.b64encode(b"\0\xff").decode())).body == b"\0\xff"
    with pytest.raises(Failed, match="Unable to base64 decode"):
        call_of(integration, stage(), Payload("not base64!"))


def test_a_lambda_proxy_is_told_that_its_body_is_binary() -> None:
    """Spec 134: an event is JSON, so the base64 stays."""
    integration = Integration("i", "AWS_PROXY", FUNCTION, content_handling="CONVERT_TO_BINARY")
    event = {"body": "AP8=", "isBase64Encoded": False}
    assert proxy_event(integration, event) == {"body": "AP8=", "isBase64Encoded": True}
    assert event["isBase64Encoded"] is False


# the backend's reply


@pytest.mark.parametrize(
    ("replied", "expected"), [(200, "2xx"), (204, "2xx"), (404, "4xx"), (500, "other"), (1200, "other")]
)
def test_the_key_is_matched_against_the_status(replied: int, expected: str) -> None:
    """Spec 122, 123: a key must match the whole status; ``$default`` takes the rest."""
    integration = http(responses=responses(default="other", **{"/2\\d\\d/": "2xx", "/4\\d{2}/": "4xx"}))
    assert answer_of(integration, Reply(replied), MESSAGE).body == expected


@pytest.mark.parametrize(
    ("error", "expected"), [(None, "fine"), ("boom: it broke", "boom"), ("other", "fine"), ("", "fine")]
)
def test_the_key_is_matched_against_a_functions_error_message(error: str | None, expected: str) -> None:
    """Spec 123."""
    integration = Integration("i", "AWS", FUNCTION, responses=responses(default="fine", **{"/boom.*/": "boom"}))
    assert answer_of(integration, Reply(200, error=error), MESSAGE).body == expected


def test_without_an_integration_response_it_fails() -> None:
    """Spec 122: an integration needs a response that matches."""
    for given in ((), responses(**{"/2\\d\\d/": ""}), responses(**{"/(/": ""})):
        with pytest.raises(Failed, match="no integration response is configured for 500"):
            answer_of(http(responses=given), Reply(500), MESSAGE)


def test_a_response_template_is_chosen_by_the_reply() -> None:
    """Spec 127: and reads the reply's body."""
    response = IntegrationResponse(
        "$default",
        {"404": "<$input.path('$.why')>", "text/plain": "text"},
        template_selection_expression="${integration.response.statuscode}",
    )
    integration = http(responses=(response,))
    assert answer_of(integration, Reply(404, body=b'{"why":"gone"}'), MESSAGE).body == "<gone>"
    assert answer_of(integration, Reply(200, body=b"as it is"), MESSAGE).body == "as it is"


def test_a_binary_reply_becomes_base64() -> None:
    """Spec 134: ``CONVERT_TO_TEXT`` on the integration response."""
    integration = http(responses=(IntegrationResponse("$default", content_handling="CONVERT_TO_TEXT"),))
    assert answer_of(integration, Reply(200, body=b"\0\xff"), MESSAGE).body == "AP8="


def test_a_proxys_reply_is_passed_on_whatever_its_status() -> None:
    """Spec 116, 120, 121: as text; integration responses are ignored."""
    integration = Integration("i", "HTTP_PROXY", "http://b/", responses=responses(default="no"))
    answer = answer_of(integration, Reply(503, (("X", "y"),), "é".encode()), MESSAGE)
    assert (answer.status, answer.headers, answer.body) == (503, {"X": "y"}, "é")


# whole messages


def test_mock_with_a_response_template_is_a_round_trip() -> None:
    """Spec 125, 127: nothing is asked, and no latency counted (spec 257)."""
    pong = Integration("i", "MOCK", templates=MOCK.templates, responses=responses(default="pong $context.routeKey"))
    frames, trace = say('{"action":"ping"}', pong)
    assert (frames, trace.status, trace.integration_latency) == ([b"pong $default"], 200, None)


def test_a_one_way_route_stays_silent() -> None:
    """Spec 105: whatever the integration response makes."""
    assert (
        say("{}", Integration("i", "MOCK", templates=MOCK.templates, responses=responses(default="x")), answers=False)[
            0
        ]
        == []
    )


def test_mock_without_a_body_says_nothing() -> None:
    """Spec 117."""
    assert say("{}", MOCK)[0] == []


@pytest.mark.parametrize("template", ["{}", "hello", "[]", '{"statusCode":"soon"}', '{"statusCode":99}'])
def test_mock_without_a_status_fails(template: str) -> None:
    """Spec 125: the request template must yield one; the log says so."""
    (frame,), trace = say("{}", Integration("i", "MOCK", templates={"$default": template}, responses=(OK,)))
    assert frame.startswith(b'{"message": "Internal server error", "connectionId":"PJqB0fHsqRcCHlw=", ')
    assert trace.integration_error.startswith("a MOCK integration needs a request template")


def test_a_failing_template_is_told_in_the_log_only() -> None:
    """Spec 130."""
    (frame,), trace = say("hello", Integration("i", "MOCK", templates={"$default": "$input.json('$')"}))
    assert b'"message": "Internal server error"' in frame
    assert "the payload is not JSON" in trace.integration_error
    assert b"JSON" not in frame


def test_a_message_for_which_no_template_is_there() -> None:
    """Spec 133."""
    (frame,), trace = say("{}", Integration("i", "MOCK", passthrough="NEVER"))
    assert (frame.startswith(b'{"message": "Unsupported Media Type", "connectionId":'), trace.status) == (True, 415)


def test_a_message_that_fits_no_model_does_not_reach_the_backend() -> None:
    """Spec 131: the documented frame, whose key is ``messageId``."""
    route = {"model_selection_expression": "$default", "request_models": {"$default": '{"required":["text"]}'}}
    (frame,), trace = say('{"action":"x"}', Integration("i", "AWS_PROXY", FUNCTION), route=route)
    assert frame.decode() == (
        f'{{"message" : "Bad request body", "connectionId": "PJqB0fHsqRcCHlw=", "messageId": "{trace.message_id}"}}'
    )
    assert (trace.status, trace.error_response_type) == (400, "BAD_REQUEST_BODY")
    assert "'text' is a required property" in (trace.validation_error or "")
    assert trace.integration_type is None


def test_a_function_behind_aws_gets_what_the_template_makes() -> None:
    """Spec 104, 126: and its whole result goes back, not a ``body`` in it."""
    seen: list[bytes] = []
    integration = Integration(
        "i", "AWS", FUNCTION, templates={"$default": '{"from":"$context.connectionId"}'}, responses=(OK,)
    )
    frames, trace = say("{}", integration, answering(b'{"statusCode":500,"body":"x"}', seen=seen))
    assert (seen, frames) == ([b'{"from":"PJqB0fHsqRcCHlw="}'], [b'{"statusCode":500,"body":"x"}'])
    assert (trace.integration_status, trace.integration_endpoint_status, trace.integration_request_id) == (
        200,
        200,
        "id",
    )


def test_a_failing_function_behind_aws_is_no_error_frame() -> None:
    """Spec 123: its error is for an integration response to match."""
    integration = Integration("i", "AWS", FUNCTION, responses=responses(default="?", **{"/bo+m/": "sorry"}))
    frames, trace = say("{}", integration, answering(b'{"errorMessage":"boom"}', "Unhandled"))
    assert (frames, trace.integration_error) == ([b"sorry"], "boom")


def test_text_that_is_no_json_cannot_be_passed_to_a_function() -> None:
    """Lambda's own rule for a payload."""
    (frame,), trace = say("hello", Integration("i", "AWS", FUNCTION, responses=(OK,)))
    assert b"Internal server error" in frame
    assert "Could not parse request body into json" in trace.integration_error


EVENT = {"integration.request.header.X-Amz-Invocation-Type": "'Event'"}


def test_an_asynchronous_function_is_not_waited_for() -> None:
    """Spec 136: 202 and nothing else; the event is in Lambda's own queue."""
    queued: list[tuple[str, bytes]] = []
    integration = Integration("i", "AWS", FUNCTION, parameters=EVENT, responses=(OK,))
    frames, trace = say('{"a":1}', integration, enqueue=lambda *event: queued.append(event))
    assert (frames, trace.integration_status, queued) == ([], 202, [(function_arn(FUNCTION, {}), b'{"a":1}')])


def test_an_asynchronous_function_that_is_not_there_is_an_error() -> None:
    """Spec 10, 136: known before anything runs."""

    def enqueue(arn: str, event: bytes) -> None:
        raise FunctionNotFound(arn)

    integration = Integration("i", "AWS", FUNCTION, parameters=EVENT, responses=(OK,))
    (frame,), trace = say("{}", integration, enqueue=enqueue)
    assert b"Internal server error" in frame
    assert "Function not found" in trace.integration_error


@pytest.mark.parametrize("parameters", [{}, EVENT])
def test_a_function_whose_policy_does_not_allow_it_is_not_invoked(parameters: dict[str, str]) -> None:
    """Spec 10, 263: behind ``AWS`` as behind ``AWS_PROXY``."""

    class Forbidding(Access):
        def may_invoke(self, function_arn: str, source_arn: str, credentials: str | None = None) -> bool:
            return False

    integration = Integration("i", "AWS", FUNCTION, parameters=parameters, responses=(OK,))
    (frame,), trace = say("{}", integration, access=Forbidding())
    assert b"Internal server error" in frame
    assert trace.notes == ["Execution failed due to configuration error: Invalid permissions on Lambda function"]


# $connect


def test_a_non_proxy_connect_accepts_when_its_response_says_so() -> None:
    """Spec 11–13, 122: all sources agree on this case."""
    assert status(knock(MOCK)) == 101
    by_status = Integration("i", "MOCK", templates=MOCK.templates, responses=responses(**{"/200/": ""}))
    assert status(knock(by_status)) == 101


def test_a_non_proxy_connect_without_an_integration_response_is_500() -> None:
    """Spec 11, 122."""
    assert status(knock(Integration("i", "MOCK", templates=MOCK.templates))) == 500


@pytest.mark.parametrize(
    ("mocked", "keys", "expected"),
    [
        (403, ["$default"], 101),
        (403, ["$default", "/4\\d\\d/"], 403),
        (403, ["/200/"], 500),
        (204, ["/2\\d\\d/"], 101),
    ],
)
def test_an_integration_response_maps_the_backends_status(mocked: int, keys: list[str], expected: int) -> None:
    """Spec 12: ``$default`` accepts any status of the backend; a key that matches the status passes it on."""
    integration = Integration(
        "i",
        "MOCK",
        templates={"$default": f'{{"statusCode":{mocked}}}'},
        responses=tuple(IntegrationResponse(key) for key in keys),
    )
    assert status(knock(integration)) == expected


def test_a_function_error_that_is_mapped_refuses() -> None:
    """Spec 12, 123: without a key that matches the error, the client connects."""
    failing = answering(b'{"errorMessage":"no"}', "Unhandled")
    mapped = Integration(
        "i", "AWS", FUNCTION, templates={"$default": "{}"}, responses=responses(default="", **{"/no/": ""})
    )
    assert status(knock(mapped, failing)) == 500
    unmapped = Integration("i", "AWS", FUNCTION, templates={"$default": "{}"}, responses=(OK,))
    assert status(knock(unmapped, failing)) == 101


def test_connect_templates_see_the_handshake() -> None:
    """Spec 33, 129: headers and query string, on ``$connect`` only."""
    seen: list[bytes] = []
    integration = Integration(
        "i",
        "AWS",
        FUNCTION,
        templates={"$default": '{"name":"$input.params(\'name\')","host":"$input.params(\'host\')"}'},
        responses=(OK,),
    )
    assert status(knock(integration, answering(b"{}", seen=seen))) == 101
    assert seen == [b'{"name":"me","host":"h"}']


def test_a_response_parameter_chooses_the_subprotocol() -> None:
    """Spec 28, 30: the only header that a handshake can get."""
    chosen = IntegrationResponse("$default", parameters={"route.response.header.Sec-WebSocket-Protocol": "'chat'"})
    decision = knock(Integration("i", "MOCK", templates=MOCK.templates, responses=(chosen,)))
    assert isinstance(decision, Accepted)
    assert decision.subprotocol == "chat"


def test_a_connect_without_a_template_that_needs_one_is_415() -> None:
    """Spec 133."""
    assert status(knock(Integration("i", "MOCK", passthrough="NEVER"))) == 415


# other services


def service(uri: str, credentials: str | None = ROLE, **settings: Any) -> ServiceCall:
    integration = Integration("i", "AWS", uri, credentials=credentials, templates={"$default": "BODY"}, **settings)
    return service_call(call_of(integration, stage(), MESSAGE))


def test_an_action_of_a_json_service() -> None:
    """Spec 104: the target header names the action."""
    call = service("arn:aws:apigateway:eu-west-1:dynamodb:action/PutItem")
    headers = dict(call.headers)
    assert (call.method, call.host, call.target) == ("POST", "dynamodb.eu-west-1.amazonaws.com", "/")
    assert (call.region, call.service, call.body, call.credentials) == ("eu-west-1", "dynamodb", b"BODY", ROLE)
    assert headers["X-Amz-Target"] == "DynamoDB_20120810.PutItem"
    assert headers["Content-Type"] == "application/x-amz-json-1.0"


def test_an_action_of_a_query_service() -> None:
    """Spec 104: parameters of the URI and mapped ones beside the action."""
    call = service(
        "arn:aws:apigateway:us-east-1:sns:action/Publish&TopicArn=arn",
        parameters={"integration.request.querystring.Message": "route.request.body.kind"},
    )
    assert call.target == "/?Action=Publish&Version=2010-03-31&Message=chat&TopicArn=arn"
    assert dict(call.headers)["Content-Type"] == "application/x-www-form-urlencoded"


def test_a_path_of_a_service() -> None:
    """Spec 104: the method is the integration's."""
    call = service(
        "arn:aws:apigateway:us-east-1:s3:path/bucket/{key}",
        method="PUT",
        parameters={"integration.request.path.key": "route.request.body.id"},
    )
    assert (call.method, call.host, call.target) == ("PUT", "s3.us-east-1.amazonaws.com", "/bucket/a%2Fb")


@pytest.mark.parametrize(
    ("uri", "credentials", "reason"),
    [
        ("arn:aws:apigateway:us-east-1:dynamodb:action/PutItem", None, "needs a role"),
        ("arn:aws:apigateway:us-east-1:dynamodb:action/PutItem", "arn:aws:iam::*:user/*", "needs a role"),
        ("arn:aws:apigateway:us-east-1:nothing:action/Do", ROLE, "there is no AWS service nothing"),
        ("arn:aws:apigateway:us-east-1:s3:action/PutObject", ROLE, "has no actions"),
        ("https://example.com", ROLE, "names neither a function nor an action"),
    ],
)
def test_a_service_call_that_cannot_be_made_says_why(uri: str, credentials: str | None, reason: str) -> None:
    """The reason is in the log; the client gets an error frame."""
    with pytest.raises(Failed, match=reason):
        service(uri, credentials)


def test_a_service_call_is_signed_as_the_role() -> None:
    """Signature Version 4, for the service and region of the URI."""
    headers = dict(signed_headers(service("arn:aws:apigateway:eu-west-1:dynamodb:action/PutItem"), "AK", "SK", "TOKEN"))
    assert headers["Authorization"].startswith("AWS4-HMAC-SHA256 Credential=AK/")
    assert "/eu-west-1/dynamodb/aws4_request" in headers["Authorization"]
    assert (headers["X-Amz-Security-Token"], headers["Host"]) == ("TOKEN", "dynamodb.eu-west-1.amazonaws.com")


def test_a_services_status_chooses_the_integration_response() -> None:
    """Spec 122: as for HTTP, and its body is what the template reads."""
    asked: list[ServiceCall] = []

    async def call(request: ServiceCall) -> Reply:
        asked.append(request)
        return Reply(400, body=b'{"Message":"no such table"}')

    integration = Integration(
        "i",
        "AWS",
        "arn:aws:apigateway:us-east-1:dynamodb:action/PutItem",
        credentials=ROLE,
        responses=responses(default="ok", **{"/4\\d{2}/": '{"why":$input.json("$.Message")}'}),
    )
    frames, trace = say('{"TableName":"t"}', integration, call_service=call)
    assert (frames, trace.integration_status) == ([b'{"why":"no such table"}'], 400)
    assert [each.body for each in asked] == [b'{"TableName":"t"}']


# the deployed JSON


def test_everything_is_read_from_what_is_deployed() -> None:
    """Spec 265–268: each field that decides something, by its camelCase name."""
    deployed = {
        "api": {"apiId": "a", "apiEndpoint": "wss://a.execute-api.eu-west-1.amazonaws.com"},
        "stage": {"stageName": "dev"},
        "authorizers": [],
        "models": [{"name": "Chat", "schema": "{}"}],
        "routes": [
            {
                "routeKey": "send",
                "target": "integrations/i",
                "modelSelectionExpression": "$request.body.kind",
                "requestModels": {"chat": "Chat", "gone": "Deleted"},
            }
        ],
        "integrations": [
            {
                "integrationId": "i",
                "integrationType": "HTTP",
                "integrationUri": "http://b/",
                "integrationMethod": "PUT",
                "credentialsArn": ROLE,
                "requestTemplates": {"$default": "x"},
                "templateSelectionExpression": "\\$default",
                "requestParameters": {"integration.request.header.A": "'1'"},
                "passthroughBehavior": "NEVER",
                "contentHandlingStrategy": "CONVERT_TO_BINARY",
                "timeoutInMillis": 50,
                "integrationResponses": [
                    {
                        "integrationResponseKey": "/2../",
                        "responseTemplates": {"a": "b"},
                        "responseParameters": {"c": "d"},
                        "templateSelectionExpression": "a",
                        "contentHandlingStrategy": "CONVERT_TO_TEXT",
                    }
                ],
            }
        ],
    }
    route = Stage.parse(json.loads(json.dumps(deployed)), account_id="123456789012").routes["send"]
    assert route.integration == Integration(
        "i",
        "HTTP",
        "http://b/",
        0.05,
        method="PUT",
        credentials=ROLE,
        templates={"$default": "x"},
        template_selection_expression="\\$default",
        parameters={"integration.request.header.A": "'1'"},
        passthrough="NEVER",
        content_handling="CONVERT_TO_BINARY",
        responses=(IntegrationResponse("/2../", {"a": "b"}, "a", {"c": "d"}, "CONVERT_TO_TEXT"),),
    )
    assert (route.model_selection_expression, route.request_models) == (
        "$request.body.kind",
        {"chat": "{}", "gone": ""},
    )

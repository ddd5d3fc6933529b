"""Group 4: what integrations are asked, and what of their answers reaches the client (spec 104–136)."""

import base64
import json
import re
import time
from typing import Any

import pytest
from botocore.exceptions import ClientError
from websockets.frames import Opcode

from .backend import Backend
from .build import Account, Api
from .talk import ask, connection_id, frames_of, hear, join, token
from .targets import Target

NEEDS_BACKEND = "needs an HTTP backend that the API can reach"

VARIABLES = {
    "connectionId": "$context.connectionId",
    "connectedAt": "$context.connectedAt",
    "domainName": "$context.domainName",
    "eventType": "$context.eventType",
    "messageId": "$context.messageId",
    "routeKey": "$context.routeKey",
    "requestId": "$context.requestId",
    "extendedRequestId": "$context.extendedRequestId",
    "apiId": "$context.apiId",
    "sourceIp": "$context.identity.sourceIp",
    "requestTime": "$context.requestTime",
    "requestTimeEpoch": "$context.requestTimeEpoch",
    "stage": "$context.stage",
    "path": "$input.path('$.user.name')",
    "colour": "$stageVariables.colour",
    "escaped": "$util.escapeJavaScript($input.path('$.said'))",
    "encoded": "$util.base64Encode('hello')",
}


SCHEMA = {
    "$schema": "http://json-schema.org/draft-04/schema#",
    "type": "object",
    "required": ["n"],
    "properties": {"n": {"type": "integer", "minimum": 1}},
}


def text(template: str) -> dict[str, Any]:
    """An integration response that writes this template."""
    return {"TemplateSelectionExpression": "text", "ResponseTemplates": {"text": template}}


def non_proxy(account: Account) -> dict[str, dict[str, Any]]:
    """Integrations of the types AWS and MOCK, by the routes that lead to them."""
    mirror = {"IntegrationType": "AWS", "IntegrationUri": account.invocation_uri(account.mirror)}
    mock = {
        "IntegrationType": "MOCK",
        "TemplateSelectionExpression": "status",
        "RequestTemplates": {"status": '{"statusCode": $input.path("$.status")}'},
    }
    by_kind = {"TemplateSelectionExpression": "${request.body.kind}"}
    whole = {"$default": text("$input.json('$')")}
    variables = ", ".join(f'"{name}": "{value}"' for name, value in VARIABLES.items())
    return {
        "mock": {
            **mock,
            "responses": {
                "/2\\d\\d/": text('{"chosen":"two hundreds"}'),
                "/4\\d\\d/": text('{"chosen":"four hundreds"}'),
                "$default": text('{"chosen":"others"}'),
            },
        },
        "by-response": {
            **mock,
            "responses": {
                "$default": {
                    "TemplateSelectionExpression": "${integration.response.statuscode}",
                    "ResponseTemplates": {"200": '{"was":200}', "404": '{"was":404}'},
                }
            },
        },
        "variables": {
            **mirror,
            "TemplateSelectionExpression": "all",
            "RequestTemplates": {"all": f'{{{variables}, "json": $input.json("$.user"), "whole": $input.body}}'},
            "responses": whole,
        },
        "by-error": {
            **mirror,
            **by_kind,
            "RequestTemplates": {"good": '{"answer": 1}', "bad": '{"errorMessage": "boom: it broke"}'},
            "responses": {"/boom.*/": text('{"chosen":"boom"}'), "$default": text('{"chosen":"fine"}')},
        },
        "by-template": {
            **mirror,
            **by_kind,
            "RequestTemplates": {name: f'{{"template": "{name}"}}' for name in ("a", "b", "$default")},
            "responses": whole,
        },
        "never": {
            **mirror,
            **by_kind,
            "PassthroughBehavior": "NEVER",
            "RequestTemplates": {"known": "$input.body"},
            "responses": whole,
        },
    }


@pytest.fixture(scope="module")
def mixed(account: Account) -> Api:
    """One API with an integration of every kind that AWS itself can reach."""
    api = Api(account)
    api.route("echo", two_way=True)
    api.route("timed", api.function(account.puppet, TimeoutInMillis=300), two_way=True)
    api.route("hurried", api.function(account.function("puppet", Timeout=1)))
    with api.as_far_as_possible():
        api.route("silent", RouteResponseSelectionExpression="$default")
    for key, fields in non_proxy(account).items():
        with api.as_far_as_possible():
            api.route(key, api.integration(**fields), two_way=True)
    with api.as_far_as_possible():
        asynchronous = api.integration(
            IntegrationType="AWS",
            IntegrationUri=account.invocation_uri(account.puppet),
            TimeoutInMillis=300,
            RequestParameters={"integration.request.header.X-Amz-Invocation-Type": "'Event'"},
            TemplateSelectionExpression="all",
            RequestTemplates={"all": "$input.body"},
            responses={"$default": {}},
        )
        api.route("asynchronous", asynchronous)
    with api.as_far_as_possible():
        api.model("Counted", SCHEMA)
        models = {"counted": "Counted"}
        api.route("validated", two_way=True, ModelSelectionExpression="counted", RequestModels=models)
        api.route("selected", two_way=True, ModelSelectionExpression="$request.body.kind", RequestModels=models)
    api.deploy(StageVariables={"colour": "blue"})
    return api


@pytest.mark.spec(104)
@pytest.mark.parametrize("kind", ["AWS", "AWS_PROXY", "HTTP", "HTTP_PROXY", "MOCK"])
def test_integration_types(bare: Api, account: Account, kind: str) -> None:
    """All five can be made."""
    uri = {"M": None, "A": account.invocation_uri(account.puppet), "H": "https://example.com/"}[kind[0]]
    fields: dict[str, Any] = {"IntegrationUri": uri} if uri else {}
    made = bare.integration(IntegrationType=kind, **fields)
    assert kind == bare.gateway.get_integration(ApiId=bare.id, IntegrationId=made)["IntegrationType"]


@pytest.mark.spec(104)
def test_other_integration_type(bare: Api) -> None:
    """A sixth type is refused."""
    with pytest.raises(ClientError, match="BadRequestException"):
        bare.integration(IntegrationType="FTP", IntegrationUri="ftp://example.com/")


@pytest.mark.parametrize(
    "result",
    [
        pytest.param({"statusCode": 200, "body": "dropped"}, id="200", marks=pytest.mark.spec(105)),
        pytest.param({"statusCode": 500, "body": "dropped"}, id="500", marks=pytest.mark.spec(105, 106)),
        pytest.param({"statusCode": 404}, id="404", marks=pytest.mark.spec(106)),
        pytest.param(None, id="nothing", marks=pytest.mark.spec(110)),
        pytest.param("text", id="text", marks=pytest.mark.spec(105)),
    ],
)
def test_one_way(api: Api, result: object) -> None:
    """Whatever the integration returns, nothing is sent, and the connection stays."""
    with join(api) as client:
        assert [] == frames_of(api, client, {"action": "oneway", "do": {"return": result}})


@pytest.mark.spec(107, 108, 109)
@pytest.mark.parametrize("failure", [{"raise": "no"}, {"exit": True}], ids=["throws", "crashes"])
@pytest.mark.parametrize("route", ["oneway", "echo"])
def test_function_error(api: Api, route: str, failure: dict[str, Any]) -> None:
    """The client gets the frame, byte for byte, one-way or not, and stays connected."""
    with join(api) as client:
        identifier = connection_id(client)
        requests = []
        for _ in range(2):
            client.send(json.dumps({"action": route, "do": failure}))
            frame = hear(client)
            requests.append(json.loads(frame)["requestId"])
            assert (
                f'{{"message": "Internal server error", "connectionId":"{identifier}", "requestId":"{requests[-1]}"}}'
                == frame
            )
            assert re.fullmatch(r"[A-Za-z0-9_-]{15}=", requests[-1])
        assert requests[0] != requests[1]
        assert identifier == connection_id(client)


@pytest.mark.spec(107)
def test_function_timeout(mixed: Api) -> None:
    """A function that runs out of its own time is a function error like others."""
    with join(mixed) as client:
        assert "Internal server error" == ask(client, {"action": "hurried", "do": {"sleep": 5}})["message"]


@pytest.mark.spec(111)
def test_integration_timeout(mixed: Api, account: Account) -> None:
    """The request ends with an error frame; the function goes on."""
    key = token()
    with join(mixed) as client:
        identifier = connection_id(client)
        frame = ask(client, {"action": "timed", "do": {"sleep": 1.5, "after": key}})
        assert [] == account.kept(key)
        assert ["message", "connectionId", "requestId"] == list(frame)
        assert ("Endpoint request timed out", identifier) == (frame["message"], frame["connectionId"])
        account.one_kept(key)


@pytest.mark.spec(112)
def test_longer_work(api: Api) -> None:
    """A message that a second, asynchronous invocation posts still reaches the client."""
    with join(api) as client:
        later = {"sleep": 0.2, "calls": [{"operation": "post", "data": "at last"}]}
        client.send(json.dumps({"action": "oneway", "do": {"later": later}}))
        assert "at last" == hear(client, 30)


@pytest.mark.spec(113, 165)
@pytest.mark.parametrize("timeout", [49, 29001])
def test_timeout_bounds(bare: Api, account: Account, timeout: int) -> None:
    """50 ms to 29 s, for every type."""
    bare.account.client("apigatewayv2")
    for kind in ("AWS_PROXY", "MOCK"):
        with pytest.raises(ClientError, match=re.escape("Timeout should be between 50 ms and 29000 ms")):
            bare.integration(
                IntegrationType=kind, IntegrationUri=account.invocation_uri(account.puppet), TimeoutInMillis=timeout
            )


@pytest.mark.spec(114, 115)
def test_two_way(api: Api) -> None:
    """The ``body`` of the result is one text frame, not the whole result."""
    with join(api) as client:
        told = {"return": {"statusCode": 200, "body": "just this", "headers": {"X": "y"}}}
        client.send(json.dumps({"action": "echo", "do": told}))
        assert "just this" == hear(client)


@pytest.mark.spec(114)
def test_route_response_is_needed(mixed: Api) -> None:
    """The expression alone sends nothing."""
    with join(mixed) as client:
        told = {"return": {"statusCode": 200, "body": "dropped"}}
        assert [] == frames_of(mixed, client, {"action": "silent", "do": told})


@pytest.mark.spec(116)
def test_two_way_with_error_status(api: Api) -> None:
    """``statusCode`` does not stop ``body``."""
    with join(api) as client:
        client.send(json.dumps({"action": "echo", "do": {"return": {"statusCode": 500, "body": "all the same"}}}))
        assert "all the same" == hear(client)


@pytest.mark.spec(117)
def test_two_way_without_body(api: Api) -> None:
    """No frame."""
    with join(api) as client:
        assert [] == frames_of(api, client, {"action": "echo", "do": {"return": {"statusCode": 200}}})


@pytest.mark.spec(118)
def test_route_response_key(bare: Api) -> None:
    """The only route response key is ``$default``."""
    route = bare.gateway.create_route(ApiId=bare.id, RouteKey=token())["RouteId"]
    with pytest.raises(ClientError, match=re.escape("Currently, only $default is supported as a RouteResponseKey.")):
        bare.gateway.create_route_response(ApiId=bare.id, RouteId=route, RouteResponseKey="other")


@pytest.mark.spec(120)
def test_frames_are_text(api: Api, target: Target) -> None:
    """Errors, route responses and posts alike."""
    with target.raw(api.url) as raw:
        raw.send(b'{"action":"echo"}')
        response = raw.frame()
        identifier = json.loads(bytes(response.data))["event"]["requestContext"]["connectionId"]
        raw.send(b'{"action":"oneway","do":{"raise":"no"}}')
        error = raw.frame()
        target.connections("POST", api.url, identifier, b"\x00\x01\x02")
        post = raw.frame()
    assert [Opcode.TEXT] * 3 == [response.opcode, error.opcode, post.opcode]


@pytest.mark.spec(121)
def test_proxy_ignores_integration_responses(account: Account) -> None:
    """A proxy integration's answer passes as it is."""
    api = Api(account)
    response = {"TemplateSelectionExpression": "text", "ResponseTemplates": {"text": '{"changed":true}'}}
    uri = account.invocation_uri(account.puppet)
    integration = api.integration(IntegrationType="AWS_PROXY", IntegrationUri=uri, responses={"$default": response})
    api.route("echo", integration, two_way=True)
    api.deploy()
    with join(api) as client:
        assert "event" in ask(client, {"action": "echo"})


@pytest.mark.spec(122, 123, 125)
@pytest.mark.parametrize(
    ("status", "chosen"), [(200, "two hundreds"), (204, "two hundreds"), (404, "four hundreds"), (500, "others")]
)
def test_mock(mixed: Api, status: int, chosen: str) -> None:
    """The status that the request template yields chooses the integration response by regular expression."""
    with join(mixed) as client:
        assert {"chosen": chosen} == ask(client, {"action": "mock", "status": status})


@pytest.mark.spec(123)
@pytest.mark.parametrize(("kind", "chosen"), [("good", "fine"), ("bad", "boom")])
def test_lambda_error_chooses(mixed: Api, kind: str, chosen: str) -> None:
    """For a function, the key is matched against ``errorMessage``."""
    with join(mixed) as client:
        assert {"chosen": chosen} == ask(client, {"action": "by-error", "kind": kind})


@pytest.mark.spec(124)
def test_mock_reads_back(bare: Api) -> None:
    """A MOCK's template can read the message, with its selection expression."""
    made = bare.gateway.create_integration(ApiId=bare.id, IntegrationType="MOCK")
    assert "${response.statuscode}" == made["IntegrationResponseSelectionExpression"]


@pytest.mark.spec(126)
@pytest.mark.parametrize(("kind", "template"), [("a", "a"), ("b", "b"), ("c", "$default")])
def test_template_selection(mixed: Api, kind: str, template: str) -> None:
    """The expression selects the template; ``$default`` is used if no template has the key."""
    with join(mixed) as client:
        assert {"template": template} == ask(client, {"action": "by-template", "kind": kind})


@pytest.mark.spec(127)
@pytest.mark.parametrize("status", [200, 404])
def test_response_template_selection(mixed: Api, status: int) -> None:
    """The integration's status can select the response template."""
    with join(mixed) as client:
        assert {"was": status} == ask(client, {"action": "by-response", "status": status})


@pytest.mark.spec(130)
def test_template_variables(mixed: Api) -> None:
    """A template can read the connection, the message and the stage."""
    message = {"action": "variables", "user": {"name": "Ada", "n": 1}, "said": 'a "b"'}
    with join(mixed) as client:
        event = ask(client, {"action": "echo"})["event"]["requestContext"]
        found = ask(client, message)
    same = ("connectionId", "domainName", "apiId", "stage")
    assert {name: event[name] for name in same} == {name: found[name] for name in same}
    assert str(event["connectedAt"]) == found["connectedAt"]
    assert event["identity"]["sourceIp"] == found["sourceIp"]
    assert ("MESSAGE", "variables") == (found["eventType"], found["routeKey"])
    assert found["requestId"] == found["extendedRequestId"] != event["requestId"]
    assert event["connectionId"][-7:] == found["messageId"][-7:]
    assert int(found["requestTimeEpoch"]) >= event["requestTimeEpoch"]
    assert re.fullmatch(r"\d\d/\w{3}/\d{4}:\d\d:\d\d:\d\d \+0000", found["requestTime"])
    assert ("Ada", {"name": "Ada", "n": 1}, message) == (found["path"], found["json"], found["whole"])
    assert ("blue", 'a "b"', "aGVsbG8=") == (found["colour"], found["escaped"], found["encoded"])


@pytest.mark.spec(131)
def test_model_validation(mixed: Api, account: Account) -> None:
    """A message that the model forbids never reaches the backend; the error frame names the message."""
    key = token()
    with join(mixed) as client:
        identifier = connection_id(client)
        for n in (0, "one", None):
            frame = ask(client, {"action": "validated", "n": n, "do": {"keep": key}})
            assert ["message", "connectionId", "messageId"] == list(frame)
            assert ("Bad request body", identifier) == (frame["message"], frame["connectionId"])
            assert identifier[-7:] == frame["messageId"][-7:]
        assert "event" in ask(client, {"action": "validated", "n": 1})
    assert [] == account.kept(key)


@pytest.mark.spec(132)
def test_no_matching_model(mixed: Api) -> None:
    """Without a ``$default`` model, validation fails."""
    with join(mixed) as client:
        assert "Bad request body" == ask(client, {"action": "selected", "kind": "other", "n": 1})["message"]
        assert "event" in ask(client, {"action": "selected", "kind": "counted", "n": 1})


@pytest.mark.spec(133)
def test_passthrough_never(mixed: Api, account: Account) -> None:
    """No template, no backend: the client is told something is wrong."""
    key = token()
    with join(mixed) as client:
        assert "message" in ask(client, {"action": "never", "kind": "unknown", "keep": key})
        assert [] == account.kept(key)
        assert key == ask(client, {"action": "never", "kind": "known", "keep": key})["keep"]
    account.one_kept(key)


@pytest.mark.spec(136)
def test_synchronous(api: Api) -> None:
    """A proxy integration is waited for."""
    began = time.monotonic()
    with join(api) as client:
        ask(client, {"action": "echo", "do": {"sleep": 0.3}})
    assert time.monotonic() - began >= 0.3


@pytest.mark.spec(136)
def test_asynchronous(mixed: Api, account: Account) -> None:
    """With ``X-Amz-Invocation-Type: Event`` a function may be slower than the integration's timeout."""
    key = token()
    with join(mixed) as client:
        client.send(json.dumps({"action": "asynchronous", "do": {"sleep": 0.6, "after": key}}))
        account.one_kept(key)
        assert "event" in ask(client, {"action": "echo"})


@pytest.fixture(scope="module")
def http(account: Account, backend: Backend) -> Api:
    """An API whose routes lead to an HTTP backend."""
    api = Api(account)
    api.route("echo", two_way=True)
    passing: dict[str, Any] = {"$default": {}}
    api.route(
        "$connect",
        api.integration(
            IntegrationType="HTTP",
            IntegrationUri=f"{backend.url}/connect",
            RequestParameters={
                "integration.request.header.room": "route.request.querystring.room",
                "integration.request.header.agent": "route.request.header.X-Agent",
            },
            responses=passing,
        ),
    )
    api.route(
        "proxy", api.integration(IntegrationType="HTTP_PROXY", IntegrationUri=f"{backend.url}/proxy"), two_way=True
    )
    api.route(
        "mapped",
        api.integration(
            IntegrationType="HTTP",
            IntegrationUri="http://${stageVariables.host}/mapped",
            RequestParameters={
                "integration.request.header.connectionId": "context.connectionId",
                "integration.request.header.said": "route.request.body.said",
                "integration.request.header.colour": "stageVariables.colour",
                "integration.request.querystring.fixed": "'always'",
            },
            responses=passing,
        ),
        two_way=True,
    )
    api.route(
        "decoded",
        api.integration(
            IntegrationType="HTTP",
            IntegrationUri=f"{backend.url}/decoded",
            ContentHandlingStrategy="CONVERT_TO_BINARY",
            PassthroughBehavior="WHEN_NO_MATCH",
            responses={"$default": {"ContentHandlingStrategy": "CONVERT_TO_TEXT"}},
        ),
        two_way=True,
    )
    api.route(
        "$default",
        api.integration(
            IntegrationType="HTTP",
            IntegrationUri=f"{backend.url}/decoded",
            ContentHandlingStrategy="CONVERT_TO_BINARY",
            responses={"$default": {"ContentHandlingStrategy": "CONVERT_TO_TEXT"}},
        ),
        two_way=True,
    )
    api.deploy(StageVariables={"host": backend.url.removeprefix("http://"), "colour": "blue"})
    return api


@pytest.mark.spec(104, 121, 120)
@pytest.mark.not_on_aws(NEEDS_BACKEND)
def test_http_proxy(http: Api) -> None:
    """The backend gets the message and its answer is the frame."""
    with join(http) as client:
        asked = ask(client, '{"action":"proxy","x":1}')
    assert ("POST", "/proxy", '{"action":"proxy","x":1}') == (asked["method"], asked["path"], asked["body"])


@pytest.mark.spec(128, 129, 252)
@pytest.mark.not_on_aws(NEEDS_BACKEND)
def test_request_parameters(http: Api) -> None:
    """Headers and query strings made of the connection, the body, stage variables and fixed text."""
    with join(http) as client:
        identifier = connection_id(client)
        asked = ask(client, {"action": "mapped", "said": "hello"})
    headers = asked["headers"]
    assert (identifier, "hello", "blue") == (headers["connectionid"], headers["said"], headers["colour"])
    assert "/mapped?fixed=always" == asked["path"]


@pytest.mark.spec(129)
@pytest.mark.not_on_aws(NEEDS_BACKEND)
def test_handshake_parameters(http: Api, backend: Backend) -> None:
    """``$connect`` can map the handshake's headers and query string."""
    room = token()
    with join(http, f"?room={room}", additional_headers={"X-Agent": "007"}):
        pass
    (asked,) = [each for each in backend.asked if each["headers"].get("room") == room]
    assert "007" == asked["headers"]["agent"]


@pytest.mark.spec(134)
@pytest.mark.not_on_aws(NEEDS_BACKEND)
def test_content_handling(http: Api, backend: Backend) -> None:
    """Base64 text is decoded on its way to the backend, and what comes back is encoded."""
    said = token()
    with join(http) as client:
        client.send(base64.b64encode(said.encode()).decode())
        answer = json.loads(base64.b64decode(hear(client)))
    assert said == answer["body"]
    assert said in [each["body"] for each in backend.asked]

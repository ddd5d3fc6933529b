"""API Gateway's errors for WebSocket APIs, one by one: boto3's exception, the status, the whole JSON body.

The texts in the tables are those of the behaviour list, letter by letter; texts without a source come from
``api_gateway.assumptions``, so that a captured one changes a line there and no test here.
"""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_aws.control_plane import ControlPlane
from local_aws.control_plane.api_gateway import assumptions
from local_aws.net.http import Headers, Request

from ..conftest import Client

LOGS = "arn:aws:logs:us-east-1:123456789012:log-group:access"
STATUSES = {
    "BadRequestException": 400,
    "NotFoundException": 404,
    "ConflictException": 409,
    "TooManyRequestsException": 429,
}
REQUEST_ID = "$context.requestId"


def error_of(gateway: Any, operation: str, **fields: Any) -> tuple[str, str]:
    """Code and message; boto3 raises the class with that name, and the class's status."""
    with pytest.raises(ClientError) as raised:
        getattr(gateway, operation)(**fields)
    code, message = (raised.value.response["Error"][key] for key in ("Code", "Message"))
    assert isinstance(raised.value, getattr(gateway.exceptions, code))
    assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == STATUSES[code]
    return code, message


def bad(message: str) -> tuple[str, str]:
    return "BadRequestException", message


def a_route(gateway: Any, api: str, key: str = "$default", **fields: Any) -> str:
    return str(gateway.create_route(ApiId=api, RouteKey=key, **fields)["RouteId"])


def an_authorizer(gateway: Any, api: str, name: str = "a", **fields: Any) -> str:
    given = {"AuthorizerType": "REQUEST", "AuthorizerUri": "arn:x", "IdentitySource": ["route.request.header.A"]}
    return str(gateway.create_authorizer(ApiId=api, Name=name, **{**given, **fields})["AuthorizerId"])


AUTHORIZER = {
    "Name": "a",
    "AuthorizerType": "REQUEST",
    "AuthorizerUri": "arn:x",
    "IdentitySource": ["route.request.header.A"],
}

CREATIONS = [
    (65, "integration", {"IntegrationType": "MOCK", "PayloadFormatVersion": "2.0"},
     "Unsupported PayloadFormatVersion: 2.0"),
    (113, "integration", {"IntegrationType": "MOCK", "TimeoutInMillis": 29_001},
     "Timeout should be between 50 ms and 29000 ms"),
    (205, "route", {"RouteKey": "send", "AuthorizationType": "AWS_IAM"},
     "Currently, authorization is restricted to the $connect route only"),
    (205, "route", {"RouteKey": "$disconnect", "AuthorizationType": "CUSTOM"},
     "Currently, authorization is restricted to the $connect route only"),
    (207, "authorizer", {**AUTHORIZER, "AuthorizerType": "JWT"},
     "Only REQUEST authorizer type is supported on WEBSOCKET protocol Apis."),
    (208, "route", {"RouteKey": "$connect", "AuthorizationType": "JWT"},
     "Currently, JWT authorization type is restricted to APIs with a protocol type of HTTP"),
    (209, "authorizer", {**AUTHORIZER, "IdentitySource": ["$request.header.Auth"]},
     "Invalid request identity source expression: $request.header.Auth"),
    (209, "authorizer", {**AUTHORIZER, "IdentitySource": ["route.request.header.A", "route.request.body.b"]},
     "Invalid request identity source expression: route.request.body.b"),
    (211, "authorizer", {"Name": "a", "AuthorizerType": "REQUEST", "IdentitySource": ["route.request.header.A"]},
     "AuthorizerUri is a required field in an Authorizer"),
    (233, "deployment", {}, "At least one route is required before deploying the Api."),
    (245, "route", {"RouteKey": "$default", "Target": "abc"},
     "Unexpected or malformed target in route. Correct format should be integrations/<integration_id>."),
    (245, "route", {"RouteKey": "$default", "Target": "integrations/"},
     "Unexpected or malformed target in route. Correct format should be integrations/<integration_id>."),
    (247, "stage", {"StageName": "a-b"}, "Stage name only allows a-zA-Z0-9_"),
    (247, "stage", {"StageName": "$other"}, "Stage name only allows a-zA-Z0-9_"),
    (249, "stage", {"StageName": "a", "AccessLogSettings": {"DestinationArn": LOGS, "Format": "$context.stage"}},
     "Access Log format must include either $context.requestId or $context.extendedRequestId"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "fields", "message"),
    [case[1:] for case in CREATIONS],
    ids=[f"{item} {kind}" for item, kind, *_ in CREATIONS],
)
def test_an_invalid_creation(client: Client, api: str, kind: str, fields: dict[str, Any], message: str) -> None:
    """Spec 65, 113, 205–211, 233, 245–249: BadRequestException with AWS's text."""
    assert error_of(client("apigatewayv2"), f"create_{kind}", ApiId=api, **fields) == bad(message)


def test_valid_creations(client: Client, api: str) -> None:
    """The limits of those rules are valid: both ends of the timeout, stage $default, all identity sources."""
    gateway = client("apigatewayv2")

    for timeout in (50, 29_000):
        gateway.create_integration(ApiId=api, IntegrationType="MOCK", TimeoutInMillis=timeout)
    gateway.create_integration(ApiId=api, IntegrationType="MOCK", PayloadFormatVersion="1.0")
    gateway.create_stage(ApiId=api, StageName="$default")
    gateway.create_stage(ApiId=api, StageName="A_1")
    sources = ["route.request.header.A", "route.request.querystring.b", "stageVariables.c", "context.identity.sourceIp"]
    an_authorizer(gateway, api, IdentitySource=sources)


UPDATES = [
    (113, "integration", {"TimeoutInMillis": 49_000}, "Timeout should be between 50 ms and 29000 ms"),
    (205, "route", {"AuthorizationType": "AWS_IAM"},
     "Currently, authorization is restricted to the $connect route only"),
    (207, "authorizer", {"AuthorizerType": "JWT"},
     "Only REQUEST authorizer type is supported on WEBSOCKET protocol Apis."),
    (209, "authorizer", {"IdentitySource": ["$request.header.A"]},
     "Invalid request identity source expression: $request.header.A"),
    (245, "route", {"Target": "abc"},
     "Unexpected or malformed target in route. Correct format should be integrations/<integration_id>."),
    (249, "stage", {"AccessLogSettings": {"DestinationArn": LOGS, "Format": "$context.stage"}},
     "Access Log format must include either $context.requestId or $context.extendedRequestId"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "fields", "message"),
    [case[1:] for case in UPDATES],
    ids=[f"{item} {kind}" for item, kind, *_ in UPDATES],
)
def test_an_invalid_update(client: Client, api: str, kind: str, fields: dict[str, Any], message: str) -> None:
    """Spec 205: the same error at an update, which changes nothing."""
    gateway = client("apigatewayv2")
    makers: dict[str, Callable[[], dict[str, Any]]] = {
        "route": lambda: {"RouteId": a_route(gateway, api, "send")},
        "authorizer": lambda: {"AuthorizerId": an_authorizer(gateway, api)},
        "integration": lambda: {
            "IntegrationId": gateway.create_integration(ApiId=api, IntegrationType="MOCK")["IntegrationId"]
        },
        "stage": lambda: {"StageName": gateway.create_stage(ApiId=api, StageName="dev")["StageName"]},
    }
    identifiers = makers[kind]()
    before = getattr(gateway, f"get_{kind}")(ApiId=api, **identifiers)

    assert error_of(gateway, f"update_{kind}", ApiId=api, **identifiers, **fields) == bad(message)

    after = getattr(gateway, f"get_{kind}")(ApiId=api, **identifiers)
    assert {**before, "ResponseMetadata": None} == {**after, "ResponseMetadata": None}


def test_a_route_that_stops_being_connect_keeps_no_authorization(client: Client, api: str) -> None:
    """Spec 205: changing the key of a route with authorization is an error."""
    gateway = client("apigatewayv2")
    route = a_route(gateway, api, "$connect", AuthorizationType="AWS_IAM")

    found = error_of(gateway, "update_route", ApiId=api, RouteId=route, RouteKey="send")

    assert found == bad("Currently, authorization is restricted to the $connect route only")


@pytest.mark.parametrize(
    "expression", [None, "$request.header.action", "$context.routeKey", "${request.body.a", "$default"]
)
def test_an_invalid_route_selection_expression(client: Client, unique: str, expression: str | None) -> None:
    """Spec 80, 99: it is required, and may use the message's body only."""
    fields = {} if expression is None else {"RouteSelectionExpression": expression}

    found = error_of(client("apigatewayv2"), "create_api", Name=unique, ProtocolType="WEBSOCKET", **fields)

    assert found == bad("Invalid routeSelectionExpression")


@pytest.mark.parametrize(
    "expression",
    [
        "$request.body.action",
        "${request.body.action}",
        "${request.body.service}/${request.body.action}",
        "$request.body.service.do",
        "$request.body",
        "always",
        r"\$default",
    ],
)
def test_a_valid_route_selection_expression(client: Client, unique: str, expression: str) -> None:
    """Spec 81, 82, 85: one variable, several with text between, static text, an escaped dollar."""
    gateway = client("apigatewayv2")

    api = gateway.create_api(Name=unique, ProtocolType="WEBSOCKET", RouteSelectionExpression=expression)

    assert api["RouteSelectionExpression"] == expression
    gateway.delete_api(ApiId=api["ApiId"])


@pytest.mark.parametrize("operation", ["create_api", "update_api"])
def test_cors_is_for_http_apis(client: Client, api: str, unique: str, operation: str) -> None:
    """Spec 246: CORS settings are an error at create and at update."""
    new = {"Name": unique, "ProtocolType": "WEBSOCKET", "RouteSelectionExpression": "$request.body.action"}
    fields = new if operation == "create_api" else {"ApiId": api}

    found = error_of(client("apigatewayv2"), operation, **fields, CorsConfiguration={"AllowOrigins": ["*"]})

    assert found == bad("Cors is not supported for WEBSOCKET protocolType")


def test_deleting_cors(client: Client, api: str) -> None:
    """Spec 246: DeleteCorsConfiguration is an error too."""
    found = error_of(client("apigatewayv2"), "delete_cors_configuration", ApiId=api)

    assert found == bad("Cors is not supported for WEBSOCKET protocolType")


def test_the_key_of_a_route_response(client: Client, api: str) -> None:
    """Spec 118: only ``$default`` is valid."""
    gateway = client("apigatewayv2")
    route = a_route(gateway, api)

    found = error_of(gateway, "create_route_response", ApiId=api, RouteId=route, RouteResponseKey="other")

    assert found == bad("Currently, only $default is supported as a RouteResponseKey.")


@pytest.mark.parametrize("key", ["$other", "$", "$Connect", "$connect2"])
def test_a_reserved_route_key(client: Client, api: str, key: str) -> None:
    """Spec 95: keys that start with a dollar are reserved; the text is ours."""
    found = error_of(client("apigatewayv2"), "create_route", ApiId=api, RouteKey=key)

    assert found == bad(assumptions.RESERVED_ROUTE_KEY.format(key=key))


def test_settings_of_an_unknown_route(client: Client, api: str) -> None:
    """Spec 248: NotFoundException, at create and at update."""
    gateway = client("apigatewayv2")
    settings = {"none": {"ThrottlingBurstLimit": 1}}
    expected = ("NotFoundException", "Unable to find Route by key none within the provided RouteSettings")

    assert error_of(gateway, "create_stage", ApiId=api, StageName="dev", RouteSettings=settings) == expected
    gateway.create_stage(ApiId=api, StageName="dev")
    assert error_of(gateway, "update_stage", ApiId=api, StageName="dev", RouteSettings=settings) == expected


def test_custom_authorization_needs_an_authorizer_of_the_api(client: Client, api: str) -> None:
    """Spec 206: without an authorizer, or with an unknown one, it is an error."""
    gateway = client("apigatewayv2")
    connect = {"ApiId": api, "RouteKey": "$connect", "AuthorizationType": "CUSTOM"}

    assert error_of(gateway, "create_route", **connect) == bad(assumptions.AUTHORIZER_REQUIRED)
    assert error_of(gateway, "create_route", **connect, AuthorizerId="abc123") == bad(assumptions.AUTHORIZER_REQUIRED)
    gateway.create_route(**connect, AuthorizerId=an_authorizer(gateway, api))


def test_a_deployment_cannot_be_set_with_auto_deploy(client: Client, api: str) -> None:
    """Spec 235: an error at CreateStage, UpdateStage and CreateDeployment."""
    gateway = client("apigatewayv2")
    a_route(gateway, api)
    deployment = gateway.create_deployment(ApiId=api)["DeploymentId"]
    stage = {"ApiId": api, "StageName": "dev"}
    expected = bad(assumptions.AUTO_DEPLOY_IS_ON)

    assert error_of(gateway, "create_stage", **stage, AutoDeploy=True, DeploymentId=deployment) == expected
    gateway.create_stage(**stage, AutoDeploy=True)
    assert error_of(gateway, "update_stage", **stage, DeploymentId=deployment) == expected
    assert error_of(gateway, "create_deployment", **stage) == expected
    gateway.update_stage(**stage, AutoDeploy=False, DeploymentId=deployment)


@pytest.mark.parametrize("kind", ["route", "model", "authorizer", "stage", "route_response"])
def test_a_name_that_is_taken(client: Client, api: str, kind: str) -> None:
    """Spec 239: a second resource with the same name is a ConflictException, 409."""
    gateway = client("apigatewayv2")
    cases: dict[str, tuple[dict[str, Any], str]] = {
        "route": ({"RouteKey": "send"}, assumptions.ROUTE_TAKEN.format(key="send")),
        "model": ({"Name": "m", "Schema": "{}"}, assumptions.MODEL_TAKEN.format(name="m")),
        "authorizer": (AUTHORIZER, assumptions.AUTHORIZER_TAKEN.format(name="a")),
        "stage": ({"StageName": "dev"}, assumptions.STAGE_TAKEN),
        "route_response": ({"RouteResponseKey": "$default"}, assumptions.ROUTE_RESPONSE_TAKEN.format(key="$default")),
    }
    fields, text = cases[kind]
    if kind == "route_response":
        fields = {**fields, "RouteId": a_route(gateway, api)}
    getattr(gateway, f"create_{kind}")(ApiId=api, **fields)

    assert error_of(gateway, f"create_{kind}", ApiId=api, **fields) == ("ConflictException", text)


NOT_THERE = [
    ("route", {"RouteId": "abc"}, "Route"),
    ("integration", {"IntegrationId": "abc"}, "Integration"),
    ("authorizer", {"AuthorizerId": "abc"}, "Authorizer"),
    ("model", {"ModelId": "abc"}, "Model"),
    ("deployment", {"DeploymentId": "abc"}, "Deployment"),
    ("stage", {"StageName": "abc"}, "Stage"),
    ("route_response", {"RouteId": "abc", "RouteResponseId": "abc"}, "Route"),
    ("integration_response", {"IntegrationId": "abc", "IntegrationResponseId": "abc"}, "Integration"),
]


@pytest.mark.parametrize(("kind", "fields", "resource"), NOT_THERE, ids=[kind for kind, *_ in NOT_THERE])
def test_an_unknown_identifier(client: Client, api: str, kind: str, fields: dict[str, str], resource: str) -> None:
    """Spec 239: reading, changing and deleting answer NotFoundException, 404, with the model's resourceType."""
    gateway = client("apigatewayv2")

    for operation in (f"get_{kind}", f"update_{kind}", f"delete_{kind}"):
        with pytest.raises(gateway.exceptions.NotFoundException) as raised:
            getattr(gateway, operation)(ApiId=api, **fields)
        response = raised.value.response
        assert (404, assumptions.NOT_FOUND.format(kind=resource), resource) == (
            response["ResponseMetadata"]["HTTPStatusCode"],
            response["Error"]["Message"],
            response["ResourceType"],
        )


def test_an_unknown_api(client: Client) -> None:
    """Spec 239: NotFoundException for every operation."""
    gateway = client("apigatewayv2")
    expected = ("NotFoundException", "Invalid API identifier specified 123456789012:aaaaaaaaaa")

    for operation in ("get_api", "get_routes", "get_deployments", "delete_api", "create_deployment"):
        assert error_of(gateway, operation, ApiId="aaaaaaaaaa") == expected


@pytest.mark.parametrize(
    ("kind", "quota"), [("route", 300), ("integration", 300), ("stage", 10), ("authorizer", 10)], ids=lambda v: str(v)
)
def test_a_quota(plane: ControlPlane, api: str, kind: str, quota: int) -> None:
    """Spec 166, 239: one more than the quota is TooManyRequestsException, 429, with its limitType."""

    def fields(number: int) -> dict[str, Any]:
        by_kind: dict[str, dict[str, Any]] = {
            "route": {"routeKey": f"r{number}"},
            "integration": {"integrationType": "MOCK"},
            "stage": {"stageName": f"s{number}"},
            "authorizer": {
                "name": f"a{number}",
                "authorizerType": "REQUEST",
                "authorizerUri": "arn:x",
                "identitySource": ["route.request.header.A"],
            },
        }
        return by_kind[kind]

    statuses = [post(plane, f"/v2/apis/{api}/{kind}s", fields(number))[0] for number in range(quota)]
    status, headers, body = post(plane, f"/v2/apis/{api}/{kind}s", fields(quota))

    assert set(statuses) == {201}
    assert (429, "TooManyRequestsException") == (status, headers["x-amzn-ErrorType"])
    assert json.loads(body) == {
        "message": assumptions.QUOTA.format(collection=f"{kind}s"),
        "limitType": assumptions.QUOTA_LIMIT_TYPE.format(collection=f"{kind}s"),
    }


def test_the_whole_answer(plane: ControlPlane, api: str) -> None:
    """Spec 238, 239: JSON with the message alone; the type is in a header."""
    status, headers, body = post(plane, f"/v2/apis/{api}/deployments", {})

    assert (400, "application/json", "BadRequestException") == (
        status,
        headers["Content-Type"],
        headers["x-amzn-ErrorType"],
    )
    assert body == b'{"message": "At least one route is required before deploying the Api."}'


MALFORMED: list[tuple[str, Any]] = [
    ("routes", b"not json"),
    ("routes", b"[]"),
    ("routes", b"\xff"),
    ("routes", {}),
    ("routes", {"routeKey": 5}),
    ("routes", {"routeKey": "a", "authorizationType": "SOMETIMES"}),
    ("integrations", {"integrationType": "SMOKE"}),
    ("integrations", {"integrationType": "AWS_PROXY"}),
    ("integrations", {"integrationType": "MOCK", "timeoutInMillis": "1000"}),
    ("integrations", {"integrationType": "MOCK", "timeoutInMillis": True}),
    ("integrations", {"integrationType": "MOCK", "passthroughBehavior": "ALWAYS"}),
    ("integrations", {"integrationType": "MOCK", "requestTemplates": {"a": {"b": 1}}}),
    ("stages", {"stageName": ["a"]}),
    ("stages", {"stageName": "a", "stageVariables": {"a": 1}}),
    ("stages", {"stageName": "a", "routeSettings": {"$default": 5}}),
    ("stages", {"stageName": "a", "defaultRouteSettings": {"throttlingBurstLimit": "5"}}),
    ("stages", {"stageName": "a", "defaultRouteSettings": {"loggingLevel": "LOUD"}}),
    ("stages", {"stageName": "a", "accessLogSettings": {"destinationArn": 5, "format": REQUEST_ID}}),
    ("stages", {"stageName": "a", "accessLogSettings": {"destinationArn": LOGS, "format": 5}}),
    ("models", {"name": "no spaces", "schema": "{}"}),
    ("models", {"name": "m", "schema": {}}),
    ("authorizers", {"name": "a", "authorizerType": "REQUEST", "authorizerUri": "x", "identitySource": [5]}),
]


@pytest.mark.parametrize(("collection", "body"), MALFORMED)
def test_a_body_against_the_model(plane: ControlPlane, api: str, collection: str, body: Any) -> None:
    """A body that does not fit the service model is a 400 with a reason, from any client."""
    status, headers, answer = post(plane, f"/v2/apis/{api}/{collection}", body)

    assert (400, "BadRequestException") == (status, headers["x-amzn-ErrorType"])
    assert json.loads(answer)["message"]


@pytest.mark.parametrize("query", ["maxResults=0", "maxResults=-1", "maxResults=some", "nextToken=-3", "nextToken=x"])
def test_an_invalid_page(plane: ControlPlane, api: str, query: str) -> None:
    """Spec 238: an invalid nextToken or maxResults is a 400."""
    status, _, body = ask(plane, "GET", f"/v2/apis/{api}/routes?{query}", b"")

    assert (400, assumptions.INVALID_PAGE) == (status, json.loads(body)["message"])


def post(plane: ControlPlane, target: str, body: Any) -> tuple[int, dict[str, str], bytes]:
    return ask(plane, "POST", target, body if isinstance(body, bytes) else json.dumps(body).encode())


def ask(plane: ControlPlane, method: str, target: str, body: bytes) -> tuple[int, dict[str, str], bytes]:
    credential = "AKIAIOSFODNN7EXAMPLE/20260101/us-east-1/apigateway/aws4_request"
    headers = Headers([("Authorization", f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host, Signature=0")])
    response = asyncio.run(plane.handle(Request(method, target, headers, body)))
    return response.status, dict(response.headers), response.body

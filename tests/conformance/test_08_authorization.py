"""Group 8: who may connect (spec 205–229)."""

import json
import re
from typing import Any
from urllib.parse import quote, urlsplit

import boto3
import pytest
from botocore.auth import SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.exceptions import ClientError
from websockets.sync.client import ClientConnection

from .build import Account, Api
from .talk import ask, connected, join, refusal, token
from .targets import Target

RECEIVED = {"X-Auth": "let me in"}


def auth(**told: Any) -> str:
    """A query string that tells the authorizer what to do."""
    return f"?auth={quote(json.dumps(told))}"


def enter(api: Api, query: str = "", **options: Any) -> ClientConnection:
    """Join with the header that the authorizer wants to see."""
    return join(api, query, additional_headers=RECEIVED, **options)


def context_of(api: Api, query: str) -> Any:
    """What the handlers of an authorized connection are told of its authorizer."""
    with enter(api, query) as client:
        return ask(client, {"action": "echo"})["event"]["requestContext"]["authorizer"]


@pytest.fixture(scope="module")
def guarded(account: Account) -> Api:
    """An API whose ``$connect`` asks an authorizer that wants a header."""
    api = Api(account)
    api.route("$connect", AuthorizationType="CUSTOM", AuthorizerId=api.authorizer("route.request.header.X-Auth"))
    api.route("$disconnect")
    api.route("echo", two_way=True)
    api.deploy()
    return api


@pytest.fixture(scope="module")
def signed(account: Account) -> Api:
    """An API whose ``$connect`` wants an IAM signature."""
    api = Api(account)
    api.route("$connect", AuthorizationType="AWS_IAM")
    api.route("echo", two_way=True)
    names = ("userArn", "caller", "user", "accountId")
    template = ", ".join(f'"{name}": "$context.identity.{name}"' for name in names)
    mirror = api.integration(
        IntegrationType="AWS",
        IntegrationUri=account.invocation_uri(account.mirror),
        TemplateSelectionExpression="all",
        RequestTemplates={"all": "{" + template + "}"},
        responses={"$default": {}},
    )
    api.route("who", mirror, two_way=True)
    api.deploy()
    return api


@pytest.mark.spec(17, 210)
@pytest.mark.parametrize("headers", [{}, {"X-Auth": ""}], ids=["missing", "empty"])
def test_missing_identity(guarded: Api, account: Account, headers: dict[str, str]) -> None:
    """401, and the authorizer is not asked."""
    key = token()
    assert 401 == refusal(guarded, auth(keep=key), additional_headers=headers).status_code
    assert [] == account.kept(key)


@pytest.mark.spec(18)
def test_deny(guarded: Api, account: Account) -> None:
    """403, and ``$connect`` is not invoked."""
    key = token()
    refused = refusal(guarded, auth(effect="Deny"), do={"keep": key}, additional_headers=RECEIVED)
    assert 403 == refused.status_code
    assert [] == account.kept(key)


@pytest.mark.spec(19)
def test_unauthorized(guarded: Api) -> None:
    """The authorizer that throws ``Unauthorized`` says 401."""
    assert 401 == refusal(guarded, auth(**{"raise": "Unauthorized"}), additional_headers=RECEIVED).status_code


@pytest.mark.spec(20, 217)
@pytest.mark.parametrize(
    "told",
    [
        {"raise": "something else"},
        {"return": None},
        {"return": {"principalId": "me"}},
        {"return": {"isAuthorized": True}},
        {"context": "text"},
        {"context": {"nested": {"a": 1}}},
    ],
    ids=["throws", "nothing", "no policy", "simple format", "context is text", "context is nested"],
)
def test_unusable_result(guarded: Api, told: dict[str, Any]) -> None:
    """A result in another form is 500, also in the simple format of HTTP APIs."""
    assert 500 == refusal(guarded, auth(**told), additional_headers=RECEIVED).status_code


@pytest.mark.spec(205)
@pytest.mark.parametrize("authorization", ["AWS_IAM", "CUSTOM"])
def test_only_on_connect(guarded: Api, authorization: str) -> None:
    """Any other route is refused, when made and when changed."""
    text = re.escape("Currently, authorization is restricted to the $connect route only")
    fields = {"AuthorizationType": authorization}
    if authorization == "CUSTOM":
        fields["AuthorizerId"] = guarded.gateway.get_authorizers(ApiId=guarded.id)["Items"][0]["AuthorizerId"]
    with pytest.raises(ClientError, match=text) as refused:
        guarded.gateway.create_route(ApiId=guarded.id, RouteKey="other", **fields)
    assert 400 == refused.value.response["ResponseMetadata"]["HTTPStatusCode"]
    with pytest.raises(ClientError, match=text):
        guarded.gateway.update_route(ApiId=guarded.id, RouteId=guarded.routes["echo"], **fields)


@pytest.mark.spec(206, 208)
def test_no_jwt(bare: Api) -> None:
    """JWT authorizers are for HTTP APIs only."""
    text = "Currently, JWT authorization type is restricted to APIs with a protocol type of HTTP"
    with pytest.raises(ClientError, match=text):
        bare.gateway.create_route(ApiId=bare.id, RouteKey="$connect", AuthorizationType="JWT")


@pytest.mark.spec(206)
def test_authorization_types(account: Account) -> None:
    """NONE, AWS_IAM and CUSTOM; nothing else."""
    api = Api(account)
    route = api.route("$connect")
    for kind in ("AWS_IAM", "CUSTOM", "NONE"):
        more = {"AuthorizerId": api.authorizer("route.request.header.A")} if kind == "CUSTOM" else {}
        changed = api.gateway.update_route(ApiId=api.id, RouteId=route, AuthorizationType=kind, **more)
        assert kind == changed["AuthorizationType"]
    with pytest.raises(ClientError, match="BadRequestException"):
        api.gateway.update_route(ApiId=api.id, RouteId=route, AuthorizationType="OTHER")


@pytest.mark.spec(207)
def test_authorizer_type(bare: Api) -> None:
    """The type must be REQUEST."""
    with pytest.raises(
        ClientError, match=re.escape("Only REQUEST authorizer type is supported on WEBSOCKET protocol Apis.")
    ):
        bare.authorizer("route.request.header.A", AuthorizerType="JWT")


@pytest.mark.spec(209)
@pytest.mark.parametrize(
    "source", ["route.request.header.A", "route.request.querystring.a", "stageVariables.a", "context.stage"]
)
def test_identity_sources(bare: Api, source: str) -> None:
    """Headers, query strings, stage variables, context."""
    made = bare.authorizer(source)
    assert [source] == bare.gateway.get_authorizer(ApiId=bare.id, AuthorizerId=made)["IdentitySource"]
    bare.gateway.delete_authorizer(ApiId=bare.id, AuthorizerId=made)


@pytest.mark.spec(209)
def test_identity_source_of_http_apis(bare: Api) -> None:
    """The form of HTTP APIs is refused."""
    with pytest.raises(ClientError, match="Invalid request identity source expression: "):
        bare.authorizer("$request.header.X")


@pytest.mark.spec(210)
def test_all_sources_are_needed(account: Account) -> None:
    """One of two sources is not enough."""
    api = Api(account)
    wanted = api.authorizer("route.request.header.X-Auth", "route.request.querystring.who")
    api.route("$connect", AuthorizationType="CUSTOM", AuthorizerId=wanted)
    api.deploy()
    assert 401 == refusal(api, additional_headers=RECEIVED).status_code
    assert 401 == refusal(api, "?who=me").status_code
    assert 401 == refusal(api, "?who=", additional_headers=RECEIVED).status_code
    with enter(api, "?who=me"):
        pass


@pytest.mark.spec(210)
def test_no_source(account: Account) -> None:
    """The authorizer always runs."""
    api = Api(account)
    api.route("$connect", AuthorizationType="CUSTOM", AuthorizerId=api.authorizer())
    api.deploy()
    with join(api):
        pass
    assert 403 == refusal(api, auth(effect="Deny")).status_code


@pytest.mark.spec(211)
def test_authorizer_uri(bare: Api) -> None:
    """The URI is required."""
    with pytest.raises(ClientError, match="AuthorizerUri is a required field in an Authorizer"):
        bare.gateway.create_authorizer(
            ApiId=bare.id, Name="none", AuthorizerType="REQUEST", IdentitySource=["route.request.header.A"]
        )


@pytest.mark.spec(212)
def test_no_caching(guarded: Api, account: Account) -> None:
    """Each handshake asks the authorizer anew."""
    key = token()
    for _ in range(2):
        with enter(guarded, auth(keep=key)):
            pass
    assert 2 == len(account.kept(key))


@pytest.fixture(scope="module")
def asked(guarded: Api, account: Account) -> dict[str, Any]:
    """The authorizer's event, and those of the connection it let in."""
    authorizer, connect = token(), token()
    query = auth(keep=authorizer) + "&room=7"
    headers = {**RECEIVED, "X-Do": json.dumps({"keep": connect})}
    with join(guarded, query, additional_headers=headers) as client:
        message = ask(client, {"action": "echo"})["event"]
    return {
        "authorizer": account.one_kept(authorizer)["event"],
        "connect": account.one_kept(connect)["event"],
        "message": message,
        "disconnect": account.one_kept(message["requestContext"]["connectionId"])["event"],
    }


@pytest.mark.spec(213)
def test_authorizer_event(asked: dict[str, Any]) -> None:
    """The event has these members and no others."""
    event = asked["authorizer"]
    assert {
        "type", "methodArn", "headers", "multiValueHeaders", "queryStringParameters",
        "multiValueQueryStringParameters", "stageVariables", "requestContext",
    } == set(event)  # fmt: skip
    assert ("REQUEST", {}) == (event["type"], event["stageVariables"])
    assert ("7", ["7"]) == (event["queryStringParameters"]["room"], event["multiValueQueryStringParameters"]["room"])
    assert set(event["headers"]) == set(event["multiValueHeaders"])


@pytest.mark.spec(214)
def test_method_arn(guarded: Api, asked: dict[str, Any]) -> None:
    """The method ARN names the real stage."""
    assert guarded.arn("test/$connect") == asked["authorizer"]["methodArn"]


@pytest.mark.spec(215)
def test_authorizer_headers(asked: dict[str, Any]) -> None:
    """The authorizer gets the headers of the ``$connect`` event, and those that this leaves out."""
    more = {"Connection": "upgrade", "content-length": "0", "Upgrade": "websocket"}
    assert more.items() <= asked["authorizer"]["headers"].items()
    assert asked["connect"]["headers"].items() <= asked["authorizer"]["headers"].items()


@pytest.mark.spec(216)
def test_authorizer_request_context(asked: dict[str, Any]) -> None:
    """It is that of CONNECT, with the id that the connection will have."""
    context = asked["authorizer"]["requestContext"]
    found = (context["routeKey"], context["eventType"], context["messageDirection"])
    assert ("$connect", "CONNECT", "IN") == found
    assert asked["message"]["requestContext"]["connectionId"] == context["connectionId"]
    assert "authorizer" not in context


@pytest.mark.spec(217)
@pytest.mark.parametrize("resource", ["{methodArn}", "*", "arn:aws:execute-api:*:*:*/test/*"])
def test_policy_allows(guarded: Api, resource: str) -> None:
    """The policy can allow the method's ARN or a wildcard."""
    with enter(guarded, auth(resource=resource)):
        pass


@pytest.mark.spec(218, 63)
def test_context_reaches_the_handler(guarded: Api) -> None:
    """The context reaches the handler as strings, beside the principal."""
    told = auth(principal="ada", context={"n": 1, "yes": True, "text": "x"})
    found = context_of(guarded, told)
    assert {"principalId": "ada", "n": "1", "yes": "true", "text": "x"}.items() <= found.items()
    assert {"principalId", "n", "yes", "text", "integrationLatency"} == set(found)


@pytest.mark.spec(75)
def test_context_is_repeated(asked: dict[str, Any]) -> None:
    """CONNECT and MESSAGE events have the same context."""
    connect, message = (asked[kind]["requestContext"]["authorizer"] for kind in ("connect", "message"))
    assert "somebody" == connect["principalId"] == message["principalId"]


@pytest.mark.spec(219, 220)
def test_implicit_deny(guarded: Api) -> None:
    """A policy for other ARNs only is 403, and the body says which kind of denial it was."""
    elsewhere = refusal(
        guarded, auth(resource="arn:aws:execute-api:*:*:other/test/$connect"), additional_headers=RECEIVED
    )
    assert 403 == elsewhere.status_code
    assert (
        "User is not authorized to access this resource because no identity-based policy allows "
        "the execute-api:Invoke action"
    ) == json.loads(elsewhere.body or b"")["message"]
    denied = refusal(guarded, auth(effect="Deny"), additional_headers=RECEIVED)
    assert (
        "User is not authorized to access this resource with an explicit deny in an identity-based policy"
        == json.loads(denied.body or b"")["message"]
    )


@pytest.mark.spec(221)
def test_policy_on_message_routes(guarded: Api) -> None:
    """A policy for message routes has no effect on connected clients."""
    with enter(guarded, auth(deny_routes=["echo", "$default"])) as client:
        assert "event" in ask(client, {"action": "echo"})


@pytest.mark.spec(140, 228)
def test_only_the_handshake_is_authorized(guarded: Api, account: Account) -> None:
    """Messages and ``$disconnect`` do not ask the authorizer again."""
    key = token()
    with enter(guarded, auth(keep=key)) as client:
        context = ask(client, {"action": "echo"})["event"]["requestContext"]
        ask(client, {"action": "echo"})
    account.one_kept(context["connectionId"])
    assert 1 == len(account.kept(key))


@pytest.mark.spec(158)
def test_changing_the_authorizer(account: Account) -> None:
    """A change of the authorizer does not affect connected clients."""
    api = Api(account)
    wanted = api.authorizer("route.request.header.X-Auth")
    api.route("$connect", AuthorizationType="CUSTOM", AuthorizerId=wanted)
    api.route("echo", two_way=True)
    api.deploy()
    with enter(api) as client:
        api.gateway.update_authorizer(
            ApiId=api.id, AuthorizerId=wanted, IdentitySource=["route.request.header.X-Other"]
        )
        api.deploy()
        assert "event" in ask(client, {"action": "echo"})
    assert 401 == refusal(api, additional_headers=RECEIVED).status_code


def signature_of(target: Target, api: Api) -> dict[str, str]:
    """Handshake headers signed with our own key."""
    return target.signature("GET", api.url.replace("ws", "http", 1), b"", "execute-api")


@pytest.mark.spec(222)
def test_iam_by_headers(signed: Api, target: Target) -> None:
    """A signed handshake gets in."""
    with join(signed, additional_headers=signature_of(target, signed)) as client:
        assert "event" in ask(client, {"action": "echo"})


@pytest.mark.spec(222)
def test_iam_by_query_string(signed: Api, target: Target) -> None:
    """A presigned URL gets in."""
    credentials = boto3.Session().get_credentials()
    assert credentials is not None
    url = signed.url.replace("ws", "http", 1)
    request = AWSRequest("GET", url, headers={"Host": urlsplit(url).netloc})
    SigV4QueryAuth(credentials.get_frozen_credentials(), "execute-api", target.region).add_auth(request)
    with join(signed, f"?{urlsplit(str(request.url)).query}") as client:
        assert "event" in ask(client, {"action": "echo"})


@pytest.mark.spec(222, 223)
def test_iam_unsigned(signed: Api) -> None:
    """403 ``Missing Authentication Token``."""
    refused = refusal(signed)
    assert 403 == refused.status_code
    assert "Missing Authentication Token" == json.loads(refused.body or b"")["message"]


@pytest.mark.spec(222)
def test_iam_wrongly_signed(signed: Api, target: Target) -> None:
    """403."""
    headers = signature_of(target, signed)
    headers["Authorization"] = headers["Authorization"][:-4] + "0000"
    assert 403 == refusal(signed, additional_headers=headers).status_code


@pytest.mark.spec(223)
def test_iam_without_permission(signed: Api, account: Account, target: Target) -> None:
    """A user without ``execute-api:Invoke`` on this method: 403, naming action and resource."""
    iam, name = account.client("iam"), account.name("user")
    iam.create_user(UserName=name)
    account.later(lambda: iam.delete_user(UserName=name))
    key = iam.create_access_key(UserName=name)["AccessKey"]
    account.later(lambda: iam.delete_access_key(UserName=name, AccessKeyId=key["AccessKeyId"]))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", key["AccessKeyId"])
        patch.setenv("AWS_SECRET_ACCESS_KEY", key["SecretAccessKey"])
        patch.delenv("AWS_SESSION_TOKEN", raising=False)
        headers = signature_of(target, signed)
    refused = account.wait(
        lambda: (
            answer
            if "is not authorized" in (answer := refusal(signed, additional_headers=headers)).body.decode()
            else None
        ),
        "a refusal of a user that AWS knows",
    )
    assert 403 == refused.status_code
    message = json.loads(refused.body)["message"]
    assert re.match(r"User: arn:aws:iam::\d{12}:user/\S+ is not authorized to perform: execute-api:Invoke ", message)
    assert "/test/$connect" in message


@pytest.mark.spec(224)
def test_iam_identity(signed: Api, target: Target, account: Account) -> None:
    """Templates can read the identity that signed."""
    with join(signed, additional_headers=signature_of(target, signed)) as client:
        found = ask(client, {"action": "who"})
    assert account.id == found["accountId"]
    assert found["userArn"].startswith("arn:aws:")
    assert found["caller"]
    assert found["user"]


@pytest.fixture(scope="module")
def keyed(account: Account) -> tuple[Api, str]:
    """An API whose ``$connect`` wants an API key, and a key of a usage plan for it."""
    api = Api(account)
    api.route("$connect", ApiKeyRequired=True)
    api.route("echo", two_way=True)
    api.deploy()
    return api, key_for(account, api)


def key_for(account: Account, api: Api) -> str:
    """A key that a usage plan connects with the API's stage."""
    rest = account.client("apigateway")
    key = rest.create_api_key(name=account.name("key"), enabled=True)
    account.later(lambda: rest.delete_api_key(apiKey=key["id"]))
    plan = rest.create_usage_plan(name=account.name("plan"), apiStages=[{"apiId": api.id, "stage": "test"}])
    account.later(lambda: rest.delete_usage_plan(usagePlanId=plan["id"]))
    stage = {"op": "remove", "path": "/apiStages", "value": f"{api.id}:test"}
    account.later(lambda: rest.update_usage_plan(usagePlanId=plan["id"], patchOperations=[stage]))
    rest.create_usage_plan_key(usagePlanId=plan["id"], keyId=key["id"], keyType="API_KEY")
    account.later(lambda: rest.delete_usage_plan_key(usagePlanId=plan["id"], keyId=key["id"]))
    return str(key["value"])


@pytest.mark.spec(225)
def test_api_key(keyed: tuple[Api, str], account: Account) -> None:
    """The key of a usage plan gets in, in the header ``x-api-key``."""
    api, value = keyed
    headers = {"x-api-key": value}
    account.wait(lambda: _gets_in(api, headers), "the key")
    with join(api, additional_headers=headers) as client:
        assert "event" in ask(client, {"action": "echo"})


def _gets_in(api: Api, headers: dict[str, str]) -> bool:
    try:
        with join(api, additional_headers=headers):
            return True
    except Exception:
        if not api.account.target.is_aws:  # there, a new key is not known everywhere at once
            raise
        return False


@pytest.mark.spec(226)
@pytest.mark.parametrize("headers", [{}, {"x-api-key": "wrong" * 8}], ids=["missing", "wrong"])
def test_no_api_key(keyed: tuple[Api, str], headers: dict[str, str]) -> None:
    """403 ``Forbidden``."""
    refused = refusal(keyed[0], additional_headers=headers)
    assert (403, "Forbidden") == (refused.status_code, json.loads(refused.body or b"")["message"])


@pytest.mark.spec(225)
def test_api_key_outside_a_plan(keyed: tuple[Api, str], account: Account) -> None:
    """A key without a usage plan for this stage does not get in."""
    rest = account.client("apigateway")
    key = rest.create_api_key(name=account.name("lonely"), enabled=True)
    account.later(lambda: rest.delete_api_key(apiKey=key["id"]))
    assert 403 == refusal(keyed[0], additional_headers={"x-api-key": key["value"]}).status_code


@pytest.mark.spec(225)
def test_api_key_from_the_authorizer(account: Account) -> None:
    """``$context.authorizer.usageIdentifierKey`` takes the header's place."""
    api = Api(account, ApiKeySelectionExpression="$context.authorizer.usageIdentifierKey")
    wanted = api.authorizer("route.request.header.X-Auth")
    api.route("$connect", ApiKeyRequired=True, AuthorizationType="CUSTOM", AuthorizerId=wanted)
    api.deploy()
    value = key_for(account, api)
    query = auth(usageIdentifierKey=value)
    if not account.target.is_aws:
        with enter(api, query):
            pass
    else:
        account.wait(lambda: connected(api, query, additional_headers=RECEIVED))
    assert 403 == refusal(api, auth(usageIdentifierKey="wrong" * 8), additional_headers=RECEIVED).status_code

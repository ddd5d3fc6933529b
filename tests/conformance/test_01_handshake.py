"""Group 1: who gets in, and what a refusal looks like (spec 1–44)."""

import json
import re
import ssl
import threading
import time
from urllib.parse import urlsplit

import pytest
from botocore.exceptions import ClientError
from websockets.exceptions import InvalidHandshake

from .backend import Backend
from .build import Account, Api
from .talk import ask, connected, join, refusal, token
from .targets import Target


@pytest.mark.spec(1)
def test_address(api: Api, target: Target) -> None:
    """Host label 1 is the API, path segment 1 the stage, and a client gets in there."""
    address = urlsplit(api.url)
    assert (api.id, "/test") == (str(address.hostname).split(".")[0], address.path)
    with join(api) as client:
        context = ask(client, {"action": "echo"})["event"]["requestContext"]
    assert (api.id, "test") == (context["apiId"], context["stage"])


@pytest.mark.spec(2)
def test_trailing_slash(api: Api) -> None:
    """``…/test/`` connects like ``…/test``."""
    with join(api, "/") as client:
        assert "test" == ask(client, {"action": "echo"})["event"]["requestContext"]["stage"]


@pytest.mark.spec(3)
@pytest.mark.local_or_aws("where an emulator serves, and whether with TLS, is its user's choice")
def test_only_tls(api: Api, target: Target) -> None:
    """The public endpoint speaks TLS, with a certificate for its name, and answers no plain text on that port."""
    address = urlsplit(api.url)
    assert "wss" == address.scheme
    with target.dial(api.url) as stream:
        assert isinstance(stream, ssl.SSLSocket)
        assert stream.version() in ("TLSv1.2", "TLSv1.3")
    with (
        pytest.raises((InvalidHandshake, OSError, EOFError)),
        target.connect(f"ws://{address.hostname}:443{address.path}"),
    ):
        pass


@pytest.mark.spec(4)
def test_101_waits_for_connect(api: Api, account: Account, target: Target) -> None:
    """The upgrade is pending while ``$connect`` runs."""
    began, ended = token(), token()
    result: list[int] = []

    def connect() -> None:
        with join(api, do={"keep": began, "sleep": 1, "after": ended}):
            result.append(len(account.kept(ended)))

    thread = threading.Thread(target=connect)
    thread.start()
    account.one_kept(began)
    assert result == []
    thread.join(target.seconds)
    assert [1] == result


@pytest.mark.spec(5)
def test_connect_route_is_optional(bare: Api) -> None:
    """Without ``$connect`` a client gets in, and nothing is invoked for it."""
    with join(bare) as client:
        assert "echo" == ask(client, {"action": "echo"})["event"]["requestContext"]["routeKey"]


@pytest.mark.spec(6)
@pytest.mark.parametrize("status", [200, 201, 204, 299])
def test_any_2xx_accepts(api: Api, status: int) -> None:
    """Whatever 2xx ``$connect`` returns, the client sees 101."""
    with join(api, do={"return": {"statusCode": status}}) as client:
        assert client.response is not None
        assert 101 == client.response.status_code


@pytest.mark.spec(7)
@pytest.mark.parametrize("status", [301, 400, 401, 403, 404, 500, 501])
def test_other_status_is_passed_through(api: Api, status: int) -> None:
    """The upgrade is refused with exactly what ``$connect`` returned."""
    assert status == refusal(api, do={"return": {"statusCode": status}}).status_code


@pytest.mark.spec(8)
@pytest.mark.parametrize("failure", [{"raise": "no"}, {"exit": True}], ids=["throws", "crashes"])
def test_connect_fails(api: Api, failure: dict[str, object]) -> None:
    """A function error in ``$connect`` is 502."""
    assert 502 == refusal(api, do=failure).status_code


@pytest.mark.spec(9)
@pytest.mark.parametrize("result", [None, "text", {"body": "no status"}, {"statusCode": "soon"}, [200]])
def test_connect_returns_no_proxy_response(api: Api, result: object) -> None:
    """A result that is no proxy response is 502 like a function error."""
    assert 502 == refusal(api, do={"return": result}).status_code


@pytest.mark.spec(10)
def test_function_not_permitted(account: Account) -> None:
    """A function that API Gateway may not invoke is 500."""
    forbidden = Api(account)
    forbidden.route("$connect", forbidden.function(account.function("puppet", permitted=False)))
    forbidden.deploy()
    assert 500 == refusal(forbidden).status_code


@pytest.mark.spec(13)
def test_mock_connect_with_200(account: Account) -> None:
    """A non-proxy ``$connect`` completes when its integration response sets 200."""
    mock = Api(account)
    integration = mock.integration(
        IntegrationType="MOCK",
        RequestTemplates={"200": '{"statusCode":200}'},
        TemplateSelectionExpression="200",
        responses={
            "$default": {"ResponseTemplates": {"200": '{"statusCode":200}'}, "TemplateSelectionExpression": "200"}
        },
    )
    mock.route("$connect", integration)
    mock.route("echo", two_way=True)
    mock.deploy()
    with join(mock) as client:
        assert "echo" == ask(client, {"action": "echo"})["event"]["requestContext"]["routeKey"]


@pytest.mark.spec(12)
@pytest.mark.not_on_aws("needs an HTTP backend that the API can reach")
def test_http_connect_that_answers_4xx(account: Account, backend: Backend) -> None:
    """An HTTP backend's own 4xx does not by itself refuse the upgrade."""
    http = Api(account)
    integration = http.integration(
        IntegrationType="HTTP",
        IntegrationUri=f"{backend.url}/status/404",
        IntegrationMethod="GET",
        responses={"$default": {}},
    )
    http.route("$connect", integration)
    http.deploy()
    with join(http) as client:
        assert client.response is not None
        assert 101 == client.response.status_code


@pytest.mark.spec(14)
def test_connect_times_out(account: Account) -> None:
    """``$connect`` slower than its integration's timeout fails the upgrade; 504 is expected."""
    slow = Api(account)
    slow.route("$connect", slow.function(account.puppet, TimeoutInMillis=300))
    slow.deploy()
    began = time.monotonic()
    assert 504 == refusal(slow, do={"sleep": 6}).status_code
    assert time.monotonic() - began < 5.5


@pytest.mark.spec(15)
def test_body_of_a_refusal(api: Api) -> None:
    """If the gateway itself refuses, the body has message, connectionId and requestId as JSON."""
    refused = refusal(api, do={"raise": "no"})
    assert "application/json" == refused.headers["Content-Type"].partition(";")[0]
    body = json.loads(refused.body or b"")
    assert ["message", "connectionId", "requestId"] == list(body)
    assert "Internal server error" == body["message"]


@pytest.mark.spec(21)
def test_unknown_stage(api: Api, target: Target) -> None:
    """403, and no connection."""
    assert 403 == target.refused(target.url(api.id, "nosuchstage")).status_code


@pytest.mark.spec(22)
def test_no_stage(api: Api, target: Target) -> None:
    """There is no implicit stage."""
    assert 403 == target.refused(target.url(api.id, "")).status_code


@pytest.mark.spec(23)
def test_unknown_api(target: Target) -> None:
    """The host of an API that does not exist answers 403 Forbidden."""
    refused = target.refused(target.url("abcdef0123", "test"))
    assert (403, {"message": "Forbidden"}) == (refused.status_code, json.loads(refused.body or b"null"))


@pytest.mark.spec(24)
def test_disabled_endpoint(account: Account) -> None:
    """``DisableExecuteApiEndpoint`` refuses clients, from the next deployment on."""
    disabled = Api(account)
    disabled.route("echo")
    disabled.deploy()
    disabled.gateway.update_api(ApiId=disabled.id, DisableExecuteApiEndpoint=True)
    with join(disabled):
        pass
    disabled.deploy()
    assert 403 == refusal(disabled).status_code


@pytest.mark.spec(25)
def test_plain_https(api: Api, target: Target) -> None:
    """A request without upgrade headers is told that it needs them."""
    assert 426 == target.request("GET", api.url.replace("ws", "http", 1)).status


@pytest.mark.spec(26, 27)
def test_zero_throttle(account: Account) -> None:
    """A stage with zero throttling limits answers 429 to every upgrade, until limits are set."""
    throttled = Api(account)
    throttled.route("$connect")
    throttled.deploy(DefaultRouteSettings={"ThrottlingBurstLimit": 0, "ThrottlingRateLimit": 0.0})
    assert [429, 429] == [refusal(throttled).status_code for _ in range(2)]
    limits = {"ThrottlingBurstLimit": 10, "ThrottlingRateLimit": 10.0}
    throttled.gateway.update_stage(ApiId=throttled.id, StageName="test", DefaultRouteSettings=limits)
    throttled.served("test")
    with join(throttled):
        pass


@pytest.mark.spec(28)
def test_subprotocol(api: Api, account: Account) -> None:
    """The offer reaches ``$connect``; what it returns is in the 101."""
    key = token()
    returned = {"statusCode": 200, "headers": {"Sec-WebSocket-Protocol": "myprotocol"}}
    with join(api, do={"keep": key, "return": returned}, subprotocols=["chat1", "myprotocol"]) as client:
        assert "myprotocol" == client.subprotocol
    offered = account.one_kept(key)["event"]["headers"]["Sec-WebSocket-Protocol"]
    assert ["chat1", "myprotocol"] == re.split(", ?", offered)


@pytest.mark.spec(29)
def test_subprotocol_not_returned(api: Api) -> None:
    """The 101 carries none when ``$connect`` returns none."""
    with join(api, subprotocols=["chat1"]) as client:
        assert client.response is not None
        assert "Sec-WebSocket-Protocol" not in client.response.headers


@pytest.mark.spec(30, 31)
def test_other_headers_are_stripped(api: Api) -> None:
    """The subprotocol is the only header that ``$connect`` can set."""
    headers = {"Set-Cookie": "a=b", "X-Custom": "c", "Sec-WebSocket-Protocol": "chat1"}
    with join(api, do={"return": {"statusCode": 200, "headers": headers}}, subprotocols=["chat1"]) as client:
        assert client.response is not None
        assert "chat1" == client.response.headers["Sec-WebSocket-Protocol"]
        assert {"set-cookie", "x-custom"}.isdisjoint(name.lower() for name in client.response.headers)


@pytest.mark.spec(32, 119)
def test_body_of_connect_is_not_delivered(account: Account) -> None:
    """The client gets no frame with the body, with or without a route response on ``$connect``."""
    for two_way in (False, True):
        talkative = Api(account)
        talkative.route("$connect", two_way=two_way)
        talkative.route("echo", two_way=True)
        talkative.deploy()
        with join(talkative, do={"return": {"statusCode": 200, "body": "hello"}}) as client:
            assert "echo" == ask(client, {"action": "echo"})["event"]["requestContext"]["routeKey"]


@pytest.mark.spec(33)
def test_query_string(api: Api) -> None:
    """``$connect`` gets the query string; no later event has it."""
    assert {"room": "7"} == connected(api, "?room=7")["queryStringParameters"]
    with join(api, "?room=7") as client:
        assert "queryStringParameters" not in ask(client, {"action": "echo"})["event"]


@pytest.mark.spec(34)
def test_custom_headers(api: Api) -> None:
    """Custom headers reach ``$connect`` unchanged, in the case that the client sent."""
    headers = connected(api, additional_headers={"X-mIxEd": "One Value"})["headers"]
    assert "One Value" == headers["X-mIxEd"]


@pytest.mark.spec(35)
def test_origin_is_not_checked(api: Api) -> None:
    """``Origin`` is a header like any other."""
    assert "http://elsewhere.example" == connected(api, origin="http://elsewhere.example")["headers"]["Origin"]


@pytest.mark.spec(36)
def test_forwarded_headers(api: Api) -> None:
    """The gateway adds who came, how, and a trace id."""
    event = connected(api)
    headers = event["headers"]
    assert event["requestContext"]["identity"]["sourceIp"] == headers["X-Forwarded-For"]
    assert ("443", "https") == (headers["X-Forwarded-Port"], headers["X-Forwarded-Proto"])
    assert re.fullmatch(r"Root=1-[0-9a-f]{8}-[0-9a-f]{24}", headers["X-Amzn-Trace-Id"])


@pytest.mark.spec(37)
def test_host(api: Api) -> None:
    """``Host`` is the host that the client used, without port."""
    assert urlsplit(api.url).hostname == connected(api)["headers"]["Host"]


@pytest.mark.spec(38)
def test_handshake_headers(api: Api) -> None:
    """Key, version and extensions are seen by ``$connect``; ``Connection`` and ``Upgrade`` are not."""
    headers = connected(api)["headers"]
    assert re.fullmatch(r"[\w+/]{22}==", headers["Sec-WebSocket-Key"])
    assert "13" == headers["Sec-WebSocket-Version"]
    assert "permessage-deflate" in headers["Sec-WebSocket-Extensions"]
    assert {"connection", "upgrade"}.isdisjoint(name.lower() for name in headers)


@pytest.mark.spec(39)
def test_no_compression(api: Api, target: Target) -> None:
    """The offer is not taken up, and frames come uncompressed."""
    offer = {"Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits"}
    with target.raw(api.url, offer) as raw:
        assert 101 == raw.response.status
        assert "sec-websocket-extensions" not in raw.response.headers
        raw.send(b'{"action":"echo"}')
        frame = raw.frame()
        assert not frame.rsv1
        assert "event" in json.loads(bytes(frame.data))


@pytest.mark.spec(40)
def test_url_length(api: Api, target: Target) -> None:
    """A URL of more than 4096 characters is refused."""
    assert target.refused(f"{api.url}?x={'x' * 4096}").status_code in (400, 414)


@pytest.mark.spec(43)
def test_ip_address_type(account: Account) -> None:
    """IPv4 is the default; dual stack can be set, without a new deployment."""
    api = Api(account)
    assert "ipv4" == api.described["IpAddressType"]
    assert "dualstack" == api.gateway.update_api(ApiId=api.id, IpAddressType="dualstack")["IpAddressType"]
    with pytest.raises(ClientError, match="BadRequestException"):
        api.gateway.update_api(ApiId=api.id, IpAddressType="ipv5")


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-WebSocket-Key": ""},
        {"Sec-WebSocket-Key": "short"},
        {"Sec-WebSocket-Version": "12"},
        {"Upgrade": "h2c"},
    ],
    ids=["no key", "short key", "old version", "other upgrade"],
)
def test_malformed_upgrade(api: Api, target: Target, headers: dict[str, str]) -> None:
    """A malformed upgrade never gets 101, and it ends neither the host nor the next client's handshake."""
    with target.raw(api.url, headers) as raw:
        assert 400 <= raw.response.status < 500
    with join(api):
        pass


@pytest.mark.spec(21)
def test_path_behind_the_stage(api: Api, target: Target) -> None:
    """Only the stage is a WebSocket address."""
    assert 403 == target.refused(f"{api.url}/further").status_code

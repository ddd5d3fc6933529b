"""Group 3: which route a message takes (spec 80–103)."""

import contextlib
import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
from websockets.frames import Opcode

from .build import Account, Api
from .talk import ask, connection_id, hear, join, token
from .targets import Target


def chosen(api: Api, *messages: Any) -> list[str]:
    """The routes that messages take, one after the other."""
    with join(api) as client:
        return [str(ask(client, message)["event"]["requestContext"]["routeKey"]) for message in messages]


def selecting(account: Account, expression: str, *keys: str) -> Api:
    """An API with another selection expression and these two-way routes."""
    api = Api(account, expression)
    for key in keys:
        api.route(key, two_way=True)
    api.deploy()
    return api


@pytest.mark.spec(80)
def test_expression_is_required(account: Account) -> None:
    """An API without one is refused."""
    with pytest.raises(ClientError, match="Invalid routeSelectionExpression"):
        account.client("apigatewayv2").create_api(Name=account.name("none"), ProtocolType="WEBSOCKET")


@pytest.mark.spec(81, 84)
def test_several_variables(account: Account) -> None:
    """Values and literals are joined; a missing path is an empty string."""
    keys = ("$default", "chat/join", "/join", "chat/")
    api = selecting(account, "${request.body.service}/${request.body.action}", *keys)
    found = chosen(api, {"service": "chat", "action": "join"}, {"action": "join"}, {"service": "chat"}, {})
    assert ["chat/join", "/join", "chat/", "$default"] == found


@pytest.mark.spec(84)
def test_missing_path_among_literals(account: Account) -> None:
    """``${request.body.action}-${request.body.invalidPath}`` gives ``join-``."""
    api = selecting(account, "${request.body.action}-${request.body.invalidPath}", "$default", "join-")
    assert ["join-"] == chosen(api, {"action": "join"})


@pytest.mark.spec(81)
def test_one_braced_variable(account: Account) -> None:
    """``${request.body.action}`` is ``$request.body.action``."""
    api = selecting(account, "${request.body.action}", "$default", "join")
    assert ["join", "$default"] == chosen(api, {"action": "join"}, {"action": "leave"})


@pytest.mark.spec(82)
def test_nested_paths(account: Account) -> None:
    """Any JSONPath may follow."""
    api = selecting(account, "$request.body.service.do", "$default", "echo")
    assert ["echo", "$default"] == chosen(api, {"service": {"do": "echo"}}, {"do": "echo"})


@pytest.mark.spec(82)
def test_array_element(account: Account) -> None:
    """An index is JSONPath, too."""
    api = selecting(account, "$request.body.steps[1].name", "$default", "second")
    assert ["second", "$default"] == chosen(api, {"steps": [{"name": "first"}, {"name": "second"}]}, {"steps": []})


@pytest.mark.spec(83)
@pytest.mark.parametrize(
    ("value", "route"), [(1, "1"), (True, "true"), (["item1", "item2"], "[item1, item2]"), (2, "$default")]
)
def test_result_is_text(api: Api, value: object, route: str) -> None:
    """A number, a boolean and an array match as text."""
    assert [route] == chosen(api, {"action": value})


@pytest.mark.spec(81, 85)
@pytest.mark.parametrize(("expression", "route"), [("\\$default", "$default"), ("always", "always")])
def test_static_expression(account: Account, expression: str, route: str) -> None:
    """A static expression always gives the same key."""
    api = selecting(account, expression, "$default", "always", "join")
    assert [route, route] == chosen(api, {"action": "join"}, "no JSON")


@pytest.mark.spec(86)
def test_single_pass(api: Api) -> None:
    """A value from the message is not evaluated again."""
    assert ["$default"] == chosen(api, {"action": "${request.body.other}", "other": "echo"})


@pytest.mark.spec(87)
def test_exact_comparison(api: Api) -> None:
    """Case and blanks count."""
    assert ["echo", "Echo", "$default", "$default"] == chosen(
        api, {"action": "echo"}, {"action": "Echo"}, {"action": "ECHO"}, {"action": "echo "}
    )


@pytest.mark.spec(88, 152)
def test_default_gets_the_whole_message(api: Api) -> None:
    """A message without a route of its own, such as a keep-alive, is an ordinary message of ``$default``."""
    with join(api) as client:
        event = ask(client, '{"action":"ping","n":1}')["event"]
    assert ("$default", '{"action":"ping","n":1}') == (event["requestContext"]["routeKey"], event["body"])


@pytest.mark.spec(89)
def test_not_json(api: Api) -> None:
    """A message that is not JSON always goes to ``$default``."""
    assert ["$default", "$default"] == chosen(api, "hello", "{unfinished")


@pytest.mark.spec(90)
def test_without_the_property(api: Api) -> None:
    """A message without the property goes to ``$default``."""
    assert ["$default"] == chosen(api, {"hello": "world"})


@pytest.mark.spec(91, 92)
@pytest.mark.parametrize("message", ['{"action":"unknown"}', "hi"])
def test_no_route(bare: Api, target: Target, message: str) -> None:
    """The client gets the ``Forbidden`` frame, byte for byte, and stays connected."""
    with join(bare) as client:
        identifier = connection_id(client)
        client.send(message)
        frame = hear(client)
        request_id = json.loads(frame)["requestId"]
        assert f'{{"message": "Forbidden", "connectionId":"{identifier}", "requestId":"{request_id}"}}' == frame
        assert 200 == target.connections("POST", bare.url, identifier, b"still here").status
        assert "still here" == hear(client)


@pytest.mark.spec(93, 232)
def test_undeployed_route(account: Account) -> None:
    """A route that is not deployed is no route."""
    api = Api(account)
    api.route("echo", two_way=True)
    api.deploy()
    api.route("later", two_way=True)
    with join(api) as client:
        assert "Forbidden" == ask(client, {"action": "later"})["message"]
    api.deploy()
    assert ["later"] == chosen(api, {"action": "later"})


@pytest.mark.spec(94)
@pytest.mark.parametrize("key", ["$connect", "$disconnect"])
def test_lifecycle_routes_cannot_be_named(api: Api, key: str) -> None:
    """A message that names a lifecycle route matches no route."""
    assert ["$default"] == chosen(api, {"action": key})


@pytest.mark.spec(95)
def test_reserved_prefix(bare: Api) -> None:
    """A route key of one's own must not start with ``$``."""
    with pytest.raises(ClientError) as refused:
        bare.gateway.create_route(ApiId=bare.id, RouteKey="$mine")
    assert "BadRequestException" == refused.value.response["Error"]["Code"]


@pytest.mark.spec(96)
def test_lenient_json(api: Api) -> None:
    """An unquoted key elsewhere in the message does not keep it from its route."""
    assert ["other"] == chosen(api, '{"action":"other", body:"hello"}')


@pytest.mark.spec(97)
@pytest.mark.parametrize("message", ['["echo"]', '"echo"', "1", '[{"action":"echo"}]'])
def test_no_object(api: Api, message: str) -> None:
    """An array or a scalar goes to ``$default``."""
    assert ["$default"] == chosen(api, message)


@pytest.mark.spec(98)
@pytest.mark.parametrize("value", [None, ""])
def test_empty_value(api: Api, value: object) -> None:
    """An empty value goes to ``$default``."""
    assert ["$default"] == chosen(api, {"action": value})


@pytest.mark.spec(99)
@pytest.mark.parametrize("expression", ["$request.header.action", "$request.querystring.action"])
def test_only_the_body_selects(account: Account, expression: str) -> None:
    """An expression over headers or the query string is refused, or selects nothing."""
    with contextlib.suppress(account.client("apigatewayv2").exceptions.BadRequestException):
        api = selecting(account, expression, "$default", "echo")
        with join(api, "?action=echo", additional_headers={"action": "echo"}) as client:
            assert "$default" == ask(client, "{}")["event"]["requestContext"]["routeKey"]


@pytest.mark.spec(100)
def test_binary_frame(api: Api, account: Account, target: Target) -> None:
    """Closes with 1003; no route is invoked."""
    key = token()
    with target.raw(api.url) as raw:
        raw.send(json.dumps({"action": "echo", "do": {"keep": key}}).encode(), Opcode.BINARY)
        assert 1003 == raw.closing()[0]
    assert [] == account.kept(key)


@pytest.mark.spec(101)
def test_empty_frame(api: Api) -> None:
    """Calls ``$default`` with an empty body."""
    with join(api) as client:
        event = ask(client, "")["event"]
    assert ("$default", "") == (event["requestContext"]["routeKey"], event["body"])


@pytest.mark.spec(103)
def test_messages_do_not_wait_for_each_other(api: Api) -> None:
    """A slow message's reply comes after that of a quick one sent later."""
    with join(api) as client:
        client.send(json.dumps({"action": "echo", "do": {"sleep": 1.5, "tag": "slow"}}))
        client.send(json.dumps({"action": "echo", "do": {"tag": "quick"}}))
        assert ["quick", "slow"] == [json.loads(hear(client))["tag"] for _ in range(2)]

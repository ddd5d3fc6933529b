"""Route selection, without a socket."""

import pytest

from local_aws.gateway.config.stage import Route
from local_aws.gateway.routes import choose, evaluate

ACTION = "$request.body.action"


@pytest.mark.parametrize(
    ("expression", "body", "key"),
    [
        (ACTION, '{"action":"send"}', "send"),
        ("${request.body.action}", '{"action":"send"}', "send"),
        ("$request.body.service.do", '{"service":{"do":"echo"}}', "echo"),
        ("$request.body.items[1]", '{"items":["a","b"]}', "b"),
        ("$request.body['a-b']", '{"a-b":"x"}', "x"),
        ("${request.body.service}/${request.body.action}", '{"service":"chat","action":"join"}', "chat/join"),
        ("${request.body.action}-${request.body.invalidPath}", '{"action":"join"}', "join-"),
        (ACTION, '{"action":1}', "1"),
        (ACTION, '{"action":true}', "true"),
        (ACTION, '{"action":["item1","item2"]}', "[item1, item2]"),
        ("\\$default", '{"action":"send"}', "$default"),
        ("always", "not JSON", "always"),
    ],
)
def test_an_expression_makes_this_key(expression: str, body: str, key: str) -> None:
    """Spec 81–85: every documented form of the expression."""
    assert key == evaluate(expression, body)


@pytest.mark.parametrize(
    "body",
    ["hello", "", "{", '{"hello":"world"}', "[1]", '"send"', "7", "null", '{"action":null}', '{"action":""}'],
)
def test_what_selects_nothing(body: str) -> None:
    """Spec 89, 90, 97, 98: not JSON, no such property, no object, an empty value."""
    assert evaluate(ACTION, body) is None


def test_keys_need_no_quotes() -> None:
    """Spec 96: a bare key keeps no message from its route, and text that looks like one stays text."""
    assert evaluate(ACTION, '{"action":"send", body:"a, b: {c: 1}"}') == "send"
    assert evaluate(ACTION, '{action: "send"}') == "send"
    assert evaluate(ACTION, '{"action": send}') is None


@pytest.mark.parametrize("body", ["[" * 100_000, '{"a":' * 60_000, "{a:" * 60_000, '"' + '\\"' * 60_000, "{," * 60_000])
def test_hostile_json_selects_nothing(body: str) -> None:
    """A message that is nested too deeply, or made to be slow to parse, counts as text that is not JSON."""
    assert evaluate(ACTION, body) is None


def test_a_deep_value_selects_nothing() -> None:
    """A value that can be read but not written out."""
    assert evaluate(ACTION, '{"action":' + "[" * 900 + "]" * 900 + "}") is None


def test_a_value_is_not_evaluated_again() -> None:
    """Spec 86: an expression in the message stays text."""
    assert evaluate(ACTION, '{"action":"$request.body.other","other":"send"}') == "$request.body.other"


ROUTES = {key: Route(key) for key in ("$connect", "$disconnect", "$default", "send", "$other")}


@pytest.mark.parametrize(
    ("body", "key"),
    [
        ('{"action":"send"}', "send"),
        ('{"action":"Send"}', "$default"),
        ('{"action":"nowhere"}', "$default"),
        ("hello", "$default"),
        ('{"action":"$connect"}', "$default"),
        ('{"action":"$disconnect"}', "$default"),
    ],
)
def test_a_message_takes_this_route(body: str, key: str) -> None:
    """Spec 87, 88, 94: exact match or $default, and the lifecycle routes are out of a client's reach."""
    assert choose(ACTION, ROUTES, body) is ROUTES[key]


def test_without_default_nothing_is_chosen() -> None:
    """Spec 91: no match and no $default."""
    assert choose(ACTION, {"send": Route("send")}, "hello") is None


def test_a_malformed_path_selects_nothing() -> None:
    """A selection expression that is no JSONPath never raises."""
    assert evaluate("${request.body.[[}", '{"action":"send"}') is None

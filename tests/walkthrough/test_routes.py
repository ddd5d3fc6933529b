import doctest
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_aws.gateway import routes as gateway
from local_aws.gateway.config.stage import Route
from walkthrough import routes

AMONG = ["$connect", "$disconnect", "$default", "send", "7", "true", "[a, b]", '{"a": 1}']
EXPRESSION = "$request.body.action"

MESSAGES = [
    '{"action":"send"}',
    '{"action":"Send"}',
    '  {  "action" :\n"send" } ',
    '{"action":" send"}',
    '{"action":7}',
    '{"action":7.0}',
    '{"action":true}',
    '{"action":null}',
    '{"action":""}',
    '{"action":["a","b"]}',
    '{"action":[null,"b"]}',
    '{"action":{"a":1}}',
    '{"action":"$connect"}',
    '{"action":"$disconnect"}',
    '{"action":"$default"}',
    '{"action":"dance","action":"send"}',
    '{"action":"send","action":null}',
    '{"to":{"action":"send"}}',
    '{"to":{"action":"dance"},"action":"send"}',
    '{"action":"send","to":{"action":"dance","action":"dance"}}',
    '{action:"send"}',
    '{action:"send", action:"dance"}',
    '{"action":"send", body:"{action:1}"}',
    "{'action':'send'}",
    '[{"action":"send"}]',
    '"send"',
    "send",
    "7",
    "null",
    "true",
    "",
    "   ",
    "{",
    "{}",
    "[" * 100_000,
    '{"\\u0061ction":"send"}',
    '{"action":"s\\u0065nd"}',
    '{"action":"send"} {"action":"send"}',
    '{"action":NaN}',
]


def chosen_by_gateway(message: str, among: list[str]) -> str | None:
    """What the embedded AWS does."""
    deployed = {key: Route(key=key) for key in among}
    route = gateway.choose(EXPRESSION, deployed, message)
    return route.key if route else None


@pytest.mark.parametrize("among", [AMONG, ["send"]], ids=["with $default", "without"])
@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: message[:30] or "empty")
def test_the_embedded_gateway_agrees(message: str, among: list[str]) -> None:
    """The route is the one that the embedded API Gateway takes."""
    assert chosen_by_gateway(message, among) == routes.choose(message, among).route


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["send", "", "$connect", "a", "7"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["action", "a"]), inner),
    max_leaves=6,
)


@given(values | st.builds(lambda value: {"action": value}, values))
def test_the_embedded_gateway_agrees_on_any_json(value: object) -> None:
    """So it is for whatever JSON there may be."""
    message = json.dumps(value)
    assert chosen_by_gateway(message, AMONG) == routes.choose(message, AMONG).route


PIECES = ["{", "}", "[", "]", ":", ",", '"', "\\", " ", "action", '"action"', "send", '"send"', "1", "null"]


@given(st.lists(st.sampled_from(PIECES), max_size=14).map("".join))
def test_the_embedded_gateway_agrees_on_any_text(message: str) -> None:
    """And for text that is no JSON, or not quite."""
    assert chosen_by_gateway(message, AMONG) == routes.choose(message, AMONG).route


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ('{"action":"send"}', "send: its action names it (documented)"),
        ('{"action":"dance"}', "$default: there is no route dance (documented)"),
        ('{"action":"' + "x" * 30 + '"}', f"$default: there is no route {'x' * 20}… (documented)"),
        ('{"action":1}', "$default: there is no route 1 (documented)"),
        ('{"action":{"a":1}}', '$default: there is no route {"a": 1} (AWS is silent)'),
        ("hello", "$default: it is not JSON (documented)"),
        ("  ", "$default: there is no text in it (AWS is silent)"),
        ("{}", "$default: it has no action at its top (documented)"),
        ("[1]", "$default: an array has no action (AWS is silent)"),
        ("null", "$default: null has no action (AWS is silent)"),
        ("true", "$default: a boolean has no action (AWS is silent)"),
        ('"send"', "$default: a string has no action (AWS is silent)"),
        ("7", "$default: a number has no action (AWS is silent)"),
        ('{"action":null}', "$default: its action is null (AWS is silent)"),
        ('{"action":""}', "$default: its action is empty (AWS is silent)"),
        ('{"action":"$connect"}', "$default: nobody reaches $connect by its name (AWS is silent)"),
        ('{"action":"x","action":"send"}', "send: the last of its 2 actions names it (AWS is silent)"),
        ('{"action":"x","action":""}', "$default: the last of its 2 actions is empty (AWS is silent)"),
        ('{action:"send"}', "send: its action names it, without quotes (seen, not documented)"),
    ],
)
def test_it_says_why_and_who_says_so(message: str, said: str) -> None:
    """A choice gives its reason, and whether AWS documents it."""
    assert said == str(routes.choose(message, ["send", "$default", "$connect"]))


def test_without_a_default_the_answer_is_forbidden() -> None:
    """Where no route fits and there is no $default, the client gets a Forbidden frame."""
    assert "Forbidden: it is not JSON (documented)" == str(routes.choose("hello", ["send"]))


def test_the_example_in_the_docstring_runs() -> None:
    """What the module's docstring shows is what happens."""
    assert 0 == doctest.testmod(routes).failed

"""Parameter mapping and selection expressions, without a gateway."""

import pytest

from local_aws.gateway.integration.expressions import Reply, evaluate
from local_aws.gateway.integration.parameters import of_request, of_response
from local_aws.gateway.integration.templates import Payload

PAYLOAD = Payload(
    '{"user":{"id":7,"tags":["a"]},"name":"é"}',
    headers={"X-Twice": ["1", "2"]},
    query={"q": ["a", "b"]},
    context={"connectionId": "C=", "identity": {"sourceIp": "1.2.3.4"}},
    variables={"blue": "green"},
)
REPLY = Reply(404, (("Content-Type", "text/plain"), ("X-Two", "1"), ("x-two", "2")), b'{"why":"gone"}')


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("context.connectionId", ["C="]),
        ("context.identity.sourceIp", ["1.2.3.4"]),
        ("stageVariables.blue", ["green"]),
        ("'Event'", ["Event"]),
        ("route.request.body.user.id", ["7"]),
        ("route.request.body.user.tags", ['["a"]']),
        ("route.request.body.name", ["é"]),
        ("route.request.body", [PAYLOAD.body]),
        ("route.request.header.x-twice", ["2"]),
        ("route.request.multivalueheader.X-Twice", ["1", "2"]),
        ("route.request.querystring.q", ["b"]),
        ("route.request.multivaluequerystring.q", ["a", "b"]),
        ("route.request.body.missing", []),
        ("route.request.header.missing", []),
        ("stageVariables.missing", []),
        ("context.identity.missing.deeper", []),
        ("Event", []),
    ],
)
def test_where_a_value_comes_from(source: str, expected: list[str]) -> None:
    """Spec 128, 129: every documented source; what has no value is left out."""
    mapped = of_request({"integration.request.header.X": source}, PAYLOAD)
    assert mapped.headers == [("X", value) for value in expected]


def test_where_a_value_goes() -> None:
    """Spec 128: headers, query string and path."""
    mapped = of_request(
        {f"integration.request.{place}.x": "'1'" for place in ("header", "querystring", "path", "nowhere")}, PAYLOAD
    )
    assert (mapped.headers, mapped.query, mapped.path) == ([("x", "1")],) * 3


def test_what_a_response_sets() -> None:
    """Spec 268: headers of the answer, from the backend's reply."""
    mapping = {
        "route.response.header.A": "integration.response.header.content-type",
        "route.response.header.B": "integration.response.body.why",
        "method.response.header.C": "'static'",
        "route.response.header.D": "integration.response.multivalueheader.X-Two",
        "route.response.header.E": "integration.response.header.missing",
        "elsewhere.F": "'x'",
    }
    expected = {"A": "text/plain", "B": "gone", "C": "static", "D": "1,2"}
    assert of_response(mapping, REPLY, REPLY.body.decode(), PAYLOAD) == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        (None, None),
        ("", None),
        ("\\$default", "$default"),
        ("$default", "$default"),
        ("chat", "chat"),
        ("${request.body.user.id}", "7"),
        ("$request.body.user.id", "7"),
        ("v${request.body.user.id}-${request.body.missing}", "v7-"),
        ("${request.body.missing}", None),
        ("${integration.response.statuscode}", "404"),
        ("$integration.response.statuscode", "404"),
        ("${integration.response.header.Content-Type}", "text/plain"),
        ("${integration.response.multivalueheader.x-two}", "[1, 2]"),
        ("${integration.response.header.missing}", None),
    ],
)
def test_what_a_selection_expression_makes(expression: str | None, expected: str | None) -> None:
    """Spec 126, 127."""
    assert evaluate(expression, PAYLOAD.body, REPLY) == expected


def test_an_expression_is_evaluated_once() -> None:
    """Spec 86: a value that looks like a variable is text."""
    assert evaluate("${request.body.a}", '{"a":"${integration.response.statuscode}"}', REPLY) == (
        "${integration.response.statuscode}"
    )

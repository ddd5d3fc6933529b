"""Request models, without a gateway."""

import json

import pytest

from local_aws.gateway.config.stage import Route
from local_aws.gateway.integration.models import validation_error

CHAT = json.dumps(
    {
        "$schema": "http://json-schema.org/draft-04/schema#",
        "type": "object",
        "properties": {"text": {"type": "string"}, "n": {"type": "integer", "minimum": 0, "exclusiveMinimum": True}},
        "required": ["text"],
    }
)


def route(expression: str | None = "$request.body.kind", **models: str) -> Route:
    named = {key.replace("default", "$default"): schema for key, schema in models.items()}
    return Route("send", model_selection_expression=expression, request_models=named)


def test_without_an_expression_nothing_is_checked() -> None:
    """Spec 131: the models alone do nothing."""
    assert validation_error(route(None, chat=CHAT), "hello") is None


def test_a_message_that_fits_passes() -> None:
    """Spec 131."""
    assert validation_error(route(chat=CHAT), '{"kind":"chat","text":"hi","n":1}') is None


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ('{"kind":"chat"}', "'text' is a required property"),
        ('{"kind":"chat","text":1}', "1 is not of type 'string'"),
        ('{"kind":"chat","text":"a","n":0}', "minimum"),
        ("hello", "no model found for key $default"),
    ],
)
def test_a_message_that_does_not_fit_is_refused_with_the_reason(body: str, reason: str) -> None:
    """Spec 131; the third case is a rule of draft 4 that later drafts write otherwise."""
    assert reason in (validation_error(route(chat=CHAT), body) or "")


def test_what_is_no_json_fits_no_model() -> None:
    """Spec 131."""
    assert (validation_error(route(default=CHAT), "hello") or "").startswith("Unable to parse JSON request body")


def test_the_default_model_serves_every_other_key() -> None:
    """Spec 132."""
    assert validation_error(route(default=CHAT), '{"kind":"other","text":"hi"}') is None
    assert validation_error(route(default=CHAT), '{"kind":"other"}') is not None


def test_without_a_model_for_the_key_and_without_a_default_it_is_refused() -> None:
    """Spec 132."""
    assert (
        validation_error(route(chat=CHAT), '{"kind":"other","text":"hi"}')
        == "no model found for key other, and no $default model"
    )


@pytest.mark.parametrize("schema", ["", "no JSON", '{"type": 7}', "[]"])
def test_a_model_that_is_no_schema_lets_nothing_pass(schema: str) -> None:
    """Never kinder than AWS, which would not have stored it."""
    assert validation_error(route(default=schema), "{}") is not None


def test_a_reference_to_elsewhere_is_not_fetched() -> None:
    """A model must not make the gateway call a URL."""
    schema = '{"$ref": "http://127.0.0.1:9/model"}'
    assert (validation_error(route(default=schema), "{}") or "").startswith("the model refers to what is not there")

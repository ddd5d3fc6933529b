"""The values of ``$context``."""

import json
from xml.etree import ElementTree

import pytest

from local_aws.gateway.events import Identity
from local_aws.gateway.observability.context_variables import VARIABLES, render, variables
from local_aws.gateway.request_trace import StepOutcome

from ..conftest import NewTrace


def test_every_documented_variable_has_its_place(new_trace: NewTrace) -> None:
    """Spec 254: every variable can have a value, except those of the WAF, which no WebSocket API can have."""
    identity = {name for kind, _, name in (variable.partition(".") for variable in VARIABLES) if kind == "identity"}
    known = dict.fromkeys(identity - {"sourceIp", "userAgent"}, "x")
    trace = new_trace(
        identity=Identity("192.0.2.1", "curl", known),
        authorizer={"principalId": "me"},
        error_message="m",
        error_response_type="t",
        validation_error="v",
        integration_error="e",
        integration_status=200,
        integration_endpoint_status=200,
        integration_latency=1,
        integration_request_id="r",
        authorizer_status=200,
        authorizer_latency=1,
        authorizer_request_id="r",
        authorizer_error="e",
        authenticate=StepOutcome(200, 1, "e"),
        authorize=StepOutcome(200, 1, "e"),
    )
    assert set(VARIABLES) - set(variables(trace)) == {"waf.error", "waf.latency", "waf.status"}
    assert set(variables(trace)) <= set(VARIABLES)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("apiId", "nn27okk1we"),
        ("stage", "dev"),
        ("connectionId", "PJqB0fHsqRcCHlw="),
        ("connectedAt", "1701245041796"),
        ("domainName", "nn27okk1we.execute-api.eu-west-3.amazonaws.com"),
        ("eventType", "MESSAGE"),
        ("messageId", "PJqCFfHyKRcCHlw="),
        ("requestId", "PJqB0E1tKRcF-Qw="),
        ("extendedRequestId", "PJqB0E1tKRcF-Qw="),
        ("requestTime", "29/Nov/2023:08:04:01 +0000"),
        ("requestTimeEpoch", "1701245041798"),
        ("routeKey", "send"),
        ("status", "200"),
        ("identity.sourceIp", "192.0.2.1"),
        ("identity.userAgent", "-"),
        ("identity.caller", "-"),
        ("error.message", "-"),
        ("integrationLatency", "-"),
        ("authorizer.principalId", "-"),
        ("waf.status", "-"),
        ("nothing.of.the.kind", "-"),
    ],
)
def test_one_variable(new_trace: NewTrace, name: str, value: str) -> None:
    """Spec 47, 50–52, 254; what is absent is a hyphen, whether it is documented or not."""
    assert render(f"$context.{name}", variables(new_trace())) == value
    assert render(f"${{context.{name}}}", variables(new_trace())) == value


def test_a_message_id_is_one_of_messages_only(new_trace: NewTrace) -> None:
    """Spec 73."""
    assert "messageId" not in variables(new_trace(event_type="CONNECT", message_id=None))


def test_the_two_statuses_of_a_function(new_trace: NewTrace) -> None:
    """Lambda answered 200, whatever the function's result says; the request ends with the function's status."""
    values = variables(new_trace(integration_endpoint_status=200, integration_status=501, status=501))
    template = "$context.integration.integrationStatus $context.integration.status $context.status"
    assert render(template, values) == "200 501 501"


def test_what_an_authorizer_says(new_trace: NewTrace) -> None:
    """Spec 218, 254: its principal and its own keys, as text, also if a name has hyphens."""
    values = variables(new_trace(authorizer={"principalId": "me", "num": 1, "user-id": "7"}))
    template = "$context.authorizer.principalId $context.authorizer.num $context.authorizer.user-id"
    assert render(template, values) == "me 1 7"


def test_an_error_message_in_quotes(new_trace: NewTrace) -> None:
    """Spec 254: ``messageString`` is the message with its quotation marks."""
    values = variables(new_trace(error_message="Forbidden"))
    assert render("$context.error.messageString", values) == '"Forbidden"'


def test_clf(new_trace: NewTrace) -> None:
    """Spec 290: the format that the Serverless Framework sets."""
    template = (
        "$context.identity.sourceIp $context.identity.caller $context.identity.user [$context.requestTime] "
        '"$context.eventType $context.routeKey $context.connectionId" $context.requestId'
    )
    assert render(template, variables(new_trace())) == (
        '192.0.2.1 - - [29/Nov/2023:08:04:01 +0000] "MESSAGE send PJqB0fHsqRcCHlw=" PJqB0E1tKRcF-Qw='
    )


def test_json(new_trace: NewTrace) -> None:
    """A template that is JSON stays JSON."""
    template = '{ "requestId":"$context.requestId", "ip": "$context.identity.sourceIp", "status":$context.status }'
    assert json.loads(render(template, variables(new_trace()))) == {
        "requestId": "PJqB0E1tKRcF-Qw=",
        "ip": "192.0.2.1",
        "status": 200,
    }


def test_xml(new_trace: NewTrace) -> None:
    """A template that is XML stays XML."""
    template = (
        '<request id="$context.requestId"> <stage>$context.stage</stage> <user>$context.identity.user</user> </request>'
    )
    document = ElementTree.fromstring(render(template, variables(new_trace())))
    assert (document.get("id"), document.findtext("stage"), document.findtext("user")) == (
        "PJqB0E1tKRcF-Qw=",
        "dev",
        "-",
    )


def test_csv(new_trace: NewTrace) -> None:
    """Commas, full stops and hyphens behind a variable are text."""
    values = variables(new_trace())
    assert render("$context.stage,$context.status,$context.requestId", values) == "dev,200,PJqB0E1tKRcF-Qw="
    assert render("$context.stage.", values) == "dev."
    assert render("$context.identity.sourceIp-$context.stage", values) == "192.0.2.1-dev"
    assert render("$context.identity.user-$context.stage", values) == "--dev"


def test_values_are_not_evaluated_again(new_trace: NewTrace) -> None:
    """What a client writes into its User-Agent stays text."""
    values = variables(new_trace(identity=Identity("192.0.2.1", "$context.stage")))
    assert render("$context.identity.userAgent", values) == "$context.stage"

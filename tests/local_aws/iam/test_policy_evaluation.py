"""IAM's evaluation of policies."""

from typing import Any

import pytest

from local_aws.iam.policy_evaluation import Ask, Decision, decide, matches

ARN = "arn:aws:execute-api:us-east-1:123456789012:abc/dev/$connect"
FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:f"
GATEWAY = ("Service", "apigateway.amazonaws.com")


def statement(effect: str = "Allow", **more: Any) -> dict[str, Any]:
    return {"Effect": effect, "Action": "execute-api:Invoke", "Resource": ARN, **more}


def decision(*statements: dict[str, Any], **context: str) -> Decision:
    asked = {key.replace("_", ":"): value for key, value in context.items()}
    return decide([{"Statement": list(statements)}], Ask("execute-api:Invoke", ARN, context=asked))


@pytest.mark.parametrize("resource", [ARN, "*", "arn:aws:execute-api:*:*:abc/*", [FUNCTION, ARN], ARN[:-1] + "?"])
@pytest.mark.parametrize("action", ["execute-api:Invoke", "EXECUTE-API:invoke", "execute-api:*", "*", ["s3:Get", "*"]])
def test_an_action_and_a_resource_that_match_allow(action: Any, resource: Any) -> None:
    """Wildcards in both, actions in any case."""
    assert decision(statement(Action=action, Resource=resource)) is Decision.ALLOWED


@pytest.mark.parametrize(
    "other", [{"Action": "execute-api:ManageConnections"}, {"Resource": ARN + "x"}, {"Resource": "$connect"}]
)
def test_what_no_statement_allows_is_not_allowed(other: dict[str, str]) -> None:
    """Without an allow, it is not allowed (spec 219)."""
    assert decision(statement(**other)) is Decision.NOT_ALLOWED
    assert decision() is Decision.NOT_ALLOWED


def test_a_deny_beats_every_allow() -> None:
    """The order does not matter, nor which document has the deny."""
    allow, deny = {"Statement": statement()}, {"Statement": statement("Deny", Action="*")}
    assert decide([allow, deny], Ask("execute-api:Invoke", ARN)) is Decision.DENIED
    assert decide([deny, allow], Ask("execute-api:Invoke", ARN)) is Decision.DENIED


def test_the_negated_elements() -> None:
    """NotAction and NotResource cover all else."""
    assert decision({"Effect": "Allow", "NotAction": "s3:*", "NotResource": FUNCTION}) is Decision.ALLOWED
    assert decision({"Effect": "Allow", "NotAction": "execute-api:*", "Resource": "*"}) is Decision.NOT_ALLOWED
    assert decision({"Effect": "Allow", "Action": "*", "NotResource": ARN}) is Decision.NOT_ALLOWED


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ({"StringEquals": {"aws:SourceAccount": "123456789012"}}, True),
        ({"StringEquals": {"AWS:SOURCEACCOUNT": ["1", "123456789012"]}}, True),
        ({"StringEquals": {"aws:SourceAccount": "1"}}, False),
        ({"StringEquals": {"aws:Absent": "1"}}, False),
        ({"StringEqualsIfExists": {"aws:Absent": "1"}}, True),
        ({"StringNotEquals": {"aws:SourceAccount": "1"}}, True),
        ({"StringNotEquals": {"aws:SourceAccount": ["1", "123456789012"]}}, False),
        ({"StringNotLike": {"aws:SourceAccount": "1*"}}, False),
        ({"StringLike": {"aws:SourceAccount": "1234*"}}, True),
        ({"Null": {"aws:Absent": "true"}}, True),
        ({"Null": {"aws:SourceAccount": "true"}}, False),
        ({"Bool": {"aws:SecureTransport": "true"}}, True),
        ({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}, True),
        ({"IpAddress": {"aws:SourceIp": ["192.168.0.0/16", "10.1.2.3"]}}, True),
        ({"NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}}, False),
        ({"NumericLessThan": {"aws:Age": "4"}}, True),
        ({"NumericNotEquals": {"aws:Age": 3}}, False),
        ({"DateGreaterThan": {"aws:Now": "2026-01-01T00:00:00Z"}}, True),
        ({"Unheard": {"aws:SourceAccount": "123456789012"}}, False),
        ({"NumericLessThan": {"aws:SourceIp": "4"}}, False),
        ({"StringEquals": {"aws:SourceAccount": "123456789012", "aws:Age": "4"}}, False),
    ],
)
def test_conditions(condition: dict[str, Any], holds: bool) -> None:
    """Every operator and every key must hold; one of several values is enough."""
    context = {
        "aws_sourceaccount": "123456789012",
        "aws_sourceip": "10.1.2.3",
        "aws_securetransport": "true",
        "aws_age": "3",
        "aws_now": "2026-06-01T00:00:00Z",
    }
    expected = Decision.ALLOWED if holds else Decision.NOT_ALLOWED
    assert decision(statement(Condition=condition), **context) is expected


@pytest.mark.parametrize(
    ("operator", "values", "wanted", "holds"),
    [
        ("ForAllValues:StringEquals", ("a", "b"), ["a", "b", "c"], True),
        ("ForAllValues:StringEquals", ("a", "d"), ["a", "b", "c"], False),
        ("ForAllValues:StringEquals", None, ["a"], True),
        ("ForAllValues:StringNotEquals", ("a", "d"), ["b"], True),
        ("ForAnyValue:StringLike", ("a", "d"), ["d*"], True),
        ("ForAnyValue:StringLike", ("a", "e"), ["d*"], False),
        ("ForAnyValue:StringNotEquals", None, ["a"], False),
    ],
)
def test_keys_of_many_values(operator: str, values: tuple[str, ...] | None, wanted: list[str], holds: bool) -> None:
    """ForAllValues, which holds when there is none, and ForAnyValue; a value may be found only when it is asked for."""
    document = {"Statement": statement(Condition={operator: {"dynamodb:LeadingKeys": wanted}})}
    ask = Ask("execute-api:Invoke", ARN, context={"dynamodb:leadingkeys": lambda: values})
    assert (decide([document], ask) is Decision.ALLOWED) is holds


def test_a_resource_policy_can_name_who_may_not() -> None:
    """NotPrincipal: everybody else is denied."""
    deny = {"Effect": "Deny", "NotPrincipal": {"AWS": "arn:me"}, "Action": "*", "Resource": "*"}
    assert decide([{"Statement": deny}], Ask("a:b", "*", ("AWS", "arn:me", "1"))) is Decision.NOT_ALLOWED
    assert decide([{"Statement": deny}], Ask("a:b", "*", ("AWS", "arn:you", "1"))) is Decision.DENIED


def test_what_is_not_understood_denies() -> None:
    """A Deny with an operator that we do not know still denies."""
    unheard = {"Unheard": {"aws:SourceAccount": "1"}}
    assert decision(statement(), statement("Deny", Condition=unheard)) is Decision.DENIED


@pytest.mark.parametrize(
    ("pattern", "covered"),
    [
        (ARN, True),
        ("arn:aws:execute-api:us-east-1:123456789012:abc/*", True),
        ("arn:aws:execute-api:*:*:abc/*/$connect", True),
        ("arn:aws:execute-api:us-east-1:123456789012:abd/*", False),
        ("arn:aws:execute-api:us-east-1:123456789012:abc/dev/send", False),
        ("arn:aws:execute-api:*", False),
    ],
)
def test_an_arn_is_compared_part_by_part(pattern: str, covered: bool) -> None:
    """ArnLike: a wildcard does not reach over a colon."""
    condition = {"ArnLike": {"AWS:SourceArn": pattern}}
    assert (decision(statement(Condition=condition), aws_sourcearn=ARN) is Decision.ALLOWED) is covered


@pytest.mark.parametrize(
    ("principal", "named"),
    [
        ({"Service": "apigateway.amazonaws.com"}, True),
        ({"Service": ["events.amazonaws.com", "apigateway.amazonaws.com"]}, True),
        ("*", True),
        ({"Service": "events.amazonaws.com"}, False),
        ({"AWS": "*"}, False),
        ("apigateway.amazonaws.com", False),
    ],
)
def test_a_resource_policy_names_who_may(principal: Any, named: bool) -> None:
    """Spec 10, 284: apigateway.amazonaws.com, or everybody."""
    document = {
        "Statement": [
            {"Effect": "Allow", "Principal": principal, "Action": "lambda:InvokeFunction", "Resource": FUNCTION}
        ]
    }
    ask = Ask("lambda:InvokeFunction", FUNCTION, GATEWAY)
    assert (decide([document], ask) is Decision.ALLOWED) is named


def test_variables_stand_for_what_is_known() -> None:
    """``${aws:username}``; one without a value matches nothing."""
    mine = statement(Resource="arn:aws:execute-api:us-east-1:123456789012:${aws:username}/*")
    assert decision(mine, aws_username="abc") is Decision.ALLOWED
    assert decision(mine) is Decision.NOT_ALLOWED


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"Statement": "x"},
        {"Statement": [None, {"Effect": "Maybe"}]},
        {"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": ["x"]}},
        {"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"StringEquals": "x"}}},
    ],
)
def test_a_document_that_is_none_allows_nothing(document: dict[str, Any]) -> None:
    """It raises nothing either."""
    assert decide([document], Ask("a:b", "*")) is Decision.NOT_ALLOWED


def test_wildcards_are_the_only_special_characters() -> None:
    """``$``, ``.`` and ``+`` mean themselves."""
    assert matches("a.$+?*", "a.$+xyz")
    assert not matches("a.b", "axb")

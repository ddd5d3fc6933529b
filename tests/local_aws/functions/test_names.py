"""How callers name functions, and which version answers."""

import pytest

from local_aws.functions import Alias, FunctionName, Functions, Invocation, Refusal
from local_aws.functions.names import parse_name
from local_aws.functions.version_lookup import choose

from .conftest import Lambda

ARN = "arn:aws:lambda:eu-west-3:123456789012:function:pong"


def parsed(function: str, qualifier: str | None = None) -> FunctionName:
    return parse_name(function, qualifier, region="us-east-1", account_id="000000000000")


@pytest.mark.parametrize(
    ("function", "qualifier", "expected"),
    [
        ("pong", None, FunctionName("us-east-1", "000000000000", "pong")),
        ("pong", "", FunctionName("us-east-1", "000000000000", "pong")),
        ("pong:7", None, FunctionName("us-east-1", "000000000000", "pong", "7")),
        ("pong", "live", FunctionName("us-east-1", "000000000000", "pong", "live")),
        ("123456789012:function:pong:$LATEST", None, FunctionName("us-east-1", "123456789012", "pong", "$LATEST")),
        (ARN, None, FunctionName("eu-west-3", "123456789012", "pong")),
        (f"{ARN}:live", "live", FunctionName("eu-west-3", "123456789012", "pong", "live")),
    ],
)
def test_a_name_in_each_form(function: str, qualifier: str | None, expected: FunctionName) -> None:
    """A name, partial ARN or ARN is parsed, with a qualifier in it or beside it."""
    assert parsed(function, qualifier) == expected


def test_a_name_is_an_arn_as_it_was_asked_for() -> None:
    """The ARN that the handler sees, and CloudWatch's Resource, have the caller's qualifier."""
    name = parsed(ARN, "live")
    assert (name.arn, name.qualified, name.resource) == (ARN, f"{ARN}:live", "pong:live")
    assert (parsed(ARN).qualified, parsed(ARN).resource) == (ARN, "pong")


@pytest.mark.parametrize(
    ("function", "qualifier", "member"),
    [
        ("pong!", None, "functionName"),
        ("pong:", None, "functionName"),
        ("x" * 257, None, "functionName"),
        ("pong", "a b", "qualifier"),
        ("pong", "x" * 129, "qualifier"),
    ],
)
def test_a_name_that_cannot_be(function: str, qualifier: str | None, member: str) -> None:
    """An invalid name is a ValidationException, which names the member."""
    with pytest.raises(Refusal, match=f"at '{member}' failed to satisfy constraint") as refused:
        parsed(function, qualifier)
    assert (refused.value.status, refused.value.code) == (400, "ValidationException")


def test_two_qualifiers_must_be_one() -> None:
    """A qualifier in the name must be equal to the one beside it."""
    with pytest.raises(Refusal, match="does not match the specified qualifier") as refused:
        parsed("pong:1", "2")
    assert refused.value.code == "InvalidParameterValueException"


@pytest.mark.parametrize(("share", "expected"), [(0.0, "2"), (0.29, "2"), (0.3, "1"), (0.99, "1")])
def test_an_alias_divides_its_calls_by_weight(share: float, expected: str) -> None:
    """The other version gets its share, the alias' own version the rest."""
    assert choose(Alias("1", {"2": 0.3}), share) == expected


@pytest.mark.parametrize(("weight", "expected"), [(0.0, "1"), (1.0, "2")])
def test_all_or_nothing(weight: float, expected: str) -> None:
    """With a weight of 0 or 1, one version gets every call."""
    assert {choose(Alias("1", {"2": weight}), share / 100) for share in range(100)} == {expected}


ABOUT = """def handler(event, context):
    return [NUMBER, context.function_version, context.invoked_function_arn]
"""


def test_a_versions_own_code_runs_under_the_arn_that_was_asked_for(cloud: Lambda) -> None:
    """The right version runs by its number, by an alias, and without a qualifier."""
    for number, version in enumerate(("1", "2", "$LATEST"), 1):
        cloud.deploy(ABOUT.replace("NUMBER", str(number)), version=version)
    cloud.aliases["pong:live"] = Alias("1", {"2": 1.0})

    async def scenario(functions: Functions) -> list[Invocation]:
        return [(await functions.invoke(name, b"{}")) for name in (ARN, f"{ARN}:1", f"{ARN}:live", "pong:$LATEST")]

    answers = cloud.run(scenario)
    assert [answer.payload.decode() for answer in answers] == [
        f'[3, "$LATEST", "{ARN}"]',
        f'[1, "1", "{ARN}:1"]',
        f'[2, "2", "{ARN}:live"]',
        f'[3, "$LATEST", "{ARN}:$LATEST"]',
    ]
    assert [answer.executed_version for answer in answers] == ["$LATEST", "1", "2", "$LATEST"]

"""Lambda authorizers, without a socket."""

import json

import pytest

from local_aws.gateway.authorization.authorizers import Allowed, Denied, Unusable, has_identity, verdict
from local_aws.gateway.config.stage import Authorizer, Stage
from local_aws.net.http import Headers, Request

ARN = "arn:aws:execute-api:us-east-1:123456789012:a1b2c3d4e5/dev/$connect"
STAGE = Stage(api_id="a1b2c3d4e5", name="dev", region="us-east-1", account_id="123456789012", variables={"v": "1"})


def result(
    effect: str = "Allow", resource: object = ARN, action: object = "execute-api:Invoke", **more: object
) -> bytes:
    statement = {"Effect": effect, "Action": action, "Resource": resource}
    return json.dumps({"principalId": "me", "policyDocument": {"Statement": [statement]}, **more}).encode()


@pytest.mark.parametrize("resource", [ARN, ARN.replace("$connect", "*"), "*", [ARN, "arn:aws:s3:::x"]])
def test_a_policy_that_covers_the_arn_allows(resource: object) -> None:
    """Spec 217: the method ARN or a wildcard."""
    assert verdict(result(resource=resource), ARN) == Allowed({"principalId": "me"})


def test_context_values_become_strings() -> None:
    """Spec 218."""
    decision = verdict(result(context={"n": 1, "yes": True, "s": "x"}), ARN)
    assert decision == Allowed({"n": "1", "yes": "true", "s": "x", "principalId": "me"})


def test_deny_wins() -> None:
    """IAM: an explicit deny beats any allow."""
    document = json.loads(result())
    document["policyDocument"]["Statement"].append({"Effect": "Deny", "Action": "*", "Resource": "*"})
    assert isinstance(verdict(json.dumps(document).encode(), ARN), Denied)


@pytest.mark.parametrize("refusing", [result("Deny"), result(resource=ARN + "x"), result(action="s3:GetObject")])
def test_denied_or_not_allowed(refusing: bytes) -> None:
    """Spec 18, 219: both are 403."""
    assert isinstance(verdict(refusing, ARN), Denied)


@pytest.mark.parametrize(
    "payload",
    [
        b"null",
        b"no JSON",
        b'{"principalId":"me"}',
        b'{"policyDocument":{"Statement":[]}}',
        b'{"isAuthorized":true}',
        result(context=[1]),
        result(context={"nested": {}}),
        result(usageIdentifierKey=1),
        result(context={"long": "x" * 8192}),
        result(resource=[ARN, "arn:aws:execute-api:us-east-1:123456789012:" + "x" * 512]),
    ],
)
def test_what_is_no_authorizer_result(payload: bytes) -> None:
    """Spec 20, 217: 500, also for the HTTP APIs' simple form."""
    assert verdict(payload, ARN) == Unusable()


@pytest.mark.parametrize(
    ("sources", "present"),
    [
        ((), True),
        (("route.request.header.Auth",), True),
        (("route.request.header.auth", "route.request.querystring.token"), True),
        (("route.request.header.Other",), False),
        (("route.request.querystring.empty",), False),
        (("stageVariables.v",), True),
        (("stageVariables.none",), False),
    ],
)
def test_every_identity_source_must_be_there(sources: tuple[str, ...], present: bool) -> None:
    """Spec 210: an identity source that is missing or empty gives 401."""
    request = Request("GET", "/dev?token=t&empty=", Headers([("AUTH", "x")]))
    assert has_identity(Authorizer("a", "", sources), request, STAGE) is present


def test_an_authorizer_may_name_an_api_key() -> None:
    """Spec 217, 225."""
    assert verdict(result(usageIdentifierKey="k"), ARN) == Allowed({"principalId": "me"}, "k")


def test_a_policy_may_look_at_the_address() -> None:
    """Spec 219: a policy's conditions count."""
    document = json.loads(result())
    document["policyDocument"]["Statement"][0]["Condition"] = {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}
    payload = json.dumps(document).encode()
    assert isinstance(verdict(payload, ARN, "10.1.2.3"), Allowed)
    assert isinstance(verdict(payload, ARN, "127.0.0.1"), Denied)

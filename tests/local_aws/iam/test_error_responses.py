"""AWS's error responses: boto3 must be able to read their code and message."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_aws.iam.claims import Claim, Fault, Problem, claim_of
from local_aws.iam.error_responses import denial, not_signed
from local_aws.net.http import Request, Response

from .conftest import call

CALLS: list[tuple[str, str, dict[str, Any]]] = [
    ("dynamodb", "list_tables", {}),
    ("logs", "describe_log_groups", {}),
    ("sqs", "list_queues", {}),
    ("cloudwatch", "list_metrics", {}),
    ("iam", "list_roles", {}),
    ("sns", "list_topics", {}),
    ("lambda", "list_functions", {}),
    ("apigatewayv2", "get_apis", {}),
    ("s3", "list_objects_v2", {"Bucket": "b"}),
]
DENIED = {
    "dynamodb": (400, "AccessDeniedException"),
    "logs": (400, "AccessDeniedException"),
    "sqs": (403, "AccessDenied"),
    "cloudwatch": (403, "AccessDenied"),
    "iam": (403, "AccessDenied"),
    "sns": (403, "AuthorizationError"),
    "lambda": (403, "AccessDeniedException"),
    "apigatewayv2": (403, "AccessDeniedException"),
    "s3": (403, "AccessDenied"),
}
OLD = {
    "dynamodb": (400, "ExpiredTokenException"),
    "logs": (400, "ExpiredTokenException"),
    "sqs": (403, "ExpiredToken"),
    "cloudwatch": (403, "ExpiredToken"),
    "iam": (403, "ExpiredToken"),
    "sns": (403, "ExpiredToken"),
    "lambda": (403, "ExpiredTokenException"),
    "apigatewayv2": (403, "ExpiredTokenException"),
    "s3": (400, "ExpiredToken"),
}
SENTENCE = 'User: me is not authorized to perform: <an action> on resource: "it"'


def deny(request: Request) -> Response:
    claim = claim_of(request)
    assert isinstance(claim, Claim)
    return denial(request, claim.service, SENTENCE)


def expire(request: Request) -> Response:
    return not_signed(request, Problem(Fault.OLD_TOKEN, "The security token included in the request is expired"))


def refused(answer: Any, service: str, operation: str, parameters: dict[str, Any]) -> tuple[int, str, str]:
    with pytest.raises(ClientError) as error:
        call(service, operation, answer, **parameters)
    found = error.value.response
    return found["ResponseMetadata"]["HTTPStatusCode"], found["Error"]["Code"], found["Error"]["Message"]


@pytest.mark.parametrize(("service", "operation", "parameters"), CALLS)
def test_who_may_not_is_told_in_the_services_own_form(service: str, operation: str, parameters: dict[str, Any]) -> None:
    """Status, code and sentence."""
    assert refused(deny, service, operation, parameters) == (*DENIED[service], SENTENCE)


def test_dynamodb_says_it_in_the_words_of_coral() -> None:
    """The bytes, which other SDKs read."""
    seen: list[Response] = []

    def answer(request: Request) -> Response:
        seen.append(deny(request))
        return seen[0]

    refused(answer, "dynamodb", "list_tables", {})
    assert seen[0].body.startswith(
        b'{"__type": "com.amazon.coral.service#AccessDeniedException", "Message": "User: me '
    )


@pytest.mark.parametrize(("service", "operation", "parameters"), [each for each in CALLS if each[0] in OLD])
def test_a_session_that_is_over(service: str, operation: str, parameters: dict[str, Any]) -> None:
    """ExpiredToken, or ExpiredTokenException."""
    assert refused(expire, service, operation, parameters)[:2] == OLD[service]

"""Lambda's Invoke operation, as boto3 calls it."""

import base64
import json

import pytest
from botocore.exceptions import ClientError

from .conftest import Service

NAME = "serverless-websockets-dev-disconnect"


def event() -> bytes:
    context = {"connectionId": "PJqB0fHsqRcCHlw=", "disconnectStatusCode": 1000, "disconnectReason": ""}
    return json.dumps({"requestContext": {**context, "routeKey": "$disconnect", "requestId": "r"}}).encode()


def test_a_function_is_invoked_and_its_log_comes_with_it(deployed: Service) -> None:
    """RequestResponse with the tail of the log."""
    answer = deployed.embedded.client("lambda").invoke(FunctionName=NAME, Payload=event(), LogType="Tail")
    assert (answer["StatusCode"], answer["ExecutedVersion"]) == (200, "$LATEST")
    assert json.loads(answer["Payload"].read()) == {"statusCode": 200}
    assert b"START RequestId: " in base64.b64decode(answer["LogResult"])


def test_a_function_that_fails_says_how(deployed: Service) -> None:
    """The error is in the payload, the call itself succeeds."""
    answer = deployed.embedded.client("lambda").invoke(FunctionName=NAME, Payload=b"{}")
    assert (answer["StatusCode"], answer["FunctionError"]) == (200, "Unhandled")
    assert json.loads(answer["Payload"].read())["errorType"] == "KeyError"


def test_the_other_kinds_of_invocation(deployed: Service) -> None:
    """Event is accepted at once, DryRun runs nothing."""
    client = deployed.embedded.client("lambda")
    assert client.invoke(FunctionName=NAME, Payload=event(), InvocationType="Event")["StatusCode"] == 202
    assert client.invoke(FunctionName=NAME, Payload=event(), InvocationType="DryRun")["StatusCode"] == 204


@pytest.mark.parametrize(
    ("function", "payload", "code"),
    [("nobody", b"{}", "ResourceNotFoundException"), (NAME, b"{not JSON", "InvalidRequestContentException")],
)
def test_what_cannot_be_invoked(deployed: Service, function: str, payload: bytes, code: str) -> None:
    """AWS's error codes."""
    with pytest.raises(ClientError) as refused:
        deployed.embedded.client("lambda").invoke(FunctionName=function, Payload=payload)
    assert refused.value.response["Error"]["Code"] == code


def test_osls_invokes_too(deployed: Service) -> None:
    """``osls invoke`` prints what the function returned."""
    shown = deployed.osls("invoke", "-f", "disconnect", "--data", event().decode()).stdout
    assert json.loads(shown) == {"statusCode": 200}

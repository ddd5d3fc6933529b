import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    NoRegionError,
    ReadTimeoutError,
    TokenRetrievalError,
    UnauthorizedSSOTokenError,
)

from walkthrough import stack
from walkthrough.errors import WalkthroughError
from walkthrough.internal.aws_errors import aws_errors

UNSET = "No AWS is in use yet: run cloud.use(), then this cell again."
SILENT = (
    "No answer from http://127.0.0.1:9. If that AWS has stopped, what was deployed is gone with it: run cloud.use(), "
    "then the cells from the deploy on."
)


def client_error(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "It has expired."}}, "DescribeStacks")


@aws_errors()
def asks(error: Exception) -> None:
    """Asks in vain."""
    raise error


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (NoCredentialsError(), UNSET),
        (NoRegionError(), UNSET),
        (EndpointConnectionError(endpoint_url="x"), SILENT),
        (ConnectTimeoutError(endpoint_url="x"), SILENT),
        (ReadTimeoutError(endpoint_url="x"), SILENT),
        (client_error("ExpiredToken"), "AWS does not accept these credentials (ExpiredToken: It has expired). Run "),
        (client_error("InvalidClientTokenId"), "AWS does not accept these credentials (InvalidClientTokenId: It has"),
        (UnauthorizedSSOTokenError(), "AWS does not accept these credentials (The SSO session"),
        (TokenRetrievalError(provider="sso", error_msg="Token has expired"), "AWS does not accept these credentials ("),
    ],
)
def test_one_sentence(error: Exception, sentence: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every reason why AWS cannot be used gives one paragraph, which names the one command."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    with pytest.raises(WalkthroughError) as told:
        asks(error)
    assert str(told.value).startswith(sentence)
    assert "cloud.use()" in str(told.value)
    assert told.value.__suppress_context__


def test_no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """With an account of one's own there is nothing to start: look at the network."""
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with pytest.raises(WalkthroughError, match=r"^AWS cannot be reached \(.*\)\. Look at your network"):
        asks(EndpointConnectionError(endpoint_url="https://cloudformation.us-east-1.amazonaws.com/"))


@pytest.mark.parametrize("error", [client_error("ValidationError"), client_error("AccessDenied"), KeyError("x")])
def test_other_errors_go_through(error: Exception) -> None:
    """An error that AWS answers, such as a missing permission, is left to the caller."""
    with pytest.raises(type(error)):
        asks(error)


def test_it_is_still_the_function() -> None:
    """A decorated function keeps its name and docstring, for help(…) in a cell."""
    assert ("asks", "Asks in vain.") == (asks.__name__, asks.__doc__)


FUNCTIONS = [getattr(stack, name) for name in stack.__all__ if callable(getattr(stack, name))]


@pytest.fixture
def no_aws(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing of AWS in the environment, as in a kernel in which ``cloud.use()`` was never run."""
    for variable in list(os.environ):
        if variable.startswith("AWS_") or variable.upper().endswith("_PROXY"):
            monkeypatch.delenv(variable)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)


@pytest.mark.usefixtures("no_aws")
@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.__name__)
def test_no_function_of_stack_without_a_cloud(function: Callable[[], Any]) -> None:
    """Each function of ``stack`` says what to run when no AWS is in use."""
    with pytest.raises(WalkthroughError) as told:
        function()
    assert UNSET == str(told.value)


@pytest.mark.usefixtures("no_aws")
@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.__name__)
def test_no_function_of_stack_with_a_cloud_that_stopped(
    function: Callable[[], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each function of ``stack`` says what to run when the AWS in use is not up."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    with pytest.raises(WalkthroughError) as told:
        function()
    assert SILENT == str(told.value)

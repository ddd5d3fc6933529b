"""Checks of a function's environment variables and log settings."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_aws.control_plane.lambda_api import function_validation

from ..conftest import TRUST, Client

ZIP = b"PK\x05\x06" + bytes(18)  # an empty zip

Create = Callable[..., Any]


@pytest.fixture
def create(client: Client, unique: str) -> Iterator[Create]:
    """``create(Environment=…)`` creates a function with those settings."""
    policy = json.dumps(TRUST)
    role = client("iam").create_role(RoleName=unique, AssumeRolePolicyDocument=policy)["Role"]["Arn"]

    def make(**settings: Any) -> Any:
        return client("lambda").create_function(
            FunctionName=unique, Runtime="python3.13", Handler="x.handler", Role=role, Code={"ZipFile": ZIP}, **settings
        )

    yield make
    if any(each["FunctionName"] == unique for each in client("lambda").list_functions()["Functions"]):
        client("lambda").delete_function(FunctionName=unique)


def error_of(error: pytest.ExceptionInfo[ClientError]) -> tuple[int, str, str]:
    response = error.value.response
    return response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]["Code"], response["Error"]["Message"]


def test_reserved_variables(client: Client, create: Create, unique: str) -> None:
    """A function cannot set a variable that Lambda sets."""
    with pytest.raises(ClientError) as raised:
        create(Environment={"Variables": {"TABLE": "t", "AWS_REGION": "mars-1", "_HANDLER": "x"}})
    status, code, message = error_of(raised)
    assert (status, code) == (400, "InvalidParameterValueException")
    assert message.endswith("Reserved keys used in this request: AWS_REGION, _HANDLER")
    create(Environment={"Variables": {"TZ": "Europe/Paris", "PATH": "/opt/bin"}})
    with pytest.raises(ClientError, match="reserved keys"):
        client("lambda").update_function_configuration(
            FunctionName=unique, Environment={"Variables": {"LAMBDA_TASK_ROOT": "/"}}
        )


def test_too_many_variables(create: Create) -> None:
    """All variables together may have 4 KB as JSON."""
    fits = function_validation.MAX_BYTES - len('{"A":""}')
    with pytest.raises(ClientError, match=r"exceeded the 4KB limit\. String measured: "):
        create(Environment={"Variables": {"A": "x" * (fits + 1)}})
    create(Environment={"Variables": {"A": "x" * fits}})


@pytest.mark.parametrize(
    ("settings", "code", "message"),
    [
        (
            {"LogFormat": "Text", "SystemLogLevel": "WARN"},
            "InvalidParameterValueException",
            'LogLevel is not supported when LogFormat is set to "Text". '
            'Remove LogLevel from your request or change the LogFormat to "Json" and try again.',
        ),
        (
            {"ApplicationLogLevel": "WARN"},
            "InvalidParameterValueException",
            'LogLevel is not supported when LogFormat is set to "Text". '
            'Remove LogLevel from your request or change the LogFormat to "Json" and try again.',
        ),
        (
            {"LogFormat": "JSON", "SystemLogLevel": "ERROR"},
            "ValidationException",
            "1 validation error detected: Value 'ERROR' at 'loggingConfig.systemLogLevel' failed to satisfy "
            "constraint: Member must satisfy enum value set: [DEBUG, INFO, WARN]",
        ),
    ],
)
def test_log_settings(
    client: Client, create: Create, unique: str, settings: dict[str, str], code: str, message: str
) -> None:
    """Levels need the format JSON, and must be those of AWS."""
    with pytest.raises(ClientError) as raised:
        create(LoggingConfig=settings)
    assert error_of(raised) == (400, code, message)
    create(LoggingConfig={"LogFormat": "JSON", "SystemLogLevel": "DEBUG", "ApplicationLogLevel": "TRACE"})
    with pytest.raises(ClientError) as raised:
        client("lambda").update_function_configuration(FunctionName=unique, LoggingConfig=settings)
    assert error_of(raised) == (400, code, message)
    kept = client("lambda").get_function_configuration(FunctionName=unique)["LoggingConfig"]
    assert (kept["SystemLogLevel"], kept["ApplicationLogLevel"]) == ("DEBUG", "TRACE")

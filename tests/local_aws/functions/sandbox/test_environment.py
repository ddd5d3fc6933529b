"""The environment of a sandbox, as values."""

import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from local_aws.functions import FunctionConfiguration
from local_aws.functions.sandbox.environment import variables
from local_aws.functions.sandbox.folders import Folders

from ..conftest import Lambda


def environment_of(cloud: Mapping[str, str], configuration: FunctionConfiguration) -> dict[str, str]:
    return variables(
        configuration,
        folders=Folders(Path("/sandbox"), Path("/runtime")),
        stream="2026/11/23/[$LATEST]0",
        runtime_api="127.0.0.1:9001",
        cloud=cloud,
    )


def test_what_a_function_may_set(small: Lambda) -> None:
    """A function's own value wins where Lambda leaves the name free, and loses where it is reserved."""
    own = {"TZ": "Europe/Paris", "PATH": "/mine", "LAMBDA_TASK_ROOT": "/mine", "_HANDLER": "mine"}
    environment = environment_of({}, small.deploy("", environment=own))
    expected = {**own, "LAMBDA_TASK_ROOT": "/sandbox/task", "_HANDLER": "handler.handler"}
    assert expected == {name: environment[name] for name in own}


def test_the_way_to_the_cloud_is_not_for_the_function_to_change(small: Lambda) -> None:
    """A function's own endpoint does not lead it to a real account."""
    configuration = small.deploy("", environment={"AWS_ENDPOINT_URL": "https://dynamodb.eu-west-3.amazonaws.com"})
    here = "http://127.0.0.1:4566"
    assert here == environment_of({"AWS_ENDPOINT_URL": here}, configuration)["AWS_ENDPOINT_URL"]


def test_the_home_of_the_learner_is_out_of_sight(small: Lambda) -> None:
    """HOME names a folder that does not exist, so that ~/.aws/config is not read."""
    assert environment_of({}, small.deploy(""))["HOME"] == "/sandbox/home"


def test_what_lambda_defines(small: Lambda) -> None:
    """Each variable that AWS lists for a managed runtime is there when the sandbox starts, bar those of a client."""
    configuration = small.deploy("", layers=(), memory_size=256)
    credentials = {"AWS_ACCESS_KEY_ID": "A", "AWS_SECRET_ACCESS_KEY": "S", "AWS_SESSION_TOKEN": "T"}
    expected = {
        "_HANDLER": "handler.handler",
        "AWS_DEFAULT_REGION": "eu-west-3",
        "AWS_REGION": "eu-west-3",
        "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13",
        "AWS_LAMBDA_FUNCTION_NAME": "pong",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_FORMAT": "Text",
        "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/pong",
        "AWS_LAMBDA_LOG_STREAM_NAME": "2026/11/23/[$LATEST]0",
        "AWS_LAMBDA_RUNTIME_API": "127.0.0.1:9001",
        "LAMBDA_TASK_ROOT": "/sandbox/task",
        "LAMBDA_RUNTIME_DIR": "/runtime",
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
        "PATH": f"{sys.base_prefix}/bin:/usr/local/bin:/usr/bin/:/bin:/sandbox/opt/bin",
        "LD_LIBRARY_PATH": "/runtime:/runtime/lib:/sandbox/task:/sandbox/task/lib:/sandbox/opt/lib",
        "AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR",
        "AWS_XRAY_DAEMON_ADDRESS": "127.0.0.1:2000",
        "TMPDIR": "/sandbox/tmp",
        "HOME": "/sandbox/home",
    }
    assert {**expected, **credentials} == environment_of(credentials, configuration)


def test_an_os_only_runtime_is_not_named(small: Lambda) -> None:
    """Lambda sets no AWS_EXECUTION_ENV for OS-only runtimes, and no Python is on their PATH."""
    environment = environment_of({}, small.deploy("", runtime="provided.al2023"))
    assert "AWS_EXECUTION_ENV" not in environment
    assert environment["PATH"] == "/usr/local/bin:/usr/bin/:/bin:/sandbox/opt/bin"


@pytest.mark.parametrize(("log_format", "level"), [("Text", None), ("JSON", "DEBUG")])
def test_the_log_level(small: Lambda, log_format: str, level: str | None) -> None:
    """The runtime gets the application's log level only with LogFormat JSON."""
    configuration = small.deploy("", log_format=log_format, application_log_level="DEBUG")
    assert environment_of({}, configuration).get("AWS_LAMBDA_LOG_LEVEL") == level


def test_aws_folders_in_paths(small: Lambda) -> None:
    """AWS's folders in a search path are replaced by those of its sandbox; other variables stay as they are."""
    own = {"PATH": "/opt/tools:/var/task:/usr/bin:/optional", "PYTHONPATH": "/var/runtime/lib", "FONTS": "/opt/fonts"}
    environment = environment_of({}, small.deploy("", environment=own))
    expected = {
        "PATH": "/sandbox/opt/tools:/sandbox/task:/usr/bin:/optional",
        "PYTHONPATH": "/runtime/lib",
        "FONTS": "/opt/fonts",
    }
    assert expected == {name: environment[name] for name in own}

"""What a handler receives and what its caller gets back, with each runtime client."""

import json
import re
from typing import Any

import pytest

from local_aws.functions import Functions
from local_aws.net import http

from .conftest import Lambda

ECHO = "def handler(event, context):\n    return event\n"


def answer(cloud: Lambda, event: object = None) -> Any:
    invocation = cloud.invoke(event)
    assert invocation.function_error is None, invocation.payload
    return json.loads(invocation.payload)


def test_the_answer_is_the_return_value(cloud: Lambda) -> None:
    """What the handler returns comes back as JSON, characters unescaped as Python 3.13 on Lambda writes them."""
    cloud.deploy(ECHO)
    assert '{"message": "🏓 pong"}'.encode() == cloud.invoke({"message": "🏓 pong"}).payload


def test_nothing_returned_is_null(cloud: Lambda) -> None:
    """A handler without a return answers null."""
    cloud.deploy("def handler(event, context):\n    pass\n")
    assert cloud.invoke().payload == b"null"


def test_decimals_are_numbers(cloud: Lambda) -> None:
    """A Decimal, as DynamoDB gives it, is answered as a number."""
    cloud.deploy(
        "from decimal import Decimal\ndef handler(event, context):\n    return [Decimal('3'), Decimal('2.5')]\n"
    )
    assert cloud.invoke().payload == b"[3, 2.5]"


def test_the_invocation_says_who_and_which(cloud: Lambda) -> None:
    """The request id is a UUID that the handler sees too, and the executed version is that of the function."""
    cloud.deploy("def handler(event, context):\n    return context.aws_request_id\n")
    invocation = cloud.invoke()
    assert json.loads(invocation.payload) == invocation.request_id
    assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", invocation.request_id)
    assert invocation.executed_version == "$LATEST"


def test_a_qualifier_is_the_version(cloud: Lambda) -> None:
    """Invoked with a qualifier, a function knows that version of itself."""
    cloud.deploy("def handler(event, context):\n    return context.function_version\n", version="7")
    invocation = cloud.run(lambda functions: functions.invoke("pong", b"{}", qualifier="7"))
    assert (invocation.payload, invocation.executed_version) == (b'"7"', "7")


def test_the_context_describes_the_function(cloud: Lambda) -> None:
    """The context holds name, ARN, memory, log names and the time that is left."""
    cloud.deploy(
        "def handler(event, c):\n"
        "    return [c.function_name, c.invoked_function_arn, c.memory_limit_in_mb, c.log_group_name,\n"
        "            c.log_stream_name, c.get_remaining_time_in_millis()]\n",
        memory_size=256,
        timeout=5,
    )
    name, arn, memory, group, stream, remaining = answer(cloud)
    assert (name, memory, group) == ("pong", "256", "/aws/lambda/pong")
    assert arn == "arn:aws:lambda:eu-west-3:123456789012:function:pong"
    assert stream == cloud.events[0][1]
    assert 4000 < remaining <= 5000


def test_a_handler_in_a_folder_may_be_named_like_a_keyword(cloud: Lambda) -> None:
    """``lambda/send.handler`` loads lambda/send.py, whose relative imports work."""
    cloud.deploy(
        {
            "lambda/send.py": "from .reply import text\ndef handler(event, context):\n    return text\n",
            "lambda/reply.py": "text = 'pong'\n",
        },
        handler="lambda/send.handler",
    )
    assert answer(cloud) == "pong"


def test_the_environment_is_that_of_lambda(cloud: Lambda, monkeypatch: pytest.MonkeyPatch) -> None:
    """A handler sees what Lambda, its function and its cloud set, and nothing of the process that runs them."""
    monkeypatch.setenv("SECRET_OF_THE_PARENT", "x")
    cloud.deploy(
        "import os\ndef handler(event, context):\n    return dict(os.environ)\n",
        environment={"TABLE": "connections", "AWS_REGION": "mars-1"},
        memory_size=512,
    )
    environment = answer(cloud)
    expected = {
        "AWS_ACCESS_KEY_ID": "ASIAEXAMPLE",
        "AWS_DEFAULT_REGION": "eu-west-3",
        "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
        "AWS_LAMBDA_FUNCTION_NAME": "pong",
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/pong",
        "AWS_REGION": "eu-west-3",
        "LANG": "en_US.UTF-8",
        "TABLE": "connections",
        "TZ": ":UTC",
        "_HANDLER": "handler.handler",
    }
    assert expected == {name: environment[name] for name in expected}
    allowed = {
        *expected,
        *("AWS_ENDPOINT_URL", "AWS_LAMBDA_INITIALIZATION_TYPE", "AWS_LAMBDA_LOG_FORMAT"),
        *("AWS_LAMBDA_LOG_STREAM_NAME", "AWS_LAMBDA_RUNTIME_API", "AWS_XRAY_CONTEXT_MISSING"),
        *("AWS_XRAY_DAEMON_ADDRESS", "HOME", "LAMBDA_RUNTIME_DIR", "LAMBDA_TASK_ROOT", "LD_LIBRARY_PATH", "PATH"),
        *("PYTHONPATH", "TMPDIR", "_X_AMZN_TRACE_ID"),
        *("LC_CTYPE", "__CF_USER_TEXT_ENCODING"),  # set by Python and by macOS where LANG names no locale
    }
    assert set(environment) <= allowed


def test_each_invocation_has_a_trace(cloud: Lambda) -> None:
    """The X-Ray header is in the environment, a new one for each invocation."""
    cloud.deploy("import os\ndef handler(event, context):\n    return os.environ['_X_AMZN_TRACE_ID']\n")

    async def twice(functions: Functions) -> list[str]:
        return [json.loads((await functions.invoke("pong", b"{}")).payload) for _ in range(2)]

    first, second = cloud.run(twice)
    assert first != second
    for trace in (first, second):
        assert re.fullmatch(r"Root=1-[0-9a-f]{8}-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=0", trace)


def test_a_sandbox_has_a_folder_and_a_tmp_of_its_own(cloud: Lambda) -> None:
    """The task root is the working folder and first on the path; temporary files go to a writable folder."""
    cloud.deploy(
        "import os, sys, tempfile\n"
        "def handler(event, context):\n"
        "    with tempfile.NamedTemporaryFile() as file:\n"
        "        temporary = os.path.dirname(file.name)\n"
        "    return [os.environ['LAMBDA_TASK_ROOT'], os.getcwd(), sys.path[0], os.path.dirname(__file__), temporary,\n"
        "            os.environ['TMPDIR']]\n"
    )
    root, working, first, home, temporary, scratch = (str(path) for path in answer(cloud))
    assert [root] * 3 == [working.removeprefix("/private"), first, home] or [root] * 3 == [working, first, home]
    assert temporary == scratch != root


def test_only_lambdas_own_packages_can_be_imported(cloud: Lambda) -> None:
    """A handler can import boto3, and not what only our own environment has, because AWS would not have it."""
    cloud.deploy(
        "import importlib.util, sys\n"
        "def handler(event, context):\n"
        "    found = [name for name in event if importlib.util.find_spec(name)]\n"
        "    return [found, [path for path in sys.path if 'site-packages' in path and '/opt/python/' not in path]]\n"
    )
    assert answer(cloud, ["boto3", "moto", "local_aws", "pytest"]) == [["boto3"], []]


def test_a_sandbox_is_reused(cloud: Lambda) -> None:
    """The second invocation runs in the same process, with what the first left in its globals."""
    cloud.deploy(
        "import os\nseen = []\ndef handler(event, context):\n    seen.append(event)\n    return [os.getpid(), seen]\n"
    )

    async def twice(functions: Functions) -> list[tuple[int, list[int]]]:
        return [json.loads((await functions.invoke("pong", event)).payload) for event in (b"1", b"2")]

    (first, _), (second, seen) = cloud.run(twice)
    assert first == second
    assert seen == [1, 2]


def test_exit_is_at_hand(cloud: Lambda) -> None:
    """``exit`` exists as in any Python, and ends the sandbox."""
    cloud.deploy("def handler(event, context):\n    exit(3)\n")
    assert json.loads(cloud.invoke().payload)["errorMessage"].endswith("exit status 3")


@pytest.mark.parametrize("size", [1_000_000, 6_000_000])
def test_large_answers_pass(cloud: Lambda, size: int) -> None:
    """An answer up to 6 MB comes back whole."""
    cloud.deploy("def handler(event, context):\n    return 'x' * event\n")
    assert len(cloud.invoke(size).payload) == size + 2


def test_an_answer_over_6_mb_is_refused(cloud: Lambda) -> None:
    """A larger answer is a function error that says so."""
    cloud.deploy("def handler(event, context):\n    return 'x' * (7 * 1024 * 1024)\n")
    invocation = cloud.invoke()
    assert invocation.function_error == "Unhandled"
    assert json.loads(invocation.payload)["errorType"] == "Function.ResponseSizeTooLarge"


def test_where_the_system_does_not_tell_who_asks(cloud: Lambda, monkeypatch: pytest.MonkeyPatch) -> None:
    """Our own client takes the secret that then stands in the address of the Runtime API."""
    monkeypatch.setattr(http, "identifies_users", lambda: False)
    cloud.client = "client"
    cloud.deploy("import os\ndef handler(event, context):\n    return os.environ['AWS_LAMBDA_RUNTIME_API']\n")
    assert re.fullmatch(r"127\.0\.0\.1:\d+/[\w-]{32}", answer(cloud))

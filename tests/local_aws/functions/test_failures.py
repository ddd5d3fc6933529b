"""Each way in which a function can fail: what the caller gets, and what stands in the log."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from local_aws.errors import FunctionNotFound
from local_aws.functions import FunctionConfiguration, Functions, Invocation

from .conftest import Exists, Lambda


def failed(cloud: Lambda, **expected: object) -> dict[str, Any]:
    invocation = cloud.invoke()
    assert invocation.function_error == "Unhandled"
    error: dict[str, Any] = json.loads(invocation.payload)
    assert expected == {name: error.get(name) for name in expected}
    return error


def test_an_exception_is_told_with_its_trace(cloud: Lambda) -> None:
    """A handler that raises: type, message, and a trace that begins in the handler's file."""
    cloud.deploy("def handler(event, context):\n    raise ValueError('no such route')\n")
    error = failed(cloud, errorType="ValueError", errorMessage="no such route")
    (frame,) = error["stackTrace"]
    assert re.fullmatch(r'  File "/.*/task/handler\.py", line 2, in handler\n    raise .*\n', frame)
    assert error["requestId"] in cloud.log


def test_an_exception_is_one_log_message(cloud: Lambda) -> None:
    """Its log message names type and message and holds the whole trace."""
    cloud.deploy("def handler(event, context):\n    raise ValueError('no such route')\n")
    cloud.invoke()
    (message,) = [m for m in cloud.messages if m.startswith("[ERROR]")]
    first, second, *frames = message.splitlines()
    assert first == "[ERROR] ValueError: no such route"
    assert second == "Traceback (most recent call last):"
    assert frames[0].startswith("\u00a0\u00a0File ")


@pytest.mark.parametrize(
    ("files", "handler", "error_type", "message"),
    [
        (
            {"handler.py": ""},
            "absent.handler",
            "Runtime.ImportModuleError",
            "Unable to import module 'absent': No module named 'absent'",
        ),
        (
            {"lambda/send.py": "import absent"},
            "lambda/send.handler",
            "Runtime.ImportModuleError",
            "Unable to import module 'lambda/send': No module named 'absent'",
        ),
        (
            {"lambda/send.py": ""},
            "lambda/send.handler",
            "Runtime.HandlerNotFound",
            "Handler 'handler' missing on module 'lambda/send'",
        ),
        (
            {"handler.py": "def handler(:\n"},
            "handler.handler",
            "Runtime.UserCodeSyntaxError",
            "Syntax error in module 'handler': invalid syntax (handler.py, line 1)",
        ),
        (
            {"handler.py": ""},
            "handler",
            "Runtime.MalformedHandlerName",
            "Bad handler 'handler': not enough values to unpack (expected 2, got 1)",
        ),
        (
            {"handler.py": ""},
            "sys.exit",
            "Runtime.BuiltInModuleConflict",
            "Cannot use built-in module sys as a handler module",
        ),
        ({"handler.py": "1 / 0"}, "handler.handler", "ZeroDivisionError", "division by zero"),
    ],
)
def test_a_handler_that_cannot_be_loaded(
    cloud: Lambda, files: dict[str, str], handler: str, error_type: str, message: str
) -> None:
    """Each way in which a handler cannot be loaded has its own sentence, for the caller and in the log.

    INIT_REPORT knows Lambda's own types of errors only.
    """
    cloud.deploy(files, handler=handler)
    failed(cloud, errorType=error_type, errorMessage=message)
    assert f"[ERROR] {error_type}: {message}" in cloud.log
    reported = error_type if error_type.startswith("Runtime.") else "Runtime.Unknown"
    for phase in ("init", "invoke"):
        assert re.search(
            rf"INIT_REPORT Init Duration: [\d.]+ ms\tPhase: {phase}\tStatus: error\tError Type: {reported}\n", cloud.log
        )
    assert cloud.messages[-1].endswith(f"\tStatus: error\tError Type: {reported}\t\n")
    assert ["START", "END", "REPORT"] == [m.split()[0] for m in cloud.messages][-3:]


def test_an_answer_that_is_not_json(cloud: Lambda) -> None:
    """A return value that JSON cannot hold is an error of the runtime."""
    cloud.deploy("def handler(event, context):\n    return {1, 2}\n")
    message = "Unable to marshal response: Object of type set is not JSON serializable"
    failed(cloud, errorType="Runtime.MarshalError", errorMessage=message)


def test_a_crash_says_the_exit_status(cloud: Lambda) -> None:
    """A process that ends during an invocation: its exit status, to the caller and in the log."""
    cloud.deploy("import os\ndef handler(event, context):\n    print('last words')\n    os._exit(1)\n")
    invocation = cloud.invoke()
    message = f"RequestId: {invocation.request_id} Error: Runtime exited with error: exit status 1"
    assert {"errorType": "Runtime.ExitError", "errorMessage": message} == json.loads(invocation.payload)
    words, crash, end, report = cloud.messages[-4:]
    assert (words, crash) == ("last words\n", f"{message}\nRuntime.ExitError\n")
    assert end.startswith("END")
    assert report.endswith("\tStatus: error\tError Type: Runtime.ExitError\t\n")


def test_a_signal_is_named(cloud: Lambda) -> None:
    """A process that a signal ends: the signal's name."""
    cloud.deploy("import os, signal\ndef handler(event, context):\n    os.kill(os.getpid(), signal.SIGKILL)\n")
    error = failed(cloud, errorType="Runtime.ExitError")
    assert error["errorMessage"].endswith("Error: Runtime exited with error: signal: killed")


def test_an_exit_during_init(cloud: Lambda) -> None:
    """A module that ends the process while it is imported is a failed init."""
    cloud.deploy("import os\nprint('loading')\nos._exit(4)\n")
    error = failed(cloud, errorType="Runtime.ExitError")
    assert error["errorMessage"].endswith("Error: Runtime exited with error: exit status 4")
    assert "loading\nINIT_REPORT" in cloud.log


def test_a_timeout_ends_the_sandbox(cloud: Lambda, exists: Exists) -> None:
    """A handler that takes too long: Lambda's sentence, and a fresh process for the next invocation."""
    source = (
        "import os, sys, time\n"
        "def handler(event, context):\n"
        "    if event: print('working', os.getpid(), flush=True); time.sleep(60)\n"
        "    return os.getpid()\n"
    )
    cloud.deploy(source, timeout=1)

    async def twice(functions: Functions) -> tuple[Invocation, Invocation]:
        return await functions.invoke("pong", b"true"), await functions.invoke("pong", b"false")

    first, second = cloud.run(twice)
    message = f"RequestId: {first.request_id} Error: Task timed out after 1.00 seconds"
    assert {"errorType": "Sandbox.Timedout", "errorMessage": message} == json.loads(first.payload)
    assert re.search(
        rf"\n\d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{{3}}Z {first.request_id} Task timed out after 1\.00 seconds\n",
        cloud.log,
    )
    assert re.search(r"REPORT .*\tStatus: timeout\t\n", cloud.log)
    found = re.search(r"working (\d+)\n", cloud.log)
    assert found
    worked = int(found[1])
    assert worked != int(second.payload)
    assert not exists(worked)


def test_a_failed_init_is_tried_once_more(cloud: Lambda, tmp_path: Path) -> None:
    """As on AWS, the second attempt is part of the invocation: it counts as duration, and init has none."""
    mark = tmp_path / "mark"
    cloud.deploy(
        "import pathlib, time\n"
        f"mark = pathlib.Path({str(mark)!r})\n"
        "first = not mark.exists()\n"
        "mark.touch()\n"
        "if first: raise ConnectionError('not yet')\n"
        "time.sleep(0.2)\n"
        "def handler(event, context):\n    return 'at last'\n"
    )

    async def twice(functions: Functions) -> list[Invocation]:
        return [await functions.invoke("pong", b"{}") for _ in range(2)]

    first, second = cloud.run(twice)
    assert [first.payload, second.payload] == [b'"at last"'] * 2
    assert [None, None] == [first.function_error, second.function_error]
    kinds = [m.split()[0] for m in cloud.messages if not m.startswith(("[NOTICE]", "[WARNING]"))]
    assert ["INIT_START", "[ERROR]", "INIT_REPORT", "START", "END", "REPORT"] == kinds[:6]
    reports = [m for m in cloud.messages if m.startswith("REPORT")]
    found = re.search(r"\tDuration: ([\d.]+) ms", reports[0])
    assert found
    assert float(found[1]) > 200
    assert not [report for report in reports if "Init Duration" in report]


def test_an_init_that_never_ends(cloud: Lambda, monkeypatch: pytest.MonkeyPatch) -> None:
    """An import that hangs is cut off twice: by the limit of init, and by the function's own."""
    monkeypatch.setattr("local_aws.functions.sandbox.sandbox.INIT_TIMEOUT", 1.0)
    cloud.deploy("import time\nprint('hanging')\ntime.sleep(60)\n", timeout=1)
    error = failed(cloud, errorType="Sandbox.Timedout")
    assert error["errorMessage"].endswith("Error: Task timed out after 1.00 seconds")
    assert "hanging\n" in cloud.messages
    for phase in ("init", "invoke"):
        report = rf"INIT_REPORT Init Duration: [\d.]+ ms\tPhase: {phase}\tStatus: timeout\n"
        assert re.search(report, cloud.log)
    assert re.search(r"REPORT .*\tStatus: timeout\t\n", cloud.log)


def test_a_runtime_that_cannot_be_run(small: Lambda) -> None:
    """For a runtime that is neither Python nor OS-only, the error names it, to the caller and in the function's log."""
    small.deploy("", runtime="nodejs22.x")
    invocation = small.invoke()
    assert invocation.function_error == "Unhandled"
    error = json.loads(invocation.payload)
    assert error["errorType"] == "Runtime.NotSupported"
    assert error["errorMessage"] == (
        "The embedded AWS cannot run runtime nodejs22.x of function "
        "pong. It runs python3.*, provided.al2023, provided.al2 and provided; deploy the function with one of those, "
        "or to AWS itself."
    )
    assert "nodejs22.x" in small.log
    assert small.events[0][0] == "/aws/lambda/pong"


def test_a_package_that_is_no_zip(small: Lambda) -> None:
    """A damaged package is a function error, not an error of ours."""
    configuration = small.deploy("")
    small._code[configuration.code_sha256] = b"not a zip"
    error = failed(small, errorType="InvalidZipFileException")
    assert "not a zip file" in error["errorMessage"]


def test_an_unknown_function(small: Lambda) -> None:
    """The name of no function is refused before anything starts."""
    with pytest.raises(FunctionNotFound, match="absent"):
        small.invoke(name="absent")


def test_an_environment_that_cannot_be_made(small: Lambda, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error while role credentials are fetched reaches the caller, and no folder stays behind."""

    async def refuse(configuration: FunctionConfiguration) -> None:
        raise PermissionError("the role cannot be assumed")

    monkeypatch.setattr(small, "environment", refuse)
    small.deploy("")
    with pytest.raises(PermissionError, match="the role cannot be assumed"):
        small.invoke()
    assert [] == list(small.folder.iterdir())

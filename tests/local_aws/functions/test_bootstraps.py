"""Functions that bring their own ``bootstrap``: OS-only runtimes, as a function in Rust, Go or shell has them."""

import contextlib
import json
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from local_aws.functions import Functions
from local_aws.functions.sandbox import runtimes
from local_aws.functions.sandbox.inside import boot

from .conftest import Exists, Lambda, Until

pytestmark = pytest.mark.slow

HERE = runtimes.ARCHITECTURES[platform.machine().lower()]
ELSEWHERE = "x86_64" if HERE == "arm64" else "arm64"

# A bootstrap that speaks HTTP itself: what each language's runtime client does, on a machine that may lack curl.
CLIENT = f"""#!{sys.executable}
import http.client, json, os, signal, sys, time

def call(method, path, body=b"", **headers):
    headers = {{name.replace("_", "-"): value for name, value in headers.items()}}
    connection.request(method, "/2018-06-01/runtime/" + path, body, headers)
    response = connection.getresponse()
    return response, response.read()

connection = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
"""
LOOP = (
    CLIENT
    + """
print("loading", flush=True)
while True:
    response, body = call("GET", "invocation/next")
    request_id, event = response.headers["Lambda-Runtime-Aws-Request-Id"], json.loads(body)
    answer = handle(event)
    call("POST", f"invocation/{request_id}/response", answer)
"""
)


def looping(handle: str) -> str:
    """A bootstrap that answers events with a function of that body."""
    lines = "".join(f"    {line}\n" for line in handle.splitlines())
    return LOOP.replace('print("loading"', f'def handle(event):\n{lines}\nprint("loading"')


def deploy(cloud: Lambda, bootstrap: str | bytes | Mapping[str, str | bytes], **settings: Any) -> None:
    settings = {"runtime": "provided.al2023", "architectures": (HERE,), **settings}
    files = {"bootstrap": bootstrap} if isinstance(bootstrap, str | bytes) else bootstrap
    cloud.deploy(files, **{"mode": 0o100755, "handler": "hello.handler", **settings})


def answer(cloud: Lambda, event: object = None) -> Any:
    invocation = cloud.invoke(event)
    assert invocation.function_error is None, invocation.payload
    return json.loads(invocation.payload)


def failed(cloud: Lambda) -> tuple[str, str]:
    invocation = cloud.invoke()
    assert invocation.function_error == "Unhandled"
    error = json.loads(invocation.payload)
    return error["errorType"], error["errorMessage"].replace(invocation.request_id, "ID")


@pytest.mark.parametrize("runtime", ["provided.al2023", "provided.al2", "provided"])
def test_a_bootstrap_answers(small: Lambda, runtime: str) -> None:
    """Each OS-only runtime runs the zip's own bootstrap, and logs as any other."""
    deploy(small, looping("print('serving', flush=True)\nreturn json.dumps({'got': event})"), runtime=runtime)
    assert answer(small, {"a": "🏓"}) == {"got": {"a": "🏓"}}
    kinds = [message.split()[0] for message in small.messages if not message.startswith("[NOTICE]")]
    assert kinds == ["INIT_START", "loading", "START", "serving", "END", "REPORT"]
    assert re.match(r"INIT_START Runtime Version: provided:al\w+\.local\tRuntime Version ARN: arn:", small.messages[0])
    assert re.search(r"Max Memory Used: [1-9]\d* MB\tInit Duration: ", small.log) or sys.platform != "linux"


@pytest.mark.skipif(shutil.which("curl") is None, reason="this machine has no curl")
def test_a_bootstrap_in_plain_shell(small: Lambda) -> None:
    """A shell script with curl, as in AWS's tutorial: its response is handed on as it is, JSON or not."""
    script = """#!/bin/sh
set -eu
api="http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime"
headers="$TMPDIR/headers"
echo "handler $_HANDLER in $(pwd)"
while true; do
    event=$(curl -sS -L -D "$headers" "$api/invocation/next")
    id=$(grep -Fi Lambda-Runtime-Aws-Request-Id "$headers" | tr -d '[:space:]' | cut -d: -f2)
    echo "to standard error" >&2
    curl -sS "$api/invocation/$id/response" -d "Echoing request: '$event'" > /dev/null
done
"""
    deploy(small, script)
    assert small.invoke({"text": "Hello"}).payload == b"""Echoing request: '{"text": "Hello"}'"""
    assert re.search(r"^handler hello\.handler in /.*/task$", small.log, re.MULTILINE)
    assert "to standard error\n" in small.messages


def test_a_sandbox_is_reused(small: Lambda) -> None:
    """The process of a bootstrap serves one event after another."""
    deploy(small, looping("return str(os.getpid())"))

    async def twice(functions: Functions) -> list[bytes]:
        return [(await functions.invoke("pong", b"{}")).payload for _ in range(2)]

    first, second = small.run(twice)
    assert first == second


def test_the_environment_of_a_bootstrap(small: Lambda, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bootstrap has the variables of Lambda and of its function, but none of Python's or of our own process."""
    monkeypatch.setenv("SECRET_OF_THE_PARENT", "x")
    environment = {"TABLE": "connections", "PYTHONHOME": "/nowhere", "PYTHONPATH": "/var/task/vendor"}
    program = f"""#!/bin/sh
exec env LAST_PYTHONHOME="$PYTHONHOME" PYTHONHOME= {sys.executable} "$LAMBDA_TASK_ROOT/main.py"
"""
    main = looping("return json.dumps(dict(os.environ))")
    deploy(small, {"bootstrap": program, "main.py": main}, environment=environment)
    seen = answer(small)
    assert set(seen) - {"LC_CTYPE", "PWD", "SHLVL", "_", "OLDPWD", "LAST_PYTHONHOME", "__CF_USER_TEXT_ENCODING"} == {
        *("AWS_ACCESS_KEY_ID", "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE"),
        *("AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_VERSION", "AWS_LAMBDA_INITIALIZATION_TYPE"),
        *("AWS_LAMBDA_LOG_FORMAT", "AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME"),
        *("AWS_LAMBDA_RUNTIME_API", "AWS_REGION", "AWS_XRAY_CONTEXT_MISSING", "AWS_XRAY_DAEMON_ADDRESS", "HOME"),
        *("LAMBDA_RUNTIME_DIR", "LAMBDA_TASK_ROOT", "LANG", "LD_LIBRARY_PATH", "PATH", "TMPDIR", "TZ", "_HANDLER"),
        *environment,
    }
    assert seen["_HANDLER"] == "hello.handler"
    assert seen["LAST_PYTHONHOME"] == "/nowhere"
    assert seen["PYTHONPATH"] == f"{seen['LAMBDA_TASK_ROOT']}/vendor"


def test_what_python_sets_does_not_get_through(small: Lambda) -> None:
    """Not even the locale that Python chooses for itself is left in a bootstrap's environment."""
    names = "#!/bin/sh\nenv | cut -d= -f1 | tr '\\n' ' '\nexit 1\n"
    deploy(small, names)
    small.invoke()
    line, _ = [message for message in small.messages if " TMPDIR " in f" {message}"]  # once for each attempt at init
    assert not {"LC_CTYPE", "PYTHONPATH", "_LAMBDA_TELEMETRY_LOG_FD", "AWS_EXECUTION_ENV"} & set(line.split())


def test_a_bootstrap_inherits_no_files(small: Lambda) -> None:
    """Beside its standard streams a bootstrap has one open descriptor: the pipe with which it ends when we end."""
    deploy(small, looping("return json.dumps(sorted(os.listdir('/dev/fd')))"))
    own = len(answer(small)) - 2  # its socket, and the folder that it lists
    assert own == 4


def test_a_reported_error(small: Lambda) -> None:
    """The error that a bootstrap posts reaches the caller as it is."""
    source = (
        CLIENT
        + """
while True:
    response, _ = call("GET", "invocation/next")
    request_id = response.headers["Lambda-Runtime-Aws-Request-Id"]
    error = {"errorType": "Teapot", "errorMessage": "short and stout", "stackTrace": ["a", "b"]}
    call("POST", f"invocation/{request_id}/error", json.dumps(error))
"""
    )
    deploy(small, source)
    invocation = small.invoke()
    assert invocation.function_error == "Unhandled"
    expected = {"errorType": "Teapot", "errorMessage": "short and stout", "stackTrace": ["a", "b"]}
    assert json.loads(invocation.payload) == expected


def test_a_reported_failure_of_init(small: Lambda) -> None:
    """A bootstrap that cannot start says why, to the caller and in INIT_REPORT."""
    source = (
        CLIENT
        + """
error = {"errorType": "Runtime.NoSuchHandler", "errorMessage": "There is no hello.handler"}
call("POST", "init/error", json.dumps(error), Lambda_Runtime_Function_Error_Type="Runtime.NoSuchHandler")
sys.exit(3)
"""
    )
    deploy(small, source)
    assert failed(small) == ("Runtime.NoSuchHandler", "There is no hello.handler")
    assert "\tPhase: init\tStatus: error\tError Type: Runtime.NoSuchHandler\n" in small.log


@pytest.mark.parametrize(
    ("handle", "message"),
    [
        ("sys.exit(7)", "RequestId: ID Error: Runtime exited with error: exit status 7"),
        ("sys.exit(0)", "RequestId: ID Error: Runtime exited without providing a reason"),
        (
            "os.kill(os.getpid(), signal.SIGSEGV)",
            "RequestId: ID Error: Runtime exited with error: signal: segmentation fault",
        ),
    ],
)
def test_a_crash(small: Lambda, handle: str, message: str) -> None:
    """A bootstrap that ends during an invocation is a function error with its exit status."""
    deploy(small, looping(handle))
    assert failed(small) == ("Runtime.ExitError", message)


def test_an_exit_before_the_first_event(small: Lambda) -> None:
    """A bootstrap that ends at once has failed its init."""
    deploy(small, "#!/bin/sh\necho 'no such library' >&2\nexit 127\n")
    expected = ("Runtime.ExitError", "RequestId: ID Error: Runtime exited with error: exit status 127")
    assert failed(small) == expected
    assert "no such library\nINIT_REPORT" in small.log


def test_a_timeout_ends_the_process(small: Lambda, exists: Exists) -> None:
    """A bootstrap that takes too long is ended, with the processes that it started."""
    deploy(small, looping("print(os.getpid(), flush=True)\ntime.sleep(60)"), timeout=1)
    assert failed(small) == ("Sandbox.Timedout", "RequestId: ID Error: Task timed out after 1.00 seconds")
    found = re.search(r"^(\d+)$", small.log, re.MULTILINE)
    assert found
    pid = int(found[1])
    assert not exists(pid)


BINARY = b"\x7fELF\x02\x01\x01" + bytes(9) + b"\x02\x00\xff\xff" + bytes(44)  # for no machine that there is


@pytest.mark.parametrize(
    ("files", "mode", "reason"),
    [
        ({"main": ""}, 0o100755, "Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]"),
        ({"bootstrap/main": ""}, 0o100755, "Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]"),
        ({"bootstrap": "#!/bin/sh\n"}, 0o100644, "fork/exec /var/task/bootstrap: permission denied"),
        ({"bootstrap": "#!/bin/sh\n"}, 0o100700, "fork/exec /var/task/bootstrap: permission denied"),
        ({"bootstrap": BINARY}, 0o100755, "fork/exec /var/task/bootstrap: exec format error"),
        ({"bootstrap": "echo no interpreter is named"}, 0o100755, "fork/exec /var/task/bootstrap: exec format error"),
        ({"bootstrap": "#!/bin/sh\r\n"}, 0o100755, "fork/exec /var/task/bootstrap: no such file or directory"),
    ],
)
def test_nothing_to_start(small: Lambda, files: dict[str, Any], mode: int, reason: str) -> None:
    """A bootstrap that is missing or that the operating system will not run: Lambda's sentence, to caller and log."""
    deploy(small, files, mode=mode)
    assert failed(small) == ("Runtime.InvalidEntrypoint", f"RequestId: ID Error: {reason}")
    assert f"Error: {reason}\nRuntime.InvalidEntrypoint\n" in small.messages[-3]
    assert re.search(
        r"^INIT_REPORT Init Duration: [\d.]+ ms\tPhase: init\tStatus: error\tError Type: Runtime.InvalidEntrypoint$",
        small.log,
        re.MULTILINE,
    )


def test_another_machine_is_mentioned(small: Lambda) -> None:
    """A function for another processor is run all the same, for it may be a script, and the log says so."""
    deploy(small, looping("return 'null'"), architectures=(ELSEWHERE,))
    small.invoke()
    said = f"The function is for Linux on {ELSEWHERE}; the embedded AWS runs its bootstrap with {platform.system()} on "
    assert re.search(rf"\[NOTICE\]\t\S+Z\t\t{said}{HERE}, the machine at hand\.\n", small.log)


def test_the_bootstrap_of_a_layer(small: Lambda) -> None:
    """A function without a bootstrap is run by that of its layers; one of its own comes first."""
    layer = small.layer({"bootstrap": looping("return json.dumps(sys.argv[0])")}, mode=0o100755)
    deploy(small, {"hello.txt": ""}, layers=(layer,))
    assert answer(small).endswith("/opt/bootstrap")
    deploy(small, looping("return json.dumps(sys.argv[0])"), layers=(layer,))
    assert answer(small).endswith("/task/bootstrap")


def test_a_bootstrap_of_a_layer_that_is_not_executable(small: Lambda) -> None:
    """The sentence names the file as AWS would."""
    layer = small.layer({"bootstrap": "#!/bin/sh\n"})
    deploy(small, {"hello.txt": ""}, layers=(layer,))
    assert failed(small)[1] == "RequestId: ID Error: fork/exec /opt/bootstrap: permission denied"


def test_levels_of_a_bootstrap_that_logs_json(small: Lambda) -> None:
    """With LogFormat JSON, its lines are kept by the level that they name beside a timestamp; others count as INFO."""
    lines = [
        '{"level": "debug", "timestamp": "2026-11-23T12:00:00Z", "msg": "unseen"}',
        '{"level": "warn", "timestamp": "2026-11-23T12:00:00.123Z", "msg": "seen"}',
        '{"level": "error", "msg": "without a time: INFO"}',
        "plain: INFO",
    ]
    deploy(small, looping("print(*event, sep='\\n', flush=True)\nreturn 'null'"), log_format="JSON")
    small.invoke(lines)
    assert [message.rstrip() for message in small.messages if message.rstrip() in lines] == lines[1:]
    small.events.clear()
    deploy(
        small,
        looping("print(*event, sep='\\n', flush=True)\nreturn 'null'"),
        log_format="JSON",
        application_log_level="WARN",
    )
    small.invoke(lines)
    assert [message.rstrip() for message in small.messages if message.rstrip() in lines] == [lines[1]]


# A process that starts a bootstrap which never asks for anything, tied to it in either way, and lives on.
LAUNCHER = """
import os, sys
sys.path.insert(0, {folder!r})
import boot
lifeline, ours = os.pipe()
pid = os.fork()
if pid == 0:
    os.setsid()
    os.set_inheritable(lifeline, True)
    os.close(ours)
    boot.{tie}(lifeline)
    os.environ[boot.PREFIX + "IGNORED"] = "x"
    boot.become({bootstrap!r}, {problem!r})
os.close(lifeline)
print(pid, flush=True)
sys.stdin.read()
"""


@pytest.mark.parametrize("tie", ["tie_to", "watch"])
@pytest.mark.skipif(sys.platform != "linux", reason="the signal of tie_to does not outlast exec on macOS: watch does")
def test_a_bootstrap_does_not_outlive_us(tmp_path: Path, exists: Exists, until: Until, tie: str) -> None:
    """A bootstrap that ignores every signal and asks for nothing ends with us, as do the processes that it started."""
    bootstrap, log = tmp_path / "bootstrap", tmp_path / "log"
    ignoring = (
        "import signal, time; signal.signal(signal.SIGIO, signal.SIG_IGN); print('here', flush=True); time.sleep(600)"
    )
    bootstrap.write_text(
        f"#!/bin/sh\ntrap '' IO\n{sys.executable} -c \"{ignoring}\" > {log} &\necho $! > {log}.pid\nwait\n"
    )
    bootstrap.chmod(0o755)
    program = LAUNCHER.format(
        folder=str(Path(boot.__file__).parent), tie=tie, bootstrap=str(bootstrap), problem=str(tmp_path / "problem")
    )
    command = [sys.executable, "-c", program]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as launcher:
        assert launcher.stdout is not None
        pid = int(launcher.stdout.readline())
        try:
            until(lambda: log.exists() and log.read_text() == "here\n")
            child = int(Path(f"{log}.pid").read_text())
            assert [exists(pid), exists(child)] == [True, True]
            launcher.kill()
            launcher.wait()
            until(lambda: not exists(pid) and not exists(child))
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)

"""The commands of osls, each as a learner types it, against the project's own stack: what is printed, what is done."""

import json
import re
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from websockets.sync.client import ClientConnection, connect

from .conftest import PROJECT, Service

FUNCTIONS = ["connect", "disconnect", "default", "send", "broadcast"]
GONE = {
    "requestContext": {
        "connectionId": "PJqB0fHsqRcCHlw=",
        "disconnectStatusCode": 1000,
        "disconnectReason": "",
        "routeKey": "$disconnect",
        "requestId": "r",
    }
}
"""An event that `disconnect` can be invoked with."""


def ask(client: ClientConnection, message: str = '{"action":"send"}') -> str:
    client.send(message)
    return str(client.recv(timeout=60))


def answer(url: str) -> str:
    with connect(url) as client:
        return ask(client)


def say(service: Service, text: str) -> None:
    """Change the code of `send`, so that this is what it answers."""
    send = service.folder / "lambda" / "send.py"
    send.write_text(re.sub('default="[^"]*"', f'default="{text}"', send.read_text()))


def timestamps(service: Service) -> list[str]:
    return re.findall(r"^Timestamp: (\d+)$", service.osls("deploy", "list").stdout, re.MULTILINE)


def test_deploy(deployed: Service) -> None:
    """Prints the URL, and which function has which name and size; and does nothing when nothing has changed."""
    done = deployed.osls("deploy", "--force")
    assert "✔ Service deployed to stack serverless-websockets-dev" in done.stderr
    lines = done.stdout.strip().splitlines()
    assert lines[0] == f"endpoint: {deployed.url()}"
    assert [line.split()[:2] for line in lines[2:]] == [
        [f"{name}:", f"serverless-websockets-dev-{name}"] for name in FUNCTIONS
    ]
    assert "No changes to deploy. Deployment skipped." in deployed.osls("deploy").stderr


def test_info(deployed: Service) -> None:
    """Names service, stage, region, stack, endpoint and functions; and, asked for more, the stack's outputs."""
    shown = deployed.osls("info", "--verbose").stdout
    for line in (
        "service: serverless-websockets",
        "stage: dev",
        "region: us-east-1",
        "stack: serverless-websockets-dev",
        f"endpoint: {deployed.url()}",
        "  send: serverless-websockets-dev-send",
        f"  ServiceEndpointWebsocket: {deployed.url()}",
        "  ConnectionsTable: serverless-websockets-dev-connections",
    ):
        assert line in shown.splitlines()


def test_deploy_list(deployed: Service) -> None:
    """Each deployment has a timestamp and three files."""
    shown = deployed.osls("deploy", "list").stdout
    assert re.search(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC\nTimestamp: \d{13}\nFiles:$", shown, re.MULTILINE)
    for deployment in shown.split("Files:\n")[1:]:
        assert re.findall(r"^  - (.+)$", deployment, re.MULTILINE) == [
            "compiled-cloudformation-template.json",
            "serverless-state.json",
            "serverless-websockets.zip",
        ]


def test_deploy_list_functions(deployed: Service) -> None:
    """Each function has the one version, since versionFunctions is off."""
    shown = deployed.osls("deploy", "list", "functions").stdout
    assert shown.split("\n") == [line for name in FUNCTIONS for line in (name, "  All versions: $LATEST")] + [""]


def test_invoke(deployed: Service) -> None:
    """Prints what the function returned, and with --log what it logged on the way."""
    shown = deployed.osls("invoke", "-f", "disconnect", "-d", json.dumps(GONE), "--log").stdout
    result, _, log = shown.partition("-" * 68)
    assert json.loads(result) == {"statusCode": 200}
    assert "START" in log
    assert '"message": "disconnected"' in log
    assert "END Duration: " in log


def test_invoke_with_a_file(deployed: Service, tmp_path: Path) -> None:
    """The event is read from a file."""
    event = tmp_path / "event.json"
    event.write_text(json.dumps(GONE))
    assert json.loads(deployed.osls("invoke", "-f", "disconnect", "-p", str(event)).stdout) == {"statusCode": 200}


def test_invoke_of_a_function_that_fails(deployed: Service) -> None:
    """Prints the error and its traceback, and fails."""
    done = deployed.osls("invoke", "-f", "send", "-d", '{"body":"{}"}', check=False)
    assert done.returncode == 1
    error = json.loads(done.stdout[: done.stdout.rindex("}") + 1])
    assert (error["errorType"], error["errorMessage"]) == ("KeyError", "'requestContext'")
    assert "Invoked function failed" in done.stdout + done.stderr


def test_logs(deployed: Service) -> None:
    """Prints what a function has logged."""
    answer(deployed.url())
    shown = deployed.osls("logs", "-f", "send").stdout
    assert "START" in shown
    assert re.search(r"END Duration: \d+\.\d\d ms .*Memory Used: \d+ MB", shown)


def test_logs_with_a_filter(deployed: Service) -> None:
    """Only lines that the pattern matches, be it of text or of JSON."""
    answer(deployed.url())
    lines = deployed.osls("logs", "-f", "connect", "--filter", '"START RequestId"').stdout.split("\n")
    assert set(lines) == {"START", ""}
    lines = deployed.osls("logs", "-f", "connect", "--filter", "{ $.message = connected }").stdout.strip().split("\n")
    assert {json.loads(line)["message"] for line in lines} == {"connected"}


def test_logs_since(deployed: Service) -> None:
    """Only lines since a time, be it so many minutes ago or a date."""
    answer(deployed.url())
    assert "START" in deployed.osls("logs", "-f", "send", "--startTime", "5m").stdout
    assert "START" in deployed.osls("logs", "-f", "send", "--startTime", "2020-01-01").stdout
    assert deployed.osls("logs", "-f", "send", "--startTime", "2099-01-01").stdout == ""


def test_logs_as_they_come(deployed: Service, eventually: Callable[[Callable[[], bool]], None], tmp_path: Path) -> None:
    """With --tail, a line that is logged while one looks is printed."""
    answer(deployed.url())
    printed = tmp_path / "printed"
    with printed.open("w") as output:
        tail = subprocess.Popen(
            [
                "node",
                str(PROJECT / "node_modules" / ".bin" / "osls"),
                "logs",
                "-f",
                "disconnect",
                "--tail",
                "-i",
                "100",
            ],
            cwd=deployed.folder,
            env={**deployed.embedded.environment, "CI": "true", "NO_COLOR": "1"},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            marked = {**GONE["requestContext"], "disconnectReason": "seen as it comes"}

            def shown() -> bool:
                assert tail.poll() is None, printed.read_text()
                deployed.osls("invoke", "-f", "disconnect", "-d", json.dumps({"requestContext": marked}))
                return "seen as it comes" in printed.read_text()

            eventually(shown)
        finally:
            tail.terminate()
            tail.wait(timeout=10)


def test_metrics(deployed: Service) -> None:
    """Prints the four numbers of the service, or of one function, within a time."""
    answer(deployed.url())
    for options, title in (([], "Service wide metrics"), (["-f", "send", "--startTime", "1h"], "send")):
        lines = deployed.osls("metrics", *options).stdout.strip().splitlines()
        assert lines[0] == title
        assert [line.split(": ")[0] for line in lines[-4:]] == ["invocations", "throttles", "errors", "duration (avg.)"]


def test_metrics_count_what_was_invoked(deployed: Service, eventually: Callable[[Callable[[], bool]], None]) -> None:
    """An invocation and a failure more are an invocation and an error more."""
    later = (datetime.now(UTC) + timedelta(days=2)).isoformat()  # other tests have advanced its clock

    def numbers() -> dict[str, float]:
        lines = deployed.osls("metrics", "-f", "broadcast", "--endTime", later).stdout.strip().splitlines()[-4:]
        return {name: float(value.removesuffix("ms")) for name, value in (line.split(": ") for line in lines)}

    before = numbers()
    deployed.osls("invoke", "-f", "broadcast", "-d", "{}", check=False)
    wanted = before["invocations"] + 1, before["errors"] + 1
    eventually(lambda: (numbers()["invocations"], numbers()["errors"]) == wanted)


def test_deploy_function(deployed: Service) -> None:
    """New code answers the next message, while the socket stays open; what has not changed is left alone."""
    with connect(deployed.url()) as client:
        ask(client)
        say(deployed, "new code")

        done = deployed.osls("deploy", "function", "-f", "send")

        assert "✔ Function code deployed" in done.stderr
        assert ask(client) == '{"message":"new code"}'
    again = deployed.osls("deploy", "function", "-f", "send")
    assert "Code did not change. Function deployment skipped." in again.stderr
    assert "Function configuration did not change" in again.stderr


def test_deploy_of_a_functions_configuration(deployed: Service) -> None:
    """``--update-config`` leaves the code as it was deployed."""
    lambda_ = deployed.embedded.client("lambda")
    name = "serverless-websockets-dev-send"
    before = lambda_.get_function_configuration(FunctionName=name)
    say(deployed, "code that is not deployed")
    stack = deployed.folder / "serverless.yml"
    text = stack.read_text()
    stack.write_text(text.replace("Answers the sender\n", "Answers\n    timeout: 7\n    memorySize: 256\n"))

    done = deployed.osls("deploy", "function", "-f", "send", "--update-config")

    assert "✔ Function configuration updated" in done.stderr
    after = lambda_.get_function_configuration(FunctionName=name)
    assert (after["Description"], after["Timeout"], after["MemorySize"]) == ("Answers", 7, 256)
    for same in ("CodeSha256", "Role", "Environment"):
        assert after[same] == before[same]
    assert answer(deployed.url()) != '{"message":"code that is not deployed"}'


def test_rollback(deployed: Service) -> None:
    """Without a timestamp it lists them; with one it brings that deploy's handler back, on an open connection too."""
    with connect(deployed.url()) as client:
        for text in ("first", "second"):
            say(deployed, text)
            deployed.osls("deploy")
            assert ask(client) == f'{{"message":"{text}"}}'
        first, second = timestamps(deployed)[-2:]
        listed = deployed.osls("rollback")
        assert "Select a timestamp from the deploy list below" in listed.stderr
        assert re.findall(r"^Timestamp: (\d+)$", listed.stdout, re.MULTILINE)[-2:] == [first, second]

        done = deployed.osls("rollback", "-t", first)

        assert f'✔ Service rolled back to timestamp "{first}"' in done.stderr
        assert ask(client) == '{"message":"first"}'
        assert answer(deployed.url()) == '{"message":"first"}'
        assert "No updates to be performed. Rollback skipped." in deployed.osls("rollback", "-t", first).stderr


def test_rollback_to_a_time_without_a_deploy(deployed: Service) -> None:
    """Says so, and changes nothing."""
    done = deployed.osls("rollback", "-t", "1", check=False)
    assert done.returncode == 1
    assert "Couldn't find a deployment for the timestamp: 1." in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ("info", "does not exist"),
        ("remove", "does not exist"),
        ("deploy function -f send", 'The function "send" you want to update is not yet deployed.'),
        ("invoke -f send", "Function not found"),
        ("logs -f send", "The specified log group does not exist"),
    ],
)
def test_a_stage_that_is_not_deployed(deployed: Service, command: str, says: str) -> None:
    """A command that needs a deployed service fails and says what is missing."""
    done = deployed.osls(*command.split(), "--stage", "nowhere", check=False)
    assert done.returncode == 1
    assert says in done.stdout + done.stderr

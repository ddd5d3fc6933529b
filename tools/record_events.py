"""Record the events of 02-let-the-gateway-hold-them: `python tools/record_events.py`, against the cloud in use.

It deploys the stack, puts a few lines in front of each handler that log the event, has a short dialogue with the API,
reads the events from the logs, and writes each one into a file of notebooks/events.
"""

from __future__ import annotations

import io
import json
import socket
import sys
import zipfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import boto3
from websockets.sync.client import ClientConnection, connect

from walkthrough import cloud, stack, wait

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "notebooks" / "events"
FUNCTIONS = ("connect", "disconnect", "default", "send", "broadcast")
MARK = "recorded "  # what a logged event begins with

RECORDER = f"""
import importlib, json, os

route = os.environ["AWS_LAMBDA_FUNCTION_NAME"].rpartition("-")[2]
real = importlib.import_module(f"lambda.{{route}}")

def handler(event, context):
    print({MARK!r} + json.dumps(event))
    return real.handler(event, context)
"""


def install() -> None:
    """Let each function of the deployed stack log its event before its handler runs."""
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("recorder.py", RECORDER)
        for path in sorted((ROOT / "lambda").glob("*.py")):
            archive.write(path, f"lambda/{path.name}")
    client = boto3.client("lambda")
    updated = client.get_waiter("function_updated_v2")
    for name in FUNCTIONS:
        function = f"{stack.NAME}-{name}"
        client.update_function_code(FunctionName=function, ZipFile=package.getvalue())
        updated.wait(FunctionName=function)
        client.update_function_configuration(FunctionName=function, Handler="recorder.handler")
        updated.wait(FunctionName=function)


def logged(function: str) -> list[dict[str, Any]]:
    """The events that a function has logged, in the order in which they happened."""
    pages = boto3.client("logs").get_paginator("filter_log_events")
    lines = [
        event["message"]
        for page in pages.paginate(logGroupName=f"/aws/lambda/{stack.NAME}-{function}")
        for event in page["events"]
    ]
    events = [json.loads(line.removeprefix(MARK)) for line in lines if line.startswith(MARK)]
    return sorted(events, key=lambda event: event["requestContext"]["requestTimeEpoch"])


def dialogue(url: str) -> dict[str, dict[str, Any]]:
    """Talk to the API, and return the events by name, in the order in which they happened."""
    events: dict[str, dict[str, Any]] = {}
    seen = dict.fromkeys(FUNCTIONS, 0)

    def keep(name: str, function: str) -> None:
        seen[function] += 1
        recorded = wait.until(lambda: found if len(found := logged(function)) == seen[function] else [])
        events[name] = recorded[-1]

    def say(client: ClientConnection, message: str, name: str, function: str) -> None:
        client.send(message)
        keep(name, function)

    with ExitStack() as clients:
        a = clients.enter_context(connect(url, user_agent_header="client A"))
        keep("connect", "connect")
        b = clients.enter_context(connect(url, user_agent_header="client B"))
        keep("connect-b", "connect")
        say(a, '{"action":"send"}', "pong", "send")
        say(a, '{"action":"send", "message":"psst"}', "psst", "send")
        say(a, "hello", "not-json", "default")
        say(a, '{"action":"dance"}', "unknown-action", "default")
        say(a, '{"action":"broadcast", "message":"psst, all of you"}', "broadcast", "broadcast")
        a.close(1000, "done")
        keep("goodbye", "disconnect")
        b.socket.shutdown(socket.SHUT_RDWR)  # TCP ends without a close frame
        keep("torn", "disconnect")
    return events


def main() -> int:
    """Record the events, and write one file for each."""
    print(cloud.use())
    try:
        stack.deploy()
        install()
        events = dialogue(stack.url())
    finally:
        stack.remove()
        cloud.close()
    FOLDER.mkdir(exist_ok=True)
    for old in FOLDER.glob("*.json"):
        old.unlink()
    for number, (name, event) in enumerate(events.items(), start=1):
        text = json.dumps(event, indent=2, ensure_ascii=False)
        (FOLDER / f"{number}-{name}.json").write_text(f"{text}\n", encoding="utf-8")
    print(f"{len(events)} events are in {FOLDER.relative_to(ROOT)}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())

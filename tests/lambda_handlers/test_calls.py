import importlib
import sys
import threading
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, EndpointConnectionError
from botocore.stub import Stubber
from mypy_boto3_dynamodb.service_resource import Table

from .conftest import EventOf, Invoke, Lines, ManagementApi

SENDER = "PJqB0fHsqRcCHlw="


def told(line: dict[str, Any]) -> tuple[str, str, str]:
    return line["service"], line["operation"], line["outcome"]


def test_a_call_is_a_line(invoke: Invoke, event: EventOf, table: Table, calls: Lines) -> None:
    """A call is logged with its service, its operation, its milliseconds and its HTTP status, and nothing more."""
    invoke("connect", event("connect"))
    (line,) = calls()
    assert ["level", "message", "service", "operation", "milliseconds", "outcome"] == list(line)
    assert ("dynamodb", "PutItem", "200") == told(line)
    assert line["milliseconds"] > 0


def test_a_post_is_a_line(invoke: Invoke, event: EventOf, api: ManagementApi, calls: Lines) -> None:
    """A post to a client is logged as a call to the service apigatewaymanagementapi."""
    invoke("send", event("send"))
    assert [("apigatewaymanagementapi", "PostToConnection", "200")] == [told(line) for line in calls()]


def test_an_error_is_an_outcome(invoke: Invoke, event: EventOf, api: ManagementApi, calls: Lines) -> None:
    """Where AWS answers with an error, the outcome is its name."""
    api.status[SENDER] = 410
    invoke("send", event("send"))
    assert [("apigatewaymanagementapi", "PostToConnection", "GoneException")] == [told(line) for line in calls()]


def test_two_attempts_are_one_call(invoke: Invoke, event: EventOf, api: ManagementApi, calls: Lines) -> None:
    """A post that is tried again is one line."""
    api.status[SENDER] = 500
    with pytest.raises(ClientError):
        invoke("send", event("send"))
    assert ["500"] == [line["outcome"] for line in calls()]


def test_no_answer_is_an_outcome(environment: None, calls: Lines) -> None:
    """Where AWS does not answer at all, the outcome is what was raised."""
    config = Config(retries={"total_max_attempts": 1, "mode": "standard"})
    client = importlib.import_module("lambda.calls").logged(
        boto3.client("dynamodb", endpoint_url="http://127.0.0.1:9", config=config)
    )
    with pytest.raises(EndpointConnectionError):
        client.list_tables()
    assert [("dynamodb", "ListTables", "EndpointConnectionError")] == [told(line) for line in calls()]


def test_a_stubbed_call_is_a_line(environment: None, calls: Lines) -> None:
    """botocore's own Stubber answers before anything is sent: that is a call all the same."""
    client = importlib.import_module("lambda.calls").logged(boto3.client("dynamodb"))
    with Stubber(client) as stubber:
        stubber.add_response("list_tables", {"TableNames": []})
        client.list_tables()
    assert [("dynamodb", "ListTables", "200")] == [told(line) for line in calls()]


def test_a_broadcast_logs_each_call(
    invoke: Invoke, event: EventOf, api: ManagementApi, table: Table, calls: Lines
) -> None:
    """A broadcast is one scan and a post to each: as many lines, whatever the threads do."""
    for number in range(20):
        table.put_item(Item={"connectionId": f"PJq{number:05d}qRcCHlw="})
    invoke("broadcast", event("broadcast"))
    operations = [line["operation"] for line in calls()]
    assert ["Scan", *["PostToConnection"] * 21] == operations


def test_lines_of_threads_do_not_mix(environment: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A line is written in one piece, so that those of several threads stay whole."""
    pieces: list[str] = []

    class Pieces:
        def write(self, text: str) -> None:
            pieces.append(text)

        def flush(self) -> None:
            """Nothing is kept back."""

    monkeypatch.setattr(sys, "stdout", Pieces())
    write = importlib.import_module("lambda.log").write
    threads = [threading.Thread(target=write, args=("called",)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ['{"level": "INFO", "message": "called"}\n'] * 4 == [piece for piece in pieces if piece]

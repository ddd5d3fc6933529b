"""Limits in time, in a moment: the clock of a running embedded AWS is moved forward."""

import json
import subprocess
import sys
import urllib.request
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import boto3
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from .conftest import Embedded, Service

Eventually = Callable[[Callable[[], bool]], None]


def ask(embedded: Embedded, body: object, token: str | None = None) -> dict[str, Any]:
    """The HTTP call behind ``local-aws clock advance``."""
    state = json.loads((Path(embedded.environment["LOCAL_AWS_HOME"]) / str(embedded.port) / "state.json").read_text())
    request = urllib.request.Request(
        f"http://127.0.0.1:{embedded.port}/_local-aws/clock",
        data=json.dumps(body).encode(),
        headers={"Authorization": f"Bearer {token or state['token']}"},
    )
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=60) as answer:
        found: dict[str, Any] = json.loads(answer.read())
        return found


def advance(embedded: Embedded, duration: str) -> None:
    ask(embedded, {"advance": duration})


def connection_id(service: Service) -> str:
    """Of the one connection there is."""
    table = f"{service.name}-dev-connections"
    (record,) = service.embedded.client("dynamodb").scan(TableName=table, ConsistentRead=True)["Items"]
    return str(record["connectionId"]["S"])


def management(service: Service) -> Any:
    return boto3.client("apigatewaymanagementapi", endpoint_url=service.url().replace("wss://", "https://"))


def closing(client: ClientConnection) -> tuple[int, str]:
    """Code and reason of the close that a client is about to receive."""
    with pytest.raises(ConnectionClosed) as closed:
        client.recv(timeout=60)
    assert closed.value.rcvd is not None
    return closed.value.rcvd.code, closed.value.rcvd.reason


@pytest.fixture(autouse=True)
def nobody_connected(deployed: Service, eventually: Eventually) -> None:
    """Each test begins when the connections of the one before are forgotten."""
    table = f"{deployed.name}-dev-connections"
    eventually(lambda: not deployed.embedded.client("dynamodb").scan(TableName=table, ConsistentRead=True)["Items"])


def test_ten_idle_minutes_end_a_connection(deployed: Service) -> None:
    """Spec 147, 148: 1001 Going away; the command of the course, and no time to speak of."""
    with connect(deployed.url()) as client:
        subprocess.run(
            [sys.executable, "-m", "local_aws", "clock", "advance", "10m"],
            env=deployed.embedded.environment,
            check=True,
            capture_output=True,
        )
        assert closing(client) == (1001, "Going away")


def test_a_message_from_the_client_begins_the_idle_time_anew(deployed: Service) -> None:
    """Spec 147, 149: nine minutes, a message, nine minutes, still open; then ten, closed."""
    with connect(deployed.url()) as client:
        for _ in range(2):
            advance(deployed.embedded, "9m")
            client.send('{"action":"send"}')
            assert client.recv(timeout=60) == '{"message":"🏓 pong"}'
        advance(deployed.embedded, "10m")
        assert closing(client) == (1001, "Going away")


def test_two_hours_end_a_connection_that_was_never_idle(deployed: Service) -> None:
    """Spec 149, 150: posts of the server keep it open for 1 h 59 min 30 s, and not longer."""
    with connect(deployed.url()) as client:
        connections, identifier = management(deployed), connection_id(deployed)
        for minute in range(0, 119, 7):
            connections.post_to_connection(ConnectionId=identifier, Data=str(minute))
            assert client.recv(timeout=60) == str(minute)
            advance(deployed.embedded, "7m")
        connections.post_to_connection(ConnectionId=identifier, Data="119")
        assert client.recv(timeout=60) == "119"
        advance(deployed.embedded, "30s")
        assert connections.get_connection(ConnectionId=identifier)["Identity"]["SourceIp"] == "127.0.0.1"
        advance(deployed.embedded, "30s")
        assert closing(client) == (1001, "Going away")


def test_disconnect_runs_for_a_connection_that_time_ended(deployed: Service, eventually: Eventually) -> None:
    """Spec 137, 147: its record goes."""
    table = f"{deployed.name}-dev-connections"

    def records() -> int:
        return len(deployed.embedded.client("dynamodb").scan(TableName=table, ConsistentRead=True)["Items"])

    with connect(deployed.url()) as client:
        assert records() == 1
        advance(deployed.embedded, "10m")
        assert closing(client) == (1001, "Going away")
    eventually(lambda: records() == 0)


def test_the_call_says_what_time_it_is(embedded: Embedded) -> None:
    """Each step adds to the ones before."""
    before, after = ask(embedded, {"advance": "0s"}), ask(embedded, {"advance": "1m1s"})
    assert after["ahead"] - before["ahead"] == 61
    assert after["now"] > before["now"]


@pytest.mark.parametrize("body", [{"advance": "10"}, {"advance": 600}, {"advance": "-1m"}, {}, [], None, "10"])
def test_a_bad_step_is_400_with_the_reason(embedded: Embedded, body: object) -> None:
    """Any JSON that is no duration is refused, and the clock stays."""
    before = ask(embedded, {"advance": "0s"})["ahead"]
    with pytest.raises(HTTPError) as refused:
        ask(embedded, body)
    assert refused.value.code == 400
    assert b"The clock cannot be advanced by " in refused.value.read()
    assert ask(embedded, {"advance": "0s"})["ahead"] == before


def test_nobody_without_the_token_moves_the_clock(embedded: Embedded) -> None:
    """Every call to the process itself needs the token."""
    with pytest.raises(HTTPError) as refused:
        ask(embedded, {"advance": "1h"}, token="guessed")
    assert refused.value.code == 403


def test_an_expired_record_goes(deployed: Service, eventually: Eventually) -> None:
    """DynamoDB's time to live runs on the same clock; what is not due, or has no date, stays."""
    table, client = f"{deployed.name}-dev-connections", deployed.embedded.client("dynamodb")
    now = datetime.fromisoformat(ask(deployed.embedded, {"advance": "0s"})["now"]).timestamp()
    for key, expires in {"soon": now + 3600, "later": now + 3 * 3600}.items():
        client.put_item(TableName=table, Item={"connectionId": {"S": key}, "expiresAt": {"N": str(int(expires))}})
    client.put_item(TableName=table, Item={"connectionId": {"S": "never"}})
    advance(deployed.embedded, "2h")
    eventually(lambda: "soon" not in recorded(client, table))
    assert recorded(client, table) == {"later", "never"}
    for key in ("later", "never"):
        client.delete_item(TableName=table, Key={"connectionId": {"S": key}})


def recorded(client: Any, table: str) -> set[str]:
    return {item["connectionId"]["S"] for item in client.scan(TableName=table, ConsistentRead=True)["Items"]}

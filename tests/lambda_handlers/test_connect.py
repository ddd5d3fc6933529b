from datetime import datetime, timedelta

import pytest
from mypy_boto3_dynamodb.service_resource import Table

from .conftest import EventOf, Invoke, Lines


@pytest.mark.parametrize("name", ["connect", "connect_from_browser"])
def test_a_connection_is_recorded(invoke: Invoke, event: EventOf, table: Table, name: str) -> None:
    """$connect answers 200 and writes the whole record."""
    assert {"statusCode": 200} == invoke("connect", event(name))
    assert [
        {
            "connectionId": "PJqB0fHsqRcCHlw=",
            "connectedAt": "2023-11-29T08:04:01.796+00:00",
            "expiresAt": 1701252841,
            "sourceIp": "203.0.113.7",
            "stage": "dev",
        }
    ] == table.scan()["Items"]


def test_a_record_expires_after_the_connection_could(invoke: Invoke, event: EventOf, table: Table) -> None:
    """The TTL lies past the two hours that a connection may last, by less than an hour."""
    invoke("connect", event("connect"))
    (record,) = table.scan()["Items"]
    connected_at = datetime.fromisoformat(str(record["connectedAt"]))
    lifetime = timedelta(seconds=int(str(record["expiresAt"])) - connected_at.timestamp())
    assert timedelta(hours=2) < lifetime < timedelta(hours=3)


def test_a_connection_that_cannot_be_recorded_is_refused(
    invoke: Invoke, event: EventOf, table: Table, log_lines: Lines
) -> None:
    """$connect answers 500 when the table is missing, and logs the reason."""
    table.delete()
    assert {"statusCode": 500} == invoke("connect", event("connect"))
    (line,) = log_lines()
    assert ("refused", "ERROR") == (line["message"], line["level"])
    assert "ResourceNotFoundException" in line["error"]


def test_a_log_line_names_the_request(invoke: Invoke, event: EventOf, table: Table, log_lines: Lines) -> None:
    """A log line is one JSON object with the route, the request and the connection."""
    invoke("connect", event("connect"))
    assert [
        {
            "level": "INFO",
            "message": "connected",
            "routeKey": "$connect",
            "requestId": "PJqB0E1tKRcF-Qw=",
            "connectionId": "PJqB0fHsqRcCHlw=",
        }
    ] == log_lines()

import pytest
from mypy_boto3_dynamodb.service_resource import Table

from .conftest import EventOf, Invoke, Lines

EVENTS = ["disconnect", "disconnect_idle", "disconnect_browser_left"]


@pytest.mark.parametrize("name", EVENTS)
def test_a_connection_is_forgotten(invoke: Invoke, event: EventOf, table: Table, name: str) -> None:
    """$disconnect deletes the record of its connection and no other."""
    table.put_item(Item={"connectionId": "eHrdFcnvvHcCE-w="})
    invoke("connect", event("connect"))
    assert {"statusCode": 200} == invoke("disconnect", event(name))
    assert [{"connectionId": "eHrdFcnvvHcCE-w="}] == table.scan()["Items"]


def test_a_second_disconnect_does_no_harm(invoke: Invoke, event: EventOf, table: Table) -> None:
    """$disconnect for a connection without a record answers 200 as well."""
    invoke("connect", event("connect"))
    assert {"statusCode": 200} == invoke("disconnect", event("disconnect"))
    assert {"statusCode": 200} == invoke("disconnect", event("disconnect"))
    assert [] == table.scan()["Items"]


def test_the_log_says_why_a_connection_ended(invoke: Invoke, event: EventOf, table: Table, log_lines: Lines) -> None:
    """The close code and the reason are in the log line."""
    invoke("disconnect", event("disconnect_idle"))
    (line,) = log_lines()
    assert (1001, "Going away") == (line["code"], line["reason"])

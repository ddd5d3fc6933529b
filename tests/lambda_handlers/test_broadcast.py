import importlib
import json
from collections.abc import Callable

import pytest
from mypy_boto3_dynamodb.service_resource import Table

from .conftest import EventOf, Invoke, Lines, ManagementApi

Connected = Callable[..., list[str]]

SENDER = "PJqB0fHsqRcCHlw="


def an_id(number: int) -> str:
    """A connection id of the right shape."""
    return f"PJq{number:05d}qRcCHlw="


def counts(delivered: int = 0, gone: int = 0, failed: int = 0) -> bytes:
    """The answer to whoever asked for the broadcast."""
    return json.dumps({"delivered": delivered, "gone": gone, "failed": failed}, separators=(",", ":")).encode()


@pytest.fixture
def connected(table: Table) -> Connected:
    """Record so many connections, each record padded to so many bytes; return their ids."""

    def record(number: int, padding: int = 0) -> list[str]:
        ids = [an_id(index) for index in range(number)]
        with table.batch_writer() as batch:
            for connection_id in ids:
                batch.put_item(Item={"connectionId": connection_id, "padding": "x" * padding})
        return ids

    return record


def test_everybody_gets_the_message(invoke: Invoke, event: EventOf, api: ManagementApi, connected: Connected) -> None:
    """Each connection gets the message once, the sender too, which then learns how many there were."""
    invoke("connect", event("connect"))
    others = connected(3)
    assert {"statusCode": 200} == invoke("broadcast", event("broadcast"))
    assert sorted((each, b'{"message":"psst"}') for each in [*others, SENDER]) == sorted(api.posts[:-1])
    assert (SENDER, counts(delivered=4)) == api.posts[-1]


def test_every_page_of_the_scan_is_read(
    invoke: Invoke, event: EventOf, api: ManagementApi, table: Table, connected: Connected
) -> None:
    """Connections beyond the first megabyte of records get the message as well."""
    everybody = connected(30, padding=100_000)
    assert "LastEvaluatedKey" in table.scan()
    invoke("broadcast", event("broadcast"))
    assert everybody == sorted(connection_id for connection_id, _ in api.posts[:-1])


def test_nobody_is_connected(invoke: Invoke, event: EventOf, api: ManagementApi, table: Table) -> None:
    """With an empty table the sender is told that nobody got it."""
    invoke("broadcast", event("broadcast"))
    assert [(SENDER, counts())] == api.posts


def test_a_connection_that_has_gone_is_forgotten_and_no_other(
    invoke: Invoke, event: EventOf, api: ManagementApi, table: Table, connected: Connected
) -> None:
    """A 410 deletes the record of that connection: not the sender's, not a neighbour's."""
    invoke("connect", event("connect"))
    here, gone, there = connected(3)
    api.status[gone] = 410
    invoke("broadcast", event("broadcast"))
    assert sorted([here, there, SENDER]) == sorted(str(record["connectionId"]) for record in table.scan()["Items"])
    assert (SENDER, counts(delivered=3, gone=1)) == api.posts[-1]


def test_a_failure_stops_nobody_else(
    invoke: Invoke, event: EventOf, api: ManagementApi, table: Table, connected: Connected, log_lines: Lines
) -> None:
    """A 500 for one connection is counted and logged; the others get the message, and no record is deleted."""
    here, broken, there = connected(3)
    api.status[broken] = 500
    invoke("broadcast", event("broadcast"))
    assert [here, there] == sorted(connection_id for connection_id, _ in api.posts[:-1])
    assert (SENDER, counts(delivered=2, failed=1)) == api.posts[-1]
    assert 3 == table.scan()["Count"]
    failure, summary = log_lines()
    assert ("not delivered", broken) == (failure["message"], failure["to"])
    assert (2, 0, 1) == (summary["delivered"], summary["gone"], summary["failed"])


def test_posts_run_side_by_side_but_not_all_at_once(
    invoke: Invoke, event: EventOf, api: ManagementApi, connected: Connected
) -> None:
    """As many posts as promised are under way together, and never one more."""
    at_once = importlib.import_module("lambda.reply").POSTS_AT_ONCE
    connected(3 * at_once)
    api.hold_until = at_once
    invoke("broadcast", event("broadcast"))
    assert at_once == api.most_at_once


def test_a_broadcast_without_a_message_is_explained(
    invoke: Invoke, event: EventOf, api: ManagementApi, connected: Connected
) -> None:
    """Without a message nobody but the sender gets anything, and that says what is missing."""
    connected(2)
    assert {"statusCode": 200} == invoke("broadcast", event("broadcast", body='{"action":"broadcast"}'))
    expected = b'{"error":"message is missing","try":{"action":"broadcast","message":"psst"}}'
    assert [(SENDER, expected)] == api.posts

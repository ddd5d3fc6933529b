"""DynamoDB's time to live, at whatever time the clock says it is."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from local_aws.control_plane import ControlPlane

from ..conftest import Client

NOW = 1_800_000_000
FIVE_YEARS = 5 * 365 * 24 * 3600


@pytest.fixture
def tables(client: Client) -> Any:
    return client("dynamodb")


@pytest.fixture
def table(tables: Any, unique: str) -> Iterator[str]:
    """A table whose items expire at ``expiresAt``."""
    make(tables, unique)
    yield unique
    tables.delete_table(TableName=unique)


def make(tables: Any, name: str, *, range_key: bool = False, enabled: bool = True) -> None:
    keys = ["id", "part"] if range_key else ["id"]
    tables.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in keys],
        KeySchema=[{"AttributeName": key, "KeyType": kind} for key, kind in zip(keys, ["HASH", "RANGE"], strict=False)],
    )
    specification = {"AttributeName": "expiresAt", "Enabled": enabled}
    tables.update_time_to_live(TableName=name, TimeToLiveSpecification=specification)


def put(tables: Any, name: str, key: str, expires: Any, **attributes: Any) -> None:
    value = {"N": str(expires)} if isinstance(expires, int | float) else expires
    tables.put_item(TableName=name, Item={"id": {"S": key}, "expiresAt": value, **attributes})


def left(tables: Any, name: str) -> set[str]:
    return {item["id"]["S"] for item in tables.scan(TableName=name)["Items"]}


def test_what_has_expired_goes(plane: ControlPlane, tables, table):
    """An item goes when its time is over; one whose time is now, or comes, or is not said, stays."""
    for key, expires in {"past": NOW - 1, "now": NOW, "future": NOW + 1}.items():
        put(tables, table, key, expires)
    tables.put_item(TableName=table, Item={"id": {"S": "never"}})

    plane.delete_expired_items(NOW)

    assert left(tables, table) == {"now", "future", "never"}
    plane.delete_expired_items(NOW + 1)
    assert left(tables, table) == {"future", "never"}


def test_what_expired_long_ago_stays(plane: ControlPlane, tables, table):
    """AWS leaves alone what expired over five years ago: it is likely no date at all."""
    put(tables, table, "five years", NOW - FIVE_YEARS)
    put(tables, table, "a second less", NOW - FIVE_YEARS + 1)
    put(tables, table, "zero", 0)

    plane.delete_expired_items(NOW)

    assert left(tables, table) == {"five years", "zero"}


@pytest.mark.parametrize("value", [{"S": str(NOW - 1)}, {"BOOL": True}, {"NULL": True}, {"L": [{"N": str(NOW - 1)}]}])
def test_what_is_no_number_says_nothing(plane: ControlPlane, tables, table, value):
    """Time to live is a Number, in seconds."""
    put(tables, table, "item", value)
    plane.delete_expired_items(NOW)
    assert left(tables, table) == {"item"}


def test_another_attribute_says_nothing(plane: ControlPlane, tables, table):
    """Only the one that the table's setting names counts."""
    tables.put_item(TableName=table, Item={"id": {"S": "item"}, "expires": {"N": str(NOW - 1)}})
    plane.delete_expired_items(NOW)
    assert left(tables, table) == {"item"}


def test_a_table_whose_time_to_live_is_disabled(plane: ControlPlane, tables, unique):
    """Nothing goes, until it is enabled."""
    make(tables, unique, enabled=False)
    put(tables, unique, "item", NOW - 1)
    plane.delete_expired_items(NOW)
    assert left(tables, unique) == {"item"}

    specification = {"AttributeName": "expiresAt", "Enabled": True}
    tables.update_time_to_live(TableName=unique, TimeToLiveSpecification=specification)
    plane.delete_expired_items(NOW)

    assert left(tables, unique) == set()
    tables.delete_table(TableName=unique)


def test_a_table_that_never_had_the_setting(plane: ControlPlane, tables, unique):
    """Is left alone."""
    key = {"AttributeName": "id", "AttributeType": "S"}
    schema = [{"AttributeName": "id", "KeyType": "HASH"}]
    tables.create_table(TableName=unique, BillingMode="PAY_PER_REQUEST", AttributeDefinitions=[key], KeySchema=schema)
    put(tables, unique, "item", NOW - 1)
    plane.delete_expired_items(NOW)
    assert left(tables, unique) == {"item"}
    tables.delete_table(TableName=unique)


def test_items_of_one_partition(plane: ControlPlane, tables, unique):
    """Of a table with a sort key, only the item that expired goes."""
    make(tables, unique, range_key=True)
    put(tables, unique, "same", NOW - 1, part={"S": "old"})
    put(tables, unique, "same", NOW + 1, part={"S": "new"})

    plane.delete_expired_items(NOW)

    assert [item["part"]["S"] for item in tables.scan(TableName=unique)["Items"]] == ["new"]
    tables.delete_table(TableName=unique)


def test_every_region(plane: ControlPlane, url, unique):
    """Not only the one that the embedded AWS was started in."""
    keys = {"aws_access_key_id": "AKIAIOSFODNN7EXAMPLE", "aws_secret_access_key": "secret"}
    elsewhere = boto3.client("dynamodb", "eu-west-1", endpoint_url=url, **keys)
    make(elsewhere, unique)
    put(elsewhere, unique, "past", NOW - 1)
    put(elsewhere, unique, "future", NOW + 1)

    plane.delete_expired_items(NOW)

    assert left(elsewhere, unique) == {"future"}
    elsewhere.delete_table(TableName=unique)

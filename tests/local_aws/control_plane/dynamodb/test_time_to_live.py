"""DynamoDB's time to live, at the time of an adjustable clock."""

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


def test_expired_items_are_deleted(plane: ControlPlane, tables: Any, table: str) -> None:
    """An item whose time is past is deleted; an item without a time, or whose time is now or later, stays."""
    for key, expires in {"past": NOW - 1, "now": NOW, "future": NOW + 1}.items():
        put(tables, table, key, expires)
    tables.put_item(TableName=table, Item={"id": {"S": "never"}})

    plane.delete_expired_items(NOW)

    assert left(tables, table) == {"now", "future", "never"}
    plane.delete_expired_items(NOW + 1)
    assert left(tables, table) == {"future", "never"}


def test_items_that_expired_long_ago_stay(plane: ControlPlane, tables: Any, table: str) -> None:
    """AWS keeps items that expired over five years ago: the number is probably not a date."""
    put(tables, table, "five years", NOW - FIVE_YEARS)
    put(tables, table, "a second less", NOW - FIVE_YEARS + 1)
    put(tables, table, "zero", 0)

    plane.delete_expired_items(NOW)

    assert left(tables, table) == {"five years", "zero"}


@pytest.mark.parametrize("value", [{"S": str(NOW - 1)}, {"BOOL": True}, {"NULL": True}, {"L": [{"N": str(NOW - 1)}]}])
def test_an_attribute_that_is_not_a_number(plane: ControlPlane, tables: Any, table: str, value: dict[str, Any]) -> None:
    """The item never expires: time to live is a Number, in seconds."""
    put(tables, table, "item", value)
    plane.delete_expired_items(NOW)
    assert left(tables, table) == {"item"}


def test_another_attribute(plane: ControlPlane, tables: Any, table: str) -> None:
    """Only the attribute that the table's setting names counts."""
    tables.put_item(TableName=table, Item={"id": {"S": "item"}, "expires": {"N": str(NOW - 1)}})
    plane.delete_expired_items(NOW)
    assert left(tables, table) == {"item"}


def test_a_table_whose_time_to_live_is_disabled(plane: ControlPlane, tables: Any, unique: str) -> None:
    """No item is deleted until it is enabled."""
    make(tables, unique, enabled=False)
    put(tables, unique, "item", NOW - 1)
    plane.delete_expired_items(NOW)
    assert left(tables, unique) == {"item"}

    specification = {"AttributeName": "expiresAt", "Enabled": True}
    tables.update_time_to_live(TableName=unique, TimeToLiveSpecification=specification)
    plane.delete_expired_items(NOW)

    assert left(tables, unique) == set()
    tables.delete_table(TableName=unique)


def test_a_table_that_never_had_the_setting(plane: ControlPlane, tables: Any, unique: str) -> None:
    """No item is deleted."""
    key = {"AttributeName": "id", "AttributeType": "S"}
    schema = [{"AttributeName": "id", "KeyType": "HASH"}]
    tables.create_table(TableName=unique, BillingMode="PAY_PER_REQUEST", AttributeDefinitions=[key], KeySchema=schema)
    put(tables, unique, "item", NOW - 1)
    plane.delete_expired_items(NOW)
    assert left(tables, unique) == {"item"}
    tables.delete_table(TableName=unique)


def test_items_of_one_partition(plane: ControlPlane, tables: Any, unique: str) -> None:
    """In a table with a sort key, only the expired item is deleted."""
    make(tables, unique, range_key=True)
    put(tables, unique, "same", NOW - 1, part={"S": "old"})
    put(tables, unique, "same", NOW + 1, part={"S": "new"})

    plane.delete_expired_items(NOW)

    assert [item["part"]["S"] for item in tables.scan(TableName=unique)["Items"]] == ["new"]
    tables.delete_table(TableName=unique)


def test_every_region(plane: ControlPlane, url: str, unique: str) -> None:
    """Items expire in all regions, not only in the one of the embedded AWS."""
    keys: dict[str, Any] = {"aws_access_key_id": "AKIAIOSFODNN7EXAMPLE", "aws_secret_access_key": "secret"}
    elsewhere = boto3.client("dynamodb", "eu-west-1", endpoint_url=url, **keys)
    make(elsewhere, unique)
    put(elsewhere, unique, "past", NOW - 1)
    put(elsewhere, unique, "future", NOW + 1)

    plane.delete_expired_items(NOW)

    assert left(elsewhere, unique) == {"future"}
    elsewhere.delete_table(TableName=unique)

"""The cache of what was read from moto, and when it is invalidated."""

import json

import pytest

from local_aws.control_plane import ControlPlane
from local_aws.control_plane.moto_host.read_cache import ReadCache, cached, leaves_cache_valid
from local_aws.net.http import Headers, Request

from ..conftest import TRUST, Client


class Shelf:
    """Counts how often its method runs."""

    def __init__(self) -> None:
        self.read_cache = ReadCache()
        self.looks = 0

    @cached
    def book(self, title: str, edition: int = 1) -> list[str]:
        self.looks += 1
        return [title, str(edition)]


def test_the_same_object_until_something_changes() -> None:
    """The second call answers the same object; after a change the method runs again."""
    shelf = Shelf()
    first = shelf.book("Pong")
    assert shelf.book("Pong") is first
    shelf.read_cache.invalidate()
    assert shelf.book("Pong") is not first
    assert shelf.looks == 2


def test_each_question_has_its_own_answer() -> None:
    """The key contains all arguments, by position and by name."""
    shelf = Shelf()
    assert [shelf.book("Pong"), shelf.book("Ping"), shelf.book("Pong", edition=2)] == [
        ["Pong", "1"],
        ["Ping", "1"],
        ["Pong", "2"],
    ]


def test_a_change_while_reading_is_not_cached() -> None:
    """An answer whose reading started before the change is not used again."""
    cache = ReadCache()

    def read() -> str:
        cache.invalidate()
        return "half old, half new"

    cache.recall("key", read)
    assert cache.recall("key", lambda: "new") == "new"


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("DynamoDB_20120810.PutItem", True),
        ("DynamoDB_20120810.BatchWriteItem", True),
        ("DynamoDB_20120810.TransactWriteItems", True),
        ("DynamoDB_20120810.CreateTable", False),
        ("DynamoDB_20120810.PutResourcePolicy", False),
        ("Logs_20140328.PutLogEvents", True),
        ("AmazonSQS.SetQueueAttributes", False),
        (None, False),
    ],
)
def test_calls_that_touch_data_only(target: str | None, expected: bool) -> None:
    """All other calls may have changed something that is cached."""
    headers = [] if target is None else [("X-Amz-Target", target)]
    assert leaves_cache_valid(Request("POST", "/", Headers(headers))) is expected


def test_a_change_counts_at_once(plane: ControlPlane, client: Client, unique: str) -> None:
    """After a role's policy is put, changed or deleted, the next read answers that."""
    iam = client("iam")
    arn = iam.create_role(RoleName=unique, AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]

    def policies() -> list[object]:
        role = plane.role(arn, "me")
        return [] if role is None else list(role.policies)

    assert policies() == []
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
    iam.put_role_policy(RoleName=unique, PolicyName="p", PolicyDocument=json.dumps(document))
    assert policies() == [document]
    iam.delete_role_policy(RoleName=unique, PolicyName="p")
    assert policies() == []
    iam.delete_role(RoleName=unique)
    assert plane.role(arn, "me") is None

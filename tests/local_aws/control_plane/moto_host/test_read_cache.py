"""What is remembered of moto, and for how long."""

import json

import pytest

from local_aws.control_plane.moto_host.read_cache import ReadCache, cached, leaves_cache_valid
from local_aws.net.http import Headers, Request

from ..conftest import TRUST, Client


class Shelf:
    """Counts how often it is looked at."""

    def __init__(self) -> None:
        self.read_cache = ReadCache()
        self.looks = 0

    @cached
    def book(self, title: str, edition: int = 1) -> list[str]:
        self.looks += 1
        return [title, str(edition)]


def test_the_same_object_until_something_changes() -> None:
    """Read once, given twice; and read anew after a change."""
    shelf = Shelf()
    first = shelf.book("Pong")
    assert shelf.book("Pong") is first
    shelf.read_cache.invalidate()
    assert shelf.book("Pong") is not first
    assert shelf.looks == 2


def test_each_question_has_its_own_answer() -> None:
    """Arguments count, by place and by name."""
    shelf = Shelf()
    assert [shelf.book("Pong"), shelf.book("Ping"), shelf.book("Pong", edition=2)] == [
        ["Pong", "1"],
        ["Ping", "1"],
        ["Pong", "2"],
    ]


def test_what_changes_while_it_is_read_is_not_kept() -> None:
    """An answer that was begun before the change counts for that one question only."""
    memory = ReadCache()

    def read() -> str:
        memory.invalidate()
        return "half old, half new"

    memory.recall("key", read)
    assert memory.recall("key", lambda: "new") == "new"


@pytest.mark.parametrize(
    ("target", "quiet"),
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
def test_only_data_changes_nothing(target: str | None, quiet: bool) -> None:
    """What is not known to touch data alone may have changed anything."""
    headers = [] if target is None else [("X-Amz-Target", target)]
    assert leaves_cache_valid(Request("POST", "/", Headers(headers))) is quiet


def test_a_change_counts_at_once(plane, client: Client, unique: str) -> None:
    """A role's policy, put, changed and deleted, is what the next question sees."""
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

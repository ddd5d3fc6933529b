"""What permissions need to know about resources: their resource policies, and a table's hash key.

Read from moto, as far as moto keeps it. May be called from any thread.
"""

import json
import sys
from collections.abc import Callable, Mapping
from typing import Any

from local_aws.control_plane.iam_store.model import Document
from local_aws.control_plane.moto_host.backends import backend_of

__all__ = ["hash_key_of", "resource_policy_of"]


def resource_policy_of(account_id: str, arn: str) -> Document | None:
    """The resource policy of a queue, topic, bucket or table, or None. An object's ARN stands for its bucket."""
    parts = arn.split(":", 5)
    find = _POLICIES.get(parts[2]) if len(parts) == 6 else None
    policy = find(account_id, parts[3], arn, parts[5]) if find is not None else None
    if not policy:
        return None
    try:
        document = json.loads(policy)
    except ValueError:
        return None
    return document if isinstance(document, dict) else None


def hash_key_of(account_id: str, table_arn: str) -> str | None:
    """The name of a table's hash key; None if there is no such table."""
    state = _state("dynamodb", account_id, table_arn.split(":")[3])
    table = None if state is None else state.tables.get(table_arn.rpartition("/")[2])
    return None if table is None else str(table.hash_key_attr)


def _state(service: str, account_id: str, region: str) -> Any:
    """moto's state of a service; None if nobody has used the service yet, or if there is no such region."""
    models = sys.modules.get(f"moto.{service}.models")
    try:
        return None if models is None else backend_of(getattr(models, f"{service}_backends"), account_id, region)
    except KeyError:
        return None


def _queue(account_id: str, region: str, arn: str, name: str) -> str | None:
    state = _state("sqs", account_id, region)
    queue = None if state is None else state.queues.get(name)
    return None if queue is None else queue.policy


def _topic(account_id: str, region: str, arn: str, name: str) -> str | None:
    state = _state("sns", account_id, region)
    topic = None if state is None else state.topics.get(arn)
    return None if topic is None else topic.policy


def _bucket(account_id: str, region: str, arn: str, path: str) -> bytes | None:
    state = _state("s3", account_id, "aws")
    bucket = None if state is None else state.buckets.get(path.partition("/")[0])
    return None if bucket is None else bucket.policy


def _table(account_id: str, region: str, arn: str, path: str) -> str | None:
    state = _state("dynamodb", account_id, region)
    policy = None if state is None else state.resource_policies.get("/".join(arn.split("/")[:2]))
    return None if policy is None else policy.policy_doc


_POLICIES: Mapping[str, Callable[[str, str, str, str], str | bytes | None]] = {
    "dynamodb": _table,
    "s3": _bucket,
    "sns": _topic,
    "sqs": _queue,
}

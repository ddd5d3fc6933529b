"""What permissions depend on of resources: the policies that they have of their own, and a table's hash key.

As far as moto keeps it. May be asked from any thread.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

__all__ = ["hash_key_of", "resource_policy_of"]

Document = Mapping[str, Any]


def resource_policy_of(account_id: str, arn: str) -> Document | None:
    """The policy of a queue, a topic, a bucket (also by the ARN of an object in it) or a table; None without one."""
    _, _, service, region, _, rest = (*arn.split(":", 5), "", "", "", "", "", "")[:6]
    find = _FINDERS.get(service)
    if find is None:
        return None
    policy = find(account_id, region, rest, arn)
    if isinstance(policy, bytes):
        policy = policy.decode()
    try:
        document = json.loads(policy) if isinstance(policy, str) and policy else policy
    except ValueError:
        return None
    return document if isinstance(document, dict) and document else None


def hash_key_of(account_id: str, table_arn: str) -> str | None:
    """The name of a table's hash key; None when there is no such table."""
    from moto.dynamodb.models import dynamodb_backends

    region, name = table_arn.split(":")[3], table_arn.rpartition("/")[2]
    table = dynamodb_backends[account_id][region].tables.get(name)
    return None if table is None else str(table.hash_key_attr)


def _queue(account_id: str, region: str, name: str, arn: str) -> Any:
    from moto.sqs.models import sqs_backends

    queue = sqs_backends[account_id][region].queues.get(name)
    return None if queue is None else queue.policy


def _topic(account_id: str, region: str, name: str, arn: str) -> Any:
    from moto.sns.models import sns_backends

    topic = sns_backends[account_id][region].topics.get(arn)
    return None if topic is None else topic.policy


def _bucket(account_id: str, region: str, path: str, arn: str) -> Any:
    from moto.s3.models import s3_backends

    bucket = s3_backends[account_id]["aws"].buckets.get(path.partition("/")[0])
    return None if bucket is None else bucket.policy


def _table(account_id: str, region: str, path: str, arn: str) -> Any:
    from moto.dynamodb.models import dynamodb_backends

    backend = dynamodb_backends[account_id][region]
    policy = backend.resource_policies.get("/".join(arn.split("/")[:2]))
    return None if policy is None else policy.policy_doc


_FINDERS: Mapping[str, Callable[[str, str, str, str], Any]] = {
    "dynamodb": _table,
    "s3": _bucket,
    "sns": _topic,
    "sqs": _queue,
}

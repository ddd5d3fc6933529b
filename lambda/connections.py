"""The table of connections: one record for each client that API Gateway holds.

API Gateway has no call that lists its connections: to reach all clients, a stack must record them itself.
"""

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
from botocore.config import Config

from .calls import logged

# API Gateway ends a connection after two hours. DynamoDB deletes a record some time after
# `expiresAt`, which catches those whose `$disconnect` never came.
LIFETIME = timedelta(hours=2, minutes=10)

TABLE = os.environ["CONNECTIONS_TABLE"]

# Made while the function starts, and kept for all its invocations. The client inside a boto3 resource takes
# plain Python values, and threads may share it. It tries twice, because a function sleeps between invocations,
# and its connection to DynamoDB may be dead when it wakes.
dynamodb = logged(
    boto3.resource(
        "dynamodb",
        config=Config(connect_timeout=1, read_timeout=2, retries={"total_max_attempts": 2, "mode": "standard"}),
    ).meta.client
)


def remember(request: dict[str, Any]) -> None:
    """Write the record of a connection from the ``requestContext`` of its ``$connect`` event."""
    connected_at = datetime.fromtimestamp(request["connectedAt"] / 1000, UTC)  # from milliseconds
    dynamodb.put_item(
        TableName=TABLE,
        Item={
            "connectionId": request["connectionId"],
            "connectedAt": connected_at.isoformat(timespec="milliseconds"),
            "expiresAt": int((connected_at + LIFETIME).timestamp()),  # DynamoDB wants whole seconds
            "sourceIp": request["identity"]["sourceIp"],
            "stage": request["stage"],
        },
    )


def forget(connection_id: str) -> None:
    """Delete the record of a connection. It is no error if there is none."""
    dynamodb.delete_item(TableName=TABLE, Key={"connectionId": connection_id})


def ids() -> Iterator[str]:
    """The ids of all recorded connections. A scan answers at most 1 MB at a time, hence the pages."""
    pages = dynamodb.get_paginator("scan").paginate(
        TableName=TABLE,
        ProjectionExpression="connectionId",
        ConsistentRead=True,  # include clients that connected a moment ago
    )
    for page in pages:
        for record in page["Items"]:
            yield record["connectionId"]

"""Posting to clients through ``@connections``: how a handler says something."""

import json
from functools import cache
from typing import Any

import boto3
from botocore.config import Config

from .calls import logged
from .log import log

POSTS_AT_ONCE = 16  # threads that may post at once, and connections to the API that are kept


def reply(event: dict[str, Any], payload: dict[str, Any]) -> None:
    """Post to the sender of the message. If it has left in the meantime, only log that."""
    if not post(management_api(event), event["requestContext"]["connectionId"], encode(payload)):
        log(event, "left before the reply")


def post(api: Any, connection_id: str, data: bytes) -> bool:
    """Post to one connection. Returns whether it was still there: ``False`` after a 410 Gone."""
    try:
        api.post_to_connection(ConnectionId=connection_id, Data=data)
    except api.exceptions.GoneException:
        return False
    return True


def encode(payload: dict[str, Any]) -> bytes:
    """Compact JSON in UTF-8."""
    text = json.dumps(payload, ensure_ascii=False, separators=(",", ":"))
    # Half of a surrogate pair, as in "\ud83c", is no character: JSON can only write it as it came.
    return text.encode("utf-8", errors="backslashreplace")


def management_api(event: dict[str, Any]) -> Any:
    """The client for the API and stage that the event came from."""
    request = event["requestContext"]
    return client_for(f"https://{request['domainName']}/{request['stage']}")


@cache
def client_for(endpoint_url: str) -> Any:
    """One client for each endpoint, kept for all invocations."""
    config = Config(
        connect_timeout=1,
        read_timeout=2,
        # Twice, because a function sleeps between invocations, and its connection may be dead when it wakes.
        retries={"total_max_attempts": 2, "mode": "standard"},
        max_pool_connections=POSTS_AT_ONCE,
    )
    return logged(boto3.client("apigatewaymanagementapi", endpoint_url=endpoint_url, config=config))

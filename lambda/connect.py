"""Route ``$connect``: somebody wants to come in. Record the connection, or refuse it."""

from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from . import connections
from .log import log


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Answer 200, and the client is connected; or 500, and its handshake fails."""
    try:
        connections.remember(event["requestContext"])
    except (BotoCoreError, ClientError) as error:
        # A client without a record would be connected, and nobody could ever reach it.
        log(event, "refused", level="ERROR", error=str(error))
        return {"statusCode": 500}
    log(event, "connected")
    return {"statusCode": 200}

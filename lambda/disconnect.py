"""Route ``$disconnect``: somebody has gone. Forget the connection."""

from typing import Any

from . import connections
from .log import log


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Delete the record if there is one. Nobody is left to see what this returns."""
    request = event["requestContext"]
    connections.forget(request["connectionId"])
    log(event, "disconnected", code=request["disconnectStatusCode"], reason=request["disconnectReason"])
    return {"statusCode": 200}

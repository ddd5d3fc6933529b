"""Route ``reply``: its answer reaches the client because the route has a route response."""

import json
from typing import Any


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Return the message as ``send`` would post it."""
    return {"statusCode": 200, "body": json.dumps({"message": json.loads(event["body"])["message"]})}

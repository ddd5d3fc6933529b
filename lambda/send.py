"""Route ``send``: answer the sender, with its own words or with a pong."""

from typing import Any

from .log import log
from .message import Unclear, text_of
from .reply import reply


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Post ``{"message": …}`` back; what this returns does not reach the client."""
    try:
        reply(event, {"message": text_of(event, default="🏓 pong")})
    except Unclear as problem:
        log(event, "not understood", error=str(problem))
        reply(event, {"error": str(problem), "try": {"action": "send", "message": "psst"}})
    return {"statusCode": 200}

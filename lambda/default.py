"""Route ``$default``: a message that fits no other route. Tell its sender what would have worked."""

from typing import Any

from .log import log
from .message import Unclear, content_of, kind, shown
from .reply import reply


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Post ``{"error": …, "try": …}`` to the sender: what arrived, and a message to send instead."""
    error = what_is_wrong(event)
    log(event, "not understood", error=error)
    reply(event, {"error": error, "try": {"action": "send", "message": "psst"}})
    return {"statusCode": 200}


def what_is_wrong(event: dict[str, Any]) -> str:
    """Why API Gateway found no route for the message."""
    try:
        content = content_of(event)
    except Unclear as problem:
        return str(problem)
    if "action" not in content:
        return "no action in this message"
    action = content["action"]
    if not isinstance(action, str):
        return f"action must be a string, not {kind(action)}"
    return f"unknown action: {shown(action)}"

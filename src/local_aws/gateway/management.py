"""``@connections``: post to a client, describe its connection, or close it (spec 175–204)."""

import json
import re
import uuid
from datetime import UTC, datetime

from local_aws.gateway import assumptions, limits
from local_aws.gateway.config.stage import Stage
from local_aws.gateway.connections import Connection, Connections
from local_aws.gateway.events import is_connection_id
from local_aws.net.http import Request, Response

__all__ = ["is_connections_path", "manage", "too_many"]

_PATH = re.compile(r"@connections/(?P<connection_id>[^/]+)")


def is_connections_path(rest: str) -> bool:
    """Whether the path after the stage, decoded, has an ``@connections`` segment (spec 178), well-formed or not."""
    return "@connections" in rest.split("/")


def too_many() -> Response:
    """The answer if the account is over its request limit (spec 169, 195)."""
    return _error(429, "LimitExceededException", "Too Many Requests")


def manage(request: Request, stage: Stage, rest: str, connections: Connections, now_ms: int) -> Response:
    """Answer one call; ``rest`` is the path after the stage, decoded. The caller is already authorized."""
    path = _PATH.fullmatch(rest)
    if path is None or request.method not in ("POST", "GET", "DELETE"):
        return _error(
            403,
            "ForbiddenException",
            f"No method found matching route {rest} for http method {request.method}",
        )
    connection_id = path["connection_id"]
    if not is_connection_id(connection_id):
        return _error(400, "BadRequestException", f"Invalid connectionId: {connection_id}")
    connection = connections.find(stage.api_id, stage.name, connection_id)
    if connection is None:
        return _answer(410, errortype="GoneException")  # no body (spec 187)
    if request.method == "GET":
        return _describe(connection)
    if request.method == "DELETE":
        connection.socket.close(*assumptions.DELETED)
        return _answer(204)
    return _post(connection, request.body, now_ms)


def _post(connection: Connection, data: bytes, now_ms: int) -> Response:
    if len(data) > limits.MESSAGE_BYTES:
        return _error(413, "PayloadTooLargeException", "Message too long")
    if connection.socket.unread_bytes() > limits.SEND_BUFFER_BYTES:
        return _error(429, "LimitExceededException", "The client's receive buffer is full")
    # Always text: bytes that are not UTF-8 become replacement characters (spec 181)
    connection.socket.send_text(assumptions.posted_text(data))
    connection.last_active_at = now_ms
    return _answer(200)


def _describe(connection: Connection) -> Response:
    session = connection.session
    description = {
        "connectedAt": _iso(session.connected_at),
        "identity": session.identity.as_seen(),
        "lastActiveAt": _iso(connection.last_active_at),
    }
    return _answer(200, json.dumps(description, separators=(",", ":")).encode())


def _iso(epoch_ms: int) -> str:
    return datetime.fromtimestamp(epoch_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _error(status: int, errortype: str, message: str) -> Response:
    return _answer(status, json.dumps({"message": message}).encode(), errortype=errortype)


def _answer(status: int, body: bytes = b"", *, errortype: str | None = None) -> Response:
    headers = [("x-amzn-RequestId", str(uuid.uuid4()))]
    if body:
        headers.append(("Content-Type", "application/json"))
    if errortype:
        headers.append(("x-amzn-ErrorType", errortype))
    return Response(status, headers, body)

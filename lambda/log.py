"""Log lines that can be searched: each is one JSON object, printed, which Lambda sends to CloudWatch Logs."""

import json
from typing import Any


def log(event: dict[str, Any], message: str, level: str = "INFO", **facts: object) -> None:
    """Print what happened, and in which request: the ids are those of API Gateway's own access log."""
    request = event["requestContext"]
    ids = {key: request[key] for key in ("routeKey", "requestId", "connectionId")}
    write(message, level, **ids, **facts)


def write(message: str, level: str = "INFO", **facts: object) -> None:
    """Print a line in one piece: with ``print``'s own newline, lines of several threads may get mixed up."""
    print(json.dumps({"level": level, "message": message, **facts}) + "\n", end="")

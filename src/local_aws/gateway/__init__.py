"""The WebSocket API data plane: what API Gateway does between a client's socket and an integration.

``server`` accepts requests and holds the connections. ``handshake``, ``dispatcher``, ``routes``, ``events`` and
``management`` decide what happens to them. ``config`` is the deployed API, ``authorization`` decides who may connect,
``integration`` calls backends, ``observability`` writes access logs, execution logs and metrics. ``cloud`` makes the
``Gateway``, and ``router`` passes requests to it. Only ``websocket`` and ``integration.http_endpoints`` use sockets.
"""

from local_aws.gateway.account import Access, ApiKey, Caller, NotSigned
from local_aws.gateway.config.stage import Stage
from local_aws.gateway.integration.expressions import Reply
from local_aws.gateway.integration.mapping import Failed
from local_aws.gateway.observability.observers import Observation
from local_aws.gateway.server import Gateway
from local_aws.telemetry.log_batches import LogGroup

__all__ = [
    "Access",
    "ApiKey",
    "Caller",
    "Failed",
    "Gateway",
    "LogGroup",
    "NotSigned",
    "Observation",
    "Reply",
    "Stage",
]

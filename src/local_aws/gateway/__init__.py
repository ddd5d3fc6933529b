"""The WebSocket API data plane: what API Gateway does between a client's socket and an integration.

The shell is ``websocket``; ``handshake``, ``dispatch`` and ``management`` decide what happens on it, with the pure
rooms ``routes``, ``events``, ``integrations``, ``authorizers``, ``connections``, ``limits`` and ``api`` below them.
``backend`` asks integrations, ``endpoints`` those behind HTTP; what they are asked is made by ``templates`` (on
``velocity``), ``parameters``, ``models``, ``expressions`` and ``services``, all of them pure.
``observation`` is who looks on: access logs, execution logs, metrics. ``front`` may knock at ``Gateway``, ``cloud``
makes it and takes what is observed; nobody else does. No room but ``websocket`` and ``endpoints`` knows a socket.
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

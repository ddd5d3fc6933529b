"""The quotas of WebSocket APIs (spec 159–173); none of them can be raised by a learner's account alone."""

__all__ = [
    "ACCOUNT_REQUESTS",
    "AUTHORIZER_RESULT_BYTES",
    "ENDPOINT_BYTES",
    "EXECUTION_LOG_BYTES",
    "FRAME_BYTES",
    "IDLE_SECONDS",
    "INTEGRATION_SECONDS",
    "LIFETIME_SECONDS",
    "MESSAGES_IN_FLIGHT",
    "MESSAGE_BYTES",
    "NEW_CONNECTIONS",
    "POLICY_RESOURCE_CHARACTERS",
    "SEND_BUFFER_BYTES",
    "URL_CHARACTERS",
]

FRAME_BYTES = 32 * 1024
"""Payload of one frame; more closes with 1009 (spec 162)."""

MESSAGE_BYTES = 128 * 1024
"""Payload of one message, either direction; more closes with 1009, or is refused with 413 (spec 161, 183)."""

IDLE_SECONDS = 10 * 60
"""Without a message in either direction (spec 147, 149)."""

LIFETIME_SECONDS = 2 * 60 * 60
"""Of one connection, activity or not (spec 150)."""

INTEGRATION_SECONDS = 29.0
"""For an integration to answer, unless its own timeout is shorter (spec 165)."""

URL_CHARACTERS = 4096
"""Of the handshake's URL (spec 40)."""

MESSAGES_IN_FLIGHT = 100
"""Messages of one connection that may wait for their integration before we read no more from its socket.

Ours, not AWS's: it bounds what one client can make this process hold.
"""

SEND_BUFFER_BYTES = 1024 * 1024
"""Bytes a client may leave unread before posts to it are answered 429 (spec 195; the figure is ours)."""

NEW_CONNECTIONS = (500.0, 500)
"""A second and at once, per account and Region (spec 159)."""

ACCOUNT_REQUESTS = (10_000.0, 5_000)
"""A second and at once, per account and Region: connections, messages and ``@connections`` calls (spec 169)."""

AUTHORIZER_RESULT_BYTES = 8 * 1024
"""Of what a Lambda authorizer returns (spec 167)."""

POLICY_RESOURCE_CHARACTERS = 512
"""Of one resource ARN in the policy that an authorizer returns (spec 171)."""

EXECUTION_LOG_BYTES = 1024
"""Of one line of an execution log; more is cut off (spec 173)."""

ENDPOINT_BYTES = 10 * 1024 * 1024
"""Of what an HTTP endpoint answers. The figure is that of REST APIs; none is documented for WebSocket APIs."""

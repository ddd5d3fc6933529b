"""The quotas of WebSocket APIs (spec 159–173). A learner cannot raise them alone."""

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
"""Largest payload of one frame; more closes with 1009 (spec 162)."""

MESSAGE_BYTES = 128 * 1024
"""Largest payload of one message; more from a client closes with 1009, more in a post gets 413 (spec 161, 183)."""

IDLE_SECONDS = 10 * 60
"""A connection closes after so long without a message in either direction (spec 147, 149)."""

LIFETIME_SECONDS = 2 * 60 * 60
"""A connection closes after so long, active or not (spec 150)."""

INTEGRATION_SECONDS = 29.0
"""Longest wait for an integration, unless its own timeout is shorter (spec 165)."""

URL_CHARACTERS = 4096
"""Longest URL of a handshake (spec 40)."""

MESSAGES_IN_FLIGHT = 100
"""If so many messages of one connection wait for their integration, we stop reading from its socket.

The figure is ours, not AWS's: it limits the memory that one client can take.
"""

SEND_BUFFER_BYTES = 1024 * 1024
"""If a client leaves more than this unread, posts to it get 429 (spec 195; the figure is ours)."""

NEW_CONNECTIONS = (500.0, 500)
"""(Rate per second, burst) of new connections, per account and Region (spec 159)."""

ACCOUNT_REQUESTS = (10_000.0, 5_000)
"""(Rate per second, burst) of connections, messages and ``@connections`` calls, per account and Region (spec 169)."""

AUTHORIZER_RESULT_BYTES = 8 * 1024
"""Largest result of a Lambda authorizer (spec 167)."""

POLICY_RESOURCE_CHARACTERS = 512
"""Longest resource ARN in the policy that an authorizer returns (spec 171)."""

EXECUTION_LOG_BYTES = 1024
"""Longest line of an execution log; the rest is cut off (spec 173)."""

ENDPOINT_BYTES = 10 * 1024 * 1024
"""Largest answer of an HTTP endpoint. AWS documents this figure for REST APIs, and none for WebSocket APIs."""

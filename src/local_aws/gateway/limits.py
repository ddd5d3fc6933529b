"""The quotas of WebSocket APIs (spec 159–173); none of them can be raised by a learner's account alone."""

__all__ = [
    "FRAME_BYTES",
    "IDLE_SECONDS",
    "INTEGRATION_SECONDS",
    "LIFETIME_SECONDS",
    "MESSAGES_IN_FLIGHT",
    "MESSAGE_BYTES",
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

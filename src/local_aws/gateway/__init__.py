"""The WebSocket API data plane: what API Gateway does between a client's socket and an integration.

The shell is ``websocket``; ``handshake``, ``dispatch`` and ``management`` decide what happens on it, with the pure
rooms ``routes``, ``events``, ``integrations``, ``authorizers``, ``connections``, ``limits`` and ``api`` below them.
``front`` may knock at ``Gateway``; nobody else does. No room but ``websocket`` knows a socket.
"""

from local_aws.gateway.gateway import Gateway

__all__ = ["Gateway"]

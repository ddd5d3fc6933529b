"""A client of the ``websockets`` library whose bytes are recorded.

>>> from walkthrough import wire
>>> with wire.connect(url) as alice:
...     alice.send("ping")
...     alice.recv()
'ping'
>>> [frame.meaning for frame in wire.read(wire.of(alice).sent, "client")]
['“ping”', '1000 normal closure']
"""

from __future__ import annotations

import inspect
import socket
from typing import Any

from websockets.client import ClientProtocol
from websockets.sync.client import ClientConnection
from websockets.sync.client import connect as real_connect

from walkthrough.errors import WalkthroughError
from walkthrough.wire.recorder import RecordedSocket, Recorder

__all__ = ["connect", "of"]


def connect(url: str, **options: Any) -> ClientConnection:
    """Connect as ``websockets.sync.client.connect`` does, with all its options, and record the bytes inside TLS.

    This uses the documented option ``create_connection``. Everything else is up to ``websockets``: its errors, the
    proxy and certificates from the environment, redirects, pings. ``wire.of(connection)`` returns the recorder.
    """
    create = options.pop("create_connection", None) or ClientConnection

    def recorded(sock: socket.socket, protocol: ClientProtocol, **more: Any) -> ClientConnection:
        connection: ClientConnection = create(Recorder().wrap(sock), protocol, **more)
        return connection

    if "legacy" in inspect.signature(real_connect).parameters:  # since 17.1, for a connection outside of `with`
        options.setdefault("legacy", True)
    options["create_connection"] = recorded  # typed as a class, but documented as "a wrapper or a subclass"
    connection: ClientConnection = real_connect(url, **options)
    return connection


def of(connection: object) -> Recorder:
    """The recorder of a connection of ``wire.connect``, or of a socket that ``Recorder.wrap`` returned.

    Raises WalkthroughError for a connection that was not recorded from its beginning.
    """
    sock = getattr(connection, "socket", connection)
    if isinstance(sock, RecordedSocket):
        return sock.recorder
    if isinstance(connection, Recorder):
        return connection
    raise WalkthroughError(
        f"Nobody kept the bytes of this {type(connection).__name__}: open it with wire.connect(url) from the start."
    )

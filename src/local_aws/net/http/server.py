"""A listening socket on loopback."""

import asyncio
import socket
from collections.abc import Callable

from local_aws.net.http import peers
from local_aws.net.http.connection import Connection, Handler
from local_aws.net.http.intake import Allowance, Intake
from local_aws.net.http.messages import Request

__all__ = ["Server", "listen", "serve"]

BACKLOG = 1024


def listen(port: int = 0, *, backlog: int = BACKLOG) -> socket.socket:
    """A socket that listens on loopback, from which nobody accepts yet. Raises OSError when the port is taken."""
    return socket.create_server(("127.0.0.1", port), backlog=backlog)


class Server:
    """Answers the clients of a listening socket with ``handler``, from ``start`` to ``close``.

    With ``own_user_only``, it answers nobody else on this machine. ``allows`` says by its head how large a request's
    body may be.
    """

    def __init__(
        self,
        handler: Handler,
        listener: socket.socket,
        *,
        backlog: int = BACKLOG,
        own_user_only: bool = False,
        allows: Callable[[Request], Allowance] | None = None,
    ) -> None:
        self._handler = handler
        self._listener = listener
        self._backlog = backlog
        self._admits = peers.is_own_user if own_user_only else None
        self._connections: set[Connection] = set()
        self._accepting: asyncio.Server | None = None
        self.intake = Intake(allows) if allows is not None else Intake()
        """What they hold of clients' bodies."""
        self.port: int = listener.getsockname()[1]
        """The port it listens on; known also when 0 was asked for."""

    @property
    def connections(self) -> int:
        """The number of HTTP connections, without those that another protocol has taken over."""
        return len(self._connections)

    async def start(self) -> None:
        """Accept clients, those that wait already first."""
        self._accepting = await asyncio.get_running_loop().create_server(
            lambda: Connection(self._handler, self._connections, intake=self.intake, admits=self._admits),
            sock=self._listener,
            backlog=self._backlog,
        )

    async def close(self) -> None:
        """Listen no more and end every connection."""
        if self._accepting is None:
            self._listener.close()
        else:
            self._accepting.close()
        for connection in list(self._connections):
            connection.close()


async def serve(
    handler: Handler,
    *,
    port: int = 0,
    backlog: int = BACKLOG,
    own_user_only: bool = False,
    allows: Callable[[Request], Allowance] | None = None,
) -> Server:
    """Listen on loopback and answer at once. Raises OSError when the port is taken."""
    listener = listen(port, backlog=backlog)
    server = Server(handler, listener, backlog=backlog, own_user_only=own_user_only, allows=allows)
    await server.start()
    return server

"""A listening socket on loopback."""

import asyncio
from collections.abc import Callable

from local_aws.net.http import peers
from local_aws.net.http.connection import Connection, Handler
from local_aws.net.http.intake import Allowance, Intake
from local_aws.net.http.messages import Request

__all__ = ["Server", "serve"]


class Server:
    """A listening socket and the connections it accepted."""

    def __init__(self, server: asyncio.Server, connections: set[Connection], intake: Intake) -> None:
        self._server = server
        self._connections = connections
        self.intake = intake
        """The bytes of request bodies that its connections hold."""
        self.port: int = server.sockets[0].getsockname()[1]
        """The port that it listens on, also if 0 was asked for."""

    @property
    def connections(self) -> int:
        """The number of open connections, without those that another protocol has taken over."""
        return len(self._connections)

    async def close(self) -> None:
        """Stop listening and end every connection."""
        self._server.close()
        for connection in list(self._connections):
            connection.close()


async def serve(
    handler: Handler,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    backlog: int = 1024,
    own_user_only: bool = False,
    allows: Callable[[Request], Allowance] | None = None,
) -> Server:
    """Listen on loopback and answer with ``handler``; with ``own_user_only``, other users of this machine get 403.

    ``allows`` returns, for a request's head, how large its body may be. Raises OSError if the port is taken.
    """
    connections: set[Connection] = set()
    intake = Intake(allows) if allows is not None else Intake()
    admits = peers.is_own_user if own_user_only else None
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: Connection(handler, connections, intake=intake, admits=admits), host, port, backlog=backlog
    )
    return Server(server, connections, intake)

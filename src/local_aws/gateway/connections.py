"""The connections that are open now, by API and stage."""

from dataclasses import dataclass, field
from typing import Protocol

from local_aws.gateway import limits
from local_aws.gateway.events import Session

__all__ = ["Connection", "Connections", "Socket"]


class Socket(Protocol):
    """What a connection needs from its transport; ``websocket.WebSocket`` is one."""

    def send_text(self, data: bytes) -> None:
        """Send one text message; do nothing if the socket is closing."""

    def close(self, code: int, reason: str) -> None:
        """Send a close frame and end the connection; do nothing the second time."""

    def unread_bytes(self) -> int:
        """Bytes that we sent and the client has not read yet."""


@dataclass(slots=True, eq=False)
class Connection:
    """One client's connection. ``last_active_at`` is in epoch milliseconds; a redeployment replaces ``session``."""

    session: Session
    socket: Socket
    last_active_at: int
    in_flight: int = field(default=0)

    @property
    def id(self) -> str:
        """The connection id."""
        return self.session.connection_id

    def idle_deadline(self) -> float:
        """When the idle limit is reached if no message comes, in epoch seconds (spec 147)."""
        return self.last_active_at / 1000 + limits.IDLE_SECONDS

    def lifetime_deadline(self) -> float:
        """When the lifetime limit is reached, in epoch seconds (spec 150)."""
        return self.session.connected_at / 1000 + limits.LIFETIME_SECONDS

    def deadline(self) -> float:
        """The earlier of the two deadlines."""
        return min(self.idle_deadline(), self.lifetime_deadline())


class Connections:
    """All open connections. An id is found only under its own API and stage (spec 191)."""

    def __init__(self) -> None:
        self._stages: dict[tuple[str, str], dict[str, Connection]] = {}

    def add(self, connection: Connection) -> None:
        """Add an open connection, so that ``@connections`` finds it."""
        stage = connection.session.stage
        self._stages.setdefault((stage.api_id, stage.name), {})[connection.id] = connection

    def remove(self, connection: Connection) -> bool:
        """Remove a connection; return False if it was not there."""
        stage = connection.session.stage
        held = self._stages.get((stage.api_id, stage.name), {})
        found = held.pop(connection.id, None) is not None
        if found and not held:
            del self._stages[stage.api_id, stage.name]
        return found

    def find(self, api_id: str, stage: str, connection_id: str) -> Connection | None:
        """The open connection with this id, or None."""
        return self._stages.get((api_id, stage), {}).get(connection_id)

    def all(self) -> list[Connection]:
        """A snapshot of every open connection."""
        return [connection for held in self._stages.values() for connection in held.values()]

    def __len__(self) -> int:
        return sum(map(len, self._stages.values()))

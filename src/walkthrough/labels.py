"""Names for connection ids: a client says who it is with its User-Agent, and API Gateway remembers that.

For example: ``Labels(stack.url()).table({"client A": connection})``.
"""

import time
from collections.abc import Mapping
from typing import Any

import boto3
import pandas as pd

from walkthrough import stack

__all__ = ["Labels"]

# AWS may answer 410 for a moment after $connect: https://repost.aws/knowledge-center/410-gone-api-gateway
LOOKS, PAUSE = 5, 0.2  # how often to ask, and the seconds between

COLUMNS = ["your socket", "API Gateway", "your table"]


class Labels:
    """The client's name for each connection id. A name that was looked up once is kept when the client has gone."""

    def __init__(self, url: str) -> None:
        self._api: Any = boto3.client("apigatewaymanagementapi", endpoint_url=url.replace("wss://", "https://"))
        self._known: dict[str, str] = {}

    def of(self, connection_id: str) -> str:
        """The name that this connection was opened with."""
        if connection_id not in self._known:
            self._known[connection_id] = self._ask(connection_id)
        return self._known[connection_id]

    def id(self, name: str) -> str:
        """The connection id of the latest client of this name. Raises KeyError when none was ever seen."""
        for known, its_name in reversed(self._known.items()):
            if its_name == name:
                return known
        raise KeyError(name)

    def held(self, connection_id: str) -> bool:
        """Whether API Gateway holds this connection now."""
        try:
            self._api.get_connection(ConnectionId=connection_id)
        except self._api.exceptions.GoneException:
            return False
        return True

    def recorded(self) -> list[str]:
        """The names of the clients in the table of connections, sorted."""
        return sorted(self.of(connection_id) for connection_id in stack.records()["connectionId"])

    def table(self, clients: Mapping[str, Any]) -> pd.DataFrame:
        """The state of each client in three places: its socket here, API Gateway, and the table of connections.

        ``clients`` are connections of ``websockets`` by name. A client is listed while any of the three knows it.
        """
        recorded = self.recorded()
        rows = {}
        for name in sorted({*clients, *recorded}):
            state = clients[name].protocol.state.name.lower() if name in clients else "–"
            rows[name] = [state, self._gateway_says(name), "a record" if name in recorded else "–"]
        return pd.DataFrame.from_dict(rows, orient="index", columns=COLUMNS)

    def _ask(self, connection_id: str) -> str:
        for _ in range(LOOKS):
            try:
                identity = self._api.get_connection(ConnectionId=connection_id)["Identity"]
            except self._api.exceptions.GoneException:
                time.sleep(PAUSE)
            else:
                return identity.get("UserAgent") or "a client without a name"
        return "a client that had gone"

    def _gateway_says(self, name: str) -> str:
        try:
            return "holds it" if self.held(self.id(name)) else "410 Gone"
        except KeyError:
            return "–"

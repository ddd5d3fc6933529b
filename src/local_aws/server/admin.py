"""What the ``local-aws`` command asks of its process."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Mapping

from local_aws.clock import Clock, parse_duration
from local_aws.daemon.state import State

__all__ = ["Action", "Admin"]

Action = Callable[[bytes], Awaitable[Mapping[str, object]]]
"""Turns a request's body into an answer. Raises LocalAwsError for a bad body."""


class Admin:
    """``actions`` by method and name, such as ``GET status``. ``connections`` counts the WebSocket clients."""

    def __init__(
        self, state: State, clock: Clock, connections: Callable[[], int], reset: Callable[[], Awaitable[None]]
    ) -> None:
        self._state = state
        self._clock = clock
        self._connections = connections
        self._empty = reset
        self.actions: Mapping[str, Action] = {
            "GET status": self._status,
            "POST reset": self._reset,
            "GET clock": self._read_clock,
            "POST clock": self._advance_clock,
        }

    async def _status(self, _: bytes = b"") -> Mapping[str, object]:
        return {
            "pid": self._state.pid,
            "port": self._state.port,
            "endpoint": self._state.environment()["AWS_ENDPOINT_URL"],
            "region": self._state.region,
            "account": self._state.account_id,
            "uptime": round(time.time() - self._state.started, 1),
            "connections": self._connections(),
        }

    async def _reset(self, _: bytes) -> Mapping[str, object]:
        await self._empty()
        return await self._status()

    async def _read_clock(self, _: bytes = b"") -> Mapping[str, object]:
        return {"now": self._clock.utc().isoformat(timespec="seconds"), "ahead": self._clock.ahead}

    async def _advance_clock(self, body: bytes) -> Mapping[str, object]:
        """Take ``{"advance": "1h30m"}``, and answer when everything that fell due has been called."""
        try:
            asked = json.loads(body)
        except ValueError:
            asked = None
        duration = asked.get("advance") if isinstance(asked, dict) else asked
        self._clock.advance(parse_duration(duration if isinstance(duration, str) else json.dumps(duration)))
        await asyncio.sleep(0)  # the loop's next round
        return await self._read_clock()

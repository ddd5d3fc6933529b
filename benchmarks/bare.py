"""A bare WebSocket server, with which everything else is compared: it sends each message back.

Prints its port and serves until its standard input ends, so that it never outlives the process that started it.
"""

import asyncio
import sys

from websockets.asyncio.server import ServerConnection, serve


async def echo(websocket: ServerConnection) -> None:
    """Send every message back."""
    async for message in websocket:
        await websocket.send(message)


async def main() -> None:
    """Serve on a free port of loopback."""
    async with serve(echo, "127.0.0.1", 0, compression=None, ping_interval=None, backlog=1024) as server:
        print(next(iter(server.sockets)).getsockname()[1], flush=True)
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main())

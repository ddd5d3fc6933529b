"""The one client program: measures any server that answers each message with one message.

``client.py URL MESSAGE`` prints what it measured as JSON. Times are in milliseconds, rates per second.
"""

import asyncio
import json
import statistics
import sys
import time

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidHandshake

ECHOES = 400  # one after the other, for the latency
WARM_UP = 100
CLIENTS = 50
SECONDS = 4.0  # for which all clients echo
AT_ONCE = 200
OPEN_SECONDS = 30.0


def opened(url: str) -> connect:
    """A connection without compression and pings, which API Gateway does not have either.

    ``host`` is given since not every system resolves names below ``localhost``, as browsers do.
    """
    return connect(url, host="127.0.0.1", compression=None, ping_interval=None, proxy=None, open_timeout=OPEN_SECONDS)


async def echo(websocket: ClientConnection, message: str) -> float:
    """The milliseconds that one echo takes."""
    began = time.perf_counter()
    await websocket.send(message)
    await websocket.recv()
    return (time.perf_counter() - began) * 1000


async def latency(url: str, message: str) -> dict[str, float]:
    """Median and 99th percentile of one client's echoes."""
    async with opened(url) as websocket:
        for _ in range(WARM_UP):
            await echo(websocket, message)
        took = [await echo(websocket, message) for _ in range(ECHOES)]
    return {"median_ms": statistics.median(took), "p99_ms": statistics.quantiles(took, n=100)[98]}


async def throughput(url: str, message: str) -> dict[str, float]:
    """Echoes per second of fifty clients, each of which sends as soon as it has its answer."""
    websockets = [await opened(url) for _ in range(CLIENTS)]
    began = time.perf_counter()

    async def work(websocket: ClientConnection) -> int:
        done = 0
        while time.perf_counter() - began < SECONDS:
            await echo(websocket, message)
            done += 1
        return done

    done = sum(await asyncio.gather(*map(work, websockets)))
    took = time.perf_counter() - began
    await asyncio.gather(*(websocket.close() for websocket in websockets))
    return {"echoes_per_second": done / took}


async def connects(url: str) -> dict[str, float]:
    """Connects per second when two hundred clients come at once, and how many of them were refused."""

    async def one() -> ClientConnection | None:
        try:
            return await opened(url)
        except (InvalidHandshake, OSError, TimeoutError):
            return None

    began = time.perf_counter()
    websockets = await asyncio.gather(*(one() for _ in range(AT_ONCE)))
    took = time.perf_counter() - began
    inside = [websocket for websocket in websockets if websocket is not None]
    await asyncio.gather(*(websocket.close() for websocket in inside))
    return {"connects_per_second": len(inside) / took, "refused": AT_ONCE - len(inside)}


async def measure(url: str, message: str) -> dict[str, float]:
    """All measurements; the connects first, while the server's functions are still cold."""
    return {**await connects(url), **await latency(url, message), **await throughput(url, message)}


if __name__ == "__main__":
    print(json.dumps(asyncio.run(measure(*sys.argv[1:]))))

"""Starts Python sandboxes by forking a process that has imported boto3 already: a cold start in a third of the time.

On Linux only: on macOS, system libraries do not survive a fork. A sandbox that reads something else at its start, or
brings modules of its own by a name that is imported already, begins as a process of its own after all (``forker.py``).
"""

import asyncio
import contextlib
import json
import logging
import os
import signal
import socket
import subprocess
import sys
from collections import deque
from collections.abc import Mapping
from pathlib import Path

from local_aws.functions.sandbox import process, runtimes
from local_aws.functions.sandbox.environment import LANG

__all__ = ["ForkServer"]

FORKER = Path(__file__).parent / "inside" / "forker.py"
MAX_PACKET = 256 * 1024

log = logging.getLogger(__name__)


class ForkServer:
    """``start`` it for fast cold starts; until it is ready, and where it cannot be had, ``spawn`` starts processes.

    Its process has nothing in its environment but what Lambda's Python sets anyway. ``fence`` is the plan of what is
    kept from all sandboxes.
    """

    def __init__(self, client: runtimes.Client, runtime_folder: Path, fence: str = "") -> None:
        self._client = client
        self.fence = fence
        self._runtime_folder = runtime_folder
        self._channel: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._lifeline = -1
        self._ready = asyncio.Event()
        self._orders: deque[asyncio.Future[int]] = deque()
        self._running: dict[int, asyncio.Future[int]] = {}

    @property
    def pid(self) -> int | None:
        """Its process; None before ``start``, and where sandboxes cannot be forked."""
        return None if self._process is None else self._process.pid

    def start(self) -> None:
        """Begin to prepare; returns at once. Where that cannot be, the log says so, and sandboxes start without it."""
        if sys.platform != "linux" or self._process is not None:
            return
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        lifeline, our_end = os.pipe()
        ours.setblocking(False)
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-S", str(FORKER), str(lifeline), self.fence, self._client, str(theirs.fileno())],
                env={
                    "LANG": LANG,
                    "PYTHONPATH": str(self._runtime_folder),
                    "LD_LIBRARY_PATH": f"{self._runtime_folder}:{self._runtime_folder}/lib",
                    "HOME": str(self._runtime_folder / "home"),
                },
                cwd="/",
                stdin=subprocess.DEVNULL,
                pass_fds=(lifeline, theirs.fileno()),
                start_new_session=True,
            )
        except OSError as error:  # such as a limit of the user's processes
            log.warning("The fork server does not start: %s", error)
            ours.close()
            os.close(our_end)
            return
        finally:
            theirs.close()
            os.close(lifeline)
        self._channel, self._lifeline = ours, our_end
        asyncio.get_running_loop().add_reader(ours, self._read, ours)

    async def spawn(
        self, handler: str, layers: Path, *, environment: Mapping[str, str], folder: Path, output: int
    ) -> process.Process:
        """A process that runs a Python handler, as ``process.spawn`` starts it."""
        if self._channel is not None and self._ready.is_set():
            order = {
                "client": self._client,
                "handler": handler,
                "layers": str(layers),
                "environment": {**environment},
                "folder": str(folder),
            }
            try:
                return await self._fork(self._channel, json.dumps(order).encode(), output)
            except OSError as error:
                log.warning("The fork server took no order: %s", error)
        command = runtimes.command(self._client, handler, layers, self.fence)
        return await process.spawn(command, environment=environment, folder=folder, output=output)

    async def _fork(self, channel: socket.socket, order: bytes, output: int) -> process.Process:
        """Raises OSError when it takes no order now, or ends before it has carried it out."""
        lifeline, ours = os.pipe()
        answered: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        try:
            socket.send_fds(channel, [order], [output, lifeline])
            self._orders.append(answered)
            pid = await asyncio.shield(answered)
        except BaseException:
            os.close(ours)  # which ends the fork, should there be one yet
            answered.add_done_callback(self._abandon)
            raise
        finally:
            os.close(lifeline)
        return process.Process(pid, self._running[pid], ours, lambda: self._reap(pid))

    async def close(self) -> None:
        """End it. Its forks must have ended before."""
        self._drop()
        if self._process is not None:
            self._process.kill()
            await asyncio.to_thread(self._process.wait)

    def _read(self, channel: socket.socket) -> None:
        while True:
            try:
                packet = channel.recv(MAX_PACKET)
            except BlockingIOError:
                return
            except OSError:
                packet = b""
            if not packet:
                log.warning("The fork server has ended; sandboxes start as processes of their own")
                self._drop()
                return
            self._hear(json.loads(packet))

    def _hear(self, message: Mapping[str, int]) -> None:
        if "ready" in message:
            if self.fence and not message["fenced"]:
                log.warning("This system allows no fence: handlers can read the keys of the embedded AWS (SECURITY.md)")
            self._ready.set()
        elif "pid" in message:
            pid = message["pid"]
            self._running[pid] = asyncio.get_running_loop().create_future()
            self._orders.popleft().set_result(pid)
        else:
            self._running[message["exited"]].set_result(message["status"])

    def _reap(self, pid: int) -> None:
        """Let the number of a fork go, whose end we have heard of."""
        del self._running[pid]
        if self._channel is not None:
            with contextlib.suppress(OSError):  # it takes no more just now: then the number stays taken for longer
                self._channel.send(json.dumps({"reap": pid}).encode())

    def _abandon(self, answered: asyncio.Future[int]) -> None:
        """Nobody waits for this fork any more."""
        if not answered.cancelled() and answered.exception() is None:
            pid = answered.result()
            self._running[pid].add_done_callback(lambda _: self._reap(pid))

    def _drop(self) -> None:
        """Use it no more. Who waits for a fork, or for its end, does not wait in vain."""
        self._ready.clear()
        channel, self._channel = self._channel, None
        if channel is None:
            return
        asyncio.get_running_loop().remove_reader(channel)
        channel.close()
        os.close(self._lifeline)
        for answered in self._orders:
            answered.set_exception(ConnectionResetError("it has ended"))
        self._orders.clear()
        for ended in self._running.values():
            if not ended.done():
                ended.set_result(-signal.SIGKILL)  # their ends cannot be seen any more, so their groups are killed

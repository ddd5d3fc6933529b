"""Starts Python sandboxes by forking a process that has already imported boto3: a cold start takes a third of the time.

On Linux only: on macOS, system libraries do not survive a fork. If a function sets variables that an interpreter reads
only at its start, or brings a module whose name is already imported, the fork executes a new interpreter
(``forker.py``).
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
    """Starts Python sandboxes. After ``start``, as soon as its process is ready, ``spawn`` forks it.

    Until then, and where it cannot run, ``spawn`` starts a new interpreter. Its process has only those environment
    variables that Lambda's Python sets anyway. ``fence`` is the ``fence.plan`` of all sandboxes.
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
        """The id of its process; None before ``start``, and where sandboxes cannot be forked."""
        return None if self._process is None else self._process.pid

    def start(self) -> None:
        """Start its process; returns at once. If that fails, the log says so, and sandboxes start without it."""
        if sys.platform != "linux" or self._process is not None:
            return
        channel, child_end = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        lifeline, our_end = os.pipe()
        channel.setblocking(False)
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-S", str(FORKER), str(lifeline), self.fence, self._client, str(child_end.fileno())],
                env={
                    "LANG": LANG,
                    "PYTHONPATH": str(self._runtime_folder),
                    "LD_LIBRARY_PATH": f"{self._runtime_folder}:{self._runtime_folder}/lib",
                    "HOME": str(self._runtime_folder / "home"),
                },
                cwd="/",
                stdin=subprocess.DEVNULL,
                pass_fds=(lifeline, child_end.fileno()),
                start_new_session=True,
            )
        except OSError as error:  # for example, the user's limit of processes is reached
            log.warning("The fork server does not start: %s", error)
            channel.close()
            os.close(our_end)
            return
        finally:
            child_end.close()
            os.close(lifeline)
        self._channel, self._lifeline = channel, our_end
        asyncio.get_running_loop().add_reader(channel, self._on_readable, channel)

    async def spawn(
        self, handler: str, layers: Path, *, environment: Mapping[str, str], folder: Path, output: int
    ) -> process.Process:
        """Start a process that runs a Python handler; the other arguments are those of ``process.spawn``."""
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
        """Send an order. Raises OSError if the fork server takes none now, or ends before it has forked."""
        lifeline, our_end = os.pipe()
        answered: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        try:
            socket.send_fds(channel, [order], [output, lifeline])
            self._orders.append(answered)
            pid = await asyncio.shield(answered)
        except BaseException:
            os.close(our_end)  # this ends the fork, if there is one already
            answered.add_done_callback(self._abandon)
            raise
        finally:
            os.close(lifeline)
        return process.Process(pid, self._running[pid], our_end, lambda: self._reap(pid))

    async def close(self) -> None:
        """End its process. Its forks must have ended before."""
        self._disconnect()
        if self._process is not None:
            self._process.kill()
            await asyncio.to_thread(self._process.wait)

    def _on_readable(self, channel: socket.socket) -> None:
        while True:
            try:
                packet = channel.recv(MAX_PACKET)
            except BlockingIOError:
                return
            except OSError:
                packet = b""
            if not packet:
                log.warning("The fork server has ended; sandboxes start as processes of their own")
                self._disconnect()
                return
            self._on_message(json.loads(packet))

    def _on_message(self, message: Mapping[str, int]) -> None:
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
        """Let the fork server free the id of a fork that has ended."""
        del self._running[pid]
        if self._channel is not None:
            with contextlib.suppress(OSError):  # the channel is full: the id stays taken until the fork server ends
                self._channel.send(json.dumps({"reap": pid}).encode())

    def _abandon(self, answered: asyncio.Future[int]) -> None:
        """Reap a fork that nobody waits for, as soon as it ends."""
        if not answered.cancelled() and answered.exception() is None:
            pid = answered.result()
            self._running[pid].add_done_callback(lambda _: self._reap(pid))

    def _disconnect(self) -> None:
        """Stop using the fork server. Everything that waits for a fork, or for the end of one, is told."""
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
                ended.set_result(-signal.SIGKILL)  # nobody reports their end any more, so their groups are killed

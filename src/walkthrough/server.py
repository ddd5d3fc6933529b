"""A server of yours in its own process: start a Python file, measure it, stop it, start it on the same port again.

    >>> from walkthrough import server
    >>> chat = server.start("chat.py")  # as `python chat.py 0` would
    >>> chat.running(), chat.memory() > 0
    (True, True)
    >>> chat.stop()
    >>> chat.start()  # on the same port
    >>> server.stop_all()
    Nothing is left of chat.py: no process, and nobody listens on its port.

The file's first argument is a port, 0 for any free one; the other arguments of ``start`` follow. As soon as the file
listens, it must print its port as the first line of its output.

No process is left behind. Each server reads from a pipe whose other end this process holds: when this process is gone,
even if it was killed, the pipe ends, and the server stops.
"""

import os
import runpy
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Self

from walkthrough.errors import WalkthroughError

__all__ = ["Server", "start", "stop_all"]

HOST = "127.0.0.1"
PATIENCE = 10  # seconds to begin or to end
PAUSE = 0.02  # seconds between two checks
KEPT = 65_536  # bytes of output that are returned

_started: list["Server"] = []


class Server:
    """A Python file that is a server, and its process while it runs. ``port`` is 0 until it has run once."""

    def __init__(self, file: str | Path, *arguments: str | Path) -> None:
        self.file = Path(file).resolve()
        self.port = 0
        self._arguments = [str(argument) for argument in arguments]
        self._process: subprocess.Popen[bytes] | None = None
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as this object

    def __repr__(self) -> str:
        return f"<Server {self.file.name}, {'running' if self.running() else 'stopped'}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()

    def start(self) -> None:
        """Run it, on the same port as before if it ran before, and wait until it listens. Does nothing if it runs.

        Raises WalkthroughError with its last line of output if it stops instead, or prints no port within ten seconds.
        """
        if self.running():
            return
        if not self.file.is_file():
            raise WalkthroughError(f"There is no file {self.file} to run: run the cell that writes it first.")
        self._log.truncate(0)
        self._log.seek(0)
        runner = [sys.executable, "-P", "-m", "walkthrough.server", str(self.file), str(self.port), *self._arguments]
        self._process = subprocess.Popen(runner, stdin=subprocess.PIPE, stdout=self._log, stderr=subprocess.STDOUT)
        if self not in _started:
            _started.append(self)
        self.port = self._printed_port()

    def stop(self) -> None:
        """Ask it to end (SIGTERM), as a supervisor does before an update, and wait until it has ended."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it as a crash does (SIGKILL): it cannot tell its clients anything."""
        self._end(signal.SIGKILL)

    def running(self) -> bool:
        """Whether its process runs."""
        return self._process is not None and self._process.poll() is None

    def listens(self) -> bool:
        """Whether anybody accepts connections on its port."""
        try:
            socket.create_connection((HOST, self.port), timeout=1).close()
        except OSError:
            return False
        return True

    def output(self) -> str:
        """What it has printed since it was last started, errors included."""
        return os.pread(self._log.fileno(), KEPT, 0).decode(errors="replace")  # keeps the position where it writes

    def memory(self) -> int:
        """The bytes of its memory that are in RAM, its resident set. Raises WalkthroughError if it is stopped."""
        import psutil

        return int(psutil.Process(self.pid).memory_info().rss)

    def descriptors(self) -> int:
        """The number of files and sockets that it has open. Raises WalkthroughError if it is stopped."""
        import psutil

        return int(psutil.Process(self.pid).num_fds())

    @property
    def pid(self) -> int:
        """The id of its process. Raises WalkthroughError if it is stopped."""
        if self._process is None or not self.running():
            raise WalkthroughError(f"{self.file.name} does not run: start it first.")
        return self._process.pid

    def _printed_port(self) -> int:
        """Wait for the port in the first line of its output."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            running = self.running()
            first, end, _ = self.output().partition("\n")
            if end and first.strip().isdecimal():
                return int(first)
            if not running:
                raise WalkthroughError(
                    f"{self.file.name} stopped before it listened. The last it said: {self._last_words()}"
                )
            time.sleep(PAUSE)
        self.kill()
        raise WalkthroughError(
            f"{self.file.name} runs, but within {PATIENCE} seconds its first line of output was no port: print the "
            f"port as soon as it listens, with flush=True. The last it said: {self._last_words()}"
        )

    def _last_words(self) -> str:
        lines = self.output().strip().splitlines()
        return lines[-1] if lines else "nothing."

    def _end(self, how: signal.Signals) -> None:
        if self._process is None:
            return
        if self.running():
            self._process.send_signal(how)
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:  # SIGTERM did not end it
            self._process.kill()
            self._process.wait()
        assert self._process.stdin is not None
        self._process.stdin.close()


def start(file: str | Path, *arguments: str | Path) -> Server:
    """Run this Python file as a server, and wait until it listens. Raises WalkthroughError if it does not."""
    server = Server(file, *arguments)
    server.start()
    return server


def stop_all() -> None:
    """Stop all servers that were started here, check that nothing of them is left, and print that.

    Raises WalkthroughError if another process now listens on one of their ports.
    """
    names = sorted({server.file.name for server in _started})
    for server in _started:
        server.stop()
    taken = [server.port for server in _started if server.port and server.listens()]
    _started.clear()
    if taken:
        raise WalkthroughError(f"All servers have stopped, but somebody else listens on port {taken[0]}.")
    if names:
        print(f"Nothing is left of {' and '.join(names)}: no process, and nobody listens on its port.")
    else:
        print("Nothing was started here.")


def _stop_when_alone() -> None:
    """Wait until the process that started this one is gone, and end this one."""
    while os.read(0, 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(PATIENCE)
    os._exit(1)


def _main(file: str, *arguments: str) -> None:
    """In the new process: run the file as ``python FILE ARGUMENTS`` does, until the process that started it is gone."""
    threading.Thread(target=_stop_when_alone, daemon=True).start()
    sys.argv = [file, *arguments]
    sys.path.insert(0, str(Path(file).parent))
    runpy.run_path(file, run_name="__main__")


if __name__ == "__main__":
    _main(*sys.argv[1:])

"""The process of a sandbox, and the processes that it starts."""

import asyncio
import contextlib
import os
import re
import signal
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path

__all__ = ["Process", "spawn"]

STATUS_BYTES = 4096

_PEAK = re.compile(rb"VmHWM:\s+(\d+) kB")


class Process:
    """A running process that leads a process group of its own.

    ``ended`` gives its exit status. The process closes ``lifeline`` when it has ended. ``let_go`` is called when its id
    is no longer needed: until then, no other process may get that id.
    """

    def __init__(
        self, pid: int, ended: Awaitable[int], lifeline: int, let_go: Callable[[], object] = lambda: None
    ) -> None:
        self._end = ended
        self._lifeline = lifeline
        self._let_go = let_go
        self._ended = False
        self._status: int | None = None
        self.pid = pid

    async def exited(self) -> int:
        """Wait until it ends. Return its exit status, or minus the signal that ended it."""
        returncode = await self._end
        self.kill()  # the processes that it started and left behind
        self._ended = True
        self._let_go()
        for descriptor in (self._lifeline, self._status):
            if descriptor is not None:
                os.close(descriptor)
        self._status = None
        return returncode

    def kill(self) -> None:
        """End the whole group at once. Does nothing after the end, when its id may be that of another process."""
        if self._ended:
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):  # macOS: EPERM for a group of zombies
            os.killpg(self.pid, signal.SIGKILL)

    def peak_memory(self) -> int | None:
        """Return the most memory that the process has used so far, in MB; None without /proc (macOS)."""
        if self._ended:
            return None
        try:
            if self._status is None:
                self._status = os.open(f"/proc/{self.pid}/status", os.O_RDONLY | os.O_CLOEXEC)
            status = os.pread(self._status, STATUS_BYTES, 0)  # kept open: read after each invocation, opening is slow
        except OSError:
            return None
        found = _PEAK.search(status)
        return -(-int(found[1]) // 1024) if found else None


async def spawn(command: Sequence[str], *, environment: Mapping[str, str], folder: Path, output: int) -> Process:
    """Start ``command`` in ``folder``, with only the variables of ``environment``.

    Its standard output and error go to the descriptor ``output``, which it also has under the same number. In
    ``command``, ``{lifeline}`` is replaced by the number of a pipe's descriptor: the pipe closes when our own process
    ends.

    A sandbox's process starts here, or as a fork of ``ForkServer``'s process.
    """
    lifeline, our_end = os.pipe()
    try:
        process = await asyncio.create_subprocess_exec(
            *[part.replace("{lifeline}", str(lifeline)) for part in command],
            env=dict(environment),
            cwd=folder,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            pass_fds=(output, lifeline),
            start_new_session=True,
        )
    except BaseException:
        os.close(our_end)
        raise
    finally:
        os.close(lifeline)
    return Process(process.pid, process.wait(), our_end)

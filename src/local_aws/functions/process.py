"""The operating system's side of a sandbox: one process and what it starts."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path

__all__ = ["Process", "spawn"]


class Process:
    """A running process that leads a process group of its own.

    ``ended`` gives its exit status. ``let_go`` is called when nobody needs its number any more: until then it must not
    become another process's.
    """

    def __init__(
        self, pid: int, ended: Awaitable[int], lifeline: int, let_go: Callable[[], object] = lambda: None
    ) -> None:
        self._end = ended
        self._lifeline = lifeline
        self._let_go = let_go
        self._ended = False
        self.pid = pid

    async def exited(self) -> int:
        """Wait for the end. The exit status, or minus the signal that ended it."""
        returncode = await self._end
        self.kill()  # what it started and left behind
        self._ended = True
        self._let_go()
        if self._lifeline >= 0:
            os.close(self._lifeline)
            self._lifeline = -1
        return returncode

    def kill(self) -> None:
        """End the whole group at once; nothing once it has ended, for its number may be another's by then."""
        if self._ended:
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):  # macOS: EPERM for a group of zombies
            os.killpg(self.pid, signal.SIGKILL)

    def peak_memory(self) -> int | None:
        """The most memory that the process has held so far, in MB; None where /proc does not tell (macOS)."""
        try:
            status = Path(f"/proc/{self.pid}/status").read_text()
        except OSError:
            return None
        for line in status.splitlines():
            if line.startswith("VmHWM:"):
                return -(-int(line.split()[1]) // 1024)
        return None


async def spawn(command: Sequence[str], *, environment: Mapping[str, str], folder: Path, output: int) -> Process:
    """Start ``command`` in ``folder`` with that environment and no other.

    Its standard output and error go to the descriptor ``output``, which it also has under the same number. In
    ``command``, ``{lifeline}`` becomes the number of a descriptor that ends when our own process ends.

    A sandbox's process begins here, or as a fork of the process that ``ForkServer`` keeps.
    """
    lifeline, ours = os.pipe()
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
        os.close(ours)
        raise
    finally:
        os.close(lifeline)
    return Process(process.pid, process.wait(), ours)

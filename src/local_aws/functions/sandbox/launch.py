"""Starts the process of a sandbox, Python or the function's own ``bootstrap``, and says how it ended."""

import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from local_aws.functions.configuration import FunctionConfiguration
from local_aws.functions.invocation import Failure
from local_aws.functions.sandbox import process, runtimes
from local_aws.functions.sandbox.folders import LAYERS, TASK, Folders
from local_aws.functions.sandbox.fork_server import ForkServer
from local_aws.functions.sandbox.inside import boot

__all__ = ["INVALID_ENTRYPOINT", "InvalidEntrypoint", "begin", "exit_failure"]

INVALID_ENTRYPOINT = "Runtime.InvalidEntrypoint"


class InvalidEntrypoint(Exception):
    """There is no ``bootstrap`` to start; ``str()`` of it is Lambda's message."""


async def begin(
    configuration: FunctionConfiguration,
    forks: ForkServer,
    folders: Folders,
    environment: Mapping[str, str],
    output: int,
) -> tuple[process.Process, Callable[[int], Failure]]:
    """Start the process, which writes to the descriptor ``output``. Raises InvalidEntrypoint.

    Returns the process and a function that turns its exit status into a Failure, for a process that ends before it asks
    for its first event.
    """
    if runtimes.is_python(configuration.runtime):
        for_python = {**environment, "_LAMBDA_TELEMETRY_LOG_FD": str(output)}
        started = await forks.spawn(
            configuration.handler, folders.layers, environment=for_python, folder=folders.task, output=output
        )
        return started, exit_failure
    bootstrap = _bootstrap(folders, environment, forks.fence)
    started = await process.spawn(
        bootstrap.command, environment=bootstrap.environment, folder=folders.task, output=output
    )
    return started, bootstrap.failure


def exit_failure(returncode: int) -> Failure:
    """Return Lambda's failure for a process that ended by itself.

    ``returncode`` is its exit status, or minus the signal that ended it.
    """
    if returncode == 0:
        how = "Runtime exited without providing a reason"
    elif returncode > 0:
        how = f"Runtime exited with error: exit status {returncode}"
    else:
        name = (signal.strsignal(-returncode) or f"signal {-returncode}").partition(":")[0].lower()
        how = f"Runtime exited with error: signal: {name}"
    return Failure("Runtime.ExitError", how)


@dataclass(frozen=True, slots=True)
class _Bootstrap:
    """How to start a bootstrap.

    ``entrypoint`` is its path on AWS. If the operating system cannot run it, the file ``problem`` has the reason.
    """

    command: Sequence[str]
    environment: Mapping[str, str]
    entrypoint: str
    problem: Path

    def failure(self, returncode: int) -> Failure:
        """Return why it never asked for an event: it could not be run, or it ended."""
        if not self.problem.exists():
            return exit_failure(returncode)
        return Failure(INVALID_ENTRYPOINT, f"fork/exec {self.entrypoint}: {self.problem.read_text()}")


def _bootstrap(folders: Folders, environment: Mapping[str, str], fence: str) -> _Bootstrap:
    """Return how to start the function's own ``bootstrap``, or else that of a layer.

    Our interpreter starts first and then becomes the bootstrap (``exec``). Until then every variable has another name,
    so that none changes how the interpreter starts (the libraries of a layer would), and so that the bootstrap gets
    none that the interpreter sets.
    """
    candidates = {f"{TASK}/bootstrap": folders.task / "bootstrap", f"{LAYERS}/bootstrap": folders.layers / "bootstrap"}
    for entrypoint, path in candidates.items():
        if path.exists() and not path.is_dir():
            problem = folders.root / "problem"
            problem.unlink(missing_ok=True)  # left by the first attempt at init
            interpreter = [sys.executable, "-I", "-S", str(runtimes.BOOT)]
            command = [*interpreter, "{lifeline}", fence, "exec", str(path), str(problem)]
            hidden = {f"{boot.PREFIX}{name}": value for name, value in environment.items()}
            return _Bootstrap(command, hidden, entrypoint, problem)
    raise InvalidEntrypoint(f"Couldn't find valid bootstrap(s): [{' '.join(candidates)}]")

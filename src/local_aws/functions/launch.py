"""How the process of a sandbox begins, be it Python or the function's own ``bootstrap``, and how it has ended."""

import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from local_aws.functions import boot, runtimes
from local_aws.functions.configuration import FunctionConfiguration
from local_aws.functions.folders import LAYERS, TASK, Folders
from local_aws.functions.invocation import Failure

__all__ = ["INVALID_ENTRYPOINT", "InvalidEntrypoint", "Launch", "bootstrap", "exit_failure", "prepare", "python"]

INVALID_ENTRYPOINT = "Runtime.InvalidEntrypoint"


class InvalidEntrypoint(Exception):
    """There is nothing to start; ``str()`` of it is Lambda's sentence."""


@dataclass(frozen=True, slots=True)
class Launch:
    """A command line, in which ``{lifeline}`` is for ``process.spawn`` to fill in, and its environment.

    ``entrypoint`` is AWS's name of the file that takes the process over; ``problem`` is where the operating system's
    reason stands if it could not.
    """

    command: Sequence[str]
    environment: Mapping[str, str]
    entrypoint: str = ""
    problem: Path | None = None

    def failure(self, returncode: int) -> Failure:
        """Why the process ended before it asked for an event: the entrypoint did not start, or it gave up."""
        if self.problem is None or not self.problem.exists():
            return exit_failure(returncode)
        return Failure(INVALID_ENTRYPOINT, f"fork/exec {self.entrypoint}: {self.problem.read_text()}")


def exit_failure(returncode: int) -> Failure:
    """How a process ended by itself, in Lambda's words; ``returncode`` is minus the signal, where one ended it."""
    if returncode == 0:
        how = "Runtime exited without providing a reason"
    elif returncode > 0:
        how = f"Runtime exited with error: exit status {returncode}"
    else:
        name = (signal.strsignal(-returncode) or f"signal {-returncode}").partition(":")[0].lower()
        how = f"Runtime exited with error: signal: {name}"
    return Failure("Runtime.ExitError", how)


def prepare(
    configuration: FunctionConfiguration,
    client: runtimes.Client,
    folders: Folders,
    environment: Mapping[str, str],
    log: int,
) -> Launch:
    """How this function's process begins; ``log`` is the descriptor for frames. Raises InvalidEntrypoint."""
    if runtimes.is_python(configuration.runtime):
        return python(configuration, client, folders, {**environment, "_LAMBDA_TELEMETRY_LOG_FD": str(log)})
    return bootstrap(folders, environment)


def python(
    configuration: FunctionConfiguration, client: runtimes.Client, folders: Folders, environment: Mapping[str, str]
) -> Launch:
    """The interpreter at hand, running the handler through ``client``.

    ``-S`` keeps our own site-packages out.
    """
    command = [sys.executable, "-S", boot.__file__, "{lifeline}", client, configuration.handler, str(folders.layers)]
    return Launch(command, environment)


def bootstrap(folders: Folders, environment: Mapping[str, str]) -> Launch:
    """The function's own ``bootstrap``, or else that of a layer. Raises InvalidEntrypoint when there is none.

    It becomes the process itself. Until then every variable has another name, so that none of them changes how our
    interpreter starts (the libraries of a layer would), and none that it sets itself gets through.
    """
    candidates = {f"{TASK}/bootstrap": folders.task / "bootstrap", f"{LAYERS}/bootstrap": folders.layers / "bootstrap"}
    for entrypoint, path in candidates.items():
        if path.exists() and not path.is_dir():
            problem = folders.root / "problem"
            problem.unlink(missing_ok=True)  # of the attempt before
            command = [sys.executable, "-I", "-S", boot.__file__, "{lifeline}", "exec", str(path), str(problem)]
            hidden = {f"{boot.PREFIX}{name}": value for name, value in environment.items()}
            return Launch(command, hidden, entrypoint, problem)
    raise InvalidEntrypoint(f"Couldn't find valid bootstrap(s): [{' '.join(candidates)}]")

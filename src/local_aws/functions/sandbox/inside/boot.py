"""The first code that runs in a sandbox: ties it to our life, and makes way for the function.

Run as a script by an interpreter without site-packages (``-S``); it imports nothing of local_aws.

``boot.py LIFELINE FENCE CLIENT HANDLER LAYERS`` goes behind the fence (``fence.plan``), makes the interpreter look as
on AWS, then starts a runtime client: CLIENT is ``awslambdaric`` or ``client``, the script beside this one; LAYERS is
the folder that is ``/opt`` on AWS.

``boot.py LIFELINE FENCE exec BOOTSTRAP PROBLEM`` becomes BOOTSTRAP, with those variables whose names begin with
``PREFIX``; if the operating system will not have it, PROBLEM is the file that says why.
"""

import errno
import fcntl
import os
import runpy
import select
import signal
import site
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing is slow to import
    from collections.abc import Mapping

PREFIX = "LAUNCH_"
BUSY_SECONDS = 2.0


def tie_to(lifeline: int) -> None:
    """End this process and what it starts as soon as the process at the other end of ``lifeline`` ends.

    The kernel sends a signal when the pipe closes: SIGKILL on Linux, which also ends a process that is busy in a
    handler, or whose language keeps SIGIO for itself. There is no thread and no polling, so a handler that forks is
    not disturbed; and the tie outlasts ``exec``.
    """
    if sys.platform == "darwin":  # there it is SIGIO, which is ignored by default
        signal.signal(signal.SIGIO, lambda *_: os.killpg(0, signal.SIGKILL))
    try:
        if sys.platform == "linux":
            fcntl.fcntl(lifeline, fcntl.F_SETSIG, signal.SIGKILL)
        fcntl.fcntl(lifeline, fcntl.F_SETOWN, -os.getpgrp())
        fcntl.fcntl(lifeline, fcntl.F_SETFL, fcntl.fcntl(lifeline, fcntl.F_GETFL) | os.O_ASYNC)
    except OSError:
        return  # a system without signals for pipes: the client ends when it next asks for an event
    if select.select([lifeline], [], [], 0)[0]:  # it ended before we were ready
        os._exit(1)


def watch(lifeline: int) -> None:
    """The same by a process that does nothing but wait: where no handler of signals could outlast ``exec``."""
    if os.fork():
        return
    os.closerange(0, 3)
    os.read(lifeline, 1)
    os.killpg(0, signal.SIGKILL)


def packages(layers: str, environment: "Mapping[str, str]") -> list[str]:
    """Where the layers have modules for Python; nowhere for a function that says by PYTHONPATH where to look."""
    if "PYTHONPATH" in environment:
        return []
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    return [f"{layers}/python/lib/{version}/site-packages", f"{layers}/python"]


def set_up(layers: str) -> None:
    """Make the interpreter look as on AWS: what ``-S`` left out, and where modules are looked for."""
    site.setquit()
    site.sethelper()
    runtime = os.environ["LAMBDA_RUNTIME_DIR"]
    own = [os.environ["LAMBDA_TASK_ROOT"], *packages(layers, os.environ)]
    sys.path[:0] = [*own, runtime]
    for folder in own:
        site.addsitedir(folder)  # for the .pth files in it
    os.environ.setdefault("PYTHONPATH", runtime)


def run(client: str, handler: str, here: str) -> None:
    """Hand over to the runtime client; ``here`` is the folder of this file."""
    sys.argv = ["bootstrap", handler]
    if client == "awslambdaric":
        from awslambdaric import bootstrap
        from awslambdaric.lambda_runtime_client import LambdaRuntimeClient

        # From Python 3.12 on, AWS starts a thread for each event that it waits for, to hear signals meanwhile. No
        # signal is sent to our sandboxes but the last, and a thread takes as long as a quick handler.
        polls_in_a_thread = False
        bootstrap.run(handler, LambdaRuntimeClient(os.environ["AWS_LAMBDA_RUNTIME_API"], polls_in_a_thread))
    else:
        runpy.run_path(f"{here}/own_client.py", run_name="__main__")


def enter(plan: str, here: str) -> None:
    """Go behind the fence; ``here`` is the folder of this file, which an isolated interpreter does not look into."""
    sys.path.insert(0, here)
    import fence  # type: ignore[import-not-found]  # the script beside this one

    sys.path.remove(here)
    del sys.modules["fence"]
    fence.enter(plan)


def become(bootstrap: str, problem: str) -> None:
    """Make this process the bootstrap; leave the reason in ``problem``, in Lambda's words, when that cannot be."""
    named = {name.removeprefix(PREFIX): value for name, value in os.environ.items() if name.startswith(PREFIX)}
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            os.execve(bootstrap, [bootstrap], named)
        except OSError as error:
            # Busy: another process was forked while the file was being written, and has it open still.
            if error.errno == errno.ETXTBSY and time.monotonic() < deadline:
                time.sleep(0.01)
                continue
            with open(problem, "w") as file:  # noqa: PTH123  # importing pathlib takes longer than all of this
                file.write((error.strerror or str(error)).lower())
            sys.exit(1)


def main() -> None:
    """See the module's docstring."""
    _, lifeline_, plan, client, *rest = sys.argv
    lifeline = int(lifeline_)
    here = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100, PTH120
    if plan:
        enter(plan, here)
    if client == "exec":
        os.closerange(3, lifeline)  # what the log of a Python runtime goes through
        os.closerange(lifeline + 1, 256)
        (watch if sys.platform == "darwin" else tie_to)(lifeline)
        become(*rest)
        return
    tie_to(lifeline)
    handler, layers = rest
    if sys.path[0] == here:
        del sys.path[0]
    set_up(layers)
    run(client, handler, here)


if __name__ == "__main__":
    main()

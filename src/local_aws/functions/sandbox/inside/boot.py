"""The first code that runs in a sandbox: it makes the sandbox end with us, and starts the function.

Run as a script by an interpreter without site-packages (``-S``); it imports nothing of local_aws.

``boot.py LIFELINE FENCE CLIENT HANDLER LAYERS`` goes behind the fence (``fence.plan``), makes the interpreter look as
on AWS, then starts a runtime client: CLIENT is ``awslambdaric``, or ``client`` for ``own_client.py``; LAYERS is the
folder that is ``/opt`` on AWS.

``boot.py LIFELINE FENCE exec BOOTSTRAP PROBLEM`` becomes BOOTSTRAP, with the variables whose names begin with
``PREFIX``, which is removed. If the operating system cannot run it, the reason is written to the file PROBLEM.
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
    """End this process and the processes that it starts as soon as the process at the other end of ``lifeline`` ends.

    The kernel sends a signal when the pipe closes: SIGKILL on Linux, which also ends a process that is busy in a
    handler, or whose language handles SIGIO itself. There is no thread and no polling, so a handler that forks is not
    disturbed; and it still works after ``exec``.
    """
    if sys.platform == "darwin":  # the signal is SIGIO there, which is ignored by default
        signal.signal(signal.SIGIO, lambda *_: os.killpg(0, signal.SIGKILL))
    try:
        if sys.platform == "linux":
            fcntl.fcntl(lifeline, fcntl.F_SETSIG, signal.SIGKILL)
        fcntl.fcntl(lifeline, fcntl.F_SETOWN, -os.getpgrp())
        fcntl.fcntl(lifeline, fcntl.F_SETFL, fcntl.fcntl(lifeline, fcntl.F_GETFL) | os.O_ASYNC)
    except OSError:
        return  # a system without signals for pipes: the client ends when it next asks for an event
    if select.select([lifeline], [], [], 0)[0]:  # the other process ended before we were ready
        os._exit(1)


def watch(lifeline: int) -> None:
    """Do the same with a process that only waits, for a system that needs a signal handler: ``exec`` removes those."""
    if os.fork():
        return
    os.closerange(0, 3)
    os.read(lifeline, 1)
    os.killpg(0, signal.SIGKILL)


def packages(layers: str, environment: "Mapping[str, str]") -> list[str]:
    """Return the layers' folders of Python modules; none for a function that sets PYTHONPATH."""
    if "PYTHONPATH" in environment:
        return []
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    return [f"{layers}/python/lib/{version}/site-packages", f"{layers}/python"]


def set_up(layers: str) -> None:
    """Make the interpreter look as on AWS: add what ``-S`` left out, and set the module path."""
    site.setquit()
    site.sethelper()
    runtime = os.environ["LAMBDA_RUNTIME_DIR"]
    own = [os.environ["LAMBDA_TASK_ROOT"], *packages(layers, os.environ)]
    sys.path[:0] = [*own, runtime]
    for folder in own:
        site.addsitedir(folder)  # for the .pth files in it
    os.environ.setdefault("PYTHONPATH", runtime)


def run(client: str, handler: str, here: str) -> None:
    """Run the runtime client; ``here`` is the folder of this file."""
    sys.argv = ["bootstrap", handler]
    if client == "awslambdaric":
        from awslambdaric import bootstrap
        from awslambdaric.lambda_runtime_client import LambdaRuntimeClient

        # From Python 3.12 on, AWS waits for each event in a thread, so that signals are handled meanwhile. Our
        # sandboxes get no signal but SIGKILL, and a thread takes as long as a quick handler.
        polls_in_a_thread = False
        bootstrap.run(handler, LambdaRuntimeClient(os.environ["AWS_LAMBDA_RUNTIME_API"], polls_in_a_thread))
    else:
        runpy.run_path(f"{here}/own_client.py", run_name="__main__")


def enter(plan: str, here: str) -> None:
    """Go behind the fence; ``here`` is the folder of this file, which is not on an isolated interpreter's path."""
    sys.path.insert(0, here)
    import fence  # type: ignore[import-not-found]  # the script beside this one

    sys.path.remove(here)
    del sys.modules["fence"]
    fence.enter(plan)


def become(bootstrap: str, problem: str) -> None:
    """Make this process the bootstrap. If that fails, write the reason to ``problem``, as Lambda says it, and exit."""
    named = {name.removeprefix(PREFIX): value for name, value in os.environ.items() if name.startswith(PREFIX)}
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            os.execve(bootstrap, [bootstrap], named)
        except OSError as error:
            # Busy: another process was forked while the file was being written, and still has it open.
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
        os.closerange(3, lifeline)  # among them the descriptor for the log of a Python runtime
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

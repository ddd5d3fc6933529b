"""The first code that runs in a sandbox: makes the interpreter look as on AWS, then starts a runtime client.

Run as a script, ``boot.py LIFELINE CLIENT HANDLER``, by an interpreter without site-packages (``-S``); it
imports nothing of local_aws. CLIENT is ``awslambdaric`` or ``client``, the script beside this one.
"""

import fcntl
import os
import runpy
import select
import signal
import site
import sys


def tie_to(lifeline: int) -> None:
    """End this process and what it starts as soon as the process at the other end of ``lifeline`` ends.

    The kernel sends SIGIO when the pipe closes; it ends a process by default on Linux, also one that is busy in a
    handler. There is no thread and no polling, so a handler that forks is not disturbed.
    """
    if sys.platform == "darwin":  # there SIGIO is ignored by default
        signal.signal(signal.SIGIO, lambda *_: os.killpg(0, signal.SIGKILL))
    try:
        fcntl.fcntl(lifeline, fcntl.F_SETOWN, -os.getpgrp())
        fcntl.fcntl(lifeline, fcntl.F_SETFL, fcntl.fcntl(lifeline, fcntl.F_GETFL) | os.O_ASYNC)
    except OSError:
        return  # a system without signals for pipes: the client ends when it next asks for an event
    if select.select([lifeline], [], [], 0)[0]:  # it ended before we were ready
        os._exit(1)


def main() -> None:
    """Set the interpreter up and hand over to the client."""
    _, lifeline, client, handler = sys.argv
    here = sys.path[0]
    tie_to(int(lifeline))
    # What -S left out and Lambda's Python has: exit(), quit(), help().
    site.setquit()
    site.sethelper()
    sys.path[0] = os.environ["LAMBDA_TASK_ROOT"]
    if os.environ["LAMBDA_RUNTIME_DIR"] not in sys.path:  # the function set a PYTHONPATH of its own
        sys.path.append(os.environ["LAMBDA_RUNTIME_DIR"])
    sys.argv = ["bootstrap", handler]
    if client == "awslambdaric":
        from awslambdaric import bootstrap
        from awslambdaric.lambda_runtime_client import LambdaRuntimeClient

        # From Python 3.12 on, AWS starts a thread for each event that it waits for, to hear signals meanwhile. No
        # signal is sent to our sandboxes but the last, and a thread takes as long as a quick handler.
        polls_in_a_thread = False
        bootstrap.run(handler, LambdaRuntimeClient(os.environ["AWS_LAMBDA_RUNTIME_API"], polls_in_a_thread))
    else:
        runpy.run_path(f"{here}/client.py", run_name="__main__")


if __name__ == "__main__":
    main()

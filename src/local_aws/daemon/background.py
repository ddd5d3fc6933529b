"""Starts, asks (over HTTP) and ends the background process."""

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from local_aws.daemon.environment import own_variables
from local_aws.daemon.state import State, home, make_folder
from local_aws.errors import LocalAwsError, NotAnswering, NotRunning, PortInUse, StartFailed

__all__ = ["answers", "ask", "birth", "end", "is_alive", "living", "running", "start", "why_silent"]

START_SECONDS = 120.0
END_SECONDS = 10.0
POLL_SECONDS = 0.02
OURS = "local-aws: "  # how a sentence of ours begins in the log


def ask(state: State, method: str, action: str, *, body: object = None, seconds: float = 5.0) -> dict[str, Any] | None:
    """Send a request to the process, with ``body`` as JSON; None if no embedded AWS of ours answers."""
    connection = http.client.HTTPConnection("127.0.0.1", state.port, timeout=seconds)
    try:
        headers = {"Authorization": f"Bearer {state.token}"}
        content = None if body is None else json.dumps(body).encode()
        connection.request(method, f"/_local-aws/{action}", body=content, headers=headers)
        response = connection.getresponse()
        answer = response.read()
        return json.loads(answer) if response.status == 200 else None
    except (OSError, http.client.HTTPException, ValueError):
        return None
    finally:
        connection.close()


def living(port: int) -> State | None:
    """Return the state of the embedded AWS on a port if its process lives, whether it answers or not; else None."""
    state = State.read(port)
    return state if state is not None and _lives(state) else None


def answers(state: State) -> bool:
    """Return whether the process of that state answers now."""
    status = ask(state, "GET", "status")
    return status is not None and status.get("pid") == state.pid


def running(port: int) -> State:
    """Return the state of the embedded AWS that serves on a port. Raises NotRunning or NotAnswering."""
    state = living(port)
    if state is not None and answers(state):
        return state
    raise why_silent(port)


def why_silent(port: int) -> NotRunning | NotAnswering:
    """Return the error that says why no embedded AWS has answered on a port."""
    state = living(port)
    return NotRunning(port) if state is None else NotAnswering(port, state.pid)


def _lives(state: State) -> bool:
    return birth(state.pid) == state.birth


def is_alive(pid: int) -> bool:
    """Return whether a process of that id exists and has not ended."""
    return birth(pid) is not None


def birth(pid: int) -> str | None:
    """Return when a process began, as the system writes it: a later process with the same id has another birth.

    None if there is no such process, or if it is a zombie. Linux counts from the boot; psutil turns that into a time of
    day, which changes when somebody sets the clock.
    """
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return None
    except PermissionError:
        pass  # it exists, and belongs to another user
    try:
        state, *fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        began = f"{Path('/proc/sys/kernel/random/boot_id').read_text().strip()} {fields[18]}"
    except (OSError, IndexError, ValueError):  # macOS has no /proc
        command = ["ps", "-o", "stat=,lstart=", "-p", str(pid)]
        said = subprocess.run(command, env={**os.environ, "LC_ALL": "C", "TZ": "UTC"}, capture_output=True, text=True)
        state, _, began = said.stdout.strip().partition(" ")
    return None if state.startswith("Z") or not began else began.strip()


def start(port: int) -> State:
    """Start one in the background and return when it serves. Raises PortInUse, StartFailed or what it says itself."""
    port = port or _free_port()
    if _is_taken(port):
        raise PortInUse(port)
    path = make_folder(port)
    log = path / "log"
    log.touch(mode=0o600)
    log.chmod(0o600)
    State.forget(port)
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "local_aws", "up", "--port", str(port), "--started-by", str(os.getpid())],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            cwd=path,
            env={**own_variables(os.environ), "LOCAL_AWS_HOME": str(home())},
        )
    try:
        return _served(process, port, log)
    except KeyboardInterrupt:
        process.terminate()
        raise


def _served(process: subprocess.Popen[bytes], port: int, log: Path) -> State:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        state = State.read(port)
        if state is not None and state.pid == process.pid and ask(state, "GET", "status") is not None:
            return state
        if process.poll() is not None:
            last = (log.read_text(errors="replace").strip().splitlines() or ["it said nothing"])[-1]
            if last.startswith(OURS):
                raise LocalAwsError(last.removeprefix(OURS))
            raise StartFailed(port, last, str(log))
        time.sleep(POLL_SECONDS)
    process.kill()
    process.wait()
    raise StartFailed(port, f"it did not serve within {START_SECONDS:g} s", str(log))


def end(port: int) -> State:
    """End the embedded AWS on a port, whether it answers or not; return when its process is gone. Raises NotRunning."""
    state = living(port)
    if state is None:
        raise NotRunning(port)
    deadline = time.monotonic() + END_SECONDS
    _send(state, signal.SIGTERM)
    _send(state, signal.SIGCONT)  # a process that was stopped gets SIGTERM only when it continues
    while _lives(state):
        if time.monotonic() > deadline:
            _kill(state)
        time.sleep(POLL_SECONDS)
    State.forget(port)
    return state


def _send(state: State, number: signal.Signals) -> None:
    if _lives(state):
        with contextlib.suppress(ProcessLookupError):
            os.kill(state.pid, number)


def _kill(state: State) -> None:
    """End it at once. If it leads its process group, which else is a shell's or a script's, end the group with it."""
    with contextlib.suppress(ProcessLookupError):
        if not _lives(state):
            return
        if os.getpgid(state.pid) == state.pid:
            os.killpg(state.pid, signal.SIGKILL)
        else:
            os.kill(state.pid, signal.SIGKILL)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _is_taken(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
        return False

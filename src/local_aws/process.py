"""The background process as others see it: asked over HTTP, started, and ended."""

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

from local_aws.errors import NotRunning, PortInUse, StartFailed
from local_aws.state import State, make_folder

__all__ = ["ask", "end", "is_alive", "running", "start"]

START_SECONDS = 120.0
END_SECONDS = 10.0
POLL_SECONDS = 0.02


def ask(state: State, method: str, action: str, *, body: object = None, seconds: float = 5.0) -> dict[str, Any] | None:
    """Ask the process itself, with a body that is sent as JSON; None when nothing of ours answers there."""
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


def running(port: int) -> State | None:
    """The state of the embedded AWS that serves on a port; None when none does."""
    state = State.read(port)
    if state is None:
        return None
    status = ask(state, "GET", "status")
    return state if status is not None and status.get("pid") == state.pid else None


def is_alive(pid: int) -> bool:
    """Whether a process of that id exists and has not ended."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return not _is_zombie(pid)


def _is_zombie(pid: int) -> bool:
    """A child that has ended but was not waited for counts as ended; only Linux tells, and only it needs to."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (OSError, IndexError):
        return False


def start(port: int) -> State:
    """Start one in the background and return when it serves. Raises PortInUse or StartFailed."""
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
            [sys.executable, "-m", "local_aws", "up", "--port", str(port)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            cwd=path,
        )
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        state = State.read(port)
        if state is not None and state.pid == process.pid and ask(state, "GET", "status") is not None:
            return state
        if process.poll() is not None:
            last = (log.read_text(errors="replace").strip().splitlines() or ["it said nothing"])[-1]
            raise StartFailed(port, last, str(log))
        time.sleep(POLL_SECONDS)
    process.kill()
    process.wait()
    raise StartFailed(port, f"it did not serve within {START_SECONDS:g} s", str(log))


def end(port: int) -> State:
    """End the one on a port and return when its process is gone. Raises NotRunning."""
    state = running(port)
    if state is None:
        raise NotRunning(port)
    os.kill(state.pid, signal.SIGTERM)
    deadline = time.monotonic() + END_SECONDS
    while is_alive(state.pid):
        if time.monotonic() > deadline:
            os.kill(state.pid, signal.SIGKILL)
        time.sleep(POLL_SECONDS)
    State.forget(port)
    return state


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

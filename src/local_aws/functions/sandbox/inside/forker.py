"""A process that imports what a Python sandbox needs and then forks: each fork becomes one sandbox.

Run as a script, ``forker.py LIFELINE FENCE CLIENT SOCKET``; it imports nothing of local_aws. Each fork continues as
``boot.py`` beside it. Messages on the socket are JSON, one in each packet. An order comes with two descriptors, output
and lifeline, and is answered with ``{"pid": …}``. ``{"exited": …, "status": …}`` says that a fork has ended; its id
stays taken until ``{"reap": …}`` comes.
"""

import contextlib
import gc
import importlib
import json
import os
import select
import signal
import socket
import sys
import time
from pathlib import Path
from types import ModuleType

import boot  # type: ignore[import-not-found]  # the scripts beside this one
import fence  # type: ignore[import-not-found]

HERE = sys.path.pop(0)  # neither our imports nor a handler's shall find the files beside this one
del sys.modules["boot"], sys.modules["fence"]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

MAX_PACKET = 256 * 1024

# The variables that the interpreter and its libraries read once, when they start, begin like this.
READ_AT_START = ("PYTHON", "LANG", "LC_", "LD_", "MALLOC_", "GLIBC_", "OPENSSL_")


def prepare(client: str) -> None:
    """Import what takes long: what the runtime client needs, and boto3 with all modules that its clients import."""
    if client == "awslambdaric":
        stand_in = ModuleType("runtime_client")  # the real one reads the Runtime API's address when it is imported
        stand_in.initialize_client = lambda *_: None  # type: ignore[attr-defined]
        sys.modules["runtime_client"] = stand_in
        importlib.import_module("awslambdaric.__main__")
        for name in [name for name in sys.modules if name.partition(".")[0] in ("awslambdaric", "runtime_client")]:
            del sys.modules[name]  # it reads the environment while it is imported; the modules that it imported stay
    else:
        for name in ("decimal", "logging", "resource", "traceback", "types"):
            importlib.import_module(name)
    session = importlib.import_module("boto3.session").Session("none", "none", region_name="us-east-1")
    session.resource("dynamodb")  # botocore imports half of itself only for its first client
    session.client("apigatewaymanagementapi", endpoint_url="https://localhost")
    del session
    gc.collect()
    gc.freeze()  # so that a collection in a fork does not copy all that memory


def serve(channel: socket.socket, fenced: bool) -> "dict[str, Any]":
    """Take orders until the socket closes. Returns only in a fork, with its order."""
    wake_reader, wake_writer = os.pipe()
    os.set_blocking(wake_writer, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wake_writer, warn_on_full_buffer=False)
    running: set[int] = set()
    channel.send(json.dumps({"ready": True, "fenced": fenced}).encode())
    while True:
        sources: list[Any] = [channel, wake_reader]
        readable = select.select(sources, [], [])[0]
        if wake_reader in readable:
            os.read(wake_reader, 4096)
            running -= report_ended(channel, running)
        if channel not in readable:
            continue
        packet, descriptors, _, _ = socket.recv_fds(channel, MAX_PACKET, 2)
        if not packet:
            sys.exit()
        order = json.loads(packet)
        if "reap" in order:
            os.waitpid(order["reap"], 0)
            continue
        pid = os.fork()
        if pid == 0:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            os.close(wake_reader)
            os.close(wake_writer)
            channel.close()
            return {**order, "output": descriptors[0], "lifeline": descriptors[1]}
        for descriptor in descriptors:
            os.close(descriptor)
        lead_a_group(pid)  # both processes do it, so that it is done whichever runs first
        running.add(pid)
        channel.send(json.dumps({"pid": pid}).encode())


def report_ended(channel: socket.socket, running: set[int]) -> set[int]:
    """Report the forks that have ended, and return their ids. They are not reaped, so the ids stay taken."""
    ended = set()
    for pid in running:
        found = os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        if found is not None:
            status = found.si_status if found.si_code == os.CLD_EXITED else -found.si_status
            channel.send(json.dumps({"exited": pid, "status": status}).encode())
            ended.add(pid)
    return ended


def lead_a_group(pid: int) -> None:
    """Make a process the leader of a process group, which can be ended as a whole."""
    with contextlib.suppress(OSError):  # the other process has done it, or this one has ended
        os.setpgid(pid, pid)


def become(order: "dict[str, Any]", started_with: "dict[str, str]") -> None:
    """Become the sandbox of an order: take its descriptors, folder and environment, then run its handler."""
    lead_a_group(os.getpid())
    output, lifeline, environment = order["output"], order["lifeline"], order["environment"]
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.chdir(order["folder"])
    environment["_LAMBDA_TELEMETRY_LOG_FD"] = str(output)
    os.set_inheritable(output, True)
    os.set_inheritable(lifeline, True)
    arguments = [str(lifeline), "", order["client"], order["handler"], order["layers"]]
    modules = [order["folder"], *boot.packages(order["layers"], environment)]
    if starts_differently(environment, started_with) or is_shadowed(modules, environment):
        os.execve(sys.executable, [sys.executable, "-S", boot.__file__, *arguments], environment)
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    own = started_with["PYTHONPATH"].split(os.pathsep)
    rest = [each for each in sys.path if each not in own]
    sys.path[:] = [HERE, *python_path(environment), *rest]
    sys.argv = [boot.__file__, *arguments]
    boot.main()


def starts_differently(environment: "dict[str, str]", started_with: "dict[str, str]") -> bool:
    """Return whether the interpreter would have started differently in ``environment`` than in ``started_with``."""

    def read(variables: "dict[str, str]") -> "dict[str, str]":
        return {
            name: value
            for name, value in variables.items()
            if name.startswith(READ_AT_START) and name not in ("PYTHONPATH", "LD_LIBRARY_PATH")
        }

    new = set(environment.get("LD_LIBRARY_PATH", "").split(":")) - set(
        started_with.get("LD_LIBRARY_PATH", "").split(":")
    )
    libraries = any(any(Path(place).glob("*.so*")) for place in new if place)
    return read(environment) != read(started_with) or libraries


def python_path(environment: "dict[str, str]") -> "list[str]":
    """Return the module folders that the function itself sets, if it does."""
    return environment["PYTHONPATH"].split(os.pathsep) if "PYTHONPATH" in environment else []


def is_shadowed(modules: "Sequence[str]", environment: "dict[str, str]") -> bool:
    """Return whether the function or a layer has a module whose name is already imported, such as its own boto3."""
    imported = {name.partition(".")[0] for name in sys.modules}
    for place in [*modules, *python_path(environment)]:
        if place == environment["LAMBDA_RUNTIME_DIR"]:
            continue
        folder = Path(place)
        if folder.is_dir() and any(each.name.partition(".")[0] in imported for each in folder.iterdir()):
            return True
    return False


def main() -> None:
    """Prepare, then take orders; a fork continues as a sandbox."""
    _, lifeline, plan, client, descriptor = sys.argv
    os.environ.pop("LC_CTYPE", None)  # the interpreter sets it if it does not find its locale
    started_with = dict(os.environ)
    boot.tie_to(int(lifeline))
    fenced = fence.enter(plan)  # all forks inherit it, at no cost
    prepare(client)
    order = serve(socket.socket(fileno=int(descriptor)), fenced)
    os.close(int(lifeline))
    become(order, started_with)


if __name__ == "__main__":
    main()

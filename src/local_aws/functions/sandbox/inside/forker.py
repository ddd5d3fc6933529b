"""A process that has imported what a Python sandbox needs, and forks: each fork becomes one sandbox.

Run as a script, ``forker.py LIFELINE FENCE CLIENT SOCKET``, like ``boot.py`` beside it, whose part the forks go on
with; it imports nothing of local_aws. Over the socket come messages of JSON, one a packet: an order, with the
descriptors of its output and its lifeline, is answered with ``{"pid": …}``; ``{"exited": …, "status": …}`` says that a
fork has ended, and its number stays taken until ``{"reap": …}`` comes.
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

HERE = sys.path.pop(0)  # what lies beside this file is not for what we import, nor for a handler
del sys.modules["boot"], sys.modules["fence"]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

MAX_PACKET = 256 * 1024

# What the interpreter and its libraries read once, when they start.
READ_AT_START = ("PYTHON", "LANG", "LC_", "LD_", "MALLOC_", "GLIBC_", "OPENSSL_")


def prepare(client: str) -> None:
    """Import what takes long: what the runtime's client needs, and boto3 with all that a client of it brings along."""
    if client == "awslambdaric":
        stand_in = ModuleType("runtime_client")  # the real one keeps the address that it finds when it is loaded
        stand_in.initialize_client = lambda *_: None  # type: ignore[attr-defined]
        sys.modules["runtime_client"] = stand_in
        importlib.import_module("awslambdaric.__main__")
        for name in [name for name in sys.modules if name.partition(".")[0] in ("awslambdaric", "runtime_client")]:
            del sys.modules[name]  # it reads the environment while it is imported; what it imported stays
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
    """Take orders, for good. Returns in each fork, with its order."""
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
            running -= tell_who_ended(channel, running)
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
        lead_a_group(pid)  # both sides do it, so that it is done for whoever comes first
        running.add(pid)
        channel.send(json.dumps({"pid": pid}).encode())


def tell_who_ended(channel: socket.socket, running: set[int]) -> set[int]:
    """Say of those that have ended how; nobody else gets their number before we are told to let it go."""
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
    with contextlib.suppress(OSError):  # done already by the other side, or ended already
        os.setpgid(pid, pid)


def become(order: "dict[str, Any]", started_with: "dict[str, str]") -> None:
    """Be the sandbox that was ordered: its descriptors, folder and environment, then its handler."""
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
    if reads_otherwise(environment, started_with) or is_shadowed(modules, environment):
        os.execve(sys.executable, [sys.executable, "-S", boot.__file__, *arguments], environment)
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    own = started_with["PYTHONPATH"].split(os.pathsep)
    rest = [each for each in sys.path if each not in own]
    sys.path[:] = [HERE, *python_path(environment), *rest]
    sys.argv = [boot.__file__, *arguments]
    boot.main()


def reads_otherwise(environment: "dict[str, str]", started_with: "dict[str, str]") -> bool:
    """Whether the interpreter would have started differently in that environment."""

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
    """Where the function itself says that modules are, if it does."""
    return environment["PYTHONPATH"].split(os.pathsep) if "PYTHONPATH" in environment else []


def is_shadowed(modules: "Sequence[str]", environment: "dict[str, str]") -> bool:
    """Whether the function or a layer brings modules by the name of one that is imported already, a boto3 perhaps."""
    imported = {name.partition(".")[0] for name in sys.modules}
    for place in [*modules, *python_path(environment)]:
        if place == environment["LAMBDA_RUNTIME_DIR"]:
            continue
        folder = Path(place)
        if folder.is_dir() and any(each.name.partition(".")[0] in imported for each in folder.iterdir()):
            return True
    return False


def main() -> None:
    """Prepare, then serve; a fork goes on as a sandbox."""
    _, lifeline, plan, client, descriptor = sys.argv
    os.environ.pop("LC_CTYPE", None)  # set by the interpreter itself, where it does not find its locale
    started_with = dict(os.environ)
    boot.tie_to(int(lifeline))
    fenced = fence.enter(plan)  # and with it all its forks, at no cost to them
    prepare(client)
    order = serve(socket.socket(fileno=int(descriptor)), fenced)
    os.close(int(lifeline))
    become(order, started_with)


if __name__ == "__main__":
    main()

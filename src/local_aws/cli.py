"""The ``local-aws`` command."""

import argparse
import asyncio
import json
import logging
import os
import shlex
import signal
import sys
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from local_aws.clock import parse_duration
from local_aws.daemon import background
from local_aws.daemon.environment import own_variables, shell_changes
from local_aws.daemon.state import State, check_home, home, usable_home
from local_aws.errors import LocalAwsError, NotAnswering
from local_aws.settings import Settings, help_text

__all__ = ["main"]

DEFAULT_PORT = 4566


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return 0 if it succeeded, 1 after a line on standard error if not."""
    options = _parser().parse_args(arguments)
    try:
        check_home()
        with usable_home():
            command: int = options.command(options)
    except LocalAwsError as error:
        print(f"local-aws: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        return 1
    return command


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="local-aws",
        description="An AWS small enough for a laptop: API Gateway WebSocket APIs and what they need.",
    )
    commands = parser.add_subparsers(metavar="command", required=True)

    def add(name: str, command: object, text: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=text, description=text)
        sub.add_argument(
            "--port",
            type=_port,
            default=None,
            help=f"the port it serves on; default LOCAL_AWS_PORT or {DEFAULT_PORT}",
        )
        sub.set_defaults(command=command)
        return sub

    up = add("up", _up, "Start the embedded AWS.")
    up.formatter_class = argparse.RawDescriptionHelpFormatter
    up.epilog = help_text()
    up.add_argument("--detach", action="store_true", help="go on in the background; return when it serves")
    up.add_argument("--started-by", type=int, help=argparse.SUPPRESS)
    add("down", _down, "Stop it, and every process it started.")
    status = add("status", _status, "Say whether it runs, and what it does.")
    status.add_argument("--json", action="store_true", help="as one JSON object")
    add("env", _env, 'Print shell exports that point AWS tools at it: eval "$(local-aws env)"')
    clock = add("clock", _clock, "Show the time that its limits run on, or move it forward.")
    clock.add_argument("step", nargs="*", metavar="advance DURATION", help="move it by such as 45s, 10m or 1h30m")
    add("reset", _reset, "Forget all that was deployed and stored in it.")
    return parser


def _port(text: str) -> int:
    if not text.isdigit() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is no port: give a number from 0 (any free port) to 65535")
    return int(text)


def _chosen_port(options: argparse.Namespace) -> int:
    if options.port is not None:
        return int(options.port)
    chosen = os.environ.get("LOCAL_AWS_PORT", "")
    try:
        return _port(chosen) if chosen else DEFAULT_PORT
    except argparse.ArgumentTypeError as error:
        raise LocalAwsError(f"LOCAL_AWS_PORT: {error}") from None


def _running(options: argparse.Namespace) -> State:
    port = _chosen_port(options)
    _forget_ended(port)
    return background.running(port)


def _forget_ended(port: int) -> None:
    left = State.read(port)
    if left is not None and background.living(port) is None:
        State.forget(port)
        print(
            f"local-aws: the embedded AWS that was on port {port} (process {left.pid}) has ended without "
            "cleaning up; what it held is gone.",
            file=sys.stderr,
        )


def _up(options: argparse.Namespace) -> int:
    port = _chosen_port(options)
    if port:
        _forget_ended(port)
        if background.living(port) is not None:
            state = background.running(port)
            print(f"The embedded AWS already serves on http://127.0.0.1:{state.port} (process {state.pid}).")
            return 0
    settings = Settings.read(os.environ)
    if options.detach:
        _announce(background.start(port))
        return 0
    return asyncio.run(_serve(port, settings, options.started_by))


def _announce(state: State) -> None:
    usual = state.port == DEFAULT_PORT and not os.environ.get("LOCAL_AWS_PORT")
    here = "" if usual else f" --port {state.port}"
    print(f"The embedded AWS serves on http://127.0.0.1:{state.port} (process {state.pid}).")
    print(f'Point this shell at it:  eval "$(local-aws env{here})"')
    print(f"Stop it:                 local-aws down{here}", flush=True)


async def _serve(port: int, settings: Settings, started_by: int | None) -> int:
    own = own_variables(os.environ)
    os.environ.clear()
    os.environ.update(own)

    from local_aws.patching import check_versions, explained_imports

    check_versions()
    with explained_imports():
        from local_aws.cloud import Cloud  # no other command needs this import, which takes half a second

    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    region = os.environ.get("LOCAL_AWS_REGION", "us-east-1")
    cloud = await Cloud.start(port=port, region=region, settings=settings)
    _announce(cloud.state)
    if started_by in (None, os.getppid()):  # else nobody has heard that it serves, and nobody would stop it
        await stop.wait()
    await cloud.close()
    return 0


def _down(options: argparse.Namespace) -> int:
    try:
        state = _running(options)
    except NotAnswering as silent:
        print(f"The embedded AWS on port {silent.port} does not answer; its process {silent.pid} is ended.")
        state = background.end(silent.port)
    else:
        background.end(state.port)
    print(f"The embedded AWS on port {state.port} has stopped.")
    return 0


def _status(options: argparse.Namespace) -> int:
    if options.json:
        return _status_as_json(_chosen_port(options))
    status = _ask(_running(options), "GET", "status")
    print(
        f"The embedded AWS serves on {status['endpoint']} (process {status['pid']}), region {status['region']}, "
        f"account {status['account']}; up for {status['uptime']:g} s, {status['connections']} open connections."
    )
    return 0


def _status_as_json(port: int) -> int:
    """Print ``running`` (its process lives), ``answers`` and the status. Return 0 if it answers, else 1."""
    state = background.living(port)
    process = {"pid": state.pid} if state else {}
    status = background.ask(state, "GET", "status") if state else None
    answers = {"running": state is not None, "answers": status is not None, "port": port}
    print(json.dumps({**answers, **process, **(status or {})}))
    return 0 if status else 1


def _ask(state: State, method: str, action: str, *, body: object = None, seconds: float = 5.0) -> dict[str, Any]:
    answer = background.ask(state, method, action, body=body, seconds=seconds)
    if answer is None:
        raise background.why_silent(state.port)
    return answer


def _env(options: argparse.Namespace) -> int:
    state = _running(options)
    exports = {**state.environment(), "LOCAL_AWS_PORT": str(state.port)}
    if os.environ.get("LOCAL_AWS_HOME"):
        exports["LOCAL_AWS_HOME"] = str(home())
    for name, value in shell_changes(exports, os.environ).items():
        print(f"unset {name}" if value is None else f"export {name}={shlex.quote(value)}")
    return 0


def _clock(options: argparse.Namespace) -> int:
    match options.step:
        case []:
            state = _running(options)
            clock = _ask(state, "GET", "clock")
        case ["advance", duration]:
            parse_duration(duration)
            state = _running(options)
            clock = _ask(state, "POST", "clock", body={"advance": duration})
        case other:
            asked = " ".join(other)
            raise LocalAwsError(f"There is no clock {asked!r}: say local-aws clock, or local-aws clock advance 10m.")
    ahead = timedelta(seconds=round(clock["ahead"]))
    print(f"{clock['now']} ({f'{ahead} ahead of real time' if ahead else 'real time'})")
    return 0


def _reset(options: argparse.Namespace) -> int:
    state = _running(options)
    _ask(state, "POST", "reset", seconds=60)
    print(f"The embedded AWS on port {state.port} is empty again.")
    return 0

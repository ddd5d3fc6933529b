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

from local_aws import process
from local_aws.clock import parse_duration
from local_aws.errors import LocalAwsError, NotRunning
from local_aws.settings import Settings, described
from local_aws.state import State

__all__ = ["main"]

DEFAULT_PORT = 4566


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; 0 when it did what was asked, 1 with a line on standard error when it could not."""
    options = _parser().parse_args(arguments)
    try:
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
    up.epilog = described()
    up.add_argument("--detach", action="store_true", help="go on in the background; return when it serves")
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
    state = process.running(port)
    if state is None:
        _forget_stale(port)
        raise NotRunning(port)
    return state


def _forget_stale(port: int) -> None:
    stale = State.read(port)
    if stale is not None:
        State.forget(port)
        print(
            f"local-aws: the embedded AWS that was on port {port} (process {stale.pid}) has ended without "
            "cleaning up; what it held is gone.",
            file=sys.stderr,
        )


def _up(options: argparse.Namespace) -> int:
    port = _chosen_port(options)
    state = process.running(port) if port else None
    if state is not None:
        print(f"The embedded AWS already serves on http://127.0.0.1:{state.port} (process {state.pid}).")
        return 0
    if port:
        _forget_stale(port)
    settings = Settings.read(os.environ)
    if options.detach:
        _announce(process.start(port))
        return 0
    return asyncio.run(_serve(port, settings))


def _announce(state: State) -> None:
    here = "" if state.port == DEFAULT_PORT else f" --port {state.port}"
    print(f"The embedded AWS serves on http://127.0.0.1:{state.port} (process {state.pid}).")
    print(f'Point this shell at it:  eval "$(local-aws env{here})"')
    print(f"Stop it:                 local-aws down{here}", flush=True)


async def _serve(port: int, settings: Settings) -> int:
    from local_aws.patching import check_versions, explained_imports

    check_versions()
    with explained_imports():
        from local_aws.cloud import Cloud  # every other command does without this import and its half second

    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    cloud = Cloud(port=port, region=os.environ.get("LOCAL_AWS_REGION", "us-east-1"), settings=settings)
    _announce(await cloud.start())
    await stop.wait()
    await cloud.close()
    return 0


def _down(options: argparse.Namespace) -> int:
    state = process.end(_running(options).port)
    print(f"The embedded AWS on port {state.port} has stopped.")
    return 0


def _status(options: argparse.Namespace) -> int:
    port = _chosen_port(options)
    state = process.running(port)
    status = process.ask(state, "GET", "status") if state else None
    if options.json:
        print(json.dumps({"running": status is not None, "port": port, **(status or {})}))
        return 0 if status else 1
    if status is None:
        _forget_stale(port)
        raise NotRunning(port)
    print(
        f"The embedded AWS serves on {status['endpoint']} (process {status['pid']}), region {status['region']}, "
        f"account {status['account']}; up for {status['uptime']:g} s, {status['connections']} open connections."
    )
    return 0


def _env(options: argparse.Namespace) -> int:
    state = _running(options)
    # What would win over the exports below: a token of another account, a profile, lower-case proxy variables.
    for stale in ("AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_DEFAULT_PROFILE", "https_proxy"):
        if stale in os.environ:
            print(f"unset {stale}")
    for name, value in state.environment().items():
        print(f"export {name}={shlex.quote(value)}")
    proxied = os.environ.get("HTTP_PROXY") or os.environ.get("http_proxy")
    if proxied:  # our endpoint is plain HTTP on loopback, which such a proxy cannot reach
        kept = os.environ.get("NO_PROXY") or os.environ.get("no_proxy") or ""
        if "127.0.0.1" not in kept:
            print(f"export NO_PROXY={shlex.quote(','.join(filter(None, [kept, '127.0.0.1'])))}")
    return 0


def _clock(options: argparse.Namespace) -> int:
    match options.step:
        case []:
            state = _running(options)
            clock = process.ask(state, "GET", "clock")
        case ["advance", duration]:
            parse_duration(duration)
            state = _running(options)
            clock = process.ask(state, "POST", "clock", body={"advance": duration})
        case other:
            asked = " ".join(other)
            raise LocalAwsError(f"There is no clock {asked!r}: say local-aws clock, or local-aws clock advance 10m.")
    if clock is None:
        raise NotRunning(state.port)
    ahead = timedelta(seconds=round(clock["ahead"]))
    print(f"{clock['now']} ({f'{ahead} ahead of real time' if ahead else 'real time'})")
    return 0


def _reset(options: argparse.Namespace) -> int:
    state = _running(options)
    if process.ask(state, "POST", "reset", seconds=60) is None:
        raise NotRunning(state.port)
    print(f"The embedded AWS on port {state.port} is empty again.")
    return 0

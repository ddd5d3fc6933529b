"""Measure a bare ``websockets`` server and the embedded AWS in one run, with one client program.

Prints ratios, which a noisy machine disturbs less than seconds, and keeps them in ``results/``. ``make bench`` runs it;
see README.md beside it.
"""

import argparse
import contextlib
import importlib.metadata
import json
import os
import platform
import shlex
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import boto3

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parent
LOCAL_AWS = Path(sys.executable).with_name("local-aws")
RESULTS = HERE / "results"

MESSAGES = {
    "bare server": '{"action":"send","message":"psst"}',
    "@connections": '{"action":"send","message":"psst"}',
    "route response": '{"action":"reply","message":"psst"}',
}
AIMS = {  # of each measure, as a ratio to the bare server's
    "@connections": {"median_ms": 8.0, "echoes_per_second": 600 / 21_000},
    "route response": {"median_ms": 5.0},
}
UNITS = {
    "median_ms": "echo, median, ms",
    "p99_ms": "echo, 99th percentile, ms",
    "echoes_per_second": "echoes/s, 50 clients",
    "connects_per_second": "connects/s, 200 at once",
    "refused": "refused, of 200 at once, in all rounds",
}

Measured = dict[str, float]


@contextlib.contextmanager
def bare_server() -> Iterator[str]:
    """The URL of a bare server, in a process of its own."""
    server = subprocess.Popen(
        [sys.executable, HERE / "bare.py"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert server.stdout is not None
        yield f"ws://127.0.0.1:{server.stdout.readline().strip()}"
    finally:
        server.communicate("")


@contextlib.contextmanager
def embedded_aws() -> Iterator[str]:
    """The URL of ``stack/``, deployed to an embedded AWS of its own."""
    with tempfile.TemporaryDirectory(prefix="benchmark-") as home:
        own = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "LOCAL_AWS_"))}
        own["LOCAL_AWS_HOME"] = home
        up = _output([LOCAL_AWS, "up", "--detach", "--port", "0"], own)
        port = up.split("http://127.0.0.1:")[1].split()[0]
        try:
            for line in _output([LOCAL_AWS, "env", "--port", port], own).splitlines():
                name, _, value = shlex.split(line)[-1].partition("=")
                own[name] = value
            folder = Path(home) / "stack"
            shutil.copytree(HERE / "stack", folder)
            shutil.copytree(PROJECT / "lambda", folder / "lambda")
            _output([PROJECT / "node_modules" / ".bin" / "osls", "deploy"], own, folder)
            os.environ.update(own)
            (stack,) = boto3.client("cloudformation").describe_stacks(StackName="benchmark-dev")["Stacks"]
            outputs = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
            api_id = outputs["ServiceEndpointWebsocket"].removeprefix("wss://").partition(".")[0]
            # without TLS, as the bare server; browsers use it
            yield f"ws://{api_id}.execute-api.localhost:{port}/dev"
        finally:
            _output([LOCAL_AWS, "down", "--port", port], own)


def _output(command: list[str | Path], environment: dict[str, str], folder: Path | None = None) -> str:
    done = subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


def measure(url: str, message: str) -> Measured:
    """The measurements that the client program makes of the server at ``url``."""
    client: list[str | Path] = [sys.executable, HERE / "client.py", url, message]
    measured: Measured = json.loads(subprocess.run(client, stdout=subprocess.PIPE, text=True, check=True).stdout)
    return measured


def run(rounds: int) -> dict[str, list[Measured]]:
    """Measure all servers in turn, ``rounds`` times."""
    measured: dict[str, list[Measured]] = {name: [] for name in MESSAGES}
    with bare_server() as bare, embedded_aws() as embedded:
        for number in range(rounds):
            for name, message in MESSAGES.items():
                print(f"round {number + 1} of {rounds}: {name} ...", file=sys.stderr, flush=True)
                measured[name].append(measure(bare if name == "bare server" else embedded, message))
    return measured


def summary(measured: dict[str, list[Measured]]) -> dict[str, dict[str, Measured]]:
    """For each measure, the median over the rounds, and the median of the rounds' ratios to the bare server."""
    bare = measured["bare server"]
    results: dict[str, dict[str, Measured]] = {}
    for name, rounds in measured.items():
        results[name] = {}
        for key in UNITS:
            results[name][key] = {"median": round(statistics.median(each[key] for each in rounds), 3)}
            if name != "bare server" and key != "refused":
                ratios = [own[key] / bare_round[key] for own, bare_round in zip(rounds, bare, strict=True)]
                results[name][key]["ratio"] = round(statistics.median(ratios), 4)
        results[name]["refused"]["total"] = sum(each["refused"] for each in rounds)
    return results


def table(results: dict[str, dict[str, Measured]]) -> str:
    """The summary as a table of text."""
    lines = []
    for key, unit in UNITS.items():
        lines.append(unit)
        for name, values in results.items():
            value, ratio, aim = values[key]["median"], values[key].get("ratio"), AIMS.get(name, {}).get(key)
            line = f"  {name:<16}{values[key].get('total', value):>12,.2f}"
            if ratio is not None:
                line += f"   {_times(ratio)} the bare server's"
            if aim is not None:
                line += f" (aim: {'at most' if aim > 1 else 'at least'} {_times(aim)})"
            lines.append(line)
    return "\n".join(lines)


def _times(ratio: float) -> str:
    return f"{ratio:.2f} times" if ratio >= 1 else f"1/{1 / ratio:.1f} of"


def main() -> None:
    """Run the benchmark, print the table, and keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="how often each is measured; default 3")
    results = summary(run(parser.parse_args().rounds))
    print(table(results))
    RESULTS.mkdir(exist_ok=True)
    now = datetime.now(UTC)
    machine = {
        "system": platform.system(),
        "machine": platform.machine(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "websockets": importlib.metadata.version("websockets"),
    }
    kept = RESULTS / f"{now:%Y-%m-%d}.json"
    kept.write_text(json.dumps({"measured": f"{now:%Y-%m-%d}", "on": machine, "results": results}, indent=2) + "\n")
    print(f"\nKept in {kept.relative_to(PROJECT)}.")


if __name__ == "__main__":
    main()

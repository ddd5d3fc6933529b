"""Run the conformance suite, and write its pages.

    python tools/conformance.py local         run it against the embedded AWS
    python tools/conformance.py ministack     install ministack into a folder of its own, run it against that
    python tools/conformance.py pages         write docs/conformance.md and docs/assumptions.md from what is there
    python tools/conformance.py check         say whether both pages are in step with their sources

The first two keep the result of each item in tests/conformance/results/ and write the pages.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.conformance.pages import MINISTACK, RESULTS, faults, pages  # noqa: E402

START_SECONDS = 60.0


def run_local() -> int:
    """Run the suite against an embedded AWS of its own, and return the exit status."""
    return _run("local")


def run_ministack() -> int:
    """Run the suite against ministack, in a venv and a process of its own. Items that fail there are no error."""
    with tempfile.TemporaryDirectory(prefix="ministack-") as folder, _ministack(Path(folder)) as address:
        return _run("ministack", "--target", address)


def _run(name: str, *arguments: str) -> int:
    where = RESULTS / f"{name}.json"
    command = [sys.executable, "-m", "pytest", "tests/conformance", "-q", "--tb=line", "--results", str(where)]
    done = subprocess.run(
        [*command, "--deselect", "tests/conformance/test_items.py", *arguments], cwd=ROOT, check=False
    )
    write_pages()
    return done.returncode if name == "local" else int(done.returncode not in (0, 1))


@contextmanager
def _ministack(folder: Path) -> Iterator[str]:
    """The URL of ministack on a free port of loopback, until the block ends; with boto3, as AWS's runtimes have it."""
    venv.create(folder / "venv", with_pip=True)
    python = folder / "venv" / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "-q", f"ministack=={MINISTACK}", "boto3"], check=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    own = {"HOME": str(folder), "BIND_HOST": "127.0.0.1", "GATEWAY_PORT": str(port)}
    path = f"{folder / 'venv' / 'bin'}{os.pathsep}{os.environ['PATH']}"
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [folder / "venv" / "bin" / "ministack"],
            env={**os.environ, **own, "PATH": path},
            cwd=folder,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    address = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + START_SECONDS
        while not _answers(f"{address}/_ministack/health"):
            if process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"ministack did not start:\n{(folder / 'log').read_text(errors='replace')[-2000:]}")
            time.sleep(0.2)
        yield address
    finally:
        process.terminate()
        process.wait(30)


def _answers(url: str) -> bool:
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url, timeout=2):
            return True
    except OSError:
        return False


def write_pages() -> int:
    """Write both pages."""
    for path, text in pages().items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        print(f"wrote {path.relative_to(ROOT)}")
    return 0


def check() -> int:
    """Print what is out of step in the pages. Returns 0 if nothing is."""
    found = faults()
    print(*found, sep="\n", end="\n" if found else "")
    return int(bool(found))


COMMANDS = {"local": run_local, "ministack": run_ministack, "pages": write_pages, "check": check}


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in COMMANDS:
        sys.exit(__doc__)
    sys.exit(COMMANDS[sys.argv[1]]())

"""Start the embedded AWS and open JupyterLab on the first notebook: `make lab`.

An embedded AWS that was up before is used and left up; one that this starts goes down with JupyterLab.
With WALKTHROUGH_CLOUD=aws nothing is started: your own account answers.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from types import FrameType

ROOT = Path(__file__).resolve().parent.parent
# as JupyterLab's front page rather than as its argument: so the address that --no-browser prints leads there too
FIRST = "--LabApp.default_url=/lab/tree/notebooks/00-start-here.ipynb"


def local_aws(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the local-aws command; its error output goes to the terminal."""
    return subprocess.run(["local-aws", *arguments], cwd=ROOT, text=True, stdout=subprocess.PIPE, check=False)


def for_root(arguments: list[str]) -> list[str]:
    """What JupyterLab wants before it runs as root, which is what one is in most containers."""
    said = any(argument.startswith(("--allow-root", "--ServerApp.allow_root")) for argument in arguments)
    return ["--allow-root"] if os.geteuid() == 0 and not said else []


def jupyter(arguments: list[str], shell: str = "") -> int:
    """Run JupyterLab, after the shell lines, until it ends by itself, by Ctrl-C, or because we are told to end."""
    extra = for_root(arguments)
    if extra:
        print(f"You are root here, so JupyterLab gets {extra[0]}.", flush=True)
    command = ["jupyter", "lab", FIRST, *extra, *arguments]
    labs: list[subprocess.Popen[bytes]] = []
    told: list[int] = []

    def pass_on(number: int, _frame: FrameType | None) -> None:
        told.append(number)
        for lab in labs:
            lab.send_signal(number)

    # before JupyterLab begins: a signal that came in between would end us and leave it behind
    signal.signal(signal.SIGTERM, pass_on)
    signal.signal(signal.SIGHUP, pass_on)
    # the terminal sends Ctrl-C to JupyterLab too, which asks whether it is meant: not ours to answer
    signal.signal(signal.SIGINT, lambda *_: None)
    lab = subprocess.Popen(["sh", "-c", 'eval "$1"; shift; exec "$@"', "sh", shell, *command], cwd=ROOT)
    labs.append(lab)
    if told:
        lab.send_signal(told[-1])
    return lab.wait()


def main(arguments: list[str]) -> int:
    """Return JupyterLab's exit status, or that of local-aws when it does not come up."""
    if os.environ.get("WALKTHROUGH_CLOUD", "local") != "local":
        return jupyter(arguments)
    ran_before = local_aws("status", "--json").returncode == 0
    up = local_aws("up", "--detach")
    print(up.stdout, end="", flush=True)
    if up.returncode != 0:
        return up.returncode
    try:
        return jupyter(arguments, local_aws("env").stdout)
    finally:
        if not ran_before:
            print(local_aws("down").stdout, end="", flush=True)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)

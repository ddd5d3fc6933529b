"""The runtimes that can be run: every ``python3.*``, with the interpreter at hand, and every ``bootstrap``."""

import hashlib
import importlib.util
import platform
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from local_aws.net.http import identifies_users

__all__ = [
    "BOOT",
    "SUPPORTED",
    "Client",
    "arn",
    "command",
    "default_client",
    "is_python",
    "is_supported",
    "link_runtime",
    "notice",
    "version",
]

SUPPORTED = "python3.*, provided.al2023, provided.al2 and provided"

Client = Literal["awslambdaric", "client"]
"""The runtime client of a Python sandbox: AWS's (``awslambdaric``), or ours (``inside/own_client.py``)."""

BOOT = Path(__file__).parent / "inside" / "boot.py"

# OS-only runtimes: the function brings everything but the operating system, which is the one at hand.
PROVIDED = {"provided.al2023": "al2023", "provided.al2": "al2", "provided": "al1"}

ARCHITECTURES = {"amd64": "x86_64", "x86_64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}
"""Lambda's names for the values of ``platform.machine()``."""

# What Lambda's Python has beside the standard library, and what its runtime client needs. A handler can import nothing
# else of our own environment, because it would not be there on AWS.
RUNTIME_PACKAGES = (
    "awslambdaric",
    "boto3",
    "botocore",
    "dateutil",
    "jmespath",
    "runtime_client",
    "s3transfer",
    "simplejson",
    "six",
    "snapshot_restore_py",
    "urllib3",
)


def is_supported(runtime: str) -> bool:
    """Return whether the embedded AWS can run a runtime."""
    return is_python(runtime) or runtime in PROVIDED


def is_python(runtime: str) -> bool:
    """Return whether a runtime is one of Lambda's managed Python runtimes."""
    return re.fullmatch(r"python3\.\d+", runtime) is not None


def default_client() -> Client:
    """Return ``awslambdaric`` if it is installed (it has wheels for Linux only), otherwise our own client."""
    # A platform may lack its compiled part (runtime_client). It accepts no secret, which some systems need
    # (``runtime_api``).
    found = importlib.util.find_spec("awslambdaric") and importlib.util.find_spec("runtime_client")
    return "awslambdaric" if found and identifies_users() else "client"


def link_runtime(folder: Path) -> None:
    """Make ``folder``, the ``LAMBDA_RUNTIME_DIR`` of Python: it has links to the packages that Lambda's Python has."""
    folder.mkdir(parents=True)
    for name in RUNTIME_PACKAGES:
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.origin is not None:
            source = Path(spec.origin)
            source = source.parent if source.name == "__init__.py" else source
            (folder / source.name).symlink_to(source)


def command(client: Client, handler: str, layers: Path, fence: str) -> Sequence[str]:
    """Return the command line of a Python sandbox; ``process.spawn`` replaces ``{lifeline}`` in it.

    ``-S`` keeps our own site-packages out. ``layers`` is the folder that is ``/opt`` on AWS; ``fence`` is a
    ``fence.plan``.
    """
    return [sys.executable, "-S", str(BOOT), "{lifeline}", fence, client, handler, str(layers)]


def version(runtime: str) -> str:
    """Return the runtime's version, as INIT_START gives it."""
    if runtime in PROVIDED:
        return f"provided:{PROVIDED[runtime]}.local"
    return f"python:{platform.python_version()}.local"


def arn(runtime: str, region: str) -> str:
    """Return the runtime's ARN, as INIT_START gives it: equal for equal interpreters, or equal OS-only runtimes."""
    machine = runtime if runtime in PROVIDED else f"{sys.implementation.cache_tag} {platform.python_version()}"
    return f"arn:aws:lambda:{region}::runtime:{hashlib.sha256(machine.encode()).hexdigest()}"


def notice(runtime: str, architecture: str) -> str | None:
    """Return a notice for the log if the function was made for something else than this machine has; else None.

    That is another version of Python or, for an OS-only runtime, another operating system or architecture: its
    bootstrap may be a program that does not run here.
    """
    if runtime in PROVIDED:
        here = (platform.system(), ARCHITECTURES.get(platform.machine().lower(), platform.machine()))
        if here == ("Linux", architecture):
            return None
        return (
            f"The function is for Linux on {architecture}; the embedded AWS runs its bootstrap with {here[0]} on "
            f"{here[1]}, the machine at hand."
        )
    if runtime == f"python{_minor()}":
        return None
    return (
        f"The runtime is {runtime}; the embedded AWS runs it with Python {platform.python_version()}, "
        "the interpreter at hand."
    )


def _minor() -> str:
    return f"{sys.version_info.major}.{sys.version_info.minor}"

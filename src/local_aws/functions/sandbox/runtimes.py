"""What can be run: the interpreter at hand under the name of any ``python3.*`` runtime, and any ``bootstrap``."""

import hashlib
import importlib.util
import platform
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from local_aws.net.http import tells

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
"""Who speaks to the Runtime API in a Python sandbox: AWS's own client, or ours beside this module."""

BOOT = Path(__file__).parent / "inside" / "boot.py"

# Of the OS-only runtimes the function brings everything along; the operating system is the one at hand.
PROVIDED = {"provided.al2023": "al2023", "provided.al2": "al2", "provided": "al1"}

ARCHITECTURES = {"amd64": "x86_64", "x86_64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}
"""Lambda's names for what machines call themselves."""

# What Lambda's Python has beside the standard library, and what its runtime client needs. Nothing else of our own
# environment is there for a handler to import, because it would not be there on AWS.
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
    """Whether the embedded AWS can run that runtime."""
    return is_python(runtime) or runtime in PROVIDED


def is_python(runtime: str) -> bool:
    """Whether it is one of Lambda's managed Python runtimes."""
    return re.fullmatch(r"python3\.\d+", runtime) is not None


def default_client() -> Client:
    """awslambdaric where it is installed (it has wheels for Linux only), our own client elsewhere."""
    # Its compiled half is what a platform may lack; and it takes no secret, where one is needed (``runtime_api``).
    found = importlib.util.find_spec("awslambdaric") and importlib.util.find_spec("runtime_client")
    return "awslambdaric" if found and tells() else "client"


def link_runtime(folder: Path) -> None:
    """Make ``folder`` Python's ``LAMBDA_RUNTIME_DIR``: links to what Lambda's Python brings along."""
    folder.mkdir(parents=True)
    for name in RUNTIME_PACKAGES:
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.origin is not None:
            source = Path(spec.origin)
            source = source.parent if source.name == "__init__.py" else source
            (folder / source.name).symlink_to(source)


def command(client: Client, handler: str, layers: Path, fence: str) -> Sequence[str]:
    """The command line of a Python sandbox; ``{lifeline}`` in it is for ``process.spawn`` to fill in.

    ``-S`` keeps our own site-packages out. ``layers`` is the folder that is ``/opt`` on AWS, ``fence`` a
    ``fence.plan``.
    """
    return [sys.executable, "-S", str(BOOT), "{lifeline}", fence, client, handler, str(layers)]


def version(runtime: str) -> str:
    """What INIT_START calls the runtime's version."""
    if runtime in PROVIDED:
        return f"provided:{PROVIDED[runtime]}.local"
    return f"python:{platform.python_version()}.local"


def arn(runtime: str, region: str) -> str:
    """What INIT_START calls the runtime's ARN: the same for the same interpreter, or the same operating system."""
    machine = runtime if runtime in PROVIDED else f"{sys.implementation.cache_tag} {platform.python_version()}"
    return f"arn:aws:lambda:{region}::runtime:{hashlib.sha256(machine.encode()).hexdigest()}"


def notice(runtime: str, architecture: str) -> str | None:
    """What to say in the log when what is at hand is not what the function was made for.

    That is the interpreter's version; or for an OS-only runtime the machine, as its bootstrap may be a program for
    another.
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

"""What can be run: the interpreter at hand, under the name of any ``python3.*`` runtime."""

import hashlib
import importlib.util
import platform
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

__all__ = ["SUPPORTED", "Client", "arn", "command", "default_client", "furnish", "is_supported", "notice", "version"]

SUPPORTED = "python3.*"

Client = Literal["awslambdaric", "client"]
"""Who speaks to the Runtime API in a sandbox: AWS's own client, or ours beside this module."""

BOOT = Path(__file__).with_name("boot.py")

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
    return re.fullmatch(r"python3\.\d+", runtime) is not None


def default_client() -> Client:
    """awslambdaric where it is installed (it has wheels for Linux only), our own client elsewhere."""
    # Its compiled half is what a platform may lack.
    found = importlib.util.find_spec("awslambdaric") and importlib.util.find_spec("runtime_client")
    return "awslambdaric" if found else "client"


def furnish(folder: Path) -> None:
    """Make ``folder`` the runtime's folder, ``LAMBDA_RUNTIME_DIR``: links to what Lambda's Python brings along."""
    folder.mkdir(parents=True)
    for name in RUNTIME_PACKAGES:
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.origin is not None:
            source = Path(spec.origin)
            source = source.parent if source.name == "__init__.py" else source
            (folder / source.name).symlink_to(source)


def command(client: Client, handler: str) -> Sequence[str]:
    """The command line of a sandbox; ``{lifeline}`` in it is for ``process.spawn`` to fill in.

    ``-S`` keeps our own site-packages out.
    """
    return [sys.executable, "-S", str(BOOT), "{lifeline}", client, handler]


def version() -> str:
    """What INIT_START calls the runtime's version."""
    return f"python:{platform.python_version()}.local"


def arn(region: str) -> str:
    """What INIT_START calls the runtime's ARN: the same for the same interpreter."""
    digest = hashlib.sha256(f"{sys.implementation.cache_tag} {platform.python_version()}".encode()).hexdigest()
    return f"arn:aws:lambda:{region}::runtime:{digest}"


def notice(runtime: str) -> str | None:
    """What to say in the log when the interpreter's version is not that of the runtime."""
    if runtime == f"python{_minor()}":
        return None
    return (
        f"The runtime is {runtime}; the embedded AWS runs it with Python {platform.python_version()}, "
        "the interpreter at hand."
    )


def _minor() -> str:
    return f"{sys.version_info.major}.{sys.version_info.minor}"

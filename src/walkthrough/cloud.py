"""Choose the AWS in use: the embedded one, or your own account. Only environment variables decide.

    from walkthrough import cloud
    cloud.use()

``WALKTHROUGH_CLOUD`` is ``local`` (the default) or ``aws``.
"""

import os
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from walkthrough.errors import WalkthroughError
from walkthrough.internal.project import tools_on_path

__all__ = ["Cloud", "ahead", "close", "closed", "use"]

LOOPBACK = ("127.0.0.1", "localhost")


@dataclass(frozen=True, slots=True)
class Cloud:
    """The AWS in use; ``name`` is ``local`` or ``aws``."""

    name: str
    description: str
    region: str

    def __str__(self) -> str:
        return f"{self.description}, region {self.region}"


_started_here = False
_closed = False


def use(name: str | None = None) -> Cloud:
    """Point everything that this notebook starts at one AWS, and return which one.

    Without a name, ``WALKTHROUGH_CLOUD`` decides. The embedded AWS is started if it is not up. May be called
    again at any time. Raises WalkthroughError with the next step when that AWS cannot be used.
    """
    chosen = name or os.environ.get("WALKTHROUGH_CLOUD") or "local"
    known = {"local": _use_local, "aws": _use_aws}
    if chosen not in known:
        raise WalkthroughError(f"WALKTHROUGH_CLOUD is {chosen!r}; it can be: {', '.join(known)}.")
    global _closed
    tools_on_path()
    _no_colours()
    cloud = known[chosen]()
    _closed = False
    os.environ["WALKTHROUGH_CLOUD"] = chosen
    return cloud


def close() -> None:
    """Stop the embedded AWS if this notebook started it; one that was up before stays up."""
    global _started_here, _closed
    if _started_here:
        _local_aws("down")
        _started_here, _closed = False, True
        print("The embedded AWS that this notebook started has stopped.")


def closed() -> bool:
    """Whether ``close()`` has stopped the AWS in use; everything that was in it is gone then."""
    return _closed


def ahead() -> float:
    """Seconds by which the AWS in use is ahead of this machine: the embedded one, after ``local-aws clock advance``."""
    endpoint = urlsplit(os.environ.get("AWS_ENDPOINT_URL", ""))
    if endpoint.hostname not in LOOPBACK:
        return 0
    answer = _local_aws("clock", "--port", str(endpoint.port))
    found = re.search(r"\((?:(\d+) days?, )?(\d+):(\d\d):(\d\d) ahead", answer)
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups()) if found else (0, 0, 0, 0)
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds).total_seconds()


def _no_colours() -> None:
    """Let commands in cells print no colour codes: ipykernel asks for them, and a notebook would keep them."""
    for variable in ("FORCE_COLOR", "CLICOLOR_FORCE"):
        os.environ.pop(variable, None)
    os.environ["NO_COLOR"] = "1"


def _use_local() -> Cloud:
    global _started_here
    up = _local_aws("up", "--detach")
    _started_here = _started_here or "already serves" not in up
    found = re.search(r"http://127\.0\.0\.1:(\d+)", up)
    if found:  # LOCAL_AWS_PORT=0 asks for any free port: from here on, use this one
        os.environ["LOCAL_AWS_PORT"] = found[1]
    for line in _local_aws("env").splitlines():
        command, *words = shlex.split(line)
        if command == "unset":
            os.environ.pop(words[0], None)
        elif command == "export":
            variable, _, value = words[0].partition("=")
            os.environ[variable] = value
    boto3.DEFAULT_SESSION = None  # it may hold the keys of an embedded AWS that has stopped since
    return Cloud("local", "The embedded AWS", os.environ["AWS_REGION"])


def _local_aws(*arguments: str) -> str:
    command = Path(sys.executable).with_name("local-aws")
    done = subprocess.run([str(command), *arguments], capture_output=True, text=True)
    if done.returncode != 0:
        raise WalkthroughError(done.stderr.strip() or f"local-aws {arguments[0]} failed.")
    return done.stdout


def _use_aws() -> Cloud:
    endpoint = os.environ.get("AWS_ENDPOINT_URL", "")
    if urlsplit(endpoint).hostname in LOOPBACK:
        raise WalkthroughError(
            f"WALKTHROUGH_CLOUD is 'aws', but AWS_ENDPOINT_URL points at {endpoint}. "
            "Start JupyterLab from a shell in which local-aws was never set up."
        )
    session = boto3.Session(region_name=os.environ.get("AWS_REGION"))  # boto3 itself reads AWS_DEFAULT_REGION only
    if session.region_name is None:
        raise WalkthroughError("No AWS region is set: set AWS_REGION, for example AWS_REGION=us-east-1.")
    try:
        account = session.client("sts").get_caller_identity()["Account"]
    except (BotoCoreError, ClientError) as error:
        raise WalkthroughError(
            f"Your AWS credentials do not work ({error}): set AWS_PROFILE, or AWS_ACCESS_KEY_ID and "
            "AWS_SECRET_ACCESS_KEY, to an account that may create this stack."
        ) from None
    os.environ["AWS_REGION"] = os.environ["AWS_DEFAULT_REGION"] = session.region_name
    return Cloud("aws", f"Your AWS account {account[:4]}…", session.region_name)

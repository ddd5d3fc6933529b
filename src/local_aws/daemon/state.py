"""The state folder by which others find a running embedded AWS: one per port, readable by its user only."""

import contextlib
import hmac
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import platformdirs

from local_aws.errors import HomeUnusable

__all__ = ["State", "check_home", "folder", "home", "make_folder", "usable_home"]


def home() -> Path:
    """Return the absolute path of the folder with all states: ``LOCAL_AWS_HOME``, or the system's place for state."""
    chosen = os.environ.get("LOCAL_AWS_HOME")
    return Path(chosen or platformdirs.user_state_dir("local-aws", appauthor=False)).absolute()


def folder(port: int) -> Path:
    """Return the folder of the embedded AWS on a port."""
    return home() / str(port)


def make_folder(port: int) -> Path:
    """Make the folder of a port if it is missing, and close it to other users, whatever the umask is."""
    path = folder(port)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.mkdir(mode=0o700, exist_ok=True)
    path.chmod(0o700)
    return path


def check_home() -> None:
    """Raise HomeUnusable if state cannot be read and written in the home. A missing home that can be made is fine."""
    with usable_home():
        path = home()
        while not path.is_dir():
            if path.exists():
                raise _unusable(f"{path} is not a folder")
            path = path.parent
        if not os.access(path, os.R_OK | os.W_OK | os.X_OK):
            raise _unusable(f"you may not read and write {path}")


@contextlib.contextmanager
def usable_home() -> Iterator[None]:
    """Raise an OSError of the code inside as HomeUnusable if it is about a file of the home or a folder above it."""
    try:
        yield
    except OSError as error:
        if not isinstance(error.filename, str):
            raise
        path = Path(error.filename)
        if not path.is_relative_to(home()) and not home().is_relative_to(path):
            raise
        raise _unusable(f"{path}: {error.strerror}") from None


def _unusable(reason: str) -> HomeUnusable:
    return HomeUnusable(str(home()), reason, chosen=bool(os.environ.get("LOCAL_AWS_HOME")))


@dataclass(frozen=True, slots=True)
class State:
    """What a client needs to reach the embedded AWS on ``port`` and to authenticate to it.

    ``started`` is in epoch seconds. ``birth`` distinguishes its process from a later one with the same id
    (``background.birth``).
    """

    pid: int
    birth: str
    port: int
    region: str
    account_id: str
    access_key_id: str
    secret_access_key: str
    token: str
    started: float

    @classmethod
    def read(cls, port: int) -> "State | None":
        """Read the state of a port; None if there is none or it cannot be read."""
        try:
            return cls(**json.loads((folder(port) / "state.json").read_text()))
        except (OSError, ValueError, TypeError):
            return None

    def write(self) -> None:
        """Write the state file, atomically."""
        path = folder(self.port) / "state.json"
        draft = path.with_suffix(".new")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump(asdict(self), file)
        draft.replace(path)

    @staticmethod
    def forget(port: int) -> None:
        """Delete the state file of a port; the log beside it stays."""
        (folder(port) / "state.json").unlink(missing_ok=True)

    @staticmethod
    def prepare(port: int) -> Path:
        """Make the folder for its user only, and delete what an earlier process left in it, except the log."""
        path = make_folder(port)
        for stale in ("state.json", "ca.pem", "bundle.pem"):
            (path / stale).unlink(missing_ok=True)
        shutil.rmtree(path / "functions", ignore_errors=True)
        return path

    @property
    def proxy_password(self) -> str:
        """The password of our proxy. Handlers have it too, so the token cannot be computed from it."""
        return hmac.digest(self.token.encode(), b"proxy", "sha256").hex()[:32]

    def environment(self) -> dict[str, str]:
        """The environment variables that point every AWS tool at it."""
        path = folder(self.port)
        endpoint = f"http://127.0.0.1:{self.port}"
        return {
            "AWS_ENDPOINT_URL": endpoint,
            "AWS_ACCESS_KEY_ID": self.access_key_id,
            "AWS_SECRET_ACCESS_KEY": self.secret_access_key,
            "AWS_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,
            "HTTPS_PROXY": f"http://local-aws:{self.proxy_password}@127.0.0.1:{self.port}",
            "AWS_CA_BUNDLE": str(path / "bundle.pem"),
            "SSL_CERT_FILE": str(path / "bundle.pem"),
            "NODE_EXTRA_CA_CERTS": str(path / "ca.pem"),
            # osls asks CloudFormation every 5 s for the events of a deployment, which takes one second here
            "SLS_AWS_MONITORING_FREQUENCY": "100",
        }

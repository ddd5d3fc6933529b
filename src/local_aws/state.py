"""What a running embedded AWS leaves for others to find it: one folder a port, readable by its user only."""

import hmac
import json
import os
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path

import platformdirs

__all__ = ["State", "folder", "make_folder"]


def folder(port: int) -> Path:
    """The folder of the embedded AWS on a port; ``LOCAL_AWS_HOME`` moves them all."""
    home = os.environ.get("LOCAL_AWS_HOME") or platformdirs.user_state_dir("local-aws", appauthor=False)
    return Path(home) / str(port)


def make_folder(port: int) -> Path:
    """The same, made where it is missing, and closed to all but its user, whatever the umask says."""
    path = folder(port)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.mkdir(mode=0o700, exist_ok=True)
    path.chmod(0o700)
    return path


@dataclass(frozen=True, slots=True)
class State:
    """How to reach and to authenticate to the embedded AWS on ``port``. ``started`` is in epoch seconds."""

    pid: int
    port: int
    region: str
    account_id: str
    access_key_id: str
    secret_access_key: str
    token: str
    started: float

    @classmethod
    def read(cls, port: int) -> "State | None":
        """What was left for this port; None when nothing was, or nothing that can be read."""
        try:
            return cls(**json.loads((folder(port) / "state.json").read_text()))
        except (OSError, ValueError, TypeError):
            return None

    def write(self) -> None:
        """Leave it, whole or not at all."""
        path = folder(self.port) / "state.json"
        draft = path.with_suffix(".new")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump(asdict(self), file)
        draft.replace(path)

    @staticmethod
    def forget(port: int) -> None:
        """Take the state of a port back; the log beside it stays."""
        (folder(port) / "state.json").unlink(missing_ok=True)

    @staticmethod
    def prepare(port: int) -> Path:
        """Make the folder, empty of what an earlier process left, for its user only."""
        path = make_folder(port)
        for stale in ("state.json", "ca.pem", "bundle.pem"):
            (path / stale).unlink(missing_ok=True)
        shutil.rmtree(path / "functions", ignore_errors=True)
        return path

    @property
    def proxy_password(self) -> str:
        """The password of our proxy, which handlers have too: the token cannot be found out from it."""
        return hmac.digest(self.token.encode(), b"proxy", "sha256").hex()[:32]

    def environment(self) -> dict[str, str]:
        """The variables that point every AWS tool at it (architecture: the environment)."""
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
            # osls asks CloudFormation every 5 s for news of a deployment that takes one second here
            "SLS_AWS_MONITORING_FREQUENCY": "100",
        }

"""The access keys that this embedded AWS has given out; nobody else's opens it."""

import secrets
import string
from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["Credentials", "Keyring"]

_KEY_ALPHABET = string.ascii_uppercase + "234567"  # AWS's key ids are base32
_SECRET_ALPHABET = string.ascii_letters + string.digits + "+/"


@dataclass(frozen=True, slots=True)
class Credentials:
    """An access key; with a session token and its end (epoch seconds) when it is a role's."""

    access_key_id: str
    secret_access_key: str
    session_token: str | None = None
    expires: float | None = None

    @classmethod
    def new(cls) -> "Credentials":
        """A fresh random long-term key, of AWS's shape."""
        key_id = "AKIA" + "".join(secrets.choice(_KEY_ALPHABET) for _ in range(16))
        return cls(key_id, "".join(secrets.choice(_SECRET_ALPHABET) for _ in range(40)))

    def __repr__(self) -> str:
        return f"Credentials({self.access_key_id!r}, ...)"  # a secret must not reach a log


class Keyring:
    """Every key that is valid now, by its id.

    ``elsewhere`` is asked for keys that were not added: those that callers of IAM and STS have made for themselves.
    """

    def __init__(self, elsewhere: Callable[[str], Credentials | None] = lambda key: None) -> None:
        self._keys: dict[str, Credentials] = {}
        self._elsewhere = elsewhere

    def add(self, credentials: Credentials) -> None:
        """From now on this key opens."""
        self._keys[credentials.access_key_id] = credentials

    def get(self, access_key_id: str) -> Credentials | None:
        """The key of that id, or None."""
        return self._keys.get(access_key_id) or self._elsewhere(access_key_id)

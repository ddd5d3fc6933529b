"""The access keys that this embedded AWS has issued; it accepts no others."""

import secrets
import string
from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["Credentials", "Keyring"]

_KEY_ALPHABET = string.ascii_uppercase + "234567"  # AWS's key ids are base32
_SECRET_ALPHABET = string.ascii_letters + string.digits + "+/"


@dataclass(frozen=True, slots=True)
class Credentials:
    """An access key; a key of a session also has a token and an end (``expires``, in epoch seconds)."""

    access_key_id: str
    secret_access_key: str
    session_token: str | None = None
    expires: float | None = None

    @classmethod
    def new(cls) -> "Credentials":
        """A new random long-term key, in AWS's format."""
        key_id = "AKIA" + "".join(secrets.choice(_KEY_ALPHABET) for _ in range(16))
        return cls(key_id, "".join(secrets.choice(_SECRET_ALPHABET) for _ in range(40)))

    def __repr__(self) -> str:
        return f"Credentials({self.access_key_id!r}, ...)"  # a secret must not reach a log


class Keyring:
    """Every valid key, by its id.

    ``elsewhere`` finds keys that were not added here: those that callers made with IAM and STS.
    """

    def __init__(self, elsewhere: Callable[[str], Credentials | None] = lambda key: None) -> None:
        self._keys: dict[str, Credentials] = {}
        self._elsewhere = elsewhere

    def add(self, credentials: Credentials) -> None:
        """Accept this key from now on."""
        self._keys[credentials.access_key_id] = credentials

    def get(self, access_key_id: str) -> Credentials | None:
        """The key with this id, or None."""
        return self._keys.get(access_key_id) or self._elsewhere(access_key_id)

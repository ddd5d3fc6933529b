"""Whose process is at the other end of a connection on loopback."""

import os
from pathlib import Path

__all__ = ["is_own", "user_of"]

TABLE = Path("/proc/net/tcp")


def is_own(client: tuple[str, int], port: int) -> bool:
    """Whether a client of our ``port`` is the user who runs us; where the system does not tell (macOS), it is."""
    return user_of(client, port) in (None, os.getuid())


def user_of(client: tuple[str, int], port: int) -> int | None:
    """The user id of a client of our ``port``, by its address; None where the system does not tell."""
    theirs, ours = _hex(client[1]), _hex(port)
    try:
        lines = TABLE.read_text().splitlines()
    except OSError:
        return None
    for line in lines[1:]:
        _, local, remote, _, _, _, _, uid, *_ = line.split()
        if local.endswith(theirs) and remote.endswith(ours):
            return int(uid)
    return None


def _hex(port: int) -> str:
    return f":{port:04X}"

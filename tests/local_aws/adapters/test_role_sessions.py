"""How long one session of a role serves, before another is begun."""

import asyncio
from typing import cast

import pytest

from local_aws.adapters import role_sessions
from local_aws.adapters.role_sessions import RoleSessions
from local_aws.control_plane import ControlPlane
from local_aws.iam import Credentials, Keyring

ROLE = "arn:aws:iam::123456789012:role/send"


class Sts:
    """Begins sessions, each with a key of its own, as the control plane does."""

    def __init__(self) -> None:
        self.keyring = Keyring()
        self.begun: list[tuple[str, str, int]] = []

    async def assume_role(self, role: str, session_name: str, seconds: int) -> tuple[str, str, str]:
        self.begun.append((role, session_name, seconds))
        key = (f"ASIA{len(self.begun)}", "secret", "token")
        self.keyring.add(Credentials(*key))
        return key


@pytest.fixture
def sts() -> Sts:
    return Sts()


@pytest.fixture
def sessions(sts: Sts) -> RoleSessions:
    return RoleSessions(cast(ControlPlane, sts), sts.keyring)


def key(sessions: RoleSessions, name: str = "send") -> str:
    """The key of a session of the role."""
    return asyncio.run(sessions.assume(ROLE, name)).access_key_id


def test_a_session_serves_again(sts: Sts, sessions: RoleSessions) -> None:
    """It lasts longer than a sandbox lives, and is begun once."""
    assert [key(sessions), key(sessions)] == ["ASIA1", "ASIA1"]
    assert [(ROLE, "send", 12 * 60 * 60)] == sts.begun


def test_each_session_name_has_its_own(sessions: RoleSessions) -> None:
    """Two functions in one role are two sessions."""
    assert key(sessions, "one") != key(sessions, "two")


def test_a_session_near_its_end_is_renewed(sessions: RoleSessions, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is given one that has served for long, since a sandbox keeps it."""
    monkeypatch.setattr(role_sessions, "RENEWAL_SECONDS", 0)
    assert [key(sessions), key(sessions)] == ["ASIA1", "ASIA2"]


def test_a_session_whose_key_is_gone_is_renewed(sts: Sts, sessions: RoleSessions) -> None:
    """As after its role was deleted and made again."""
    assert "ASIA1" == key(sessions)
    sts.keyring._keys.clear()
    assert "ASIA2" == key(sessions)


def test_what_is_forgotten_is_begun_anew(sessions: RoleSessions) -> None:
    """After a reset, no session of before is handed out."""
    assert "ASIA1" == key(sessions)
    sessions.forget()
    assert "ASIA2" == key(sessions)

"""The sessions of roles that services take: credentials for a function, for API Gateway, for a destination."""

import time

from local_aws.control_plane import ControlPlane
from local_aws.iam import Credentials, Keyring

__all__ = ["RoleSessions"]

SESSION_SECONDS = 12 * 60 * 60  # how long a session lasts: longer than a sandbox lives
RENEWAL_SECONDS = 45 * 60  # how long a session is given to new sandboxes


class RoleSessions:
    """One session for each role and session name. STS ends sessions on the machine's own clock, as the guard does."""

    def __init__(self, control_plane: ControlPlane, keyring: Keyring) -> None:
        self._control_plane = control_plane
        self._keyring = keyring
        self._sessions: dict[tuple[str, str], tuple[float, Credentials]] = {}

    async def assume(self, role: str, session_name: str) -> Credentials:
        """The role's credentials, the same ones until they are near their end.

        Whether the role trusts the service is for the caller to ask.
        """
        now = time.time()
        renewal, credentials = self._sessions.get((role, session_name), (0.0, None))
        if credentials is None or renewal <= now or self._keyring.get(credentials.access_key_id) is None:
            credentials = Credentials(*await self._control_plane.assume_role(role, session_name, SESSION_SECONDS))
            self._sessions[role, session_name] = (now + RENEWAL_SECONDS, credentials)
        return credentials

    def forget(self) -> None:
        """Drop every session, because the roles are gone."""
        self._sessions.clear()

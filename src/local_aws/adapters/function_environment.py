"""The environment variables that let a handler reach this AWS, in its own role."""

from collections.abc import Mapping

from local_aws.adapters.account_access import LAMBDA, AccountAccess
from local_aws.adapters.role_sessions import RoleSessions
from local_aws.errors import RoleNotAssumable
from local_aws.functions import FunctionConfiguration

__all__ = ["FunctionEnvironment"]


class FunctionEnvironment:
    """``reach`` holds the variables that point every AWS tool at this AWS; keys and region are each function's own."""

    def __init__(self, access: AccountAccess, sessions: RoleSessions, reach: Mapping[str, str]) -> None:
        self._access = access
        self._sessions = sessions
        self._reach = reach

    async def variables(self, configuration: FunctionConfiguration) -> Mapping[str, str]:
        """What a new sandbox of the function is given. Raises RoleNotAssumable when the role does not trust Lambda."""
        if not self._access.may_assume(LAMBDA, configuration.role):
            raise RoleNotAssumable(configuration.role)
        credentials = await self._sessions.assume(configuration.role, configuration.name)
        return {
            **self._reach,
            "AWS_REGION": configuration.region,
            "AWS_DEFAULT_REGION": configuration.region,
            "AWS_ACCESS_KEY_ID": credentials.access_key_id,
            "AWS_SECRET_ACCESS_KEY": credentials.secret_access_key,
            "AWS_SESSION_TOKEN": credentials.session_token or "",
        }

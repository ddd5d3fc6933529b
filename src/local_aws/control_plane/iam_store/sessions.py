"""Patches moto's STS: the session policies and the duration of AssumeRole, and the identity of the account's own key.

Seen in moto 5.2.5: AssumeRole drops ``PolicyArns``, so that a session may do more than on AWS, and accepts any
duration; GetCallerIdentity answers the user ``moto`` for a key that moto did not create.
"""

from typing import Any

from moto.iam.models import iam_backends
from moto.sts.exceptions import STSValidationError
from moto.sts.models import STSBackend
from moto.sts.responses import TokenResponse

from local_aws.patching import patch

__all__ = ["apply_patches"]

DEFAULT_SECONDS = 3600


def apply_patches() -> None:
    """Patch AssumeRole and GetCallerIdentity."""
    patch(TokenResponse, "assume_role", _assume_role)
    patch(STSBackend, "get_caller_identity", _get_caller_identity)


def _assume_role(self: Any) -> Any:
    arn, seconds = self._get_param("RoleArn"), self._get_int_param("DurationSeconds", DEFAULT_SECONDS)
    roles = list(iam_backends[self.current_account][self.partition].roles.values())
    role = next((role for role in roles if role.arn == arn), None)
    if role is not None and seconds > int(role.max_session_duration or DEFAULT_SECONDS):
        raise STSValidationError("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
    answer = self._assume_role_of_moto()
    policies = self._get_param("PolicyArns") or []
    answer.result["Credentials"].policy_arns = [each["arn"] for each in policies]
    return answer


def _get_caller_identity(self: Any, access_key_id: str, region: str) -> tuple[str, str, str]:
    user_id, arn, account = self._get_caller_identity_of_moto(access_key_id, region)
    if arn.endswith(":user/moto"):
        return account, f"arn:{self.partition}:iam::{account}:root", account
    return user_id, arn, account

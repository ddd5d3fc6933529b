"""API Gateway's settings for the whole account in a region: those that UpdateAccount of its first API changes.

moto 5.2.5 takes every role for writing logs; AWS refuses one that does not trust API Gateway, or may not write.
"""

from typing import Any

from moto.apigateway.exceptions import BadRequestException
from moto.apigateway.models import APIGatewayBackend, apigateway_backends

from local_aws.control_plane.iam_store.principals import role_principal, trusts
from local_aws.iam.policies import Ask, Decision, decide
from local_aws.patching import patch

__all__ = ["apply_patches", "cloudwatch_role", "set_cloudwatch_role"]

WRITES = ("logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents")
WELCOME = "log-group:/aws/apigateway/welcome:log-stream:"  # what AWS writes to when the role is set
REFUSED = (
    "The role ARN does not have required permissions configured. Please grant trust permission for API Gateway and add "
    "the required role policy."
)


def cloudwatch_role(account_id: str, region: str) -> str | None:
    """The role with which API Gateway writes logs; None as long as none is set (spec 253)."""
    role: str | None = apigateway_backends[account_id][region].account.cloudwatch_role_arn
    return role or None


def set_cloudwatch_role(account_id: str, region: str, role: str | None) -> None:
    """Set it, or take it away. Raises moto's BadRequestException for a role that cannot be used."""
    operation = {"op": "replace", "path": "/cloudwatchRoleArn", "value": role}
    apigateway_backends[account_id][region].update_account([operation])


def apply_patches() -> None:
    """Have moto refuse those roles."""
    patch(APIGatewayBackend, "update_account", _update_account)


def _update_account(self: Any, patch_operations: list[dict[str, Any]]) -> Any:
    for operation in patch_operations:
        role = operation.get("value")
        if operation["path"] == "/cloudwatchRoleArn" and role and not _can_log(self.account_id, self.region_name, role):
            raise BadRequestException(REFUSED)
    return self._update_account_of_moto(patch_operations)


def _can_log(account_id: str, region: str, role: str) -> bool:
    found = role_principal(account_id, role, "session")
    if found is None or not trusts(account_id, role, "apigateway.amazonaws.com"):
        return False
    resource = f"arn:aws:logs:{region}:{account_id}:{WELCOME}"
    return all(decide(found.policies, Ask(action, resource)) is Decision.ALLOWED for action in WRITES)

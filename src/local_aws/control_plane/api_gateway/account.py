"""API Gateway's settings for the whole account in a region, which UpdateAccount changes (an operation of REST APIs).

moto 5.2.5 accepts any role for writing logs; AWS rejects one that does not trust API Gateway or may not write.
"""

from typing import Any

from moto.apigateway.exceptions import BadRequestException
from moto.apigateway.models import APIGatewayBackend, apigateway_backends

from local_aws.control_plane.iam_store.principals import role_principal, trusts
from local_aws.iam.policy_evaluation import Ask, Decision, decide
from local_aws.patching import patch

__all__ = ["apply_patches", "cloudwatch_role", "set_cloudwatch_role"]

LOG_ACTIONS = ("logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents")
WELCOME_STREAM = "log-group:/aws/apigateway/welcome:log-stream:"  # what AWS writes to when the role is set
ROLE_CANNOT_LOG = (
    "The role ARN does not have required permissions configured. Please grant trust permission for API Gateway and add "
    "the required role policy."
)


def cloudwatch_role(account_id: str, region: str) -> str | None:
    """The ARN of the role with which API Gateway writes logs; None if none is set (spec 253)."""
    role: str | None = apigateway_backends[account_id][region].account.cloudwatch_role_arn
    return role or None


def set_cloudwatch_role(account_id: str, region: str, role: str | None) -> None:
    """Set the role, or remove it with None. Raises moto's BadRequestException if the role cannot be used."""
    operation = {"op": "replace", "path": "/cloudwatchRoleArn", "value": role}
    apigateway_backends[account_id][region].update_account([operation])


def apply_patches() -> None:
    """Have moto reject roles that cannot write logs."""
    patch(APIGatewayBackend, "update_account", _update_account)


def _update_account(self: Any, patch_operations: list[dict[str, Any]]) -> Any:
    for operation in patch_operations:
        role = operation.get("value")
        if operation["path"] == "/cloudwatchRoleArn" and role and not _can_log(self.account_id, self.region_name, role):
            raise BadRequestException(ROLE_CANNOT_LOG)
    return self._update_account_of_moto(patch_operations)


def _can_log(account_id: str, region: str, role: str) -> bool:
    found = role_principal(account_id, role, "session")
    if found is None or not trusts(account_id, role, "apigateway.amazonaws.com"):
        return False
    resource = f"arn:aws:logs:{region}:{account_id}:{WELCOME_STREAM}"
    return all(decide(found.policies, Ask(action, resource)) is Decision.ALLOWED for action in LOG_ACTIONS)

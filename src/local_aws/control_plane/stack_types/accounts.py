"""``AWS::ApiGateway::Account``: the role with which API Gateway writes logs. moto 5.2.5 does not know the type.

There is one account a region, whoever sets it; deleting the resource leaves the role as it is, as on AWS.
"""

import secrets
from typing import Any

from moto.core.common_models import CloudFormationModel

from local_aws.control_plane.account import set_cloudwatch_role
from local_aws.control_plane.stack_types.mending import Resource

__all__ = ["REPLACED_BY", "Account"]

REPLACED_BY: dict[str, frozenset[str]] = {"AWS::ApiGateway::Account": frozenset()}


class Account(Resource, CloudFormationModel):  # type: ignore[misc]
    """The settings, as a resource of a stack."""

    attributes = ("Id",)

    def __init__(self, identifier: str) -> None:
        self.physical_resource_id = identifier

    @staticmethod
    def cloudformation_type() -> str:
        return "AWS::ApiGateway::Account"

    @classmethod
    def create_from_cloudformation_json(
        cls,
        resource_name: str,
        cloudformation_json: dict[str, Any],
        account_id: str,
        region_name: str,
        **context: Any,
    ) -> Any:
        _set(cloudformation_json, account_id, region_name)
        return cls(f"{resource_name[:100]}-{secrets.token_hex(6)}")

    @classmethod
    def update_from_cloudformation_json(
        cls,
        original_resource: "Account",
        new_resource_name: str,
        cloudformation_json: dict[str, Any],
        account_id: str,
        region_name: str,
    ) -> "Account":
        _set(cloudformation_json, account_id, region_name)
        return original_resource

    def delete(self, account_id: str, region_name: str) -> None:
        """Nothing: the settings are not the stack's."""


def _set(cloudformation_json: dict[str, Any], account_id: str, region: str) -> None:
    role = (cloudformation_json.get("Properties") or {}).get("CloudWatchRoleArn")
    set_cloudwatch_role(account_id, region, role)

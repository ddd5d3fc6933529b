"""``AWS::ApiGateway::Account``: the role with which API Gateway writes logs. moto 5.2.5 does not know the type.

All stacks of a region share one account's settings; deleting the resource leaves the role set, as on AWS.
"""

import secrets
from typing import Any

from moto.core.common_models import CloudFormationModel

from local_aws.control_plane.api_gateway.account import set_cloudwatch_role
from local_aws.control_plane.cloudformation.types.base import OwnResource, Properties

__all__ = ["REPLACED_BY", "Account"]

REPLACED_BY: dict[str, frozenset[str]] = {"AWS::ApiGateway::Account": frozenset()}


class Account(OwnResource, CloudFormationModel):  # type: ignore[misc]
    """API Gateway's account settings, as a resource of a stack."""

    attributes = ("Id",)

    def __init__(self, identifier: str) -> None:
        self.physical_resource_id = identifier

    @staticmethod
    def cloudformation_type() -> str:
        return "AWS::ApiGateway::Account"

    @classmethod
    def create(cls, name: str, properties: Properties, account_id: str, region: str) -> Any:
        _set(properties, account_id, region)
        return cls(f"{name[:100]}-{secrets.token_hex(6)}")

    def update(self, properties: Properties, account_id: str, region: str) -> None:
        _set(properties, account_id, region)

    def delete(self, account_id: str, region_name: str) -> None:
        """Do nothing: the settings outlive the stack."""


def _set(properties: Properties, account_id: str, region: str) -> None:
    set_cloudwatch_role(account_id, region, properties.get("CloudWatchRoleArn"))

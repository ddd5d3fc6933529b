"""``AWS::Lambda::EventInvokeConfig``: settings of asynchronous invocation. moto 5.2.5 does not know the type."""

from typing import Any

from moto.awslambda.exceptions import LambdaClientError
from moto.awslambda.models import lambda_backends
from moto.core.common_models import CloudFormationModel

from local_aws.control_plane.cloudformation.types.base import OwnResource, Properties
from local_aws.control_plane.lambda_api.event_settings import delete_event_settings, put_event_settings

__all__ = ["REPLACED_BY", "EventInvokeConfig"]

REPLACED_BY = {"AWS::Lambda::EventInvokeConfig": frozenset({"FunctionName", "Qualifier"})}

_NUMBERS = ("MaximumRetryAttempts", "MaximumEventAgeInSeconds")


class EventInvokeConfig(OwnResource, CloudFormationModel):  # type: ignore[misc]
    """A config as a resource of a stack; its physical id is the function and the qualifier."""

    def __init__(self, function_name: str, qualifier: str) -> None:
        self.function_name = function_name
        self.qualifier = qualifier
        self.physical_resource_id = f"{function_name}|{qualifier}"

    @staticmethod
    def cloudformation_type() -> str:
        return "AWS::Lambda::EventInvokeConfig"

    @classmethod
    def create(cls, name: str, properties: Properties, account_id: str, region: str) -> Any:
        config = cls(properties["FunctionName"], properties["Qualifier"])
        config._put(properties, account_id, region)
        return config

    def update(self, properties: Properties, account_id: str, region: str) -> None:
        self._put(properties, account_id, region)

    def delete(self, account_id: str, region_name: str) -> None:
        """Delete the config; if its function is deleted, the config is too."""
        try:
            delete_event_settings(lambda_backends[account_id][region_name], self.function_name, self.qualifier)
        except LambdaClientError:
            return

    def _put(self, properties: Properties, account_id: str, region: str) -> None:
        settings = {key: int(value) if key in _NUMBERS else value for key, value in properties.items()}
        put_event_settings(lambda_backends[account_id][region], self.function_name, self.qualifier, settings)

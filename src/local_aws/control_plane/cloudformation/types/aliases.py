"""``AWS::Lambda::Alias``, and Lambda's checks of an alias.

Seen in moto 5.2.5: the type is missing; any routing is accepted; a second alias with the same name answers
ConflictException instead of ResourceConflictException.
"""

from typing import Any

from moto.awslambda.exceptions import ConflictException, InvalidParameterValueException, LambdaClientError
from moto.awslambda.models import LambdaAlias, LambdaStorage, lambda_backends
from moto.core.common_models import CloudFormationModel

from local_aws.control_plane.cloudformation.types.base import OwnResource, Properties
from local_aws.control_plane.lambda_api.event_settings import LATEST, forget_event_settings
from local_aws.control_plane.lambda_api.function_settings import ResourceConflict
from local_aws.patching import patch

__all__ = ["REPLACED_BY", "Alias", "apply_patches"]

REPLACED_BY = {"AWS::Lambda::Alias": frozenset({"FunctionName", "Name"})}

Routing = dict[str, Any]


def apply_patches() -> None:
    """Patch moto's operations on aliases."""
    patch(LambdaStorage, "put_alias", _put_alias)
    patch(LambdaStorage, "update_alias", _update_alias)
    patch(LambdaStorage, "delete_alias", _delete_alias)
    patch(LambdaAlias, "to_json", lambda self: {k: v for k, v in self._to_json_of_moto().items() if v is not None})


def _put_alias(
    self: Any,
    name: str,
    function_name: str,
    function_version: str,
    description: str,
    routing_config: Routing | None,
) -> Any:
    _check_routing(self, function_name, function_version, routing_config)
    try:
        return self._put_alias_of_moto(name, function_name, function_version, description, routing_config)
    except ConflictException as error:
        raise ResourceConflict(error.message) from None


def _update_alias(
    self: Any,
    name: str,
    function_name: str,
    function_version: str | None,
    description: str | None,
    routing_config: Routing | None,
) -> Any:
    alias = self.get_alias(name, function_name)
    routing = alias.routing_config if routing_config is None else routing_config
    _check_routing(self, function_name, function_version or alias.function_version, routing)
    return self._update_alias_of_moto(name, function_name, function_version, description, routing_config)


def _delete_alias(self: Any, name: str, function_name: str) -> None:
    self._delete_alias_of_moto(name, function_name)
    forget_event_settings(self.get_function_by_name_or_arn_with_qualifier(function_name), name)


def _check_routing(storage: Any, function_name: str, version: str, routing: Routing | None) -> None:
    """Raise AWS's error for a routing that Lambda rejects; the texts are those that people quote."""
    weights = (routing or {}).get("AdditionalVersionWeights") or {}
    if len(weights) > 1:
        raise InvalidParameterValueException("Number of items in AdditionalVersionWeights cannot be greater than 1")
    for other, weight in weights.items():
        if LATEST in (version, other):
            raise InvalidParameterValueException(
                "$LATEST is not supported for an alias pointing to more than 1 version"
            )
        if other == version:
            raise InvalidParameterValueException(
                f"Invalid function version {version}. Function version {version} is already included in routing "
                "configuration."
            )
        if not 0 <= float(weight) <= 1:
            raise LambdaClientError(
                "ValidationException",
                f"1 validation error detected: Value '{{{other}={weight}}}' at "
                "'routingConfig.additionalVersionWeights' failed to satisfy constraint: Map value must satisfy "
                "constraint: [Member must have value less than or equal to 1.0, Member must have value greater than "
                "or equal to 0.0]",
            )
        storage.get_function_by_name_or_arn_with_qualifier(function_name, other)


class Alias(OwnResource, CloudFormationModel):  # type: ignore[misc]
    """An alias as a resource of a stack; its physical id is its ARN."""

    attributes = ("AliasArn",)

    def __init__(self, function_name: str, name: str, arn: str) -> None:
        self.function_name = function_name
        self.name = name
        self.physical_resource_id = arn

    @staticmethod
    def cloudformation_type() -> str:
        return "AWS::Lambda::Alias"

    @classmethod
    def create(cls, name: str, properties: Properties, account_id: str, region: str) -> Any:
        alias = lambda_backends[account_id][region].create_alias(
            properties["Name"],
            properties["FunctionName"],
            str(properties["FunctionVersion"]),
            properties.get("Description", ""),
            _routing(properties),
        )
        return cls(properties["FunctionName"], alias.name, alias.arn)

    def update(self, properties: Properties, account_id: str, region: str) -> None:
        lambda_backends[account_id][region].update_alias(
            self.name,
            self.function_name,
            str(properties["FunctionVersion"]),
            properties.get("Description", ""),
            _routing(properties) or {},
        )

    def delete(self, account_id: str, region_name: str) -> None:
        """Delete the alias; if its function is deleted, the alias is too."""
        try:
            lambda_backends[account_id][region_name].delete_alias(self.name, self.function_name)
        except LambdaClientError:
            return


def _routing(properties: Properties) -> Routing | None:
    """The API's map of version → weight, from CloudFormation's list."""
    weights = (properties.get("RoutingConfig") or {}).get("AdditionalVersionWeights")
    if not weights:
        return None
    return {
        "AdditionalVersionWeights": {str(each["FunctionVersion"]): float(each["FunctionWeight"]) for each in weights}
    }

"""``AWS::ApiGatewayV2::DomainName`` and ``ApiMapping`` (spec 273)."""

from collections.abc import Mapping
from typing import Any

from moto.core.common_models import CloudFormationModel

from local_aws.control_plane.api_gateway.domain_names import DomainNames
from local_aws.control_plane.api_gateway.validation import NotFound
from local_aws.control_plane.cloudformation.types.base import OwnResource, Properties
from local_aws.control_plane.cloudformation.types.websocket_apis import websocket_apis_of

__all__ = ["REPLACED_BY", "all_domain_names", "domain_names_of", "forget_domain_names"]

REPLACED_BY = {
    "AWS::ApiGatewayV2::DomainName": frozenset({"DomainName"}),
    "AWS::ApiGatewayV2::ApiMapping": frozenset({"DomainName"}),
}

_names: dict[tuple[str, str], DomainNames] = {}


def domain_names_of(account_id: str, region: str) -> DomainNames:
    """The custom domain names of an account and region."""
    if (account_id, region) not in _names:
        _names[account_id, region] = DomainNames(websocket_apis_of(account_id, region))
    return _names[account_id, region]


def all_domain_names() -> list[DomainNames]:
    """The domain names of all accounts and regions in use."""
    return list(_names.values())


def forget_domain_names() -> None:
    """Delete all domain names."""
    _names.clear()


def _camel(value: Any) -> Any:
    if isinstance(value, list):
        return [_camel(each) for each in value]
    if isinstance(value, dict):
        return {key[:1].lower() + key[1:]: _camel(each) for key, each in value.items()}
    return value


def _fields(properties: Mapping[str, Any]) -> dict[str, Any]:
    fields: dict[str, Any] = _camel({key: value for key, value in properties.items() if key != "Tags"})
    return {**fields, "tags": dict(properties.get("Tags") or {})}


class DomainName(OwnResource, CloudFormationModel):  # type: ignore[misc]
    """A custom domain name as a resource of a stack; its physical id is the name."""

    attributes = ("DomainNameArn", "RegionalDomainName", "RegionalHostedZoneId")

    def __init__(self, names: DomainNames, name: str) -> None:
        self.names = names
        self.physical_resource_id = name

    @staticmethod
    def cloudformation_type() -> str:
        return "AWS::ApiGatewayV2::DomainName"

    def get_cfn_attribute(self, attribute_name: str) -> str:
        from moto.cloudformation.exceptions import UnformattedGetAttTemplateException

        document = self.names.get(self.physical_resource_id)
        (configuration,) = document["domainNameConfigurations"]
        match attribute_name:
            case "DomainNameArn":
                return str(document["domainNameArn"])
            case "RegionalDomainName":
                return str(configuration["apiGatewayDomainName"])
            case "RegionalHostedZoneId":
                if "hostedZoneId" in configuration:  # we do not know it for every region
                    return str(configuration["hostedZoneId"])
        raise UnformattedGetAttTemplateException

    @classmethod
    def create(cls, name: str, properties: Properties, account_id: str, region: str) -> Any:
        names = domain_names_of(account_id, region)
        return cls(names, names.create(_fields(properties))["domainName"])

    def update(self, properties: Properties, account_id: str, region: str) -> None:
        fields = _fields(properties)
        self.names.update(self.physical_resource_id, fields)

    def delete(self, account_id: str, region_name: str) -> None:
        try:
            self.names.delete(self.physical_resource_id)
        except NotFound:  # removed by hand
            return


class ApiMapping(OwnResource, CloudFormationModel):  # type: ignore[misc]
    """An API mapping as a resource of a stack; its physical id is the mapping's id."""

    attributes = ("ApiMappingId",)

    def __init__(self, names: DomainNames, domain: str, identifier: str) -> None:
        self.names = names
        self.domain = domain
        self.physical_resource_id = identifier

    @staticmethod
    def cloudformation_type() -> str:
        return "AWS::ApiGatewayV2::ApiMapping"

    @classmethod
    def create(cls, name: str, properties: Properties, account_id: str, region: str) -> Any:
        fields = _fields(properties)
        names = domain_names_of(account_id, region)
        domain = str(fields.get("domainName") or "")
        return cls(names, domain, names.create_mapping(domain, fields)["apiMappingId"])

    def update(self, properties: Properties, account_id: str, region: str) -> None:
        fields = {"apiMappingKey": "", **_fields(properties)}
        self.names.update_mapping(self.domain, self.physical_resource_id, fields)

    def delete(self, account_id: str, region_name: str) -> None:
        try:
            self.names.delete_mapping(self.domain, self.physical_resource_id)
        except NotFound:  # removed by hand, or with its domain name
            return

"""``AWS::ApiGatewayV2::…``: the nine types of a WebSocket API (spec 264–272)."""

import json
from collections.abc import Mapping
from typing import Any

from moto.core.common_models import CloudFormationModel

from local_aws.control_plane.api_gateway.resource_kinds import KINDS, ResourceKind, type_of
from local_aws.control_plane.api_gateway.store import WebSocketApis
from local_aws.control_plane.api_gateway.validation import BadRequest, NotFound
from local_aws.control_plane.cloudformation.types.base import OwnResource, Properties

__all__ = ["REPLACED_BY", "all_websocket_apis", "forget_websocket_apis", "websocket_apis_of"]

REPLACED_BY = {
    "AWS::ApiGatewayV2::Api": frozenset({"ProtocolType"}),
    "AWS::ApiGatewayV2::Route": frozenset({"ApiId"}),
    "AWS::ApiGatewayV2::RouteResponse": frozenset({"ApiId", "RouteId"}),
    "AWS::ApiGatewayV2::Integration": frozenset({"ApiId"}),
    "AWS::ApiGatewayV2::IntegrationResponse": frozenset({"ApiId", "IntegrationId"}),
    "AWS::ApiGatewayV2::Deployment": frozenset({"ApiId"}),
    "AWS::ApiGatewayV2::Stage": frozenset({"ApiId", "StageName"}),
    "AWS::ApiGatewayV2::Authorizer": frozenset({"ApiId"}),
    "AWS::ApiGatewayV2::Model": frozenset({"ApiId"}),
}

_OPEN_MAPS = frozenset(  # the author chooses their keys
    {"requestTemplates", "responseTemplates", "requestModels", "responseModels", "stageVariables", "tags"}
)
_INTEGERS = frozenset({"timeoutInMillis", "throttlingBurstLimit", "authorizerResultTtlInSeconds"})
_SETTING_BOOLEANS = frozenset({"dataTraceEnabled", "detailedMetricsEnabled"})


_apis: dict[tuple[str, str], WebSocketApis] = {}  # one for the process, as moto keeps its own


def websocket_apis_of(account_id: str, region: str) -> WebSocketApis:
    """The WebSocket APIs of an account and region."""
    if (account_id, region) not in _apis:
        _apis[account_id, region] = WebSocketApis(account_id, region)
    return _apis[account_id, region]


def all_websocket_apis() -> list[WebSocketApis]:
    """The WebSocket APIs of all accounts and regions in use."""
    return list(_apis.values())


def forget_websocket_apis() -> None:
    """Delete all WebSocket APIs."""
    _apis.clear()


def _api_fields(properties: Mapping[str, Any]) -> dict[str, Any]:
    """Change CloudFormation's PascalCase to the API's camelCase, but not keys that the author chooses."""
    return {_camel(key): _api_value(_camel(key), value) for key, value in properties.items()}


def _resource_fields(properties: Mapping[str, Any]) -> dict[str, Any]:
    """The API's fields of one resource; numbers become text where the API has text, as CloudFormation does."""
    return {key: _text(value) if type_of(key) is str else value for key, value in _api_fields(properties).items()}


def _text(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else value


def _number(value: str) -> Any:
    try:
        return float(value)
    except ValueError:
        return value  # the API rejects it


def _camel(key: str) -> str:
    return key[:1].lower() + key[1:]


def _api_value(key: str, value: Any) -> Any:
    if key == "schema" and not isinstance(value, str):
        return json.dumps(value)
    if key in _INTEGERS and isinstance(value, str) and value.isdigit():
        return int(value)
    if key == "throttlingRateLimit" and isinstance(value, str):
        return _number(value)
    if value in ("true", "false") and (type_of(key) is bool or key in _SETTING_BOOLEANS):
        return value == "true"
    if key in _OPEN_MAPS and isinstance(value, dict):
        return {name: _text(each) for name, each in value.items()}
    if key in _OPEN_MAPS or not isinstance(value, dict):
        return value
    if key in (
        "routeSettings",
        "requestParameters",
        "responseParameters",
    ):  # the keys are the author's, the keys inside are CloudFormation's
        return {k: _api_fields(v) if isinstance(v, dict) else v for k, v in value.items()}
    return _api_fields(value)


class _Part(OwnResource):
    """One resource of an API, found by API id, parent id and its own identifier."""

    kind: ResourceKind

    def __init__(self, apis: WebSocketApis, api_id: str, parent: str, identifier: str) -> None:
        self.apis = apis
        self.api_id = api_id
        self.parent = parent
        self.physical_resource_id = identifier

    @classmethod
    def cloudformation_type(cls) -> str:
        return f"AWS::ApiGatewayV2::{cls.kind.name}"

    @classmethod
    def create(cls, name: str, properties: Properties, account_id: str, region: str) -> Any:
        apis = websocket_apis_of(account_id, region)
        api_id = properties.get("ApiId", "")
        parent = properties.get({"routes": "RouteId", "integrations": "IntegrationId"}.get(cls.kind.parent or "", ""))
        document = apis.create(api_id, cls.kind, _resource_fields(properties), parent or "")
        return cls(apis, api_id, parent or "", document[cls.kind.identifier])

    def update(self, properties: Properties, account_id: str, region: str) -> None:
        fields = _resource_fields(properties)
        self.apis.update(self.api_id, self.kind, self.physical_resource_id, fields, self.parent, whole=True)

    def delete(self, account_id: str, region_name: str) -> None:
        if not self.apis.exists(self.api_id):
            return
        try:
            self.apis.delete(self.api_id, self.kind, self.physical_resource_id, self.parent)
        except NotFound:  # removed by hand, or with its parent
            return


class Api(_Part, CloudFormationModel):  # type: ignore[misc]
    kind = KINDS["Api"]
    attributes = ("ApiId", "ApiEndpoint")

    @classmethod
    def create(cls, name: str, properties: Properties, account_id: str, region: str) -> Any:
        fields = _resource_fields(properties)
        if fields.get("protocolType") != "WEBSOCKET":
            raise BadRequest(
                "The embedded AWS creates AWS::ApiGatewayV2::Api with ProtocolType WEBSOCKET only. "
                "Deploy an HTTP API to AWS itself."
            )
        apis = websocket_apis_of(account_id, region)
        api_id = apis.create_api(fields)["apiId"]
        return cls(apis, api_id, "", api_id)

    def get_cfn_attribute(self, attribute_name: str) -> str:
        if attribute_name == "ApiEndpoint":
            return str(self.apis.get_api(self.api_id)["apiEndpoint"])
        return super().get_cfn_attribute(attribute_name)

    def update(self, properties: Properties, account_id: str, region: str) -> None:
        self.apis.update_api(self.api_id, _resource_fields(properties), whole=True)

    def delete(self, account_id: str, region_name: str) -> None:
        if self.apis.exists(self.api_id):
            self.apis.delete_api(self.api_id)


class Route(_Part, CloudFormationModel):  # type: ignore[misc]
    kind = KINDS["Route"]
    attributes = ("RouteId",)


class RouteResponse(_Part, CloudFormationModel):  # type: ignore[misc]
    kind = KINDS["RouteResponse"]
    attributes = ("RouteResponseId",)


class Integration(_Part, CloudFormationModel):  # type: ignore[misc]
    kind = KINDS["Integration"]
    attributes = ("IntegrationId",)


class IntegrationResponse(_Part, CloudFormationModel):  # type: ignore[misc]
    kind = KINDS["IntegrationResponse"]
    attributes = ("IntegrationResponseId",)


class Deployment(_Part, CloudFormationModel):  # type: ignore[misc]
    kind = KINDS["Deployment"]
    attributes = ("DeploymentId",)


class Stage(_Part, CloudFormationModel):  # type: ignore[misc]
    kind = KINDS["Stage"]


class Authorizer(_Part, CloudFormationModel):  # type: ignore[misc]
    kind = KINDS["Authorizer"]
    attributes = ("AuthorizerId",)


class Model(_Part, CloudFormationModel):  # type: ignore[misc]
    kind = KINDS["Model"]
    attributes = ("ModelId",)

"""The kinds of resource that make up a WebSocket API.

Field names, defaults and parents are from botocore's ``apigatewayv2/2018-11-29`` and spec 240–250.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["KINDS", "KINDS_BY_COLLECTION", "TEXT_MAPS", "ResourceKind", "type_of"]


@dataclass(frozen=True, slots=True)
class ResourceKind:
    """One kind: ``collection`` is its segment in paths, ``identifier`` the member that has the resource's id.

    ``fields`` are those that callers can set, with their ``defaults``. Empty members are left out of answers, except
    ``shown_empty`` (spec 240, 250). ``parent`` is the collection below which the kind lies, or None if that is the API;
    ``quota`` is the largest number in one API (spec 166). If ``frozen``, snapshots of deployments contain the kind
    (spec 231, 232).
    """

    name: str
    collection: str
    identifier: str
    fields: frozenset[str]
    defaults: Mapping[str, Any] = field(default_factory=dict)
    shown_empty: frozenset[str] = frozenset()
    parent: str | None = None
    frozen: bool = True
    identifier_length: int = 7
    quota: int | None = None


def _fields(names: str) -> frozenset[str]:
    return frozenset(names.split())


KINDS: Mapping[str, ResourceKind] = {
    kind.name: kind
    for kind in (
        ResourceKind(
            "Api",
            "apis",
            "apiId",
            _fields(
                "apiKeySelectionExpression corsConfiguration description disableExecuteApiEndpoint"
                " disableSchemaValidation ipAddressType name protocolType routeSelectionExpression tags version"
            ),
            {
                "apiKeySelectionExpression": "$request.header.x-api-key",
                "disableExecuteApiEndpoint": False,
                "ipAddressType": "ipv4",
                "tags": {},
            },
            shown_empty=_fields("tags"),
            frozen=False,
            identifier_length=10,
        ),
        ResourceKind(
            "Route",
            "routes",
            "routeId",
            _fields(
                "apiKeyRequired authorizationScopes authorizationType authorizerId modelSelectionExpression"
                " operationName requestModels requestParameters routeKey routeResponseSelectionExpression target"
            ),
            {"apiKeyRequired": False, "authorizationType": "NONE"},
            quota=300,
        ),
        ResourceKind(
            "RouteResponse",
            "routeresponses",
            "routeResponseId",
            _fields("modelSelectionExpression responseModels responseParameters routeResponseKey"),
            parent="routes",
        ),
        ResourceKind(
            "Integration",
            "integrations",
            "integrationId",
            _fields(
                "connectionId connectionType contentHandlingStrategy credentialsArn description integrationMethod"
                " integrationSubtype integrationType integrationUri passthroughBehavior payloadFormatVersion"
                " requestParameters requestTemplates responseParameters templateSelectionExpression timeoutInMillis"
                " tlsConfig"
            ),
            {
                "connectionType": "INTERNET",
                "passthroughBehavior": "WHEN_NO_MATCH",
                "payloadFormatVersion": "1.0",
                "timeoutInMillis": 29_000,
            },
            quota=300,
        ),
        ResourceKind(
            "IntegrationResponse",
            "integrationresponses",
            "integrationResponseId",
            _fields(
                "contentHandlingStrategy integrationResponseKey responseParameters responseTemplates"
                " templateSelectionExpression"
            ),
            parent="integrations",
        ),
        ResourceKind(
            "Authorizer",
            "authorizers",
            "authorizerId",
            _fields(
                "authorizerCredentialsArn authorizerPayloadFormatVersion authorizerResultTtlInSeconds authorizerType"
                " authorizerUri enableSimpleResponses identitySource identityValidationExpression jwtConfiguration"
                " name"
            ),
            identifier_length=6,
            quota=10,
        ),
        ResourceKind("Model", "models", "modelId", _fields("contentType description name schema"), identifier_length=6),
        ResourceKind(
            "Deployment", "deployments", "deploymentId", _fields("description"), frozen=False, identifier_length=6
        ),
        ResourceKind(
            "Stage",
            "stages",
            "stageName",
            _fields(
                "accessLogSettings autoDeploy clientCertificateId defaultRouteSettings deploymentId description"
                " routeSettings stageName stageVariables tags"
            ),
            {"routeSettings": {}, "stageVariables": {}, "tags": {}},
            shown_empty=_fields("routeSettings stageVariables tags"),
            frozen=False,
            quota=10,
        ),
    )
}

KINDS_BY_COLLECTION: Mapping[str, ResourceKind] = {kind.collection: kind for kind in KINDS.values()}

_TYPES: Mapping[type, frozenset[str]] = {
    bool: _fields("apiKeyRequired autoDeploy disableExecuteApiEndpoint disableSchemaValidation enableSimpleResponses"),
    int: _fields("authorizerResultTtlInSeconds timeoutInMillis"),
    list: _fields("authorizationScopes identitySource"),
    dict: _fields(
        "accessLogSettings corsConfiguration defaultRouteSettings jwtConfiguration requestModels requestParameters"
        " requestTemplates responseModels responseParameters responseTemplates routeSettings stageVariables tags"
        " tlsConfig"
    ),
}


TEXT_MAPS = _fields("requestModels requestTemplates responseModels responseTemplates stageVariables tags")
"""The maps whose keys the author chooses and whose values are text."""


def type_of(field_name: str) -> type:
    """The JSON type of a field; text if the field is not listed."""
    return next((kind for kind, names in _TYPES.items() if field_name in names), str)

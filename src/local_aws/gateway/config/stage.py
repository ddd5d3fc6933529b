"""A stage: the deployed snapshot of a WebSocket API, with the stage's settings."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from local_aws.gateway.config.settings import StageSettings

__all__ = ["Authorizer", "Integration", "IntegrationResponse", "Route", "Stage"]


@dataclass(frozen=True, slots=True)
class IntegrationResponse:
    """How to transform a backend's reply (spec 122–127); ``key`` is ``$default`` or ``/regular expression/``."""

    key: str
    templates: Mapping[str, str] = field(default_factory=dict)
    template_selection_expression: str | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)
    content_handling: str | None = None

    @classmethod
    def parse(cls, item: Mapping[str, Any]) -> "IntegrationResponse":
        """Read the API's own JSON."""
        return cls(
            key=item["integrationResponseKey"],
            templates=dict(item.get("responseTemplates") or {}),
            template_selection_expression=item.get("templateSelectionExpression"),
            parameters=dict(item.get("responseParameters") or {}),
            content_handling=item.get("contentHandlingStrategy"),
        )


@dataclass(frozen=True, slots=True)
class Integration:
    """The backend of a route (spec 104, 267). ``timeout`` is in seconds."""

    id: str
    type: str
    uri: str = ""
    timeout: float = 29.0
    method: str | None = None
    credentials: str | None = None
    templates: Mapping[str, str] = field(default_factory=dict)
    template_selection_expression: str | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)
    passthrough: str = "WHEN_NO_MATCH"
    content_handling: str | None = None
    responses: tuple[IntegrationResponse, ...] = ()

    @classmethod
    def parse(cls, item: Mapping[str, Any]) -> "Integration":
        """Read the API's own JSON."""
        return cls(
            id=item["integrationId"],
            type=item.get("integrationType", ""),
            uri=item.get("integrationUri") or "",
            timeout=int(item.get("timeoutInMillis") or 29000) / 1000,
            method=item.get("integrationMethod"),
            credentials=item.get("credentialsArn"),
            templates=dict(item.get("requestTemplates") or {}),
            template_selection_expression=item.get("templateSelectionExpression"),
            parameters=dict(item.get("requestParameters") or {}),
            passthrough=item.get("passthroughBehavior") or "WHEN_NO_MATCH",
            content_handling=item.get("contentHandlingStrategy"),
            responses=tuple(IntegrationResponse.parse(each) for each in item.get("integrationResponses") or ()),
        )


@dataclass(frozen=True, slots=True)
class Authorizer:
    """A Lambda REQUEST authorizer (spec 207)."""

    id: str
    uri: str
    identity_source: tuple[str, ...] = ()
    credentials: str | None = None


@dataclass(frozen=True, slots=True)
class Route:
    """One route. If ``answers``, a route response sends the integration's result to the client (spec 114).

    ``request_models`` maps the route's model keys to JSON Schema texts (spec 131).
    """

    key: str
    integration: Integration | None = None
    authorization_type: str = "NONE"
    authorizer: Authorizer | None = None
    api_key_required: bool = False
    answers: bool = False
    model_selection_expression: str | None = None
    request_models: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage and its deployment. Immutable, so that a message sees one state of the API."""

    api_id: str
    name: str
    region: str
    account_id: str
    route_selection_expression: str = "$request.body.action"
    routes: Mapping[str, Route] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)
    endpoint_disabled: bool = False
    api_key_source: str = "$request.header.x-api-key"
    settings: StageSettings = field(default_factory=StageSettings)

    @property
    def masked_account_id(self) -> str:
        """The account as AWS shows it to those whom it refuses: the last four digits (spec 193)."""
        return "********" + self.account_id[-4:]

    @classmethod
    def parse(cls, deployed: Mapping[str, Any], *, account_id: str) -> "Stage":
        """Read the control plane's deployed snapshot, in the API's own camelCase JSON."""
        integrations = {item["integrationId"]: Integration.parse(item) for item in deployed["integrations"]}
        schemas = {item["name"]: item.get("schema") or "" for item in deployed.get("models") or ()}
        authorizers = {
            item["authorizerId"]: Authorizer(
                id=item["authorizerId"],
                uri=item.get("authorizerUri") or "",
                identity_source=tuple(item.get("identitySource") or ()),
                credentials=item.get("authorizerCredentialsArn"),
            )
            for item in deployed["authorizers"]
        }
        routes = {}
        for item in deployed["routes"]:
            _, _, integration_id = (item.get("target") or "").partition("integrations/")
            responses = {response.get("routeResponseKey") for response in item.get("routeResponses", ())}
            routes[item["routeKey"]] = Route(
                key=item["routeKey"],
                integration=integrations.get(integration_id),
                authorization_type=item.get("authorizationType") or "NONE",
                authorizer=authorizers.get(item.get("authorizerId") or ""),
                api_key_required=bool(item.get("apiKeyRequired")),
                answers=item.get("routeResponseSelectionExpression") == "$default" and "$default" in responses,
                model_selection_expression=item.get("modelSelectionExpression"),
                request_models={key: schemas.get(name, "") for key, name in (item.get("requestModels") or {}).items()},
            )
        api, stage = deployed["api"], deployed["stage"]
        return cls(
            api_id=api["apiId"],
            name=stage["stageName"],
            region=urlsplit(api["apiEndpoint"]).netloc.split(".")[2],
            account_id=account_id,
            route_selection_expression=api.get("routeSelectionExpression") or "$request.body.action",
            routes=routes,
            variables=dict(stage.get("stageVariables") or {}),
            endpoint_disabled=bool(api.get("disableExecuteApiEndpoint")),
            api_key_source=api.get("apiKeySelectionExpression") or "$request.header.x-api-key",
            settings=StageSettings.parse(stage),
        )

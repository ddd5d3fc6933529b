"""Checks one part of an API against the others: unique names, valid references, quotas."""

from collections.abc import Mapping

from local_aws.control_plane.api_gateway import assumptions
from local_aws.control_plane.api_gateway.api import ApiParts
from local_aws.control_plane.api_gateway.documents import Document
from local_aws.control_plane.api_gateway.resource_kinds import ResourceKind
from local_aws.control_plane.api_gateway.validation import BadRequest, Conflict, NotFound, TooManyRequests

__all__ = ["check_constraints", "check_quota", "not_found"]


def not_found(kind: ResourceKind) -> NotFound:
    """The error for an identifier that does not exist (spec 239)."""
    return NotFound(assumptions.NOT_FOUND.format(kind=kind.name), resourceType=kind.name)


def check_quota(kind: ResourceKind, others: Mapping[str, Document]) -> None:
    """Raise TooManyRequests if ``others`` fill the quota of the kind (spec 166)."""
    if kind.quota is not None and len(others) >= kind.quota:
        text = assumptions.QUOTA.format(collection=kind.collection)
        raise TooManyRequests(text, limitType=assumptions.QUOTA_LIMIT_TYPE.format(collection=kind.collection))


def check_constraints(api: ApiParts, kind: ResourceKind, document: Document, others: Mapping[str, Document]) -> None:
    """Raise Conflict, NotFound or BadRequest if the document is not valid beside ``others``, the rest of its kind."""
    match kind.name:
        case "Route":
            _route(api, document, others)
        case "RouteResponse" if others:
            raise Conflict(assumptions.ROUTE_RESPONSE_TAKEN.format(key=document["routeResponseKey"]))
        case "Model" if _taken("name", document, others):
            raise Conflict(assumptions.MODEL_TAKEN.format(name=document["name"]))
        case "Authorizer" if _taken("name", document, others):
            raise Conflict(assumptions.AUTHORIZER_TAKEN.format(name=document["name"]))
        case "Stage":
            _stage(api, document, others)


def _route(api: ApiParts, route: Document, others: Mapping[str, Document]) -> None:
    if _taken("routeKey", route, others):
        raise Conflict(assumptions.ROUTE_TAKEN.format(key=route["routeKey"]))
    authorizer = route.get("authorizerId")
    if route.get("authorizationType") == "CUSTOM" and authorizer not in api.documents("authorizers"):
        raise BadRequest(assumptions.AUTHORIZER_REQUIRED)


def _stage(api: ApiParts, stage: Document, others: Mapping[str, Document]) -> None:
    if stage["stageName"] in others:
        raise Conflict(assumptions.STAGE_TAKEN)
    deployment = stage.get("deploymentId")
    if deployment and deployment not in api.documents("deployments"):
        raise NotFound(assumptions.NOT_FOUND.format(kind="Deployment"), resourceType="Deployment")
    keys = {route["routeKey"] for route in api.documents("routes").values()}
    for key in stage.get("routeSettings", {}):  # spec 248
        if key not in keys:
            text = f"Unable to find Route by key {key} within the provided RouteSettings"
            raise NotFound(text, resourceType="Route")


def _taken(field: str, document: Document, others: Mapping[str, Document]) -> bool:
    return any(each.get(field) == document[field] for each in others.values())

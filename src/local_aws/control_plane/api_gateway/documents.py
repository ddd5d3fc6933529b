"""Creates, changes and completes the camelCase documents that make up a WebSocket API."""

import copy
import secrets
import string
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from local_aws.control_plane.api_gateway import assumptions
from local_aws.control_plane.api_gateway.resource_kinds import TEXT_MAPS, ResourceKind, type_of
from local_aws.control_plane.api_gateway.validation import BadRequest

__all__ = [
    "Document",
    "changed_document",
    "check_auto_deploy",
    "complete_integration",
    "complete_stage",
    "new_document",
    "new_identifier",
    "now",
]

Document = dict[str, Any]

DEFAULT_ROUTE_SETTINGS = {  # spec 250
    "dataTraceEnabled": False,
    "detailedMetricsEnabled": False,
    "throttlingBurstLimit": 5000,
    "throttlingRateLimit": 10000.0,
}


def now() -> str:
    """The current time in whole seconds, in the API's format."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def new_identifier(kind: ResourceKind, taken: Mapping[str, Any]) -> str:
    """A random identifier that is not in ``taken``: lower-case letters and digits, as on AWS (spec 56, 237)."""
    while True:
        identifier = "".join(
            secrets.choice(string.ascii_lowercase + string.digits) for _ in range(kind.identifier_length)
        )
        if identifier not in taken:
            return identifier


def new_document(kind: ResourceKind, fields: Mapping[str, Any]) -> Document:
    """A document from the kind's defaults and ``fields``, without empty members (spec 240).

    Raises BadRequest for a wrong type.
    """
    given = {key: value for key, value in fields.items() if key in kind.fields and value is not None}
    for key, value in given.items():
        _check_type(key, value)
    document = copy.deepcopy({**kind.defaults, **given})
    return {
        key: value
        for key, value in document.items()
        if key in kind.shown_empty or (value != "" and value != {} and value != [])
    }


_TYPE_NAMES = {bool: "a boolean", int: "an integer", list: "a list", dict: "an object", str: "a string"}


def _check_type(key: str, value: object) -> None:
    if type(value) is not type_of(key):
        raise BadRequest(assumptions.WRONG_TYPE.format(field=key, expected=_TYPE_NAMES[type_of(key)]))
    if key in TEXT_MAPS and isinstance(value, dict) and not all(isinstance(text, str) for text in value.values()):
        raise BadRequest(assumptions.WRONG_TYPE.format(field=key, expected="an object of strings"))


def changed_document(kind: ResourceKind, old: Document, fields: Mapping[str, Any], whole: bool) -> Document:
    """The old document with other fields; members that callers cannot set stay.

    If ``whole``, fields that are not given go back to their defaults. Raises BadRequest for a wrong type.
    """
    kept = {} if whole else {key: value for key, value in old.items() if key in kind.fields}
    fixed = {key: value for key, value in old.items() if key not in kind.fields}
    return {**new_document(kind, {**kept, **fields}), **copy.deepcopy(fixed)}


def complete_integration(integration: Document) -> None:
    """Set the fields that AWS derives from an integration's type (spec 124)."""
    kind = integration.get("integrationType")
    if kind in ("AWS", "AWS_PROXY"):
        integration.setdefault("integrationMethod", "POST")
    if kind in ("AWS", "HTTP", "MOCK"):
        integration["integrationResponseSelectionExpression"] = "${response.statuscode}"
    else:
        integration.pop("integrationResponseSelectionExpression", None)


def check_auto_deploy(fields: Mapping[str, Any]) -> None:
    """Raise BadRequest if ``fields`` set the deployment of a stage with ``autoDeploy`` (spec 235)."""
    if fields.get("deploymentId"):
        raise BadRequest(assumptions.AUTO_DEPLOY_IS_ON)


def complete_stage(stage: Document) -> None:
    """Add the default route settings of a stage (spec 250)."""
    stage["defaultRouteSettings"] = {**DEFAULT_ROUTE_SETTINGS, **stage.get("defaultRouteSettings", {})}

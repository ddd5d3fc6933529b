"""Lambda REQUEST authorizers: their identity sources and their results (spec 205–221)."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from local_aws.gateway import limits
from local_aws.gateway.config.stage import Authorizer, Stage
from local_aws.iam import policy_evaluation
from local_aws.net.http import Request

__all__ = ["Allowed", "Denied", "Unusable", "has_identity", "verdict"]

_SOURCE = re.compile(r"route\.request\.(?P<kind>header|querystring)\.(?P<name>.+)")


@dataclass(frozen=True, slots=True)
class Allowed:
    """The policy allows ``execute-api:Invoke``.

    ``context`` is passed on to handlers, as strings (spec 218). ``usage_key`` is the API key that the authorizer names
    (``usageIdentifierKey``, spec 217, 225).
    """

    context: Mapping[str, str]
    usage_key: str | None = None


@dataclass(frozen=True, slots=True)
class Denied:
    """403: the policy denies the request or does not allow it (spec 18, 219)."""

    message: str


@dataclass(frozen=True, slots=True)
class Unusable:
    """500: the function did not return an authorizer result (spec 20)."""


def has_identity(authorizer: Authorizer, request: Request, stage: Stage) -> bool:
    """Whether no identity source is missing or empty; if one is, the client gets 401 without a call (spec 210)."""
    return all(_identity_value(source, request, stage) for source in authorizer.identity_source)


def _identity_value(source: str, request: Request, stage: Stage) -> str | None:
    match = _SOURCE.fullmatch(source.strip())
    if match and match["kind"] == "header":
        return request.headers.get(match["name"])
    if match:
        return parse_qs(request.query).get(match["name"], [""])[-1]
    if source.startswith("stageVariables."):
        return stage.variables.get(source.removeprefix("stageVariables."))
    return source if source.startswith("context.") else None


def verdict(payload: bytes, method_arn: str, source_ip: str = "") -> Allowed | Denied | Unusable:
    """Evaluate the authorizer's result (spec 167, 171, 217–220): principal, policy, optional flat context and key."""
    if len(payload) > limits.AUTHORIZER_RESULT_BYTES:
        return Unusable()
    try:
        result: Any = json.loads(payload)
    except ValueError:
        return Unusable()
    if not isinstance(result, dict):
        return Unusable()
    principal, policy = result.get("principalId"), result.get("policyDocument")
    context, usage_key = result.get("context"), result.get("usageIdentifierKey")
    if not isinstance(principal, str) or not isinstance(policy, dict) or not _is_short(policy):
        return Unusable()
    if context is not None and not (isinstance(context, dict) and all(map(_is_flat, context.values()))):
        return Unusable()
    if usage_key is not None and not isinstance(usage_key, str):
        return Unusable()
    ask = policy_evaluation.Ask("execute-api:Invoke", method_arn, context={"aws:sourceip": source_ip})
    match policy_evaluation.decide([policy], ask):
        case policy_evaluation.Decision.DENIED:
            return Denied(
                "User is not authorized to access this resource with an explicit deny in an identity-based policy"
            )
        case policy_evaluation.Decision.NOT_ALLOWED:
            return Denied(
                "User is not authorized to access this resource because no identity-based policy allows "
                "the execute-api:Invoke action"
            )
    flat = {key: _as_text(value) for key, value in (context or {}).items()}
    return Allowed({**flat, "principalId": principal}, usage_key)


def _is_short(policy: Mapping[str, Any]) -> bool:
    """Whether every resource ARN in the policy is short enough (spec 171)."""
    statements = policy.get("Statement")
    for statement in statements if isinstance(statements, list) else [statements]:
        resources = statement.get("Resource") if isinstance(statement, dict) else None
        for resource in resources if isinstance(resources, list) else [resources]:
            if isinstance(resource, str) and len(resource) > limits.POLICY_RESOURCE_CHARACTERS:
                return False
    return True


def _is_flat(value: object) -> bool:
    return value is None or isinstance(value, str | int | float | bool)


def _as_text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)

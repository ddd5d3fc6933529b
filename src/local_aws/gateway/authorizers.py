"""Who may connect: a Lambda REQUEST authorizer's question and answer (spec 205–221)."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from local_aws.gateway.api import Authorizer, Stage
from local_aws.http import Request

__all__ = ["Allowed", "Denied", "Unusable", "has_identity", "verdict"]

_SOURCE = re.compile(r"route\.request\.(?P<kind>header|querystring)\.(?P<name>.+)")


@dataclass(frozen=True, slots=True)
class Allowed:
    """The policy allows ``execute-api:Invoke``; ``context`` goes on to the handlers, as strings (spec 218)."""

    context: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Denied:
    """403: denied, or not allowed (spec 18, 219)."""

    message: str


@dataclass(frozen=True, slots=True)
class Unusable:
    """500: what came back is no authorizer result (spec 20)."""


def has_identity(authorizer: Authorizer, request: Request, stage: Stage) -> bool:
    """Whether every identity source is there and not empty; if not, 401 without asking the authorizer (spec 210)."""
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


def verdict(payload: bytes, method_arn: str) -> Allowed | Denied | Unusable:
    """Read the authorizer's result (spec 217–220): principal, policy and optional flat context."""
    try:
        result: Any = json.loads(payload)
    except ValueError:
        return Unusable()
    if not isinstance(result, dict):
        return Unusable()
    principal, policy, context = (
        result.get("principalId"),
        result.get("policyDocument"),
        result.get("context"),
    )
    if not isinstance(principal, str) or not isinstance(policy, dict):
        return Unusable()
    if context is not None and not (isinstance(context, dict) and all(map(_is_flat, context.values()))):
        return Unusable()
    statements = policy.get("Statement", [])
    effects = {
        statement.get("Effect")
        for statement in (statements if isinstance(statements, list) else [statements])
        if isinstance(statement, dict) and _covers(statement, method_arn)
    }
    if "Deny" in effects:
        return Denied(
            "User is not authorized to access this resource with an explicit deny in an identity-based policy"
        )
    if "Allow" not in effects:
        return Denied(
            "User is not authorized to access this resource because no identity-based policy allows "
            "the execute-api:Invoke action"
        )
    return Allowed({**{key: _as_text(value) for key, value in (context or {}).items()}, "principalId": principal})


def _is_flat(value: object) -> bool:
    return value is None or isinstance(value, str | int | float | bool)


def _as_text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _covers(statement: Mapping[str, Any], method_arn: str) -> bool:
    return any(
        _matches(action, "execute-api:Invoke", ignore_case=True) for action in _list(statement, "Action")
    ) and any(_matches(resource, method_arn) for resource in _list(statement, "Resource"))


def _list(statement: Mapping[str, Any], name: str) -> Sequence[str]:
    value = statement.get(name, [])
    return [item for item in (value if isinstance(value, list) else [value]) if isinstance(item, str)]


def _matches(pattern: str, text: str, *, ignore_case: bool = False) -> bool:
    """IAM's wildcards: ``*`` for any characters, ``?`` for one."""
    expression = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(expression, text, re.DOTALL | (re.IGNORECASE if ignore_case else 0)) is not None

"""What an integration is asked and what its answer means (spec 104–136); here the Lambda proxy integration."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["ProxyResponse", "function_arn", "proxy_response"]

_INVOCATION = re.compile(r"arn:[\w-]+:apigateway:[\w-]+:lambda:path/2015-03-31/functions/(?P<function>.+)/invocations")
_STAGE_VARIABLE = re.compile(r"\$\{stageVariables\.([^}]+)\}")


@dataclass(frozen=True, slots=True)
class ProxyResponse:
    """A Lambda proxy result that has the right form. ``body`` is None when the function gave none (spec 117)."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str | None = None

    @property
    def ok(self) -> bool:
        """Any 2xx (spec 6)."""
        return 200 <= self.status < 300

    def header(self, name: str) -> str | None:
        """One header's value, looked up in any case."""
        wanted = name.lower()
        return next((value for key, value in self.headers.items() if key.lower() == wanted), None)


def function_arn(uri: str, variables: Mapping[str, str]) -> str | None:
    """The function in an integration's or an authorizer's URI, stage variables filled in (spec 252); None if none."""
    filled = _STAGE_VARIABLE.sub(lambda match: variables.get(match[1], ""), uri)
    match = _INVOCATION.fullmatch(filled)
    return match["function"] if match else None


def proxy_response(payload: bytes) -> ProxyResponse | None:
    """Read a function's result as a proxy response; None when it is not one (no status code, or a wrong type)."""
    try:
        result: Any = json.loads(payload)
    except ValueError:
        return None
    if not isinstance(result, dict):
        return None
    status = result.get("statusCode")
    if isinstance(status, str) and status.isdigit():
        status = int(status)
    if not isinstance(status, int) or isinstance(status, bool) or not 100 <= status <= 599:
        return None
    headers = result.get("headers") or {}
    body = result.get("body")
    if not isinstance(headers, dict) or not (body is None or isinstance(body, str)):
        return None
    return ProxyResponse(status, {str(name): str(value) for name, value in headers.items()}, body)

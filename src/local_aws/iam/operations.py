"""The operation that a request of the AWS API asks for: service, name and parameters, in any of AWS's protocols.

JSON names the operation in ``X-Amz-Target``, Query in ``Action``, Smithy's RPC in the path; REST has a method and a
path for each operation. We read a request as moto will, so that policies are checked for what moto will do.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from local_aws.iam import rest_operations as rest
from local_aws.net.http import Request

__all__ = ["UNKNOWN", "Operation", "operation_of"]

UNKNOWN = "UnknownOperation"
"""The name for an operation that we cannot identify: only a policy for all operations of the service covers it."""

PREFIXES = {
    "monitoring": "cloudwatch",
    "tagging": "tag",
    "cloudcontrolapi": "cloudformation",
}
"""IAM's prefix of a service, by the name in signatures, if the two differ."""

_RPC = re.compile(r"/service/\w+/operation/(?P<operation>\w+)")


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of one service. ``service`` is IAM's prefix; ``parameters`` have AWS's names."""

    service: str
    name: str
    region: str
    account_id: str
    parameters: Mapping[str, Any]
    request: Request

    def arn(self, rest: str, *, service: str | None = None, region: str | None = None) -> str:
        """An ARN in this account, by default in this service and region."""
        region = self.region if region is None else region
        return f"arn:aws:{service or self.service}:{region}:{self.account_id}:{rest}"

    def text(self, name: str) -> str:
        """The value of a text parameter; empty if it is missing or not a text."""
        value = self.parameters.get(name)
        return value if isinstance(value, str) else ""


def operation_of(request: Request, service: str, region: str, account_id: str) -> Operation:
    """Read the operation of a request that is signed for a service in a region; ``UNKNOWN`` if it names none."""
    name, parameters = _read(request, service)
    return Operation(PREFIXES.get(service, service), name or UNKNOWN, region, account_id, parameters, request)


def _read(request: Request, service: str) -> tuple[str | None, Mapping[str, Any]]:
    if service == "s3":
        found = rest.match(service, request)
        return (found.operation, found.parameters) if found else (None, {})
    fields, target = _fields(request), request.headers.get("x-amz-target")
    if request.path == "/" or service == "sqs":
        if "Action" in fields:
            return fields["Action"], fields
        return (None, {}) if target is None else (target.rpartition(".")[2], _json(request))
    if "Action" in fields or target is not None:  # moto reads these before method and path; AWS ignores them
        return None, {}
    rpc = _RPC.fullmatch(request.path)
    if rpc:
        return rpc["operation"], {}
    if service == "apigateway":  # IAM's actions of API Gateway are the HTTP methods
        return request.method, {}
    found = rest.match(service, request)
    return (found.operation, {**_json(request), **found.parameters}) if found else (None, {})


def _fields(request: Request) -> Mapping[str, str]:
    """The fields of the form, else of the query, else of a body that looks like a form: moto's order."""
    content_type = request.headers.get("content-type") or ""
    if content_type.startswith("application/x-www-form-urlencoded") and request.body:
        return _pairs(request.body.decode("utf-8", "replace"))
    if request.query:
        return _pairs(request.query)
    if b"Action=" in request.body:
        return _pairs(request.body.decode("utf-8", "replace"))
    action = request.headers.get("action")
    return {} if action is None else {"Action": action}


def _pairs(text: str) -> Mapping[str, str]:
    pairs = parse_qsl(text, keep_blank_values=True)
    return dict(reversed(pairs))  # the first value of a name counts


def _json(request: Request) -> Mapping[str, Any]:
    if not request.body:
        return {}
    try:
        value = json.loads(request.body)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}

"""The operation of a REST request, by its method and path, from AWS's own service models.

The models are botocore's (``service-2.json``): ``http.requestUri`` with ``{Label}``, ``{Label+}`` for several segments,
and parts of the query that distinguish operations with the same path, such as ``?acl`` or ``?list-type=2``.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import unquote

from local_aws.iam.claims import query_pairs
from local_aws.net.http import Request

__all__ = ["Match", "match"]

_MODELS = {"ses": ("sesv2",), "s3": ("s3", "s3control"), "es": ("opensearch", "es"), "mobiletargeting": ("pinpoint",)}
"""The models of a service, by the name in signatures, if the two differ."""


@dataclass(frozen=True, slots=True)
class Match:
    """An operation, the labels of its path, and the names and values of its query."""

    operation: str
    parameters: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Route:
    operation: str
    path: re.Pattern[str]
    query: Sequence[tuple[str, str | None]]
    headers: Sequence[str]
    weight: tuple[int, int]


def match(service: str, request: Request) -> Match | None:
    """The operation that a request asks for; None if the service's models have none. ``service`` is its signing name.

    The first call for a service reads its models from files.
    """
    query = dict(query_pairs(request.query))
    for model in _MODELS.get(service, (service,)):
        for route in _routes(model).get(request.method, ()):
            found = route.path.fullmatch(request.path)
            if found and _has(query, route.query) and all(name in request.headers for name in route.headers):
                labels = {name: unquote(value) for name, value in found.groupdict().items()}
                return Match(route.operation, {**query, **labels})
    return None


def _has(query: Mapping[str, str], wanted: Sequence[tuple[str, str | None]]) -> bool:
    return all(name in query and value in (None, query[name]) for name, value in wanted)


@lru_cache(maxsize=16)
def _routes(model: str) -> Mapping[str, Sequence[_Route]]:
    """All routes of a model by method, the most specific ones first."""
    from botocore.exceptions import DataNotFoundError
    from botocore.loaders import Loader

    try:
        description = Loader().load_service_model(model, "service-2")
    except (DataNotFoundError, ValueError):
        return {}
    found: dict[str, list[_Route]] = {}
    for name, operation in description["operations"].items():
        found.setdefault(operation["http"]["method"], []).append(_route(name, operation, description["shapes"]))
    for routes in found.values():
        routes.sort(key=lambda route: route.weight, reverse=True)
    return found


def _route(name: str, operation: Mapping[str, Any], shapes: Mapping[str, Any]) -> _Route:
    path, _, fixed = operation["http"]["requestUri"].partition("?")
    expression = re.sub(r"\\\{(\w+)(\\\+)?\\\}", lambda label: _label(label[1], bool(label[2])), re.escape(path))
    query: list[tuple[str, str | None]] = []
    for part in filter(None, fixed.split("&")):
        key, equals, value = part.partition("=")
        query.append((key, value if equals else None))
    headers = []
    shape = shapes.get(operation.get("input", {}).get("shape"), {})
    for member in shape.get("required", ()):
        described = shape["members"][member]
        if described.get("location") == "querystring":
            query.append((described["locationName"], None))
        elif described.get("location") == "header":
            headers.append(described["locationName"])
    literal = len(re.sub(r"\{[^}]*\}", "", path))
    slash = "" if path.endswith("/") else "/?"
    return _Route(name, re.compile(expression + slash), query, headers, (literal, len(query) + len(headers)))


def _label(name: str, greedy: bool) -> str:
    return f"(?P<{name}>.+)" if greedy else f"(?P<{name}>[^/]+)"

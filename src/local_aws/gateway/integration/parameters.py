"""Request and response parameters: the mapped values of headers, query strings and paths (spec 128, 129).

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-data-mapping.html
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from local_aws.gateway.integration.expressions import Reply
from local_aws.gateway.integration.templates import Payload, TemplateFailed, select
from local_aws.gateway.integration.velocity import text

__all__ = ["Mapped", "of_request", "of_response"]

_TARGET = re.compile(r"integration\.request\.(?P<place>header|querystring|path)\.(?P<name>.+)")
_ANSWER = re.compile(r"(?:route|method)\.response\.header\.(?P<name>.+)")
_HANDSHAKE = re.compile(r"route\.request\.(?P<many>multivalue)?(?P<place>header|querystring)\.(?P<name>.+)")
_REPLY = re.compile(r"integration\.response\.(?P<many>multivalue)?header\.(?P<name>.+)")


@dataclass(frozen=True, slots=True)
class Mapped:
    """The mapped parameters of an integration request; a parameter without a value is left out."""

    headers: Sequence[tuple[str, str]] = ()
    query: Sequence[tuple[str, str]] = ()
    path: Sequence[tuple[str, str]] = ()


def of_request(mapping: Mapping[str, str], payload: Payload) -> Mapped:
    """The parameters of a request to a backend. A source that is unknown or has no value adds nothing."""
    found: dict[str, list[tuple[str, str]]] = {"header": [], "querystring": [], "path": []}
    for target, source in mapping.items():
        match = _TARGET.fullmatch(target)
        if match:
            found[match["place"]] += [(match["name"], value) for value in _of_request(source.strip(), payload)]
    return Mapped(found["header"], found["querystring"], found["path"])


def of_response(mapping: Mapping[str, str], reply: Reply, body: str, payload: Payload) -> dict[str, str]:
    """The headers that an integration response sets."""
    found: dict[str, str] = {}
    for target, source in mapping.items():
        match = _ANSWER.fullmatch(target)
        values = _of_response(source.strip(), reply, body, payload) if match else []
        if match and values:
            found[match["name"]] = ",".join(values)
    return found


def _of_request(source: str, payload: Payload) -> list[str]:
    handshake = _HANDSHAKE.fullmatch(source)
    if handshake:
        values = _named(payload.headers if handshake["place"] == "header" else payload.query, handshake)
        return values if handshake["many"] else values[-1:]
    if source == "route.request.body" or source.startswith(("route.request.body.", "route.request.body[")):
        return _in_body(source.removeprefix("route.request.body"), payload.body)
    return _common(source, payload)


def _of_response(source: str, reply: Reply, body: str, payload: Payload) -> list[str]:
    header = _REPLY.fullmatch(source)
    if header:
        values = reply.header(header["name"])
        return values if header["many"] else values[-1:]
    if source == "integration.response.statuscode":
        return [str(reply.status)]
    if source == "integration.response.body" or source.startswith(
        ("integration.response.body.", "integration.response.body[")
    ):
        return _in_body(source.removeprefix("integration.response.body"), body)
    return _common(source, payload)


def _common(source: str, payload: Payload) -> list[str]:
    if len(source) >= 2 and source[0] == source[-1] == "'":
        return [source[1:-1]]
    if source.startswith("stageVariables."):
        value: Any = payload.variables.get(source.removeprefix("stageVariables."))
    elif source.startswith("context."):
        value = payload.context
        for name in source.split(".")[1:]:
            value = value.get(name) if isinstance(value, Mapping) else None
    else:
        return []
    return [] if value is None else [text(value)]


def _named(values: Mapping[str, Sequence[str]], match: re.Match[str]) -> list[str]:
    """All values of a name: header names match in any case, query names exactly."""
    if match["place"] == "querystring":
        return list(values.get(match["name"], ()))
    wanted = match["name"].lower()
    return [each for name, listed in values.items() if name.lower() == wanted for each in listed]


def _in_body(path: str, body: str) -> list[str]:
    """The values at a JSONPath in a body, as text; without a path, the whole body."""
    if not path:
        return [body]
    try:
        found = select(json.loads(body), "$" + path)
    except (ValueError, RecursionError, TemplateFailed):
        return []
    if found is None:
        return []
    return [
        json.dumps(found, ensure_ascii=False, separators=(",", ":")) if isinstance(found, dict | list) else text(found)
    ]

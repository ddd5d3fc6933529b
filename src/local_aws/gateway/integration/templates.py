"""Mapping templates: selection, rendering, and their variables ``$input`` and ``$util`` (spec 126, 127, 130)."""

import base64
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from urllib.parse import quote_plus, unquote_plus

from jsonpath_ng.exceptions import JSONPathError
from jsonpath_ng.ext.parser import parse

from local_aws.gateway import assumptions
from local_aws.gateway.integration import velocity
from local_aws.gateway.integration.velocity import Member, TemplateFailed

__all__ = ["Payload", "TemplateFailed", "choose", "render", "select"]

_ESCAPED = {
    "\\": "\\\\",
    '"': '\\"',
    "'": "\\'",
    "/": "\\/",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
    "\b": "\\b",
    "\f": "\\f",
}


@dataclass(frozen=True, slots=True)
class Payload:
    """The input of a template: a body and its request.

    ``headers`` and ``query`` are those of the handshake; messages have none (spec 71). ``context`` is nested, as in
    ``$context.identity.sourceIp``.
    """

    body: str
    headers: Mapping[str, Sequence[str]] = field(default_factory=dict)
    query: Mapping[str, Sequence[str]] = field(default_factory=dict)
    context: Mapping[str, Any] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)


def choose(templates: Mapping[str, str], key: str | None) -> str | None:
    """The template for ``key`` (the value of the selection expression), else that of ``$default``, else None."""
    if key is not None and key in templates:
        return templates[key]
    fallbacks = assumptions.TEMPLATE_FALLBACKS if key in (None, "$default") else ("$default",)
    return next((templates[name] for name in fallbacks if name in templates), None)


def render(template: str, payload: Payload) -> str:
    """Render a template with a payload. Raises TemplateFailed."""
    variables = {
        "context": dict(payload.context),
        "stageVariables": dict(payload.variables),
        "input": _Input(payload),
        "util": _Util(),
    }
    return velocity.render(template, variables)


def select(document: Any, path: str) -> Any:
    """Evaluate a JSONPath: a list if the path can match several values, else the value or None.

    Raises TemplateFailed if the path is not a JSONPath.
    """
    compiled, many = _path(path)
    found = [match.value for match in compiled.find(document)]
    if many:
        return found
    return found[0] if found else None


@lru_cache(maxsize=256)
def _path(path: str) -> tuple[Any, bool]:
    many = ".." in path or re.search(r"\*|\[\?|\[[^\]'\"]*[:,]", path) is not None
    try:
        return parse(path), many
    except JSONPathError as error:
        raise TemplateFailed(f"{path} is no JSONPath: {error}") from None
    except Exception:  # its lexer raises bare exceptions for some malformed paths
        raise TemplateFailed(f"{path} is no JSONPath") from None


class _Input(Member):
    """``$input``."""

    members = frozenset({"body", "json", "params", "path"})

    def __init__(self, payload: Payload) -> None:
        self.body = payload.body or assumptions.EMPTY_INPUT
        self._payload = payload

    def json(self, path: str) -> str:
        """The value at the path, as JSON text."""
        found = self._find(path)
        return json.dumps(
            assumptions.NOTHING_FOUND if found is None else found, ensure_ascii=False, separators=(",", ":")
        )

    def path(self, path: str) -> Any:
        """The value at the path, as an object."""
        return self._find(path)

    def params(self, name: str | None = None) -> Any:
        """A parameter of the handshake, from its query or else its headers; without a name, maps of all parameters."""
        query = {key: values[-1] for key, values in self._payload.query.items()}
        headers = {key: values[-1] for key, values in self._payload.headers.items()}
        if name is None:
            return {"path": {}, "querystring": query, "header": headers}
        if name in query:
            return query[name]
        return next((value for key, value in headers.items() if key.lower() == name.lower()), "")

    def _find(self, path: str) -> Any:
        try:
            document = json.loads(self.body)
        except (ValueError, RecursionError):
            raise TemplateFailed("the payload is not JSON, so no JSONPath can be applied to it") from None
        return select(document, path)


class _Util(Member):
    """``$util``; the names are those that templates use."""

    members = frozenset({"base64Decode", "base64Encode", "escapeJavaScript", "parseJson", "urlDecode", "urlEncode"})

    def escapeJavaScript(self, value: object) -> str:
        """Escape a JavaScript string, including single quotes."""
        return "".join(_escaped(character) for character in velocity.text(value))

    def parseJson(self, value: object) -> Any:
        """Parse a JSON text."""
        try:
            return json.loads(velocity.text(value))
        except (ValueError, RecursionError) as error:
            raise TemplateFailed(f"not JSON: {error}") from None

    def urlEncode(self, value: object) -> str:
        """Encode as ``application/x-www-form-urlencoded``."""
        return quote_plus(velocity.text(value), safe="*-._").replace("~", "%7E")

    def urlDecode(self, value: object) -> str:
        """Decode ``application/x-www-form-urlencoded``."""
        return unquote_plus(velocity.text(value))

    def base64Encode(self, value: object) -> str:
        """Encode the text's UTF-8 as base64."""
        return base64.b64encode(velocity.text(value).encode()).decode()

    def base64Decode(self, value: object) -> str:
        """Decode base64 to text."""
        try:
            return base64.b64decode(velocity.text(value)).decode("utf-8", "replace")
        except ValueError as error:
            raise TemplateFailed(f"not base64: {error}") from None


def _escaped(character: str) -> str:
    if character in _ESCAPED:
        return _ESCAPED[character]
    if " " <= character <= "~":
        return character
    pairs = character.encode("utf-16-be")
    return "".join(f"\\u{pairs[at]:02X}{pairs[at + 1]:02X}" for at in range(0, len(pairs), 2))

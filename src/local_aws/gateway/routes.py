"""Route selection: which route a message takes (spec 80–103)."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from jsonpath_ng.exceptions import JSONPathError
from jsonpath_ng.parser import parse

from local_aws.gateway.assumptions import lenient_json, text_of
from local_aws.gateway.config.stage import Route

__all__ = ["choose", "evaluate"]

LIFECYCLE = ("$connect", "$disconnect")

_VARIABLE = re.compile(r"\$\{request\.body(?P<braced>[^}]*)\}|\$request\.body(?P<bare>(?:\.[\w\-]+|\[[^\]]*\])*)")


def choose(expression: str, routes: Mapping[str, Route], body: str) -> Route | None:
    """The route for one message: the selected one, else ``$default``, else None (spec 88–91).

    A client cannot reach ``$connect`` or ``$disconnect`` by naming them (U10, spec 94).
    """
    key = evaluate(expression, body)
    if key is not None and key not in LIFECYCLE and key in routes:
        return routes[key]
    return routes.get("$default")


def evaluate(expression: str, body: str) -> str | None:
    """Evaluate a selection expression on a message's text; return the route key, or None if it selects nothing.

    Several variables and literals are joined, and a path that finds nothing is empty among them (spec 84). A single
    variable without a value selects nothing. The result is not evaluated again (spec 86).
    """
    if "request.body" not in expression:
        return expression.replace("\\$", "$")  # static, such as \$default (spec 85)
    try:
        return _selected(expression, lenient_json(body))
    except (ValueError, RecursionError):
        return None  # not JSON, or nested too deeply to parse: always $default (spec 89)


def _selected(expression: str, document: Any) -> str | None:
    lone = _VARIABLE.fullmatch(expression)
    if lone:
        return _value(document, lone)
    return _VARIABLE.sub(lambda match: _value(document, match) or "", expression)


def _value(document: Any, variable: re.Match[str]) -> str | None:
    path = variable["braced"] if variable["braced"] is not None else variable["bare"]
    compiled = _compile(path)
    if compiled is None or not isinstance(document, dict):
        return None  # an array or a scalar has no property to select by (spec 97)
    found = compiled.find(document)
    if not found:
        return None
    return text_of(found[0].value if len(found) == 1 else [match.value for match in found])


@lru_cache(maxsize=256)
def _compile(path: str) -> Any:
    """Compile the JSONPath after ``request.body`` (spec 82); None if it is not one, which selects nothing."""
    try:
        return parse("$" + path)
    except JSONPathError:
        return None
    except Exception:  # its lexer raises bare exceptions for some malformed paths
        return None

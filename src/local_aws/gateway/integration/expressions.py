"""Selection expressions of templates and models (spec 126, 127, 131); ``routes`` has that of routes."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from local_aws.gateway import routes

__all__ = ["Reply", "evaluate"]

_PART = re.compile(
    r"(?P<dollar>\\\$)"
    r"|(?P<body>\$\{request\.body[^}]*\}|\$request\.body(?:\.[\w\-]+|\[[^\]]*\])*)"
    r"|\$(?P<brace>\{)?integration\.response\."
    r"(?:(?P<status>statuscode)|(?P<many>multivalue)?header\.(?P<header>[\w\-]+))(?(brace)\})"
)


@dataclass(frozen=True, slots=True)
class Reply:
    """A backend's reply, before any integration response.

    ``error`` is the ``errorMessage`` of a function that failed, else None.
    """

    status: int
    headers: Sequence[tuple[str, str]] = field(default=())
    body: bytes = b""
    error: str | None = None

    def header(self, name: str) -> list[str]:
        """All values of a header, looked up in any case."""
        return [value for key, value in self.headers if key.lower() == name.lower()]


def evaluate(expression: str | None, body: str, reply: Reply | None = None) -> str | None:
    """Evaluate an expression on a message's text and, if given, a backend's reply; return the selected key.

    Return None if there is no expression, or if it is a single variable without a value; among other parts, such a
    variable is empty. The result is not evaluated again (spec 86).
    """
    if not expression:
        return None
    lone = _PART.fullmatch(expression)
    if lone:
        return _value(lone, body, reply)
    return _PART.sub(lambda part: _value(part, body, reply) or "", expression)


def _value(part: re.Match[str], body: str, reply: Reply | None) -> str | None:
    if part["dollar"]:
        return "$"
    if part["body"]:
        return routes.evaluate(part["body"], body)
    if reply is None:
        return None
    if part["status"]:
        return str(reply.status)
    values = reply.header(part["header"])
    if not values:
        return None
    return _listed(values) if part["many"] else values[-1]


def _listed(values: Sequence[str]) -> str:
    """Write an array as route selection does (spec 83)."""
    return "[" + ", ".join(values) + "]"

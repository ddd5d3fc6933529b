"""Which route a message takes, and why, when the route selection expression is ``$request.body.action``.

    >>> from walkthrough import routes
    >>> routes.choose('{"action":"send"}', ["send", "$default"])
    send: its action names it (documented)
    >>> routes.choose("hello", ["send", "$default"])
    $default: it is not JSON (documented)

It works on text alone and calls no AWS. The documented rules are those of
https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-develop-routes.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

__all__ = ["DOCUMENTED", "SEEN", "SILENT", "Choice", "choose"]

DOCUMENTED = "documented"
SEEN = "seen, not documented"
SILENT = "AWS is silent"

RESERVED = ("$connect", "$disconnect")

# a string, which is left alone, or a key without quotes
BARE_KEY = re.compile(r'"(?:[^"\\]|\\.)*+"?|([{,]\s*)([A-Za-z_$][\w$]*)(?=\s*:)')


@dataclass(frozen=True, slots=True)
class Choice:
    """The route, or None for the frame ``Forbidden``; why; and the source: DOCUMENTED, SEEN or SILENT."""

    route: str | None
    why: str
    source: str

    def __str__(self) -> str:
        return f"{self.route or 'Forbidden'}: {self.why} ({self.source})"

    __repr__ = __str__


def choose(message: str, among: Collection[str]) -> Choice:
    """The route that API Gateway takes for the text of a message, ``among`` the route keys of the API.

    Where AWS is silent (spec U9, U10), this is the likeliest route, which the embedded AWS takes too.
    """
    fallback = "$default" if "$default" in among else None
    try:
        content, times, source = _read(message)
    except (ValueError, RecursionError):  # such as JSON that is nested too deep to be read
        if not message.strip():
            return Choice(fallback, "there is no text in it", SILENT)
        return Choice(fallback, "it is not JSON", DOCUMENTED)
    if not isinstance(content, dict):
        return Choice(fallback, f"{_kind(content)} has no action", SILENT)
    if times == 0:
        return Choice(fallback, "it has no action at its top", DOCUMENTED)
    if times > 1 or isinstance(content["action"], dict):
        source = SILENT
    key = _text(content["action"])
    which = f"the last of its {times} actions" if times > 1 else "its action"
    if key is None:
        return Choice(fallback, f"{which} is {'null' if content['action'] is None else 'empty'}", SILENT)
    if key in RESERVED:
        return Choice(fallback, f"nobody reaches {key} by its name", SILENT)
    if key in among:
        return Choice(key, f"{which} names it" + (", without quotes" if source == SEEN else ""), source)
    return Choice(fallback, f"there is no route {_short(key)}", source)


def _read(message: str) -> tuple[Any, int, str]:
    """The message as JSON, how often it has ``action`` at its top, and the source for reading it that way."""
    top: list[tuple[str, Any]] = []

    def keep(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        top[:] = pairs  # the outermost object is the last to be complete
        return dict(pairs)

    source = DOCUMENTED
    try:
        content = json.loads(message, object_pairs_hook=keep)
    except ValueError:
        source = SEEN  # spec 96: one captured event of AWS has such a body
        quoted = BARE_KEY.sub(lambda found: f'{found[1]}"{found[2]}"' if found[2] else found[0], message)
        content = json.loads(quoted, object_pairs_hook=keep)
    return content, sum(key == "action" for key, _ in top), source


def _text(value: object) -> str | None:
    """The value as the text that is compared with the route keys (spec 83); None for null and the empty string."""
    if value is None or value == "":
        return None
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return "[" + ", ".join(_text(item) or "" for item in value) + "]"
    return json.dumps(value, ensure_ascii=False)


def _kind(value: object) -> str:
    """What JSON calls a value that is no object."""
    if isinstance(value, list):
        return "an array"
    if isinstance(value, str):
        return "a string"
    return "null" if value is None else "a boolean" if isinstance(value, bool) else "a number"


def _short(key: str) -> str:
    return key if len(key) <= 20 else f"{key[:20]}…"

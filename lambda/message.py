"""What a client said: the body of a ``MESSAGE`` event, which API Gateway passes on unparsed."""

import json
from typing import Any

SHOWN = 60  # characters of a client's own text that an answer repeats


class Unclear(ValueError):
    """The message cannot be acted on. The text says why, in words meant for its sender."""


def content_of(event: dict[str, Any]) -> dict[str, Any]:
    """The message as a JSON object, or ``Unclear``.

    API Gateway finds an action even in text that is not quite JSON, so every handler must be ready for it.
    """
    body = event.get("body") or ""
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):  # such as JSON that is nested too deep to be read
        raise Unclear(f"not JSON: {shown(body) if body else 'an empty message'}") from None
    if not isinstance(content, dict):
        raise Unclear(f"a message must be an object, not {kind(content)}")
    return content


def text_of(event: dict[str, Any], default: str | None = None) -> str:
    """The ``message`` of the message: a string, ``default`` if it has none, or else ``Unclear``."""
    content = content_of(event)
    text = content.get("message", default)
    if isinstance(text, str):
        return text
    if "message" not in content:
        raise Unclear("message is missing")
    raise Unclear(f"message must be a string, not {kind(text)}")


def shown(text: str) -> str:
    """The text, cut if it is long: its sender recognises it all the same."""
    return text if len(text) <= SHOWN else text[:SHOWN] + "…"


def kind(value: object) -> str:
    """What JSON calls a value of this type."""
    match value:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case int() | float():
            return "a number"
        case str():
            return "a string"
        case list():
            return "an array"
        case _:
            return "an object"

"""Short words for what nearly every test does with a client."""

import json
import secrets
from typing import Any

from websockets.http11 import Response
from websockets.sync.client import ClientConnection

from .build import Api

__all__ = ["Event", "ask", "connected", "connection_id", "frames_of", "hear", "join", "refusal", "token"]

Event = dict[str, Any]


def token() -> str:
    """A key that no other test keeps events under."""
    return secrets.token_hex(8)


def _told(options: dict[str, Any], do: dict[str, Any] | None) -> dict[str, Any]:
    if do is None:
        return options
    return {**options, "additional_headers": {**options.get("additional_headers", {}), "X-Do": json.dumps(do)}}


def join(api: Api, query: str = "", *, do: dict[str, Any] | None = None, **options: Any) -> ClientConnection:
    """A client of the API's stage; ``do`` is what ``$connect`` is told."""
    return api.account.target.connect(api.url + query, **_told(options, do))


def refusal(api: Api, query: str = "", *, do: dict[str, Any] | None = None, **options: Any) -> Response:
    """The HTTP response to a client that must not get in."""
    return api.account.target.refused(api.url + query, **_told(options, do))


def connected(api: Api, query: str = "", **options: Any) -> Event:
    """The event that ``$connect`` was given."""
    key = token()
    with join(api, query, do={"keep": key}, **options):
        event: Event = api.account.one_kept(key)["event"]
    return event


def hear(client: ClientConnection, seconds: float = 30.0) -> str:
    """The next message, which must be text."""
    message = client.recv(timeout=seconds)
    assert isinstance(message, str), f"a binary message arrived: {message!r}"
    return message


def ask(client: ClientConnection, message: Any) -> Any:
    """Send a message (JSON unless it is text already) and read the JSON that comes back."""
    client.send(message if isinstance(message, str) else json.dumps(message))
    return json.loads(hear(client))


def connection_id(client: ClientConnection) -> str:
    """The client's own id, which its handler tells it."""
    identifier: str = ask(client, {"action": "echo"})["event"]["requestContext"]["connectionId"]
    return identifier


def frames_of(api: Api, client: ClientConnection, message: dict[str, Any]) -> list[str]:
    """What the client is sent until a message's handler has returned and one more echo has come back."""
    done = token()
    client.send(json.dumps({**message, "do": {**message.get("do", {}), "after": done}}))
    api.account.one_kept(done)
    tag = token()
    client.send(json.dumps({"action": "echo", "do": {"tag": tag}}))
    heard: list[str] = []
    while True:
        text = hear(client)
        if tag in text:
            return heard
        heard.append(text)

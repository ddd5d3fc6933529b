"""The HTTP request and response that open a WebSocket, and what each line does (RFC 6455, section 4).

from walkthrough import wire
wire.handshake(recorder.sent, recorder.received)
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass

from walkthrough.wire.frame import Sender
from walkthrough.wire.rules import Rule

__all__ = ["Part", "accept", "head", "parts"]

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # section 1.3

ASKED = {
    "host": "which server is meant: many may share an address",
    "upgrade": "asks to go on with another protocol",
    "connection": "marks Upgrade as meant for the next hop",
    "sec-websocket-key": "16 random bytes in base64, to be answered",
    "sec-websocket-version": "13 is RFC 6455",
    "origin": "the page that a browser asks for",
    "sec-websocket-protocol": "protocols of the application, to choose from",
    "sec-websocket-extensions": "extensions that the client knows",
}
ANSWERED = {
    "upgrade": "agrees to the other protocol",
    "connection": "marks Upgrade as meant for the next hop",
    "sec-websocket-accept": "made from the key: the server has understood",
    "sec-websocket-protocol": "the protocol chosen",
    "sec-websocket-extensions": "the extensions agreed on",
}
NEEDED = {
    "client": ("host", "upgrade", "connection", "sec-websocket-key", "sec-websocket-version"),
    "server": ("upgrade", "connection", "sec-websocket-accept"),
}
SECTION = {"client": "4.2.1", "server": "4.1"}  # what a server looks for in a request, a client in a response
ONCE = {"sec-websocket-key": "11.3.1", "sec-websocket-accept": "11.3.3"}
CONSTANT = {"upgrade", "connection", "sec-websocket-version", "sec-websocket-protocol", "sec-websocket-extensions"}
"""Headers whose values are the same every time."""


@dataclass(frozen=True, slots=True)
class Part:
    """A line of a handshake. ``name`` is empty for the first one, ``value`` is None for a header that is missing.

    ``role`` is what it does, empty if WebSocket gives it no meaning; ``problem`` is the rule that it breaks.
    """

    sender: Sender
    name: str
    value: str | None
    role: str
    problem: Rule | None = None

    @property
    def summary(self) -> str:
        """The line without values that differ each time: no random key, no address, no version of a program."""
        name = self.name.lower()
        if self.value is None:
            return f"{self.name or 'the empty line at the end'} is missing"
        if not self.name:
            return self.value
        if name == "sec-websocket-key":
            return f"{self.name}: a random key"
        if name == "sec-websocket-accept":
            return f"{self.name}: {'not what' if self.problem else 'what'} the key asks for"
        return f"{self.name}: {self.value}" if name in CONSTANT else f"{self.name}: …"


def head(data: bytes) -> bytes | None:
    """The HTTP head that the bytes begin with, blank line included; None while it has no end, b"" if there is none."""
    if not any(data[: len(start)] == start[: len(data)] for start in (b"GET ", b"HTTP/")) or not data:
        return b""
    end = data.find(b"\r\n\r\n")
    return None if end < 0 else data[: end + 4]


def accept(key: str) -> str:
    """The ``Sec-WebSocket-Accept`` that answers a ``Sec-WebSocket-Key`` (section 4.2.2, item 5.4).

    >>> accept("dGhlIHNhbXBsZSBub25jZQ==")
    's3pPLMBiTxaQ9kYGzzhZRbK+xOo='
    """
    return base64.b64encode(hashlib.sha1(key.encode() + GUID).digest()).decode()


def parts(request: bytes, response: bytes = b"") -> list[Part]:
    """The lines of both heads, and those that are missing. A head may be empty, and frames may follow it."""
    key = next((part.value for part in _lines(request, "client") if part.name.lower() == "sec-websocket-key"), None)
    asked = _checked(request, "client", None) if request else []
    return asked + (_checked(response, "server", key) if response else [])


def _lines(data: bytes, sender: Sender) -> list[Part]:
    """The lines of a head with their roles. Only a line without a colon has a problem yet."""
    end = data.find(b"\r\n\r\n")
    first, *rest = (data if end < 0 else data[:end]).decode("latin-1").split("\r\n")
    roles = ASKED if sender == "client" else ANSWERED
    found = [Part(sender, "", first, "")]
    for line in rest:
        name, colon, value = line.partition(":")
        if colon:
            found.append(Part(sender, name, value.strip(), roles.get(name.lower(), "")))
        elif line:
            rule = Rule("This line is no header: it has no colon.", "5", rfc=9112)
            found.append(Part(sender, "", line, "", rule))
    return found


def _checked(data: bytes, sender: Sender, key: str | None) -> list[Part]:
    found = _lines(data, sender)
    first = found[0]
    rule, role = (_request_line if sender == "client" else _status_line)(first.value or "")
    checked = [Part(sender, "", first.value, role, rule)]
    if sender == "server" and rule:  # a refusal is plain HTTP
        return checked + found[1:]
    seen: set[str] = set()
    for part in found[1:]:
        name = part.name.lower()
        problem = part.problem or _problem(name, part.value or "", sender, key)
        if name in seen and name in ONCE:
            problem = Rule(f"{part.name} must not come twice.", ONCE[name])
        seen.add(name)
        checked.append(Part(sender, part.name, part.value, part.role, problem))
    roles = ASKED if sender == "client" else ANSWERED
    for name in NEEDED[sender]:
        if name not in seen:
            shown = "-".join(word.capitalize() for word in name.split("-")).replace("Websocket", "WebSocket")
            checked.append(Part(sender, shown, None, roles[name], Rule(f"{shown} must be there.", SECTION[sender])))
    if b"\r\n\r\n" not in data:
        rule = Rule("A head ends with an empty line, which has not come.", "2.1", rfc=9112)
        checked.append(Part(sender, "", None, "", rule))
    return checked


def _request_line(line: str) -> tuple[Rule | None, str]:
    method, _, version = line.partition(" ")[0], *line.rpartition(" ")[1:]
    if method != "GET":
        return Rule("The method must be GET.", "4.1"), "the request"
    if not version.startswith("HTTP/") or version[5:] < "1.1":
        return Rule("The version must be HTTP/1.1 at least.", "4.1"), "the request"
    return None, "asks for this path, as any HTTP request"


def _status_line(line: str) -> tuple[Rule | None, str]:
    if line.split(" ")[1:2] == ["101"]:
        return None, "yes: the next byte is WebSocket's"
    return Rule("Only 101 makes a WebSocket; this answer is plain HTTP.", "4.1"), "no"


def _problem(name: str, value: str, sender: Sender, key: str | None) -> Rule | None:
    section = SECTION[sender]
    tokens = [token.strip().lower() for token in value.split(",")]
    if name == "upgrade" and "websocket" not in tokens:
        return Rule("Upgrade must be websocket.", section)
    if name == "connection" and "upgrade" not in tokens:
        return Rule("Connection must name Upgrade.", section)
    if name == "sec-websocket-version" and value != "13":
        return Rule("Sec-WebSocket-Version must be 13.", section)
    if name == "sec-websocket-key" and sender == "client" and not _is_key(value):
        return Rule("Sec-WebSocket-Key must be 16 bytes in base64.", section)
    if name == "sec-websocket-accept" and key is not None and value != accept(key):
        return Rule("Sec-WebSocket-Accept does not fit the key.", section)
    return None


def _is_key(value: str) -> bool:
    try:
        return len(base64.b64decode(value, validate=True)) == 16
    except ValueError:
        return False

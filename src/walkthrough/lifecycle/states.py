"""The states that a connection can be in, and the transitions between them.

From https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-overview.html (close codes),
https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-route-keys-connect-disconnect.html
and https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html
(ten minutes, two hours, sizes).

    >>> from walkthrough import lifecycle
    >>> lifecycle.why_closed(1001, "Going away", seconds=603.9).words
    'idle for 10 minutes: 1001'
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["TRANSITIONS", "State", "Transition", "why_closed"]

State = Literal["nothing", "connecting", "open", "refused", "closing", "dropped", "closed", "$disconnect"]

TWO_HOURS = 2 * 60 * 60 - 60  # seconds, less a margin: the clocks of the logs are not the connection's
TEN_MINUTES = 10 * 60 - 10


@dataclass(frozen=True, slots=True)
class Transition:
    """A step from one state to another: its name, who causes it, and what happens, in words."""

    name: str
    before: State
    after: State
    who: str
    words: str


TRANSITIONS = {
    transition.name: transition
    for transition in (
        Transition("ask", "nothing", "connecting", "client", "asks to connect"),
        Transition("accept", "connecting", "open", "$connect", "says yes"),
        Transition("refuse", "connecting", "refused", "gateway", "an HTTP status, no 101"),
        Transition("message", "open", "open", "client", "message → its route"),
        Transition("leave", "open", "closing", "client", "close frame, code its own"),
        Transition("delete", "open", "closing", "you", "DeleteConnection"),
        Transition("idle", "open", "closing", "gateway", "idle for 10 minutes: 1001"),
        Transition("old", "open", "closing", "gateway", "open for 2 hours: 1001"),
        Transition("policy", "open", "closing", "gateway", "binary: 1003, too big: 1009 …"),
        Transition("end", "closing", "closed", "gateway", "close frames exchanged: TCP ends"),
        Transition("lose", "open", "dropped", "network", "TCP gone: 1006"),
        Transition("tell", "closed", "$disconnect", "$disconnect", "is told the code"),
        Transition("tell late", "dropped", "$disconnect", "$disconnect", "late, or never"),
    )
}
"""Every transition, by name."""

UNKNOWN = Transition("close", "open", "closing", "somebody", "closes it: no line says with which code")
"""One of the transitions from open to closing; no line says which."""

POLICY = {
    1002: "a broken frame",
    1003: "binary data",
    1007: "text that is not UTF-8",
    1008: "too many requests",
    1009: "too big",
    1011: "internal error",
    1012: "service restart",
}
"""Codes that the gateway closes with. A client may send them too: $disconnect does not learn who sent them."""

DELETED = (1000, "Connection Closed Normally")  # people report it; AWS documents no code for a delete


def why_closed(code: int | None, reason: str = "", seconds: float | None = None) -> Transition:
    """The transition that a ``disconnectStatusCode`` and ``disconnectReason`` stand for; its words name the code.

    ``seconds`` is how long the connection was open, None if unknown. Code 1001 has three causes: a client that goes
    away sends it without ``Going away``, and only the time tells ten idle minutes from two hours.
    """
    if code is None:
        return UNKNOWN
    if code == 1006:
        return _as("lose", "TCP gone without a close frame: 1006")
    if code == 1001 and reason == "Going away" and (seconds is None or seconds >= TEN_MINUTES):
        return TRANSITIONS["old" if seconds is not None and seconds >= TWO_HOURS else "idle"]
    if (code, reason) == DELETED:
        return _as("delete", "DeleteConnection: 1000, as people report it")
    if code in POLICY:
        return _as("policy", f"{POLICY[code]}: {code}")
    if code == 1005:
        return _as("leave", "close frame without a code: 1005")
    return _as("leave", f"close frame: {code}{f' “{reason}”' if reason else ''}")


def _as(name: str, words: str) -> Transition:
    known = TRANSITIONS[name]
    return Transition(name, known.before, known.after, known.who, words)

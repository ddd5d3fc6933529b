"""The states of a connection that API Gateway holds, and the path that one connection took through them.

    >>> from walkthrough import lifecycle
    >>> lifecycle.path([
    ...     {"eventType": "CONNECT", "routeKey": "$connect", "connectionId": "A=", "requestId": "1", "status": "200"},
    ...     {"eventType": "MESSAGE", "routeKey": "send", "connectionId": "A=", "requestId": "2", "status": "200"},
    ...     {"routeKey": "$disconnect", "connectionId": "A=", "message": "disconnected", "code": 1005, "reason": ""},
    ... ])
      1  client      asks to connect
      2  $connect    says yes: 200
      3  client      message → send
      4  client      close frame without a code: 1005
      5  gateway     close frames exchanged: TCP ends
      6  $disconnect is told 1005

``lifecycle.picture()`` draws all states, and with a path marks its steps. ``states`` lists states and transitions,
``history`` makes a path from log lines, ``diagram`` draws.
"""

from walkthrough.lifecycle.diagram import picture
from walkthrough.lifecycle.history import Path, Step, path
from walkthrough.lifecycle.states import TRANSITIONS, State, Transition, why_closed

__all__ = ["TRANSITIONS", "Path", "State", "Step", "Transition", "path", "picture", "why_closed"]

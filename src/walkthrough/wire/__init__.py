"""See the bytes of a WebSocket: who sent what, and what each bit means (RFC 6455).

``recorder`` and ``client`` record bytes, ``frames`` and ``http_heads`` read them by the rules in ``rules``;
``frame_picture``, ``handshake_table`` and ``conversation_picture`` draw them.

    >>> from walkthrough import wire
    >>> alice = wire.connect(url)
    >>> alice.send("hello")
    >>> conversation = wire.conversation(alice)  # who sent what when, from the handshake on
    >>> handshake = wire.handshake(wire.of(alice).sent)  # its lines, and what each one does
    >>> picture = wire.picture(wire.of(alice).sent, sender="client")  # each frame, bit by bit
    >>> wire.read(wire.of(alice).sent, "client")[0].meaning  # the same as values
    '“hello”'
    >>> alice.close()
"""

from walkthrough.wire.client import connect, of
from walkthrough.wire.conversation_picture import Turn, conversation, steps
from walkthrough.wire.frame import Broken, Field, Frame, Sender
from walkthrough.wire.frame_picture import picture
from walkthrough.wire.frames import read
from walkthrough.wire.handshake_table import handshake
from walkthrough.wire.http_heads import Part, accept, parts
from walkthrough.wire.recorder import Entry, Recorder
from walkthrough.wire.rules import Rule

__all__ = [
    "Broken",
    "Entry",
    "Field",
    "Frame",
    "Part",
    "Recorder",
    "Rule",
    "Sender",
    "Turn",
    "accept",
    "connect",
    "conversation",
    "handshake",
    "of",
    "parts",
    "picture",
    "read",
    "steps",
]

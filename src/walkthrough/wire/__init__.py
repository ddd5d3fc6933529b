"""See the bytes of a WebSocket: who sent what, and what each bit of it says (RFC 6455).

``frames`` and ``rules`` read bytes, ``recorder`` and ``client`` get hold of them, ``view`` and ``ladder`` show them.

    from walkthrough import wire
    alice = wire.connect(url)
    alice.send("hello")
    wire.conversation(wire.of(alice))                  # both sides, from the handshake on
    wire.picture(wire.of(alice).sent, sender="client")  # each frame, bit by bit
    wire.read(wire.of(alice).sent, "client")            # the same as values
"""

from walkthrough.wire.client import connect, of
from walkthrough.wire.frames import Broken, Field, Frame, read
from walkthrough.wire.recorder import Entry, Recorder
from walkthrough.wire.rules import Rule
from walkthrough.wire.view import picture

__all__ = ["Broken", "Entry", "Field", "Frame", "Recorder", "Rule", "connect", "of", "picture", "read"]

"""A frame as values: its fields, what they say, and where it breaks a rule (RFC 6455, section 5.2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from walkthrough.wire import rules
from walkthrough.wire.rules import Rule

__all__ = ["Broken", "Field", "Frame", "Sender"]

Sender = Literal["client", "server"]


@dataclass(frozen=True, slots=True)
class Field:
    """A part of a frame. ``bit`` is its first bit, counted from 0; ``value`` is bytes for the key and the payload."""

    name: str
    bit: int
    bits: int
    value: int | bytes
    meaning: str

    @property
    def byte(self) -> int:
        """The byte in which it begins, counted from the frame's first, which is 0."""
        return self.bit // 8


@dataclass(frozen=True, slots=True)
class Broken:
    """The rule that a frame breaks, and the first bit and the number of bits that break it."""

    bit: int
    bits: int
    rule: Rule

    @property
    def byte(self) -> int:
        """The byte in which they begin, counted from the frame's first, which is 0."""
        return self.bit // 8


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame, or the part of it that has arrived.

    ``offset`` is where it begins in the bytes that were read, ``data`` are its own bytes, ``needed`` is the size of the
    whole frame in bytes, or its least size while its length has not arrived. ``meaning`` is what it says, in words.
    ``broken`` is the first rule that it breaks; the ``unread`` bytes after that were not read. ``code`` and ``reason``
    are those of a close frame; ``text`` is what this frame adds to a text message; ``compressed`` says whether its
    payload is compressed (RFC 7692).
    """

    sender: Sender
    offset: int
    data: bytes
    needed: int
    fields: tuple[Field, ...]
    meaning: str = ""
    text: str | None = None
    code: int | None = None
    reason: str | None = None
    compressed: bool = False
    broken: Broken | None = None
    unread: int = 0

    def __getitem__(self, name: str) -> Field:
        """The field of that name, such as ``frame["opcode"]``. Raises KeyError if the frame has no such field."""
        for field in self.fields:
            if field.name == name:
                return field
        raise KeyError(f"{name}: this frame has {', '.join(field.name for field in self.fields)}")

    def __contains__(self, name: object) -> bool:
        return any(field.name == name for field in self.fields)

    @property
    def whole(self) -> bool:
        """Whether all its bytes have arrived, and none breaks a rule."""
        return self.broken is None and len(self.data) == self.needed

    @property
    def fin(self) -> bool:
        """Whether it is the last frame of its message."""
        return bool(self["FIN"].value)

    @property
    def opcode(self) -> int:
        """0 continuation, 1 text, 2 binary, 8 close, 9 ping, 10 pong; all others are reserved."""
        value = self["opcode"].value
        assert isinstance(value, int)
        return value

    @property
    def name(self) -> str:
        """The opcode in a word: ``text``, ``close``, …"""
        return rules.name(self.opcode)

    @property
    def masked(self) -> bool:
        """Whether its MASK bit is set; False if that has not arrived yet."""
        return "MASK" in self and bool(self["MASK"].value)

    @property
    def length(self) -> int | None:
        """The number of bytes that its payload should have; None if that has not arrived yet."""
        for name in ("64-bit length", "16-bit length", "length"):
            if name in self:
                value = self[name].value
                return None if name == "length" and value in (126, 127) else int(value)
        return None

    @property
    def masking_key(self) -> bytes:
        """The four bytes of the key, or no bytes."""
        return self._bytes("masking key")

    @property
    def masked_payload(self) -> bytes:
        """The payload as it was sent."""
        return self._bytes("payload")

    @property
    def payload(self) -> bytes:
        """The payload that has arrived, unmasked (section 5.3)."""
        return _unmask(self.masked_payload, self.masking_key)

    def _bytes(self, name: str) -> bytes:
        value = self[name].value if name in self else b""
        assert isinstance(value, bytes)
        return value


def _unmask(payload: bytes, key: bytes) -> bytes:
    """Each byte XOR its byte of the key, which repeats; as one number, since that is a thousand times faster."""
    if not key:
        return payload
    size = len(payload)
    repeated = (key * (size // 4 + 1))[:size]
    return (int.from_bytes(payload, "big") ^ int.from_bytes(repeated, "big")).to_bytes(size, "big")

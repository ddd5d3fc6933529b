"""The rules of RFC 6455 that a frame can break, as far as the bytes of one side show it.

Each function takes a part of a frame and returns the rule that it breaks, or None.

    >>> from walkthrough.wire import rules
    >>> print(rules.close_code(1005), rules.close_code(1000))
    Close code 1005 is for reports only: it must not be sent. (RFC 6455, section 7.4.1) None
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["CLOSE_CODES", "CONTROL", "OPCODES", "Rule", "close_code", "first_byte", "length", "name", "second_byte"]

OPCODES = {0x0: "continuation", 0x1: "text", 0x2: "binary", 0x8: "close", 0x9: "ping", 0xA: "pong"}
CONTROL = frozenset({0x8, 0x9, 0xA})

CLOSE_CODES = {
    1000: "normal closure",
    1001: "going away",
    1002: "protocol error",
    1003: "unsupported data",
    1007: "not the data it said",
    1008: "policy violation",
    1009: "message too big",
    1010: "extension missing",
    1011: "internal error",
    1012: "service restart",
    1013: "try again later",
    1014: "bad gateway",
}
"""The codes that a close frame may have: https://www.iana.org/assignments/websocket/websocket.xhtml"""


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule that was broken: a sentence about what is wrong, and its section of RFC 6455 (or of ``rfc``)."""

    sentence: str
    section: str
    rfc: int = 6455

    @property
    def url(self) -> str:
        """The address of that section."""
        return f"https://www.rfc-editor.org/rfc/rfc{self.rfc}#section-{self.section}"

    def __str__(self) -> str:
        return f"{self.sentence} (RFC {self.rfc}, section {self.section})"


def name(opcode: int) -> str:
    """The name of an opcode; ``reserved`` if it has none (section 5.2)."""
    return OPCODES.get(opcode, "reserved")


def first_byte(byte: int, *, under_way: bool, closed: bool, deflate: bool) -> tuple[int, int, Rule] | None:
    """The first thing wrong in a frame's first byte: its first bit, how many bits, and the rule.

    ``under_way``: a message has begun and not ended; ``closed``: a close frame was sent before; ``deflate``: both sides
    agreed on permessage-deflate, which gives RSV1 a meaning.
    """
    opcode, final = byte & 0x0F, bool(byte & 0x80)
    for bit in (1, 2, 3):
        compressed = bit == 1 and deflate and opcode in (0x1, 0x2)  # RFC 7692, section 6
        if byte & 0x80 >> bit and not compressed:
            return bit, 1, Rule(f"RSV{bit} must be 0: no extension gives it a meaning here.", "5.2")
    if opcode not in OPCODES:
        return 4, 4, Rule(f"Opcode {opcode:#x} is reserved: no frame may have it.", "5.2")
    if opcode in CONTROL:
        if not final:
            return (
                0,
                1,
                Rule(f"A {name(opcode)} frame is a control frame, which must not be split: FIN must be 1.", "5.5"),
            )
        return None
    if closed:
        return 4, 4, Rule("After its close frame a sender sends no more data.", "5.5.1")
    if opcode == 0x0 and not under_way:
        return 4, 4, Rule("This frame continues nothing: no message is under way.", "5.4")
    if opcode != 0x0 and under_way:
        return 4, 4, Rule("A new message begins before the last part of the one under way.", "5.4")
    return None


def second_byte(byte: int, opcode: int, sender: str) -> tuple[int, int, Rule] | None:
    """The first thing wrong in a frame's second byte: its first bit, how many bits, and the rule."""
    masked, short = bool(byte & 0x80), byte & 0x7F
    if sender == "client" and not masked:
        return 8, 1, Rule("A client must mask every frame.", "5.1")
    if sender == "server" and masked:
        return 8, 1, Rule("A server must not mask a frame.", "5.1")
    if opcode in CONTROL and short > 125:
        return 9, 7, Rule("A control frame must not carry more than 125 bytes.", "5.5")
    return None


def length(value: int, size: int) -> Rule | None:
    """What is wrong with a length in an extended field of ``size`` bytes, 2 or 8."""
    if value >= 1 << 63:
        return Rule("The highest bit of a 64-bit length must be 0.", "5.2")
    if value < 126:
        return Rule(f"A length must take its shortest form: {value} fits into 7 bits.", "5.2")
    if size == 8 and value < 1 << 16:
        return Rule(f"A length must take its shortest form: {value} fits into 16 bits.", "5.2")
    return None


def close_code(code: int) -> Rule | None:
    """Why a code must not be in a close frame; None if it may."""
    if code in CLOSE_CODES or 3000 <= code < 5000:
        return None
    if code in (1005, 1006, 1015):
        return Rule(f"Close code {code} is for reports only: it must not be sent.", "7.4.1")
    if code < 1000:
        return Rule(f"Close code {code} must not be used: codes begin at 1000.", "7.4.2")
    if code < 3000:
        return Rule(f"Close code {code} is reserved: nothing defines it.", "7.4.2")
    return Rule(f"Close code {code} must not be used: codes end at 4999.", "7.4.2")

"""What a client may send behind the handshake, group by group as the Autobahn test suite orders its cases.

Rebuilt as raw frames from RFC 6455 and from what API Gateway does differently: binary messages are refused with 1003
(spec 100), a frame holds at most 32 KB and a message 128 KB (spec 161, 162), and no extension is ever agreed to (U7).
Group 8 is about a mode of the server that there is not, groups 12 and 13 about compression: all their frames have a
reserved bit set, which group 3 has.
"""

import struct
from dataclasses import dataclass

from .wire import BINARY, CLOSE, CONT, PING, PONG, TEXT, close, frame

__all__ = ["CASES", "Case"]

FRAME = 32 * 1024
MESSAGE = 128 * 1024


@dataclass(frozen=True)
class Case:
    """``sent`` is what the client says, to its end. ``texts`` are the messages that reach a route, ``pongs`` what it
    is answered, ``code`` the close code it is told; ``$disconnect`` is told the same.
    """

    name: str
    sent: bytes
    texts: tuple[str, ...] = ()
    pongs: tuple[bytes, ...] = ()
    code: int = 1000


def fine(name: str, *frames: bytes, texts: tuple[str, ...] = (), pongs: tuple[bytes, ...] = ()) -> Case:
    """Nothing wrong with these: the client's own close ends it."""
    return Case(name, b"".join(frames) + close(1000), texts, pongs)


def broken(name: str, code: int, *frames: bytes, texts: tuple[str, ...] = (), pongs: tuple[bytes, ...] = ()) -> Case:
    """The last of these ends it; a message behind it is never seen."""
    return Case(name, b"".join(frames) + frame(TEXT, b"too late"), texts, pongs, code)


def parts(data: bytes, size: int, opcode: int = TEXT) -> bytes:
    """One message in frames of that size."""
    cut = [data[start : start + size] for start in range(0, len(data), size)]
    return b"".join(
        frame(opcode if number == 0 else CONT, piece, fin=number == len(cut) - 1) for number, piece in enumerate(cut)
    )


FRAMING = [
    *(
        fine(f"1.1 text of {n} bytes", frame(TEXT, b"*" * n), texts=("*" * n,))
        for n in (0, 1, 125, 126, 127, 128, 4096)
    ),
    fine("1.1 a length in more bytes than it needs", frame(TEXT, b"short", wide=True), texts=("short",)),
    *(broken(f"1.2 binary of {n} bytes", 1003, frame(BINARY, b"\xfe" * n)) for n in (0, 125, 126, 127, 128, 4096)),
    broken("1.2 text, then binary", 1003, frame(TEXT, b"first"), frame(BINARY, b"\0"), texts=("first",)),
    broken("1.3 not masked", 1002, frame(TEXT, b"bare", mask=None)),
    fine("1.3 masked with zeros", frame(TEXT, b"bare", mask=b"\0\0\0\0"), texts=("bare",)),
]

PINGS = [
    fine("2.1 without payload", frame(PING), pongs=(b"",)),
    fine("2.2 with text", frame(PING, b"hello"), pongs=(b"hello",)),
    fine(
        "2.3 with bytes", frame(PING, b"\x00\xff\xfe\xfd\xfc\xfb\x00\xff"), pongs=(b"\x00\xff\xfe\xfd\xfc\xfb\x00\xff",)
    ),
    fine("2.4 of 125 bytes", frame(PING, b"\xfe" * 125), pongs=(b"\xfe" * 125,)),
    broken("2.5 of 126 bytes", 1002, frame(PING, b"\xfe" * 126)),
    fine("2.7 a pong nobody asked for", frame(PONG)),
    fine("2.8 a pong with payload", frame(PONG, b"unasked")),
    fine("2.9 a pong, then a ping", frame(PONG, b"unasked"), frame(PING, b"asked"), pongs=(b"asked",)),
    fine("2.10 ten pings", *(frame(PING, b"%d" % n) for n in range(10)), pongs=tuple(b"%d" % n for n in range(10))),
    broken("2.x a pong of 126 bytes", 1002, frame(PONG, b"\xfe" * 126)),
]

RESERVED_BITS = [
    *(broken(f"3.{rsv} text with bits {rsv:03b}", 1002, frame(TEXT, b"x", rsv=rsv)) for rsv in range(1, 8)),
    broken("3.x a ping with bits 100", 1002, frame(PING, b"x", rsv=4)),
    broken("3.x a close with bits 111", 1002, frame(CLOSE, rsv=7)),
    broken("3.x behind a good message", 1002, frame(TEXT, b"good"), frame(TEXT, b"x", rsv=4), texts=("good",)),
    broken("3.x in the second part", 1002, frame(TEXT, b"a", fin=False), frame(CONT, b"b", rsv=2)),
]

OPCODES = [
    *(broken(f"4.1 opcode {opcode}", 1002, frame(opcode)) for opcode in range(3, 8)),
    *(broken(f"4.2 opcode {opcode}", 1002, frame(opcode, b"x")) for opcode in range(11, 16)),
    broken("4.x behind a message", 1002, frame(TEXT, b"good"), frame(5, b"x"), frame(PING), texts=("good",)),
]

FRAGMENTS = [
    broken("5.1 a ping in two parts", 1002, frame(PING, b"a", fin=False), frame(CONT, b"b")),
    broken("5.2 a pong in two parts", 1002, frame(PONG, b"a", fin=False), frame(CONT, b"b")),
    broken("5.x a close in two parts", 1002, frame(CLOSE, b"\x03\xe8", fin=False)),
    fine("5.3 text in two parts", frame(TEXT, b"one ", fin=False), frame(CONT, b"two"), texts=("one two",)),
    fine(
        "5.6 a ping between the parts",
        frame(TEXT, b"one ", fin=False),
        frame(PING, b"here?"),
        frame(CONT, b"two"),
        texts=("one two",),
        pongs=(b"here?",),
    ),
    broken("5.9 a part of nothing", 1002, frame(CONT, b"x")),
    broken("5.10 a first part of nothing", 1002, frame(CONT, b"x", fin=False)),
    broken("5.15 a part behind a whole message", 1002, frame(TEXT, b"x"), frame(CONT, b"y"), texts=("x",)),
    broken("5.18 a message within a message", 1002, frame(TEXT, b"a", fin=False), frame(TEXT, b"b")),
    broken("5.x binary within a message", 1002, frame(TEXT, b"a", fin=False), frame(BINARY, b"b")),
    broken("5.x binary in two parts", 1003, frame(BINARY, b"a", fin=False)),
    fine(
        "5.19 many parts, pings between",
        frame(TEXT, b"1", fin=False),
        frame(CONT, b"2", fin=False),
        frame(PING, b"a"),
        frame(CONT, b"3", fin=False),
        frame(CONT, b"4", fin=False),
        frame(PING, b"b"),
        frame(CONT, b"5"),
        texts=("12345",),
        pongs=(b"a", b"b"),
    ),
    fine("5.x parts of no bytes", frame(TEXT, fin=False), frame(CONT, fin=False) * 9, frame(CONT), texts=("",)),
    fine("5.x a byte a part", parts(b"spelled", 1), texts=("spelled",)),
    broken("5.x a close within a message", 1002, frame(TEXT, b"a", fin=False), frame(CLOSE)),
]

_GOOD_TEXTS = [
    "Hellö Wörld",
    "κόσμε",
    "🏓",
    "\x00",
    "\x7f",
    "\x80",
    "߿",
    "ࠀ",
    "\ud7ff",
    "\ue000",
    "\ufffd",
    "\ufffe",
    "\uffff",
    "\U00010000",
    "\U0010ffff",
    "a\u0300",
    "\ufeffmark",
]
_BAD_BYTES = {
    "a lone continuation": b"\x80",
    "continuations only": b"\xbf" * 8,
    "an overlong slash of two": b"\xc0\xaf",
    "an overlong slash of three": b"\xe0\x80\xaf",
    "an overlong slash of four": b"\xf0\x80\x80\xaf",
    "an overlong of five": b"\xf8\x88\x80\x80\x80",
    "an overlong of six": b"\xfc\x84\x80\x80\x80\x80",
    "an overlong NUL": b"\xc0\x80",
    "a cut sequence of two": b"\xc3",
    "a cut sequence of three": b"\xe2\x82",
    "a cut sequence of four": b"\xf0\x9f\x8f",
    "a cut sequence, then text": b"\xe2\x82abc",
    "a surrogate": b"\xed\xa0\x80",
    "a pair of surrogates": b"\xed\xa0\x80\xed\xb0\x80",
    "above U+10FFFF": b"\xf4\x90\x80\x80",
    "FE": b"\xfe",
    "FF": b"\xff",
    "good text, then a surrogate, then good text": "κόσμε".encode() + b"\xed\xa0\x80" + b"edited",
}

UTF8 = [
    *(fine(f"6.x {text!a}", frame(TEXT, text.encode()), texts=(text,)) for text in _GOOD_TEXTS),
    *(
        fine(f"6.2 {text!a} a byte a part", parts(text.encode(), 1), texts=(text,))
        for text in _GOOD_TEXTS
        if len(text.encode()) > 1
    ),
    *(broken(f"6.x {name}", 1007, frame(TEXT, data)) for name, data in _BAD_BYTES.items()),
    *(broken(f"6.3 {name}, a byte a part", 1007, parts(data, 1)) for name, data in _BAD_BYTES.items()),
    # The suite asks for a failure at the first wrong byte; we judge a message when it is whole, as RFC 6455, 8.1,
    # allows: what follows the wrong bytes is still read, and the close says 1007 all the same.
    broken(
        "6.4 wrong in the first part of three",
        1007,
        frame(TEXT, b"\xf4\x90", fin=False),
        frame(CONT, b"abc", fin=False),
        frame(PING, b"between"),
        frame(CONT, b"def"),
        pongs=(b"between",),
    ),
    broken("6.x one good, one bad", 1007, frame(TEXT, b"good"), frame(TEXT, b"\xff"), texts=("good",)),
    fine("6.x a pong that is no text", frame(PONG, b"\xff\xfe")),
]

_ALLOWED_CODES = (1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999)
_FORBIDDEN_CODES = (0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535)

CLOSING = [
    Case("7.1 a message, then a close", frame(TEXT, b"last") + close(), ("last",)),
    Case("7.1 two closes", close(1000, b"one") + close(1001, b"two")),
    Case("7.1 a close, then a ping", close() + frame(PING, b"still there?")),
    Case("7.1 a close, then a message", close() + frame(TEXT, b"too late")),
    Case("7.1 a close, then nonsense", close() + b"\xff" * 300),
    Case("7.3 an empty close", close(None), code=1005),
    broken("7.3 a close of one byte", 1002, frame(CLOSE, b"\x03")),
    Case("7.3 a close with a reason", close(1000, "tschüß".encode())),
    Case("7.3 a reason of 123 bytes", close(1000, b"*" * 123)),
    broken("7.3 a reason of 124 bytes", 1002, close(1000, b"*" * 124)),
    broken("7.5 a reason that is no UTF-8", 1007, close(1000, b"\xce\xba\xed\xa0\x80")),
    *(Case(f"7.7 code {code}", close(code), code=code) for code in _ALLOWED_CODES),
    *(broken(f"7.9 code {code}", 1002, close(code)) for code in _FORBIDDEN_CODES),
    *(broken(f"7.9 code {code} with a reason", 1002, close(code, b"why")) for code in _FORBIDDEN_CODES),
]

LIMITS = [
    fine("9.1 a frame of 32 KB", frame(TEXT, b"*" * FRAME), texts=("*" * FRAME,)),
    broken("9.1 a frame of 32 KB and a byte", 1009, frame(TEXT, b"*" * (FRAME + 1))),
    broken("9.1 a frame of 64 KB", 1009, frame(TEXT, b"*" * (2 * FRAME))),
    Case("9.1 a frame that claims 2^63-1 bytes", frame(TEXT, says=2**63 - 1), code=1009),
    Case("9.1 a frame that claims 2^64-1 bytes", frame(TEXT, says=2**64 - 1), code=1009),
    broken("9.2 binary of 32 KB", 1003, frame(BINARY, b"*" * FRAME)),
    *(
        fine(f"9.3 128 KB in parts of {size}", parts(b"*" * MESSAGE, size), texts=("*" * MESSAGE,))
        for size in (64, 1024, 4096, FRAME)
    ),
    *(
        broken(f"9.3 128 KB and a byte in parts of {size}", 1009, parts(b"*" * (MESSAGE + 1), size))
        for size in (64, 4096, FRAME)
    ),
    broken(
        "9.x 128 KB whose end never comes",
        1009,
        *(frame(TEXT if n == 0 else CONT, b"*" * FRAME, fin=False) for n in range(4)),
        frame(CONT, b"*", fin=False),
    ),
    fine(
        "9.x two messages of 128 KB",
        parts(b"a" * MESSAGE, FRAME) * 2,
        texts=("a" * MESSAGE, "a" * MESSAGE),
    ),
]

MISCELLANEOUS = [
    fine("10.x a frame cut in its length", frame(TEXT, b"*" * 200), texts=("*" * 200,)),
    Case("10.x nothing but a reserved close", struct.pack("!BB", 0x88, 0x80) + b"\0\0\0\0", code=1005),
]

CASES = [
    *FRAMING,
    *PINGS,
    *RESERVED_BITS,
    *OPCODES,
    *FRAGMENTS,
    *UTF8,
    *CLOSING,
    *LIMITS,
    *MISCELLANEOUS,
]

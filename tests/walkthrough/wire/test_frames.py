"""Bytes into frames, checked against the examples of RFC 6455 and against the parser of ``websockets``."""

import zlib
from itertools import pairwise

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from websockets.client import ClientProtocol
from websockets.extensions.permessage_deflate import PerMessageDeflate
from websockets.frames import Close, Frame, Opcode
from websockets.protocol import OPEN, Protocol
from websockets.server import ServerProtocol
from websockets.uri import parse_uri

from walkthrough import wire
from walkthrough.errors import WalkthroughError
from walkthrough.wire import Sender

SENDERS: list[Sender] = ["client", "server"]


def one(text: str, sender: Sender = "server") -> wire.Frame:
    """The last of the frames that are written in hexadecimal."""
    return wire.read(bytes.fromhex(text), sender)[-1]


@pytest.mark.parametrize(
    ("text", "sender", "name", "meaning"),
    [  # section 5.7
        ("810548656c6c6f", "server", "text", "“Hello”"),
        ("818537fa213d7f9f4d5158", "client", "text", "“Hello”"),
        ("010348656c 80026c6f", "server", "continuation", "“lo”"),
        ("890548656c6c6f", "server", "ping", "“Hello”"),
        ("8a8537fa213d7f9f4d5158", "client", "pong", "“Hello”"),
        ("827e0100" + "00" * 256, "server", "binary", "256 bytes"),
        ("827f0000000000010000" + "00" * 65536, "server", "binary", "65,536 bytes"),
    ],
)
def test_the_examples_of_the_rfc(text: str, sender: Sender, name: str, meaning: str) -> None:
    """Each example frame of section 5.7 says what is written beside it there."""
    frame = one(text, sender)
    assert (True, name, meaning) == (frame.whole, frame.name, frame.meaning)


def test_every_field_has_its_place() -> None:
    """Fields are found by name, with the bit that they begin at and how many bits they have."""
    frame = one("81fe007e 01020304" + "60" * 126, "client")
    assert [
        ("FIN", 0, 1),
        ("RSV1", 1, 1),
        ("RSV2", 2, 1),
        ("RSV3", 3, 1),
        ("opcode", 4, 4),
        ("MASK", 8, 1),
        ("length", 9, 7),
        ("16-bit length", 16, 16),
        ("masking key", 32, 32),
        ("payload", 64, 1008),
    ] == [(field.name, field.bit, field.bits) for field in frame.fields]
    assert (126, 4, bytes.fromhex("01020304")) == (frame.length, frame["masking key"].byte, frame.masking_key)


def test_a_field_that_is_not_there() -> None:
    """Asking for one says which there are."""
    with pytest.raises(KeyError, match="masking key: this frame has FIN, RSV1"):
        one("8100")["masking key"]


@pytest.mark.parametrize(
    ("text", "byte", "bits", "section", "sentence"),
    [
        ("c100", 0, 1, "5.2", "RSV1 must be 0: no extension gives it a meaning here."),
        ("9100", 0, 1, "5.2", "RSV3 must be 0: no extension gives it a meaning here."),
        ("8300", 0, 4, "5.2", "Opcode 0x3 is reserved: no frame may have it."),
        ("8f00", 0, 4, "5.2", "Opcode 0xf is reserved: no frame may have it."),
        ("0900", 0, 1, "5.5", "A ping frame is a control frame, which must not be split: FIN must be 1."),
        ("8000", 0, 4, "5.4", "This frame continues nothing: no message is under way."),
        ("0100 8100", 0, 4, "5.4", "A new message begins before the last part of the one under way."),
        ("8800 8100", 0, 4, "5.5.1", "After its close frame a sender sends no more data."),
        ("818000000000", 1, 1, "5.1", "A server must not mask a frame."),
        ("897e007e", 1, 7, "5.5", "A control frame must not carry more than 125 bytes."),
        ("817e007d", 2, 16, "5.2", "A length must take its shortest form: 125 fits into 7 bits."),
        ("817f000000000000ffff", 2, 64, "5.2", "A length must take its shortest form: 65535 fits into 16 bits."),
        ("817f8000000000000000", 2, 64, "5.2", "The highest bit of a 64-bit length must be 0."),
        ("810361ff62", 3, 8, "8.1", "A text message must be UTF-8."),
        ("8102c3", None, 0, "", ""),
        ("8101c3", 2, 8, "8.1", "A text message must be UTF-8."),
        ("0101c3 800161", 2, 8, "8.1", "A text message must be UTF-8."),
        ("0101c3 8003bcff61", 3, 8, "8.1", "A text message must be UTF-8."),
        ("880103", 2, 8, "5.5.1", "A close frame has no payload, or one that begins with two bytes."),
        ("880203e7", 2, 16, "7.4.2", "Close code 999 must not be used: codes begin at 1000."),
        ("880203ec", 2, 16, "7.4.2", "Close code 1004 is reserved: nothing defines it."),
        ("880203ed", 2, 16, "7.4.1", "Close code 1005 is for reports only: it must not be sent."),
        ("880203ee", 2, 16, "7.4.1", "Close code 1006 is for reports only: it must not be sent."),
        ("880203f7", 2, 16, "7.4.1", "Close code 1015 is for reports only: it must not be sent."),
        ("88020bb7", 2, 16, "7.4.2", "Close code 2999 is reserved: nothing defines it."),
        ("88021388", 2, 16, "7.4.2", "Close code 5000 must not be used: codes end at 4999."),
        ("880403e861ff", 5, 8, "5.5.1", "The reason for a close must be UTF-8."),
    ],
)
def test_a_broken_rule(text: str, byte: int | None, bits: int, section: str, sentence: str) -> None:
    """The byte that breaks it, the section, and a sentence."""
    broken = one(text).broken
    if byte is None:
        assert broken is None
        return
    assert broken is not None
    assert (byte, bits, section, sentence) == (broken.byte, broken.bits, broken.rule.section, broken.rule.sentence)


def test_a_client_that_does_not_mask() -> None:
    """The same bytes are right from a server and wrong from a client."""
    assert one("8100").broken is None
    broken = one("8100", "client").broken
    assert broken is not None
    assert "5.1" == broken.rule.section


def test_nothing_is_read_behind_a_broken_byte() -> None:
    """Its fields end there, and the rest is counted."""
    frame = one("8105616263", "client")
    assert (["MASK", "length"], 3) == ([field.name for field in frame.fields][5:], frame.unread)


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("81", "not all here yet: 1 of at least 2 bytes"),
        ("81fe", "not all here yet: 2 of at least 8 bytes"),
        ("8185", "not all here yet: 2 of 11 bytes"),
        ("818537fa213d7f9f", "not all here yet: 8 of 11 bytes"),
    ],
)
def test_half_a_frame(text: str, meaning: str) -> None:
    """An incomplete frame is no error."""
    frame = one(text, "client")
    assert (False, None, meaning) == (frame.whole, frame.broken, frame.meaning)


def test_half_a_payload_can_be_read() -> None:
    """The part of a payload that has arrived is unmasked."""
    assert b"He" == one("818537fa213d7f9f", "client").payload


def test_a_character_in_two_frames() -> None:
    """A text message is one text: its parts may cut a character in two (section 5.6)."""
    frames = wire.read(bytes.fromhex("0102 61c3 8901 78 8001 bc"), "server")
    assert ["“a”", "“x”", "“ü”"] == [frame.meaning for frame in frames]


@pytest.mark.parametrize(
    ("head", "frames"),
    [
        (b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", 1),
        (b"HTTP/1.1 101 Switching Protocols\r\n\r\n", 1),
        (b"HTTP/1.1 403 Forbidden\r\n\r\n", 0),
        (b"HTTP/1.1 101 Switching Protocols\r\n", 0),
        (b"", 1),
    ],
)
def test_frames_come_after_the_head(head: bytes, frames: int) -> None:
    """After a whole head they begin; after a refusal there are none."""
    read = wire.read(head + b"\x81\x00", "server")
    assert [len(head)] * frames == [frame.offset for frame in read]


def test_compressed_messages() -> None:
    """With permessage-deflate RSV1 says that a message is compressed, and its text is still read (RFC 7692)."""
    deflate = PerMessageDeflate(False, False, 15, 15)
    sent = b"".join(
        Frame(Opcode.TEXT, text.encode()).serialize(mask=True, extensions=[deflate]) for text in ("Grüße", "Grüße")
    )
    frames = wire.read(sent, "client", deflate=True)
    assert ["“Grüße”, compressed"] * 2 == [frame.meaning for frame in frames]
    agreed = b"HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n"
    deflate = PerMessageDeflate(False, False, 15, 15)
    frame = Frame(Opcode.TEXT, b"hi").serialize(mask=False, extensions=[deflate])
    assert ["“hi”, compressed"] == [frame.meaning for frame in wire.read(agreed + frame, "server")]


def test_what_is_not_compressed_as_it_says() -> None:
    """RSV1 on a payload that is no deflate stream breaks a rule of RFC 7692."""
    (frame,) = wire.read(b"\xc1\x03\xff\xff\xff", "server", deflate=True)
    assert frame.broken
    assert 7692 == frame.broken.rule.rfc


def test_a_decompression_bomb_is_not_blown_up() -> None:
    """What inflates to more than a megabyte is left as it is, and so is what is compressed after it."""
    squeeze = zlib.compressobj(wbits=-15)
    parts = [squeeze.compress(data) + squeeze.flush(zlib.Z_SYNC_FLUSH) for data in (b"\xc3", bytes(1 << 24), b"c")]
    half, bomb, after = parts[0], parts[1][:-4], parts[2][:-4]
    sent = b"\x41" + bytes([len(half)]) + half
    sent += b"\x80\x7e" + len(bomb).to_bytes(2, "big") + bomb
    sent += b"\xc1" + bytes([len(after)]) + after + b"\x81\x01d"
    meanings = [frame.meaning for frame in wire.read(sent, "server", deflate=True)]
    assert ["“”, compressed", f"{len(bomb):,} bytes, compressed", f"{len(after)} bytes, compressed", "“d”"] == meanings


@pytest.mark.parametrize(("data", "sender"), [("text", "client"), (None, "client"), (b"", "nobody")])
def test_what_is_no_bytes_of_anybody(data: object, sender: object) -> None:
    """One sentence says what was expected."""
    with pytest.raises(WalkthroughError, match=r"wire reads bytes|The sender of these bytes"):
        wire.read(data, sender)  # type: ignore[arg-type]


TEXTS = st.text(max_size=200)
CONTROL = st.one_of(
    st.binary(max_size=125).map(lambda data: [(Opcode.PING, data, True)]),
    st.binary(max_size=125).map(lambda data: [(Opcode.PONG, data, True)]),
)


@st.composite
def messages(draw: st.DrawFn) -> list[tuple[Opcode, bytes, bool]]:
    """A data message in up to four frames, with a control frame in between."""
    opcode = draw(st.sampled_from([Opcode.TEXT, Opcode.BINARY]))
    whole = draw(TEXTS).encode() if opcode is Opcode.TEXT else draw(st.binary(max_size=300))
    if draw(st.booleans()):
        whole *= draw(st.sampled_from([1, 200, 700]))
    cuts = sorted(draw(st.lists(st.integers(0, len(whole)), max_size=3)))
    parts = [whole[start:end] for start, end in zip([0, *cuts], [*cuts, len(whole)], strict=True)]
    frames = [
        (opcode if number == 0 else Opcode.CONT, part, number == len(parts) - 1) for number, part in enumerate(parts)
    ]
    at = draw(st.integers(0, len(frames)))
    return frames[:at] + draw(st.one_of(st.just([]), CONTROL)) + frames[at:]


@given(st.lists(messages(), max_size=4), st.booleans(), st.integers(0, 20))
@settings(max_examples=150, deadline=None)
def test_valid_frames_agree_with_websockets(
    sent: list[list[tuple[Opcode, bytes, bool]]], mask: bool, lost: int
) -> None:
    """Whatever ``websockets`` writes is read as it was meant, and cutting the end off is no error."""
    frames = [frame for message in sent for frame in message]
    data = b"".join(Frame(opcode, payload, fin).serialize(mask=mask) for opcode, payload, fin in frames)
    sender: Sender = "client" if mask else "server"
    read = wire.read(data, sender)
    assert frames == [(frame.opcode, frame.payload, frame.fin) for frame in read]
    assert [True] * len(frames) == [frame.whole and frame.masked is mask for frame in read]
    assert [len(payload) for _, payload, _ in frames] == [frame.length for frame in read]
    rest = wire.read(data[: max(len(data) - lost, 0)], sender)
    assert [None] * len(rest) == [frame.broken for frame in rest]


@given(st.one_of(st.none(), st.integers(0, 6000)), st.text(max_size=30))
def test_close_frames_agree_with_websockets(code: int | None, reason: str) -> None:
    """The codes that may be sent are those that ``websockets`` sends, and code and reason are read."""
    payload = b"" if code is None else code.to_bytes(2, "big") + reason.encode()
    (frame,) = wire.read(bytes([0x88, len(payload)]) + payload, "server")
    try:
        meant = None if code is None else Close.parse(payload)
    except Exception:
        assert frame.broken is not None
    else:
        assert frame.broken is None
        assert (meant and meant.code, meant and meant.reason) == (frame.code, frame.reason)


HEADERS = st.builds(
    lambda first, length, mask: (first, length, mask),
    st.one_of(st.sampled_from([0x81, 0x82, 0x01, 0x00, 0x80, 0x89, 0x8A, 0x88]), st.integers(0, 255)),
    st.sampled_from([0, 1, 2, 5, 125, 126, 300, 66000]),
    st.booleans(),
)


def spoken(header: tuple[int, int, bool], mask: bool) -> bytes:
    """A frame with any first byte."""
    first, length, odd = header
    payload = (b"\x03\xe8" + b"a" * length)[:length]
    masked = mask ^ (odd and length == 5)  # wrong once in a while
    if length < 126:
        head = bytes([first, length | 0x80 * masked])
    elif length < 65536:
        head = bytes([first, 126 | 0x80 * masked]) + length.to_bytes(2, "big")
    else:
        head = bytes([first, 127 | 0x80 * masked]) + length.to_bytes(8, "big")
    return head + bytes(4) * masked + payload


def heard(data: bytes, sender: Sender) -> tuple[int, bool]:
    """How many frames the other side's protocol in ``websockets`` takes, and whether it then fails the connection."""
    protocol: Protocol
    if sender == "client":
        protocol = ServerProtocol(state=OPEN, max_size=None)
    else:
        protocol = ClientProtocol(parse_uri("ws://localhost/"), state=OPEN, max_size=None)
    protocol.receive_data(data)
    return len(protocol.events_received()), protocol.parser_exc is not None


def made_whole(frame: wire.Frame) -> bytes:
    """The same with an end to it: ``websockets`` refuses some frames only when they are whole."""
    masked = frame.sender == "client"
    if len(frame.data) == 1:
        return frame.data + bytes([0x80 * masked]) + bytes(4 * masked)
    size = {126: 2, 127: 8}.get(frame.data[1] & 0x7F, 0)
    return frame.data[:2] + (126).to_bytes(size, "big") + bytes(4 * masked + 126) if size else frame.data


# What websockets does not check: it takes any form of a length, ignores data after a close frame, and leaves the
# characters of a message to whoever reads it.
LENIENT = ("A length must", "The highest bit", "After its close", "A text message")


@given(st.lists(HEADERS, max_size=6), st.binary(max_size=12), st.sampled_from(SENDERS))
@settings(max_examples=300, deadline=None)
def test_broken_frames_agree_with_websockets(headers: list[tuple[int, int, bool]], rest: bytes, sender: Sender) -> None:
    """The same frame is the first one that is refused, here and there."""
    data = b"".join(spoken(header, sender == "client") for header in headers) + rest
    assume(not data.startswith((b"G", b"H")))  # the beginning of an HTTP head, and of no valid frame
    read = wire.read(data, sender)
    broken = read[-1].broken if read else None
    taken, failed = heard(data, sender)
    ours = sum(frame.whole for frame in read)
    if broken and not failed:
        taken, failed = heard(data[: read[-1].offset] + made_whole(read[-1]), sender)
    if broken and broken.rule.sentence.startswith(LENIENT):
        return
    closed = next((number for number, frame in enumerate(read) if frame.whole and frame.opcode == 0x8), None)
    if closed is not None:
        # It listens no more. A close frame inside a message it refuses; section 5.5.1 lets one end a message early.
        under_way = [frame.fin for frame in read[:closed] if frame.opcode < 0x8][-1:] == [False]
        assert (closed, True) == (taken, failed) if under_way else (closed + 1, False) == (taken, failed)
        return
    assert (ours, broken is not None) == (taken, failed)


@given(st.binary(max_size=200), st.sampled_from(SENDERS), st.booleans())
@settings(max_examples=300, deadline=None)
def test_no_bytes_raise(data: bytes, sender: Sender, deflate: bool) -> None:
    """Of any bytes, each is in a frame or counted after the frame that breaks a rule, and they can be drawn."""
    read = wire.read(data, sender, deflate=deflate)
    for frame, after in pairwise(read):
        assert (True, frame.offset + len(frame.data)) == (frame.whole, after.offset)
    if read:
        assert len(data) == read[-1].offset + len(read[-1].data) + read[-1].unread
    picture = wire.picture(data, sender, deflate=deflate)
    assert picture.alt
    assert picture.text

"""Generated frames against the server, and against a second reading of RFC 6455 that can be checked by eye."""

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from .conftest import Server
from .wire import BINARY, CLOSE, CONT, PING, PONG, TEXT, close, frame, pieces

CODES = {None, 1000, 1002, 1003, 1005, 1007, 1009}

cuts = st.lists(st.integers(1, 40), max_size=12)
masks = st.one_of(st.just(b"\0\0\0\0"), st.binary(min_size=4, max_size=4), st.sampled_from([b"mask"] * 8 + [None]))
payloads = st.one_of(
    st.binary(max_size=8),
    st.text(max_size=40).map(str.encode),
    st.text(max_size=4).map(str.encode).flatmap(lambda data: st.integers(0, len(data)).map(lambda end: data[:end])),
    st.sampled_from([b"*" * 125, b"*" * 126, b"*" * 65_535, b"*" * 32_768, b"*" * 32_769]),
)


@dataclass(frozen=True)
class Sent:
    """One frame as a generator made it."""

    opcode: int
    payload: bytes
    fin: bool
    rsv: int
    mask: bytes | None

    def data(self) -> bytes:
        return frame(self.opcode, self.payload, fin=self.fin, rsv=self.rsv, mask=self.mask)


frames = st.builds(
    Sent,
    st.sampled_from([TEXT] * 6 + [CONT] * 6 + [PING] * 3 + [PONG] * 2 + [BINARY, 3, 11]),
    payloads,
    st.sampled_from([True, True, True, False]),
    st.sampled_from([0] * 20 + list(range(1, 8))),
    masks,
)


@dataclass
class Expected:
    """What should come of frames: the messages, the pongs, and the code that ends it, if one of them does."""

    texts: list[str]
    pongs: list[bytes]
    code: int | None = None


def reading_of(sent: list[Sent]) -> Expected:
    """RFC 6455, sections 5 and 8.1, with API Gateway's limits and its refusal of binary messages."""
    expected, parts = Expected([], []), None
    for each in sent:
        control = each.opcode >= 8
        left = 131_072 - len(parts or b"")
        if each.opcode not in (CONT, TEXT, BINARY, CLOSE, PING, PONG) or each.mask is None:
            expected.code = 1002
        elif len(each.payload) > min(32_768, left):
            expected.code = 1009
        elif each.rsv or (control and (not each.fin or len(each.payload) > 125)):
            expected.code = 1002
        elif each.opcode == PING:
            expected.pongs.append(each.payload)
        elif not control and (each.opcode == CONT) is not (parts is not None):
            expected.code = 1002
        elif each.opcode == BINARY:
            expected.code = 1003
        elif not control:
            parts = (parts or b"") + each.payload
            if each.fin:
                try:
                    expected.texts.append(parts.decode())
                except UnicodeDecodeError:
                    expected.code = 1007
                parts = None
        if expected.code is not None:
            return expected
    if parts is not None:
        expected.code = 1002  # the close that ends it comes within a message
    return expected


@given(st.lists(frames, max_size=8), cuts)
def test_frames_are_read_as_the_rfc_reads_them(server: Server, sent: list[Sent], sizes: list[int]) -> None:
    """Spec 74, 100, 161, 162: whatever their order and however they are cut, messages, pongs and the close agree."""
    server.cloud.events.clear()
    expected = reading_of(sent)
    with server.wire().open(server.host) as wire:
        for piece in pieces(b"".join(each.data() for each in sent) + close(1000), sizes):
            wire.send(piece)
        heard = wire.hear()
    server.settle()

    assert (expected.texts, expected.pongs, expected.code or 1000) == (server.messages(), heard.pongs, heard.code)


@given(st.binary(max_size=200), cuts, st.sampled_from(["end", "reset", "close frame"]))
def test_any_bytes_end_well(server: Server, sent: bytes, sizes: list[int], ending: str) -> None:
    """Bytes that are no frames: a close with a known code or none, one $disconnect that says the same."""
    server.cloud.events.clear()
    with server.wire().open(server.host) as wire:
        for piece in pieces(sent, sizes):
            wire.send(piece)
        if ending == "reset":
            wire.reset()
            code = None
        else:
            if ending == "close frame":
                wire.send(close(1000))
            wire.end()
            code = wire.hear().code
    server.settle()

    told = [event["requestContext"]["disconnectStatusCode"] for event in server.take_events("DISCONNECT")]
    assert code in CODES or (code is not None and 3000 <= code < 5000)
    assert len(told) == 1
    if code is not None:
        assert told == [code]


@given(st.integers(0, 2**64 - 1), st.sampled_from([TEXT, CONT, BINARY, PING, CLOSE]), st.binary(max_size=64))
def test_a_length_that_lies(server: Server, says: int, opcode: int, payload: bytes) -> None:
    """A frame that claims any length holds no memory for it; TCP's end ends it."""
    with server.wire().open(server.host) as wire:
        wire.send(frame(opcode, payload, says=says, wide=True))
        wire.end()
        assert wire.hear().code in CODES

"""Cutting what a process writes into log messages."""

import pytest

from local_aws.functions.sandbox.output import MAX_LINE_BYTES, OutputParser


def frame(text: str, milliseconds: int = 1700000000000, kind: int = 0xA55A0003) -> bytes:
    data = text.encode()
    return kind.to_bytes(4, "big") + len(data).to_bytes(4, "big") + (milliseconds * 1000).to_bytes(8, "big") + data


def test_lines() -> None:
    """Each line is a message with its newline; text without a newline waits."""
    parser = OutputParser()
    assert [(None, "one\n"), (None, "\n"), (None, "two\n")] == parser.feed(b"one\n\ntwo\nthr")
    assert [(None, "three\n")] == parser.feed(b"ee\n")


def test_flush() -> None:
    """At the end of an invocation a line without a newline is a message too, and nothing is left of it."""
    parser = OutputParser()
    assert [] == parser.feed(b"prompt> ")
    assert [(None, "prompt> \n")] == parser.flush()
    assert [] == parser.flush()


def test_frames() -> None:
    """A frame is one message, with its own time and all its lines; text around it keeps its place."""
    parser = OutputParser()
    data = b"before\n" + frame("two\nlines\n") + b"behind\n"
    assert [(None, "before\n"), (1700000000000, "two\nlines\n"), (None, "behind\n")] == parser.feed(data)


def test_a_frame_inside_a_line() -> None:
    """A frame that another thread wrote between a text and its newline does not cut the line."""
    parser = OutputParser()
    assert [(1700000000000, "frame\n"), (None, "text\n")] == parser.feed(b"text" + frame("frame") + b"\n")


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_pieces(size: int) -> None:
    """The messages are the same, however small the pieces are in which the bytes arrive."""
    data = "¥ Ω 🏓\n".encode() + frame("¥ framed\n") + b"end\n"
    parser = OutputParser()
    messages = [m for at in range(0, len(data), size) for m in parser.feed(data[at : at + size])]
    assert [(None, "¥ Ω 🏓\n"), (1700000000000, "¥ framed\n"), (None, "end\n")] == messages


@pytest.mark.parametrize(
    "data",
    [
        b"\xa5\x5a\x00\xffnot a frame at all\n",
        frame("", kind=0xA55A0099) + b"\n",
        b"\xa5\x5a\x00\x03\xff\xff\xff\xff" + b"x" * 20 + b"\n",
    ],
)
def test_what_only_looks_like_a_frame(data: bytes) -> None:
    """Bytes that begin like a frame but are none are text, and do not delay what follows."""
    parser = OutputParser()
    messages = parser.feed(data + b"next\n")
    assert messages[-1] == (None, "next\n")


def test_text_that_is_not_utf_8() -> None:
    """Other bytes are replaced, not refused."""
    assert [(None, "caf\ufffd\n")] == OutputParser().feed(b"caf\xe9\n")


def test_a_line_without_end() -> None:
    """A line longer than an event may be is continued in the next, so that memory stays bounded."""
    parser = OutputParser()
    messages = parser.feed(b"x" * (2 * MAX_LINE_BYTES + 5)) + parser.feed(b"\n")
    assert [MAX_LINE_BYTES + 1, MAX_LINE_BYTES + 1, 6] == [len(text) for _, text in messages]

"""A conversation as a ladder."""

import socket

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from websockets.exceptions import ConnectionClosed

from walkthrough import wire
from walkthrough.errors import WalkthroughError


def dialogue(url: str, **options: object) -> wire.Recorder:
    """A client that says hello, and is then closed by the server."""
    connection = wire.connect(url, user_agent_header=None, **options)
    connection.send("hello")
    connection.recv()
    connection.send("close")
    with pytest.raises(ConnectionClosed):
        connection.recv()
    connection.close()
    return wire.of(connection)


FRAMES = """\
  3  client → server  text, 5 bytes, masked
                      “hello”
  4  client ← server  text, 5 bytes
                      “hello”
  5  client → server  text, 5 bytes, masked
                      “close”
  6  client ← server  close, 12 bytes
                      1001 going away: “Going away”
  7  client → server  close, 12 bytes, masked
                      1001 going away: “Going away”
  8  server ends the TCP connection"""


def test_a_dialogue(url: str) -> None:
    """From the request to the end of TCP, in the order in which it happened, with nothing random in it."""
    assert (
        f"""\
  1  client → server  GET /dev HTTP/1.1
                      Host: …
                      Upgrade: websocket
                      Connection: Upgrade
                      Sec-WebSocket-Key: a random key
                      Sec-WebSocket-Version: 13
  2  client ← server  HTTP/1.1 101 Switching Protocols
                      Upgrade: websocket
                      Connection: Upgrade
                      Sec-WebSocket-Accept: what the key asks for
{FRAMES}"""
        == wire.conversation(dialogue(url, compression=None)).text
    )


def test_a_server_of_another_name(url: str) -> None:
    """The other side can have a name: in the picture, in its alt text, and in print."""
    with wire.connect(url) as client:
        client.send("hello")
        client.recv()
    named, plain = wire.conversation(client, server="A & B"), wire.conversation(client)
    assert ">A &amp; B</text>" in named.svg
    assert "A ladder of what client and A & B sent each other." in named.alt
    assert plain.text.replace("server", "A & B").split() == named.text.split()


def test_the_words_are_the_same_each_time(url: str) -> None:
    """Two conversations that say the same have the same text, alt text and drawing."""
    assert wire.conversation(dialogue(url)) == wire.conversation(dialogue(url))


def test_compression_is_seen_through(compressing_url: str) -> None:
    """Where permessage-deflate was agreed on, both sides' texts are still read."""
    text = wire.conversation(dialogue(compressing_url)).text
    assert 2 == text.count("“hello”, compressed")


def test_a_client_that_vanishes(url: str) -> None:
    """Without a close frame the ladder ends where the client let go of TCP."""
    connection = wire.connect(url)
    connection.socket.shutdown(socket.SHUT_RDWR)
    connection.close()
    assert "  3  client ends the TCP connection" == wire.conversation(connection).text.splitlines()[-1]


def test_a_broken_frame(url: str) -> None:
    """What breaks a rule is named, and the server's answer to it follows."""
    connection = wire.connect(url)
    connection.socket.sendall(b"\x81\x00")
    with pytest.raises(ConnectionClosed):
        connection.recv()
    connection.close()
    text = wire.conversation(connection).text
    assert (
        "text, breaks a rule\n                      ✗ A client must mask every frame. (RFC 6455, section 5.1)" in text
    )
    assert "1002 protocol error" in text


def test_a_refusal() -> None:
    """After a response other than 101 there are no frames."""
    recorder = wire.Recorder()
    recorder.add("sent", b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    recorder.add("received", b"HTTP/1.1 403 Forbidden\r\n\r\n{}")
    assert ["GET / HTTP/1.1", "HTTP/1.1 403 Forbidden"] == [step.what for step in wire.steps(recorder)]


def test_a_frame_counts_when_its_last_byte_went() -> None:
    """A frame that comes in pieces stands where it was whole; one that is half here says so."""
    recorder = wire.Recorder()
    recorder.add("received", b"\x81")
    recorder.add("sent", b"\x8a\x80abcd")
    recorder.add("received", b"\x00\x81")
    assert ["pong, 0 bytes, masked", "text, 0 bytes", "text, not all here yet: 1 of at least 2 bytes"] == [
        step.what for step in wire.steps(recorder)
    ]


def test_nothing_yet() -> None:
    """An empty recorder is a sentence."""
    assert "Nothing was sent yet." == wire.conversation(wire.Recorder()).text


def test_a_long_conversation_is_cut() -> None:
    """Forty steps are drawn, and the rest is counted."""
    recorder = wire.Recorder("server")
    recorder.add("sent", b"\x81\x00" * 45)
    assert "… and 5 more" == wire.conversation(recorder).text.splitlines()[-1]


def test_nobody_recorded_it() -> None:
    """A connection of another kind is refused with the next step."""
    with pytest.raises(WalkthroughError, match=r"open it with wire\.connect"):
        wire.conversation("hello")


@given(st.lists(st.tuples(st.sampled_from(["sent", "received"]), st.binary(max_size=20)), max_size=10))
@settings(max_examples=200, deadline=None)
def test_no_bytes_raise(chunks: list[tuple[str, bytes]]) -> None:
    """Any recorded bytes can be drawn."""
    recorder = wire.Recorder()
    for direction, data in chunks:
        recorder.add(direction, data)  # type: ignore[arg-type]
    assert wire.conversation(recorder).alt

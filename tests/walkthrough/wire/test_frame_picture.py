"""What a picture of frames shows."""

import re
from xml.etree import ElementTree

import pytest
from websockets.frames import Frame, Opcode

from walkthrough import wire
from walkthrough.picture import Picture

HELLO = bytes.fromhex("818537fa213d7f9f4d5158")
SVG = "{http://www.w3.org/2000/svg}"


def words(picture: Picture) -> list[str]:
    """The texts in a drawing, in order."""
    return ["".join(text.itertext()) for text in ElementTree.fromstring(picture.svg).iter(f"{SVG}text")]


def boxes(picture: Picture, kind: str) -> list[ElementTree.Element]:
    return [rect for rect in ElementTree.fromstring(picture.svg).iter(f"{SVG}rect") if rect.get("class") == kind]


def test_the_text_of_a_frame() -> None:
    """Every field in a line, and the key XOR what was sent over what was meant."""
    assert (
        """\
Frame 1 from the client: text, 5 bytes, masked: “Hello”
  byte 0     1.......     FIN            last part
  byte 0     .000....     RSV1–3         not used
  byte 0     ....0001     opcode         text
  byte 1     1.......     MASK           masked
  byte 1     .0000101     length         5 bytes
  byte 2     37 fa 21 3d  masking key    repeated over the payload
  byte 6     7f 9f 4d 51 58                                   as sent
             37 fa 21 3d 37                                   XOR key
             48 65 6c 6c 6f                                   payload
             H  e  l  l  o                                    reads"""
        == wire.picture(HELLO, "client").text
    )


def test_every_bit_is_drawn() -> None:
    """The first two bytes bit by bit, the rest in hexadecimal, and the characters."""
    shown = " ".join(words(wire.picture(HELLO, "client")))
    assert "FIN 1 last part RSV1–3 0 0 0 not used opcode 0 0 0 1 0x1 text MASK 1 masked length 0 0 0 0 1 0 1" in shown
    assert "as sent 7f 9f 4d 51 58 XOR key 37 fa 21 3d 37 payload 48 65 6c 6c 6f reads H e l l o" in shown


def test_what_is_wrong_is_outlined() -> None:
    """One outline around the bits that break a rule, and the rule in words."""
    picture = wire.picture(bytes.fromhex("880203ed"), "server")
    (outline,) = boxes(picture, "broken")
    assert "72" == outline.get("width")  # two bytes
    assert "✗ Close code 1005 is for reports only: it must not be sent. (RFC 6455, section 7.4.1)" in words(picture)
    assert "03 ed" in picture.text
    assert "breaks a rule at byte 2" in picture.alt


def test_a_wrong_byte_far_behind_is_shown() -> None:
    """Of a long payload the row with what is wrong is drawn, and what lies between is counted."""
    picture = wire.picture(Frame(Opcode.TEXT, b"a" * 100 + b"\xff" + b"a" * 50).serialize(mask=False), "server")
    assert 1 == len(boxes(picture, "broken"))
    assert {"… 66 more bytes", "… 41 more bytes", "ff"} <= set(words(picture))
    assert re.search(r"\n +\^\^ +✗\n", picture.text)


def test_what_is_not_here_yet_is_dotted() -> None:
    """Nine bytes are missing: four of the key and five of the payload."""
    assert 9 == len(boxes(wire.picture(b"\x81\x85", "client"), "absent"))


def test_many_frames_are_counted() -> None:
    """Twenty are drawn."""
    picture = wire.picture(b"\x81\x00" * 25, "server")
    assert "… and 5 more frames" == words(picture)[-1]
    assert picture.text.endswith("… and 5 more frames")


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "No bytes, so no frames."),
        (b"GET / HT", "No frames yet: 8 bytes of an HTTP head that has not ended."),
        (b"GET / HTTP/1.1\r\n\r\n", "No frames yet: only the HTTP head, GET / HTTP/1.1."),
        (b"HTTP/1.1 403 Forbidden\r\n\r\n{}", "No frames: HTTP/1.1 403 Forbidden makes no WebSocket."),
    ],
)
def test_no_frames(data: bytes, sentence: str) -> None:
    """A sentence says why there is nothing to see."""
    picture = wire.picture(data, "server")
    assert (sentence, [sentence]) == (picture.text, words(picture))


@pytest.mark.parametrize(
    "data",
    [
        HELLO,
        bytes.fromhex("82ff0000000000011170"),
        bytes.fromhex("c1"),
        b"\x81\x7e\x00\xc8" + "Grüße 🏓 ".encode() * 20,
    ],
)
def test_nothing_leaves_the_page(data: bytes) -> None:
    """Every box lies within the page."""
    for sender in ("client", "server"):
        root = ElementTree.fromstring(wire.picture(data, sender).svg)
        for rect in root.iter(f"{SVG}rect"):
            x, y, width, height = (float(rect.get(name, "")) for name in ("x", "y", "width", "height"))
            assert 0 <= x <= x + width <= float(root.get("width", ""))
            assert 0 <= y <= y + height <= float(root.get("height", ""))

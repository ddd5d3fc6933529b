import random
import time
from collections.abc import Callable

import pytest
from websockets.exceptions import InvalidHandshake
from websockets.sync.client import connect

from walkthrough import checks
from walkthrough.checks import hold_connections_yourself

TEXT = bytes.fromhex("81 84 01 02 03 04 71 71 70 70")


def parse(data: bytes) -> dict[str, object]:
    """The solution of the exercise."""
    length = data[1] & 0x7F
    if length == 126:
        length = int.from_bytes(data[2:4])
    elif length == 127:
        length = int.from_bytes(data[2:10])
    return {"fin": bool(data[0] & 0x80), "opcode": data[0] & 0x0F, "masked": bool(data[1] & 0x80), "length": length}


def but(**changes: Callable[[bytes], object]) -> Callable[[bytes], dict[str, object]]:
    """The solution of the exercise, but with these functions for some of the entries."""
    return lambda data: parse(data) | {key: change(data) for key, change in changes.items()}


@pytest.mark.parametrize(
    ("frame", "says"),
    [
        (b"\x89" + TEXT[1:], "✓ The server answers 8a 04 70 73 73 74, a pong with the payload psst.\n"),
        (TEXT, "✗ this is the text frame still: which byte"),
        (None, "✗ my_frame is None: make it bytes"),
        ("89 84", "✗ my_frame is '89 84': make it bytes"),
        (b"\x89\x80" + TEXT[2:], "✗ change exactly one byte of 81 84 01 02 03 04 71 71 70 70; yours is 89 80"),
        (b"\x89\x84", "✗ change exactly one byte"),
        (b"\x8a" + TEXT[1:], "✗ the server takes it for a pong frame: which opcode"),
        (b"\x82" + TEXT[1:], "✗ the server takes it for a binary frame"),
        (b"\x09" + TEXT[1:], "✗ the server closes with 1002 (protocol error) fragmented control frame: look at"),
        (b"\x8b" + TEXT[1:], "✗ the server closes with 1002 (protocol error) invalid opcode: look at the bits"),
        (TEXT[:1] + b"\x85" + TEXT[2:], "✗ the server waits for more bytes"),
        (TEXT[:1] + b"\x04" + TEXT[2:], "✗ the server closes with 1002"),
    ],
)
def test_ping_frame(frame: object, says: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A real server protocol reads the learner's frame; only a ping is right."""
    checks.check_ping_frame(frame)
    assert capsys.readouterr().out.startswith(says)


@pytest.mark.parametrize("answer", ["a", "c", "d", None, 5])
def test_masking_reason(answer: object, capsys: pytest.CaptureFixture[str]) -> None:
    """Only masking is the reason."""
    checks.check_masking_reason(answer)
    assert capsys.readouterr().out.startswith("✗ ")
    checks.check_masking_reason("b")
    assert capsys.readouterr().out.startswith("✓ masking")


@pytest.mark.parametrize(
    ("function", "says"),
    [
        (parse, "✓ It reads all 12 of them, from 0 to 65,536 bytes.\n"),
        (lambda data: None, "✗ parse returned None: return a dictionary with fin, opcode, masked, length.\n"),
        (lambda data: {"fin": True}, "✗ parse returned {'fin': True}: return a dictionary"),
        (but(fin=lambda data: None), "✗ a short text, which begins with 81 84: fin is None, but should be True."),
        (but(fin=lambda data: True), "✗ the first of several, which begins with 01 83: fin is True"),
        (but(masked=lambda data: True), "✗ one without a mask, which begins with 81 04: masked is True"),
        (but(opcode=lambda data: 1), "✗ an empty one, which begins with 82 80: opcode is 1, but should be 2."),
        (
            but(length=lambda data: data[1] & 0x7F),
            "✗ one of 127 bytes, which begins with 82 7e 00 7f: length is 126, but should be 127. "
            "Look at the two bytes after the second",
        ),
        (
            but(length=lambda data: int.from_bytes(data[2:4]) if data[1] & 0x7F >= 126 else data[1] & 0x7F),
            "✗ one of 65,536 bytes, which begins with 82 7f 00 00 00 00 00 01 00 00: length is 0, but should be 65536. "
            "Look at the eight bytes",
        ),
        (
            but(length=lambda data: int.from_bytes(data[2:4], "little") if data[1] & 0x7F == 126 else data[1] & 0x7F),
            "✗ one of 126 bytes, which begins with 81 fe 00 7e: length is 32256, but should be 126.",
        ),
        (lambda data: data[11], "✗ That could not be checked, it raised IndexError"),
    ],
)
def test_frame_parser(function: Callable[[bytes], object], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The first frame that is read wrongly is named, with the bits that hold the right value."""
    checks.check_frame_parser(function)
    assert capsys.readouterr().out.startswith(says)


def patient(
    url: str, *, catches: tuple[type[Exception], ...] = (OSError, InvalidHandshake), pause: float = 0.05
) -> object:
    """The solution of the exercise, or nearly."""
    while True:
        try:
            with connect(url) as client:
                client.send("back")
                return client.recv(timeout=60)
        except catches:
            time.sleep(pause * random.uniform(0.9, 1.1))


async def never_awaited(url: str) -> None:
    """A coroutine function, which the exercise does not ask for."""


@pytest.mark.parametrize(
    ("function", "says"),
    [
        (patient, "✓ It came back: nobody listened, then the server said 503 2 times"),
        (lambda url: patient(url, catches=()), "✗ it gave up while nobody listened: catch the OSError"),
        (lambda url: patient(url, catches=(OSError,)), "✗ it gave up when the server was there and said 503"),
        (lambda url: None, "✗ come_back returned None: send 'back'"),
        (lambda url: "back", "✗ it returned 'back', but the server never let it in"),
        (never_awaited, "✗ come_back is an async function: use connect of websockets.sync.client"),
        (lambda url: 1 / 0, "✗ That could not be checked, it raised ZeroDivisionError"),
        (None, "✗ That could not be checked, it raised TypeError"),
    ],
)
def test_reconnect(function: Callable[[str], object], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A real late server tells a patient client from one that gives up, or that tries without a pause."""
    checks.check_reconnect(function)
    assert capsys.readouterr().out.startswith(says)


def test_reconnect_without_a_pause(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A function that tries again at once is told how far its tries were apart, which a busy machine makes longer."""
    monkeypatch.setattr(hold_connections_yourself, "SHORTEST", 5.0)
    checks.check_reconnect(lambda url: patient(url, pause=0))
    assert capsys.readouterr().out.startswith("✗ it came back, but two of its tries were only")


def test_reconnect_that_never_returns(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A function that does not return in time is not waited for."""
    monkeypatch.setattr(hold_connections_yourself, "TIMEOUT", 0.1)
    checks.check_reconnect(lambda url: time.sleep(2))
    assert capsys.readouterr().out.startswith("✗ it was not back after 0.1 seconds: does each new try call")

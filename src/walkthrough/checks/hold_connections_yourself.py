"""Checks of 01-hold-connections-yourself."""

import inspect
import logging
import queue
import socket
import threading
import time
from collections.abc import Callable
from http import HTTPStatus
from itertools import pairwise
from typing import Self

from websockets.exceptions import InvalidHandshake
from websockets.frames import Frame, Opcode
from websockets.http11 import Request, Response
from websockets.protocol import State
from websockets.server import ServerProtocol
from websockets.sync.server import Server, ServerConnection, serve

from walkthrough.checks.exercise import NotYet, check, choose

__all__ = ["comes_back", "earns_a_pong", "reads_any_length", "why_unseen"]

A_TEXT = bytes.fromhex("81 84 01 02 03 04 71 71 70 70")
"""The frame that the exercise begins with: ``psst``, masked."""

KNOCKS = 2  # times that the late server says 503
LATE = 0.3  # seconds for which nobody listens
PATIENCE = 8  # seconds to come back
SHORTEST = 0.03  # seconds between two tries that count as a pause

QUIET = logging.Logger("late server", logging.CRITICAL)  # nothing prints from its threads


@check("a frame as bytes, such as bytes.fromhex('81 84 …')")
def earns_a_pong(frame: object) -> str:
    """One byte of the frame changed, so that a server answers it with a pong (RFC 6455, section 5.5.2)."""
    if not isinstance(frame, bytes):
        raise NotYet(f"my_frame is {frame!r}: make it bytes, with bytes.fromhex(…).")
    if frame == A_TEXT:
        raise NotYet("this is the text frame still: which byte says what kind of frame it is?")
    if len(frame) != len(A_TEXT) or sum(map(int.__ne__, frame, A_TEXT)) != 1:
        raise NotYet(f"change exactly one byte of {A_TEXT.hex(' ')}; yours is {frame.hex(' ')}.")
    server = ServerProtocol(state=State.OPEN)
    server.receive_data(frame)
    if server.close_sent is not None:
        raise NotYet(f"the server closes with {server.close_sent}: look at the bits of the byte that you changed.")
    received = [event for event in server.events_received() if isinstance(event, Frame)]
    if not received:
        raise NotYet("the server waits for more bytes: is the length still that of the payload?")
    if received[0].opcode is not Opcode.PING:
        raise NotYet(f"the server takes it for a {received[0].opcode.name.lower()} frame: which opcode has a ping?")
    answer = b"".join(server.data_to_send())
    return f"The server answers {answer.hex(' ')}, a pong with the payload {answer[2:].decode()}."


@check("one of the letters a, b, c, d")
def why_unseen(answer: object) -> str:
    """Why a client's text cannot be read off the wire at a glance (RFC 6455, section 5.3)."""
    return choose(
        answer,
        "b",
        {
            "a": "there is no secret between the two: the key travels with the frame.",
            "b": "masking changes every byte, but the key stands in front: an eavesdropper needs one line to undo it.",
            "c": "compression=None turned that off; look at the bits after FIN, they are 0.",
            "d": "four bytes are one piece, and a wiretap that keeps everything misses none.",
        },
    )


@check("a function from the bytes of a frame to a dictionary with fin, opcode, masked and length")
def reads_any_length(parse: Callable[[bytes], object]) -> str:
    """A function that reads the head of a frame, as it is made by ``websockets`` (RFC 6455, section 5.2)."""
    cases = [
        ("a short text", Frame(Opcode.TEXT, b"psst"), True),
        ("one without a mask", Frame(Opcode.TEXT, b"psst"), False),
        ("an empty one", Frame(Opcode.BINARY, b""), True),
        ("the first of several", Frame(Opcode.TEXT, b"who", fin=False), True),
        ("the last of several", Frame(Opcode.CONT, b"holds"), True),
        ("a pong", Frame(Opcode.PONG, b"there?"), False),
        ("one of 125 bytes", Frame(Opcode.TEXT, b"x" * 125), True),
        ("one of 126 bytes", Frame(Opcode.TEXT, b"x" * 126), True),
        ("one of 127 bytes", Frame(Opcode.BINARY, b"x" * 127), False),
        ("one of 300 bytes", Frame(Opcode.TEXT, b"x" * 300), True),
        ("one of 65,535 bytes", Frame(Opcode.BINARY, b"x" * 65_535), True),
        ("one of 65,536 bytes", Frame(Opcode.BINARY, b"x" * 65_536), False),
    ]
    for name, frame, masked in cases:
        data = frame.serialize(mask=masked)
        wanted = {"fin": frame.fin, "opcode": int(frame.opcode), "masked": masked, "length": len(frame.data)}
        found = parse(data)
        if not isinstance(found, dict) or set(found) != set(wanted):
            raise NotYet(f"parse returned {_short(found)}: return a dictionary with {', '.join(wanted)}.")
        for key, value in wanted.items():
            if found[key] is None or found[key] != value:
                where = _where(key, len(frame.data))
                raise NotYet(
                    f"{name}, which begins with {_head(data)}: {key} is {_short(found[key])}, "
                    f"but should be {value}. Look at {where}."
                )
    return f"It reads all {len(cases)} of them, from 0 to 65,536 bytes."


@check("a function from an address to what the server there answers")
def comes_back(come_back: Callable[[str], object]) -> str:
    """A function that says ``back`` to a late server: nobody listens, then it says 503, then it lets clients in."""
    with _LateServer() as late:
        answer, error = _in_time(come_back, late.url)
        if isinstance(error, OSError):
            raise NotYet("it gave up while nobody listened: catch the OSError, wait a little, and try again.")
        if isinstance(error, InvalidHandshake):
            raise NotYet("it gave up when the server was there and said 503: catch InvalidHandshake as well.")
        if error is not None:
            raise error
        if inspect.iscoroutine(answer):
            answer.close()
            raise NotYet("come_back is an async function: use connect of websockets.sync.client here.")
        if answer != "back":
            raise NotYet(
                f"come_back returned {_short(answer)}: send 'back' when you are in, and return what you receive."
            )
        if len(late.knocks) <= KNOCKS:
            raise NotYet("it returned 'back', but the server never let it in: return what the server answers.")
        pauses = [later - earlier for earlier, later in pairwise(late.knocks)]
        if min(pauses) < SHORTEST:
            raise NotYet(
                f"it came back, but two of its tries were only {min(pauses) * 1000:.0f} ms apart: "
                "wait between them, with time.sleep(…)."
            )
    return f"It came back: nobody listened, then the server said 503 {KNOCKS} times, and then it let your client in."


class _LateServer:
    """Listens after a while only, then says 503 a few times, and only then echoes. ``knocks`` is when it was asked."""

    def __init__(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self._port: int = free.getsockname()[1]
        self.url = f"ws://127.0.0.1:{self._port}"
        self.knocks: list[float] = []
        self._server: Server | None = None
        self._timer = threading.Timer(LATE, self._serve)

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._timer.cancel()
        self._timer.join()  # it has begun to serve, or never will
        if self._server is not None:
            self._server.shutdown()

    def _serve(self) -> None:
        self._server = serve(self._echo, "127.0.0.1", self._port, process_request=self._knocked, logger=QUIET)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def _knocked(self, connection: ServerConnection, request: Request) -> Response | None:
        self.knocks.append(time.monotonic())
        if len(self.knocks) > KNOCKS:
            return None
        return connection.respond(HTTPStatus.SERVICE_UNAVAILABLE, "Not ready yet.\n")

    @staticmethod
    def _echo(connection: ServerConnection) -> None:
        for message in connection:
            connection.send(message)


def _in_time(function: Callable[[str], object], url: str) -> tuple[object, BaseException | None]:
    """What the function gives or raises; NotYet if it is not done in time, since it may try for ever."""
    done: queue.Queue[tuple[object, BaseException | None]] = queue.Queue()

    def run() -> None:
        try:
            done.put((function(url), None))
        except BaseException as error:  # whatever it is, it is said by whoever asked
            done.put((None, error))

    threading.Thread(target=run, daemon=True).start()
    try:
        return done.get(timeout=PATIENCE)
    except queue.Empty:
        raise NotYet(f"it was not back after {PATIENCE} seconds: does each new try call connect(url) again?") from None


def _head(data: bytes) -> str:
    """The bytes of a frame up to its length, and no key: that would be another one each time."""
    return data[: {126: 4, 127: 10}.get(data[1] & 0x7F, 2)].hex(" ")


def _where(key: str, size: int) -> str:
    """What decides about a part of a frame's head."""
    if key != "length":
        return {
            "fin": "the highest bit of the first byte, as True or False",
            "opcode": "the low four bits of the first byte",
            "masked": "the highest bit of the second byte, as True or False",
        }[key]
    if size < 126:
        return "the low seven bits of the second byte"
    if size < 65_536:
        return "the two bytes after the second, when the low seven bits of that are 126"
    return "the eight bytes after the second, when the low seven bits of that are 127"


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:80] + "…"

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

__all__ = ["check_frame_parser", "check_masking_reason", "check_ping_frame", "check_reconnect"]

A_TEXT = bytes.fromhex("81 84 01 02 03 04 71 71 70 70")
"""The frame that the exercise begins with: ``psst``, masked."""

REFUSALS = 2  # how often the late server answers 503
LATE = 0.3  # seconds until the late server listens
TIMEOUT = 8  # seconds that the learner's function has to come back
SHORTEST = 0.03  # seconds between two tries that count as a pause

QUIET = logging.Logger("late server", logging.CRITICAL)  # nothing prints from its threads


@check("a frame as bytes, such as bytes.fromhex('81 84 …')")
def check_ping_frame(frame: object) -> str:
    """The exercise's frame with one byte changed, so that a server answers with a pong (RFC 6455, section 5.5.2)."""
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
def check_masking_reason(answer: object) -> str:
    """The letter that says why a client's text cannot be read in the bytes that it sent (RFC 6455, section 5.3)."""
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
def check_frame_parser(parse: Callable[[bytes], object]) -> str:
    """A function that reads the head of a frame, tried on frames made by ``websockets`` (RFC 6455, section 5.2)."""
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
def check_reconnect(come_back: Callable[[str], object]) -> str:
    """A function that connects to a late server and says ``back``.

    At first nobody listens there, then the server answers 503, then it lets clients in.
    """
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
        if len(late.attempts) <= REFUSALS:
            raise NotYet("it returned 'back', but the server never let it in: return what the server answers.")
        pauses = [later - earlier for earlier, later in pairwise(late.attempts)]
        if min(pauses) < SHORTEST:
            raise NotYet(
                f"it came back, but two of its tries were only {min(pauses) * 1000:.0f} ms apart: "
                "wait between them, with time.sleep(…)."
            )
    return f"It came back: nobody listened, then the server said 503 {REFUSALS} times, and then it let your client in."


class _LateServer:
    """Begins to listen late, answers 503 a few times, and only then echoes.

    ``attempts`` holds the ``time.monotonic()`` of each handshake.
    """

    def __init__(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self._port: int = free.getsockname()[1]
        self.url = f"ws://127.0.0.1:{self._port}"
        self.attempts: list[float] = []
        self._server: Server | None = None
        self._timer = threading.Timer(LATE, self._serve)

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._timer.cancel()
        self._timer.join()  # from here on it serves, or it never will
        if self._server is not None:
            self._server.shutdown()

    def _serve(self) -> None:
        self._server = serve(self._echo, "127.0.0.1", self._port, process_request=self._answer, logger=QUIET)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def _answer(self, connection: ServerConnection, request: Request) -> Response | None:
        self.attempts.append(time.monotonic())
        if len(self.attempts) > REFUSALS:
            return None
        return connection.respond(HTTPStatus.SERVICE_UNAVAILABLE, "Not ready yet.\n")

    @staticmethod
    def _echo(connection: ServerConnection) -> None:
        for message in connection:
            connection.send(message)


def _in_time(function: Callable[[str], object], url: str) -> tuple[object, BaseException | None]:
    """What the function returns, or the error that it raises. Raises NotYet after ``TIMEOUT``: it may try for ever."""
    done: queue.Queue[tuple[object, BaseException | None]] = queue.Queue()

    def run() -> None:
        try:
            done.put((function(url), None))
        except BaseException as error:  # the thread that waits for it reports it
            done.put((None, error))

    threading.Thread(target=run, daemon=True).start()
    try:
        return done.get(timeout=TIMEOUT)
    except queue.Empty:
        raise NotYet(f"it was not back after {TIMEOUT} seconds: does each new try call connect(url) again?") from None


def _head(data: bytes) -> str:
    """The bytes of a frame up to its length, in hexadecimal. The key is left out, since it differs each time."""
    return data[: {126: 4, 127: 10}.get(data[1] & 0x7F, 2)].hex(" ")


def _where(key: str, size: int) -> str:
    """Which bits or bytes of a frame's head hold the value ``key``."""
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

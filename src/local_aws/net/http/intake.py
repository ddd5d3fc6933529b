"""Limits the bytes of request bodies in memory: of one body by its caller, and of all by two totals."""

from collections.abc import Callable
from dataclasses import dataclass, field

from local_aws.net.http.messages import Request, Response

__all__ = ["FREE_BYTES", "MAX_BODY_BYTES", "Allowance", "Hold", "Intake", "Room"]

FREE_BYTES = 64 * 1024  # of one body, before its caller is identified
MAX_BODY_BYTES = 300 * 1024 * 1024  # a Lambda package posted to S3 is at most 250 MB
STRANGERS_BYTES = 16 * 1024 * 1024  # of all bodies whose callers are not identified yet
KNOWN_BYTES = 2 * MAX_BODY_BYTES  # of all bodies whose callers are identified


@dataclass(frozen=True, slots=True)
class Allowance:
    """How many bytes a caller's body may have, and the answer to a larger one."""

    most: int
    refusal: Response


@dataclass(slots=True)
class Room:
    """Bytes that may be in memory at a time: ``held`` of ``most`` are."""

    most: int
    held: int = 0

    def take(self, size: int) -> bool:
        """Count ``size`` more bytes. Return False, and count nothing, if there is no room."""
        if self.held + size > self.most:
            return False
        self.held += size
        return True


_TOO_LARGE = Response(413, [("Content-Type", "text/plain")], b"Request Entity Too Large\n")


def _anything(_: Request) -> Allowance:
    return Allowance(MAX_BODY_BYTES, _TOO_LARGE)


@dataclass(slots=True)
class Intake:
    """The bytes of bodies that all connections of a server hold together.

    ``allows`` is called with a request's head, its body still empty, when more than ``FREE_BYTES`` of the body are
    announced or arrive, or when the room for strangers is full.
    """

    allows: Callable[[Request], Allowance] = _anything
    strangers: Room = field(default_factory=lambda: Room(STRANGERS_BYTES))
    known: Room = field(default_factory=lambda: Room(KNOWN_BYTES))


class Hold:
    """The room that one request's body takes until it is answered; it must be released."""

    def __init__(self, intake: Intake) -> None:
        self._intake = intake
        self._room = intake.strangers
        self._allowance: Allowance | None = None
        self._size = 0

    def expect(self, head: Request, size: int) -> Response | None:
        """Return the refusal of a body of ``size`` bytes that is announced, or None if the caller may send it."""
        return self._refusal(head, size) if size > FREE_BYTES else None

    def take(self, head: Request, size: int) -> Response | None:
        """Count ``size`` more bytes that have arrived. Return the refusal if they cannot be held, else None."""
        total = self._size + size
        if total > FREE_BYTES and (refusal := self._refusal(head, total)) is not None:
            return refusal
        if not self._room.take(size):
            if self._allowance is not None:
                return _FULL
            if (refusal := self._refusal(head, total)) is not None:
                return refusal
            if not self._room.take(size):
                return _FULL
        self._size = total
        return None

    def release(self) -> None:
        """Give the room back."""
        self._room.held -= self._size
        self._size = 0

    def _refusal(self, head: Request, size: int) -> Response | None:
        if self._allowance is None:
            self._allowance = self._intake.allows(head)
            if size <= self._allowance.most:
                return self._move()
        return self._allowance.refusal if size > self._allowance.most else None

    def _move(self) -> Response | None:
        """Move the bytes held so far to the room for known callers. Return the refusal if it is full."""
        if not self._intake.known.take(self._size):
            return _FULL
        self._room.held -= self._size
        self._room = self._intake.known
        return None


_FULL = Response(
    503,
    [("Content-Type", "text/plain"), ("Retry-After", "1")],
    b"Too much is being sent at the same time. Send it again when the rest is done.\n",
)

"""Turns bytes into requests, without a socket and without a clock."""

import enum
import re
from collections import deque
from dataclasses import replace
from http import HTTPStatus

import httptools

from local_aws.net.http.intake import Hold, Intake
from local_aws.net.http.messages import Headers, Request, Response

__all__ = ["MAX_HEADER_BYTES", "Malformed", "Parser", "Phase"]

MAX_HEADER_BYTES = 64 * 1024

_ABSOLUTE = re.compile(r"https?://(?P<host>[^/?#@]+)(?P<rest>[^#]*)", re.IGNORECASE)


class Malformed(Exception):
    """The bytes are no valid request, or a request that is refused; ``answer`` is the answer to it."""

    def __init__(self, answer: Response) -> None:
        super().__init__(answer.status)
        self.answer = answer

    @classmethod
    def because(cls, status: HTTPStatus) -> "Malformed":
        """Make one whose answer has that status and its phrase."""
        return cls(Response(status, [("Content-Type", "text/plain")], f"{status.phrase}\n".encode()))


class Phase(enum.Enum):
    """How far the request that is being read has come."""

    BETWEEN = "between requests"
    HEAD = "its head has begun"
    BODY = "its head is whole, its body is not"


class Parser:
    """Reads the requests of one connection.

    ``ready`` has the complete requests that were not taken yet, ``holds`` the room that each of them takes up.
    ``keep_alive`` says whether the connection stays open after the last of them. ``tail`` is None until a request asks
    to leave HTTP (CONNECT, or an upgrade); then it has the bytes after that request, which are not parsed.
    ``wants_continue`` says that the client waits for a 100 before it sends the body.
    """

    def __init__(self, client: tuple[str, int], *, secure: bool, intake: Intake) -> None:
        self.ready: deque[Request] = deque()
        self.holds: deque[Hold] = deque()
        self.count = 0
        """Requests read so far."""
        self.phase = Phase.BETWEEN
        self.keep_alive = True
        self.tail: bytes | None = None
        self.wants_continue = False
        self.client = client
        self._secure = secure
        self._intake = intake
        self._hold = Hold(intake)
        self._parser = httptools.HttpRequestParser(self)
        self._begin()

    def feed(self, data: bytes) -> None:
        """Read more bytes. Raises Malformed, perhaps after complete requests; nothing may be fed after that."""
        if self.tail is not None:
            self.tail += data
            return
        self._fed += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self.tail = data[upgrade.args[0] :]
            if _announces_body(self.ready[-1]):  # httptools has not read the body, so the request is not complete
                self.ready.pop()
                self.holds.pop().release()
                raise Malformed.because(HTTPStatus.BAD_REQUEST) from None
        except httptools.HttpParserError as error:
            reason = error.__context__
            raise reason if isinstance(reason, Malformed) else Malformed.because(HTTPStatus.BAD_REQUEST) from None
        if self.phase is Phase.HEAD and self._fed > MAX_HEADER_BYTES:  # an endless line never reaches on_header
            raise Malformed.because(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)

    # httptools calls these; an exception in them leaves feed_data as an HttpParserCallbackError

    def on_message_begin(self) -> None:
        self.phase = Phase.HEAD

    def on_url(self, url: bytes) -> None:
        self._target += url
        self._grow(len(url))

    def on_header(self, name: bytes, value: bytes) -> None:
        self._grow(len(name) + len(value))
        if self.phase is Phase.HEAD:  # a trailer is no header (RFC 9110, 6.5.1)
            self._headers.append((name.decode("latin-1"), value.decode("latin-1")))

    def on_headers_complete(self) -> None:
        self.phase = Phase.BODY
        method = self._parser.get_method().decode("latin-1")
        target, headers = _origin_form(method, self._target.decode("latin-1"), self._headers)
        self._request = Request(method, target, headers, b"", self.client, self._secure)
        length = headers.get("content-length") or ""
        if length.isdecimal() and (refusal := self._hold.expect(self._request, int(length))) is not None:
            raise Malformed(refusal)
        self.wants_continue = [value.lower() for value in headers.get_all("expect")] == ["100-continue"]

    def on_body(self, body: bytes) -> None:
        if (refusal := self._hold.take(self._request, len(body))) is not None:
            raise Malformed(refusal)
        self._body += body

    def on_message_complete(self) -> None:
        self.ready.append(replace(self._request, body=bytes(self._body)))
        self.holds.append(self._hold)
        self.count += 1
        self.keep_alive = self._parser.should_keep_alive()
        self._begin()

    def close(self) -> None:
        """Drop all requests that were not taken, and give back their room."""
        self._hold.release()
        self._body = bytearray()
        self.ready.clear()
        while self.holds:
            self.holds.popleft().release()

    def _begin(self) -> None:
        self.phase = Phase.BETWEEN
        self.wants_continue = False
        self._target = b""
        self._headers: list[tuple[str, str]] = []
        self._request = Request("", "")
        self._body = bytearray()
        self._hold = Hold(self._intake)
        self._head_size = 0
        self._fed = 0  # bytes since the last whole request

    def _grow(self, size: int) -> None:
        self._head_size += size
        if self._head_size > MAX_HEADER_BYTES:
            raise Malformed.because(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)


def _announces_body(request: Request) -> bool:
    length = request.headers.get("content-length", "0")
    return request.method != "CONNECT" and (length != "0" or "transfer-encoding" in request.headers)


def _origin_form(method: str, target: str, headers: list[tuple[str, str]]) -> tuple[str, Headers]:
    """Return target and headers; the host of an absolute target replaces the ``Host`` header. Raises Malformed."""
    fields = Headers(headers)
    if len(fields.get_all("host")) > 1:
        raise Malformed.because(HTTPStatus.BAD_REQUEST)  # RFC 9112, 3.2: two programs could choose different hosts
    if method == "CONNECT" or target.startswith("/") or target == "*":
        return target, fields
    absolute = _ABSOLUTE.fullmatch(target)
    if absolute is None:
        raise Malformed.because(HTTPStatus.BAD_REQUEST)
    rest = absolute["rest"]
    kept = [(name, value) for name, value in headers if name.lower() != "host"]
    return rest if rest.startswith("/") else f"/{rest}", Headers([("Host", absolute["host"]), *kept])

"""A request and a response as values.

Header names keep the case in which they were sent, because API Gateway passes them on like that (spec 34).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus

__all__ = ["Headers", "Request", "Response"]

_PHRASES = {status.value: status.phrase for status in HTTPStatus}


class Headers:
    """Header fields in the order and the case in which they were sent. The lookup ignores case."""

    __slots__ = ("_items", "_values")

    def __init__(self, items: Sequence[tuple[str, str]] = ()) -> None:
        self._items = tuple(items)
        self._values: dict[str, list[str]] = {}
        for name, value in self._items:
            self._values.setdefault(name.lower(), []).append(value)

    def get(self, name: str, default: str | None = None) -> str | None:
        """Return the last value of that name, like API Gateway's single-value maps."""
        values = self._values.get(name.lower())
        return values[-1] if values else default

    def get_all(self, name: str) -> list[str]:
        """Return all values of that name, in order."""
        return list(self._values.get(name.lower(), ()))

    def __contains__(self, name: str) -> bool:
        return name.lower() in self._values

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self._items)

    def __repr__(self) -> str:
        return f"Headers({list(self._items)!r})"


@dataclass(frozen=True, slots=True)
class Request:
    """One complete request.

    ``target`` is the target of the request line (path and query, or ``host:port`` for CONNECT), still percent-encoded.
    It is never in the absolute form: the host of that is put into the ``Host`` header (RFC 9112, 3.2.2). ``secure``
    says that it came through our TLS.
    """

    method: str
    target: str
    headers: Headers = field(default_factory=Headers)
    body: bytes = b""
    client: tuple[str, int] = ("127.0.0.1", 0)
    secure: bool = False

    @property
    def path(self) -> str:
        """The target before the question mark, still percent-encoded."""
        return self.target.partition("?")[0]

    @property
    def query(self) -> str:
        """The target after the question mark, still percent-encoded; empty without one."""
        return self.target.partition("?")[2]

    @property
    def host(self) -> str:
        """The ``Host`` header in lower case, without its port."""
        host = (self.headers.get("host") or "").lower()
        if host.startswith("["):
            return host.partition("]")[0] + "]"
        return host.partition(":")[0]


@dataclass(frozen=True, slots=True)
class Response:
    """One complete response; ``Content-Length`` and ``Connection`` are added when it is sent."""

    status: int
    headers: Sequence[tuple[str, str]] = ()
    body: bytes = b""

    def encoded(self, method: str = "GET", *, close: bool = False) -> bytes:
        """Return all bytes of the answer to a request of that method: status line, header fields, body.

        ``Content-Length`` is the length of the body. Only an answer to HEAD, which has no body, may set its own
        ``Content-Length``: the length that the body would have (RFC 9110, 9.3.2).
        """
        bodiless = method == "HEAD" or self.status in (204, 304) or self.status < 200
        return self._head(method, close) + (b"" if bodiless else self.body)

    def _head(self, method: str, close: bool) -> bytes:
        lines = [f"HTTP/1.1 {self.status} {_PHRASES.get(self.status, '')}"]
        own_length = None
        for name, value in self.headers:
            if name.lower() == "content-length":
                own_length = value
            else:
                lines.append(f"{_one_line(name)}: {_one_line(value)}")
        if self.status >= 200 and self.status not in (204, 304):
            counted = str(len(self.body))
            lines.append(f"Content-Length: {_one_line(own_length or counted) if method == 'HEAD' else counted}")
        if close:
            lines.append("Connection: close")
        return ("\r\n".join(lines) + "\r\n\r\n").encode("utf-8", "replace")


def _one_line(value: str) -> str:
    return value.replace("\r", " ").replace("\n", " ").replace("\0", " ")

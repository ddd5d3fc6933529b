"""HTTP/1.1 on loopback: values for a request and a response, and the thin asyncio shell that carries them.

Header names keep the case in which they were sent, because API Gateway passes them on so (spec 34).
"""

import asyncio
import logging
import ssl
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus

import httptools

__all__ = ["Connection", "Handler", "Headers", "Request", "Response", "Server", "Takeover", "serve"]

MAX_HEADER_BYTES = 64 * 1024
MAX_BODY_BYTES = 300 * 1024 * 1024  # a Lambda package posted to S3 is at most 250 MB
HEADER_TIMEOUT = 30.0  # seconds for a whole request head or body to arrive

log = logging.getLogger(__name__)


class Headers:
    """Header fields in the order and the case in which they were sent; looked up in any case."""

    __slots__ = ("_items",)

    def __init__(self, items: Sequence[tuple[str, str]] = ()) -> None:
        self._items = tuple(items)

    def get(self, name: str, default: str | None = None) -> str | None:
        """The last value of that name, as API Gateway's single-value maps have it."""
        values = self.get_all(name)
        return values[-1] if values else default

    def get_all(self, name: str) -> list[str]:
        """All values of that name, in order."""
        wanted = name.lower()
        return [value for key, value in self._items if key.lower() == wanted]

    def __contains__(self, name: str) -> bool:
        return bool(self.get_all(name))

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self._items)

    def __repr__(self) -> str:
        return f"Headers({list(self._items)!r})"


@dataclass(frozen=True, slots=True)
class Request:
    """One request, whole.

    ``target`` is what stood on the request line (path and query, or ``host:port`` for CONNECT), still
    percent-encoded. ``secure`` says that it came through our TLS.
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
        """The target behind the question mark, still percent-encoded; empty without one."""
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
    """One response, whole; ``Content-Length``, ``Date`` and ``Connection`` are added when it is sent."""

    status: int
    headers: Sequence[tuple[str, str]] = ()
    body: bytes = b""

    def head(self, *, close: bool = False) -> bytes:
        """Status line and header fields with the empty line behind them."""
        try:
            reason = HTTPStatus(self.status).phrase
        except ValueError:
            reason = ""
        lines = [f"HTTP/1.1 {self.status} {reason}"]
        lines += [f"{name}: {_one_line(value)}" for name, value in self.headers]
        if self.status >= 200 and self.status != 204:
            lines.append(f"Content-Length: {len(self.body)}")
        if close:
            lines.append("Connection: close")
        return ("\r\n".join(lines) + "\r\n\r\n").encode("utf-8", "replace")


def _one_line(value: str) -> str:
    return value.replace("\r", " ").replace("\n", " ")


@dataclass(frozen=True, slots=True)
class Takeover:
    """A handler's answer that ends HTTP on this connection: whoever is named goes on with the transport.

    ``start`` is given the connection and the bytes that followed the request, also when the client has left
    meanwhile. It must detach the transport and put its own protocol on it before it returns.
    """

    start: Callable[["Connection", bytes], None]


Handler = Callable[[Request], Awaitable[Response | Takeover]]
"""Answers a request. An exception in it becomes a plain 500 and a log line, never a traceback on the wire."""


class Connection(asyncio.Protocol):
    """One client's connection. Requests are answered one after the other, in order."""

    def __init__(self, handler: Handler, connections: set["Connection"], *, secure: bool = False) -> None:
        self.handler = handler
        self.secure = secure
        self.transport: asyncio.Transport | None = None
        self.client: tuple[str, int] = ("127.0.0.1", 0)
        self._connections = connections
        self._parser = httptools.HttpRequestParser(self)
        self._ready: deque[Request] = deque()
        self._upgrade_tail: bytes | None = None
        self._task: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._broken = False
        self._reset()

    # asyncio's side

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        peer = transport.get_extra_info("peername")
        if peer:
            self.client = (peer[0], peer[1])
        self._connections.add(self)
        if self._broken:
            transport.close()
            return
        self._arm()
        self._pump()  # inside TLS, a request may be here before asyncio has handed us the transport

    def connection_lost(self, exc: Exception | None) -> None:
        self._connections.discard(self)
        self._disarm()
        self.transport = None

    def data_received(self, data: bytes) -> None:
        if self._broken:
            return
        if self._upgrade_tail is not None:  # bytes behind an upgrade wait for whoever takes over
            self._upgrade_tail += data
            if len(self._upgrade_tail) > MAX_HEADER_BYTES:
                self._refuse(431)
            return
        self._arm()
        self._fed += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._upgrade_tail = data[upgrade.args[0] :]
        except httptools.HttpParserError:
            self._refuse(400)
            return
        if self._head_size > MAX_HEADER_BYTES or (not self._in_body and self._fed > MAX_HEADER_BYTES):
            self._refuse(431)
        elif self._body_size > MAX_BODY_BYTES:
            self._refuse(413)
        else:
            self._pump()

    def eof_received(self) -> bool | None:
        return None

    # httptools' side

    def on_url(self, url: bytes) -> None:
        self._target += url
        self._head_size += len(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._head_size += len(name) + len(value)
        self._headers.append((name.decode("latin-1"), value.decode("latin-1")))

    def on_headers_complete(self) -> None:
        self._in_body = True
        expect = next((v for k, v in self._headers if k.lower() == "expect"), "")
        if expect.lower() == "100-continue" and self.transport is not None:
            self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def on_body(self, body: bytes) -> None:
        self._body_size += len(body)
        if self._body_size <= MAX_BODY_BYTES:
            self._body.append(body)

    def on_message_complete(self) -> None:
        if self._head_size > MAX_HEADER_BYTES or self._body_size > MAX_BODY_BYTES:
            return  # refused by data_received
        method = self._parser.get_method().decode("latin-1")
        self._ready.append(
            Request(
                method=method,
                target=self._target.decode("latin-1"),
                headers=Headers(self._headers),
                body=b"".join(self._body),
                client=self.client,
                secure=self.secure,
            )
        )
        self._keep_alive = self._parser.should_keep_alive()
        self._reset()

    # ours

    def close(self) -> None:
        """End the connection; what was being answered is dropped."""
        if self._task is not None:
            self._task.cancel()
        if self.transport is not None:
            self.transport.close()

    def detach(self) -> asyncio.Transport | None:
        """Give up the transport to whoever takes over; None when the client has left already."""
        self._connections.discard(self)
        self._disarm()
        transport, self.transport = self.transport, None
        return None if transport is None or transport.is_closing() else transport

    def start_tls(self, context: ssl.SSLContext) -> None:
        """Go on inside TLS, as the server side: the bytes that follow are the client's handshake (RFC 9110 9.3.6)."""
        transport = self.detach()
        if transport is None:
            return
        transport.pause_reading()  # the client's hello may be here before the TLS protocol is
        inner = Connection(self.handler, self._connections, secure=True)
        inner.client = self.client
        task = asyncio.get_running_loop().create_task(_start_tls(transport, inner, context))
        _tasks.add(task)
        task.add_done_callback(_tasks.discard)

    def restart(self, tail: bytes) -> None:
        """Go on with plain HTTP from the first byte again, as behind a CONNECT to ourselves."""
        self._parser = httptools.HttpRequestParser(self)
        self._upgrade_tail = None
        if tail:
            self.data_received(tail)

    def _reset(self) -> None:
        self._target = b""
        self._headers: list[tuple[str, str]] = []
        self._body: list[bytes] = []
        self._body_size = 0
        self._head_size = 0
        self._fed = 0  # bytes since the last whole request: an endless header line never reaches on_header
        self._in_body = False

    def _arm(self) -> None:
        """A request that began must end in time; a quiet connection between requests may stay."""
        self._disarm()
        self._timer = asyncio.get_running_loop().call_later(HEADER_TIMEOUT, self._timed_out)

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _timed_out(self) -> None:
        if self._task is None and self._fed:
            self._refuse(408)

    def _refuse(self, status: int) -> None:
        self._broken = True
        if self.transport is not None:
            phrase = HTTPStatus(status).phrase
            response = Response(status, [("Content-Type", "text/plain")], f"{phrase}\n".encode())
            self.transport.write(response.head(close=True) + response.body)
            self.transport.close()

    def _pump(self) -> None:
        if self._ready and self._task is None and self.transport is not None:
            self._task = asyncio.get_running_loop().create_task(self._answer())

    async def _answer(self) -> None:
        try:
            while self._ready and self.transport is not None:
                request = self._ready.popleft()
                try:
                    response = await self.handler(request)
                except Exception:
                    log.exception("%s %s failed", request.method, request.path)
                    response = Response(500, [("Content-Type", "text/plain")], b"Internal Server Error\n")
                if isinstance(response, Takeover):
                    tail, self._upgrade_tail = self._upgrade_tail or b"", None
                    response.start(self, tail)
                    return
                if self.transport is None or self.transport.is_closing():
                    return
                last = not self._ready
                close = last and (self._upgrade_tail is not None or not self._keep_alive)
                body = b"" if request.method == "HEAD" or response.status == 204 else response.body
                self.transport.write(response.head(close=close) + body)
                if close:
                    self.transport.close()
        finally:
            self._task = None
            self._pump()  # requests that came in meanwhile, as behind a CONNECT to ourselves


_tasks: set[asyncio.Task[None]] = set()


async def _start_tls(transport: asyncio.Transport, inner: Connection, context: ssl.SSLContext) -> None:
    loop = asyncio.get_running_loop()
    try:
        tls = await loop.start_tls(transport, inner, context, server_side=True, ssl_handshake_timeout=10)
    except (OSError, ssl.SSLError) as error:  # a client that does not trust us, or went away
        log.info("TLS handshake failed: %s", error)
        transport.abort()
        return
    if tls is not None:
        inner.connection_made(tls)


class Server:
    """A listening socket and the connections it accepted."""

    def __init__(self, server: asyncio.Server, connections: set[Connection]) -> None:
        self._server = server
        self._connections = connections

    @property
    def port(self) -> int:
        """The port it listens on; known also when 0 was asked for."""
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def close(self) -> None:
        """Listen no more and end every connection."""
        self._server.close()
        for connection in list(self._connections):
            connection.close()


async def serve(handler: Handler, *, host: str = "127.0.0.1", port: int = 0, backlog: int = 1024) -> Server:
    """Listen on loopback and answer with ``handler``.

    Raises OSError when the port is taken.
    """
    connections: set[Connection] = set()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(handler, connections), host, port, backlog=backlog)
    return Server(server, connections)

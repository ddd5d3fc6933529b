"""One client's connection: the asyncio shell around the parser. Every wait has a time limit."""

import asyncio
import contextlib
import logging
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from local_aws.net.http.deadline import Deadline
from local_aws.net.http.intake import Hold, Intake
from local_aws.net.http.messages import Request, Response
from local_aws.net.http.parser import MAX_HEADER_BYTES, Malformed, Parser, Phase
from local_aws.net.http.peers import Address

__all__ = ["Connection", "Handler", "Takeover"]

HEAD_SECONDS = 30.0  # until a whole request head has arrived
TRANSFER_SECONDS = 300.0  # until a whole body has arrived, and until the client has read a whole answer
IDLE_SECONDS = 20 * 60.0  # between two requests: longer than a function may take between two calls of its Runtime API
TLS_SECONDS = 10.0  # for a TLS handshake
LINGER_SECONDS = 2.0  # until the client ends TCP after our last bytes; then we end it
MAX_READY = 16  # as long as more requests than these wait for an answer, nothing is read

log = logging.getLogger(__name__)

_STRANGER = Response(
    403,
    [("Content-Type", "text/plain; charset=utf-8")],
    b"Refused: what listens here belongs to another user of this machine, and answers that user only. "
    b"Start an embedded AWS of your own on another port: local-aws up --port PORT\n",
)


@dataclass(frozen=True, slots=True)
class Takeover:
    """A handler's answer that ends HTTP on this connection: ``start`` takes the transport over.

    ``start`` is called with the connection and the bytes that followed the request, also if the client has left
    meanwhile. Before it returns, it must detach the transport and set its own protocol on it. An exception in it ends
    the connection.
    """

    start: Callable[["Connection", bytes], None]


Answer = Response | Takeover | Awaitable[Response | Takeover]

Handler = Callable[[Request], Answer]
"""Answers a request, at once or later.

If it raises, the client gets a plain 500 and the log the traceback.
"""


class Connection(asyncio.Protocol):
    """Answers the requests of one client one after the other, in order.

    ``connections`` contains it while it has a transport. If ``admits``, called with the client's address and ours,
    returns False, the answer is 403 before any byte is read. A client that sends too slowly gets 408. The connection of
    a client that sends nothing is closed. From a client that does not read its answers nothing more is read, and after
    ``TRANSFER_SECONDS`` its connection is closed.
    """

    def __init__(
        self,
        handler: Handler,
        connections: set["Connection"],
        *,
        secure: bool = False,
        intake: Intake | None = None,
        admits: Callable[[Address, Address], bool] | None = None,
    ) -> None:
        self.handler = handler
        self.secure = secure
        self._admits = admits
        self.transport: asyncio.Transport | None = None
        self.client: tuple[str, int] = ("127.0.0.1", 0)
        self._connections = connections
        self._intake = intake or Intake()
        self._parser = Parser(self.client, secure=secure, intake=self._intake)
        self._refusal: Response | None = None  # the last answer, if the client or what it sent is refused
        self._ending = False
        self._lost = False
        self._eof = False
        self._writable = asyncio.Event()  # cleared while the client does not read what we have written
        self._writable.set()
        self._task: asyncio.Task[None] | None = None
        self._last = False  # our last answer said that none follows (Connection: close)
        self._waiting_for: tuple[Phase, int] | None = None
        self._deadline = Deadline(self._timed_out)
        self._end: asyncio.TimerHandle | None = None

    # asyncio calls these

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        if self._lost:  # inside TLS, a client may be gone before asyncio has handed us the transport
            return
        self.transport = transport
        peer = transport.get_extra_info("peername")
        if peer:
            self.client = (peer[0], peer[1])
        if self._admits is not None and not self._admits(self.client, transport.get_extra_info("sockname")):
            log.info("A client of another user was refused")
            self._refusal = _STRANGER
        self._parser.client = self.client
        self._connections.add(self)
        self._go_on()  # inside TLS, a request may be here already

    def connection_lost(self, exc: Exception | None) -> None:
        self._lost = True
        self._parser.close()
        self._connections.discard(self)
        self._disarm()
        self._writable.set()
        self.transport = None

    def eof_received(self) -> bool | None:
        """Keep our side open for the answer to a request that came before the end; not for one that asks to upgrade."""
        self._eof = True
        return (self._task is not None and self._parser.tail is None and not self.secure) or None

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    def data_received(self, data: bytes) -> None:
        if self._ending or self._refusal is not None:
            return  # read and dropped, so that the client can read our last answer (RFC 9112, 9.6)
        try:
            self._parser.feed(data)
        except Malformed as malformed:
            self._refusal = malformed.answer
        self._go_on()

    # for the code that takes over

    def close(self) -> None:
        """End the connection; a request that is being answered gets no answer."""
        if self._task is not None:
            self._task.cancel()
        self._hang_up()

    def detach(self) -> asyncio.Transport | None:
        """Return the transport, which the caller now owns, or None if the client has left already."""
        self._parser.close()
        self._connections.discard(self)
        self._disarm()
        self._ending = True
        transport, self.transport = self.transport, None
        if transport is None or transport.is_closing():
            return None
        transport.resume_reading()
        return transport

    def start_tls(self, context: ssl.SSLContext) -> None:
        """Go on inside TLS, as the server: the next bytes are the client's handshake (RFC 9110, 9.3.6)."""
        transport = self.transport
        if transport is None or transport.is_closing():
            return
        transport.pause_reading()  # the client's hello may be here before the TLS protocol is
        self._ending = True
        self._disarm()
        task = asyncio.get_running_loop().create_task(self._start_tls(transport, context))
        _handshakes.add(task)
        task.add_done_callback(_handshakes.discard)

    def restart(self, tail: bytes) -> None:
        """Start HTTP anew with the bytes ``tail``, as after a CONNECT to ourselves."""
        self._parser.close()
        self._parser = Parser(self.client, secure=self.secure, intake=self._intake)
        self._waiting_for = None
        if tail:
            self.data_received(tail)

    # internals

    def _go_on(self) -> None:
        """After every event: answer complete requests, decide whether to read on, and set the deadline."""
        if self.transport is None or self._ending:
            return
        if self._task is None:
            self._begin()
            if self._ending:
                return
        if self._parser.wants_continue:
            self._parser.wants_continue = False
            self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        tail = self._parser.tail
        if len(self._parser.ready) > MAX_READY or (tail is not None and len(tail) > MAX_HEADER_BYTES):
            self.transport.pause_reading()
        else:
            self.transport.resume_reading()
        self._arm()

    def _arm(self) -> None:
        """Set one deadline for a whole head, body or pause: more bytes do not move it. None while we are answering."""
        waiting_for = (self._parser.phase, self._parser.count) if self._task is None else None
        if waiting_for == self._waiting_for:
            return
        self._waiting_for = waiting_for
        if waiting_for is None:
            self._deadline.clear()
            return
        phase, count = waiting_for
        if phase is Phase.BODY:
            self._deadline.set(TRANSFER_SECONDS)
        else:
            self._deadline.set(IDLE_SECONDS if phase is Phase.BETWEEN and count else HEAD_SECONDS)

    def _disarm(self) -> None:
        self._waiting_for = None
        self._deadline.cancel()
        if self._end is not None:
            self._end.cancel()
            self._end = None

    def _timed_out(self) -> None:
        if self._parser.phase is Phase.BETWEEN:
            self._hang_up()
        else:
            self._refusal = Response(408, [("Content-Type", "text/plain")], b"Request Timeout\n")
            self._go_on()

    def _hang_up(self) -> None:
        """End our side of TCP; abort if the client does not end its side within ``LINGER_SECONDS``."""
        self._disarm()
        self._ending = True
        transport = self.transport
        if transport is None or transport.is_closing():
            return
        transport.resume_reading()
        if transport.can_write_eof() and not self._eof:
            with contextlib.suppress(OSError):  # the client is gone, which asyncio has not noticed yet
                transport.write_eof()
        else:  # TLS, which cannot be closed in one direction; this still sends what is buffered
            transport.close()
        self._end = asyncio.get_running_loop().call_later(LINGER_SECONDS, transport.abort)

    def _begin(self) -> None:
        """Answer requests in order, as long as the handler answers at once; a task waits for the first other answer."""
        while self._parser.ready and self.transport is not None and not self._ending:
            request, hold = self._parser.ready.popleft(), self._parser.holds.popleft()
            answer = self._ask(request)
            if isinstance(answer, Response) and self._send(request, answer):
                hold.release()
                continue
            late = None if isinstance(answer, Response) else answer
            self._task = asyncio.get_running_loop().create_task(self._answer(request, late, hold))
            return
        if self._refusal is not None and self.transport is not None and not self._ending:
            self._parser.close()
            self.transport.write(self._refusal.encoded(close=True))
            self._hang_up()

    def _ask(self, request: Request) -> Answer:
        try:
            return self.handler(request)
        except Exception:
            return _failed(request)

    async def _answer(
        self, request: Request, late: Takeover | Awaitable[Response | Takeover] | None, hold: Hold
    ) -> None:
        """Wait for the answer ``late`` and send it (None: it was sent already). Wait until the client has read it."""
        try:
            if late is not None:
                try:
                    response = late if isinstance(late, Takeover) else await late
                except Exception:
                    response = _failed(request)
                if isinstance(response, Takeover):
                    self._hand_over(response)
                    return
                if self._send(request, response):
                    return
            await self._until_taken(request)
        finally:
            hold.release()
            self._task = None
            self._go_on()

    def _send(self, request: Request, response: Response) -> bool:
        """Write the answer. Return False if the client must read more of it before the next one may be written."""
        if self.transport is None:
            return True
        parser = self._parser
        self._last = not parser.ready and (parser.tail is not None or not parser.keep_alive or self._eof)
        self.transport.write(response.encoded(request.method, close=self._last))
        if self._writable.is_set() and self._last:
            self._hang_up()
        return self._writable.is_set()

    async def _until_taken(self, request: Request) -> None:
        try:
            await asyncio.wait_for(self._writable.wait(), TRANSFER_SECONDS)
        except TimeoutError:
            log.info("%s takes no more of the answer to %s %s", self.client, request.method, request.path)
            self._abort()
        if self._last:
            self._hang_up()

    def _abort(self) -> None:
        if self.transport is not None:
            self.transport.abort()

    def _hand_over(self, takeover: Takeover) -> None:
        tail, self._parser.tail = self._parser.tail or b"", None
        transport = self.transport
        try:
            takeover.start(self, tail)
        except Exception:
            log.exception("What was to go on with the connection of %s failed", self.client)
            if transport is not None:
                transport.abort()

    async def _start_tls(self, transport: asyncio.Transport, context: ssl.SSLContext) -> None:
        inner = Connection(self.handler, self._connections, secure=True, intake=self._intake)
        loop = asyncio.get_running_loop()
        try:
            tls = await loop.start_tls(transport, inner, context, server_side=True, ssl_handshake_timeout=TLS_SECONDS)
        except OSError as error:  # the client does not trust our certificate, or has left
            log.info("TLS handshake of %s failed: %s", self.client, error)
            transport.abort()
        else:
            if tls is not None:
                inner.connection_made(tls)
        finally:
            self._connections.discard(self)  # kept until now, so that closing the server closed it
            self.transport = None


def _failed(request: Request) -> Response:
    """Log the exception that the handler raised, and return the answer to the client."""
    log.exception("%s %s failed", request.method, request.path)
    return Response(500, [("Content-Type", "text/plain")], b"Internal Server Error\n")


_handshakes: set[asyncio.Task[None]] = set()

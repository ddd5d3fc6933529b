import http
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import trustme
from websockets.http11 import Request, Response
from websockets.sync.server import Server, ServerConnection, serve


class Talker:
    """A real server that echoes, and obeys some messages. ``arrived`` are the connections that it has had."""

    def __init__(self, server: Server, scheme: str) -> None:
        self.url = f"{scheme}://localhost:{server.socket.getsockname()[1]}"
        self.arrived: list[ServerConnection] = []

    def serve(self, connection: ServerConnection) -> None:
        self.arrived.append(connection)
        for message in connection:
            match message:
                case "bytes":
                    connection.send(b"\x00\x01ab")
                case "go away":
                    connection.close(1001, "Going away")
                case "drop":
                    connection.socket.close()
                case "much":
                    connection.send("m" * (2**20 + 1))
                case _:
                    connection.send(message)


def refuse(connection: ServerConnection, request: Request) -> Response | None:
    """Answer the path ``/403`` with that status, and so on."""
    status = request.path.strip("/")
    if not status:
        return None
    return connection.respond(http.HTTPStatus(int(status)), '{"message":"Forbidden","requestId":"x"}')


@contextmanager
def running(context: ssl.SSLContext | None = None) -> Iterator[Talker]:
    """One such server, on a free port."""
    talkers: list[Talker] = []
    server = serve(lambda one: talkers[0].serve(one), "localhost", 0, process_request=refuse, ssl=context)
    talkers.append(Talker(server, "wss" if context else "ws"))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield talkers[0]
    finally:
        for connection in talkers[0].arrived:
            connection.close()
        server.shutdown()
        thread.join()


@pytest.fixture
def server() -> Iterator[Talker]:
    with running() as talker:
        yield talker


@pytest.fixture
def authority() -> trustme.CA:
    """A certificate authority that nothing trusts yet."""
    return trustme.CA()


@pytest.fixture
def tls_server(authority: trustme.CA) -> Iterator[Talker]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    with running(context) as talker:
        yield talker


@pytest.fixture
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)


Eventually = Callable[[Callable[[], object]], None]


@pytest.fixture
def eventually() -> Eventually:
    """Waits until a condition holds, and fails the test when it does not within a minute."""

    def wait(condition: Callable[[], object]) -> None:
        deadline = time.monotonic() + 60
        while not condition():
            assert time.monotonic() < deadline, "the condition did not come true within 60 s"
            time.sleep(0.01)

    return wait

"""A real server to talk to."""

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection, serve


def echo(connection: ServerConnection) -> None:
    """Send everything back; close when told so; hang up at ``vanish``."""
    try:
        for message in connection:
            if message == "close":
                connection.close(1001, "Going away")
            elif message == "vanish":
                connection.socket.close()
            else:
                connection.send(message)
    except ConnectionClosed:
        pass


@contextmanager
def served(compression: str | None = None, tls: ssl.SSLContext | None = None) -> Iterator[str]:
    """The URL of a server that echoes."""
    with serve(echo, "127.0.0.1", 0, compression=compression, ssl=tls) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        port = server.socket.getsockname()[1]
        yield f"wss://localhost:{port}/dev" if tls else f"ws://127.0.0.1:{port}/dev"
        server.shutdown()
        thread.join()


@pytest.fixture
def url() -> Iterator[str]:
    """A server that compresses nothing."""
    with served() as url:
        yield url


@pytest.fixture
def compressing_url() -> Iterator[str]:
    """A server that agrees on permessage-deflate."""
    with served("deflate") as url:
        yield url


@pytest.fixture
def tls_url(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server behind TLS, whose authority is trusted through the environment, as on the laptop of a learner."""
    import trustme

    authority = trustme.CA()
    bundle = tmp_path_factory.mktemp("ca") / "ca.pem"
    authority.cert_pem.write_to_path(str(bundle))
    monkeypatch.setenv("SSL_CERT_FILE", str(bundle))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    with served(tls=context) as url:
        yield url

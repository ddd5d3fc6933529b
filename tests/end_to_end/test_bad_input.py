"""What bad input gets: a clear answer, and the reason in the log."""

import json
import socket
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from .conftest import Embedded, Service

Eventually = Callable[[Callable[[], bool]], None]

BROKEN = """
service: broken
provider:
  name: aws
  runtime: python3.13
  timeout: 1
functions:
  raises: {handler: handlers.raises, events: [websocket: raises]}
  missing: {handler: handlers.absent, events: [websocket: missing]}
  unimportable: {handler: nowhere.handler, events: [websocket: unimportable]}
  slow: {handler: handlers.slow, events: [websocket: slow]}
  node: {handler: handlers.node, runtime: nodejs22.x, events: [websocket: node]}
"""

HANDLERS = """
import time

def raises(event, context):
    raise ValueError("on purpose")

def slow(event, context):
    time.sleep(60)
"""


@pytest.fixture(scope="module")
def broken(embedded: Embedded, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service whose every function fails in its own way."""
    folder = tmp_path_factory.mktemp("broken")
    (folder / "serverless.yml").write_text(BROKEN)
    (folder / "handlers.py").write_text(HANDLERS)
    service = Service(folder, embedded, "broken")
    service.deploy()
    yield service
    service.osls("remove")


@pytest.mark.parametrize(
    ("function", "reason"),
    [
        ("raises", "ValueError: on purpose"),
        ("missing", "Handler 'absent' missing on module 'handlers'"),
        ("unimportable", "Unable to import module 'nowhere': No module named 'nowhere'"),
        ("slow", "Task timed out after 1.00 seconds"),
        ("node", "The embedded AWS cannot run runtime nodejs22.x of function broken-dev-node"),
    ],
)
def test_a_failing_function_tells_the_client_little_and_its_log_all(
    broken: Service, eventually: Eventually, function: str, reason: str
) -> None:
    """Spec 107: the frame names no reason; the log names module and handler. The connection stays open."""
    with connect(broken.url()) as client:
        for _ in range(2):
            client.send(json.dumps({"action": function}))
            frame = str(client.recv(timeout=60))
            assert json.loads(frame)["message"] == "Internal server error"
            assert frame.startswith('{"message": "Internal server error", "connectionId":"')
    eventually(lambda: any(reason in line for line in broken.log(function)))


@pytest.mark.parametrize("path", ["", "/", "/prod", "/dev/more", "/dev/@connections", "/%00"])
def test_a_path_that_no_stage_serves_is_403(deployed: Service, path: str) -> None:
    """Unknown stage, no stage, more behind the stage."""
    with pytest.raises(InvalidStatus) as refused:
        connect(deployed.url().removesuffix("/dev") + path)
    assert refused.value.response.status_code == 403


def test_an_unknown_api_is_403(deployed: Service) -> None:
    """The name resolves, as AWS's wildcard does; nothing is behind it."""
    with pytest.raises(InvalidStatus) as refused:
        connect("wss://zzzzzzzzzz.execute-api.us-east-1.amazonaws.com/dev")
    assert refused.value.response.status_code == 403
    assert json.loads(refused.value.response.body or b"") == {"message": "Forbidden"}


def raw(service: Service, request: str) -> bytes:
    """Send a request as it is, inside TLS behind the proxy, and read until the server closes."""
    host = str(urlsplit(service.url()).hostname)
    with socket.create_connection(("127.0.0.1", service.embedded.port), timeout=60) as tcp:
        tcp.sendall(service.embedded.connect(f"{host}:443"))
        assert tcp.recv(1000).startswith(b"HTTP/1.1 200 ")
        context = ssl.create_default_context(cafile=service.embedded.environment["SSL_CERT_FILE"])
        with context.wrap_socket(tcp, server_hostname=host) as tls:
            tls.sendall(request.replace("HOST", host).encode())
            return b"".join(iter(lambda: tls.recv(4096), b""))


HANDSHAKE = "GET /dev HTTP/1.1\r\nHost: HOST\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"


@pytest.mark.parametrize(
    ("request_text", "status"),
    [
        (HANDSHAKE + "Sec-WebSocket-Version: 13\r\n\r\n", b"400"),
        (HANDSHAKE + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 8\r\n\r\n", b"400"),
        (HANDSHAKE + "Sec-WebSocket-Key: short\r\nSec-WebSocket-Version: 13\r\n\r\n", b"400"),
        ("GET /dev HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\n\r\n", b"426"),
        ("nonsense\r\n\r\n", b"400"),
    ],
)
def test_a_malformed_upgrade_is_refused(deployed: Service, request_text: str, status: bytes) -> None:
    """400 (or 426 when it is none), JSON or plain text, never a traceback."""
    answer = raw(deployed, request_text)
    assert answer.split(b" ")[1] == status
    assert b"Traceback" not in answer


def test_text_that_is_not_utf8_closes_1007(deployed: Service) -> None:
    """RFC 6455, 8.1."""
    with connect(deployed.url()) as client:
        client.send(b"\xff\xfe", text=True)
        with pytest.raises(ConnectionClosed) as closed:
            client.recv(timeout=60)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1007


@pytest.mark.parametrize(("message", "code"), [(b"binary", 1003), ("x" * (32 * 1024 + 1), 1009)])
def test_what_aws_does_not_take_closes(deployed: Service, message: str | bytes, code: int) -> None:
    """Spec 100, 162: a binary frame, a frame over 32 KB."""
    with connect(deployed.url()) as client:
        client.send(message)
        with pytest.raises(ConnectionClosed) as closed:
            client.recv(timeout=60)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == code


def test_other_aws_hosts_are_kept_from_being_reached(embedded: Embedded) -> None:
    """The proxy refuses, and says how to get there on purpose."""
    with socket.create_connection(("127.0.0.1", embedded.port), timeout=60) as tcp:
        tcp.sendall(embedded.connect("sts.us-east-1.amazonaws.com:443"))
        answer = b"".join(iter(lambda: tcp.recv(4096), b""))
    assert answer.startswith(b"HTTP/1.1 403 ")
    assert b"unset HTTPS_PROXY and AWS_ENDPOINT_URL" in answer


def test_an_unsigned_call_of_connections_is_403(deployed: Service) -> None:
    """Spec 177, 192."""
    head = "POST /dev/@connections/PJqB0fHsqRcCHlw%3D HTTP/1.1\r\nHost: HOST\r\n"
    answer = raw(deployed, head + "Connection: close\r\nContent-Length: 0\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 403 Forbidden\r\n")
    assert b"x-amzn-ErrorType: ForbiddenException" in answer


def test_only_loopback_is_listened_on(embedded: Embedded) -> None:
    """Nobody else on the network reaches it."""
    table = Path("/proc/net/tcp")
    if not table.exists():
        pytest.skip("no /proc/net/tcp on this system")
    listening = [line.split()[1] for line in table.read_text().splitlines()[1:] if line.split()[3] == "0A"]
    ours = [address for address in listening if int(address.split(":")[1], 16) == embedded.port]
    assert ours == [f"0100007F:{embedded.port:04X}"]

"""The AWS that the suite is held against: the embedded one, an account, or another emulator."""

import base64
import http.client
import os
import socket
import ssl
import struct
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, quote, unquote, urlsplit

import boto3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from websockets.exceptions import InvalidStatus
from websockets.frames import Frame, Opcode
from websockets.http11 import Response
from websockets.sync.client import ClientConnection
from websockets.sync.client import connect as connect_client

__all__ = ["Answer", "Raw", "Target"]

SECONDS = 30.0
AWS_SECONDS = 60.0

AWS_DATA_PLANE = "wss://{api}.execute-api.{region}.amazonaws.com/{stage}"
EMULATOR_DATA_PLANE = "ws://{api}.execute-api.localhost:{port}/{stage}"
"""Where ministack, floci and LocalStack serve a stage; the name leads to loopback whatever the resolver thinks."""


@dataclass(frozen=True)
class Answer:
    """An HTTP answer, with header names in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Target:
    """Which AWS answers. ``name`` is ``local``, ``aws`` or the emulator's address."""

    name: str
    region: str
    data_plane: str

    @property
    def is_local(self) -> bool:
        return self.name == "local"

    @property
    def is_aws(self) -> bool:
        return self.name == "aws"

    @property
    def seconds(self) -> float:
        """How long to wait for what must happen."""
        return AWS_SECONDS if self.is_aws else SECONDS

    def url(self, api: str, stage: str) -> str:
        """Where a client connects."""
        port = urlsplit(self.name).port or 80
        return self.data_plane.format(api=api, region=self.region, stage=stage, port=port)

    def function_environment(self) -> dict[str, str]:
        """What a function must be told to reach an emulator; nothing on AWS and on the embedded one."""
        if self.is_local or self.is_aws:
            return {}
        port = urlsplit(self.name).port or 80
        known = {"api": "{apiId}", "stage": "{stage}", "region": self.region, "port": port}
        return {
            "AWS_ENDPOINT_URL": self.name,
            "MANAGEMENT": self.data_plane.replace("ws", "http", 1).format(**known),
        }

    # clients

    def connect(self, url: str, **options: Any) -> ClientConnection:
        """A client of the ``websockets`` library; no ``User-Agent`` unless it is asked for."""
        options = {"user_agent_header": None, "ping_interval": None, "open_timeout": self.seconds, **options}
        address = urlsplit(url)
        if address.scheme == "ws":
            options["sock"] = _tcp(address)
        client: ClientConnection = connect_client(url, **options)
        return client

    def refused(self, url: str, **options: Any) -> Response:
        """The HTTP response to an upgrade that must not succeed."""
        try:
            with self.connect(url, **options):
                pass
        except InvalidStatus as refusal:
            return refusal.response
        raise AssertionError(f"the upgrade to {url} was accepted")

    @contextmanager
    def dial(self, url: str) -> Iterator[socket.socket]:
        """A stream to the host of a URL: TLS verified for ``wss`` and ``https``, through the proxy in use."""
        address = urlsplit(url)
        with _stream(address) as stream:
            stream.settimeout(self.seconds)
            yield stream

    @contextmanager
    def raw(self, url: str, headers: dict[str, str] | None = None) -> Iterator["Raw"]:
        """A connection whose every byte is the test's."""
        address = urlsplit(url)
        with self.dial(url) as stream:
            raw = Raw(stream)
            raw.upgrade(address, headers or {})
            yield raw

    def request(
        self,
        method: str,
        url: str,
        body: bytes = b"",
        *,
        headers: dict[str, str] | None = None,
        sign: str | None = None,
    ) -> Answer:
        """One HTTP request, its path sent as it is; signed with the session's own key for the service ``sign``."""
        address = urlsplit(url)
        target = address.path + (f"?{address.query}" if address.query else "")
        sent = {"Host": address.netloc, **(headers or {})}
        if sign is not None:
            sent |= self.signature(method, url, body, sign)
        with self.dial(url) as stream:
            connection = http.client.HTTPConnection(address.hostname or "")
            connection.sock = stream
            connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
            for name, value in {**sent, "Content-Length": str(len(body))}.items():
                connection.putheader(name, value)
            connection.endheaders(body)
            response = connection.getresponse()
            found = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, found, response.read())

    def signature(self, method: str, url: str, body: bytes, service: str) -> dict[str, str]:
        """The headers that SigV4 adds to such a request."""
        credentials = boto3.Session().get_credentials()
        assert credentials is not None
        request = AWSRequest(method, url, data=body, headers={"Host": urlsplit(url).netloc})
        SigV4Auth(credentials.get_frozen_credentials(), service, self.region).add_auth(request)
        return {name: value for name, value in request.headers.items() if name.lower() != "host"}

    def connections(self, method: str, url: str, connection_id: str, body: bytes = b"", *, sign: bool = True) -> Answer:
        """A call of ``@connections`` as seen on the wire; ``url`` is where the client connected."""
        managed = f"{_http(url)}/@connections/{quote(connection_id, safe='')}"
        return self.request(method, managed, body, sign="execute-api" if sign else None)

    def management(self, url: str) -> Any:
        """boto3's client of ``@connections``."""
        address = urlsplit(_http(url))
        if address.scheme == "https":
            return boto3.client("apigatewaymanagementapi", endpoint_url=address.geturl(), region_name=self.region)
        here = address._replace(netloc=f"127.0.0.1:{address.port}").geturl()
        client = boto3.client("apigatewaymanagementapi", endpoint_url=here, region_name=self.region)
        client.meta.events.register(
            "before-sign", lambda request, **_: request.headers.add_header("Host", address.netloc)
        )
        return client

    # time

    def advance(self, text: str) -> None:
        """Let time pass on the embedded AWS's clock."""
        command = [str(Path(sys.executable).with_name("local-aws")), "clock", "advance", text]
        subprocess.run(command, check=True, capture_output=True, text=True)


class Raw:
    """A stream on which the test makes the frames itself."""

    def __init__(self, stream: socket.socket) -> None:
        self.stream = stream
        self.response = Answer(0, {}, b"")
        self._pending = b""

    def upgrade(self, address: SplitResult, headers: dict[str, str]) -> None:
        """Send a handshake and read what is answered; a header given as the empty string is left out."""
        sent = {
            "Host": address.netloc,
            "Connection": "Upgrade",
            "Upgrade": "websocket",
            "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
            "Sec-WebSocket-Version": "13",
            **headers,
        }
        target = address.path + (f"?{address.query}" if address.query else "")
        lines = [f"GET {target} HTTP/1.1"] + [f"{name}: {value}" for name, value in sent.items() if value]
        self.stream.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        while b"\r\n\r\n" not in self._pending:
            self._fill()
        head, _, self._pending = self._pending.partition(b"\r\n\r\n")
        status, *rest = head.decode("latin-1").split("\r\n")
        found = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in rest)}
        self.response = Answer(int(status.split()[1]), found, b"")

    def send(self, data: bytes, opcode: Opcode = Opcode.TEXT, *, fin: bool = True) -> None:
        """One frame, masked as a client must."""
        self.stream.sendall(Frame(opcode, data, fin).serialize(mask=True))

    def frame(self) -> Frame:
        """The next frame, whole. Raises EOFError when the stream has ended."""
        first, second = self._take(2)
        length = second & 0x7F
        if length > 125:
            (length,) = struct.unpack("!H" if length == 126 else "!Q", self._take(2 if length == 126 else 8))
        assert not second & 0x80, "a server must not mask"
        frame = Frame(Opcode(first & 0x0F), self._take(length), bool(first & 0x80))
        frame.rsv1 = bool(first & 0x40)
        return frame

    def closing(self) -> tuple[int, str]:
        """Code and reason of the next frame, which must be a close frame; 1005 when it has no code."""
        frame = self.frame()
        assert frame.opcode is Opcode.CLOSE, frame
        if not frame.data:
            return 1005, ""
        return struct.unpack("!H", bytes(frame.data[:2]))[0], bytes(frame.data[2:]).decode()

    def _take(self, size: int) -> bytes:
        while len(self._pending) < size:
            self._fill()
        taken, self._pending = self._pending[:size], self._pending[size:]
        return taken

    def _fill(self) -> None:
        more = self.stream.recv(65536)
        if not more:
            raise EOFError("the stream has ended")
        self._pending += more


def _http(url: str) -> str:
    return url.replace("ws", "http", 1)


def _tcp(address: SplitResult) -> socket.socket:
    host = address.hostname or ""
    host = "127.0.0.1" if host.endswith(".localhost") else host
    return socket.create_connection((host, address.port or 80), timeout=SECONDS)


def _stream(address: SplitResult) -> socket.socket:
    if address.scheme not in ("wss", "https"):
        return _tcp(address)
    host, port = address.hostname or "", address.port or 443
    proxy = urllib.request.getproxies().get("https")
    if proxy:
        way = urlsplit(proxy)
        stream = socket.create_connection((way.hostname or "", way.port or 80), timeout=AWS_SECONDS)
        pair = f"{unquote(way.username or '')}:{unquote(way.password or '')}"
        login = f"Proxy-Authorization: Basic {base64.b64encode(pair.encode()).decode()}\r\n" if way.username else ""
        stream.sendall(f"CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\n{login}\r\n".encode())
        answer = b""
        while not answer.endswith(b"\r\n\r\n"):
            got = stream.recv(1)
            if not got:
                raise ConnectionError(f"the proxy {proxy} answered {answer!r}")
            answer += got
        if answer.split(b" ", 2)[1] != b"200":
            stream.close()
            raise ConnectionError(f"the proxy {proxy} answered {answer.splitlines()[0]!r}")
    else:
        stream = socket.create_connection((host, port), timeout=AWS_SECONDS)
    trust = ssl.create_default_context(cafile=os.environ.get("SSL_CERT_FILE"))
    return trust.wrap_socket(stream, server_hostname=host)

"""What a handler meets on AWS, made real on loopback: its events, its table, and the API that reaches its clients.

The table is moto's DynamoDB behind HTTP. The management API is a small HTTPS server of ours, since moto's takes any
connection id for a live one. The handlers find it at the address that their events name, by the same environment
that the kit gives them: HTTPS_PROXY and AWS_CA_BUNDLE.
"""

import importlib
import json
import os
import ssl
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import boto3
import pytest
import trustme
from moto.server import ThreadedMotoServer
from mypy_boto3_dynamodb.service_resource import Table

HERE = Path(__file__).parent
REPOSITORY = HERE.parent.parent
HOST = "k3v9q2x7ab.execute-api.us-east-1.amazonaws.com"  # the domainName in the events
TABLE = "connections-of-the-handler-tests"

Event = dict[str, Any]
EventOf = Callable[..., Event]
Invoke = Callable[[str, Event], dict[str, Any]]
Lines = Callable[[], list[dict[str, Any]]]


class ManagementApi:
    """What @connections answers, and what was posted to it: both by connection id."""

    def __init__(self) -> None:
        self.status: dict[str, int] = {}  # 200 for an id that is not in it
        self.posts: list[tuple[str, bytes]] = []  # those answered with 200, in the order in which they came
        self.attempts: list[str] = []
        self.most_at_once = 0
        self.hold_until = 0  # so many posts at once: until then none is answered, and half a second more
        self._at_once = 0
        self._changed = threading.Condition()

    def post(self, connection_id: str, data: bytes) -> int:
        status = self.status.get(connection_id, 200)
        with self._changed:
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
            self._changed.notify_all()
            wanted = self.hold_until
            if wanted and self._changed.wait_for(
                lambda: self.most_at_once >= wanted or not self.hold_until, timeout=20
            ):
                # one too many has the time it needs to come
                self._changed.wait_for(lambda: self.most_at_once > wanted or not self.hold_until, timeout=0.5)
            self.hold_until = 0
            self._changed.notify_all()
            self._at_once -= 1
            self.attempts.append(connection_id)
            if status == 200:
                self.posts.append((connection_id, data))
        return status


class FrontHandler(BaseHTTPRequestHandler):
    """A CONNECT proxy that ends the TLS itself and then serves the management API on the same socket."""

    protocol_version = "HTTP/1.1"
    tls: ssl.SSLContext
    api: ManagementApi

    def do_CONNECT(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.request = self.tls.wrap_socket(self.request, server_side=True)
        self.setup()  # reads and writes through TLS from here on
        self.close_connection = False

    def do_POST(self) -> None:
        data = self.rfile.read(int(self.headers["Content-Length"]))
        prefix = "/dev/@connections/"
        path = unquote(self.path)
        signed = "/us-east-1/execute-api/aws4_request" in self.headers.get("Authorization", "")
        if self.headers["Host"] != HOST or not path.startswith(prefix) or not signed:
            self.answer(403, "ForbiddenException")
            return
        status = self.api.post(path.removeprefix(prefix), data)
        self.answer(status, {410: "GoneException", 500: "InternalServerErrorException"}.get(status))

    def answer(self, status: int, error: str | None = None) -> None:
        self.send_response(status)
        if error:
            self.send_header("x-amzn-ErrorType", error)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def finish(self) -> None:
        super().finish()
        self.request.close()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: the test says what matters."""


@pytest.fixture(scope="package")
def dynamodb_url() -> Iterator[str]:
    """moto's DynamoDB, served over HTTP."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(scope="package")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """The address of the proxy, and the file with the certificate authority to trust behind it."""
    authority = trustme.CA()
    bundle = tmp_path_factory.mktemp("trust") / "ca.pem"
    authority.cert_pem.write_to_path(bundle)
    FrontHandler.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(HOST).configure_cert(FrontHandler.tls)
    server = ThreadingHTTPServer(("127.0.0.1", 0), FrontHandler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", bundle
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="package")
def environment(dynamodb_url: str, front: tuple[str, Path]) -> Iterator[None]:
    """The environment of a function, while the tests of this folder run."""
    proxy, bundle = front
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("AWS_") or name.lower().endswith("_proxy")]:
            patch.delenv(name)
        patch.setenv("AWS_ENDPOINT_URL", dynamodb_url)
        patch.setenv("AWS_ACCESS_KEY_ID", "ASIAEXAMPLE")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
        patch.setenv("AWS_SESSION_TOKEN", "token")
        patch.setenv("AWS_REGION", "us-east-1")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        patch.setenv("HTTPS_PROXY", proxy)
        patch.setenv("AWS_CA_BUNDLE", str(bundle))
        patch.setenv("CONNECTIONS_TABLE", TABLE)
        patch.setattr(boto3, "DEFAULT_SESSION", None)
        patch.syspath_prepend(str(REPOSITORY))
        yield
        for name in [name for name in sys.modules if name.partition(".")[0] == "lambda"]:
            del sys.modules[name]


@pytest.fixture
def table(environment: None) -> Iterator[Table]:
    """The table of connections, empty."""
    dynamodb = boto3.resource("dynamodb")
    table = dynamodb.create_table(
        TableName=TABLE,
        AttributeDefinitions=[{"AttributeName": "connectionId", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "connectionId", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    yield table
    if TABLE in dynamodb.meta.client.list_tables()["TableNames"]:  # a test may have deleted it
        table.delete()


@pytest.fixture
def api(environment: None) -> ManagementApi:
    """The management API, with every connection alive."""
    FrontHandler.api = ManagementApi()
    return FrontHandler.api


@pytest.fixture
def invoke(environment: None) -> Invoke:
    """Call the handler of a route with an event."""

    def call(route: str, event: Event) -> dict[str, Any]:
        result: dict[str, Any] = importlib.import_module(f"lambda.{route}").handler(event, object())
        return result

    return call


@pytest.fixture(scope="session")
def event() -> EventOf:
    """A recorded event by the name of its file; ``body``, if given, takes the place of the recorded one."""

    def read(name: str, body: str | None = None) -> Event:
        recorded: Event = json.loads((HERE / "events" / f"{name}.json").read_text(encoding="utf-8"))
        return recorded | ({} if body is None else {"body": body})

    return read


@pytest.fixture
def printed(capsys: pytest.CaptureFixture[str]) -> Lines:
    """The lines since the last call, each parsed: one that is no JSON object would fail the test."""

    def lines() -> list[dict[str, Any]]:
        return [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    return lines


@pytest.fixture
def log_lines(printed: Lines) -> Lines:
    """What the handlers themselves had to say."""
    return lambda: [line for line in printed() if line["message"] != "called"]


@pytest.fixture
def calls(printed: Lines) -> Lines:
    """The lines about calls to AWS."""
    return lambda: [line for line in printed() if line["message"] == "called"]

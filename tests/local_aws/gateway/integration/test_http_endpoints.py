"""HTTP integrations against a real endpoint on loopback."""

import asyncio
import json
import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import trustme

from local_aws.functions import Invocation
from local_aws.gateway import events
from local_aws.gateway.config.stage import Integration, IntegrationResponse, Stage
from local_aws.gateway.events import Identity, Session
from local_aws.gateway.integration.http_endpoints import Endpoints
from local_aws.gateway.integration.invoker import Invoker
from local_aws.gateway.integration.mapping import Answer, Failed
from local_aws.gateway.request_trace import RequestTrace

STAGE = Stage("nn27okk1we", "dev", "us-east-1", "123456789012", variables={"status": "404"})
SESSION = Session(STAGE, "PJqB0fHsqRcCHlw=", 0, "h", Identity("127.0.0.1"))
ANY = (IntegrationResponse("$default"),)


class Server(ThreadingHTTPServer):
    """Answers with the request and with the status in the path; ``/slow`` answers only when it is told to end."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.release = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path == "/slow":
            self.server.release.wait(30)
        status = self.path.strip("/").partition("?")[0]
        seen = {
            "method": self.command,
            "path": self.path,
            "headers": list(self.headers.items()),
            "body": body.decode("latin-1"),
        }
        answer = json.dumps(seen).encode()
        self.send_response(int(status) if status.isdigit() else 200)
        self.send_header("Content-Length", str(len(answer)))
        self.send_header("X-Backend", "real")
        self.send_header("Location", "/elsewhere")
        self.end_headers()
        self.wfile.write(answer)

    do_GET = do_PUT = do_POST

    def log_message(self, *_: Any) -> None:
        """Says nothing."""


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as served:
        threading.Thread(target=served.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield served
        served.release.set()
        served.shutdown()


async def nobody(arn: str, payload: bytes) -> Invocation:
    raise AssertionError(f"{arn} must not be invoked")


def ask(
    integration: Integration, body: str = '{"a":1}', endpoints: Endpoints | None = None
) -> tuple[Answer, RequestTrace]:
    """What an integration answers to one message, and the trace."""
    trace = RequestTrace(SESSION, "PJqB0E1tKRcF-Qw=", "MESSAGE", "send", 0)

    async def asked() -> Answer:
        backend = Invoker(nobody, endpoints=endpoints)
        try:
            event = events.message_event(SESSION, "send", body, "PJqCFfHyKRcCHlw=", "PJqB0E1tKRcF-Qw=", 0)
            return await backend.ask(integration, STAGE, event, trace)
        finally:
            await backend.close()

    return asyncio.run(asked()), trace


def failure(integration: Integration, endpoints: Endpoints | None = None) -> Failed:
    with pytest.raises(Failed) as failed:
        ask(integration, endpoints=endpoints)
    return failed.value


def test_a_proxy_sends_the_message_and_passes_the_answer_on(server: Server) -> None:
    """Spec 104, 121: with API Gateway's own headers and no others."""
    answer, trace = ask(Integration("i", "HTTP_PROXY", f"{server.url}/200"), "plain é")
    seen = json.loads(answer.body or "")
    assert (answer.status, answer.header("x-backend"), seen["method"]) == (200, "real", "POST")
    assert seen["body"].encode("latin-1").decode() == "plain é"
    assert sorted(name.lower() for name, _ in seen["headers"]) == [
        "accept",
        "content-length",
        "content-type",
        "host",
        "user-agent",
        "x-amzn-apigateway-api-id",
    ]
    assert dict(seen["headers"])["User-Agent"] == "AmazonAPIGateway_nn27okk1we"
    assert (trace.integration_status, trace.integration_request) == (200, "plain é".encode())
    assert trace.integration_latency is not None


def test_templates_parameters_and_stage_variables_make_the_request(server: Server) -> None:
    """Spec 126, 128, 252: and the status chooses the integration response (spec 122)."""
    integration = Integration(
        "i",
        "HTTP",
        server.url + "/${stageVariables.status}",
        method="PUT",
        templates={"$default": "{\"twice\":$input.json('$.a')}"},
        parameters={
            "integration.request.header.ConnectionId": "context.connectionId",
            "integration.request.querystring.a": "route.request.body.a",
        },
        responses=(
            IntegrationResponse("$default", {"$default": "fine"}),
            IntegrationResponse(
                "/4\\d\\d/", {"$default": "$input.path('$.method') $input.path('$.path') $input.path('$.body')"}
            ),
        ),
    )
    answer, trace = ask(integration)
    assert (answer.body, trace.integration_status) == ('PUT /404?a=1 {"twice":1}', 404)


@pytest.mark.parametrize("status", [301, 500])
def test_no_status_of_an_endpoint_is_a_failure(server: Server, status: int) -> None:
    """Spec 106, 122: and redirects are not followed."""
    answer, trace = ask(Integration("i", "HTTP", f"{server.url}/{status}", responses=ANY))
    assert json.loads(answer.body or "")["path"] == f"/{status}"
    assert trace.integration_status == status


def test_a_get_has_no_body(server: Server) -> None:
    """Endpoints expect none."""
    answer, _ = ask(Integration("i", "HTTP_PROXY", f"{server.url}/200", method="GET"))
    seen = json.loads(answer.body or "")
    assert (seen["method"], seen["body"]) == ("GET", "")


def test_a_slow_endpoint_is_a_timeout(server: Server) -> None:
    """Spec 111, 165: after the integration's own 50 ms."""
    failed = failure(Integration("i", "HTTP_PROXY", f"{server.url}/slow", 0.05))
    assert (failed.status, failed.message) == (504, "Endpoint request timed out")


def test_our_own_proxy_is_not_in_the_way(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """A learner's shell sets ``HTTPS_PROXY`` to this process."""
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert ask(Integration("i", "HTTP_PROXY", f"{server.url}/200"))[0].status == 200


def test_https_with_a_trusted_certificate(server: Server) -> None:
    """Spec 104: the certificate is verified."""
    authority, trusted = trustme.CA(), ssl.create_default_context()
    ours = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(ours)
    authority.configure_trust(trusted)
    server.socket = ours.wrap_socket(server.socket, server_side=True)
    integration = Integration("i", "HTTP_PROXY", f"https://127.0.0.1:{server.server_port}/200")
    assert ask(integration, endpoints=Endpoints(lambda: trusted))[0].status == 200
    untrusted = failure(integration)
    assert (untrusted.status, untrusted.message) == (500, "Internal server error")
    assert "certificate" in str(untrusted)


@pytest.mark.parametrize(
    ("uri", "reason"),
    [
        ("http://127.0.0.1:9/", "Network error communicating with 127.0.0.1"),
        ("ftp://127.0.0.1/", "is not an http:// or https:// URL"),
        ("backend", "is not an http:// or https:// URL"),
        ("http://127.0.0.1:port/", "is not an http:// or https:// URL"),
        ("https://dynamodb.us-east-1.amazonaws.com/", "so that nothing reaches a real account by mistake"),
        ("https://abc.execute-api.us-east-1.amazonaws.com/dev", "so that nothing reaches a real account by mistake"),
    ],
)
def test_an_endpoint_that_cannot_be_called(uri: str, reason: str) -> None:
    """The client is told nothing of the reason, the log is."""
    failed = failure(Integration("i", "HTTP_PROXY", uri))
    assert (failed.status, failed.message) == (500, "Internal server error")
    assert reason in str(failed)


def test_a_header_that_is_none_is_not_sent(server: Server) -> None:
    """A message must not be able to add headers of its own."""
    integration = Integration(
        "i",
        "HTTP_PROXY",
        f"{server.url}/200",
        parameters={"integration.request.header.X": "route.request.body.x"},
    )
    for value in ("1\r\nX-Injected: 2", "é"):
        with pytest.raises(Failed, match="Network error communicating"):
            ask(integration, json.dumps({"x": value}))

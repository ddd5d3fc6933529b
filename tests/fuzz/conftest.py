"""An embedded AWS in this process, whole but for its functions, and proof that nothing sticks to it.

Only ``_invoke`` is another one: it answers what it was asked instead of starting a sandbox, so that thousands of
messages cost nothing. Everything a client's bytes go through is the real thing, over real sockets.
"""

import asyncio
import contextlib
import io
import json
import logging
import os
import ssl
import threading
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from hypothesis import HealthCheck, settings

from local_aws.cloud import Cloud
from local_aws.functions import Invocation
from local_aws.net.http import connection as http_connection

from .wire import Wire, connect, eventually

settings.register_profile(
    "bounded",
    max_examples=int(os.environ.get("FUZZ_EXAMPLES", "60")),  # a thousand now and then does no harm
    database=None,
    deadline=None,
    derandomize="CI" in os.environ,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.load_profile("bounded")


TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}


class _Echoing(Cloud):
    """Functions answer with the message that they are given; those asked for ``slow`` wait for ``release``."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.events: list[dict[str, Any]] = []
        self.waiting = 0
        self.most_waiting = 0
        self.release = asyncio.Event()

    def _invoke(self, function: str, payload: bytes) -> asyncio.Task[Invocation]:
        return asyncio.create_task(self._echo(payload))

    async def _echo(self, payload: bytes) -> Invocation:
        event = json.loads(payload)
        self.events.append(event)
        body = event.get("body")
        if body == "slow":
            self.waiting += 1
            self.most_waiting = max(self.most_waiting, self.waiting)
            await self.release.wait()
            self.waiting -= 1
        result = {"statusCode": 200, "body": body}
        return Invocation("6bc28136-xmpl-4365-b021-0ce6b2e64ab0", json.dumps(result).encode(), None, "$LATEST", b"")


class Server:
    """The embedded AWS as a test sees it, from another thread."""

    def __init__(self, cloud: _Echoing, loop: asyncio.AbstractEventLoop) -> None:
        self.cloud = cloud
        self.port = cloud.state.port
        self.api = ""
        self._loop = loop

    @property
    def host(self) -> str:
        """Where the API is reached without TLS."""
        return f"{self.api}.execute-api.localhost:{self.port}"

    @property
    def aws_host(self) -> str:
        """Where it is reached through the proxy."""
        return f"{self.api}.execute-api.us-east-1.amazonaws.com"

    @property
    def context(self) -> ssl.SSLContext:
        """What a client needs to trust it."""
        return ssl.create_default_context(cafile=str(self.ca))

    @property
    def ca(self) -> Path:
        """The certificate that it is trusted by."""
        return self.cloud._router._authority.ca

    def wire(self, **options: Any) -> Wire:
        return Wire(self.port, password=self.cloud.state.proxy_password, **options)

    def connect(self, target: str | bytes) -> bytes:
        """What asks its proxy for a way to ``host:port``."""
        return connect(target, self.cloud.state.proxy_password)

    def client(self, service: str) -> Any:
        """A boto3 client of its own endpoint."""
        return self._client(service, {}, endpoint_url=f"http://127.0.0.1:{self.port}")

    def management(self) -> Any:
        """A boto3 client of the stage's @connections, through the proxy."""
        proxies = {"https": self.cloud.state.environment()["HTTPS_PROXY"]}
        url = f"https://{self.aws_host}/dev"
        return self._client("apigatewaymanagementapi", proxies, endpoint_url=url, verify=str(self.ca))

    def _client(self, service: str, proxies: dict[str, str], **options: Any) -> Any:
        state = self.cloud.state
        session = boto3.Session(state.access_key_id, state.secret_access_key, region_name=state.region)
        make: Callable[..., Any] = session.client
        return make(service, config=Config(retries={"total_max_attempts": 1}, proxies=proxies), **options)

    def connections(self) -> list[str]:
        """The ids of the open WebSockets."""
        return [each.id for each in self.cloud._gateway.connections.all()]

    def in_loop(self, call: Callable[[], Any]) -> Any:
        """Call it in the server's thread."""

        async def called() -> Any:
            return call()

        return asyncio.run_coroutine_threadsafe(called(), self._loop).result(60)

    def is_quiet(self) -> bool:
        """Whether it holds no client and does nothing."""
        return bool(
            self.in_loop(
                lambda: (
                    not self.cloud._gateway.connections.all()
                    and not self.cloud._gateway._tasks
                    and not self.cloud._gateway._timers
                    and not self.cloud._server.connections
                    and not self.cloud._router._relays
                    and not http_connection._handshakes
                )
            )
        )

    def settle(self) -> None:
        """Wait until it holds no client any more."""
        eventually(self.is_quiet, "the server holds no client and no work of one")

    def take_events(self, event_type: str) -> list[dict[str, Any]]:
        """The events of that type that functions were given since the last test began."""
        return [each for each in self.cloud.events if each["requestContext"]["eventType"] == event_type]

    def messages(self) -> list[str]:
        """The bodies of the messages that were dispatched."""
        return [str(each["body"]) for each in self.take_events("MESSAGE")]


class _Complaints(logging.Handler):
    """What would be a traceback in a learner's log."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.seen: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.seen.append(logging.Formatter().format(record))


@pytest.fixture(scope="package")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for all tests here, with an API whose messages are echoed."""
    started: Future[Server] = Future()
    stop = threading.Event()

    async def main() -> None:
        cloud = await _Echoing.start(port=0)
        await cloud._control_plane.reset()
        started.set_result(Server(cloud, asyncio.get_running_loop()))
        await asyncio.to_thread(stop.wait)
        await cloud.close()

    def run() -> None:
        try:
            asyncio.run(main())
        except BaseException as error:
            if not started.done():
                started.set_exception(error)
            raise

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LOCAL_AWS_HOME", str(tmp_path_factory.mktemp("local-aws")))
        for name in ("HTTPS_PROXY", "https_proxy", "AWS_ENDPOINT_URL", "AWS_CA_BUNDLE"):
            patch.delenv(name, raising=False)
        thread = threading.Thread(target=run)
        thread.start()
        server = started.result(30)
        server.api = _make_api(server)
        yield server
        stop.set()
        thread.join()


@pytest.fixture
def server(running: Server) -> Iterator[Server]:
    """The server; afterwards it holds nothing of the test, has not complained, and still serves."""
    running.cloud.events.clear()
    complaints = _Complaints()
    logging.getLogger().addHandler(complaints)
    try:
        yield running
        running.settle()
        with contextlib.closing(running.wire().open(running.host).socket):
            pass
        running.settle()
    finally:
        logging.getLogger().removeHandler(complaints)
    assert complaints.seen == []


def _make_api(server: Server) -> str:
    functions, gateway = server.client("lambda"), server.client("apigatewayv2")
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("index.py", "def handler(event, context): ...")
    role = server.client("iam").create_role(RoleName="echo", AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
    arn = functions.create_function(
        FunctionName="echo", Runtime="python3.13", Role=role, Handler="index.handler", Code={"ZipFile": code.getvalue()}
    )["FunctionArn"]
    functions.add_permission(
        FunctionName="echo", StatementId="api", Action="lambda:InvokeFunction", Principal="apigateway.amazonaws.com"
    )
    api = gateway.create_api(Name="fuzz", ProtocolType="WEBSOCKET", RouteSelectionExpression="$request.body.action")
    api_id = str(api["ApiId"])
    uri = f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{arn}/invocations"
    integration = gateway.create_integration(ApiId=api_id, IntegrationType="AWS_PROXY", IntegrationUri=uri)
    target = f"integrations/{integration['IntegrationId']}"
    gateway.create_route(ApiId=api_id, RouteKey="$disconnect", Target=target)
    route = gateway.create_route(
        ApiId=api_id, RouteKey="$default", Target=target, RouteResponseSelectionExpression="$default"
    )
    gateway.create_route_response(ApiId=api_id, RouteId=route["RouteId"], RouteResponseKey="$default")
    gateway.create_stage(ApiId=api_id, StageName="dev")
    gateway.create_deployment(ApiId=api_id, StageName="dev")
    return api_id

"""What a web page that the learner visits can do to the embedded AWS: nothing, whatever it knows."""

import base64
import functools
import io
import json
import urllib.request
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSPreparedRequest, AWSRequest
from botocore.credentials import Credentials
from playwright.sync_api import Page

from local_aws.daemon.state import State

from .conftest import EVIL
from .hostile import GETS, POSTS, SANDBOX, SOCKET, Network, form, presigned, serve

Eventually = Callable[[Callable[[], object]], None]

REFUSED = (403, "text/plain; charset=utf-8")
"""How the guard refuses a page, before anybody looks at a signature."""

TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}

HANDLER = """
import os

def handler(event, context):
    return {"statusCode": 200, "body": os.environ["AWS_LAMBDA_RUNTIME_API"]}
"""


def package() -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("index.py", HANDLER)
    return archive.getvalue()


@dataclass(frozen=True)
class Prize:
    """The embedded AWS as its owner has it: one function, behind a WebSocket API."""

    state: State
    role: str
    api: str

    def client(self, service: str) -> Any:
        return client(self.state, service)

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.state.port}"

    @property
    def credentials(self) -> Credentials:
        return Credentials(self.state.access_key_id, self.state.secret_access_key)

    def things(self) -> tuple[list[str], list[str]]:
        """All functions and users that there are."""
        functions = self.client("lambda").list_functions()["Functions"]
        users = self.client("iam").list_users()["Users"]
        return [each["FunctionName"] for each in functions], [each["UserName"] for each in users]

    def call(self) -> str:
        """The address of the Runtime API of the sandbox in which the function is run."""
        answer = json.load(self.client("lambda").invoke(FunctionName="pong")["Payload"])
        return str(answer["body"])

    def create_function(self, *, signed: bool) -> tuple[str, str]:
        """URL and body of a request that would create a function, and run what its sender likes."""
        code = base64.b64encode(package()).decode()
        asked = {
            "FunctionName": "mallory",
            "Runtime": "python3.13",
            "Handler": "index.handler",
            "Role": self.role,
            "Code": {"ZipFile": code},
            "Description": "=",
        }
        url, body = f"{self.endpoint}/2015-03-31/functions", form(json.dumps(asked))
        return (presigned(self.credentials, "lambda", "POST", url, body) if signed else url), body

    def create_user(self, *, signed: bool) -> str:
        """URL of a GET that would make a user."""
        url = f"{self.endpoint}/?Action=CreateUser&UserName=mallory&Version=2010-05-08"
        return presigned(self.credentials, "iam", "GET", url) if signed else url


@functools.cache
def client(state: State, service: str) -> Any:
    session = boto3.Session(state.access_key_id, state.secret_access_key, region_name=state.region)
    make: Callable[..., Any] = session.client
    return make(service, endpoint_url=f"http://127.0.0.1:{state.port}")


@pytest.fixture(scope="module")
def prize(embedded: State) -> Prize:
    """What a page would like to have: its state must be the same after each attack."""
    lambda_, gateway = client(embedded, "lambda"), client(embedded, "apigatewayv2")
    role = client(embedded, "iam").create_role(RoleName="pong", AssumeRolePolicyDocument=json.dumps(TRUST))["Role"][
        "Arn"
    ]
    arn = lambda_.create_function(
        FunctionName="pong", Runtime="python3.13", Handler="index.handler", Role=role, Code={"ZipFile": package()}
    )["FunctionArn"]
    lambda_.add_permission(
        FunctionName="pong", StatementId="api", Action="lambda:InvokeFunction", Principal="apigateway.amazonaws.com"
    )
    api = gateway.create_api(Name="pong", ProtocolType="WEBSOCKET", RouteSelectionExpression="$request.body.action")
    uri = f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{arn}/invocations"
    made = gateway.create_integration(ApiId=api["ApiId"], IntegrationType="AWS_PROXY", IntegrationUri=uri)
    route = gateway.create_route(
        ApiId=api["ApiId"],
        RouteKey="$default",
        Target=f"integrations/{made['IntegrationId']}",
        RouteResponseSelectionExpression="$default",
    )
    gateway.create_route_response(ApiId=api["ApiId"], RouteId=route["RouteId"], RouteResponseKey="$default")
    gateway.create_stage(ApiId=api["ApiId"], StageName="dev")
    gateway.create_deployment(ApiId=api["ApiId"], StageName="dev")
    return Prize(embedded, role, api["ApiId"])


@pytest.fixture(scope="module")
def hostile_port() -> Iterator[int]:
    """Where the hostile page is served, under any name that leads to this machine."""
    with serve() as port:
        yield port


@pytest.fixture(params=["127.0.0.1", EVIL])
def hostile(request: pytest.FixtureRequest, page: Page, hostile_port: int) -> Page:
    """The page, opened: of another port of this machine, which browsers call the same site, and of another site."""
    page.goto(f"http://{request.param}:{hostile_port}/")
    return page


def attack(page: Page, eventually: Eventually, how: str, **given: object) -> set[tuple[int, str]]:
    """Let a page do something, and say what all its requests were answered."""
    network = Network(page)
    page.evaluate(f"given => {{({how})(given)}}", given)  # whoever is not refused may wait for long
    eventually(lambda: network.answers)
    return network.answers


def test_what_the_pages_send_works_for_who_may(prize: Prize) -> None:
    """The signed requests of these tests have an effect when a program of the learner's sends them."""
    url, body = prize.create_function(signed=True)
    with urllib.request.urlopen(urllib.request.Request(url, body.encode(), {"Content-Type": "text/plain"})) as answer:
        assert answer.status == 201
    with urllib.request.urlopen(prize.create_user(signed=True)) as answer:
        assert answer.status == 200
    assert (["mallory", "pong"], ["mallory"]) == tuple(sorted(names) for names in prize.things())
    prize.client("lambda").delete_function(FunctionName="mallory")
    prize.client("iam").delete_user(UserName="mallory")


HEADERS = {"X-Amz-Date": "20260101T000000Z"}
SOME_WAYS = ["fetch", "fetch with CORS", "fetch with headers", "image", "link"]


@pytest.mark.parametrize("how", POSTS)
def test_no_page_creates_a_function(prize: Prize, hostile: Page, eventually: Eventually, how: str) -> None:
    """However a page posts, and even if it knows a request that the learner has signed."""
    before = prize.things()
    url, body = prize.create_function(signed=True)
    assert {REFUSED} == attack(hostile, eventually, POSTS[how], url=url, body=body, headers=HEADERS)
    assert before == prize.things()


def test_no_sandboxed_frame_creates_a_function(prize: Prize, hostile: Page, eventually: Eventually) -> None:
    """A frame without an origin of its own says ``Origin: null``, which is one too."""
    before = prize.things()
    network = Network(hostile)
    hostile.evaluate(SANDBOX)
    eventually(lambda: len(hostile.frames) == 2 and hostile.frames[1].title())
    url, body = prize.create_function(signed=True)
    hostile.frames[1].evaluate(POSTS["form"], {"url": url, "body": body})
    eventually(lambda: network.answers)
    assert {REFUSED} == network.answers
    assert before == prize.things()


@pytest.mark.parametrize("how", GETS)
def test_no_page_makes_a_user(prize: Prize, hostile: Page, eventually: Eventually, how: str) -> None:
    """However a page gets: IAM takes its actions in a query as well, and such a request needs no ``Origin``."""
    before = prize.things()
    url = prize.create_user(signed=True)
    assert {REFUSED} == attack(hostile, eventually, GETS[how], url=url, headers=HEADERS)
    assert before == prize.things()


def test_no_page_does_it_unsigned(prize: Prize, hostile: Page, eventually: Eventually) -> None:
    """A page that knows nothing is told no more."""
    before = prize.things()
    url, body = prize.create_function(signed=False)
    for how in ("fetch", "fetch of JSON", "XMLHttpRequest", "beacon", "form in a frame"):
        assert {REFUSED} == attack(hostile, eventually, POSTS[how], url=url, body=body)
    for how in ("fetch", "image", "script", "frame", "link"):
        assert {REFUSED} == attack(hostile, eventually, GETS[how], url=prize.create_user(signed=False))
    assert before == prize.things()


class Captured(Exception):
    """A request of boto3's that is not sent."""


def captured(prize: Prize) -> AWSPreparedRequest:
    """What boto3 would send to create a function, signed."""
    session = boto3.Session(prize.state.access_key_id, prize.state.secret_access_key, region_name=prize.state.region)
    functions = session.client("lambda", endpoint_url=prize.endpoint)

    def take(request: AWSPreparedRequest, **_: object) -> None:
        raise Captured(request)

    functions.meta.events.register("before-send.lambda", take)
    with pytest.raises(Captured) as error:
        functions.create_function(
            FunctionName="mallory",
            Runtime="python3.13",
            Handler="index.handler",
            Role=prize.role,
            Code={"ZipFile": package()},
        )
    request: AWSPreparedRequest = error.value.args[0]
    return request


def test_no_page_replays_what_boto3_sends(prize: Prize, hostile: Page, eventually: Eventually) -> None:
    """A page that has all of a signed request may not even ask to send its headers; a program may send it."""
    before = prize.things()
    request = captured(prize)
    assert isinstance(request.body, bytes)
    headers = {
        name: value if isinstance(value, str) else value.decode()
        for name, value in request.headers.items()
        if name not in ("User-Agent", "Content-Length")
    }
    given = {"url": request.url, "body": request.body.decode(), "headers": headers}
    assert {REFUSED} == attack(hostile, eventually, POSTS["fetch with headers"], **given)
    assert before == prize.things()
    with urllib.request.urlopen(urllib.request.Request(request.url, request.body, headers)) as answer:
        assert answer.status == 201
    prize.client("lambda").delete_function(FunctionName="mallory")


@pytest.mark.parametrize("action", ["status", "clock", "reset"])
def test_no_page_administers(prize: Prize, hostile: Page, eventually: Eventually, action: str) -> None:
    """What ``local-aws`` asks its process is none of a page's business, the token known or not."""
    before = prize.things()
    url, headers = f"{prize.endpoint}/_local-aws/{action}", {"Authorization": f"Bearer {prize.state.token}"}
    for how in ("fetch", "fetch with headers", "beacon"):
        given = {"url": url, "body": '{"advance": "3h"}', "headers": headers}
        assert {REFUSED} == attack(hostile, eventually, POSTS[how], **given)
    for how in SOME_WAYS:
        assert {REFUSED} == attack(hostile, eventually, GETS[how], url=url, headers=headers)
    assert before == prize.things()


@pytest.mark.parametrize(
    ("ways", "what"), [(GETS, "invocation/next"), (POSTS, "init/error")], ids=["takes an event", "posts an answer"]
)
def test_no_page_speaks_to_a_sandbox(
    prize: Prize, hostile: Page, eventually: Eventually, ways: dict[str, str], what: str
) -> None:
    """The Runtime API hands no event to a page, and takes no answer from it."""
    address = prize.call()
    given = {"url": f"http://{address}/2018-06-01/runtime/{what}", "body": "{}", "headers": HEADERS}
    for how in (way for way in [*SOME_WAYS, "beacon", "form"] if way in ways):
        assert {(403, "application/json")} == attack(hostile, eventually, ways[how], **given)
    assert address == prize.call()


@pytest.mark.parametrize(
    "address", ["127.0.0.1:{port}/", "localhost:{port}/2015-03-31/functions", "none.execute-api.localhost:{port}/dev"]
)
def test_no_page_opens_a_socket_to_what_is_no_api(
    prize: Prize, hostile: Page, eventually: Eventually, address: str
) -> None:
    """The upgrade is refused, on the endpoint itself and on the name of an API that is not there."""
    network = Network(hostile)
    assert hostile.evaluate(SOCKET, "ws://" + address.format(port=prize.state.port)) == "refused"
    eventually(lambda: network.socket_errors)
    assert ["Error during WebSocket handshake: Unexpected response code: 403"] == network.socket_errors


def test_a_page_opens_a_socket_to_an_api(prize: Prize, hostile: Page) -> None:
    """Spec 35: an API is for browsers, and whether a page's origin suits it is for its handlers to decide."""
    answer = hostile.evaluate(SOCKET, f"ws://{prize.api}.execute-api.localhost:{prize.state.port}/dev")
    assert prize.call() == answer


# DNS rebinding: the name of a page's own origin leads to the embedded AWS


@pytest.fixture
def rebound(prize: Prize, page: Page) -> Page:
    """A page whose origin has become our port: it was served by somebody else before the name was moved."""
    origin = f"http://{EVIL}:{prize.state.port}/"
    page.route(origin, lambda route: route.fulfill(body="<link rel=icon href='data:,'>", content_type="text/html"))
    page.goto(origin)
    page.unroute_all()
    return page


def test_a_foreign_name_is_refused(prize: Prize, page: Page) -> None:
    """Also for a person who follows it."""
    answer = page.goto(f"http://{EVIL}:{prize.state.port}/")
    assert answer is not None
    assert answer.status == 403
    assert f"Refused: no service of the embedded AWS is called {EVIL}.\n" == answer.text()


def test_rebinding_makes_no_user(prize: Prize, rebound: Page, eventually: Eventually) -> None:
    """To itself a page sends what it likes, without an ``Origin``: here even signed for the name it has."""
    before = prize.things()
    url = f"http://{EVIL}:{prize.state.port}/?Action=CreateUser&UserName=mallory&Version=2010-05-08"
    request = AWSRequest("GET", url)
    SigV4Auth(prize.credentials, "iam", "us-east-1").add_auth(request)
    headers = {name: str(value) for name, value in request.headers.items()}
    assert {REFUSED} == attack(rebound, eventually, GETS["fetch with headers"], url=url, headers=headers)
    assert before == prize.things()


@pytest.mark.parametrize("how", [*SOME_WAYS, "beacon", "form"])
def test_rebinding_reaches_nothing(prize: Prize, rebound: Page, eventually: Eventually, how: str) -> None:
    """Nor does anything else that a page can do with its own origin, such as asking for the status."""
    url = f"http://{EVIL}:{prize.state.port}/_local-aws/status"
    headers = {"Authorization": f"Bearer {prize.state.token}"}
    assert {REFUSED} == attack(rebound, eventually, {**POSTS, **GETS}[how], url=url, body="{}", headers=headers)


def test_rebinding_opens_no_socket(prize: Prize, rebound: Page, eventually: Eventually) -> None:
    """An upgrade to the foreign name is refused too."""
    network = Network(rebound)
    assert rebound.evaluate(SOCKET, f"ws://{EVIL}:{prize.state.port}/dev") == "refused"
    eventually(lambda: network.socket_errors)
    assert ["Error during WebSocket handshake: Unexpected response code: 403"] == network.socket_errors

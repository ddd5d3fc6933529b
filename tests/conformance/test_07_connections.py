"""Group 7: ``@connections`` (spec 175–204)."""

import json
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import quote

import pytest
from botocore.exceptions import ClientError

from .build import STAGE, Account, Api
from .talk import ask, connection_id, hear, join, token
from .targets import Target

NOBODY = "AAAAAAAAAAAAAAA="
"""An id of valid shape that nobody has."""


def managed(api: Api, identifier: str) -> str:
    """The address of a connection as the documented call writes it."""
    return f"{api.url.replace('ws', 'http', 1)}/@connections/{quote(identifier, safe='')}"


@pytest.mark.spec(175, 176)
def test_the_sdk(api: Api, target: Target) -> None:
    """boto3, given the API's own endpoint, posts, gets and deletes."""
    client = target.management(api.url)
    with join(api) as socket:
        identifier = connection_id(socket)
        client.post_to_connection(ConnectionId=identifier, Data=b"hello")
        assert "hello" == hear(socket)
        assert "ConnectedAt" in client.get_connection(ConnectionId=identifier)
        client.delete_connection(ConnectionId=identifier)
        with pytest.raises(client.exceptions.GoneException):
            client.get_connection(ConnectionId=identifier)


@pytest.mark.spec(177, 192)
def test_signature_is_mandatory(api: Api, target: Target) -> None:
    """Without a signature: 403, and nothing is delivered."""
    with join(api) as client:
        identifier = connection_id(client)
        for method in ("POST", "GET", "DELETE"):
            assert 403 == target.connections(method, api.url, identifier, b"no", sign=False).status
        assert identifier == connection_id(client)


@pytest.mark.spec(177)
@pytest.mark.parametrize("fault", ["service", "body", "secret"])
def test_signature_is_checked(api: Api, target: Target, fault: str) -> None:
    """A signature for another service or body, or by another key: 403, and nothing is delivered."""
    with join(api) as client:
        identifier = connection_id(client)
        url = managed(api, identifier)
        headers = target.signature("POST", url, b"signed", "lambda" if fault == "service" else "execute-api")
        if fault == "secret":
            headers["Authorization"] = headers["Authorization"][:-4] + "0000"
        sent = b"changed" if fault == "body" else b"signed"
        assert 403 == target.request("POST", url, sent, headers=headers).status
        assert identifier == connection_id(client)


@pytest.mark.spec(178)
def test_encoded_path(api: Api, target: Target) -> None:
    """``@`` and ``=`` both percent-encoded, as the documented call writes them."""
    with join(api) as client:
        url = managed(api, connection_id(client)).replace("@", "%40")
        assert "%40connections" in url
        assert 200 == target.request("POST", url, b"hello", sign="execute-api").status
        assert "hello" == hear(client)


@pytest.mark.spec(179)
@pytest.mark.parametrize("content_type", ["text/plain", "application/json", "application/octet-stream", ""])
def test_post(api: Api, target: Target, content_type: str) -> None:
    """Any content type; 200 and an empty body."""
    with join(api) as client:
        headers = {"Content-Type": content_type} if content_type else {}
        url = managed(api, connection_id(client))
        answer = target.request("POST", url, b"hello", headers=headers, sign="execute-api")
        assert (200, b"") == (answer.status, answer.body)
        assert "hello" == hear(client)


@pytest.mark.spec(180)
@pytest.mark.parametrize("text", ["Hello World!", "🏓 grüße\n\t\0", '{"a": 1}'])
def test_bytes_arrive_as_they_are(api: Api, target: Target, text: str) -> None:
    """The client gets one text message, byte for byte."""
    with join(api) as client:
        target.connections("POST", api.url, connection_id(client), text.encode())
        assert text == hear(client)


@pytest.mark.spec(181)
@pytest.mark.parametrize(
    ("data", "text"), [(b"a\xffb", "a\ufffdb"), (b"a\xed\xa0\x80b", "a\ufffdb"), (b"\xf0\x9f", "\ufffd")]
)
def test_what_is_not_utf8(api: Api, target: Target, data: bytes, text: str) -> None:
    """It is replaced (an encoded surrogate by one U+FFFD); nothing binary is pushed."""
    with join(api) as client:
        assert 200 == target.connections("POST", api.url, connection_id(client), data).status
        assert text == hear(client)


@pytest.mark.spec(183, 161)
def test_too_large(api: Api, target: Target) -> None:
    """More than 128 KB: 413 ``PayloadTooLargeException``."""
    with join(api) as client:
        identifier = connection_id(client)
        answer = target.connections("POST", api.url, identifier, b"x" * (128 * 1024 + 1))
        assert (413, "PayloadTooLargeException") == (answer.status, answer.headers["x-amzn-errortype"].split(":")[0])
        assert 200 == target.connections("POST", api.url, identifier, b"x" * (128 * 1024)).status
        assert 128 * 1024 == len(hear(client))


@pytest.mark.spec(184)
def test_get(api: Api, target: Target) -> None:
    """camelCase members, times in ISO 8601."""
    with join(api, user_agent_header="Tester/1.0") as client:
        context = ask(client, {"action": "echo"})["event"]["requestContext"]
        answer = target.connections("GET", api.url, context["connectionId"])
    found = json.loads(answer.body)
    assert (200, "application/json") == (answer.status, answer.headers["content-type"])
    assert {"connectedAt", "identity", "lastActiveAt"} == set(found)
    assert {"sourceIp": context["identity"]["sourceIp"], "userAgent": "Tester/1.0"} == found["identity"]
    connected_at = datetime.fromisoformat(found["connectedAt"])
    assert connected_at <= datetime.fromisoformat(found["lastActiveAt"])
    assert abs(connected_at.timestamp() - context["connectedAt"] / 1000) < 1


@pytest.mark.spec(185)
def test_last_active(api: Api, account: Account, target: Target) -> None:
    """``lastActiveAt`` moves on traffic in either direction."""
    with join(api) as client:
        identifier = connection_id(client)

        def last_active() -> datetime:
            found = json.loads(target.connections("GET", api.url, identifier).body)
            return datetime.fromisoformat(found["lastActiveAt"])

        for traffic in (
            lambda: target.connections("POST", api.url, identifier, b"x"),
            lambda: client.send('{"action":"oneway"}'),
        ):
            before = last_active()

            def moved(traffic: Callable[[], object] = traffic, before: datetime = before) -> bool:
                traffic()
                return last_active() > before

            account.wait(moved, "later activity")


@pytest.mark.spec(186)
def test_delete(api: Api, target: Target) -> None:
    """204 without a body; the connection is gone."""
    with join(api) as client:
        identifier = connection_id(client)
        answer = target.connections("DELETE", api.url, identifier)
        assert (204, b"") == (answer.status, answer.body)
        assert 410 == target.connections("DELETE", api.url, identifier).status


@pytest.mark.spec(187, 190)
@pytest.mark.parametrize("method", ["POST", "GET", "DELETE"])
def test_gone(api: Api, target: Target, method: str) -> None:
    """A closed connection, or one that never was: 410, its type in a header, no body."""
    with join(api) as client:
        closed = connection_id(client)
    api.account.wait(lambda: 410 == target.connections("GET", api.url, closed).status, "410")
    for identifier in (closed, NOBODY):
        answer = target.connections(method, api.url, identifier, b"x" if method == "POST" else b"")
        assert (410, b"") == (answer.status, answer.body)
        assert "GoneException" == answer.headers["x-amzn-errortype"].split(":")[0]


@pytest.mark.spec(189)
@pytest.mark.parametrize("identifier", ["cjy8i76bx002884le6n17d49b", "x"])
def test_invalid_connection_id(api: Api, target: Target, identifier: str) -> None:
    """400, and it says which."""
    answer = target.connections("POST", api.url, identifier, b"x")
    assert 400 == answer.status
    assert "BadRequestException" == answer.headers["x-amzn-errortype"].split(":")[0]
    assert f"Invalid connectionId: {identifier}" == json.loads(answer.body)["message"]


@pytest.mark.spec(191)
def test_another_stage_or_api(api: Api, bare: Api, target: Target) -> None:
    """A connection is known only where it was made."""
    bare.deploy("other")
    with join(bare) as client:
        identifier = connection_id(client)
        for url in (target.url(bare.id, "other"), api.url):
            assert target.connections("POST", url, identifier, b"astray").status in (403, 410)
        assert 200 == target.connections("POST", bare.url, identifier, b"right").status
        assert "right" == hear(client)


@pytest.mark.spec(192)
def test_no_such_stage(api: Api, target: Target) -> None:
    """403 ``ForbiddenException``, signed or not."""
    url = target.url(api.id, "test0")
    answer = target.connections("POST", url, NOBODY, b"x")
    assert (403, "ForbiddenException") == (answer.status, answer.headers["x-amzn-errortype"].split(":")[0])
    assert 403 == target.connections("POST", url, NOBODY, b"x", sign=False).status


@pytest.fixture(scope="module")
def narrow(account: Account, target: Target) -> Api:
    """An API whose function may post to its clients and do nothing else with them."""
    api = Api(account)
    role = account.role(
        "narrow",
        [
            account.logging(),
            {"Action": "execute-api:ManageConnections", "Resource": api.arn("test/POST/@connections/*")},
        ],
    )
    api.route("echo", api.function(account.function("puppet", role=role)), two_way=True)
    api.deploy()
    return api


@pytest.mark.spec(193)
def test_not_authorized(narrow: Api, account: Account) -> None:
    """403 ``AccessDeniedException`` that names caller, action and resource, with most of the account hidden."""
    with join(narrow) as client:
        (found,) = ask(client, {"action": "echo", "do": {"calls": [{"operation": "delete"}]}})["posted"]
    assert (403, "AccessDeniedException") == (found["status"], found["code"])
    caller, _, refused = found["message"].partition(" is not authorized to perform: ")
    assert re.fullmatch(r"User: arn:aws:sts::\d{12}:assumed-role/\S+", caller)
    hidden = f"********{account.id[-4:]}"
    assert refused == (
        f"execute-api:ManageConnections on resource: arn:aws:execute-api:{account.target.region}:{hidden}:"
        f"{narrow.id}/test/DELETE/@connections/{{connectionId}}"
    )


@pytest.mark.spec(194)
def test_permission_by_method(narrow: Api) -> None:
    """A resource that names the method allows that method."""
    with join(narrow) as client:
        client.send(json.dumps({"action": "echo", "do": {"calls": [{"operation": "post", "data": "mine"}]}}))
        assert "mine" == hear(client)
        assert [{"status": 200}] == json.loads(hear(client))["posted"]
        (found,) = ask(client, {"action": "echo", "do": {"calls": [{"operation": "get"}]}})["posted"]
        assert "AccessDeniedException" == found["code"]


@pytest.mark.spec(195)
@pytest.mark.not_on_aws("many megabytes, until a buffer is full")
def test_client_that_does_not_read(api: Api, target: Target) -> None:
    """429 ``LimitExceededException`` once its buffer is full, rather than memory without end."""
    with target.raw(api.url) as raw:
        raw.send(b'{"action":"echo"}')
        identifier = json.loads(bytes(raw.frame().data))["event"]["requestContext"]["connectionId"]
        for _ in range(400):
            answer = target.connections("POST", api.url, identifier, b"x" * (128 * 1024))
            if answer.status != 200:
                break
    assert (429, "LimitExceededException") == (answer.status, answer.headers["x-amzn-errortype"].split(":")[0])


@pytest.mark.spec(196)
def test_post_from_connect(api: Api, account: Account) -> None:
    """410: the connection does not exist until its ``$connect`` has answered."""
    key = token()
    with join(api, do={"keep": key, "calls": [{"operation": "post", "data": "early"}]}):
        (found,) = account.one_kept(key)["posted"]
    assert (410, "GoneException") == (found["status"], found["code"])


@pytest.mark.spec(198)
@pytest.mark.parametrize("route", ["echo", "unknown"], ids=["custom", "$default"])
def test_post_to_the_sender(api: Api, route: str) -> None:
    """The post is delivered while the handler still runs."""
    with join(api) as client:
        message: dict[str, Any] = {
            "action": route,
            "do": {"calls": [{"operation": "post", "data": "first"}], "sleep": 0.2},
        }
        client.send(json.dumps(message))
        assert "first" == hear(client)
        assert [{"status": 200}] == json.loads(hear(client))["posted"]


@pytest.mark.spec(199)
def test_no_route_needed(account: Account, target: Target) -> None:
    """A connection of an API without message routes can be posted to."""
    api = Api(account)
    api.route("$connect")
    api.deploy()
    key = token()
    with join(api, do={"keep": key}) as client:
        context = account.one_kept(key)["event"]["requestContext"]
        assert STAGE == context["stage"]
        account.wait(lambda: 200 == target.connections("POST", api.url, context["connectionId"], b"hello").status)
        assert "hello" == hear(client)


@pytest.mark.spec(201)
def test_exceptions_of_the_sdk(api: Api, target: Target) -> None:
    """The modelled ones are classes of the client, the others plain."""
    client = target.management(api.url)
    with pytest.raises(client.exceptions.GoneException):
        client.post_to_connection(ConnectionId=NOBODY, Data=b"x")
    with join(api) as socket, pytest.raises(client.exceptions.PayloadTooLargeException):
        client.post_to_connection(ConnectionId=connection_id(socket), Data=b"x" * (128 * 1024 + 1))
    with pytest.raises(ClientError) as refused:
        client.post_to_connection(ConnectionId="x", Data=b"x")
    assert (ClientError, "BadRequestException") == (type(refused.value), refused.value.response["Error"]["Code"])
    forbidden = target.management(target.url(api.id, "test0"))
    with pytest.raises(forbidden.exceptions.ForbiddenException):
        forbidden.post_to_connection(ConnectionId=NOBODY, Data=b"x")

"""``@connections``, without a socket."""

import json

import pytest

from local_aws.gateway import limits
from local_aws.gateway.config.stage import Stage
from local_aws.gateway.connections import Connection, Connections
from local_aws.gateway.events import Identity, Session
from local_aws.gateway.management import is_connections_path, manage
from local_aws.net.http import Request, Response

ID = "PJqB0fHsqRcCHlw="


class Recorder:
    """A client that remembers what reached it."""

    def __init__(self) -> None:
        self.received: list[bytes] = []
        self.closed: tuple[int, str] | None = None
        self.unread = 0

    def send_text(self, data: bytes) -> None:
        self.received.append(data)

    def close(self, code: int, reason: str) -> None:
        self.closed = (code, reason)

    def unread_bytes(self) -> int:
        return self.unread


@pytest.fixture
def client() -> Recorder:
    return Recorder()


@pytest.fixture
def connections(client: Recorder) -> Connections:
    stage = Stage(api_id="api", name="dev", region="us-east-1", account_id="1")
    held = Connections()
    held.add(Connection(Session(stage, ID, 1547557569109, "h", Identity("203.0.113.9", "curl")), client, 1547557570000))
    return held


def call(connections: Connections, method: str, body: bytes = b"", *, to: str = ID, stage: str = "dev") -> Response:
    at = Stage(api_id="api", name=stage, region="us-east-1", account_id="1")
    return manage(Request(method, "/", body=body), at, f"@connections/{to}", connections, 1547557580000)


@pytest.mark.parametrize(
    ("rest", "meant"),
    [(f"@connections/{ID}", True), ("@connections", True), (f"t/@connections/{ID}", True), ("", False), ("x", False)],
)
def test_what_is_meant_for_management(rest: str, meant: bool) -> None:
    """Spec 178, 192: also for paths that are then answered with an error."""
    assert is_connections_path(rest) is meant


@pytest.mark.parametrize("rest", ["@connections", f"test0/@connections/{ID}", f"@connections/{ID}/more"])
def test_another_path_has_no_method(connections: Connections, rest: str) -> None:
    """Spec 192: for instance if a path names the stage although the custom domain name's mapping does."""
    at = Stage(api_id="api", name="dev", region="us-east-1", account_id="1")
    response = manage(Request("POST", "/"), at, rest, connections, 0)
    assert (response.status, dict(response.headers)["x-amzn-ErrorType"]) == (403, "ForbiddenException")
    assert json.loads(response.body) == {"message": f"No method found matching route {rest} for http method POST"}


def test_post_delivers_the_bytes(connections: Connections, client: Recorder) -> None:
    """Spec 179, 180: 200 with an empty body, the text unchanged."""
    response = call(connections, "POST", "Hello, 🏓".encode())
    assert (response.status, response.body, client.received) == (200, b"", ["Hello, 🏓".encode()])


def test_bytes_that_are_no_text_are_replaced(connections: Connections, client: Recorder) -> None:
    """Spec 181: an encoded surrogate by one U+FFFD, whether whole or cut off."""
    for data in (b"a\xffb", b"a\xed\xa0\x80b", b"a\xed\xbfb"):
        call(connections, "POST", data)
    assert client.received == ["a\ufffdb".encode()] * 3


def test_too_long_a_post_is_413(connections: Connections, client: Recorder) -> None:
    """Spec 183: one byte over 128 KB."""
    response = call(connections, "POST", b"x" * (limits.MESSAGE_BYTES + 1))
    assert (response.status, dict(response.headers)["x-amzn-ErrorType"]) == (413, "PayloadTooLargeException")
    assert client.received == []
    assert call(connections, "POST", b"x" * limits.MESSAGE_BYTES).status == 200


def test_a_client_that_does_not_read_is_429(connections: Connections, client: Recorder) -> None:
    """Spec 195."""
    client.unread = limits.SEND_BUFFER_BYTES + 1
    response = call(connections, "POST", b"x")
    assert (response.status, dict(response.headers)["x-amzn-ErrorType"]) == (429, "LimitExceededException")


def test_get_describes_the_connection(connections: Connections) -> None:
    """Spec 184: camelCase and ISO 8601."""
    assert json.loads(call(connections, "GET").body) == {
        "connectedAt": "2019-01-15T13:06:09.109Z",
        "identity": {"sourceIp": "203.0.113.9", "userAgent": "curl"},
        "lastActiveAt": "2019-01-15T13:06:10.000Z",
    }


def test_a_post_is_activity(connections: Connections) -> None:
    """Spec 149, 185: traffic to the client resets the idle clock."""
    call(connections, "POST", b"x")
    assert json.loads(call(connections, "GET").body)["lastActiveAt"] == "2019-01-15T13:06:20.000Z"


def test_delete_closes(connections: Connections, client: Recorder) -> None:
    """Spec 186: 204 without a body."""
    response = call(connections, "DELETE")
    assert (response.status, response.body) == (204, b"")
    assert client.closed is not None


@pytest.mark.parametrize("method", ["POST", "GET", "DELETE"])
def test_an_unknown_id_is_410_without_a_body(connections: Connections, method: str) -> None:
    """Spec 187, 190: the type is in the header."""
    response = call(connections, method, to="eHrdFcnvvHcCE-w=")
    assert (response.status, response.body) == (410, b"")
    assert dict(response.headers)["x-amzn-ErrorType"] == "GoneException"


def test_an_id_belongs_to_its_stage(connections: Connections) -> None:
    """Spec 191."""
    assert call(connections, "POST", stage="prod").status == 410


def test_an_id_of_another_shape_is_400(connections: Connections) -> None:
    """Spec 189."""
    response = call(connections, "POST", to="nonsense")
    assert (response.status, json.loads(response.body)) == (400, {"message": "Invalid connectionId: nonsense"})


def test_another_method_is_403(connections: Connections) -> None:
    """Spec 176, 192."""
    response = call(connections, "PUT")
    assert (response.status, dict(response.headers)["x-amzn-ErrorType"]) == (403, "ForbiddenException")

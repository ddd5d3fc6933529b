"""Group 2: what a handler is given, key by key (spec 45–79)."""

import json
import re
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.exceptions import ClientError
from websockets.frames import Opcode

from .build import Account, Api
from .talk import Event, ask, connected, connection_id, join, token
from .targets import Target

CONTEXT = [
    "routeKey",
    "eventType",
    "extendedRequestId",
    "requestTime",
    "messageDirection",
    "stage",
    "connectedAt",
    "requestTimeEpoch",
    "identity",
    "requestId",
    "domainName",
    "connectionId",
    "apiId",
]
"""The keys of a CONNECT event's ``requestContext``, in AWS's order (spec 64)."""

IDENTIFIER = r"[A-Za-z0-9_-]{15}="


@pytest.fixture(scope="module")
def events(api: Api, account: Account) -> dict[str, Event]:
    """One connection's three events."""
    key = token()
    with join(api, do={"keep": key}) as client:
        message = ask(client, {"action": "echo"})["event"]
        client.close()
    disconnect = account.one_kept(message["requestContext"]["connectionId"])["event"]
    return {"CONNECT": account.one_kept(key)["event"], "MESSAGE": message, "DISCONNECT": disconnect}


@pytest.fixture(params=["CONNECT", "MESSAGE", "DISCONNECT"])
def event(request: pytest.FixtureRequest, events: dict[str, Event]) -> Event:
    """Each of the three."""
    return events[request.param]


@pytest.mark.spec(45)
def test_route_key(api: Api, events: dict[str, Event]) -> None:
    """The matched route's key; ``$default`` when a message fell back to it."""
    assert {"CONNECT": "$connect", "MESSAGE": "echo", "DISCONNECT": "$disconnect"} == {
        kind: event["requestContext"]["routeKey"] for kind, event in events.items()
    }
    with join(api) as client:
        assert "$default" == ask(client, {"action": "unknown"})["event"]["requestContext"]["routeKey"]


@pytest.mark.spec(46)
def test_event_type(events: dict[str, Event]) -> None:
    """CONNECT, MESSAGE or DISCONNECT."""
    assert list(events) == [event["requestContext"]["eventType"] for event in events.values()]


@pytest.mark.spec(47)
def test_request_id(event: Event) -> None:
    """16 characters ending in ``=``, and the same as the extended one."""
    context = event["requestContext"]
    assert re.fullmatch(IDENTIFIER, context["requestId"])
    assert context["requestId"] == context["extendedRequestId"]


@pytest.mark.spec(48)
def test_connection_id(events: dict[str, Event]) -> None:
    """16 characters ending in ``=``; one for all events of a connection."""
    (identifier,) = {event["requestContext"]["connectionId"] for event in events.values()}
    assert re.fullmatch(IDENTIFIER, identifier)


@pytest.mark.spec(49)
def test_connection_id_is_url_encoded(api: Api, target: Target) -> None:
    """``%3D`` in the path of ``@connections``."""
    with join(api) as client:
        identifier = connection_id(client)
        encoded = identifier.replace("=", "%3D")
        url = f"{api.url.replace('ws', 'http', 1)}/@connections/{encoded}"
        assert encoded.endswith("%3D")
        assert 200 == target.request("GET", url, sign="execute-api").status


@pytest.mark.spec(50, 51)
def test_request_time(event: Event) -> None:
    """The same instant as CLF text in UTC and as milliseconds."""
    context = event["requestContext"]
    assert isinstance(context["requestTimeEpoch"], int)
    told = datetime.strptime(context["requestTime"], "%d/%b/%Y:%H:%M:%S %z")
    assert "+0000" == context["requestTime"].split()[1]
    assert datetime.fromtimestamp(context["requestTimeEpoch"] // 1000, UTC) == told


@pytest.mark.spec(52)
def test_connected_at(events: dict[str, Event]) -> None:
    """Milliseconds, the same in all events of a connection, and just before the CONNECT request."""
    (connected_at,) = {event["requestContext"]["connectedAt"] for event in events.values()}
    assert isinstance(connected_at, int)
    assert 0 <= events["CONNECT"]["requestContext"]["requestTimeEpoch"] - connected_at <= 50


@pytest.mark.spec(53)
def test_message_direction(event: Event) -> None:
    """``IN``, in all three."""
    assert "IN" == event["requestContext"]["messageDirection"]


@pytest.mark.spec(54)
def test_stage(event: Event) -> None:
    """The stage's name."""
    assert "test" == event["requestContext"]["stage"]


@pytest.mark.spec(55)
def test_domain_name(api: Api, event: Event) -> None:
    """The host that the client used, without scheme and port."""
    assert urlsplit(api.url).hostname == event["requestContext"]["domainName"]


@pytest.mark.spec(56)
def test_api_id(api: Api, event: Event) -> None:
    """Ten letters and digits."""
    assert api.id == event["requestContext"]["apiId"]
    assert re.fullmatch("[a-z0-9]{10}", api.id)


@pytest.mark.spec(57)
def test_source_ip(event: Event) -> None:
    """``sourceIp`` is always there."""
    assert re.fullmatch(r"[0-9a-f.:]+", event["requestContext"]["identity"]["sourceIp"])


@pytest.mark.spec(58)
def test_no_user_agent(event: Event) -> None:
    """The key is absent when the client sent none."""
    assert "userAgent" not in event["requestContext"]["identity"]


@pytest.mark.spec(59)
def test_nothing_else_in_identity(event: Event) -> None:
    """None of the nulls of 2019."""
    assert {"sourceIp", "userAgent"} >= set(event["requestContext"]["identity"])


@pytest.mark.spec(58, 75)
def test_identity_with_user_agent(api: Api, account: Account) -> None:
    """``identity`` is repeated in every event of the connection."""
    key = token()
    with join(api, do={"keep": key}, user_agent_header="Tester/1.0") as client:
        message = ask(client, {"action": "echo"})["event"]
    found = [
        account.one_kept(key)["event"],
        message,
        account.one_kept(message["requestContext"]["connectionId"])["event"],
    ]
    assert ["Tester/1.0"] * 3 == [event["requestContext"]["identity"].get("userAgent") for event in found]


@pytest.mark.spec(60)
def test_no_keys_of_other_apis(event: Event) -> None:
    """Nothing of REST or HTTP API events."""
    foreign = {
        "accountId", "path", "httpMethod", "resource", "protocol", "resourceId", "domainPrefix", "version", "rawPath",
        "cookies",
    }  # fmt: skip
    assert foreign.isdisjoint(event)
    assert foreign.isdisjoint(event["requestContext"])


@pytest.mark.spec(61)
def test_is_base64_encoded(event: Event) -> None:
    """Present, and false."""
    assert event["isBase64Encoded"] is False


@pytest.mark.spec(62)
def test_stage_variables(account: Account, event: Event) -> None:
    """Absent when the stage has none, else text by text at top level."""
    assert "stageVariables" not in event
    varied = Api(account)
    varied.route("echo", two_way=True)
    varied.deploy(StageVariables={"colour": "blue"})
    with join(varied) as client:
        assert {"colour": "blue"} == ask(client, {"action": "echo"})["event"]["stageVariables"]


@pytest.mark.spec(63)
def test_no_authorizer(event: Event) -> None:
    """Absent when none ran (group 8 has the other half)."""
    assert "authorizer" not in event["requestContext"]


@pytest.mark.spec(64)
def test_key_order(events: dict[str, Event]) -> None:
    """The keys of ``requestContext`` are in AWS's order."""
    assert CONTEXT == list(events["CONNECT"]["requestContext"])
    assert ["routeKey", "messageId", *CONTEXT[1:]] == list(events["MESSAGE"]["requestContext"])
    expected = ["routeKey", "disconnectStatusCode", *CONTEXT[1:]]
    expected.insert(expected.index("messageDirection") + 1, "disconnectReason")
    assert expected == list(events["DISCONNECT"]["requestContext"])


@pytest.mark.spec(65)
def test_payload_format(api: Api, account: Account) -> None:
    """Version 2.0 cannot be set."""
    with pytest.raises(ClientError, match=re.escape("Unsupported PayloadFormatVersion: 2.0")):
        api.function(account.puppet, PayloadFormatVersion="2.0")


@pytest.mark.spec(66, 70)
def test_connect_keys(events: dict[str, Event], api: Api) -> None:
    """The top-level keys of CONNECT, with a query string and without."""
    plain = {"headers", "multiValueHeaders", "requestContext", "isBase64Encoded"}
    assert plain == set(events["CONNECT"])
    assert plain | {"queryStringParameters", "multiValueQueryStringParameters"} == set(connected(api, "?a=1"))


@pytest.mark.spec(67)
def test_repeated_query_parameters(api: Api) -> None:
    """All values in the one map, the last in the other."""
    event = connected(api, "?a=1&b=2&a=3")
    assert {"a": "3", "b": "2"} == event["queryStringParameters"]
    assert {"a": ["1", "3"], "b": ["2"]} == event["multiValueQueryStringParameters"]


@pytest.mark.spec(68)
def test_multi_value_headers(events: dict[str, Event]) -> None:
    """The same keys as ``headers``, each an array."""
    event = events["CONNECT"]
    assert {name: [value] for name, value in event["headers"].items()} == event["multiValueHeaders"]


@pytest.mark.spec(69)
def test_header_names(events: dict[str, Event]) -> None:
    """The gateway's own in its own capitals."""
    assert {"Host", "Sec-WebSocket-Key", "Sec-WebSocket-Version", "X-Forwarded-For", "X-Amzn-Trace-Id"} <= set(
        events["CONNECT"]["headers"]
    )


@pytest.mark.spec(71)
def test_message_keys(events: dict[str, Event]) -> None:
    """Nothing of the handshake is repeated."""
    assert ["requestContext", "body", "isBase64Encoded"] == list(events["MESSAGE"])


@pytest.mark.spec(72)
@pytest.mark.parametrize("text", ["hello", '{ "action" :"echo",\t"x":[1, 2.50] }', "🏓 grüße", '"quoted"', " "])
def test_body_is_the_exact_text(api: Api, text: str) -> None:
    """The body is never parsed and never changed."""
    with join(api) as client:
        assert text == ask(client, text)["event"]["body"]


@pytest.mark.spec(73)
def test_message_id(events: dict[str, Event]) -> None:
    """Only MESSAGE events have it; it ends in the same seven characters as the connection id."""
    context = events["MESSAGE"]["requestContext"]
    assert re.fullmatch(IDENTIFIER, context["messageId"])
    assert context["connectionId"][-7:] == context["messageId"][-7:]
    assert context["connectionId"] != context["messageId"]
    assert all("messageId" not in events[kind]["requestContext"] for kind in ("CONNECT", "DISCONNECT"))


@pytest.mark.spec(74)
def test_fragments(api: Api, target: Target) -> None:
    """Fragments make one event with the joined body, also if they are cut within a character."""
    with target.raw(api.url) as raw:
        text = '{"action":"echo","say":"🏓"}'.encode()
        for start in range(0, len(text), 9):
            last = start + 9 >= len(text)
            raw.send(text[start : start + 9], Opcode.CONT if start else Opcode.TEXT, fin=last)
        event = json.loads(bytes(raw.frame().data))["event"]
    assert text.decode() == event["body"]


@pytest.mark.spec(76)
def test_disconnect_keys(events: dict[str, Event]) -> None:
    """No body."""
    assert {"headers", "multiValueHeaders", "requestContext", "isBase64Encoded"} == set(events["DISCONNECT"])


@pytest.mark.spec(77)
def test_disconnect_headers(api: Api, events: dict[str, Event]) -> None:
    """Four, three of them empty; nothing of the handshake."""
    expected: dict[str, Any] = {
        "Host": urlsplit(api.url).hostname,
        "x-api-key": "",
        "X-Forwarded-For": "",
        "x-restapi": "",
    }
    assert expected == events["DISCONNECT"]["headers"]
    assert {name: [value] for name, value in expected.items()} == events["DISCONNECT"]["multiValueHeaders"]


@pytest.mark.spec(78)
def test_disconnect_code_and_reason(events: dict[str, Event]) -> None:
    """A number and a text, always there."""
    context = events["DISCONNECT"]["requestContext"]
    assert (int, str) == (type(context["disconnectStatusCode"]), type(context["disconnectReason"]))


@pytest.mark.spec(79)
def test_empty_reason(api: Api, account: Account) -> None:
    """A code without text gives an empty reason."""
    with join(api) as client:
        identifier = connection_id(client)
        client.close(1001, "")
    context = account.one_kept(identifier)["event"]["requestContext"]
    assert (1001, "") == (context["disconnectStatusCode"], context["disconnectReason"])

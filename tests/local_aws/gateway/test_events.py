"""Events, key by key, without a socket."""

import re

from local_aws.gateway import events
from local_aws.gateway.config.stage import Stage
from local_aws.gateway.events import Identity, Session
from local_aws.net.http import Headers, Request

HOST = "a1b2c3d4e5.execute-api.us-east-1.amazonaws.com"
STAGE = Stage(api_id="a1b2c3d4e5", name="dev", region="us-east-1", account_id="123456789012")
SESSION = Session(
    stage=STAGE,
    connection_id="PJqB0fHsqRcCHlw=",
    connected_at=1701245041796,
    domain_name=HOST,
    identity=Identity("203.0.113.9"),
)
REQUEST = Request(
    method="GET",
    target="/dev?token=a&token=b&empty=",
    headers=Headers(
        [
            ("Host", HOST + ":443"),
            ("upgrade", "websocket"),
            ("Connection", "Upgrade"),
            ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
            ("Sec-WebSocket-Version", "13"),
            ("x-CuStOm", "kept"),
        ]
    ),
    client=("203.0.113.9", 5),
)
HEADERS = events.connect_headers(REQUEST, "Root=1-5f-0")
ID_SHAPE = re.compile(r"[A-Za-z0-9_-]{15}=")


def test_connect_has_these_keys_and_no_others() -> None:
    """Spec 66: the top level of a CONNECT event with a query string."""
    event = events.connect_event(SESSION, REQUEST, HEADERS, "PJqB0E1tKRcF-Qw=", 1701245041798)
    assert list(event) == [
        "headers",
        "multiValueHeaders",
        "queryStringParameters",
        "multiValueQueryStringParameters",
        "requestContext",
        "isBase64Encoded",
    ]


def test_connect_without_a_query_string_has_no_query_maps() -> None:
    """Spec 66: absent keys are absent."""
    bare = Request("GET", "/dev", REQUEST.headers)
    event = events.connect_event(SESSION, bare, HEADERS, "PJqB0E1tKRcF-Qw=", 1701245041798)
    assert list(event) == ["headers", "multiValueHeaders", "requestContext", "isBase64Encoded"]


def test_repeated_query_names() -> None:
    """Spec 67: the last value in the single map, all of them in the other."""
    event = events.connect_event(SESSION, REQUEST, HEADERS, "PJqB0E1tKRcF-Qw=", 1701245041798)
    assert event["queryStringParameters"] == {"token": "b", "empty": ""}
    assert event["multiValueQueryStringParameters"] == {"token": ["a", "b"], "empty": [""]}


def test_connect_context_in_the_order_of_aws() -> None:
    """Spec 64, 70: the captured event, value by value."""
    event = events.connect_event(SESSION, REQUEST, HEADERS, "PJqB0E1tKRcF-Qw=", 1701245041798)
    assert list(event["requestContext"].items()) == [
        ("routeKey", "$connect"),
        ("eventType", "CONNECT"),
        ("extendedRequestId", "PJqB0E1tKRcF-Qw="),
        ("requestTime", "29/Nov/2023:08:04:01 +0000"),
        ("messageDirection", "IN"),
        ("stage", "dev"),
        ("connectedAt", 1701245041796),
        ("requestTimeEpoch", 1701245041798),
        ("identity", {"sourceIp": "203.0.113.9"}),
        ("requestId", "PJqB0E1tKRcF-Qw="),
        ("domainName", HOST),
        ("connectionId", "PJqB0fHsqRcCHlw="),
        ("apiId", "a1b2c3d4e5"),
    ]


def test_handshake_headers_as_the_handler_sees_them() -> None:
    """Spec 34–38, 69: hop-by-hop ones gone, AWS's own added, known names canonical, others as sent."""
    assert HEADERS == [
        ("Host", HOST),
        ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ("Sec-WebSocket-Version", "13"),
        ("X-Amzn-Trace-Id", "Root=1-5f-0"),
        ("x-CuStOm", "kept"),
        ("X-Forwarded-For", "203.0.113.9"),
        ("X-Forwarded-Port", "443"),
        ("X-Forwarded-Proto", "https"),
    ]


def test_user_agent_is_there_only_when_sent() -> None:
    """Spec 58: absent, not empty."""
    assert Identity("203.0.113.9", "curl").as_event() == {"sourceIp": "203.0.113.9", "userAgent": "curl"}
    assert "userAgent" not in Identity("203.0.113.9").as_event()


def test_a_message_carries_its_text_and_nothing_of_the_handshake() -> None:
    """Spec 71, 72: three keys, the body as it was sent."""
    event = events.message_event(SESSION, "$default", "hello", "PJqCFfHyKRcCHlw=", "PJqCFE1tKRcF-Qw=", 1701245042000)
    assert list(event) == ["requestContext", "body", "isBase64Encoded"]
    assert event["body"] == "hello"
    assert list(event["requestContext"])[:3] == ["routeKey", "messageId", "eventType"]


def test_a_disconnect_has_four_fixed_headers_and_its_code() -> None:
    """Spec 76–79."""
    reason = "Client-side close frame status not set"
    event = events.disconnect_event(SESSION, 1005, reason, "PJqDDE1tKRcF-Qw=", 1701245043000)
    assert list(event) == ["headers", "multiValueHeaders", "requestContext", "isBase64Encoded"]
    assert event["headers"] == {"Host": HOST, "x-api-key": "", "X-Forwarded-For": "", "x-restapi": ""}
    assert event["multiValueHeaders"]["x-api-key"] == [""]
    assert list(event["requestContext"])[:7] == [
        "routeKey",
        "disconnectStatusCode",
        "eventType",
        "extendedRequestId",
        "requestTime",
        "messageDirection",
        "disconnectReason",
    ]
    assert event["requestContext"]["disconnectStatusCode"] == 1005


def test_stage_variables_are_there_only_when_the_stage_has_some() -> None:
    """Spec 62."""
    stage = Stage(api_id="a", name="dev", region="r", account_id="1", variables={"mode": "test"})
    with_variables = Session(stage, "PJqB0fHsqRcCHlw=", 0, HOST, Identity("::1"))
    event = events.message_event(with_variables, "send", "{}", "m", "r", 0)
    assert event["stageVariables"] == {"mode": "test"}
    assert "stageVariables" not in events.message_event(SESSION, "send", "{}", "m", "r", 0)


def test_the_authorizer_is_asked_with_every_map_and_no_body() -> None:
    """Spec 213–216."""
    bare = Request("GET", "/dev", REQUEST.headers)
    event = events.authorizer_event(SESSION, bare, HEADERS, "PJqB0E1tKRcF-Qw=", 1701245041798)
    assert list(event) == [
        "type",
        "methodArn",
        "headers",
        "multiValueHeaders",
        "queryStringParameters",
        "multiValueQueryStringParameters",
        "stageVariables",
        "requestContext",
    ]
    assert event["methodArn"] == "arn:aws:execute-api:us-east-1:123456789012:a1b2c3d4e5/dev/$connect"
    assert (event["queryStringParameters"], event["stageVariables"]) == ({}, {})
    assert event["headers"]["Connection"] == "upgrade"
    assert event["headers"]["Upgrade"] == "websocket"
    assert event["headers"]["content-length"] == "0"


def test_ids_have_the_shape_of_aws() -> None:
    """Spec 47, 48, 73: 16 characters that end in '=', and a message id that ends like its connection's."""
    connection_id = events.new_connection_id()
    assert ID_SHAPE.fullmatch(connection_id)
    assert ID_SHAPE.fullmatch(events.new_request_id())
    assert ID_SHAPE.fullmatch(events.new_message_id(connection_id))
    assert events.new_message_id(connection_id)[-7:] == connection_id[-7:]


def test_the_shape_of_a_connection_id_is_recognised() -> None:
    """Spec 189: what is another shape."""
    assert events.is_connection_id("HXT_RfBnPHcCIIg=")
    assert not events.is_connection_id("cjy8i76bx002884le6n17d49b")
    assert not events.is_connection_id("HXT/RfBnPHcCIIg=")
    assert not events.is_connection_id("")


def test_error_frames_are_spaced_as_on_aws() -> None:
    """Spec 91, 92, 107: byte for byte."""
    assert (
        events.error_frame("Forbidden", "XDmENcnwIE0CFEQ=", "XDmGEE2RoE0FRdQ=")
        == b'{"message": "Forbidden", "connectionId":"XDmENcnwIE0CFEQ=", "requestId":"XDmGEE2RoE0FRdQ="}'
    )

import pytest
from botocore.exceptions import ClientError

from .conftest import EventOf, Invoke, Lines, ManagementApi

SENDER = "PJqB0fHsqRcCHlw="


def test_pong(invoke: Invoke, event: EventOf, api: ManagementApi) -> None:
    """Without a message, `send` answers its sender with a pong, in exactly these bytes."""
    assert {"statusCode": 200} == invoke("send", event("send"))
    assert [(SENDER, '{"message":"🏓 pong"}'.encode())] == api.posts


def test_echo(invoke: Invoke, event: EventOf, api: ManagementApi) -> None:
    """With a message, `send` answers its sender with that message, in exactly these bytes."""
    assert {"statusCode": 200} == invoke("send", event("send_with_message"))
    assert [(SENDER, b'{"message":"psst"}')] == api.posts


@pytest.mark.parametrize(
    ("said", "answered"),
    [
        ('""', '""'),
        (r'"\u00fc \ud83c\udfd3"', '"ü 🏓"'),
        (r'"\ud83c"', r'"\ud83c"'),
        (r'"a\"b\\c\n"', r'"a\"b\\c\n"'),
    ],
)
def test_any_string_is_echoed(invoke: Invoke, event: EventOf, api: ManagementApi, said: str, answered: str) -> None:
    """An empty string, escapes and half a surrogate pair come back as valid UTF-8 with nothing escaped in vain."""
    invoke("send", event("send", body=f'{{"action":"send","message":{said}}}'))
    assert [(SENDER, f'{{"message":{answered}}}'.encode())] == api.posts


@pytest.mark.parametrize(
    ("message", "kind"),
    [("7", "a number"), ("true", "a boolean"), ("null", "null"), ('["a"]', "an array"), ('{"a":1}', "an object")],
)
def test_a_message_of_another_type_is_explained(
    invoke: Invoke, event: EventOf, api: ManagementApi, message: str, kind: str
) -> None:
    """When `message` is not a string, the sender is told what it is instead, and what to send."""
    assert {"statusCode": 200} == invoke("send", event("send", body=f'{{"action":"send","message":{message}}}'))
    expected = f'{{"error":"message must be a string, not {kind}","try":{{"action":"send","message":"psst"}}}}'
    assert [(SENDER, expected.encode())] == api.posts


def test_text_that_is_almost_json_is_explained(invoke: Invoke, event: EventOf, api: ManagementApi) -> None:
    """API Gateway routes a message with an unquoted key; `send` says that it is not JSON."""
    assert {"statusCode": 200} == invoke("send", event("send", body='{"action":"send", message:"psst"}'))
    ((_, data),) = api.posts
    assert data.startswith(b'{"error":"not JSON: {')


def test_a_sender_that_has_left_is_no_error(
    invoke: Invoke, event: EventOf, api: ManagementApi, log_lines: Lines
) -> None:
    """A 410 for the sender itself is logged, and the handler ends well."""
    api.status[SENDER] = 410
    assert {"statusCode": 200} == invoke("send", event("send"))
    assert ["left before the reply"] == [line["message"] for line in log_lines()]


def test_a_reply_that_fails_fails_the_function(invoke: Invoke, event: EventOf, api: ManagementApi) -> None:
    """A 500 from the management API is tried twice, then raised: the sender sees Internal server error."""
    api.status[SENDER] = 500
    with pytest.raises(ClientError):
        invoke("send", event("send"))
    assert [SENDER, SENDER] == api.attempts

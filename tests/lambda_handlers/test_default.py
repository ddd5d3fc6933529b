import json

import pytest

from .conftest import EventOf, Invoke, ManagementApi

TRY = '"try":{"action":"send","message":"psst"}}'


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ("hello", "not JSON: hello"),
        ("", "not JSON: an empty message"),
        ('{"action":"dance"}', "unknown action: dance"),
        ('{"action":"$connect"}', "unknown action: $connect"),
        ('{"action":1}', "action must be a string, not a number"),
        ('{"action":null}', "action must be a string, not null"),
        ('{"hello":"world"}', "no action in this message"),
        ("[1,2]", "a message must be an object, not an array"),
        ('"send"', "a message must be an object, not a string"),
        ("true", "a message must be an object, not a boolean"),
    ],
)
def test_the_sender_learns_what_arrived_and_what_would_have_worked(
    invoke: Invoke, event: EventOf, api: ManagementApi, body: str, error: str
) -> None:
    """$default posts to the sender, in compact JSON, what was wrong and a message to send instead."""
    assert {"statusCode": 200} == invoke("default", event("default_not_json", body=body))
    assert [("PJqB0fHsqRcCHlw=", f'{{"error":"{error}",{TRY}'.encode())] == api.posts


@pytest.mark.parametrize("name", ["default_not_json", "default_unknown_action"])
def test_a_recorded_event_is_answered(invoke: Invoke, event: EventOf, api: ManagementApi, name: str) -> None:
    """$default answers each recorded event with one post."""
    assert {"statusCode": 200} == invoke("default", event(name))
    assert 1 == len(api.posts)


@pytest.mark.parametrize("body", ["x" * 100_000, "🏓" * 30_000, '{"action":"' + "x" * 100_000 + '"}', "[" * 100_000])
def test_an_answer_is_short_however_long_the_message(
    invoke: Invoke, event: EventOf, api: ManagementApi, body: str
) -> None:
    """A long or deeply nested message is repeated in part only, and the answer is JSON."""
    invoke("default", event("default_not_json", body=body))
    ((_, data),) = api.posts
    assert len(json.loads(data)["error"]) < 100


def test_what_would_have_worked_does_work(invoke: Invoke, event: EventOf, api: ManagementApi) -> None:
    """The message that $default proposes is one that `send` answers without an error."""
    invoke("default", event("default_not_json"))
    proposed = json.loads(api.posts[0][1])["try"]
    invoke("send", event("send", body=json.dumps(proposed)))
    assert b'{"message":"psst"}' == api.posts[1][1]

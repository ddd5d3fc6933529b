"""The record of an event, and the requests that bring it away."""

import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs

import pytest

from local_aws.functions.asynchronous.destinations import FinishedEvent, dead_letter_call, destination_call, record
from local_aws.functions.invocation import Invocation
from local_aws.functions.names import FunctionName

ROLE = "arn:aws:iam::123456789012:role/pong"
NAME = FunctionName("eu-west-3", "123456789012", "pong")
ARN = "arn:aws:lambda:eu-west-3:123456789012:function:pong"
QUEUE = "arn:aws:sqs:eu-west-3:123456789012:news"
TOPIC = "arn:aws:sns:eu-west-3:123456789012:news"
ERROR = b'{"errorType":"ValueError","errorMessage":"no","stackTrace":[]}'
FAILURE = Invocation("id", ERROR, "Unhandled", "$LATEST", b"")


def report(condition: str = "RetriesExhausted", attempts: int = 3, last: Invocation | None = FAILURE) -> FinishedEvent:
    ended = datetime(2026, 11, 23, 12, 0, 0, 123000, UTC)
    return FinishedEvent(NAME, "e4b46cbf-b738", b'{"a":1}', condition, attempts, ended, last)


def test_the_record_of_a_failure() -> None:
    """The record has the members and values that AWS documents."""
    assert record(report()) == {
        "version": "1.0",
        "timestamp": "2026-11-23T12:00:00.123Z",
        "requestContext": {
            "requestId": "e4b46cbf-b738",
            "functionArn": f"{ARN}:$LATEST",
            "condition": "RetriesExhausted",
            "approximateInvokeCount": 3,
        },
        "requestPayload": {"a": 1},
        "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
        "responsePayload": {"errorType": "ValueError", "errorMessage": "no", "stackTrace": []},
    }


def test_the_record_of_a_success_has_no_error() -> None:
    """``functionError`` is left out, not null."""
    found = record(report("Success", 1, Invocation("id", b'"pong"', None, "7", b"")))
    assert (found["responseContext"], found["responsePayload"]) == ({"statusCode": 200, "executedVersion": "7"}, "pong")


def test_the_record_of_a_function_that_never_ran_has_no_response() -> None:
    """The record has no response when the function never ran."""
    assert not {"responseContext", "responsePayload"} & set(record(report("EventAgeExceeded", 0, None)))


def json_body(call: Any) -> Any:
    return json.loads(call.body)


def test_a_queue_is_sent_the_record() -> None:
    """SQS SendMessage, in the function's role."""
    call = destination_call(QUEUE, report(), ROLE)
    assert (call.service, call.region, call.credentials) == ("sqs", "eu-west-3", ROLE)
    assert dict(call.headers)["X-Amz-Target"] == "AmazonSQS.SendMessage"
    message = json_body(call)
    assert message["QueueUrl"] == "https://sqs.eu-west-3.amazonaws.com/123456789012/news"
    assert json.loads(message["MessageBody"]) == record(report())


def test_a_topic_is_sent_the_record() -> None:
    """SNS Publish."""
    fields = parse_qs(destination_call(TOPIC, report(), ROLE).body.decode())
    assert (fields["Action"], fields["TopicArn"]) == (["Publish"], [TOPIC])
    assert json.loads(fields["Message"][0]) == record(report())


def test_a_function_is_invoked_with_the_record() -> None:
    """The function is invoked asynchronously."""
    call = destination_call(ARN.replace("pong", "ping:live"), report(), ROLE)
    assert call.target.endswith("function%3Aping%3Alive/invocations")
    assert (dict(call.headers)["X-Amz-Invocation-Type"], json_body(call)) == ("Event", record(report()))


@pytest.mark.parametrize(("condition", "word"), [("Success", "Success"), ("EventAgeExceeded", "Failure")])
def test_an_event_bus_gets_an_event_of_lambdas(condition: str, word: str) -> None:
    """EventBridge's PutEvents, with the documented source and detail type."""
    bus = "arn:aws:events:eu-west-3:123456789012:event-bus/news"
    (entry,) = json_body(destination_call(bus, report(condition), ROLE))["Entries"]
    assert (entry["Source"], entry["EventBusName"]) == ("lambda", bus)
    assert entry["DetailType"] == f"Lambda Function Invocation Result - {word}"
    assert entry["Resources"] == [bus, f"{ARN}:$LATEST"]
    assert json.loads(entry["Detail"]) == record(report(condition))


def test_a_bucket_gets_an_object_of_a_failure_only() -> None:
    """The object of a failure has the documented key; a success is refused."""
    call = destination_call("arn:aws:s3:::news", report(), ROLE)
    assert (call.method, call.service) == ("PUT", "s3")
    assert call.target.startswith("/news/aws/lambda/async/pong/2026/11/23/2026-11-23T12.00.00-")
    with pytest.raises(ValueError, match="no destination"):
        destination_call("arn:aws:s3:::news", report("Success"), ROLE)


@pytest.mark.parametrize("arn", ["arn:aws:kinesis:eu-west-3:123456789012:stream/x", "nonsense", ""])
def test_what_is_no_destination(arn: str) -> None:
    """Another ARN raises ValueError, which names it."""
    for call in (destination_call, dead_letter_call):
        with pytest.raises(ValueError, match="is n"):
            call(arn, report(), ROLE)


def test_a_dead_letter_queue_gets_the_event_itself() -> None:
    """The message is the event, with AWS's three attributes."""
    message = json_body(dead_letter_call(QUEUE, report(), ROLE))
    assert message["MessageBody"] == '{"a":1}'
    assert message["MessageAttributes"] == {
        "RequestID": {"DataType": "String", "StringValue": "e4b46cbf-b738"},
        "ErrorCode": {"DataType": "Number", "StringValue": "200"},
        "ErrorMessage": {"DataType": "String", "StringValue": "no"},
    }


def test_a_dead_letter_topic_gets_the_event_itself() -> None:
    """The attributes have the form of SNS; without an error message there is no attribute for it."""
    fields = parse_qs(dead_letter_call(TOPIC, report("EventAgeExceeded", 0, None), ROLE).body.decode())
    assert fields["Message"] == ['{"a":1}']
    assert fields["MessageAttributes.entry.2.Name"] == ["ErrorCode"]
    assert fields["MessageAttributes.entry.2.Value.StringValue"] == ["429"]
    assert "MessageAttributes.entry.3.Name" not in fields


def test_a_dead_letter_has_the_first_kilobyte_of_the_error_message() -> None:
    """A long error message is cut after 1 KB, but not within a character."""
    error = json.dumps({"errorMessage": "é" * 1000}).encode()
    message = json_body(dead_letter_call(QUEUE, report(last=Invocation("id", error, "Unhandled", "1", b"")), ROLE))
    assert message["MessageAttributes"]["ErrorMessage"]["StringValue"] == "é" * 512

"""Destinations of asynchronous invocations: the invocation record, and the request that sends it.

Source: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
"""

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode

from local_aws.functions import assumptions
from local_aws.functions.asynchronous.retries import SUCCESS
from local_aws.functions.invocation import Invocation
from local_aws.functions.logs.lines import timestamp
from local_aws.functions.names import FunctionName
from local_aws.iam.service_calls import ServiceCall

__all__ = ["FinishedEvent", "dead_letter_call", "destination_call", "record"]

ERROR_MESSAGE_BYTES = 1024


@dataclass(frozen=True, slots=True)
class FinishedEvent:
    """An event with no more attempts. ``attempts`` is how often the function ran; ``last`` is its last answer.

    ``condition`` is ``Success``, or why there is no further attempt.
    """

    name: FunctionName
    request_id: str
    payload: bytes
    condition: str
    attempts: int
    ended: datetime
    last: Invocation | None


def record(finished: FinishedEvent) -> dict[str, Any]:
    """Return the invocation record, version 1.0. If the function never ran, it has no response."""
    name = finished.name
    document: dict[str, Any] = {
        "version": "1.0",
        "timestamp": timestamp(finished.ended),
        "requestContext": {
            "requestId": finished.request_id,
            "functionArn": assumptions.recorded_arn(name.arn, name.qualifier),
            "condition": finished.condition,
            "approximateInvokeCount": finished.attempts,
        },
        "requestPayload": _parsed(finished.payload),
    }
    if finished.last is not None:
        response: dict[str, Any] = {"statusCode": 200, "executedVersion": finished.last.executed_version}
        if finished.last.function_error:
            response["functionError"] = finished.last.function_error
        document["responseContext"] = response
        document["responsePayload"] = _parsed(finished.last.payload)
    return document


def destination_call(arn: str, finished: FinishedEvent, role: str) -> ServiceCall:
    """Return the request that sends the record to a destination.

    Raises ValueError for an ARN that is no destination on Lambda.
    """
    body = json.dumps(record(finished), ensure_ascii=False, separators=(",", ":"))
    _, _, service, region, account, resource = (*arn.split(":", 5), "", "", "", "", "")[:6]
    match service:
        case "sqs":
            return _queue_call(region, account, resource, body, {}, role)
        case "sns":
            return _topic_call(region, arn, body, {}, role)
        case "lambda":
            headers = {"X-Amz-Invocation-Type": "Event", "Content-Type": "application/json"}
            target = f"/2015-03-31/functions/{quote(arn, safe='')}/invocations"
            return _call(region, "lambda", "POST", target, headers, body.encode(), role)
        case "events":
            word = "Success" if finished.condition == SUCCESS else "Failure"
            entry = {
                "Source": "lambda",
                "DetailType": f"Lambda Function Invocation Result - {word}",
                "Resources": [arn, assumptions.recorded_arn(finished.name.arn, finished.name.qualifier)],
                "Detail": body,
                "EventBusName": arn,
            }
            return _json_call(region, "events", "AWSEvents.PutEvents", "1.1", {"Entries": [entry]}, role)
        case "s3" if finished.condition != SUCCESS:
            moment = f"{finished.ended:%Y/%m/%d/%Y-%m-%dT%H.%M.%S}-{uuid.uuid4()}"
            target = f"/{resource}/aws/lambda/async/{finished.name.name}/{moment}"
            headers = {"Content-Type": "application/json"}
            return _call(finished.name.region, "s3", "PUT", target, headers, body.encode(), role)
    raise ValueError(f"{arn} is no destination of asynchronous invocations")


def dead_letter_call(arn: str, finished: FinishedEvent, role: str) -> ServiceCall:
    """Return the request that sends the event itself to a dead-letter queue or topic. Raises ValueError otherwise.

    Source: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html#invocation-dlq
    """
    _, _, service, region, account, resource = (*arn.split(":", 5), "", "", "", "", "")[:6]
    message = "" if finished.last is None else _error_message(finished.last.payload)
    attributes = {
        "RequestID": ("String", finished.request_id),
        "ErrorCode": ("Number", str(assumptions.dead_letter_code(finished.last is not None))),
    }
    if message:  # an attribute cannot be empty
        attributes["ErrorMessage"] = ("String", message)
    body = finished.payload.decode("utf-8", "replace")
    if service == "sqs":
        return _queue_call(region, account, resource, body, attributes, role)
    if service == "sns":
        return _topic_call(region, arn, body, attributes, role)
    raise ValueError(f"{arn} is neither a queue nor a topic")


Attributes = Mapping[str, tuple[str, str]]


def _queue_call(region: str, account: str, name: str, body: str, attributes: Attributes, role: str) -> ServiceCall:
    message: dict[str, Any] = {
        "QueueUrl": f"https://sqs.{region}.amazonaws.com/{account}/{name}",
        "MessageBody": body,
    }
    if attributes:
        message["MessageAttributes"] = {
            key: {"DataType": kind, "StringValue": value} for key, (kind, value) in attributes.items()
        }
    return _json_call(region, "sqs", "AmazonSQS.SendMessage", "1.0", message, role)


def _topic_call(region: str, arn: str, body: str, attributes: Attributes, role: str) -> ServiceCall:
    fields = {"Action": "Publish", "Version": "2010-03-31", "TopicArn": arn, "Message": body}
    for number, (key, (kind, value)) in enumerate(attributes.items(), 1):
        entry = f"MessageAttributes.entry.{number}"
        fields |= {f"{entry}.Name": key, f"{entry}.Value.DataType": kind, f"{entry}.Value.StringValue": value}
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    return _call(region, "sns", "POST", "/", headers, urlencode(fields).encode(), role)


def _json_call(region: str, service: str, operation: str, version: str, document: object, role: str) -> ServiceCall:
    headers = {"Content-Type": f"application/x-amz-json-{version}", "X-Amz-Target": operation}
    return _call(region, service, "POST", "/", headers, json.dumps(document).encode(), role)


def _call(
    region: str, service: str, method: str, target: str, headers: Mapping[str, str], body: bytes, role: str
) -> ServiceCall:
    host = f"{service}.{region}.amazonaws.com"
    return ServiceCall(region, service, method, host, target, tuple(headers.items()), body, role)


def _parsed(payload: bytes) -> object:
    try:
        return json.loads(payload)
    except ValueError:
        return payload.decode("utf-8", "replace")


def _error_message(payload: bytes) -> str:
    """Return the first KB of the error message in an error document."""
    document = _parsed(payload)
    text = document.get("errorMessage") if isinstance(document, dict) else None
    return str(text or "").encode()[:ERROR_MESSAGE_BYTES].decode("utf-8", "ignore")

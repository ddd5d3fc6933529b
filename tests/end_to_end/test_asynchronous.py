"""Asynchronous invocations, over a whole embedded AWS."""

import json
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from websockets.sync.client import connect

from .conftest import Embedded, Service
from .functions import URI, Function
from .test_clock import advance
from .test_integrations import OK, Api

Eventually = Callable[[Callable[[], bool]], None]

FAIL = "def handler(event, context):\n    raise ValueError('no ' + str(event))\n"
ECHO = "def handler(event, context):\n    return event\n"


class Queue:
    """An SQS queue."""

    def __init__(self) -> None:
        self.client: Any = boto3.client("sqs")
        self.url: str = self.client.create_queue(QueueName=f"test-{uuid.uuid4().hex[:8]}")["QueueUrl"]
        found = self.client.get_queue_attributes(QueueUrl=self.url, AttributeNames=["QueueArn"])
        self.arn: str = found["Attributes"]["QueueArn"]
        self.messages: list[dict[str, Any]] = []

    def receive(self) -> list[dict[str, Any]]:
        """All messages so far."""
        found = self.client.receive_message(
            QueueUrl=self.url, MaxNumberOfMessages=10, MessageAttributeNames=["All"], WaitTimeSeconds=0
        )
        for message in found.get("Messages", []):
            self.client.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])
            self.messages.append(message)
        return self.messages


@pytest.fixture
def queue(embedded: Embedded) -> Iterator[Queue]:
    made = Queue()
    yield made
    made.client.delete_queue(QueueUrl=made.url)


dead = queue
"""A second one."""


@pytest.fixture
def make(embedded: Embedded) -> Iterator[Callable[..., Function]]:
    """Makes functions that are gone after the test."""
    made: list[Function] = []

    def function(source: str, **settings: Any) -> Function:
        made.append(Function(source, **settings))
        return made[-1]

    yield function
    for each in made:
        each.delete()


def configure(function: Function, **settings: Any) -> None:
    function.client.put_function_event_invoke_config(FunctionName=function.name, **settings)


def test_two_retries_then_the_queues(
    make: Callable[..., Function], queue: Queue, dead: Queue, embedded: Embedded, eventually: Eventually
) -> None:
    """Retries come after one and two minutes; then the event is in one queue, the record in the other."""
    function = make(FAIL, DeadLetterConfig={"TargetArn": dead.arn})
    configure(function, DestinationConfig={"OnFailure": {"Destination": queue.arn}})
    function.event("ping")
    for count, wait in ((1, "1m"), (2, "2m")):
        eventually(lambda: function.ended() == count)  # noqa: B023
        advance(embedded, wait)
    eventually(lambda: len(queue.receive()) == len(dead.receive()) == 1)
    ids = {line.split()[2] for line in function.log() if line.startswith("START")}
    record = json.loads(queue.messages[0]["Body"])
    context = record["requestContext"]
    assert (function.ended(), len(ids)) == (3, 1)
    assert (context["condition"], context["approximateInvokeCount"]) == ("RetriesExhausted", 3)
    assert ids == {context["requestId"]}
    assert (record["requestPayload"], record["responsePayload"]["errorMessage"]) == ("ping", "no ping")
    attributes = dead.messages[0]["MessageAttributes"]
    assert dead.messages[0]["Body"] == '"ping"'
    assert {name: each["StringValue"] for name, each in attributes.items()} == {
        "RequestID": context["requestId"],
        "ErrorCode": "200",
        "ErrorMessage": "no ping",
    }


def test_a_success_may_go_to_a_function(make: Callable[..., Function], eventually: Eventually) -> None:
    """The function is invoked with the record, asynchronously."""
    reader = make("def handler(event, context):\n    print('read', event['responsePayload'])\n")
    function = make(ECHO)
    configure(function, DestinationConfig={"OnSuccess": {"Destination": reader.arn}})
    function.event("pong")
    eventually(lambda: "read pong\n" in reader.log())


def test_a_topic_passes_the_record_on(make: Callable[..., Function], queue: Queue, eventually: Eventually) -> None:
    """SNS, here with a queue that has subscribed."""
    topics = boto3.client("sns")
    topic = topics.create_topic(Name=queue.arn.rpartition(":")[2])["TopicArn"]
    topics.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue.arn)
    function = make(ECHO)
    configure(function, DestinationConfig={"OnSuccess": {"Destination": topic}})
    function.event("pong")
    eventually(lambda: bool(queue.receive()))
    assert json.loads(json.loads(queue.messages[0]["Body"])["Message"])["responsePayload"] == "pong"
    topics.delete_topic(TopicArn=topic)


def test_an_event_bus_passes_the_record_on(make: Callable[..., Function], queue: Queue, eventually: Eventually) -> None:
    """EventBridge, here with a rule for failures of Lambda."""
    events, name = boto3.client("events"), queue.arn.rpartition(":")[2]
    bus = events.create_event_bus(Name=name)["EventBusArn"]
    pattern = {"source": ["lambda"], "detail-type": ["Lambda Function Invocation Result - Failure"]}
    events.put_rule(Name=name, EventBusName=name, EventPattern=json.dumps(pattern))
    events.put_targets(Rule=name, EventBusName=name, Targets=[{"Id": "queue", "Arn": queue.arn}])
    function = make(FAIL)
    configure(function, MaximumRetryAttempts=0, DestinationConfig={"OnFailure": {"Destination": bus}})
    function.event("pong")
    eventually(lambda: bool(queue.receive()))
    assert json.loads(queue.messages[0]["Body"])["detail"]["requestContext"]["condition"] == "RetriesExhausted"
    events.remove_targets(Rule=name, EventBusName=name, Ids=["queue"])
    events.delete_rule(Name=name, EventBusName=name)
    events.delete_event_bus(Name=name)


def test_a_bucket_keeps_the_record(make: Callable[..., Function], eventually: Eventually) -> None:
    """S3, for failures."""
    s3, name = boto3.client("s3"), f"test-{uuid.uuid4().hex[:8]}"
    s3.create_bucket(Bucket=name)
    function = make(FAIL)
    destinations = {"OnFailure": {"Destination": f"arn:aws:s3:::{name}"}}
    configure(function, MaximumRetryAttempts=0, DestinationConfig=destinations)
    function.event("pong")

    def keys() -> list[str]:
        return [each["Key"] for each in s3.list_objects_v2(Bucket=name).get("Contents", [])]

    eventually(lambda: bool(keys()))
    (key,) = keys()
    assert key.startswith(f"aws/lambda/async/{function.name}/")
    record = json.loads(s3.get_object(Bucket=name, Key=key)["Body"].read())
    assert record["requestPayload"] == "pong"
    s3.delete_object(Bucket=name, Key=key)
    s3.delete_bucket(Bucket=name)


def test_an_integration_uses_the_same_queue(
    make: Callable[..., Function], queue: Queue, embedded: Embedded, eventually: Eventually
) -> None:
    """An ``AWS`` integration with ``X-Amz-Invocation-Type: Event``: its function is tried again like any other."""
    function = make(FAIL)
    configure(function, MaximumRetryAttempts=1, DestinationConfig={"OnFailure": {"Destination": queue.arn}})
    api = Api()
    integration = {
        "IntegrationType": "AWS",
        "IntegrationMethod": "POST",
        "IntegrationUri": URI.format(function=function.arn),
        "RequestParameters": {"integration.request.header.X-Amz-Invocation-Type": "'Event'"},
    }
    api.route("later", integration, {"$default": {"ResponseTemplates": OK}})
    api.deploy()
    function.allow(api)
    with connect(api.url) as socket:
        socket.send('{"action":"later"}')
        eventually(lambda: function.ended() == 1)
        advance(embedded, "1m")
        eventually(lambda: bool(queue.receive()))
    assert json.loads(queue.messages[0]["Body"])["requestPayload"] == {"action": "later"}
    api.client.delete_api(ApiId=api.id)


STACK = """
service: {name}
provider: {{name: aws, runtime: python3.13, region: us-east-1}}
functions:
  fail:
    handler: handler.fail
    maximumRetryAttempts: 0
    maximumEventAge: 3600
    onError: {topic}
    destinations: {{onFailure: note}}
  note: {{handler: handler.note}}
"""

SOURCE = """
def fail(event, context):
    raise ValueError('no')

def note(event, context):
    print('noted', event['requestContext']['condition'])
"""


def test_osls_deploys_destinations(embedded: Embedded, queue: Queue, tmp_path: Path, eventually: Eventually) -> None:
    """``destinations``, ``maximumRetryAttempts`` and ``onError`` of serverless.yml do what they say."""
    topics, name = boto3.client("sns"), queue.arn.rpartition(":")[2]
    topic = topics.create_topic(Name=name)["TopicArn"]
    topics.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue.arn)
    (tmp_path / "serverless.yml").write_text(STACK.format(name=name, topic=topic))
    (tmp_path / "handler.py").write_text(SOURCE)
    service = Service(tmp_path, embedded, name)
    service.osls("deploy")
    embedded.client("lambda").invoke(FunctionName=f"{name}-dev-fail", Payload=b'"ping"', InvocationType="Event")
    eventually(lambda: bool(queue.receive()))
    assert json.loads(queue.messages[0]["Body"])["Message"] == '"ping"'
    eventually(lambda: "noted RetriesExhausted\n" in service.log("note"))
    shown = service.osls("metrics", "-f", "fail", "--startTime", "2026-01-01", "--endTime", "2036-01-01").stdout
    assert "errors: 1" in shown
    service.osls("remove")
    topics.delete_topic(TopicArn=topic)

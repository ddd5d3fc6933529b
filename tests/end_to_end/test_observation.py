"""Access logs, execution logs and metrics of the deployed stack, read as one would on AWS."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from .conftest import Embedded, Service

Eventually = Callable[[Callable[[], bool]], None]

ACCESS_LOG = "test-access-log"
ROLE = "api-gateway-logs"
PUSH = "arn:aws:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs"
FORMAT = {
    "eventType": "$context.eventType",
    "routeKey": "$context.routeKey",
    "status": "$context.status",
    "connectionId": "$context.connectionId",
    "messageId": "$context.messageId",
    "requestId": "$context.requestId",
    "error": "$context.error.message",
    "latency": "$context.integrationLatency",
    "lambda": "$context.integration.requestId",
    "sourceIp": "$context.identity.sourceIp",
}


def api_of(service: Service) -> str:
    return str(urlsplit(service.url()).hostname).partition(".")[0]


def set_role(embedded: Embedded, role: str) -> None:
    operations = [{"op": "replace", "path": "/cloudwatchRoleArn", "value": role}]
    embedded.client("apigateway").update_account(patchOperations=operations)


def logging_role(embedded: Embedded) -> str:
    """A role with which API Gateway may write logs; its ARN."""
    trust = {"Effect": "Allow", "Principal": {"Service": "apigateway.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document, iam = {"Version": "2012-10-17", "Statement": [trust]}, embedded.client("iam")
    made = iam.create_role(RoleName=ROLE, AssumeRolePolicyDocument=json.dumps(document))["Role"]
    iam.attach_role_policy(RoleName=ROLE, PolicyArn=PUSH)
    return str(made["Arn"])


@pytest.fixture(scope="module")
def observed(deployed: Service) -> Iterator[Service]:
    """The stack with everything switched on: settings of a stage apply without a deployment (spec 231)."""
    set_role(deployed.embedded, logging_role(deployed.embedded))
    deployed.embedded.client("logs").create_log_group(logGroupName=ACCESS_LOG)
    deployed.embedded.client("apigatewayv2").update_stage(
        ApiId=api_of(deployed),
        StageName="dev",
        AccessLogSettings={
            "DestinationArn": f"arn:aws:logs:us-east-1:123456789012:log-group:{ACCESS_LOG}",
            "Format": json.dumps(FORMAT),
        },
        DefaultRouteSettings={"LoggingLevel": "INFO", "DataTraceEnabled": True, "DetailedMetricsEnabled": True},
    )
    yield deployed
    set_role(deployed.embedded, "")  # nothing more is written from here on
    iam = deployed.embedded.client("iam")
    iam.detach_role_policy(RoleName=ROLE, PolicyArn=PUSH)
    iam.delete_role(RoleName=ROLE)
    for group in (ACCESS_LOG, f"/aws/apigateway/{api_of(deployed)}/dev"):  # which no stack owns, as on AWS
        deployed.embedded.client("logs").delete_log_group(logGroupName=group)


def access_lines(service: Service, connection_id: str | None = None) -> list[dict[str, str]]:
    events = service.embedded.client("logs").filter_log_events(logGroupName=ACCESS_LOG)["events"]
    lines = [json.loads(event["message"]) for event in events]
    return [line for line in lines if connection_id in (None, line["connectionId"])]


def execution_lines(service: Service, request_id: str) -> list[str]:
    group, prefix = f"/aws/apigateway/{api_of(service)}/dev", f"({request_id}) "
    events = service.embedded.client("logs").filter_log_events(logGroupName=group)["events"]
    return [event["message"].removeprefix(prefix) for event in events if event["message"].startswith(prefix)]


def dialogue(service: Service, *messages: str) -> str:
    """Hold it, and give the connection's id."""
    table = f"{service.name}-dev-connections"
    with connect(service.url()) as client:
        records = service.embedded.client("dynamodb").scan(TableName=table, ConsistentRead=True)["Items"]
        newest = max(records, key=lambda record: record["connectedAt"]["S"])
        for message in messages:
            client.send(message)
            client.recv(timeout=60)
    return str(newest["connectionId"]["S"])


def test_one_access_log_line_a_request(observed: Service, eventually: Eventually) -> None:
    """Spec 255: CONNECT, MESSAGE and DISCONNECT in order, JSON as the format is, ids as in the events."""
    connection_id = dialogue(observed, '{"action":"send"}', "hello")
    eventually(lambda: len(access_lines(observed, connection_id)) == 4)
    lines = access_lines(observed, connection_id)
    assert [(line["eventType"], line["routeKey"], line["status"]) for line in lines] == [
        ("CONNECT", "$connect", "200"),
        ("MESSAGE", "send", "200"),
        ("MESSAGE", "$default", "200"),
        ("DISCONNECT", "$disconnect", "200"),
    ]
    assert [line["messageId"][-7:] for line in lines] == ["-", connection_id[-7:], connection_id[-7:], "-"]
    assert len({line["requestId"] for line in lines}) == 4
    assert all(line["latency"].isdigit() and line["sourceIp"] == "127.0.0.1" for line in lines)
    assert any(lines[1]["lambda"] in line for line in observed.log("send"))


def test_streams_of_access_logs_look_like_awss(observed: Service, eventually: Eventually) -> None:
    """32 hex digits."""
    dialogue(observed)
    logs = observed.embedded.client("logs")
    eventually(lambda: bool(logs.describe_log_streams(logGroupName=ACCESS_LOG)["logStreams"]))
    for stream in logs.describe_log_streams(logGroupName=ACCESS_LOG)["logStreams"]:
        assert len(bytes.fromhex(stream["logStreamName"])) == 16


def test_the_execution_log_tells_a_messages_way(observed: Service, eventually: Eventually) -> None:
    """Spec 253: found by the request id of the access log; with data trace also what was said."""
    connection_id = dialogue(observed, '{"action":"send","message":"psst"}')
    eventually(lambda: len(access_lines(observed, connection_id)) == 3)
    line = access_lines(observed, connection_id)[1]
    eventually(lambda: len(execution_lines(observed, line["requestId"])) > 1)
    told = execution_lines(observed, line["requestId"])
    assert "WebSocket Request Route: [send]" in told
    assert 'Method request body before transformations: {"action":"send","message":"psst"}' in told
    assert f"AWS Integration Endpoint RequestId : {line['lambda']}" in told


def test_the_execution_log_says_how_a_connection_ended(observed: Service, eventually: Eventually) -> None:
    """Spec 144 and 156: the code and the reason that $disconnect was told."""
    with connect(observed.url()) as client:
        client.close(4001, "enough")

    def told() -> list[str]:
        ended = [line for line in access_lines(observed) if line["eventType"] == "DISCONNECT"]
        return [line for each in ended for line in execution_lines(observed, each["requestId"])]

    eventually(lambda: any(line.endswith("Close reason: [4001: enough]") for line in told()))


def test_a_request_that_is_no_handshake_is_logged(observed: Service, eventually: Eventually) -> None:
    """Spec 256 lists what is missing; a path behind the stage is none of it."""
    with pytest.raises(InvalidStatus):
        connect(observed.url() + "/more")
    eventually(lambda: ("CONNECT", "403", "Forbidden") in refusals(observed))


def refusals(service: Service) -> list[tuple[str, str, str]]:
    return [(line["eventType"], line["status"], line["error"]) for line in access_lines(service)]


def metric(service: Service, name: str, *more: tuple[str, str], statistic: str = "Sum") -> float:
    """The sum of all minutes; metrics lie in the time of the gateway's clock, which other tests may have advanced."""
    now = datetime.now(UTC)
    dimensions = [("ApiId", api_of(service)), *more]
    points = service.embedded.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/ApiGateway",
        MetricName=name,
        Dimensions=[{"Name": key, "Value": value} for key, value in dimensions],
        StartTime=now - timedelta(hours=1),
        EndTime=now + timedelta(days=1),
        Period=60,
        Statistics=[statistic],
    )["Datapoints"]
    return float(sum(point[statistic] for point in points))


STAGE, SEND = ("Stage", "dev"), ("Route", "send")


def gained(
    service: Service, eventually: Eventually, act: Callable[[], Any], expected: dict[tuple[Any, ...], float]
) -> None:
    """Each metric of ``expected`` (name and dimensions) gains that much by what ``act`` does."""
    before = {key: metric(service, *key) for key in expected}
    act()

    def gain() -> dict[tuple[Any, ...], float]:
        return {key: metric(service, *key) - before[key] for key in expected}

    eventually(lambda: gain() == expected)


def test_a_dialogue_in_metrics(observed: Service, eventually: Eventually) -> None:
    """Spec 257, 258: one message in and one pushed; of the API, of the stage, and with detail of the route."""
    gained(
        observed,
        eventually,
        lambda: dialogue(observed, '{"action":"send"}'),
        {
            ("ConnectCount",): 1,
            ("ConnectCount", STAGE): 1,
            ("MessageCount",): 2,
            ("MessageCount", STAGE): 2,
            ("MessageCount", STAGE, SEND): 1,
            ("ClientError",): 0,
            ("ExecutionError",): 0,
            ("IntegrationError",): 0,
        },
    )
    assert metric(observed, "IntegrationLatency", STAGE, SEND, statistic="Maximum") > 0


def test_a_refused_request_in_metrics(observed: Service, eventually: Eventually) -> None:
    """Spec 257: a 4XX before any integration is the client's error, and no connection."""

    def act() -> None:
        with pytest.raises(InvalidStatus):
            connect(observed.url() + "/more")

    gained(observed, eventually, act, {("ClientError",): 1, ("ConnectCount",): 0})


def seen_to_its_end(service: Service, eventually: Eventually) -> None:
    """Hold a dialogue, and wait until its last line is there."""
    connection = dialogue(service)
    eventually(lambda: any(line["eventType"] == "DISCONNECT" for line in access_lines(service, connection)))


def silent(service: Service, eventually: Eventually) -> None:
    """A dialogue that leaves metrics and no line."""
    before = len(access_lines(service))
    gained(service, eventually, lambda: dialogue(service), {("ConnectCount",): 1})
    assert len(access_lines(service)) == before


def test_without_a_role_nothing_is_written(observed: Service, eventually: Eventually) -> None:
    """Spec 253: taken away under a stage that logs, nothing is written; the metrics go on."""
    seen_to_its_end(observed, eventually)
    set_role(observed.embedded, "")
    silent(observed, eventually)
    set_role(observed.embedded, f"arn:aws:iam::123456789012:role/{ROLE}")
    seen_to_its_end(observed, eventually)


def test_the_role_needs_the_permission(observed: Service, eventually: Eventually) -> None:
    """Spec 253: what the account's role may not write, nobody reads; the metrics go on."""
    iam = observed.embedded.client("iam")
    seen_to_its_end(observed, eventually)
    iam.detach_role_policy(RoleName=ROLE, PolicyArn=PUSH)
    silent(observed, eventually)
    iam.attach_role_policy(RoleName=ROLE, PolicyArn=PUSH)
    seen_to_its_end(observed, eventually)

"""Access logs, execution logs and metrics of requests, as the observers send them."""

import asyncio
import re
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from local_aws.clock import Clock
from local_aws.gateway.config.settings import RouteSettings
from local_aws.gateway.observability.access_logs import group_of
from local_aws.gateway.observability.api_metrics import values
from local_aws.gateway.observability.execution_logs import lines, truncated
from local_aws.gateway.observability.observers import Observation
from local_aws.gateway.request_trace import RequestTrace
from local_aws.telemetry.log_batches import LogGroup
from local_aws.telemetry.metric_batches import Point

from ..conftest import NewTrace

ACCESS = LogGroup("eu-west-3", "access")
EXECUTION = LogGroup("eu-west-3", "/aws/apigateway/nn27okk1we/dev", managed=True)


def access_log(log_format: str, destination: str = "access") -> dict[str, Any]:
    arn = f"arn:aws:logs:eu-west-3:123456789012:log-group:{destination}"
    return {"accessLogSettings": {"destinationArn": arn, "format": log_format}}


class Sink:
    """Keeps the batches that it gets."""

    def __init__(self) -> None:
        self.logs: list[tuple[LogGroup, str, list[tuple[int, str]]]] = []
        self.points: list[Point] = []

    def put_logs(self, group: LogGroup, stream: str, events: Sequence[tuple[int, str]]) -> None:
        self.logs.append((group, stream, list(events)))

    def put_metrics(self, namespace: str, points: Sequence[Point]) -> None:
        assert namespace == "AWS/ApiGateway"
        self.points += points

    def lines(self, group: LogGroup) -> list[str]:
        return [message for to, _, events in self.logs for _, message in events if to == group]


def observed(*traces: RequestTrace, then: Callable[[Observation], None] = Observation.flush) -> Sink:
    """The batches that are sent after these requests."""
    sink = Sink()

    async def scenario() -> None:
        observation = Observation(sink.put_logs, sink.put_metrics, Clock())
        for trace in traces:
            for observer in observation.observers:
                observer(trace)
        then(observation)

    asyncio.run(scenario())
    return sink


# Access logs


def test_one_line_a_request(new_trace: NewTrace) -> None:
    """Spec 255: CONNECT, MESSAGE and DISCONNECT, in order, in one stream."""
    stage = access_log("$context.eventType $context.routeKey $context.requestId")
    kinds = [("CONNECT", "$connect"), ("MESSAGE", "send"), ("DISCONNECT", "$disconnect")]
    traces = [
        new_trace(stage=stage, event_type=event_type, route_key=route, request_id=route) for event_type, route in kinds
    ]
    sink = observed(*traces)
    assert sink.lines(ACCESS) == [
        "CONNECT $connect $connect",
        "MESSAGE send send",
        "DISCONNECT $disconnect $disconnect",
    ]
    ((_, stream, _),) = sink.logs
    assert re.fullmatch(r"[0-9a-f]{32}", stream)


def test_without_settings_nothing_is_logged(new_trace: NewTrace) -> None:
    """A fresh stage logs nothing."""
    assert observed(new_trace()).logs == []


@pytest.mark.parametrize("tail", ["", ":*"])
def test_the_group_in_an_arn(tail: str) -> None:
    """As CloudWatch Logs shows it, and as the stage wants it."""
    arn = f"arn:aws:logs:eu-west-3:123456789012:log-group:/aws/websocket/dev{tail}"
    assert group_of(arn) == LogGroup("eu-west-3", "/aws/websocket/dev")


@pytest.mark.parametrize("arn", ["", "arn:aws:s3:::bucket", "arn:aws:firehose:eu-west-3:1:deliverystream/x"])
def test_an_arn_of_something_else_names_no_group(arn: str) -> None:
    """An ARN that names no log group is ignored."""
    assert group_of(arn) is None


# Execution logs


def execution(trace: RequestTrace, **settings: Any) -> list[str]:
    return lines(trace, RouteSettings(**settings))


def test_the_level_is_that_of_the_route(new_trace: NewTrace) -> None:
    """Spec 253: one route may log where the others do not; API Gateway makes the group."""
    stage = {"defaultRouteSettings": {"loggingLevel": "OFF"}, "routeSettings": {"send": {"loggingLevel": "INFO"}}}
    sink = observed(new_trace(stage=stage), new_trace(stage=stage, route_key="other"))
    assert {group for group, _, _ in sink.logs} == {EXECUTION}
    assert "(PJqB0E1tKRcF-Qw=) WebSocket Request Route: [send]" in sink.lines(EXECUTION)
    assert "(PJqB0E1tKRcF-Qw=) WebSocket Request Route: [other]" not in sink.lines(EXECUTION)


def test_info_tells_the_whole_way(new_trace: NewTrace) -> None:
    """Arrival, integration and end are logged, but no contents."""
    trace = new_trace(
        body='{"secret":1}',
        integration_type="AWS_PROXY",
        integration_endpoint_status=200,
        integration_latency=12,
        integration_request_id="61f8b6f1",
        integration_response=b'{"statusCode":200,"body":"secret"}',
        sent=b"secret",
    )
    logged = execution(trace, logging_level="INFO")
    assert logged == [
        "Extended Request Id: PJqB0E1tKRcF-Qw=",
        "Starting execution for request: PJqB0E1tKRcF-Qw=",
        "WebSocket Request Route: [send]",
        "WebSocket API [nn27okk1we] received message from client [Connection Id: PJqB0fHsqRcCHlw=].",
        "AWS Integration Endpoint RequestId : 61f8b6f1",
        "Received response. Status: 200, Integration latency: 12 ms",
        "Message from client [Connection Id: PJqB0fHsqRcCHlw=] sent to API [nn27okk1we] "
        "with response status code [200].",
    ]


def test_data_trace_tells_what_was_said(new_trace: NewTrace) -> None:
    """Spec 253: message, event, result and reply are logged in full."""
    trace = new_trace(
        body="question",
        integration_type="AWS_PROXY",
        integration_request=b'{"body":"question"}',
        integration_response=b'{"body":"answer"}',
        sent="🏓".encode(),
    )
    traced = set(execution(trace, logging_level="INFO", data_trace_enabled=True))
    assert traced - set(execution(trace, logging_level="INFO")) == {
        "Method request body before transformations: question",
        'Endpoint request body after transformations: {"body":"question"}',
        'Endpoint response body before transformations: {"body":"answer"}',
        "Method response body after transformations: 🏓",
    }


def test_error_tells_of_failures_only(new_trace: NewTrace) -> None:
    """Spec 253: the reason and the notes are logged; a request that succeeded logs nothing."""
    assert execution(new_trace(), logging_level="ERROR") == []
    failed = new_trace(status=500, error_message="Internal server error", notes=["Invalid permissions"])
    logged = execution(failed, logging_level="ERROR")
    assert logged == ["Invalid permissions", "Execution failed: Internal server error"]
    assert set(logged) < set(execution(failed, logging_level="INFO"))


def test_off_tells_nothing(new_trace: NewTrace) -> None:
    """Not even with data trace on."""
    assert execution(new_trace(status=500, error_message="x"), data_trace_enabled=True) == []


@pytest.mark.parametrize(
    ("fields", "last"),
    [
        (
            {"event_type": "CONNECT"},
            "Client [Connection Id: PJqB0fHsqRcCHlw=] connected to API [nn27okk1we] successfully.",
        ),
        ({"event_type": "CONNECT", "status": 401}, "Method completed with status: 401"),
        (
            {"event_type": "DISCONNECT", "disconnect": (1001, "Going away")},
            "Client [Connection Id: PJqB0fHsqRcCHlw=] disconnected from API [nn27okk1we]. "
            "Close reason: [1001: Going away]",
        ),
    ],
)
def test_how_it_ended(new_trace: NewTrace, fields: dict[str, Any], last: str) -> None:
    """Spec 147, 156: for a disconnect, code and reason."""
    assert execution(new_trace(**fields), logging_level="INFO")[-1] == last


def test_a_line_of_over_1024_bytes_is_cut() -> None:
    """Spec 173: bytes, not characters, and never half a character."""
    assert truncated("x" * 1024) == "x" * 1024
    cut = truncated("x" + "🏓" * 256)
    assert len(cut.encode()) <= 1024
    assert cut == "x" + "🏓" * 252 + " [TRUNCATED]"


# Metrics


def counted(trace: RequestTrace) -> dict[str, float]:
    """Metrics of one request that are not zero."""
    sums: dict[str, float] = {}
    for name, value in values(trace):
        sums[name] = sums.get(name, 0) + value
    return {name: value for name, value in sums.items() if value}


ANSWERED = {"integration_type": "AWS_PROXY", "integration_endpoint_status": 200, "integration_latency": 12}


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({**ANSWERED}, {"MessageCount": 1, "IntegrationLatency": 12}),
        ({**ANSWERED, "sent": b"x"}, {"MessageCount": 2, "IntegrationLatency": 12}),
        ({"event_type": "CONNECT", **ANSWERED}, {"ConnectCount": 1, "IntegrationLatency": 12}),
        ({"event_type": "CONNECT"}, {}),
        ({"event_type": "DISCONNECT", **ANSWERED}, {"IntegrationLatency": 12}),
        ({"integration_type": "MOCK", "integration_status": 200, "integration_latency": 1}, {"MessageCount": 1}),
        ({"status": 403}, {"MessageCount": 1, "ClientError": 1}),
        ({"event_type": "CONNECT", "status": 429}, {"ClientError": 1}),
        ({**ANSWERED, "integration_status": 501}, {"MessageCount": 1, "IntegrationLatency": 12, "IntegrationError": 1}),
        ({**ANSWERED, "status": 502}, {"MessageCount": 1, "IntegrationLatency": 12, "IntegrationError": 1}),
        (
            {"integration_type": "AWS_PROXY", "status": 504, "integration_latency": 29000},
            {"MessageCount": 1, "ExecutionError": 1},
        ),
    ],
)
def test_what_a_request_counts_for(new_trace: NewTrace, fields: dict[str, Any], expected: dict[str, float]) -> None:
    """Spec 257: ClientError before the integration, IntegrationError if it answered, ExecutionError if it did not."""
    assert counted(new_trace(**fields)) == expected


def dimensions(points: Sequence[Point]) -> set[tuple[str, ...]]:
    return {tuple(f"{name}={value}" for name, value in point.dimensions) for point in points}


def test_dimensions(new_trace: NewTrace) -> None:
    """Spec 258: API; API and stage; the route only with detailed metrics."""
    plain = {("ApiId=nn27okk1we",), ("ApiId=nn27okk1we", "Stage=dev")}
    assert dimensions(observed(new_trace()).points) == plain
    detailed = new_trace(stage={"routeSettings": {"send": {"detailedMetricsEnabled": True}}})
    assert dimensions(observed(detailed).points) == plain | {("ApiId=nn27okk1we", "Stage=dev", "Route=send")}


def test_requests_of_a_minute_come_together(new_trace: NewTrace) -> None:
    """Many requests make one point per metric and minute, with the values that statistics need."""
    latencies = [new_trace(**{**ANSWERED, "integration_latency": latency}) for latency in (5, 1, 3)]
    points = [point for point in observed(*latencies).points if point.name == "IntegrationLatency"]
    assert [(p.count, p.total, p.least, p.most, p.unit) for p in points] == [(3, 9, 1, 5, "Milliseconds")] * 2


def test_a_pushed_message_counts(new_trace: NewTrace) -> None:
    """Spec 257: MessageCount counts both directions; a message through @connections has no latency."""

    def push(observation: Observation) -> None:
        observation.pushed(new_trace().session.stage)
        observation.flush()

    points = observed(then=push).points
    assert {(point.name, point.total) for point in points} == {("MessageCount", 1)}


# Delivery


def test_batches_go_out_by_themselves(new_trace: NewTrace) -> None:
    """Batches are sent without a call, and each only once."""
    sink = Sink()

    async def scenario() -> None:
        arrived = asyncio.Event()

        def put_logs(*args: Any) -> None:
            sink.put_logs(*args)
            arrived.set()

        observation = Observation(put_logs, sink.put_metrics, Clock())
        for _ in range(3):
            for observer in observation.observers:
                observer(new_trace(stage=access_log("$context.requestId")))
        assert sink.logs == []
        await asyncio.wait_for(arrived.wait(), 60)
        observation.flush()

    asyncio.run(scenario())
    assert [len(events) for _, _, events in sink.logs] == [3]
    assert [point.total for point in sink.points if point.name == "MessageCount"] == [3, 3]


def test_points_lie_in_the_minute_of_the_clock(new_trace: NewTrace) -> None:
    """An advanced clock advances metrics too."""
    sink, minutes = Sink(), []

    async def scenario() -> None:
        clock = Clock()
        observation = Observation(sink.put_logs, sink.put_metrics, clock)
        for _ in range(2):
            observation.pushed(new_trace().session.stage)
            minutes.append(int(clock.now()) // 60 * 60)
            clock.advance(600)
        observation.flush()

    asyncio.run(scenario())
    assert sorted({point.minute for point in sink.points}) == minutes

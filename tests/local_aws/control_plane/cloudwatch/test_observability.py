"""The logs and metrics that services write to CloudWatch, and how they are read."""

import asyncio
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_aws.control_plane import ControlPlane

from ..conftest import Client

REGION = "us-east-1"
MINUTE = int(time.time()) // 60 * 60
NO_ROLE = "CloudWatch Logs role ARN must be set in account settings to enable logging"


@dataclass(frozen=True)
class Datum:
    """Values of one minute."""

    dimensions: tuple[tuple[str, str], ...]
    count: int = 1
    total: float = 1.0
    least: float = 1.0
    most: float = 1.0
    minute: int = MINUTE
    region: str = REGION
    name: str = "MessageCount"
    unit: str = "Count"


def put(plane: ControlPlane, namespace: str, *data: Datum) -> None:
    plane.put_metric_data(namespace, data)
    asyncio.run(plane.warm_up())


def statistics(client: Client, namespace: str, *dimensions: tuple[str, str], **more: Any) -> list[dict[str, Any]]:
    asked = {
        "StartTime": datetime.fromtimestamp(MINUTE + 30, UTC),
        "EndTime": datetime.fromtimestamp(MINUTE, UTC) + timedelta(minutes=10),
        "Period": 60,
        "Statistics": ["Sum", "SampleCount", "Average", "Minimum", "Maximum"],
        **more,
    }
    filters = [{"Name": name, "Value": value} for name, value in dimensions]
    points = client("cloudwatch").get_metric_statistics(
        Namespace=namespace, MetricName="MessageCount", Dimensions=filters, **asked
    )["Datapoints"]
    return [{key: value for key, value in point.items() if key != "Timestamp"} for point in points]


API, STAGE = ("ApiId", "a"), ("Stage", "dev")


def test_dimensions_name_a_metric(plane: ControlPlane, client: Client, unique: str) -> None:
    """A query with the API's dimension does not add up the values of its stages, or the reverse."""
    put(plane, unique, Datum((API,), total=3), Datum((API, STAGE), total=2))
    assert [point["Sum"] for point in statistics(client, unique, API)] == [3]
    assert [point["Sum"] for point in statistics(client, unique, STAGE, API)] == [2]
    assert statistics(client, unique) == []
    assert statistics(client, unique, ("ApiId", "b")) == []


def test_values_of_a_minute_are_one_point(plane: ControlPlane, client: Client, unique: str) -> None:
    """Batches are added up; a query starts at the beginning of its minute, as CloudWatch rounds it."""
    put(plane, unique, Datum((API,), count=2, total=3.0, least=1, most=2))
    put(plane, unique, Datum((API,), count=1, total=9.0, least=9, most=9))
    assert statistics(client, unique, API) == [
        {"Sum": 12.0, "SampleCount": 3.0, "Average": 4.0, "Minimum": 1.0, "Maximum": 9.0, "Unit": "Count"}
    ]
    assert len(client("cloudwatch").list_metrics(Namespace=unique)["Metrics"]) == 1


def test_periods_begin_at_the_start_of_the_query(plane: ControlPlane, client: Client, unique: str) -> None:
    """Minutes 0, 1 and 5 are in two periods of five minutes."""
    put(plane, unique, *(Datum((API,), minute=MINUTE + 60 * minute) for minute in (0, 1, 5)))
    assert sorted(point["Sum"] for point in statistics(client, unique, API, Period=300)) == [1, 2]
    assert len(statistics(client, unique, API)) == 3


def test_metric_data_has_the_same_values(plane: ControlPlane, client: Client, unique: str) -> None:
    """GetMetricData, which consoles and frameworks call, answers them too."""
    put(plane, unique, Datum((API,), total=3), Datum((API, STAGE), total=2))
    metric = {"Namespace": unique, "MetricName": "MessageCount", "Dimensions": [{"Name": "ApiId", "Value": "a"}]}
    (result,) = client("cloudwatch").get_metric_data(
        MetricDataQueries=[{"Id": "m", "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Sum"}}],
        StartTime=datetime.fromtimestamp(MINUTE + 30, UTC),
        EndTime=datetime.fromtimestamp(MINUTE + 120, UTC),
    )["MetricDataResults"]
    assert result["Values"] == [3]


def test_metrics_that_callers_put_are_read_beside_them(plane: ControlPlane, client: Client, unique: str) -> None:
    """Both have the same name and namespace."""
    put(plane, unique, Datum((API,), total=3))
    own = {"MetricName": "MessageCount", "Value": 4.0, "Unit": "Count", "Dimensions": [{"Name": "ApiId", "Value": "a"}]}
    own["Timestamp"] = datetime.fromtimestamp(MINUTE, UTC)
    client("cloudwatch").put_metric_data(Namespace=unique, MetricData=[own])
    assert [point["Sum"] for point in statistics(client, unique, API)] == [7]


def test_a_wrong_range_is_an_error(client: Client, unique: str) -> None:
    """The start must be before the end."""
    with pytest.raises(ClientError, match="InvalidParameterValue"):
        statistics(client, unique, EndTime=datetime.fromtimestamp(MINUTE, UTC) - timedelta(hours=1))


def written(client: Client, group: str) -> list[str]:
    return [event["message"] for event in client("logs").filter_log_events(logGroupName=group)["events"]]


def test_lines_of_an_advanced_clock_are_kept(plane: ControlPlane, client: Client, unique: str) -> None:
    """PutLogEvents rejects events over two hours ahead; our clock may be further ahead."""
    ahead = int(time.time() * 1000) + 5 * 3600 * 1000
    plane.put_log_events(unique, "s", [(ahead + 1, "second"), (ahead, "first")])
    asyncio.run(plane.warm_up())
    assert written(client, unique) == ["first", "second"]


def test_a_line_for_a_group_that_is_not_there_is_lost(plane: ControlPlane, client: Client, unique: str) -> None:
    """API Gateway does not create the group of access logs, nor a stream without a group."""
    plane.put_log_events(unique, "s", [(1, "lost")], make_group=False)
    asyncio.run(plane.warm_up())
    assert client("logs").describe_log_groups(logGroupNamePrefix=unique)["logGroups"] == []
    client("logs").create_log_group(logGroupName=unique)
    plane.put_log_events(unique, "s", [(int(time.time() * 1000), "kept")], make_group=False)
    asyncio.run(plane.warm_up())
    assert written(client, unique) == ["kept"]


@pytest.fixture
def no_role(client: Client) -> Iterator[Any]:
    """The account without a CloudWatch role, before and after."""

    def set_to(role: str) -> None:
        operations = [{"op": "replace", "path": "/cloudwatchRoleArn", "value": role}]
        client("apigateway").update_account(patchOperations=operations)

    set_to("")
    yield set_to
    set_to("")


LOGGING = [
    {"DefaultRouteSettings": {"LoggingLevel": "ERROR"}},
    {"RouteSettings": {"send": {"LoggingLevel": "INFO"}}},
    {
        "AccessLogSettings": {
            "DestinationArn": f"arn:aws:logs:{REGION}:123456789012:log-group:x",
            "Format": "$context.requestId",
        }
    },
]


@pytest.mark.parametrize("settings", LOGGING)
def test_no_role_no_logs(
    client: Client, api: str, no_role: Any, settings: dict[str, Any], plane: ControlPlane, logging_role: str
) -> None:
    """Spec 253: creating or changing a stage with logs needs the account's role."""
    gateway = client("apigatewayv2")
    gateway.create_route(ApiId=api, RouteKey="send")
    gateway.create_stage(ApiId=api, StageName="quiet", DefaultRouteSettings={"LoggingLevel": "OFF"})
    for change, name in ((gateway.create_stage, "dev"), (gateway.update_stage, "quiet")):
        with pytest.raises(ClientError) as raised:
            change(ApiId=api, StageName=name, **settings)
        error = raised.value.response["Error"]
        assert (error["Code"], error["Message"]) == ("BadRequestException", NO_ROLE)
    assert plane.cloudwatch_role(REGION) is None
    no_role(logging_role)
    assert plane.cloudwatch_role(REGION) == logging_role
    gateway.create_stage(ApiId=api, StageName="dev", **settings)
    gateway.update_stage(ApiId=api, StageName="quiet", **settings)


def test_an_access_log_format_has_at_most_3_kb(client: Client, api: str, no_role: Any, logging_role: str) -> None:
    """Spec 168: the limit counts bytes, not characters."""
    no_role(logging_role)
    gateway, fits = client("apigatewayv2"), "$context.requestId" + "ö" * ((3072 - 18) // 2)
    settings = {"DestinationArn": f"arn:aws:logs:{REGION}:123456789012:log-group:x", "Format": fits}
    gateway.create_stage(ApiId=api, StageName="dev", AccessLogSettings=settings)
    with pytest.raises(ClientError, match="BadRequestException"):
        gateway.update_stage(ApiId=api, StageName="dev", AccessLogSettings={**settings, "Format": fits + "x"})


def test_a_stack_can_set_the_role(
    client: Client, unique: str, no_role: Any, plane: ControlPlane, logging_role: str
) -> None:
    """``AWS::ApiGateway::Account`` sets and changes it; it stays when the stack is deleted."""
    stacks = client("cloudformation")

    def template(role: str) -> str:
        properties = {"CloudWatchRoleArn": role}
        return json.dumps({"Resources": {"A": {"Type": "AWS::ApiGateway::Account", "Properties": properties}}})

    other = client("iam").get_role(RoleName=logging_role.rpartition("/")[2])["Role"]
    document = json.dumps(other["AssumeRolePolicyDocument"])
    two = client("iam").create_role(RoleName=unique, AssumeRolePolicyDocument=document)["Role"]["Arn"]
    client("iam").attach_role_policy(RoleName=unique, PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    for change, role in ((stacks.create_stack, logging_role), (stacks.update_stack, two)):
        change(StackName=unique, TemplateBody=template(role))
        assert plane.cloudwatch_role(REGION) == role
    stacks.delete_stack(StackName=unique)
    assert plane.cloudwatch_role(REGION) == two


def test_a_role_that_cannot_log_is_an_error(
    client: Client, unique: str, no_role: Any, plane: ControlPlane, logging_role: str
) -> None:
    """Spec 253: it must exist, trust API Gateway and have the permissions; the text is AWS's."""
    iam, name = client("iam"), logging_role.rpartition("/")[2]
    sentence = "BadRequestException.*does not have required permissions configured. Please grant trust permission"
    with pytest.raises(ClientError, match=sentence):
        no_role(f"arn:aws:iam::123456789012:role/{unique}-none")
    push = "arn:aws:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs"
    iam.detach_role_policy(RoleName=name, PolicyArn=push)
    with pytest.raises(ClientError, match=sentence):
        no_role(logging_role)
    iam.attach_role_policy(RoleName=name, PolicyArn=push)
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    iam.update_assume_role_policy(RoleName=name, PolicyDocument=document)
    with pytest.raises(ClientError, match=sentence):
        no_role(logging_role)
    assert plane.cloudwatch_role(REGION) is None

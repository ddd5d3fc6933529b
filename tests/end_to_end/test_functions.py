"""How functions are invoked, over a whole embedded AWS: versions, updates, limits."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect

from .conftest import Embedded
from .functions import Function, package, proxy, socket_api
from .test_integrations import Api

Eventually = Callable[[Callable[[], bool]], None]

ABOUT = """import json, os
def handler(event, context):
    about = [NUMBER, os.environ.get("COLOUR"), context.function_version, context.invoked_function_arn]
    return {"statusCode": 200, "body": json.dumps(about)}
"""


def about(number: int) -> str:
    return ABOUT.replace("NUMBER", str(number))


@pytest.fixture
def function(embedded: Embedded) -> Iterator[Function]:
    made = Function(about(1))
    yield made
    made.delete()


@pytest.fixture
def serve() -> Iterator[Callable[..., Api]]:
    """Makes APIs that are gone after the test."""
    made: list[Api] = []

    def make(*arguments: Any, **stage: Any) -> Api:
        made.append(socket_api(*arguments, **stage))
        return made[-1]

    yield make
    for api in made:
        api.client.delete_api(ApiId=api.id)


def ask(socket: ClientConnection, message: str = '{"action":"about"}') -> Any:
    socket.send(message)
    return json.loads(socket.recv(timeout=60))


def test_updates_take_effect_while_a_socket_is_open(function: Function, serve: Callable[..., Api]) -> None:
    """UpdateFunctionCode and UpdateFunctionConfiguration meet the next message of a connection that stays."""
    api = serve({"about": proxy(function.arn)})
    function.allow(api)
    with connect(api.url) as socket:
        assert ask(socket)[:2] == [1, None]
        function.update(about(2))
        assert ask(socket)[:2] == [2, None]
        function.client.update_function_configuration(
            FunctionName=function.name, Environment={"Variables": {"COLOUR": "blue"}}
        )
        assert ask(socket)[:2] == [2, "blue"]


COUNT = """runs = 0
def handler(event, context):
    global runs
    runs += 1
    return runs
"""


def test_a_function_made_anew_remembers_nothing(embedded: Embedded) -> None:
    """Deleted and created again, with the same name, role and code, it begins in an environment of its own."""
    function = Function(COUNT)
    try:
        assert [1, 2] == [json.loads(function.invoke()["Payload"].read()) for _ in range(2)]
        role = function.client.get_function_configuration(FunctionName=function.name)["Role"]
        function.client.delete_function(FunctionName=function.name)
        function.client.create_function(
            FunctionName=function.name,
            Role=role,
            Runtime="python3.13",
            Handler="handler.handler",
            Code={"ZipFile": package(COUNT)},
        )
        assert 1 == json.loads(function.invoke()["Payload"].read())
    finally:
        function.delete()


def test_versions_and_aliases_are_invoked_by_qualifier(function: Function) -> None:
    """Each with its own code and configuration; an alias with all its weight on the other version runs that."""
    function.publish()
    function.update(about(2))
    function.client.update_function_configuration(
        FunctionName=function.name, Environment={"Variables": {"COLOUR": "blue"}}
    )
    function.publish()
    function.update(about(3))
    weights = {"AdditionalVersionWeights": {"2": 1.0}}
    function.client.create_alias(FunctionName=function.name, Name="live", FunctionVersion="1")

    def found(**arguments: Any) -> tuple[str, Any]:
        answer = function.invoke({}, **arguments)
        return answer["ExecutedVersion"], json.loads(json.loads(answer["Payload"].read())["body"])

    assert found() == ("$LATEST", [3, "blue", "$LATEST", function.arn])
    assert found(Qualifier="1") == ("1", [1, None, "1", f"{function.arn}:1"])
    assert found(Qualifier="live") == ("1", [1, None, "1", f"{function.arn}:live"])
    function.client.update_alias(FunctionName=function.name, Name="live", RoutingConfig=weights)
    assert found(Qualifier="live") == ("2", [2, "blue", "2", f"{function.arn}:live"])


def test_an_integration_may_name_an_alias(function: Function, serve: Callable[..., Api]) -> None:
    """The alias is in the URI or in a stage variable; a change of either applies to the next message."""
    function.publish()
    function.update(about(2))
    for name, version in (("live", "1"), ("next", "$LATEST")):
        function.client.create_alias(FunctionName=function.name, Name=name, FunctionVersion=version)
    routes = {
        "fixed": proxy(f"{function.arn}:live"),
        "chosen": proxy(f"{function.arn}:${{stageVariables.alias}}"),
    }
    api = serve(routes, StageVariables={"alias": "next"})
    for qualifier in ("live", "next"):
        function.allow(api, qualifier)
    with connect(api.url) as socket:
        assert ask(socket, '{"action":"fixed"}') == [1, None, "1", f"{function.arn}:live"]
        assert ask(socket, '{"action":"chosen"}') == [2, None, "$LATEST", f"{function.arn}:next"]
        api.client.update_stage(ApiId=api.id, StageName="dev", StageVariables={"alias": "live"})
        assert ask(socket, '{"action":"chosen"}') == [1, None, "1", f"{function.arn}:live"]


def test_nothing_reserved_throttles_everything(function: Function, serve: Callable[..., Api]) -> None:
    """429 for who invokes it; an error frame for a message, 500 for a handshake; and back when it is lifted."""
    api = serve({"about": proxy(function.arn), "$connect": proxy(function.arn)})
    function.allow(api)
    function.client.put_function_concurrency(FunctionName=function.name, ReservedConcurrentExecutions=0)
    with pytest.raises(ClientError) as throttled:
        function.invoke({})
    response = throttled.value.response
    assert (response["Error"]["Code"], response["Error"]["Message"]) == ("TooManyRequestsException", "Rate Exceeded.")
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 429
    assert response.get("Reason") == "ReservedFunctionConcurrentInvocationLimitExceeded"
    assert response["ResponseMetadata"]["HTTPHeaders"]["retry-after"] == "1"
    with pytest.raises(InvalidStatus) as refused:
        connect(api.url)
    assert refused.value.response.status_code == 500
    function.client.delete_function_concurrency(FunctionName=function.name)
    with connect(api.url) as socket:
        assert ask(socket)[0] == 1
        function.client.put_function_concurrency(FunctionName=function.name, ReservedConcurrentExecutions=0)
        assert ask(socket)["message"] == "Internal server error"


def test_metrics_by_function(function: Function, embedded: Embedded, eventually: Eventually) -> None:
    """GetMetricStatistics has Invocations, Errors, Throttles and Duration, as osls asks for them."""
    for _ in range(2):
        function.invoke({})
    function.update("def handler(event, context):\n    raise ValueError\n")
    function.invoke({})
    now = datetime.now(UTC)
    cloudwatch = boto3.client("cloudwatch")

    def total(metric: str, unit: str = "Count") -> tuple[float, float]:
        points = cloudwatch.get_metric_statistics(
            Namespace="AWS/Lambda",
            MetricName=metric,
            Dimensions=[{"Name": "FunctionName", "Value": function.name}],
            StartTime=now - timedelta(days=1),
            EndTime=now + timedelta(days=400),  # other tests move the clock
            Period=86400,
            Statistics=["Sum", "Average"],
            Unit=unit,
        )["Datapoints"]
        return sum(point["Sum"] for point in points), max((point["Average"] for point in points), default=0)

    eventually(lambda: total("Invocations")[0] == 3)
    assert total("Errors")[0] == 1
    assert total("Throttles")[0] == 0
    assert total("Duration", "Milliseconds")[1] > 0

"""Group 9: access logs, execution logs, metrics (spec 253–258), and the limit of a log line (spec 173)."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from .build import Account, Api
from .talk import ask, connection_id, join

VARIABLES = (
    "connectionId", "connectedAt", "eventType", "routeKey", "messageId", "requestId", "extendedRequestId",
    "requestTime", "requestTimeEpoch", "stage", "status", "domainName", "apiId", "error.message", "error.messageString",
    "error.responseType", "error.validationErrorString", "integration.error", "integration.integrationStatus",
    "integration.latency", "integration.requestId", "integration.status", "integrationLatency",
    "authorizer.principalId", "authorize.status", "authenticate.status", "identity.sourceIp", "identity.userAgent",
    "waf.status",
)  # fmt: skip

Line = dict[str, str]


def lines_of(account: Account, group: str, identifier: str) -> list[Line]:
    """The access-log lines of one connection so far, in order of their time."""
    lines = [
        dict(part.split("=", 1) for part in line.split(" | ")) for line in account.log(group) if identifier in line
    ]
    return sorted(lines, key=lambda line: int(line["requestTimeEpoch"]))


@pytest.fixture(scope="module")
def logged(account: Account, may_log: None) -> tuple[Api, str]:
    """An API whose stage writes every variable to an access log."""
    group, arn = account.log_group("access")
    api = Api(account)
    for key in ("$connect", "$disconnect", "oneway"):
        api.route(key)
    api.route("echo", two_way=True)
    template = " | ".join(f"{name}=$context.{name}" for name in VARIABLES)
    api.deploy(AccessLogSettings={"DestinationArn": arn, "Format": template})
    return api, group


@pytest.fixture(scope="module")
def lines(logged: tuple[Api, str], account: Account) -> list[Line]:
    """The access log of one connection: in, a good message, a failing one, an unknown one, out."""
    api, group = logged
    with join(api) as client:
        identifier = connection_id(client)
        assert "Internal server error" == ask(client, {"action": "oneway", "do": {"raise": "no"}})["message"]
        assert "Forbidden" == ask(client, {"action": "unknown"})["message"]
        client.close()

    def complete() -> list[Line] | None:
        found = lines_of(account, group, identifier)
        return found if len(found) >= 5 else None

    return account.wait(complete, "five lines in the access log")  # type: ignore[no-any-return]


@pytest.mark.spec(255)
def test_one_line_a_request(lines: list[Line]) -> None:
    """CONNECT, each MESSAGE and DISCONNECT have one line each."""
    assert ["CONNECT", "MESSAGE", "MESSAGE", "MESSAGE", "DISCONNECT"] == [line["eventType"] for line in lines]
    assert 5 == len({line["requestId"] for line in lines})


@pytest.mark.spec(254)
def test_access_log_variables(logged: tuple[Api, str], lines: list[Line]) -> None:
    """Each says what it should; what a request has not is ``-``."""
    api, _ = logged
    connect, good, failing, unknown, disconnect = lines
    assert ["$connect", "echo", "oneway"] == [line["routeKey"] for line in (connect, good, failing)]
    assert "$disconnect" == disconnect["routeKey"]
    assert {("test", api.id)} == {(line["stage"], line["apiId"]) for line in lines}
    assert 1 == len({(line["connectionId"], line["connectedAt"], line["domainName"]) for line in lines})
    assert all(re.fullmatch("[A-Za-z0-9_-]{15}=", line["requestId"]) for line in lines)
    assert all(line["requestId"] == line["extendedRequestId"] for line in lines)
    assert ("200", "200") == (connect["status"], good["status"])
    assert "-" == connect["messageId"]
    assert good["messageId"].endswith(good["connectionId"][-7:])
    assert int(good["integrationLatency"]) >= 0
    assert "200" == good["integration.status"] == good["integration.integrationStatus"]
    assert "Internal server error" == failing["error.message"]
    assert '"Internal server error"' == failing["error.messageString"]
    assert "Forbidden" == unknown["error.message"]
    assert {"-"} == {line["authorizer.principalId"] for line in lines}
    assert {"-"} == {line["waf.status"] for line in lines}
    assert {"-"} == {line["identity.userAgent"] for line in lines}
    assert all(re.fullmatch(r"\d\d/\w{3}/\d{4}:\d\d:\d\d:\d\d \+0000", line["requestTime"]) for line in lines)


def execution_log(account: Account, api: Api) -> list[str]:
    """The lines of the API's execution log so far."""
    return account.log(f"/aws/apigateway/{api.id}/test")


def leveled(account: Account, level: str, **settings: Any) -> Api:
    """An API that logs its execution."""
    api = Api(account)
    api.route("oneway")
    api.route("echo", two_way=True)
    api.deploy(DefaultRouteSettings={"LoggingLevel": level, **settings})
    account.later(lambda: account.forget_logs(f"/aws/apigateway/{api.id}/test"))
    return api


@pytest.mark.spec(253)
@pytest.mark.local_only("on a shared account somebody else may have set the role")
def test_execution_log_needs_a_role(account: Account) -> None:
    """Without the account's role a level other than ``OFF`` is refused."""
    api = Api(account)
    api.route("echo")
    rest = account.client("apigateway")
    before = rest.get_account().get("cloudwatchRoleArn", "")
    change = {"op": "replace", "path": "/cloudwatchRoleArn"}
    rest.update_account(patchOperations=[{**change, "value": ""}])
    try:
        with pytest.raises(ClientError, match="CloudWatch Logs role ARN must be set in account settings"):
            api.deploy(DefaultRouteSettings={"LoggingLevel": "INFO"})
    finally:
        rest.update_account(patchOperations=[{**change, "value": before}])


@pytest.mark.spec(253)
def test_execution_log(account: Account, may_log: None) -> None:
    """``INFO`` tells of every request, with ``dataTraceEnabled`` the whole message too."""
    api = leveled(account, "INFO", DataTraceEnabled=True)
    with join(api) as client:
        request = ask(client, {"action": "echo", "say": "traced words"})["event"]["requestContext"]["requestId"]
    account.wait(lambda: [line for line in execution_log(account, api) if "traced words" in line], "the trace")
    assert any(line.startswith(f"({request})") for line in execution_log(account, api))


@pytest.mark.spec(253)
def test_execution_log_of_errors(account: Account, may_log: None) -> None:
    """``ERROR`` tells of what failed and of nothing else."""
    api = leveled(account, "ERROR")
    with join(api) as client:
        good = ask(client, {"action": "echo"})["event"]["requestContext"]["requestId"]
        failed = ask(client, {"action": "oneway", "do": {"raise": "no"}})["requestId"]
    account.wait(lambda: [line for line in execution_log(account, api) if failed in line], "the error")
    assert [] == [line for line in execution_log(account, api) if good in line]


@pytest.mark.spec(253)
def test_no_execution_log(account: Account, may_log: None) -> None:
    """``OFF`` writes none."""
    api = Api(account)
    api.route("echo", two_way=True)
    api.deploy()
    loud = leveled(account, "INFO")
    for each in (api, loud):
        with join(each) as client:
            ask(client, {"action": "echo"})
    account.wait(lambda: execution_log(account, loud), "the other API's log")
    assert [] == execution_log(account, api)


@pytest.mark.spec(173)
def test_long_log_events(account: Account, may_log: None) -> None:
    """Log events are cut off at 1,024 bytes."""
    api = leveled(account, "INFO", DataTraceEnabled=True)
    with join(api) as client:
        ask(client, {"action": "echo", "say": "x" * 3000})
    long = account.wait(lambda: [line for line in execution_log(account, api) if "x" * 500 in line], "the trace")
    assert max(len(line.encode()) for line in long) <= 1024


@pytest.mark.spec(257, 258)
@pytest.mark.not_on_aws("metrics appear there minutes later")
def test_metrics(account: Account) -> None:
    """Counts and latencies by API, by stage, and with detailed metrics by route."""
    api = Api(account)
    for key in ("$connect", "oneway"):
        api.route(key)
    api.route("echo", two_way=True)
    api.deploy(DefaultRouteSettings={"DetailedMetricsEnabled": True})
    with join(api) as client:
        ask(client, {"action": "echo"})
        ask(client, {"action": "oneway", "do": {"raise": "no"}})
        ask(client, {"action": "unknown"})

    def total(name: str, **dimensions: str) -> float:
        now = datetime.now(UTC)
        found = account.client("cloudwatch").get_metric_statistics(
            Namespace="AWS/ApiGateway",
            MetricName=name,
            Dimensions=[{"Name": key, "Value": value} for key, value in dimensions.items()],
            StartTime=now - timedelta(hours=1),
            EndTime=now + timedelta(days=1),
            Period=86400,
            Statistics=["Sum", "SampleCount"],
        )["Datapoints"]
        statistic = "SampleCount" if name == "IntegrationLatency" else "Sum"
        return float(sum(point[statistic] for point in found))

    by_api, by_stage = {"ApiId": api.id}, {"ApiId": api.id, "Stage": "test"}
    account.wait(lambda: 1 == total("ConnectCount", **by_api), "ConnectCount")
    account.wait(lambda: total("MessageCount", **by_stage) >= 4, "MessageCount")  # three in, one out at least
    account.wait(lambda: total("IntegrationError", **by_stage) == 1, "IntegrationError")
    account.wait(lambda: total("ClientError", **by_api) == 1, "ClientError")
    account.wait(lambda: total("IntegrationLatency", **by_stage) == 3, "IntegrationLatency")
    account.wait(lambda: total("MessageCount", **by_stage, Route="echo") >= 1, "MessageCount of a route")
    assert 0 == total("ExecutionError", **by_api)


@pytest.mark.spec(258)
@pytest.mark.not_on_aws("metrics appear there minutes later")
def test_no_metrics_by_route(account: Account) -> None:
    """There are none unless detailed metrics are on."""
    api = Api(account)
    api.route("echo", two_way=True)
    api.deploy()
    with join(api) as client:
        ask(client, {"action": "echo"})

    def dimensions() -> list[set[str]]:
        mine = [{"Name": "ApiId", "Value": api.id}]
        found = account.client("cloudwatch").list_metrics(Namespace="AWS/ApiGateway", Dimensions=mine)["Metrics"]
        return [{each["Name"] for each in metric["Dimensions"]} for metric in found]

    account.wait(lambda: {"ApiId", "Stage"} in dimensions(), "metrics of the stage")
    assert {"ApiId", "Stage", "Route"} not in dimensions()

"""One permission at a time is taken from the stack's roles: exactly that call is denied, and all else works."""

import json
import re
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect

from .conftest import Service

Eventually = Callable[[Callable[[], bool]], None]

FAILED = "Internal server error"
GONE = "PJqB0fHsqRcCHlw="  # a connection that the table has and API Gateway does not
FUNCTIONS = ("connect", "disconnect", "default", "send", "broadcast")
LOGGING = ("logs:CreateLogStream", "logs:PutLogEvents")

WELL = {
    "broadcast": {"delivered": 1, "gone": 1, "failed": 0},
    "default": "no action in this message",
    "send": "🏓 pong",
    "connect": 101,
    "left behind": 0,
}
"""How a tour of all routes goes when nothing is denied."""

DENIED: dict[tuple[str, str], dict[str, Any]] = {
    ("connect", "dynamodb:PutItem"): {"connect": 500},
    ("disconnect", "dynamodb:DeleteItem"): {"left behind": 1},
    ("default", "execute-api:ManageConnections"): {"default": FAILED},
    ("send", "execute-api:ManageConnections"): {"send": FAILED},
    ("broadcast", "dynamodb:Scan"): {"broadcast": FAILED},
    ("broadcast", "dynamodb:DeleteItem"): {"broadcast": {"delivered": 1, "gone": 0, "failed": 1}},
    ("broadcast", "execute-api:ManageConnections"): {"broadcast": FAILED},
}
"""What is different without a function's permission."""


def table(service: Service) -> str:
    return f"{service.name}-dev-connections"


def role_of(service: Service, function: str) -> str:
    client = service.embedded.client("cloudformation")
    found = client.describe_stack_resource(
        StackName=f"{service.name}-dev", LogicalResourceId=f"{function.capitalize()}Role"
    )
    return str(found["StackResourceDetail"]["PhysicalResourceId"])


def document_of(role: str) -> tuple[str, dict[str, Any]]:
    iam = boto3.client("iam")
    (name,) = iam.list_role_policies(RoleName=role)["PolicyNames"]
    return name, iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]


def actions_of(statement: dict[str, Any]) -> list[str]:
    return [statement["Action"]] if isinstance(statement["Action"], str) else list(statement["Action"])


@contextmanager
def without(service: Service, function: str, action: str) -> Iterator[None]:
    """A function's role has all its permissions but one."""
    role = role_of(service, function)
    name, document = document_of(role)
    kept = [{**each, "Action": [one for one in actions_of(each) if one != action]} for each in document["Statement"]]
    less = {**document, "Statement": [each for each in kept if each["Action"]]}
    assert less != document
    iam = boto3.client("iam")
    iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(less))
    yield
    iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(document))


def records(service: Service) -> set[str]:
    found = boto3.client("dynamodb").scan(TableName=table(service), ConsistentRead=True)["Items"]
    return {str(item["connectionId"]["S"]) for item in found}


def denials(service: Service) -> set[tuple[str, str, str]]:
    """Function, action and resource of every refusal that a function has logged so far."""
    pattern = r"is not authorized to perform: (\S+) on resource: ([^\s\"]+)"
    return {
        (function, *found)
        for function in FUNCTIONS
        for line in service.log(function)
        for found in re.findall(pattern, line)
    }


def ask(client: ClientConnection, message: str) -> dict[str, Any]:
    """The answer of a route, which of a broadcast comes behind the broadcast message itself."""
    client.send(message)
    answer: dict[str, Any] = json.loads(client.recv(timeout=60))
    return answer if answer.get("message") != "all" else dict(json.loads(client.recv(timeout=60)))


@contextmanager
def alone(service: Service, eventually: Eventually) -> Iterator[ClientConnection]:
    """A client, and nobody else in the table."""
    eventually(lambda: not records(service))
    with connect(service.url()) as client:
        yield client


def tour(
    service: Service, client: ClientConnection, eventually: Eventually, expected: dict[str, Any]
) -> dict[str, Any]:
    """Drive every route once, and say how it went."""
    boto3.client("dynamodb").put_item(TableName=table(service), Item={"connectionId": {"S": GONE}})
    answer = ask(client, '{"action":"broadcast","message":"all"}')
    seen: dict[str, Any] = {"broadcast": answer.get("message", answer)}
    boto3.client("dynamodb").delete_item(TableName=table(service), Key={"connectionId": {"S": GONE}})
    answer = ask(client, "{}")
    seen["default"] = answer.get("error", answer.get("message"))
    seen["send"] = ask(client, '{"action":"send"}')["message"]
    before = records(service)
    try:
        with connect(service.url()):
            seen["connect"] = 101
            (mine,) = records(service) - before
    except InvalidStatus as refused:
        return {**seen, "connect": refused.response.status_code, "left behind": 0}
    if expected["left behind"]:
        eventually(lambda: any(function == "disconnect" for function, *_ in denials(service)))
    else:
        eventually(lambda: mine not in records(service))
    seen["left behind"] = int(mine in records(service))
    boto3.client("dynamodb").delete_item(TableName=table(service), Key={"connectionId": {"S": mine}})
    return seen


def test_these_are_all_permissions_of_the_stack(deployed: Service) -> None:
    """The tests below take each of them away once."""
    has = {
        (function, action)
        for function in FUNCTIONS
        for statement in document_of(role_of(deployed, function))[1]["Statement"]
        for action in actions_of(statement)
    }
    assert has == {*DENIED, *((function, action) for function in FUNCTIONS for action in LOGGING)}


def test_the_stacks_own_roles_are_enough(deployed: Service, eventually: Eventually) -> None:
    """With all its permissions nothing is denied."""
    with alone(deployed, eventually) as client:
        assert tour(deployed, client, eventually, WELL) == WELL
    assert denials(deployed) == set()


@pytest.mark.parametrize(("function", "action"), DENIED)
def test_without_a_permission_its_call_is_denied(
    deployed: Service, eventually: Eventually, function: str, action: str
) -> None:
    """The function's log names the call, its caller meets the failure; every other route works as ever."""
    expected, before = {**WELL, **DENIED[function, action]}, denials(deployed)
    with alone(deployed, eventually) as client:
        with without(deployed, function, action):
            assert tour(deployed, client, eventually, expected) == expected
        eventually(lambda: denials(deployed) != before)
    (denied,) = denials(deployed) - before
    assert denied[:2] == (function, action)
    if action.startswith("dynamodb:"):
        assert denied[2] == f"arn:aws:dynamodb:us-east-1:123456789012:table/{table(deployed)}"
    with alone(deployed, eventually) as client:
        assert tour(deployed, client, eventually, WELL) == WELL


def run_cold(service: Service, function: str) -> dict[str, Any]:
    """Invoke a function in a fresh sandbox."""
    client, name = boto3.client("lambda"), f"{service.name}-dev-{function}"
    variables = client.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
    client.update_function_configuration(
        FunctionName=name, Environment={"Variables": {**variables, "COLD": uuid.uuid4().hex}}
    )
    request = {
        "connectionId": GONE,
        "connectedAt": 1701245041796,
        "domainName": urlsplit(service.url()).hostname,
        "identity": {"sourceIp": "127.0.0.1"},
        "disconnectStatusCode": 1000,
        "disconnectReason": "",
        "routeKey": function,
        "requestId": "r",
        "stage": "dev",
    }
    event = {"requestContext": request, "body": '{"message": "psst"}'}
    answer: dict[str, Any] = client.invoke(FunctionName=name, Payload=json.dumps(event).encode())
    boto3.client("dynamodb").delete_item(TableName=table(service), Key={"connectionId": {"S": GONE}})
    return answer


def streams(service: Service, function: str) -> set[str]:
    group = f"/aws/lambda/{service.name}-dev-{function}"
    found = boto3.client("logs").describe_log_streams(logGroupName=group)["logStreams"]
    return {str(stream["logStreamName"]) for stream in found}


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("action", LOGGING)
def test_without_the_permission_to_log_a_function_runs_in_silence(
    deployed: Service, function: str, action: str
) -> None:
    """Lambda writes a function's log in the function's own role; that it may not is no failure of the function."""
    lines, before = deployed.log(function), streams(deployed, function)
    with without(deployed, function, action):
        answer = run_cold(deployed, function)
        assert json.loads(answer["Payload"].read()) == {"statusCode": 200}
        assert deployed.log(function) == lines
        new = streams(deployed, function) - before
        assert len(new) == (0 if action == "logs:CreateLogStream" else 1)
    run_cold(deployed, function)
    assert any(line.startswith("REPORT ") for line in deployed.log(function)[len(lines) :])

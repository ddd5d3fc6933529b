"""Deploy, change, deploy again, remove."""

from collections.abc import Callable

import boto3
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from .conftest import Service


def test_an_open_socket_survives_a_redeploy_and_meets_the_new_code(project: Service) -> None:
    """Spec 158: the connection stays; a changed handler and a new route answer on it."""
    project.deploy()
    with connect(project.url()) as client:

        def ask(message: str) -> str:
            client.send(message)
            return str(client.recv(timeout=60))

        assert ask('{"action":"send"}') == '{"message":"🏓 pong"}'
        assert ask('{"action":"shout","message":"psst"}').startswith('{"error":"unknown action: shout"')
        before = project.url()

        send = project.folder / "lambda" / "send.py"
        send.write_text(send.read_text().replace("🏓 pong", "🏓 PONG"))
        stack = project.folder / "serverless.yml"
        stack.write_text(
            stack.read_text().replace(
                "      - websocket: send\n", "      - websocket: send\n      - websocket: shout\n"
            )
        )
        project.deploy()

        assert project.url() == before
        assert ask('{"action":"send"}') == '{"message":"🏓 PONG"}'
        assert ask('{"action":"shout","message":"psst"}') == '{"message":"psst"}'
    project.osls("remove")


def test_remove_leaves_no_resource_of_the_stack(project: Service) -> None:
    """Every kind of resource that the stack has is asked for."""
    project.deploy()
    client: Callable[..., object] = boto3.client
    counted = {kind: count(client) for kind, count in COUNTS.items()}
    assert all(counted.values()), counted
    done = project.osls("remove")
    assert "✔ Service serverless-websockets has been successfully removed" in done.stderr
    assert {kind: count(client) for kind, count in COUNTS.items()} == dict.fromkeys(COUNTS, 0)


OURS = "serverless-websockets"

COUNTS: dict[str, Callable[..., int]] = {
    "APIs": lambda client: len(client("apigatewayv2").get_apis()["Items"]),
    "functions": lambda client: len(client("lambda").list_functions()["Functions"]),
    "roles": lambda client: sum(OURS in role["RoleName"] for role in client("iam").list_roles()["Roles"]),
    "tables": lambda client: len(client("dynamodb").list_tables()["TableNames"]),
    "log groups": lambda client: len(client("logs").describe_log_groups()["logGroups"]),
    "buckets": lambda client: len(client("s3").list_buckets()["Buckets"]),
    "stacks": lambda client: sum(
        stack["StackStatus"] != "DELETE_COMPLETE" for stack in client("cloudformation").list_stacks()["StackSummaries"]
    ),
}


def test_connect_is_refused_when_the_record_cannot_be_written(project: Service) -> None:
    """Without its table, ``$connect`` answers 500, so no client connects that could not be reached."""
    url = project.deploy()
    project.embedded.client("dynamodb").delete_table(TableName="serverless-websockets-dev-connections")
    try:
        with pytest.raises(InvalidStatus) as refused:
            connect(url)
        assert refused.value.response.status_code == 500
    finally:
        project.osls("remove")

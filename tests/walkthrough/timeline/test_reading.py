"""The access log switched on and off, and messages read from real logs, with the real stack on an embedded AWS."""

import json
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

PROJECT = Path(__file__).parents[3]
LOCAL_AWS = Path(sys.executable).with_name("local-aws")

CODE = r"""
import contextlib, io, json, textwrap, time
import boto3
from websockets.sync.client import connect
from walkthrough import access_log, cloud, stack, timeline
from walkthrough.errors import WalkthroughError

said = {}

def refusal(*arguments, **more):
    try:
        timeline.read(*arguments, **more)
    except WalkthroughError as error:
        return str(error)

def account_role():
    return boto3.client("apigateway").get_account().get("cloudwatchRoleArn", "").rpartition("/")[2]

def settings():
    api_id = stack.url().removeprefix("wss://").partition(".")[0]
    stage = boto3.client("apigatewayv2").get_stage(ApiId=api_id, StageName="dev")
    return stage.get("AccessLogSettings", {}).get("DestinationArn", "")

def groups_and_roles():
    groups = boto3.client("logs").describe_log_groups(logGroupNamePrefix=access_log.GROUP)["logGroups"]
    roles = [role["RoleName"] for role in boto3.client("iam").list_roles()["Roles"]]
    return [group["logGroupName"] for group in groups], [name for name in roles if "access-log" in name]

def documented(package):
    return textwrap.dedent(package.__doc__.split("\n\n", 1)[1].rpartition("\n\n")[0])

cloud.use()
silent = contextlib.redirect_stdout(io.StringIO())
with silent:
    stack.deploy()
try:
    said["before"] = [settings(), account_role(), groups_and_roles()]
    said["read before"] = refusal(since=time.time())
    access_log.on()
    access_log.on()
    said["on"] = [settings(), account_role(), groups_and_roles()]
    said["left if forgotten"] = [what for what in stack.leftovers() if "access-log" in what or "apigateway" in what]
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(documented(timeline))
    said["example"] = printed.getvalue()
    with connect(stack.url()) as client:  # without a name
        sent = time.time()
        client.send('{"action":"send"}')
        client.recv(timeout=10)
        said["nobody"] = refusal([timeline.Heard("client X", sent, time.time())], seconds=0.5)
    said["nothing"] = refusal(since=time.time() + 60)
    said["since"] = sorted({message.route for message in timeline.read(since=sent - 30)})
    access_log.off()
    access_log.off()
    said["off"] = [settings(), account_role(), groups_and_roles()]

    trust = {"Effect": "Allow", "Principal": {"Service": "apigateway.amazonaws.com"}, "Action": "sts:AssumeRole"}
    iam = boto3.client("iam")
    theirs = iam.create_role(
        RoleName="theirs", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    )["Role"]["Arn"]
    push = "arn:aws:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs"
    iam.attach_role_policy(RoleName="theirs", PolicyArn=push)
    operations = [{"op": "replace", "path": "/cloudwatchRoleArn", "value": theirs}]
    boto3.client("apigateway").update_account(patchOperations=operations)
    access_log.on()
    said["on with another role"] = [account_role(), groups_and_roles()]
    with silent:
        stack.remove()
    said["removed"] = [account_role(), groups_and_roles(), stack.leftovers()]
    access_log.off()
finally:
    with silent:
        stack.remove()
        cloud.close()
print(json.dumps(said))
"""

GROUP = "/aws/apigateway/serverless-websockets-dev"
ROLE = "serverless-websockets-dev-us-east-1-access-log"

Said = dict[str, Any]


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> Said:
    """What the program above found out."""
    folder = tmp_path_factory.mktemp("project")
    shutil.copytree(PROJECT / "lambda", folder / "lambda", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(PROJECT / "serverless.yml", folder)
    (folder / "node_modules").symlink_to(PROJECT / "node_modules")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    outer = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "WALKTHROUGH_"))}
    own = {**outer, "LOCAL_AWS_HOME": str(folder / "home"), "LOCAL_AWS_PORT": port, "TQDM_DISABLE": "1"}
    try:
        done = subprocess.run(
            [sys.executable, "-c", CODE], cwd=folder, env=own, capture_output=True, text=True, timeout=120
        )
    finally:
        subprocess.run([LOCAL_AWS, "down"], env=own, capture_output=True)
    assert 0 == done.returncode, done.stdout + done.stderr
    result: Said = json.loads(done.stdout)
    return result


def test_on(said: Said) -> None:
    """The stage logs to the group of the stack, and the account, which had no role, has one of ours; twice is once."""
    assert ["", "", [[], []]] == said["before"]
    destination, role, made = said["on"]
    assert destination.endswith(f":log-group:{GROUP}")
    assert (ROLE, [[GROUP], [ROLE]]) == (role, made)


def test_off(said: Said) -> None:
    """Everything is as it was before, also when asked twice."""
    assert said["before"] == said["off"]


def test_another_role_of_the_account_stays(said: Said) -> None:
    """Who has a role for logs keeps it: none of ours is made, and the removal of the stack leaves theirs."""
    assert ["theirs", [[GROUP], []]] == said["on with another role"]
    assert ["theirs", [[], []], []] == said["removed"]


def test_what_is_left_is_known(said: Said) -> None:
    """A group and a role that nobody took away are among the leftovers of the stack."""
    assert [f"log group {GROUP}", f"role {ROLE}"] == sorted(said["left if forgotten"])


def test_the_example(said: Said) -> None:
    """The program in the docstring of the package tells of its pong, in all lanes."""
    lines = said["example"].splitlines()
    assert "a pong (route send, cold)" == lines[1]
    assert ["you wait", "API Gateway", "cold start", "handler", "@connections"] == [
        line[2:16].strip() for line in lines[2:]
    ]


def test_all_since_a_moment(said: Said) -> None:
    """Without clients every request is told, comings and goings too."""
    assert {"$connect", "send"} <= set(said["since"])


def test_without_an_access_log(said: Said) -> None:
    """That names the log group which is not there, and what to run."""
    assert (
        said["read before"]
        == f"There is no log group {GROUP}: run stack.deploy() and access_log.on(), and send a message."
    )


def test_a_client_that_never_said_its_name(said: Said) -> None:
    """That names the log group, what was not found in it, and how a client says its name."""
    assert said["nobody"].startswith(f"0.5 seconds later the log group {GROUP} tells of 0 of 1 messages.")
    assert "user_agent_header set to its name (client X)" in said["nobody"]


def test_no_lines(said: Said) -> None:
    """That names the log group, and how to get some."""
    assert said["nothing"].startswith(f"The log group {GROUP} tells of no request since ")
    assert "Send a message" in said["nothing"]

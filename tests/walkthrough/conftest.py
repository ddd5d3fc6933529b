"""Programs that use the toolkit as a learner's would, with the real stack on an embedded AWS.

The one here switches the access log on and off, and reads messages.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

PROJECT = Path(__file__).parents[2]
LOCAL_AWS = Path(sys.executable).with_name("local-aws")

CODE = r"""
import contextlib, io, json, subprocess, textwrap, time
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
        client.recv(timeout=60)
        said["nobody"] = refusal([timeline.Heard("client X", sent, time.time())], seconds=0.5)
    said["nothing"] = refusal(since=time.time() + 60)
    said["since"] = sorted({message.route for message in timeline.read(since=sent - 30)})
    subprocess.run(["local-aws", "clock", "advance", "10m"], check=True, capture_output=True)
    said["ahead"] = cloud.ahead()
    with connect(stack.url(), user_agent_header="client B") as client:
        sent = time.time()
        client.send('{"action":"send"}')
        client.recv(timeout=60)
        later, = timeline.read([timeline.Heard("client B", sent, time.time())], seconds=20)
    minutes = (later.begin / 1000 - sent) / 60
    said["ten minutes ahead"] = [later.client, len(timeline.read(since=sent - 5)) > 0, round(minutes)]
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

Said = dict[str, Any]


Program = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def program(tmp_path_factory: pytest.TempPathFactory, new_port: Callable[[], int]) -> Program:
    """Runs Python code in a copy of the project, with an embedded AWS of its own, of which nothing is left."""

    def run(code: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        folder = tmp_path_factory.mktemp("project")
        shutil.copytree(PROJECT / "lambda", folder / "lambda", ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(PROJECT / "serverless.yml", folder)
        (folder / "node_modules").symlink_to(PROJECT / "node_modules")
        outer = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "WALKTHROUGH_"))}
        own = {**outer, "LOCAL_AWS_HOME": str(folder / "home"), "LOCAL_AWS_PORT": str(new_port()), "TQDM_DISABLE": "1"}
        command = [sys.executable, "-c", code]
        try:
            done = subprocess.run(
                command, cwd=folder, env=own, input=stdin, capture_output=True, text=True, timeout=300
            )
        finally:
            subprocess.run([LOCAL_AWS, "down"], env=own, capture_output=True)
        assert 0 == done.returncode, done.stdout + done.stderr
        return done

    return run


@pytest.fixture(scope="session")
def said(program: Program) -> Said:
    """What the program above found out."""
    result: Said = json.loads(program(CODE).stdout)
    return result

"""A deploy that fails: what served before still serves, and nothing is left that the next deploy stumbles over."""

from collections.abc import Iterator

import pytest
from websockets.sync.client import ClientConnection, connect

from .conftest import Service
from .test_redeploy import COUNTS

BROKEN = """
    Broken:
      Type: AWS::Lambda::Permission
      DependsOn: WebsocketsDeploymentStage
      Properties: { FunctionName: nobody, Action: lambda:InvokeFunction, Principal: apigateway.amazonaws.com }
"""
"""A resource that AWS refuses, when all else has been changed: the function does not exist."""

SAYS_WHY = "Broken (AWS::Lambda::Permission)\nFunction not found: arn:aws:lambda:us-east-1:123456789012:function:nobody"


def replace(service: Service, file: str, old: str, new: str) -> None:
    path = service.folder / file
    text = path.read_text()
    assert old in text, old
    path.write_text(text.replace(old, new))


def break_stack(service: Service) -> None:
    replace(service, "serverless.yml", "resources:\n  Resources:\n", f"resources:\n  Resources:{BROKEN}")


def mend_stack(service: Service) -> None:
    replace(service, "serverless.yml", BROKEN, "\n")


def stack_status(service: Service) -> str:
    (stack,) = service.embedded.client("cloudformation").describe_stacks(StackName=f"{service.name}-dev")["Stacks"]
    return str(stack["StackStatus"])


def ask(client: ClientConnection, message: str) -> str:
    client.send(message)
    return str(client.recv(timeout=60))


def use_change_sets(service: Service) -> None:
    replace(service, "serverless.yml", "  deploymentMethod: direct", "  # deploymentMethod: direct")


@pytest.mark.parametrize("method", ["direct", "changesets"])
def test_what_served_before_still_serves(project: Service, method: str) -> None:
    """After a failed update the old code and the old routes answer, on an open connection and on a new one.

    Code, a route, an integration, a permission and the stage's deployment had changed by then. A good deploy follows.
    """
    if method == "changesets":
        use_change_sets(project)
    url = project.deploy()
    with connect(url) as client:
        assert ask(client, '{"action":"send"}') == '{"message":"🏓 pong"}'
        replace(project, "lambda/send.py", "🏓 pong", "🏓 PONG")
        route = "      - websocket: send\n"
        replace(project, "serverless.yml", route, route + "      - websocket: shout\n")
        replace(project, "serverless.yml", "memorySize: 512", "memorySize: 256")
        break_stack(project)

        failed = project.osls("deploy", check=False)

        assert failed.returncode == 1
        assert SAYS_WHY in failed.stdout + failed.stderr
        assert stack_status(project) == "UPDATE_ROLLBACK_COMPLETE"
        with connect(url) as newcomer:
            for each in (client, newcomer):
                assert ask(each, '{"action":"send"}') == '{"message":"🏓 pong"}'
                assert ask(each, '{"action":"shout"}').startswith('{"error":"unknown action: shout"')

        mend_stack(project)
        assert project.deploy() == url
        assert ask(client, '{"action":"send"}') == '{"message":"🏓 PONG"}'
        assert ask(client, '{"action":"shout","message":"psst"}') == '{"message":"psst"}'
    project.osls("remove")


def test_a_first_deploy_that_fails_leaves_only_its_bucket(project: Service) -> None:
    """osls makes a stack with a bucket first and then updates it: that much is left, and a good deploy goes on."""
    break_stack(project)

    failed = project.osls("deploy", check=False)

    assert failed.returncode == 1
    assert SAYS_WHY in failed.stdout + failed.stderr
    assert stack_status(project) == "UPDATE_ROLLBACK_COMPLETE"
    left = {kind: count(project.embedded.client) for kind, count in COUNTS.items()}
    assert left == {**dict.fromkeys(COUNTS, 0), "buckets": 1, "stacks": 1}
    mend_stack(project)
    with connect(project.deploy()) as client:
        assert ask(client, '{"action":"send"}') == '{"message":"🏓 pong"}'
    project.osls("remove")


@pytest.fixture
def bucket(project: Service) -> Iterator[str]:
    """A bucket for deployments that is not the stack's: osls creates the whole stack at once then."""
    s3 = project.embedded.client("s3")
    s3.create_bucket(Bucket="deployments-of-mine")
    replace(project, "serverless.yml", "provider:\n", "provider:\n  deploymentBucket: deployments-of-mine\n")
    yield "deployments-of-mine"
    for each in s3.list_objects_v2(Bucket="deployments-of-mine").get("Contents", []):
        s3.delete_object(Bucket="deployments-of-mine", Key=each["Key"])
    s3.delete_bucket(Bucket="deployments-of-mine")


def test_a_stack_that_cannot_be_created_is_gone(project: Service, bucket: str) -> None:
    """osls has CloudFormation delete it, so the next deploy begins anew."""
    break_stack(project)

    failed = project.osls("deploy", check=False)

    assert failed.returncode == 1
    assert SAYS_WHY in failed.stdout + failed.stderr
    left = {kind: count(project.embedded.client) for kind, count in COUNTS.items()}
    assert left == {**dict.fromkeys(COUNTS, 0), "buckets": 1}
    mend_stack(project)
    with connect(project.deploy()) as client:
        assert ask(client, '{"action":"send"}') == '{"message":"🏓 pong"}'
    project.osls("remove")


def test_a_stack_that_cannot_be_created_by_a_change_set_must_be_removed(project: Service, bucket: str) -> None:
    """It stays in ROLLBACK_COMPLETE; a deploy is refused in AWS's words until ``osls remove`` has freed the name."""
    use_change_sets(project)
    break_stack(project)
    failed = project.osls("deploy", check=False)
    assert SAYS_WHY in failed.stdout + failed.stderr
    assert stack_status(project) == "ROLLBACK_COMPLETE"
    mend_stack(project)

    refused = project.osls("deploy", check=False)

    assert refused.returncode == 1
    assert "is in ROLLBACK_COMPLETE state and can not be updated." in refused.stdout + refused.stderr
    project.osls("remove")
    with connect(project.deploy()) as client:
        assert ask(client, '{"action":"send"}') == '{"message":"🏓 pong"}'
    project.osls("remove")


def test_a_failed_deploy_that_is_not_rolled_back(project: Service) -> None:
    """With ``disableRollback``, the stack stops where it failed, and the next good deploy continues from there."""
    replace(project, "serverless.yml", "provider:\n", "provider:\n  disableRollback: true\n")
    url = project.deploy()
    replace(project, "lambda/send.py", "🏓 pong", "🏓 PONG")
    break_stack(project)

    assert project.osls("deploy", check=False).returncode == 1

    assert stack_status(project) == "UPDATE_FAILED"
    with connect(url) as client:
        assert ask(client, '{"action":"send"}') == '{"message":"🏓 PONG"}'
    mend_stack(project)
    project.deploy()
    assert stack_status(project) == "UPDATE_COMPLETE"
    project.osls("remove")

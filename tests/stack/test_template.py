import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cfnlint.api import lint_file
from cfnlint.config import ManualArgs

REPOSITORY = Path(__file__).parent.parent.parent
FUNCTIONS = ["Broadcast", "Connect", "Default", "Disconnect", "Send"]

OfType = Callable[[str], dict[str, dict[str, Any]]]
Statements = Callable[[str], Iterator[tuple[str, Any]]]

WRITE_LOGS = ["logs:CreateLogStream", "logs:PutLogEvents"]
POST = "arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${WebsocketsApi}/dev/POST/@connections/*"


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory, new_project: Callable[[], Path]) -> Path:
    """What `osls package` writes for the stage dev: no network and no account are needed."""
    osls = REPOSITORY / "node_modules" / ".bin" / "osls"
    if not osls.exists():
        pytest.fail(f"{osls} is missing: run `make setup` first.")
    folder = tmp_path_factory.mktemp("package")
    environment = {
        "HOME": str(tmp_path_factory.mktemp("home")),
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),  # Node lies beside Python
        "CI": "true",  # no colours, no spinner
    }
    run = subprocess.run(
        [osls, "package", "--stage", "dev", "--package", folder],
        cwd=new_project(),
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert 0 == run.returncode, run.stdout + run.stderr
    assert "Warning" not in run.stderr, run.stderr
    return folder


@pytest.fixture(scope="module")
def template_path(package: Path) -> Path:
    return package / "cloudformation-template-update-stack.json"


@pytest.fixture(scope="module")
def template(template_path: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(template_path.read_text(encoding="utf-8"))
    return loaded


@pytest.fixture(scope="module")
def of_type(template: dict[str, Any]) -> OfType:
    """The properties of the resources of a type, by logical id."""

    def find(resource_type: str) -> dict[str, dict[str, Any]]:
        return {
            logical_id: resource["Properties"]
            for logical_id, resource in template["Resources"].items()
            if resource["Type"] == resource_type
        }

    return find


@pytest.fixture(scope="module")
def statements(of_type: OfType) -> Statements:
    """All that the role of a function allows: each action, and the resource on which it is allowed."""

    def find(function: str) -> Iterator[tuple[str, Any]]:
        for policy in of_type("AWS::IAM::Role")[f"{function}Role"]["Policies"]:
            for statement in policy["PolicyDocument"]["Statement"]:
                assert "Allow" == statement["Effect"]
                actions = statement["Action"]
                for action in [actions] if isinstance(actions, str) else actions:
                    yield action, statement["Resource"]

    return find


def test_cfn_lint_finds_no_error(template_path: Path) -> None:
    """The packaged template has no cfn-lint error."""
    matches = lint_file(template_path, config=ManualArgs(regions=["us-east-1"]))
    assert [] == [str(match) for match in matches if match.rule.severity == "error"]


def test_cfn_lint_would_find_an_error(template: dict[str, Any], tmp_path: Path) -> None:
    """The check above sees an error when there is one."""
    broken = json.loads(json.dumps(template))
    broken["Resources"]["ConnectionsTable"]["Properties"]["BillingMode"] = "FREE"
    path = tmp_path / "broken.json"
    path.write_text(json.dumps(broken), encoding="utf-8")
    matches = lint_file(path, config=ManualArgs(regions=["us-east-1"]))
    assert "error" in {match.rule.severity for match in matches}


def test_only_the_handlers_are_packaged(package: Path) -> None:
    """The zip of the functions holds the modules of lambda/ and nothing else."""
    modules = {f"lambda/{path.name}" for path in (REPOSITORY / "lambda").glob("*.py")}
    with zipfile.ZipFile(package / "serverless-websockets.zip") as archive:
        assert modules == set(archive.namelist())


def test_each_route_has_its_function(of_type: OfType) -> None:
    """There is one function for each route."""
    assert FUNCTIONS == sorted(key.removesuffix("LambdaFunction") for key in of_type("AWS::Lambda::Function"))
    routes = {route["RouteKey"] for route in of_type("AWS::ApiGatewayV2::Route").values()}
    assert {"$connect", "$disconnect", "$default", "send", "broadcast"} == routes


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_runs_as_promised(of_type: OfType, function: str) -> None:
    """A function is Python 3.13 on arm64 and may take five seconds."""
    properties = of_type("AWS::Lambda::Function")[f"{function}LambdaFunction"]
    assert ("python3.13", ["arm64"], 5) == (
        properties["Runtime"],
        properties["Architectures"],
        properties["Timeout"],
    )


@pytest.mark.parametrize("function", FUNCTIONS)
def test_each_function_has_its_own_role(of_type: OfType, function: str) -> None:
    """No two functions share a role, and only Lambda may assume it."""
    properties = of_type("AWS::Lambda::Function")[f"{function}LambdaFunction"]
    assert {"Fn::GetAtt": [f"{function}Role", "Arn"]} == properties["Role"]
    (statement,) = of_type("AWS::IAM::Role")[f"{function}Role"]["AssumeRolePolicyDocument"]["Statement"]
    assert {"Service": "lambda.amazonaws.com"} == statement["Principal"]


def test_there_is_no_role_beside_those_of_the_functions(of_type: OfType) -> None:
    """The framework's shared role is not made, and no role has a managed policy."""
    roles = of_type("AWS::IAM::Role")
    assert {f"{function}Role" for function in FUNCTIONS} == set(roles)
    assert not any("ManagedPolicyArns" in role for role in roles.values())


@pytest.mark.parametrize(
    ("function", "on_the_table", "posts"),
    [
        ("Connect", ["dynamodb:PutItem"], False),
        ("Disconnect", ["dynamodb:DeleteItem"], False),
        ("Default", [], True),
        ("Send", [], True),
        ("Broadcast", ["dynamodb:Scan", "dynamodb:DeleteItem"], True),
    ],
)
def test_a_role_allows_what_its_function_does_and_nothing_else(
    statements: Statements, function: str, on_the_table: list[str], posts: bool
) -> None:
    """A role names its actions one by one, each on the one log group, table or API that it is meant for."""
    log_group = {"Fn::GetAtt": [f"{function}LogGroup", "Arn"]}
    table = {"Fn::GetAtt": ["ConnectionsTable", "Arn"]}
    expected = [
        *((action, log_group) for action in WRITE_LOGS),
        *((action, table) for action in on_the_table),
        *([("execute-api:ManageConnections", {"Fn::Sub": POST})] if posts else []),
    ]
    assert expected == list(statements(function))


def test_the_table_costs_nothing_at_rest_and_forgets(of_type: OfType) -> None:
    """The table is on demand, deletes records by `expiresAt`, and carries the tags of the stack."""
    (table,) = of_type("AWS::DynamoDB::Table").values()
    assert "PAY_PER_REQUEST" == table["BillingMode"]
    assert {"AttributeName": "expiresAt", "Enabled": True} == table["TimeToLiveSpecification"]
    assert [{"Key": "project", "Value": "serverless-websockets"}, {"Key": "stage", "Value": "dev"}] == table["Tags"]


def test_functions_and_api_are_tagged(of_type: OfType) -> None:
    """The functions and the API carry the tags of the stack."""
    for function in of_type("AWS::Lambda::Function").values():
        assert {"project", "stage"} == {tag["Key"] for tag in function["Tags"]}
    (api,) = of_type("AWS::ApiGatewayV2::Api").values()
    assert {"project": "serverless-websockets", "stage": "dev"} == api["Tags"]


def test_logs_are_kept_for_a_week(of_type: OfType) -> None:
    """Each function has a log group that keeps its lines for seven days."""
    groups = of_type("AWS::Logs::LogGroup")
    assert {f"{function}LogGroup" for function in FUNCTIONS} == set(groups)
    assert {7} == {group["RetentionInDays"] for group in groups.values()}


def test_the_stack_says_where_it_is(template: dict[str, Any]) -> None:
    """The outputs name the URL of the API and the table of connections."""
    assert {"ServiceEndpointWebsocket", "ConnectionsTable"} <= set(template["Outputs"])
    assert {"Ref": "ConnectionsTable"} == template["Outputs"]["ConnectionsTable"]["Value"]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_role_has_a_name_of_its_own(of_type: OfType, function: str) -> None:
    """IAM has one namespace for all regions; `osls deploy function` finds a role by this name."""
    name = of_type("AWS::IAM::Role")[f"{function}Role"]["RoleName"]
    assert f"serverless-websockets-dev-us-east-1-{function.lower()}" == name
    longest_region, longest_stage = "ap-northeast-1", "production"
    assert len(name.replace("us-east-1", longest_region).replace("dev", longest_stage)) <= 64

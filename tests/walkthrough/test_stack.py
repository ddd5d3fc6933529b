"""``stack`` against an embedded AWS of this module's own, by real deploys."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import boto3
import pandas as pd
import pytest

from walkthrough import calls, cloud, stack
from walkthrough.errors import WalkthroughError

pytestmark = pytest.mark.slow

LOCAL_AWS = Path(sys.executable).with_name("local-aws")


@pytest.fixture(scope="module", autouse=True)
def own_aws(new_project: Callable[[], Path]) -> Iterator[None]:
    """The environment of an embedded AWS on a free port, and none of it afterwards."""
    was = dict(os.environ)
    home = tempfile.mkdtemp(prefix="local-aws-")
    os.environ.update(LOCAL_AWS_HOME=home, LOCAL_AWS_PORT="0", WALKTHROUGH_CLOUD="local", TQDM_DISABLE="1")
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.chdir(new_project())
        try:
            cloud.use()
            yield
        finally:
            subprocess.run([LOCAL_AWS, "down"], capture_output=True, check=False)
            os.environ.clear()
            os.environ.update(was)
            boto3.DEFAULT_SESSION = None
            shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="module")
def deployed(own_aws: None) -> None:
    stack.deploy()


@pytest.mark.parametrize("name", ["url", "outputs", "records", "resources", "graph"])
def test_not_deployed(name: str) -> None:
    """Before the deploy, each function that needs one says so."""
    with pytest.raises(WalkthroughError, match=r"^serverless-websockets-dev is not deployed: run stack\.deploy\(\)"):
        getattr(stack, name)()


@pytest.mark.usefixtures("deployed")
def test_deployed(capfd: pytest.CaptureFixture[str]) -> None:
    """A deploy prints one line; a second one has nothing to do, and prints the same."""
    stack.deploy()
    assert ("serverless-websockets-dev is deployed.\n", "") == capfd.readouterr()
    assert stack.url().endswith(".execute-api.us-east-1.amazonaws.com/dev")


@pytest.mark.usefixtures("deployed")
def test_graph() -> None:
    """The graph has each resource that CloudFormation lists."""
    picture = stack.graph()
    listed = stack.resources()
    assert picture.alt.startswith(f"{len(listed)} resources of {listed['type'].nunique()} types: ")
    kinds = {line.partition(" (")[0] for line in picture.text.splitlines()}
    assert {kind.rpartition("::")[2] for kind in listed["type"]} == kinds


@pytest.fixture
def table(deployed: None) -> Iterator[str]:
    """The name of the table of connections, which is empty again afterwards."""
    name = stack.outputs()["ConnectionsTable"]
    yield name
    dynamodb = boto3.client("dynamodb")
    for key in stack.records()["connectionId"]:
        dynamodb.delete_item(TableName=name, Key={"connectionId": {"S": key}})


def put(table: str, connection_id: str, **attributes: dict[str, str]) -> None:
    boto3.client("dynamodb").put_item(TableName=table, Item={"connectionId": {"S": connection_id}, **attributes})


def test_no_records(table: str) -> None:
    """An empty table is a frame with columns, of the same types as in a full one."""
    empty = stack.records()
    assert (0, stack.COLUMNS) == (len(empty), list(empty.columns))
    put(table, "a", connectedAt={"S": "2026-11-24T23:29:17.456+00:00"}, expiresAt={"N": "1795570000"})
    full = stack.records()
    assert [str(kind).partition(",")[2] for kind in full.dtypes] == [
        str(kind).partition(",")[2] for kind in empty.dtypes
    ]


def test_records(table: str) -> None:
    """The oldest comes first, and the times are times, in UTC and to the second."""
    put(table, "late", connectedAt={"S": "2026-11-24T23:29:17.456+00:00"}, expiresAt={"N": "1795570157"})
    put(table, "early", connectedAt={"S": "2026-11-24T23:29:17.123+00:00"}, expiresAt={"N": "1795570157"})
    records = stack.records()
    assert ["early", "late"] == list(records["connectionId"])
    assert "2026-11-24 23:29:17+00:00" == str(records["connectedAt"][0])
    assert "2026-11-25 01:29:17+00:00" == str(records["expiresAt"][0])


def test_a_record_of_somebody_else(table: str) -> None:
    """A record without times, or with other ones, is shown all the same."""
    put(table, "odd", connectedAt={"S": "yesterday"}, stage={"S": "dev"})
    [record] = stack.records().to_dict("records")
    assert ("odd", "dev") == (record["connectionId"], record["stage"])
    assert pd.isna(record["connectedAt"])
    assert pd.isna(record["expiresAt"])


def test_refused_by_osls(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A file that osls refuses is told in its own words."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "serverless.yml").write_text("service: {\n")
    with pytest.raises(WalkthroughError, match=r"(?s)^osls deploy failed:\n.*Cannot parse"):
        stack.deploy()


@pytest.mark.usefixtures("deployed")
def test_removed(capfd: pytest.CaptureFixture[str]) -> None:
    """Removing says that nothing is left, and so it does a second time."""
    stack.remove()
    stack.remove()
    line = "serverless-websockets-dev is removed; nothing of it is left.\n"
    assert (line * 2, "") == capfd.readouterr()


def test_leftovers_are_looked_for_on_every_page() -> None:
    """An API that AWS tells of on its second page of APIs is left, too."""
    nothing = {
        "ListFunctions": "Functions",
        "ListTables": "TableNames",
        "DescribeLogGroups": "logGroups",
        "ListRoles": "Roles",
    }

    def aws(call: calls.Call) -> dict[str, object]:
        if call.operation == "DescribeStacks":
            raise calls.Refused("Stack with id x does not exist", 400)
        if call.operation != "GetApis":
            return {nothing[call.operation]: []}
        if "NextToken" not in call.parameters:
            return {"Items": [{"ApiId": "a1", "Name": "another"}], "NextToken": "2"}
        return {"Items": [{"ApiId": "a2", "Name": stack.API_NAME}]}

    with calls.recorded(aws):
        assert ["API a2"] == stack.leftovers()

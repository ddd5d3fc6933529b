"""Nested stacks."""

import json
from typing import Any

import pytest

from ..conftest import Client, events, outputs


class Nest:
    """A parent whose nested stack has a log group; its template is in a bucket, as CloudFormation requires."""

    def __init__(self, client: Client, name: str, bucket: str) -> None:
        self.name = name
        self.bucket = bucket
        self.stacks, self._s3 = client("cloudformation"), client("s3")
        self._logs = client("logs")
        self.template("good", days=7)
        self.template("better", days=30)
        self.template("bad", days=30, Bad=BAD)

    def template(self, key: str, days: int, **more: Any) -> None:
        properties = {"LogGroupName": self.name, "RetentionInDays": days, "Tags": [{"Key": "k", "Value": {"Ref": "P"}}]}
        body = {
            "Parameters": {"P": {"Type": "String", "Default": "none"}},
            "Resources": {"Group": {"Type": "AWS::Logs::LogGroup", "Properties": properties}, **more},
            "Outputs": {"Name": {"Value": {"Ref": "Group"}}},
        }
        self._s3.put_object(Bucket=self.bucket, Key=f"{key}.json", Body=json.dumps(body).encode())

    def parent(self, key: str) -> str:
        url = f"https://s3.us-east-1.amazonaws.com/{self.bucket}/{key}.json"
        nested = {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": url, "Parameters": {"P": "v"}}}
        values = {"Id": {"Ref": "Nested"}, "Name": {"Fn::GetAtt": ["Nested", "Outputs.Name"]}}
        body = {"Resources": {"Nested": nested}, "Outputs": {key: {"Value": value} for key, value in values.items()}}
        return json.dumps(body)

    def retention(self) -> list[int]:
        groups = self._logs.describe_log_groups(logGroupNamePrefix=self.name)["logGroups"]
        return [each["retentionInDays"] for each in groups]

    def status(self) -> str:
        return str(self.stacks.describe_stacks(StackName=self.name)["Stacks"][0]["StackStatus"])


BAD = {
    "Type": "AWS::Lambda::Permission",
    "DependsOn": "Group",
    "Properties": {"FunctionName": "none", "Action": "lambda:InvokeFunction", "Principal": "apigateway.amazonaws.com"},
}


@pytest.fixture
def nest(client: Client, unique: str, code_bucket: str) -> Any:
    nest = Nest(client, unique, code_bucket)
    yield nest
    nest.stacks.delete_stack(StackName=unique)
    assert nest.retention() == []


def test_a_nested_stack(nest: Nest, unique: str) -> None:
    """``Ref`` is its ARN, its outputs are attributes, and an update leaves it the same stack."""
    nest.stacks.create_stack(StackName=unique, TemplateBody=nest.parent("good"))
    before = outputs(nest.stacks.describe_stacks(StackName=unique)["Stacks"][0])
    assert before["Id"].startswith("arn:aws:cloudformation:us-east-1:")
    assert before["Name"] == unique

    nest.stacks.update_stack(StackName=unique, TemplateBody=nest.parent("better"))

    assert nest.status() == "UPDATE_COMPLETE"
    assert outputs(nest.stacks.describe_stacks(StackName=unique)["Stacks"][0]) == before
    assert nest.retention() == [30]


def test_a_nested_stack_that_fails(nest: Nest, client: Client, unique: str) -> None:
    """Its parent is rolled back, with the reason."""
    nest.stacks.create_stack(StackName=unique, TemplateBody=nest.parent("bad"))

    assert nest.status() == "ROLLBACK_COMPLETE"
    (reason,) = (reason for name, what, reason in events(client, unique) if (name, what) == ("Nested", "CREATE_FAILED"))
    assert "was not successfully created: The following resource(s) failed to create: [Bad]." in reason
    names = [each["StackName"] for each in nest.stacks.describe_stacks()["Stacks"]]
    assert [name for name in names if name.startswith(f"{unique}-")] == []


def test_a_nested_stack_whose_update_fails(nest: Nest, client: Client, unique: str) -> None:
    """Both stacks are rolled back; afterwards a good update succeeds."""
    nest.stacks.create_stack(StackName=unique, TemplateBody=nest.parent("good"))

    nest.stacks.update_stack(StackName=unique, TemplateBody=nest.parent("bad"))

    assert nest.status() == "UPDATE_ROLLBACK_COMPLETE"
    assert nest.retention() == [7]
    (reason,) = (reason for name, what, reason in events(client, unique) if (name, what) == ("Nested", "UPDATE_FAILED"))
    assert reason.endswith(
        "was not successfully updated. Currently in UPDATE_ROLLBACK_COMPLETE with reason: "
        "The following resource(s) failed to create: [Bad]. "
    )
    nest.stacks.update_stack(StackName=unique, TemplateBody=nest.parent("better"))
    assert (nest.status(), nest.retention()) == ("UPDATE_COMPLETE", [30])

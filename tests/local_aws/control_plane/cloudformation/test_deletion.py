"""Deletion of stacks, and stacks that cannot be deleted."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from ..conftest import Client, Service, deploy, events, outputs


def error_of(call: Any, **arguments: Any) -> str:
    with pytest.raises(ClientError) as raised:
        call(**arguments)
    assert raised.value.response["Error"]["Code"] == "ValidationError"
    return str(raised.value.response["Error"]["Message"])


def status(client: Client, stack: str) -> str:
    found: str = client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"]
    return found


@pytest.fixture
def full(client: Client, service: Service) -> Iterator[tuple[str, str, str]]:
    """A stack with an object in its bucket, so that deletion fails: its name, its id and the bucket."""
    stack = deploy(client, service)
    bucket = outputs(stack)["Bucket"]
    client("s3").put_object(Bucket=bucket, Key="key", Body=b"")
    client("cloudformation").delete_stack(StackName=service.name)
    yield service.name, stack["StackId"], bucket
    if bucket in [each["Name"] for each in client("s3").list_buckets()["Buckets"]]:
        client("s3").delete_object(Bucket=bucket, Key="key")
        client("s3").delete_bucket(Bucket=bucket)


def test_a_resource_that_cannot_be_deleted(client: Client, full: tuple[str, str, str]) -> None:
    """The stack ends in DELETE_FAILED; it cannot be updated, but deleted once the bucket is empty."""
    name, stack_id, bucket = full
    stacks = client("cloudformation")
    stack = stacks.describe_stacks(StackName=name)["Stacks"][0]
    assert stack["StackStatus"] == "DELETE_FAILED"
    assert stack["StackStatusReason"] == "The following resource(s) failed to delete: [DeploymentBucket]. "
    assert ("DeploymentBucket", "DELETE_FAILED", "The bucket you tried to delete is not empty") in events(client, name)
    error = error_of(stacks.update_stack, StackName=name, TemplateBody=json.dumps({"Resources": {}}))
    assert error == f"Stack:{stack_id} is in DELETE_FAILED state and can not be updated."

    client("s3").delete_object(Bucket=bucket, Key="key")
    stacks.delete_stack(StackName=name)

    assert status(client, stack_id) == "DELETE_COMPLETE"


def test_a_resource_that_is_retained(client: Client, full: tuple[str, str, str]) -> None:
    """``RetainResources`` works for a stack in DELETE_FAILED."""
    name, stack_id, bucket = full

    client("cloudformation").delete_stack(StackName=name, RetainResources=["DeploymentBucket"])

    assert status(client, stack_id) == "DELETE_COMPLETE"
    assert ("DeploymentBucket", "DELETE_SKIPPED", "") in events(client, stack_id)
    assert bucket in [each["Name"] for each in client("s3").list_buckets()["Buckets"]]


def test_a_deletion_by_force(client: Client, full: tuple[str, str, str]) -> None:
    """FORCE_DELETE_STACK keeps the resources that cannot be deleted."""
    name, stack_id, bucket = full

    client("cloudformation").delete_stack(StackName=name, DeletionMode="FORCE_DELETE_STACK")

    assert status(client, stack_id) == "DELETE_COMPLETE"
    assert bucket in [each["Name"] for each in client("s3").list_buckets()["Buckets"]]


def test_resources_are_retained_only_after_a_failed_deletion(client: Client, service: Service) -> None:
    """``RetainResources`` for a stack in another state is an error, and nothing is deleted."""
    deploy(client, service)
    retained = {"StackName": service.name, "RetainResources": ["DeploymentBucket"]}
    assert "DELETE_FAILED" in error_of(client("cloudformation").delete_stack, **retained)
    assert status(client, service.name) == "CREATE_COMPLETE"


def test_a_stack_that_is_only_under_review(client: Client, unique: str) -> None:
    """A stack whose first change set was not executed can be deleted."""
    stacks = client("cloudformation")
    body = json.dumps({"Resources": {"Bucket": {"Type": "AWS::S3::Bucket"}}})
    named = {"StackName": unique, "ChangeSetName": "change"}
    stacks.create_change_set(**named, ChangeSetType="CREATE", TemplateBody=body)
    assert status(client, unique) == "REVIEW_IN_PROGRESS"

    stacks.delete_stack(StackName=unique)

    assert "does not exist" in error_of(stacks.describe_stacks, StackName=unique)


def test_termination_protection(client: Client, unique: str) -> None:
    """A protected stack cannot be deleted until the protection is disabled."""
    stacks = client("cloudformation")
    body = json.dumps({"Resources": {"Bucket": {"Type": "AWS::S3::Bucket"}}})
    stacks.create_stack(StackName=unique, TemplateBody=body, EnableTerminationProtection=True)
    assert stacks.describe_stacks(StackName=unique)["Stacks"][0]["EnableTerminationProtection"]

    error = error_of(stacks.delete_stack, StackName=unique)

    assert error == f"Stack [{unique}] cannot be deleted while TerminationProtection is enabled"
    assert status(client, unique) == "CREATE_COMPLETE"
    stacks.update_termination_protection(StackName=unique, EnableTerminationProtection=False)
    stacks.delete_stack(StackName=unique)
    assert "does not exist" in error_of(stacks.describe_stacks, StackName=unique)
    error_of(stacks.update_termination_protection, StackName=unique, EnableTerminationProtection=True)


@pytest.fixture
def importing(client: Client, unique: str) -> Iterator[tuple[str, str, str]]:
    """A stack that exports its bucket's name, and one that imports it: both names and the export's name."""
    stacks, exporter, importer, export = client("cloudformation"), f"{unique}-a", f"{unique}-b", f"{unique}-bucket"
    stacks.create_stack(StackName=exporter, TemplateBody=exporting(export))
    group = {
        "Type": "AWS::Logs::LogGroup",
        "Properties": {"LogGroupName": {"Fn::ImportValue": {"Fn::Sub": f"{unique}-${{Name}}"}}},
    }
    body = {"Parameters": {"Name": {"Type": "String", "Default": "bucket"}}, "Resources": {"Group": group}}
    stacks.create_stack(StackName=importer, TemplateBody=json.dumps(body))
    yield exporter, importer, export
    for name in (importer, exporter):
        stacks.delete_stack(StackName=name)


def exporting(name: str, logical: str = "Bucket") -> str:
    outputs = {"Name": {"Value": {"Ref": logical}, "Export": {"Name": name}}}
    return json.dumps({"Resources": {logical: {"Type": "AWS::S3::Bucket"}}, "Outputs": outputs})


def test_a_stack_whose_export_is_imported_is_not_deleted(client: Client, importing: tuple[str, str, str]) -> None:
    """The stack does not change, and its status reason names the importing stack."""
    exporter, importer, export = importing
    stacks = client("cloudformation")

    stacks.delete_stack(StackName=exporter)

    stack = stacks.describe_stacks(StackName=exporter)["Stacks"][0]
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    reason = f"Export {export} cannot be deleted as it is in use by {importer}"
    assert stack["StackStatusReason"] == reason
    assert events(client, exporter)[-1] == (exporter, "CREATE_COMPLETE", reason)
    assert stacks.list_imports(ExportName=export)["Imports"] == [importer]
    stacks.delete_stack(StackName=importer)
    assert "is not imported by any stack" in error_of(stacks.list_imports, ExportName=export)
    stacks.delete_stack(StackName=exporter)
    assert "does not exist" in error_of(stacks.describe_stacks, StackName=exporter)


@pytest.mark.parametrize(
    ("body", "verb"),
    [
        (lambda export: exporting(f"{export}-renamed"), "deleted"),
        (lambda export: exporting(export, "Other"), "updated"),
    ],
)
def test_an_export_that_is_imported_cannot_change(
    client: Client, importing: tuple[str, str, str], body: Callable[[str], str], verb: str
) -> None:
    """An update that would delete it or change its value is rolled back."""
    exporter, importer, export = importing
    stacks = client("cloudformation")
    before = stacks.list_exports()["Exports"]

    stacks.update_stack(StackName=exporter, TemplateBody=body(export))

    assert status(client, exporter) == "UPDATE_ROLLBACK_COMPLETE"
    reason = f"Export {export} cannot be {verb} as it is in use by {importer}"
    assert (exporter, "UPDATE_ROLLBACK_IN_PROGRESS", reason) in events(client, exporter)
    assert stacks.list_exports()["Exports"] == before


def test_an_export_belongs_to_one_stack(client: Client, importing: tuple[str, str, str]) -> None:
    """A second stack with an export of that name is rolled back; the first stack keeps it."""
    exporter, _, export = importing
    stacks, second = client("cloudformation"), f"{exporter}-2"

    stacks.create_stack(StackName=second, TemplateBody=exporting(export))

    assert status(client, second) == "ROLLBACK_COMPLETE"
    reason = f"Export with name {export} is already exported by stack {exporter}. Rollback requested by user."
    assert (second, "ROLLBACK_IN_PROGRESS", reason) in events(client, second)
    owners = [each["ExportingStackId"] for each in stacks.list_exports()["Exports"] if each["Name"] == export]
    assert [owner.split("/")[1] for owner in owners] == [exporter]
    stacks.delete_stack(StackName=second)


def test_a_stack_that_is_older_than_the_first_export(url: str, unique: str) -> None:
    """The stack can import it like any other."""
    keys: dict[str, Any] = {"aws_access_key_id": "AKIAIOSFODNN7EXAMPLE", "aws_secret_access_key": "secret"}
    stacks = boto3.client("cloudformation", "eu-north-1", endpoint_url=url, **keys)
    assert stacks.list_exports()["Exports"] == []
    group: dict[str, Any] = {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": unique}}
    stacks.create_stack(StackName=f"{unique}-b", TemplateBody=json.dumps({"Resources": {"Group": group}}))
    stacks.create_stack(StackName=f"{unique}-a", TemplateBody=exporting(unique))
    tagged = {**group["Properties"], "Tags": [{"Key": "k", "Value": {"Fn::ImportValue": unique}}]}
    body = json.dumps({"Resources": {"Group": {**group, "Properties": tagged}}})

    stacks.update_stack(StackName=f"{unique}-b", TemplateBody=body)

    assert stacks.describe_stacks(StackName=f"{unique}-b")["Stacks"][0]["StackStatus"] == "UPDATE_COMPLETE"
    assert stacks.list_imports(ExportName=unique)["Imports"] == [f"{unique}-b"]
    for name in ("b", "a"):
        stacks.delete_stack(StackName=f"{unique}-{name}")


def test_an_export_on_a_condition(client: Client, unique: str) -> None:
    """An output whose condition is false is not exported."""
    stacks = client("cloudformation")
    template = json.loads(exporting(unique))
    template["Conditions"] = {"Never": {"Fn::Equals": ["a", "b"]}}
    template["Outputs"]["Name"]["Condition"] = "Never"

    stacks.create_stack(StackName=unique, TemplateBody=json.dumps(template))

    assert status(client, unique) == "CREATE_COMPLETE"
    assert unique not in [each["Name"] for each in stacks.list_exports()["Exports"]]
    stacks.delete_stack(StackName=unique)


def test_an_output_that_cannot_be_resolved(client: Client, unique: str) -> None:
    """If an output imports an unknown export, the stack is rolled back, with the reason."""
    stacks = client("cloudformation")
    template = json.loads(exporting(unique))
    template["Outputs"]["Name"]["Value"] = {"Fn::ImportValue": "nothing"}

    stacks.create_stack(StackName=unique, TemplateBody=json.dumps(template))

    assert status(client, unique) == "ROLLBACK_COMPLETE"
    reasons = [reason for _, what, reason in events(client, unique) if what == "ROLLBACK_IN_PROGRESS"]
    assert reasons == ["No export named nothing found. Rollback requested by user."]
    stacks.delete_stack(StackName=unique)

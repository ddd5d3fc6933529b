"""Layers, by the API and in stacks: which ones a function may have, and how long they last."""

import functools
import io
import json
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_aws.control_plane import ControlPlane

from ...conftest import TRUST, Client, Service

MEGABYTE = 1024 * 1024

Refused = tuple[list[str], str, str]
"""The ARNs of layers that a function cannot have, the code of the error, and the start of its message."""


def package(content: bytes = b"x = 1\n") -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:  # with a fixed time, so that the same content gives the same zip
        archive.writestr(zipfile.ZipInfo("python/x.py"), content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


@functools.cache
def large(megabytes: int) -> bytes:
    """A small zip that contains a large file."""
    return package(bytes(megabytes * MEGABYTE))


@pytest.fixture(autouse=True)
def _leave_no_functions(client: Client, unique: str) -> Iterator[None]:
    yield
    for each in client("lambda").list_functions()["Functions"]:
        if each["FunctionName"] in (unique, f"{unique}b"):
            client("lambda").delete_function(FunctionName=each["FunctionName"])


def role(client: Client) -> str:
    """The ARN of a role that Lambda may assume."""
    iam = client("iam")
    try:
        found = iam.get_role(RoleName="for-layers")
    except iam.exceptions.NoSuchEntityException:
        policy = json.dumps(TRUST)
        found = iam.create_role(RoleName="for-layers", AssumeRolePolicyDocument=policy)
    arn: str = found["Role"]["Arn"]
    return arn


def publish(client: Client, name: str, content: bytes | None = None) -> str:
    published = client("lambda").publish_layer_version(LayerName=name, Content={"ZipFile": content or package()})
    arn: str = published["LayerVersionArn"]
    return arn


def create(client: Client, name: str, layers: list[str], code: bytes | None = None, **settings: Any) -> Any:
    settings = {"Runtime": "python3.13", "Handler": "x.handler", "Role": role(client), **settings}
    return client("lambda").create_function(
        FunctionName=name, Layers=layers, Code={"ZipFile": code or package()}, **settings
    )


def error_of(error: pytest.ExceptionInfo[ClientError]) -> tuple[int, str, str]:
    response = error.value.response
    return response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]["Code"], response["Error"]["Message"]


def test_a_function_has_its_layers_in_order(client: Client, unique: str, plane: ControlPlane) -> None:
    """GetFunctionConfiguration names them, and ``lambda_layers`` answers their zips."""
    zips = [package(b"x = 1\n"), package(b"x = 2\n")]
    arns = [publish(client, f"{unique}{number}", content) for number, content in enumerate(zips)]
    create(client, unique, arns[::-1])
    found = client("lambda").get_function_configuration(FunctionName=unique)["Layers"]
    assert [each["Arn"] for each in found] == arns[::-1]
    assert found[0]["CodeSize"] == len(zips[1])
    assert plane.lambda_layers(unique) == zips[::-1]


def test_a_deleted_version_stays_with_its_function(client: Client, unique: str, plane: ControlPlane) -> None:
    """A deleted layer version still works for functions that have it, but not for new ones."""
    arn = publish(client, unique)
    create(client, unique, [arn])
    client("lambda").delete_layer_version(LayerName=unique, VersionNumber=1)
    client("lambda").update_function_configuration(FunctionName=unique, Layers=[arn], MemorySize=256)
    assert plane.lambda_layers(unique) == [package()]
    with pytest.raises(ClientError, match=f"Layer version {arn} does not exist"):
        create(client, f"{unique}b", [arn])


def test_a_published_version_keeps_its_layers(client: Client, unique: str, plane: ControlPlane) -> None:
    """A published version has the layers that it was published with."""
    first, second = publish(client, unique, package(b"1")), publish(client, unique, package(b"2"))
    create(client, unique, [first])
    client("lambda").publish_version(FunctionName=unique)
    client("lambda").update_function_configuration(FunctionName=unique, Layers=[second])
    assert plane.lambda_layers(unique, "1") == [package(b"1")]
    assert plane.lambda_layers(unique) == [package(b"2")]
    client("lambda").update_function_configuration(FunctionName=unique, Layers=[])
    assert plane.lambda_layers(unique) == []
    assert "Layers" not in client("lambda").get_function_configuration(FunctionName=unique)


def absent(client: Client, unique: str) -> Refused:
    arn = f"arn:aws:lambda:us-east-1:123456789012:layer:{unique}:7"
    return [arn], "InvalidParameterValueException", f"Layer version {arn} does not exist."


def foreign(client: Client, unique: str) -> Refused:
    publish(client, unique)
    arn = f"arn:aws:lambda:us-east-1:999999999999:layer:{unique}:1"
    return [arn], "InvalidParameterValueException", f"Layer version {arn} does not exist here: "


def elsewhere(client: Client, unique: str) -> Refused:
    arn = f"arn:aws:lambda:eu-west-3:123456789012:layer:{unique}:1"
    expected = "Layers are not in the same region as the function. Layers are expected to be in region us-east-1."
    return [arn], "InvalidParameterValueException", expected


def unversioned(client: Client, unique: str) -> Refused:
    arn = publish(client, unique).removesuffix(":1")
    expected = f"1 validation error detected: Value '[{arn}]' at 'layers' failed to satisfy constraint: Member must "
    return [arn], "ValidationException", expected


def too_many(client: Client, unique: str) -> Refused:
    arns = [publish(client, f"{unique}{number}") for number in range(6)]
    return arns, "InvalidParameterValueException", "Cannot reference more than 5 layers."


def twice(client: Client, unique: str) -> Refused:
    first, second = publish(client, unique), publish(client, unique)
    expected = (
        "Two different versions of the same layer are not allowed to be referenced in the same function. "
        f"{first} and {second} are versions of the same layer."
    )
    return [first, second], "InvalidParameterValueException", expected


def too_large(client: Client, unique: str) -> Refused:
    arns = [publish(client, f"{unique}{letter}", large(126)) for letter in "ab"]
    expected = "Layers consume more than the available size of 262144000 bytes"
    return arns, "InvalidParameterValueException", expected


REFUSED = [absent, foreign, elsewhere, unversioned, too_many, twice, too_large]


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case.__name__)
def test_layers_that_a_function_cannot_have(
    client: Client, unique: str, case: Callable[[Client, str], Refused]
) -> None:
    """CreateFunction and UpdateFunctionConfiguration answer AWS's error, and change nothing."""
    layers, code, message = case(client, unique)
    with pytest.raises(ClientError) as raised:
        create(client, unique, layers)
    status, found, found_message = error_of(raised)
    assert (status, found) == (400, code)
    assert found_message.startswith(message)
    with pytest.raises(ClientError):
        client("lambda").get_function(FunctionName=unique)

    fine = publish(client, f"{unique}-fine")
    create(client, unique, [fine])
    with pytest.raises(ClientError) as raised:
        client("lambda").update_function_configuration(FunctionName=unique, MemorySize=512, Layers=layers)
    assert error_of(raised) == (400, code, found_message)
    configuration = client("lambda").get_function_configuration(FunctionName=unique)
    assert [each["Arn"] for each in configuration["Layers"]] == [fine]
    assert configuration["MemorySize"] == 128


def test_code_and_layers_together(client: Client, unique: str, plane: ControlPlane) -> None:
    """A function and its layers may have 250 MB unzipped, whichever is changed last."""
    layer = publish(client, unique, large(150))
    size = 150 * MEGABYTE + 101 * MEGABYTE
    message = (
        "Function code combined with layers exceeds the maximum allowed size of 262144000 bytes. "
        f"The actual size is {size} bytes."
    )
    with pytest.raises(ClientError) as raised:
        create(client, unique, [layer], large(101))
    assert error_of(raised) == (400, "InvalidParameterValueException", message)
    create(client, unique, [layer])
    with pytest.raises(ClientError) as raised:
        client("lambda").update_function_code(FunctionName=unique, ZipFile=large(101))
    assert error_of(raised)[2] == message
    assert plane.lambda_code(unique) == package()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"not a zip", "Could not unzip uploaded file. Please check your file, then try to upload again."),
        (large(251), "Unzipped size must be smaller than 262144000 bytes"),
    ],
    ids=["no zip", "too large"],
)
def test_invalid_packages(client: Client, unique: str, content: bytes, message: str) -> None:
    """A layer or a function that is not a zip, or is too large, is an error."""
    with pytest.raises(ClientError) as raised:
        publish(client, unique, content)
    assert error_of(raised) == (400, "InvalidParameterValueException", message)
    with pytest.raises(ClientError) as raised:
        create(client, unique, [], content)
    assert error_of(raised) == (400, "InvalidParameterValueException", message)


# In stacks


def layered(service: Service) -> dict[str, Any]:
    """The service's template, with a layer from the release's package for one of its functions."""
    template: dict[str, Any] = service.template()
    content = {"S3Bucket": service.bucket, "S3Key": f"{service.release}.zip"}
    properties = {"LayerName": service.name, "Content": content, "CompatibleArchitectures": ["arm64"]}
    template["Resources"]["Layer"] = {"Type": "AWS::Lambda::LayerVersion", "Properties": properties}
    template["Resources"]["sendLambdaFunction"]["Properties"]["Layers"] = [{"Ref": "Layer"}]
    template["Outputs"]["Layer"] = {"Value": {"Ref": "Layer"}}
    return template


def layer_of(client: Client, service: Service) -> str:
    stack = client("cloudformation").describe_stacks(StackName=service.name)["Stacks"][0]
    assert stack["StackStatus"] in ("CREATE_COMPLETE", "UPDATE_COMPLETE")
    outputs = {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}
    (layer,) = client("lambda").get_function_configuration(FunctionName=f"{service.name}-send")["Layers"]
    assert outputs["Layer"] == layer["Arn"]
    arn: str = layer["Arn"]
    return arn


def versions(client: Client, service: Service) -> list[int]:
    listed = client("lambda").list_layer_versions(LayerName=service.name)["LayerVersions"]
    return [each["Version"] for each in listed]


def test_a_layer_of_a_stack(client: Client, service: Service, plane: ControlPlane) -> None:
    """Ref is the ARN; a changed layer is published as a new version for its function, and the old one deleted."""
    stacks = client("cloudformation")
    stacks.create_stack(StackName=service.name, TemplateBody=json.dumps(layered(service)))
    first = layer_of(client, service)
    assert first == f"arn:aws:lambda:us-east-1:123456789012:layer:{service.name}:1"
    described = client("lambda").get_layer_version(LayerName=service.name, VersionNumber=1)
    assert described["CompatibleArchitectures"] == ["arm64"]
    before = plane.lambda_layers(f"{service.name}-send")

    service.release = "two"
    stacks.update_stack(StackName=service.name, TemplateBody=json.dumps(layered(service)))
    assert layer_of(client, service) == f"{first[:-1]}2"
    assert plane.lambda_layers(f"{service.name}-send") != before
    assert versions(client, service) == [2]

    stacks.delete_stack(StackName=service.name)
    assert versions(client, service) == []


def test_a_retained_layer(client: Client, service: Service) -> None:
    """With DeletionPolicy Retain, which osls writes for ``retain``, a layer version outlives its stack."""
    template = layered(service)
    template["Resources"]["Layer"]["DeletionPolicy"] = "Retain"
    client("cloudformation").create_stack(StackName=service.name, TemplateBody=json.dumps(template))
    client("cloudformation").delete_stack(StackName=service.name)
    assert versions(client, service) == [1]


def test_a_stack_with_a_layer_that_does_not_exist(client: Client, service: Service) -> None:
    """The function fails with Lambda's message."""
    template = layered(service)
    arn = f"arn:aws:lambda:us-east-1:123456789012:layer:{service.name}:7"
    template["Resources"]["sendLambdaFunction"]["Properties"]["Layers"] = [arn]
    client("cloudformation").create_stack(StackName=service.name, TemplateBody=json.dumps(template))
    events = client("cloudformation").describe_stack_events(StackName=service.name)["StackEvents"]
    reasons = [each["ResourceStatusReason"] for each in events if each["ResourceStatus"] == "CREATE_FAILED"]
    assert f"Layer version {arn} does not exist." in reasons


def test_who_may_use_a_layer(client: Client, service: Service) -> None:
    """A LayerVersionPermission (osls's ``allowedAccounts``) is in the version's policy until it is removed."""
    template = layered(service)
    properties = {"LayerVersionArn": {"Ref": "Layer"}, "Action": "lambda:GetLayerVersion", "Principal": "999999999999"}
    template["Resources"]["Permission"] = {"Type": "AWS::Lambda::LayerVersionPermission", "Properties": properties}
    client("cloudformation").create_stack(StackName=service.name, TemplateBody=json.dumps(template))
    arn = layer_of(client, service)

    def statements() -> list[dict[str, Any]]:
        policy = client("lambda").get_layer_version_policy(LayerName=service.name, VersionNumber=1)["Policy"]
        found: list[dict[str, Any]] = json.loads(policy)["Statement"]
        return found

    (statement,) = statements()
    assert (statement["Action"], statement["Resource"]) == ("lambda:GetLayerVersion", arn)
    assert "999999999999" in json.dumps(statement["Principal"])
    del template["Resources"]["Permission"]
    client("cloudformation").update_stack(StackName=service.name, TemplateBody=json.dumps(template))
    with pytest.raises(client("lambda").exceptions.ResourceNotFoundException):  # there is no policy any more
        statements()

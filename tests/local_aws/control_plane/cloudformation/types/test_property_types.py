"""Properties of Lambda's resource types are converted to the types of Lambda's API."""

import json
from typing import Any

import pytest

from local_aws.control_plane.cloudformation.types.property_types import typed

from ...conftest import TRUST, Client

FUNCTION = "AWS::Lambda::Function"
VARIABLE = "#/Environment/Variables/A"


@pytest.mark.parametrize(
    ("written", "given"),
    [(587, "587"), (1.5, "1.5"), (True, "true"), (False, "false"), (-1, "-1"), ("007", "007"), ("", "")],
)
def test_a_variable_is_text(written: float | str, given: str) -> None:
    """A number or a boolean of a template becomes the text that CloudFormation makes of it."""
    properties = {"Environment": {"Variables": {"NAME": written}}}
    assert {"Environment": {"Variables": {"NAME": given}}} == typed(FUNCTION, properties)


@pytest.mark.parametrize(
    ("resource_type", "written", "given"),
    [
        (FUNCTION, {"Description": 1, "Layers": [2]}, {"Description": "1", "Layers": ["2"]}),
        (FUNCTION, {"Tags": [{"Key": 1, "Value": True}]}, {"Tags": [{"Key": "1", "Value": "true"}]}),
        (FUNCTION, {"Code": {"S3ObjectVersion": 3}}, {"Code": {"S3ObjectVersion": "3"}}),
        (FUNCTION, {"LoggingConfig": {"LogGroup": 5}}, {"LoggingConfig": {"LogGroup": "5"}}),
        ("AWS::Lambda::Permission", {"SourceAccount": 123456789012}, {"SourceAccount": "123456789012"}),
        ("AWS::Lambda::Version", {"Description": 1.2}, {"Description": "1.2"}),
        ("AWS::Lambda::Alias", {"FunctionVersion": 1}, {"FunctionVersion": "1"}),
        ("AWS::Lambda::LayerVersion", {"LicenseInfo": 2}, {"LicenseInfo": "2"}),
    ],
)
def test_every_text_of_lambda(resource_type: str, written: dict[str, Any], given: dict[str, Any]) -> None:
    """The same holds for every property that is text in Lambda's API."""
    assert given == typed(resource_type, written)


@pytest.mark.parametrize("written", ["30", 30, 30.0])
def test_a_number_is_a_number(written: float | str) -> None:
    """A parameter's value, which is text, may stand for a number."""
    assert {"Timeout": 30, "EphemeralStorage": {"Size": 30}} == typed(
        FUNCTION, {"Timeout": written, "EphemeralStorage": {"Size": written}}
    )


@pytest.mark.parametrize(
    ("properties", "mismatch"),
    [
        (
            {"Environment": {"Variables": {"A": {}}}},
            "#/Environment/Variables/A: expected type: String, found: JSONObject",
        ),
        (
            {"Environment": {"Variables": {"A": []}}},
            "#/Environment/Variables/A: expected type: String, found: JSONArray",
        ),
        ({"Timeout": "soon"}, "#/Timeout: expected type: Integer, found: String"),
        ({"Timeout": 1.5}, "#/Timeout: expected type: Integer, found: Double"),
    ],
)
def test_what_cannot_be_made_of_that_type(properties: dict[str, Any], mismatch: str) -> None:
    """CloudFormation's error names the property and both types."""
    with pytest.raises(ValueError, match="Properties validation failed") as raised:
        typed(FUNCTION, properties)
    assert f"Properties validation failed: {mismatch}" == str(raised.value)


def test_other_types_and_properties_stay() -> None:
    """Unknown types and properties are not converted."""
    assert {"Any": 1} == typed("AWS::SQS::Queue", {"Any": 1})
    assert {"Unknown": [1, True]} == typed(FUNCTION, {"Unknown": [1, True]})


def template(lifetime: str) -> str:
    return f"""
Parameters:
  Seconds: {{Type: Number, Default: {lifetime}}}
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: {json.dumps(TRUST)}
  Fn:
    Type: AWS::Lambda::Function
    Properties:
      Runtime: python3.13
      Handler: index.handler
      Role: !GetAtt Role.Arn
      Timeout: "7"
      Environment:
        Variables: {{MAIL_PORT: 587, DEBUG_ON: true, LIFETIME: !Ref Seconds, RATE: 1.5}}
      Tags: [{{Key: team, Value: 4}}]
      Code: {{ZipFile: "def handler(event, context): pass"}}
Outputs:
  Name: {{Value: !Ref Fn}}
"""


def test_a_stack_gives_lambda_text(client: Client, unique: str) -> None:
    """GetFunction answers text for a literal and for a parameter, after creation and after an update."""
    stacks = client("cloudformation")
    seen = []
    for kind, call, lifetime in (("create", stacks.create_stack, "7200"), ("update", stacks.update_stack, "60")):
        call(StackName=unique, TemplateBody=template(lifetime), Capabilities=["CAPABILITY_IAM"])
        stacks.get_waiter(f"stack_{kind}_complete").wait(StackName=unique, WaiterConfig={"Delay": 1})
        (output,) = stacks.describe_stacks(StackName=unique)["Stacks"][0]["Outputs"]
        function = client("lambda").get_function(FunctionName=output["OutputValue"])
        seen.append((function["Configuration"]["Environment"]["Variables"], function["Tags"]["team"]))
        assert 7 == function["Configuration"]["Timeout"]
    texts = {"MAIL_PORT": "587", "DEBUG_ON": "true", "RATE": "1.5"}
    assert [({**texts, "LIFETIME": "7200"}, "4"), ({**texts, "LIFETIME": "60"}, "4")] == seen

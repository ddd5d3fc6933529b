"""Which resource needs which, read from a template."""

import pytest

from local_aws.control_plane.cloudformation.dependencies import Circular, dependencies, in_dependency_order


@pytest.mark.parametrize(
    ("resource", "expected"),
    [
        ({"Properties": {"A": [{"Ref": "X"}]}}, {"X"}),
        ({"Properties": {"A": {"Fn::GetAtt": ["X", "Arn"]}}}, {"X"}),
        ({"Properties": {"A": {"Fn::GetAtt": "X.Arn"}}}, {"X"}),
        ({"Properties": {"A": {"Fn::Sub": "${X}/${Y.Arn}/${!Z}"}}}, {"X", "Y"}),
        ({"Properties": {"A": {"Fn::Sub": ["${X}/${own}", {"own": {"Ref": "Y"}}]}}}, {"X", "Y"}),
        ({"DependsOn": "X"}, {"X"}),
        ({"DependsOn": ["X", "Y"]}, {"X", "Y"}),
        ({"Properties": {"A": {"Fn::Join": ["/", ["integrations", {"Ref": "X"}]]}}}, {"X"}),
    ],
)
def test_dependencies(resource, expected):
    """Ref, GetAtt, Sub and DependsOn each make a dependency; an escaped ${!…} does not."""
    assert expected == dependencies(resource)


def test_order():
    """Each resource comes behind what it needs, and the template's order decides the rest."""
    resources = {"C": {"DependsOn": "B"}, "B": {"DependsOn": "A"}, "A": {}, "D": {}}

    assert in_dependency_order(resources) == ["A", "D", "B", "C"]


def test_deployment_ends_its_wave():
    """A deployment comes behind the route response that was begun when the deployment's routes were not all there."""
    deployment = {"Type": "AWS::ApiGatewayV2::Deployment", "DependsOn": "Route"}
    resources = {"Deployment": deployment, "Response": {"DependsOn": "Route"}, "Route": {}}

    assert in_dependency_order(resources) == ["Route", "Response", "Deployment"]


def test_circle():
    """Resources that need each other are named."""
    with pytest.raises(Circular, match=r"\[A, B\]"):
        in_dependency_order({"A": {"DependsOn": "B"}, "B": {"DependsOn": "A"}, "C": {}})

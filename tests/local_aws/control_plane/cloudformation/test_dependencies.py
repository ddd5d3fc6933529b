"""The dependencies between the resources of a template."""

from typing import Any

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
def test_dependencies(resource: dict[str, Any], expected: set[str]) -> None:
    """Ref, GetAtt, Sub and DependsOn each make a dependency; an escaped ${!…} does not."""
    assert expected == dependencies(resource)


def test_order() -> None:
    """Each resource comes after its dependencies; otherwise the template's order decides."""
    resources = {"C": {"DependsOn": "B"}, "B": {"DependsOn": "A"}, "A": {}, "D": {}}

    assert in_dependency_order(resources) == ["A", "D", "B", "C"]


def test_deployment_ends_its_wave() -> None:
    """A deployment comes after a route response that started before all the deployment's routes existed."""
    deployment = {"Type": "AWS::ApiGatewayV2::Deployment", "DependsOn": "Route"}
    resources = {"Deployment": deployment, "Response": {"DependsOn": "Route"}, "Route": {}}

    assert in_dependency_order(resources) == ["Route", "Response", "Deployment"]


def test_circle() -> None:
    """The error names the resources that depend on each other."""
    with pytest.raises(Circular, match=r"\[A, B\]"):
        in_dependency_order({"A": {"DependsOn": "B"}, "B": {"DependsOn": "A"}, "C": {}})

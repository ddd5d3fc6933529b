"""The deployed stack of the course, and its outputs.

Notebooks use them from ``stack``, which also has the functions that change the stack.
"""

from typing import Any

import boto3
from botocore.exceptions import ClientError

from walkthrough.errors import WalkthroughError
from walkthrough.internal.aws_errors import aws_errors

__all__ = ["NAME", "deployed", "describe", "output", "outputs", "url"]

NAME = "serverless-websockets-dev"
"""The CloudFormation stack that ``serverless.yml`` makes."""


@aws_errors()
def outputs() -> dict[str, str]:
    """The outputs of the stack, by name. Raises WalkthroughError if it is not deployed."""
    return {output["OutputKey"]: output["OutputValue"] for output in deployed().get("Outputs", [])}


@aws_errors()
def url() -> str:
    """The address that clients connect to: ``wss://{api}.execute-api.{region}.amazonaws.com/{stage}``."""
    return output("ServiceEndpointWebsocket")


def describe() -> dict[str, Any] | None:
    """The stack as DescribeStacks returns it; None if there is none."""
    try:
        stacks = boto3.client("cloudformation").describe_stacks(StackName=NAME)["Stacks"]
    except ClientError as error:
        if "does not exist" in str(error):
            return None
        raise
    return dict(stacks[0])


def deployed() -> dict[str, Any]:
    """The stack as DescribeStacks returns it. Raises WalkthroughError if it is not deployed."""
    stack = describe()
    if stack is None:
        raise WalkthroughError(f"{NAME} is not deployed: run stack.deploy() first.")
    return stack


def output(name: str) -> str:
    """One of the outputs. Raises WalkthroughError if the stack has none of that name, since its deploy failed."""
    given = outputs()
    if name not in given:
        raise WalkthroughError(
            f"{NAME} has no output {name}, since it is {deployed()['StackStatus']}: run stack.remove(), then "
            "stack.deploy()."
        )
    return given[name]

"""The stack of the course: deploy it, ask what it gave, draw it, read its table, remove it.

    from walkthrough import stack
    stack.deploy()
    stack.url()

Where no AWS is in use, or the one in use is not up, each of these says so in a sentence (see ``walkthrough.aws``).
"""

from typing import Any

import boto3
import pandas as pd
from botocore.exceptions import ClientError

from walkthrough import cloud, osls
from walkthrough.aws import reached
from walkthrough.errors import WalkthroughError
from walkthrough.graph import draw
from walkthrough.picture import Picture

__all__ = ["NAME", "deploy", "graph", "outputs", "records", "remove", "resources", "url"]

NAME = "serverless-websockets-dev"
"""The CloudFormation stack that ``serverless.yml`` makes."""

COLUMNS = ["connectionId", "connectedAt", "expiresAt", "sourceIp", "stage"]


@reached()
def deploy() -> None:
    """Deploy ``serverless.yml``, or bring what is deployed up to date. Raises WalkthroughError with osls' own words."""
    _describe()  # where AWS cannot be asked, this says so in a sentence; osls would need a page
    osls.run("deploy", "deploying", total=osls.packaged)
    print(f"{NAME} is deployed.")


@reached()
def remove() -> None:
    """Remove the stack and check that nothing of it is left. No error when there was none."""
    if cloud.closed():
        print(f"The AWS that {NAME} was in has stopped; nothing of it is left.")
        return
    from walkthrough import access_log  # which itself must know the stack

    access_log.off()
    if _describe() is not None:
        osls.run("remove", "removing", total=lambda: len(resources()))
    left = leftovers()
    if left:
        raise WalkthroughError(f"{NAME} was removed, but these are left: {', '.join(left)}.")
    print(f"{NAME} is removed; nothing of it is left.")


@reached()
def outputs() -> dict[str, str]:
    """What the stack gives to whoever uses it, by name. Raises WalkthroughError when it is not deployed."""
    return {output["OutputKey"]: output["OutputValue"] for output in _deployed().get("Outputs", [])}


@reached()
def url() -> str:
    """The address that clients connect to: ``wss://{api}.execute-api.{region}.amazonaws.com/{stage}``."""
    return _output("ServiceEndpointWebsocket")


@reached()
def resources() -> pd.DataFrame:
    """Everything that the stack is made of: logical name, type and physical id."""
    _deployed()
    pages = boto3.client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=NAME)
    rows = [
        {
            "logical name": resource["LogicalResourceId"],
            "type": resource["ResourceType"],
            "physical id": resource.get("PhysicalResourceId", ""),
        }
        for page in pages
        for resource in page["StackResourceSummaries"]
    ]
    return pd.DataFrame(rows).sort_values(["type", "logical name"], ignore_index=True)


@reached()
def graph() -> Picture:
    """The resources and which refers to which, drawn from the template that CloudFormation keeps of the stack."""
    _deployed()
    return draw(boto3.client("cloudformation").get_template(StackName=NAME)["TemplateBody"])


@reached()
def records() -> pd.DataFrame:
    """The table of connections, the oldest first; times are in UTC, to the second. Empty when nobody is connected."""
    table = _output("ConnectionsTable")
    pages = boto3.client("dynamodb").get_paginator("scan").paginate(TableName=table, ConsistentRead=True)
    rows = [
        {name: next(iter(value.values())) for name, value in item.items()} for page in pages for item in page["Items"]
    ]
    frame = pd.DataFrame(rows, columns=COLUMNS).sort_values("connectedAt", ignore_index=True)
    # A record that somebody else wrote may lack a time, or have another notion of it: NaT then.
    connected = pd.to_datetime(frame["connectedAt"], utc=True, format="ISO8601", errors="coerce")
    expires = pd.to_datetime(pd.to_numeric(frame["expiresAt"], errors="coerce"), unit="s", utc=True)
    return frame.assign(connectedAt=connected.dt.floor("s"), expiresAt=expires)


@reached()
def leftovers() -> list[str]:
    """ARNs or names of what a removed stack should have taken with it."""
    found: list[str] = [] if _describe() is None else [f"stack {NAME}"]
    lambdas = boto3.client("lambda").get_paginator("list_functions").paginate()
    found += [
        f"function {function['FunctionName']}"
        for page in lambdas
        for function in page["Functions"]
        if function["FunctionName"].startswith(NAME)
    ]
    tables = boto3.client("dynamodb").get_paginator("list_tables").paginate()
    found += [f"table {table}" for page in tables for table in page["TableNames"] if table.startswith(NAME)]
    groups = boto3.client("logs").get_paginator("describe_log_groups")
    found += [
        f"log group {group['logGroupName']}"
        for service in ("lambda", "apigateway")
        for page in groups.paginate(logGroupNamePrefix=f"/aws/{service}/{NAME}")
        for group in page["logGroups"]
    ]
    roles = boto3.client("iam").get_paginator("list_roles").paginate()
    found += [
        f"role {role['RoleName']}" for page in roles for role in page["Roles"] if role["RoleName"].startswith(NAME)
    ]
    apis = boto3.client("apigatewayv2").get_apis()["Items"]
    found += [f"API {api['ApiId']}" for api in apis if api["Name"] == "dev-serverless-websockets-websockets"]
    return found


def _describe() -> dict[str, Any] | None:
    try:
        stacks = boto3.client("cloudformation").describe_stacks(StackName=NAME)["Stacks"]
    except ClientError as error:
        if "does not exist" in str(error):
            return None
        raise
    return dict(stacks[0])


def _deployed() -> dict[str, Any]:
    stack = _describe()
    if stack is None:
        raise WalkthroughError(f"{NAME} is not deployed: run stack.deploy() first.")
    return stack


def _output(name: str) -> str:
    given = outputs()
    if name not in given:
        raise WalkthroughError(
            f"{NAME} has no output {name}, since it is {_deployed()['StackStatus']}: run stack.remove(), then "
            "stack.deploy()."
        )
    return given[name]

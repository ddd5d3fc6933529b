"""The stack of the course: deploy it, get its outputs, draw it, read its table, remove it.

    from walkthrough import stack
    stack.deploy()
    stack.url()

If no AWS is in use, or the one in use is not up, each of these functions says so in one sentence (see
``walkthrough.internal.aws_errors``).
"""

import boto3
import pandas as pd

from walkthrough import access_log, cloud
from walkthrough.errors import WalkthroughError
from walkthrough.graph import draw
from walkthrough.internal import osls
from walkthrough.internal.aws_errors import aws_errors
from walkthrough.picture import Picture
from walkthrough.stack_outputs import NAME, deployed, describe, output, outputs, url

__all__ = ["NAME", "deploy", "graph", "outputs", "records", "remove", "resources", "url"]

API_NAME = "dev-serverless-websockets-websockets"
"""The name that osls gives the API in the stack."""

COLUMNS = ["connectionId", "connectedAt", "expiresAt", "sourceIp", "stage"]


@aws_errors()
def deploy() -> None:
    """Deploy ``serverless.yml``, or update what is deployed. Raises WalkthroughError with the output of osls."""
    describe()  # if AWS cannot be reached, this says so in a sentence; osls would need a page
    osls.run("deploy", "deploying", total=osls.packaged)
    print(f"{NAME} is deployed.")


@aws_errors()
def remove() -> None:
    """Remove the stack and check that nothing of it is left. It is no error if there was none."""
    if cloud.closed():
        print(f"The AWS that {NAME} was in has stopped; nothing of it is left.")
        return
    access_log.off()
    if describe() is not None:
        osls.run("remove", "removing", total=lambda: len(resources()))
    left = leftovers()
    if left:
        raise WalkthroughError(f"{NAME} was removed, but these are left: {', '.join(left)}.")
    print(f"{NAME} is removed; nothing of it is left.")


@aws_errors()
def resources() -> pd.DataFrame:
    """The resources of the stack: logical name, type and physical id."""
    deployed()
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


@aws_errors()
def graph() -> Picture:
    """Draw the resources and which refers to which, from the template of the stack that CloudFormation keeps."""
    deployed()
    return draw(boto3.client("cloudformation").get_template(StackName=NAME)["TemplateBody"])


@aws_errors()
def records() -> pd.DataFrame:
    """The table of connections, the oldest first; times are in UTC, to the second. Empty if nobody is connected."""
    table = output("ConnectionsTable")
    pages = boto3.client("dynamodb").get_paginator("scan").paginate(TableName=table, ConsistentRead=True)
    rows = [
        {name: next(iter(value.values())) for name, value in item.items()} for page in pages for item in page["Items"]
    ]
    frame = pd.DataFrame(rows, columns=COLUMNS).sort_values("connectedAt", ignore_index=True)
    # A record that somebody else wrote may lack a time, or have one in another format: it becomes NaT.
    connected = pd.to_datetime(frame["connectedAt"], utc=True, format="ISO8601", errors="coerce")
    expires = pd.to_datetime(pd.to_numeric(frame["expiresAt"], errors="coerce"), unit="s", utc=True)
    return frame.assign(connectedAt=connected.dt.floor("s"), expiresAt=expires)


@aws_errors()
def leftovers() -> list[str]:
    """The kinds and names of resources that the removal of the stack should have deleted."""
    found: list[str] = [] if describe() is None else [f"stack {NAME}"]
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
    apis = boto3.client("apigatewayv2").get_paginator("get_apis").paginate()
    found += [f"API {api['ApiId']}" for page in apis for api in page["Items"] if api["Name"] == API_NAME]
    return found

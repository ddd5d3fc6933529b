"""API Gateway's access log of the stack: one JSON line for each CONNECT, MESSAGE and DISCONNECT.

    from walkthrough import access_log
    access_log.on()
    access_log.off()

It is not on by default, nor in ``serverless.yml``: API Gateway may write logs only once the account has a role for it,
one for all APIs of a region, and without it a stack that asks for logs does not deploy
(https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html). ``on`` makes what is missing, and
``off`` takes away what ``on`` made: ``stack.remove()`` calls it.
"""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.exceptions import ClientError

from walkthrough import progress, wait
from walkthrough.errors import WalkthroughError
from walkthrough.internal.aws_errors import aws_errors
from walkthrough.stack_outputs import NAME, url

__all__ = ["FORMAT", "GROUP", "off", "on"]

GROUP = f"/aws/apigateway/{NAME}"
"""The log group of the access log."""

FORMAT = {
    "requestId": "$context.requestId",
    "requestTimeEpoch": "$context.requestTimeEpoch",
    "eventType": "$context.eventType",
    "routeKey": "$context.routeKey",
    "connectionId": "$context.connectionId",
    "messageId": "$context.messageId",
    "userAgent": "$context.identity.userAgent",
    "status": "$context.status",
    "error": "$context.error.message",
    "integrationLatency": "$context.integrationLatency",
    "integrationRequestId": "$context.integration.requestId",
    "integrationError": "$context.integration.error",
}
"""The fields of a line, from those of https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-logging.html.
API Gateway writes ``-`` for a field without a value."""

POLICY = "service-role/AmazonAPIGatewayPushToCloudWatchLogs"  # AWS's own, for this purpose
DAYS = 7  # for which lines are kept, as those of the functions are


@aws_errors()
def on() -> None:
    """Switch the access log on. Does nothing if it is on; may take half a minute on AWS, where roles spread slowly.

    The account's role is set only if it has none. Raises WalkthroughError when the stack is not deployed.
    """
    api_id = _api_id()
    with progress.bar("switching the access log on", total=3) as bar:
        arn = _log_group()
        bar.step()
        _allow()
        bar.step()
        boto3.client("apigatewayv2").update_stage(
            ApiId=api_id,
            StageName="dev",
            AccessLogSettings={"DestinationArn": arn, "Format": json.dumps(FORMAT)},
        )
        bar.step()


@aws_errors()
def off() -> None:
    """Switch it off, and delete its log group, and the role if it is ours. Does nothing if it is off."""
    with suppress(WalkthroughError):  # without a stack no stage logs
        _stop(_api_id())
    account = boto3.client("apigateway")
    if _is_ours(account.get_account().get("cloudwatchRoleArn", "")):
        _use("")
    iam = boto3.client("iam")
    with suppress(iam.exceptions.NoSuchEntityException):
        iam.detach_role_policy(RoleName=_role_name(), PolicyArn=_policy_arn())
    with suppress(iam.exceptions.NoSuchEntityException):
        iam.delete_role(RoleName=_role_name())
    logs = boto3.client("logs")
    with suppress(logs.exceptions.ResourceNotFoundException):
        logs.delete_log_group(logGroupName=GROUP)


def _api_id() -> str:
    return str(urlsplit(url()).hostname).partition(".")[0]


def _log_group() -> str:
    """Make the log group if it is missing, and return its ARN."""
    logs = boto3.client("logs")
    with suppress(logs.exceptions.ResourceAlreadyExistsException):
        logs.create_log_group(logGroupName=GROUP)
    logs.put_retention_policy(logGroupName=GROUP, retentionInDays=DAYS)
    pages = logs.get_paginator("describe_log_groups").paginate(logGroupNamePrefix=GROUP)
    arn: str = next(group["arn"] for page in pages for group in page["logGroups"] if group["logGroupName"] == GROUP)
    return arn.removesuffix(":*")


def _allow() -> None:
    """Give the account a role with which API Gateway may write logs, unless it has one that is not ours."""
    has = boto3.client("apigateway").get_account().get("cloudwatchRoleArn", "")
    if has and not _is_ours(has):
        return
    arn = _role()
    if arn != has:
        wait.until(lambda: _use(arn), seconds=60)


def _role() -> str:
    """Make our role if it is missing, and return its ARN."""
    iam = boto3.client("iam")
    trust = {"Effect": "Allow", "Principal": {"Service": "apigateway.amazonaws.com"}, "Action": "sts:AssumeRole"}
    with suppress(iam.exceptions.EntityAlreadyExistsException):
        iam.create_role(
            RoleName=_role_name(),
            Description=f"Lets API Gateway write logs. Made for {NAME}, and removed with it.",
            AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}),
        )
    iam.attach_role_policy(RoleName=_role_name(), PolicyArn=_policy_arn())
    arn: str = iam.get_role(RoleName=_role_name())["Role"]["Arn"]
    return arn


def _use(role_arn: str) -> bool:
    """Set the account's role, or remove it with "". Returns False while API Gateway does not see the role's policy."""
    patch: Any = [{"op": "replace", "path": "/cloudwatchRoleArn", "value": role_arn}]
    try:
        boto3.client("apigateway").update_account(patchOperations=patch)
    except ClientError as error:
        if "required permissions" in str(error):
            return False
        raise
    return True


def _stop(api_id: str) -> None:
    """Stop the access log of the stage, if it goes to our group."""
    gateway = boto3.client("apigatewayv2")
    stage = gateway.get_stage(ApiId=api_id, StageName="dev")
    if stage.get("AccessLogSettings", {}).get("DestinationArn", "").endswith(f":log-group:{GROUP}"):
        gateway.delete_access_log_settings(ApiId=api_id, StageName="dev")


def _role_name() -> str:
    """The name of our role, with the region: roles are the account's, but the setting is the region's."""
    return f"{NAME}-{boto3.client('apigateway').meta.region_name}-access-log"


def _is_ours(role_arn: str) -> bool:
    return role_arn.endswith(f":role/{_role_name()}")


def _policy_arn() -> str:
    return f"arn:{boto3.client('apigateway').meta.partition}:iam::aws:policy/{POLICY}"

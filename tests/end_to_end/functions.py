"""Functions made with plain boto3, and the WebSocket APIs in front of them."""

import io
import json
import uuid
import zipfile
from typing import Any

import boto3
from botocore.config import Config

from .test_integrations import Api

__all__ = ["Function", "proxy", "socket_api"]

URI = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{function}/invocations"
ONCE = Config(retries={"total_max_attempts": 1})


def package(source: str) -> bytes:
    """A zip with handler.py; the same source makes the same zip, whatever the time is."""
    data = io.BytesIO()
    entry = zipfile.ZipInfo("handler.py")
    entry.external_attr = 0o644 << 16
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr(entry, source)
    return data.getvalue()


class Function:
    """A function with a role of its own, which may do everything."""

    def __init__(self, source: str, **settings: Any) -> None:
        self.client: Any = boto3.client("lambda", config=ONCE)
        self.name = f"test-{uuid.uuid4().hex[:8]}"
        iam = boto3.client("iam")
        trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
        role = iam.create_role(RoleName=self.name, AssumeRolePolicyDocument=document)["Role"]["Arn"]
        allowed = {"Effect": "Allow", "Action": "*", "Resource": "*"}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
        iam.put_role_policy(RoleName=self.name, PolicyName="all", PolicyDocument=policy)
        made = self.client.create_function(
            FunctionName=self.name,
            Role=role,
            Runtime="python3.13",
            Handler="handler.handler",
            Code={"ZipFile": package(source)},
            **settings,
        )
        self.arn: str = made["FunctionArn"]

    def update(self, source: str) -> None:
        self.client.update_function_code(FunctionName=self.name, ZipFile=package(source))

    def publish(self) -> str:
        return str(self.client.publish_version(FunctionName=self.name)["Version"])

    def allow(self, api: Api, qualifier: str | None = None) -> None:
        """Let an API invoke it, or one version or alias of it."""
        chosen = {"Qualifier": qualifier} if qualifier else {}
        self.client.add_permission(
            FunctionName=self.name,
            StatementId=f"api-{qualifier or 'all'}-{api.id}",
            Action="lambda:InvokeFunction",
            Principal="apigateway.amazonaws.com",
            SourceArn=f"arn:aws:execute-api:us-east-1:123456789012:{api.id}/*",
            **chosen,
        )

    def invoke(self, event: object = None, **arguments: Any) -> Any:
        return self.client.invoke(FunctionName=self.name, Payload=json.dumps(event).encode(), **arguments)

    def event(self, event: object = None, **arguments: Any) -> None:
        """Invoke it asynchronously."""
        assert self.invoke(event, InvocationType="Event", **arguments)["StatusCode"] == 202

    def log(self) -> list[str]:
        group = f"/aws/lambda/{self.name}"
        logs = boto3.client("logs")
        if not logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]:
            return []
        return [event["message"] for event in logs.filter_log_events(logGroupName=group)["events"]]

    def ended(self) -> int:
        """How many invocations have ended."""
        return sum(message.startswith("END") for message in self.log())

    def delete(self) -> None:
        """With its log, which no stack owns, as on AWS."""
        self.client.delete_function(FunctionName=self.name)
        group, logs = f"/aws/lambda/{self.name}", boto3.client("logs")
        if logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]:
            logs.delete_log_group(logGroupName=group)
        iam = boto3.client("iam")
        iam.delete_role_policy(RoleName=self.name, PolicyName="all")
        iam.delete_role(RoleName=self.name)


def proxy(function: str) -> dict[str, Any]:
    """A Lambda proxy integration; ``function`` is what stands in the URI."""
    return {"IntegrationType": "AWS_PROXY", "IntegrationUri": URI.format(function=function)}


def socket_api(routes: dict[str, dict[str, Any]], **stage: Any) -> Api:
    """A deployed API: route key → integration."""
    api = Api()
    for key, integration in routes.items():
        api.route(key, integration, {})
    api.deploy(**stage)
    return api

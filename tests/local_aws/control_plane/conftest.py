"""A control plane that serves on a free port, and boto3 clients that call it."""

import asyncio
import io
import json
import threading
import uuid
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from typing import Any

import boto3
import pytest
from botocore.config import Config

from local_aws.control_plane import ControlPlane
from local_aws.net.http import serve

TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
"""The trust policy of a role that Lambda may assume."""

ACCOUNT = "123456789012"
REGION = "us-east-1"

Client = Callable[[str], Any]


@pytest.fixture(scope="session")
def control_plane() -> Iterator[tuple[ControlPlane, str]]:
    """The control plane and its URL. All tests share one, since moto keeps its state for the whole process."""
    started: Future[tuple[ControlPlane, str]] = Future()
    stopping = threading.Event()

    async def main() -> None:
        plane = ControlPlane(account_id=ACCOUNT, region=REGION)
        await plane.reset()  # other tests of this process may have used moto without AWS's managed policies
        server = await serve(plane.handle)
        started.set_result((plane, f"http://127.0.0.1:{server.port}"))
        await asyncio.to_thread(stopping.wait)
        await server.close()
        await plane.close()

    thread = threading.Thread(target=lambda: asyncio.run(main()))
    thread.start()
    yield started.result(timeout=60)
    stopping.set()
    thread.join()


@pytest.fixture(scope="session")
def plane(control_plane: tuple[ControlPlane, str]) -> ControlPlane:
    return control_plane[0]


@pytest.fixture(scope="session")
def url(control_plane: tuple[ControlPlane, str]) -> str:
    return control_plane[1]


@pytest.fixture(scope="session")
def client(url: str) -> Client:
    """``client("lambda")``: a boto3 client of the control plane, without retries."""
    session = boto3.Session("AKIAIOSFODNN7EXAMPLE", "secret", region_name=REGION)
    config = Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}, proxies={})
    make: Callable[..., Any] = session.client
    clients: dict[str, Any] = {}

    def of(service: str) -> Any:
        if service not in clients:
            clients[service] = make(service, endpoint_url=url, config=config)
        return clients[service]

    return of


@pytest.fixture
def unique() -> str:
    """A name that no other test uses."""
    return f"t{uuid.uuid4().hex[:8]}"


@pytest.fixture
def logging_role(client: Client, unique: str) -> str:
    """The ARN of a role with which API Gateway may write logs."""
    trust = {"Effect": "Allow", "Principal": {"Service": "apigateway.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    role = client("iam").create_role(RoleName=f"{unique}-logs", AssumeRolePolicyDocument=document)
    client("iam").attach_role_policy(
        RoleName=f"{unique}-logs",
        PolicyArn="arn:aws:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs",
    )
    return str(role["Role"]["Arn"])


@pytest.fixture
def api(client: Client, unique: str) -> Iterator[str]:
    """The id of a WebSocket API with a MOCK integration and nothing else."""
    gateway = client("apigatewayv2")
    created = gateway.create_api(Name=unique, ProtocolType="WEBSOCKET", RouteSelectionExpression="$request.body.action")
    yield created["ApiId"]
    if any(each["ApiId"] == created["ApiId"] for each in gateway.get_apis()["Items"]):
        gateway.delete_api(ApiId=created["ApiId"])


def zipped(text: str) -> bytes:
    """A zip with one module, ``index.py``."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(zipfile.ZipInfo("index.py"), text)
    return buffer.getvalue()


@pytest.fixture
def code_bucket(client: Client, unique: str) -> Iterator[str]:
    """A bucket for zips; emptied and deleted afterwards."""
    s3 = client("s3")
    s3.create_bucket(Bucket=unique)
    yield unique
    for each in s3.list_objects_v2(Bucket=unique).get("Contents", []):
        s3.delete_object(Bucket=unique, Key=each["Key"])
    s3.delete_bucket(Bucket=unique)


class Service:
    """A template as osls packages one: a table, roles, log groups, functions, and a WebSocket API with its routes.

    ``routes`` are the route keys; ``two_way`` those with a route response; ``release`` stands for what differs from one
    deploy to the next: the key of the code, and the hash in the deployment's logical id.
    """

    def __init__(self, name: str, bucket: str) -> None:
        self.name = name
        self.bucket = bucket
        self.routes = ["$connect", "$default", "send"]
        self.two_way = ["send"]
        self.release = "one"
        self.retention = 7
        self.memory = 256
        self.time_to_live = True
        self.actions = ["dynamodb:PutItem"]

    def template(self) -> dict[str, Any]:
        resources: dict[str, Any] = {
            "WebsocketsApi": {
                "Type": "AWS::ApiGatewayV2::Api",
                "Properties": {
                    "Name": f"{self.name}-websockets",
                    "RouteSelectionExpression": "$request.body.action",
                    "ProtocolType": "WEBSOCKET",
                    "Tags": {"project": self.name},
                },
            },
            "Table": {
                "Type": "AWS::DynamoDB::Table",
                "Properties": {
                    "BillingMode": "PAY_PER_REQUEST",
                    "AttributeDefinitions": [{"AttributeName": "connectionId", "AttributeType": "S"}],
                    "KeySchema": [{"AttributeName": "connectionId", "KeyType": "HASH"}],
                    "TimeToLiveSpecification": {"AttributeName": "expiresAt", "Enabled": self.time_to_live},
                },
            },
            "DeploymentBucket": {"Type": "AWS::S3::Bucket"},
            "DeploymentBucketPolicy": {
                "Type": "AWS::S3::BucketPolicy",
                "Properties": {
                    "Bucket": {"Ref": "DeploymentBucket"},
                    "PolicyDocument": {
                        "Statement": [
                            {
                                "Action": "s3:*",
                                "Effect": "Deny",
                                "Principal": "*",
                                "Resource": {"Fn::Sub": "arn:${AWS::Partition}:s3:::${DeploymentBucket}/*"},
                                "Condition": {"Bool": {"aws:SecureTransport": False}},
                            }
                        ]
                    },
                },
            },
            f"WebsocketsDeployment{self.release}": {
                "Type": "AWS::ApiGatewayV2::Deployment",
                "DependsOn": [f"{_letters(key)}WebsocketsRoute" for key in self.routes],
                "Properties": {"ApiId": {"Ref": "WebsocketsApi"}},
            },
            "WebsocketsDeploymentStage": {
                "Type": "AWS::ApiGatewayV2::Stage",
                "Properties": {
                    "ApiId": {"Ref": "WebsocketsApi"},
                    "StageName": "dev",
                    "DeploymentId": {"Ref": f"WebsocketsDeployment{self.release}"},
                },
            },
        }
        for key in self.routes:
            resources |= self._route(key)
        endpoint = {"Fn::Sub": "wss://${WebsocketsApi}.execute-api.${AWS::Region}.${AWS::URLSuffix}/dev"}
        outputs = {
            "ServiceEndpointWebsocket": {"Value": endpoint, "Export": {"Name": f"sls-{self.name}-Endpoint"}},
            "Table": {"Value": {"Ref": "Table"}},
            "Bucket": {"Value": {"Ref": "DeploymentBucket"}},
        }
        return {"AWSTemplateFormatVersion": "2010-09-09", "Resources": resources, "Outputs": outputs}

    def text(self) -> str:
        return json.dumps(self.template())

    def _route(self, key: str) -> dict[str, Any]:
        name = _letters(key)
        statement = {"Effect": "Allow", "Action": self.actions, "Resource": {"Fn::GetAtt": ["Table", "Arn"]}}
        trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
        api = {"Ref": "WebsocketsApi"}
        route = {
            "Type": "AWS::ApiGatewayV2::Route",
            "Properties": {
                "ApiId": api,
                "RouteKey": key,
                "AuthorizationType": "NONE",
                "Target": {"Fn::Join": ["/", ["integrations", {"Ref": f"{name}WebsocketsIntegration"}]]},
            },
        }
        resources: dict[str, Any] = {
            f"{name}WebsocketsRoute": route,
            f"{name}LogGroup": {
                "Type": "AWS::Logs::LogGroup",
                "Properties": {"LogGroupName": f"/aws/lambda/{self.name}-{name}", "RetentionInDays": self.retention},
            },
            f"{name}Role": {
                "Type": "AWS::IAM::Role",
                "Properties": {
                    "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [trust]},
                    "Policies": [
                        {"PolicyName": name, "PolicyDocument": {"Version": "2012-10-17", "Statement": [statement]}}
                    ],
                },
            },
            f"{name}LambdaFunction": {
                "Type": "AWS::Lambda::Function",
                "DependsOn": [f"{name}LogGroup"],
                "Properties": {
                    "Code": {"S3Bucket": self.bucket, "S3Key": f"{self.release}.zip"},
                    "FunctionName": f"{self.name}-{name}",
                    "Handler": "index.handler",
                    "Runtime": "python3.13",
                    "Architectures": ["arm64"],
                    "MemorySize": self.memory,
                    "Timeout": 5,
                    "LoggingConfig": {"LogFormat": "JSON"},
                    "Tags": [{"Key": "project", "Value": self.name}],
                    "Environment": {"Variables": {"TABLE": {"Ref": "Table"}}},
                    "Role": {"Fn::GetAtt": [f"{name}Role", "Arn"]},
                },
            },
            f"{name}LambdaPermissionWebsockets": {
                "Type": "AWS::Lambda::Permission",
                "DependsOn": ["WebsocketsApi", f"{name}LambdaFunction"],
                "Properties": {
                    "FunctionName": {"Fn::GetAtt": [f"{name}LambdaFunction", "Arn"]},
                    "Action": "lambda:InvokeFunction",
                    "Principal": "apigateway.amazonaws.com",
                },
            },
            f"{name}WebsocketsIntegration": {
                "Type": "AWS::ApiGatewayV2::Integration",
                "Properties": {
                    "ApiId": api,
                    "IntegrationType": "AWS_PROXY",
                    "IntegrationUri": {
                        "Fn::Sub": f"arn:${{AWS::Partition}}:apigateway:${{AWS::Region}}:lambda:path"
                        f"/2015-03-31/functions/${{{name}LambdaFunction.Arn}}/invocations"
                    },
                },
            },
        }
        if key in self.two_way:
            route["Properties"]["RouteResponseSelectionExpression"] = "$default"  # type: ignore[index]
            resources[f"{name}WebsocketsRouteResponse"] = {
                "Type": "AWS::ApiGatewayV2::RouteResponse",
                "Properties": {
                    "ApiId": api,
                    "RouteId": {"Ref": f"{name}WebsocketsRoute"},
                    "RouteResponseKey": "$default",
                },
            }
        return resources


def _letters(key: str) -> str:
    return key.replace("$", "S")


@pytest.fixture
def service(client: Client, unique: str, code_bucket: str) -> Iterator[Service]:
    """A service with two releases of its code uploaded; its stack is deleted afterwards."""
    s3 = client("s3")
    s3.put_object(Bucket=code_bucket, Key="one.zip", Body=zipped("def handler(event, context): return 1"))
    s3.put_object(Bucket=code_bucket, Key="two.zip", Body=zipped("def handler(event, context): return 2"))
    yield Service(unique, code_bucket)
    client("cloudformation").delete_stack(StackName=unique)


def deploy(client: Client, service: Service) -> dict[str, Any]:
    """Create or update the stack, and return its description."""
    stacks = client("cloudformation")
    names = {each["StackName"] for each in stacks.describe_stacks()["Stacks"]}
    change = stacks.update_stack if service.name in names else stacks.create_stack
    change(StackName=service.name, TemplateBody=service.text(), Capabilities=["CAPABILITY_IAM"])
    described: dict[str, Any] = stacks.describe_stacks(StackName=service.name)["Stacks"][0]
    return described


def outputs(stack: dict[str, Any]) -> dict[str, str]:
    return {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}


def api_id(client: Client, service: Service) -> str:
    found: str = physical(client, service, "WebsocketsApi")
    return found


def physical(client: Client, service: Service, logical: str) -> str:
    detail = client("cloudformation").describe_stack_resource(StackName=service.name, LogicalResourceId=logical)
    found: str = detail["StackResourceDetail"]["PhysicalResourceId"]
    return found


def events(client: Client, stack: str) -> list[tuple[str, str, str]]:
    """(logical id, status, reason), oldest first."""
    newest_first = client("cloudformation").describe_stack_events(StackName=stack)["StackEvents"]
    return [
        (each["LogicalResourceId"], each["ResourceStatus"], each.get("ResourceStatusReason", ""))
        for each in reversed(newest_first)
    ]

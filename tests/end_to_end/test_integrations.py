"""Integrations without a function, over a whole embedded AWS: APIs made with plain boto3."""

import json
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from .conftest import Embedded

Eventually = Callable[[Callable[[], bool]], None]

REGION = "us-east-1"
OK = {"application/json": '{"statusCode":200}'}


class Api:
    """A WebSocket API, route by route."""

    def __init__(self) -> None:
        self.client: Any = boto3.client("apigatewayv2")
        made = self.client.create_api(
            Name=f"test-{uuid.uuid4().hex[:8]}",
            ProtocolType="WEBSOCKET",
            RouteSelectionExpression="$request.body.action",
        )
        self.id: str = made["ApiId"]

    @property
    def url(self) -> str:
        return f"wss://{self.id}.execute-api.{REGION}.amazonaws.com/dev"

    def route(
        self,
        key: str,
        integration: dict[str, Any],
        responses: dict[str, dict[str, Any]],
        **settings: Any,
    ) -> None:
        """A two-way route to an integration, with its integration responses by key."""
        target = self.client.create_integration(ApiId=self.id, **integration)["IntegrationId"]
        for response_key, response in responses.items():
            self.client.create_integration_response(
                ApiId=self.id, IntegrationId=target, IntegrationResponseKey=response_key, **response
            )
        made = self.client.create_route(
            ApiId=self.id,
            RouteKey=key,
            Target=f"integrations/{target}",
            RouteResponseSelectionExpression="$default",
            **settings,
        )
        self.client.create_route_response(ApiId=self.id, RouteId=made["RouteId"], RouteResponseKey="$default")

    def deploy(self, **stage: Any) -> None:
        deployment = self.client.create_deployment(ApiId=self.id)["DeploymentId"]
        self.client.create_stage(ApiId=self.id, StageName="dev", DeploymentId=deployment, **stage)


@pytest.fixture
def api(embedded: Embedded) -> Iterator[Api]:
    made = Api()
    yield made
    made.client.delete_api(ApiId=made.id)


@pytest.fixture
def role(embedded: Embedded) -> Iterator[str]:
    """A role that API Gateway may assume."""
    iam, name = boto3.client("iam"), f"gateway-{uuid.uuid4().hex[:8]}"
    trust = {"Effect": "Allow", "Principal": {"Service": "apigateway.amazonaws.com"}, "Action": "sts:AssumeRole"}
    made = iam.create_role(
        RoleName=name, AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    )
    allowed = {"Effect": "Allow", "Action": ["dynamodb:*", "sqs:*"], "Resource": "*"}
    iam.put_role_policy(
        RoleName=name, PolicyName="p", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    )
    yield made["Role"]["Arn"]
    iam.delete_role_policy(RoleName=name, PolicyName="p")
    iam.delete_role(RoleName=name)


@pytest.fixture
def table(embedded: Embedded) -> Iterator[str]:
    client, name = boto3.client("dynamodb"), f"connections-{uuid.uuid4().hex[:8]}"
    client.create_table(
        TableName=name,
        AttributeDefinitions=[{"AttributeName": "connectionId", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "connectionId", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    yield name
    client.delete_table(TableName=name)


def exchange(url: str, *messages: str) -> list[str]:
    """What one client is answered to each of its messages."""
    answers = []
    with connect(url) as socket:
        for message in messages:
            socket.send(message)
            answers.append(str(socket.recv(timeout=60)))
    return answers


def test_a_mock_answers_by_itself(api: Api) -> None:
    """Spec 124–127: the read-back of a MOCK, its templates, stage variables in them."""
    pong = {"ResponseTemplates": {"$default": '{"pong":$input.json("$"),"stage":"$stageVariables.name"}'}}
    mock = {"IntegrationType": "MOCK", "RequestTemplates": OK, "TemplateSelectionExpression": "\\$default"}
    api.route("ping", mock, {"$default": pong})
    (integration,) = api.client.get_integrations(ApiId=api.id)["Items"]
    assert integration["IntegrationResponseSelectionExpression"] == "${response.statuscode}"
    api.deploy(StageVariables={"name": "blue"})
    assert exchange(api.url, '{"action":"ping"}') == ['{"pong":{},"stage":"blue"}']


def test_a_model_keeps_a_message_from_the_backend(api: Api) -> None:
    """Spec 131, 132."""
    schema = {"type": "object", "required": ["text"], "properties": {"text": {"type": "string"}}}
    api.client.create_model(ApiId=api.id, Name="Chat", ContentType="application/json", Schema=json.dumps(schema))
    mock = {"IntegrationType": "MOCK", "RequestTemplates": OK}
    sent = {"$default": {"ResponseTemplates": {"$default": "sent"}}}
    api.route("send", mock, sent, ModelSelectionExpression="$request.body.action", RequestModels={"send": "Chat"})
    api.deploy()
    refused, accepted = exchange(api.url, '{"action":"send"}', '{"action":"send","text":"hi"}')
    assert (json.loads(refused)["message"], accepted) == ("Bad request body", "sent")
    assert list(json.loads(refused)) == ["message", "connectionId", "messageId"]


def test_connections_are_recorded_without_a_function(api: Api, table: str, role: str, eventually: Eventually) -> None:
    """Spec 13, 122, 129: ``$connect`` puts an item, ``$disconnect`` deletes it, both straight to DynamoDB."""

    def dynamodb(action: str, template: str) -> dict[str, Any]:
        return {
            "IntegrationType": "AWS",
            "IntegrationMethod": "POST",
            "IntegrationUri": f"arn:aws:apigateway:{REGION}:dynamodb:action/{action}",
            "CredentialsArn": role,
            "TemplateSelectionExpression": "\\$default",
            "RequestTemplates": {"$default": template},
        }

    key = '"connectionId": {"S": "$context.connectionId"}'
    put = (
        "#set($ttl = $context.requestTimeEpoch + 86400)"
        f'{{"TableName": "{table}", "Item": {{{key}, "ttl": {{"N": "$ttl"}}, '
        '"name": {"S": "$input.params(\'name\')"}}}'
    )
    api.route("$connect", dynamodb("PutItem", put), {"/200/": {"TemplateSelectionExpression": "\\$default"}})
    delete = f'{{"TableName": "{table}", "Key": {{{key}}}}}'
    api.route("$disconnect", dynamodb("DeleteItem", delete), {"/200/": {}})
    api.deploy()

    def items() -> list[dict[str, Any]]:
        return list(boto3.client("dynamodb").scan(TableName=table)["Items"])

    with connect(f"{api.url}?name=me"):
        (item,) = items()
        assert item["name"] == {"S": "me"}
        assert int(item["ttl"]["N"]) > 86400
    eventually(lambda: items() == [])


def test_the_errors_of_a_service_choose_the_integration_response(api: Api, table: str, role: str) -> None:
    """Spec 122: a DynamoDB that refuses is a 400 to be mapped, for a message and for the handshake."""
    put = {
        "IntegrationType": "AWS",
        "IntegrationMethod": "POST",
        "IntegrationUri": f"arn:aws:apigateway:{REGION}:dynamodb:action/PutItem",
        "CredentialsArn": role,
        "RequestTemplates": {"$default": '{"TableName": "missing", "Item": {"connectionId": {"S": "x"}}}'},
    }
    sorry = {"ResponseTemplates": {"$default": "sorry: $input.path('$.__type')"}}
    api.route("put", put, {"$default": {}, "/4\\d{2}/": sorry})
    api.deploy()
    (answer,) = exchange(api.url, '{"action":"put"}')
    assert answer.startswith("sorry: ")
    assert answer.endswith("ResourceNotFoundException")
    api.route("$connect", put, {"/200/": {}, "/4\\d{2}/": {}})
    api.client.create_deployment(ApiId=api.id, StageName="dev")
    with pytest.raises(InvalidStatus) as refused:
        connect(api.url)
    assert refused.value.response.status_code == 400


def test_the_role_of_an_integration_needs_the_permission(api: Api, table: str, role: str) -> None:
    """The service's refusal is a reply to map; if the role does not trust API Gateway, the integration fails."""
    put = {
        "IntegrationType": "AWS",
        "IntegrationMethod": "POST",
        "IntegrationUri": f"arn:aws:apigateway:{REGION}:dynamodb:action/PutItem",
        "CredentialsArn": role,
        "RequestTemplates": {"$default": f'{{"TableName": "{table}", "Item": {{"connectionId": {{"S": "x"}}}}}}'},
    }
    said = {"ResponseTemplates": {"$default": "said: $input.path('$.Message')"}}
    api.route("put", put, {"$default": {"ResponseTemplates": {"$default": "done"}}, "/4\\d{2}/": said})
    api.deploy()
    assert exchange(api.url, '{"action":"put"}') == ["done"]
    iam, name = boto3.client("iam"), role.rpartition("/")[2]
    nothing = {"Effect": "Allow", "Action": "dynamodb:GetItem", "Resource": "*"}
    iam.put_role_policy(
        RoleName=name, PolicyName="p", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [nothing]})
    )
    (answer,) = exchange(api.url, '{"action":"put"}')
    assert answer.startswith(f"said: User: arn:aws:sts::123456789012:assumed-role/{name}/")
    assert answer.endswith("because no identity-based policy allows the dynamodb:PutItem action")
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    iam.update_assume_role_policy(
        RoleName=name, PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    )
    (answer,) = exchange(api.url, '{"action":"put"}')
    assert json.loads(answer)["message"] == "Internal server error"

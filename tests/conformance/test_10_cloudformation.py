"""Group 10a: the CloudFormation resource types (spec 264–275)."""

import json
import re
from typing import Any

import pytest

from .build import Account
from .talk import ask, token
from .targets import Target

STACK_SECONDS = 300.0

TYPES = {
    "Api": ("ApiId", "ApiEndpoint"),
    "Route": ("RouteId",),
    "RouteResponse": ("RouteResponseId",),
    "Integration": (),
    "IntegrationResponse": ("IntegrationResponseId",),
    "Deployment": ("DeploymentId",),
    "Stage": (),
    "Authorizer": ("AuthorizerId",),
    "Model": ("ModelId",),
}
"""What ``Fn::GetAtt`` gives of each type."""


def template(account: Account) -> dict[str, Any]:
    """One resource of each type, with every property that WebSocket APIs have, and their values as outputs."""
    api = {"Ref": "Api"}
    properties: dict[str, dict[str, Any]] = {
        "Api": {
            "Name": account.name("stack"),
            "ProtocolType": "WEBSOCKET",
            # In Fn::Sub, what is not for CloudFormation is written ${!…} (spec 275).
            "RouteSelectionExpression": {"Fn::Sub": "${!request.body.action}"},
            "ApiKeySelectionExpression": "$request.header.x-api-key",
            "Description": "made from a template",
            "DisableExecuteApiEndpoint": False,
            "Tags": {"suite": "conformance"},
            "Version": "1",
        },
        "Integration": {
            "ApiId": api,
            "IntegrationType": "AWS_PROXY",
            "IntegrationUri": account.invocation_uri(account.puppet),
            "ConnectionType": "INTERNET",
            "PassthroughBehavior": "WHEN_NO_MATCH",
            "TimeoutInMillis": 5000,
            "Description": "the puppet",
        },
        "Mock": {
            "ApiId": api,
            "IntegrationType": "MOCK",
            "TemplateSelectionExpression": "200",
            "RequestTemplates": {"200": '{"statusCode":200}'},
        },
        "IntegrationResponse": {
            "ApiId": api,
            "IntegrationId": {"Ref": "Mock"},
            "IntegrationResponseKey": "$default",
            "TemplateSelectionExpression": "text",
            "ResponseTemplates": {"text": '{"mocked":true}'},
        },
        "Model": {
            "ApiId": api,
            "Name": "Anything",
            "ContentType": "application/json",
            "Schema": {"$schema": "http://json-schema.org/draft-04/schema#", "type": "object"},
            "Description": "any object",
        },
        "Authorizer": {
            "ApiId": api,
            "AuthorizerType": "REQUEST",
            "AuthorizerUri": account.invocation_uri(account.authorizer),
            "IdentitySource": ["route.request.header.X-Auth"],
            "Name": "authorizer",
        },
        "Connect": {
            "ApiId": api,
            "RouteKey": "$connect",
            "AuthorizationType": "CUSTOM",
            "AuthorizerId": {"Ref": "Authorizer"},
            "ApiKeyRequired": False,
            "Target": {"Fn::Join": ["/", ["integrations", {"Ref": "Integration"}]]},
        },
        "Route": {
            "ApiId": api,
            "RouteKey": "echo",
            "OperationName": "Echo",
            "ModelSelectionExpression": "any",
            "RequestModels": {"any": "Anything"},
            "RouteResponseSelectionExpression": "$default",
            "Target": {"Fn::Join": ["/", ["integrations", {"Ref": "Integration"}]]},
        },
        "RouteResponse": {"ApiId": api, "RouteId": {"Ref": "Route"}, "RouteResponseKey": "$default"},
        "MockRoute": {
            "ApiId": api,
            "RouteKey": "mock",
            "RouteResponseSelectionExpression": "$default",
            "Target": {"Fn::Join": ["/", ["integrations", {"Ref": "Mock"}]]},
        },
        "MockRouteResponse": {"ApiId": api, "RouteId": {"Ref": "MockRoute"}, "RouteResponseKey": "$default"},
        "Deployment": {"ApiId": api, "Description": "the first"},
        "Stage": {
            "ApiId": api,
            "StageName": "test",
            "DeploymentId": {"Ref": "Deployment"},
            "Description": "a stage",
            "StageVariables": {"colour": "blue"},
            "DefaultRouteSettings": {"ThrottlingBurstLimit": 100, "ThrottlingRateLimit": 200},
            "RouteSettings": {"echo": {"ThrottlingBurstLimit": 10, "ThrottlingRateLimit": 20}},
            "Tags": {"suite": "conformance"},
        },
    }
    kinds = {"Mock": "Integration", "Connect": "Route", "MockRoute": "Route", "MockRouteResponse": "RouteResponse"}
    resources: dict[str, dict[str, Any]] = {
        name: {"Type": f"AWS::ApiGatewayV2::{kinds.get(name, name)}", "Properties": values}
        for name, values in properties.items()
    }
    resources["Route"]["DependsOn"] = ["Model"]
    resources["Deployment"]["DependsOn"] = [
        "Connect", "Route", "RouteResponse", "MockRoute", "MockRouteResponse", "IntegrationResponse"
    ]  # fmt: skip
    outputs: dict[str, Any] = {f"{name}Ref": {"Value": {"Ref": name}} for name in (*TYPES, "Connect")}
    for name, attributes in TYPES.items():
        outputs |= {f"{name}{attribute}": {"Value": {"Fn::GetAtt": [name, attribute]}} for attribute in attributes}
    return {"AWSTemplateFormatVersion": "2010-09-09", "Resources": resources, "Outputs": outputs}


def deploy(account: Account, document: dict[str, Any]) -> dict[str, str]:
    """Make a stack; its outputs."""
    formation, name = account.client("cloudformation"), account.name("stack")
    identifier = formation.create_stack(StackName=name, TemplateBody=json.dumps(document))["StackId"]
    account.later(lambda: ended(account, identifier, "DELETE_COMPLETE"))
    account.later(lambda: formation.delete_stack(StackName=name))
    stack = ended(account, identifier, "CREATE_COMPLETE")
    return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", ())}


def ended(account: Account, stack: str, wanted: str) -> dict[str, Any]:
    """The stack once nothing of it is in progress any more; fails when it did not end as wanted."""
    formation = account.client("cloudformation")

    def done() -> dict[str, Any] | None:
        (found,) = formation.describe_stacks(StackName=stack)["Stacks"]
        return None if found["StackStatus"].endswith("_IN_PROGRESS") else found

    found: dict[str, Any] = account.wait(done, wanted, STACK_SECONDS)
    if found["StackStatus"] != wanted:
        events = formation.describe_stack_events(StackName=stack)["StackEvents"]
        reasons = [event.get("ResourceStatusReason") for event in events if event["ResourceStatus"].endswith("FAILED")]
        raise AssertionError(f"{found['StackStatus']}: {reasons}")
    return found


@pytest.fixture(scope="module")
def outputs(account: Account) -> dict[str, str]:
    """What the stack says of its resources; another emulator is given those that it knows."""
    document = template(account)
    try:
        return deploy(account, document)
    except account.client("cloudformation").exceptions.ClientError as error:
        unknown = set(re.findall(r"AWS::ApiGatewayV2::\w+", str(error)))
        if account.target.is_local or account.target.is_aws or not unknown:
            raise
    return deploy(account, without(document, unknown))


def without(document: dict[str, Any], types: set[str]) -> dict[str, Any]:
    """The template without resources of these types, and without what refers to them."""
    resources, outputs = dict(document["Resources"]), dict(document["Outputs"])
    gone = [name for name, each in resources.items() if each["Type"] in types]
    while gone:
        name = gone.pop()
        resources.pop(name, None)
        for kept in resources.values():
            if name in kept.get("DependsOn", ()):
                kept["DependsOn"] = [each for each in kept["DependsOn"] if each != name]
        gone += [other for other, each in resources.items() if f'"{name}"' in json.dumps(each.get("Properties"))]
        outputs = {key: each for key, each in outputs.items() if f'"{name}"' not in json.dumps(each)}
    return {**document, "Resources": resources, "Outputs": outputs}


@pytest.fixture(scope="module")
def gateway(account: Account) -> Any:
    """The control plane."""
    return account.client("apigatewayv2")


def has(found: dict[str, Any], **expected: Any) -> None:
    """The members that the template set, as the control plane has them."""
    assert expected == {name: found.get(name) for name in expected}


@pytest.mark.spec(264, 275)
def test_api(outputs: dict[str, str], gateway: Any) -> None:
    """``Ref`` and ``ApiId`` are the id; the properties arrive."""
    assert outputs["ApiRef"] == outputs["ApiApiId"]
    api = gateway.get_api(ApiId=outputs["ApiRef"])
    assert api["ApiEndpoint"] == outputs["ApiApiEndpoint"]
    has(
        api,
        ProtocolType="WEBSOCKET",
        RouteSelectionExpression="${request.body.action}",
        ApiKeySelectionExpression="$request.header.x-api-key",
        Description="made from a template",
        Version="1",
    )
    assert "conformance" == api["Tags"]["suite"]


@pytest.mark.spec(265, 274)
def test_route(outputs: dict[str, str], gateway: Any) -> None:
    """``Ref`` and ``RouteId`` are the id; the target is joined."""
    assert outputs["RouteRef"] == outputs["RouteRouteId"]
    has(
        gateway.get_route(ApiId=outputs["ApiRef"], RouteId=outputs["RouteRef"]),
        RouteKey="echo",
        Target=f"integrations/{outputs['IntegrationRef']}",
        OperationName="Echo",
        ModelSelectionExpression="any",
        RequestModels={"any": "Anything"},
        RouteResponseSelectionExpression="$default",
        AuthorizationType="NONE",
    )
    has(
        gateway.get_route(ApiId=outputs["ApiRef"], RouteId=outputs["ConnectRef"]),
        RouteKey="$connect",
        AuthorizationType="CUSTOM",
        AuthorizerId=outputs["AuthorizerRef"],
        ApiKeyRequired=False,
    )


@pytest.mark.spec(266)
def test_route_response(outputs: dict[str, str], gateway: Any) -> None:
    """``Ref`` and ``RouteResponseId`` are the id."""
    assert outputs["RouteResponseRef"] == outputs["RouteResponseRouteResponseId"]
    found = gateway.get_route_response(
        ApiId=outputs["ApiRef"], RouteId=outputs["RouteRef"], RouteResponseId=outputs["RouteResponseRef"]
    )
    has(found, RouteResponseKey="$default")


@pytest.mark.spec(267)
def test_integration(outputs: dict[str, str], gateway: Any, account: Account) -> None:
    """``Ref`` is the id."""
    has(
        gateway.get_integration(ApiId=outputs["ApiRef"], IntegrationId=outputs["IntegrationRef"]),
        IntegrationType="AWS_PROXY",
        IntegrationUri=account.invocation_uri(account.puppet),
        ConnectionType="INTERNET",
        PassthroughBehavior="WHEN_NO_MATCH",
        TimeoutInMillis=5000,
        Description="the puppet",
    )


@pytest.mark.spec(268)
def test_integration_response(outputs: dict[str, str], gateway: Any) -> None:
    """``Ref`` and ``IntegrationResponseId`` are the id."""
    assert outputs["IntegrationResponseRef"] == outputs["IntegrationResponseIntegrationResponseId"]
    mocks = [
        each["IntegrationId"]
        for each in gateway.get_integrations(ApiId=outputs["ApiRef"])["Items"]
        if each["IntegrationType"] == "MOCK"
    ]
    found = gateway.get_integration_response(
        ApiId=outputs["ApiRef"],
        IntegrationId=mocks[0],
        IntegrationResponseId=outputs["IntegrationResponseRef"],
    )
    has(
        found,
        IntegrationResponseKey="$default",
        TemplateSelectionExpression="text",
        ResponseTemplates={"text": '{"mocked":true}'},
    )


@pytest.mark.spec(269)
def test_deployment(outputs: dict[str, str], gateway: Any, target: Target) -> None:
    """``Ref`` and ``DeploymentId`` are the id; made after what it depends on, it serves all of that."""
    assert outputs["DeploymentRef"] == outputs["DeploymentDeploymentId"]
    found = gateway.get_deployment(ApiId=outputs["ApiRef"], DeploymentId=outputs["DeploymentRef"])
    has(found, Description="the first", DeploymentStatus="DEPLOYED")
    url = target.url(outputs["ApiRef"], "test")
    assert 401 == target.refused(url).status_code
    with target.connect(url, additional_headers={"X-Auth": "yes"}) as client:
        assert {"colour": "blue"} == ask(client, {"action": "echo"})["event"]["stageVariables"]
        assert {"mocked": True} == ask(client, {"action": "mock"})


@pytest.mark.spec(269)
def test_deployment_to_an_existing_stage(account: Account, gateway: Any) -> None:
    """``StageName`` points that stage at it."""
    document: dict[str, Any] = {
        "Resources": {
            "Api": {
                "Type": "AWS::ApiGatewayV2::Api",
                "Properties": {
                    "Name": account.name("stack"),
                    "ProtocolType": "WEBSOCKET",
                    "RouteSelectionExpression": "$request.body.action",
                },
            },
            "Route": {
                "Type": "AWS::ApiGatewayV2::Route",
                "Properties": {"ApiId": {"Ref": "Api"}, "RouteKey": "echo"},
            },
            "Stage": {
                "Type": "AWS::ApiGatewayV2::Stage",
                "Properties": {"ApiId": {"Ref": "Api"}, "StageName": "live"},
            },
            "Deployment": {
                "Type": "AWS::ApiGatewayV2::Deployment",
                "DependsOn": ["Route", "Stage"],
                # It goes before the stage, and may not while the stage points at it; deleting the API takes it along.
                "DeletionPolicy": "Retain",
                "Properties": {"ApiId": {"Ref": "Api"}, "StageName": "live"},
            },
        },
        "Outputs": {name: {"Value": {"Ref": name}} for name in ("Api", "Deployment")},
    }
    made = deploy(account, document)
    assert made["Deployment"] == gateway.get_stage(ApiId=made["Api"], StageName="live")["DeploymentId"]


@pytest.mark.spec(270)
def test_stage(outputs: dict[str, str], gateway: Any) -> None:
    """``Ref`` is the name."""
    assert "test" == outputs["StageRef"]
    stage = gateway.get_stage(ApiId=outputs["ApiRef"], StageName="test")
    has(
        stage,
        DeploymentId=outputs["DeploymentRef"],
        Description="a stage",
        StageVariables={"colour": "blue"},
    )
    assert (100, 200.0) == (
        stage["DefaultRouteSettings"]["ThrottlingBurstLimit"],
        stage["DefaultRouteSettings"]["ThrottlingRateLimit"],
    )
    assert 10 == stage["RouteSettings"]["echo"]["ThrottlingBurstLimit"]
    assert "conformance" == stage["Tags"]["suite"]


@pytest.mark.spec(271)
def test_authorizer(outputs: dict[str, str], gateway: Any, account: Account) -> None:
    """``Ref`` and ``AuthorizerId`` are the id."""
    assert outputs["AuthorizerRef"] == outputs["AuthorizerAuthorizerId"]
    has(
        gateway.get_authorizer(ApiId=outputs["ApiRef"], AuthorizerId=outputs["AuthorizerRef"]),
        AuthorizerType="REQUEST",
        AuthorizerUri=account.invocation_uri(account.authorizer),
        IdentitySource=["route.request.header.X-Auth"],
        Name="authorizer",
    )


@pytest.mark.spec(272)
def test_model(outputs: dict[str, str], gateway: Any) -> None:
    """``Ref`` and ``ModelId`` are the id; the schema may be written as an object."""
    assert outputs["ModelRef"] == outputs["ModelModelId"]
    model = gateway.get_model(ApiId=outputs["ApiRef"], ModelId=outputs["ModelRef"])
    has(model, Name="Anything", ContentType="application/json", Description="any object")
    assert "object" == json.loads(model["Schema"])["type"]


@pytest.mark.spec(273)
@pytest.mark.local_only("a custom domain needs a certificate and a name of one's own")
def test_domain_name(account: Account, gateway: Any) -> None:
    """``Ref`` of the domain is its name, of the mapping its id."""
    name = f"{account.name('domain')}.example.com"
    certificate = f"arn:aws:acm:{account.target.region}:{account.id}:certificate/{token()}"
    document = template(account)
    document["Resources"] |= {
        "Domain": {
            "Type": "AWS::ApiGatewayV2::DomainName",
            "Properties": {
                "DomainName": name,
                "DomainNameConfigurations": [{"CertificateArn": certificate, "EndpointType": "REGIONAL"}],
            },
        },
        "Mapping": {
            "Type": "AWS::ApiGatewayV2::ApiMapping",
            "Properties": {
                "DomainName": {"Ref": "Domain"},
                "ApiId": {"Ref": "Api"},
                "Stage": {"Ref": "Stage"},
                "ApiMappingKey": "orders",
            },
        },
    }
    document["Outputs"] = {
        "Api": {"Value": {"Ref": "Api"}},
        "Domain": {"Value": {"Ref": "Domain"}},
        "Regional": {"Value": {"Fn::GetAtt": ["Domain", "RegionalDomainName"]}},
        "Zone": {"Value": {"Fn::GetAtt": ["Domain", "RegionalHostedZoneId"]}},
        "Mapping": {"Value": {"Ref": "Mapping"}},
        "MappingId": {"Value": {"Fn::GetAtt": ["Mapping", "ApiMappingId"]}},
    }
    made = deploy(account, document)
    assert (name, made["Mapping"]) == (made["Domain"], made["MappingId"])
    (configuration,) = gateway.get_domain_name(DomainName=name)["DomainNameConfigurations"]
    assert configuration["ApiGatewayDomainName"] == made["Regional"]
    assert made["Zone"]
    mapping = gateway.get_api_mapping(DomainName=name, ApiMappingId=made["Mapping"])
    has(mapping, ApiId=made["Api"], Stage="test", ApiMappingKey="orders")

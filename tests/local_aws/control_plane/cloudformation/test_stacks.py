"""Stacks with a WebSocket API are created, updated and deleted as by CloudFormation (spec 264–275)."""

import json
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from local_aws.control_plane import ControlPlane

from ..conftest import Client, Service, api_id, deploy, events, outputs, physical


def test_create(client: Client, service: Service, plane: ControlPlane) -> None:
    """A created stack serves its routes at the URL that its output names."""
    stack = deploy(client, service)

    api = api_id(client, service)
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    assert outputs(stack)["ServiceEndpointWebsocket"] == f"wss://{api}.execute-api.us-east-1.amazonaws.com/dev"
    deployed = plane.deployed(api, "dev")
    assert deployed is not None
    assert sorted(route["routeKey"] for route in deployed["routes"]) == ["$connect", "$default", "send"]
    assert [len(route["routeResponses"]) for route in deployed["routes"] if route["routeKey"] == "send"] == [1]
    assert {each["integrationType"] for each in deployed["integrations"]} == {"AWS_PROXY"}


def test_function_keeps_what_the_template_says(client: Client, service: Service) -> None:
    """A function of a stack has the template's architecture, environment, tags and log format."""
    deploy(client, service)

    found = client("lambda").get_function(FunctionName=f"{service.name}-send")
    configuration = found["Configuration"]
    assert configuration["Architectures"] == ["arm64"]
    assert configuration["Environment"]["Variables"] == {"TABLE": physical(client, service, "Table")}
    assert configuration["LoggingConfig"]["LogFormat"] == "JSON"
    assert configuration["LoggingConfig"]["LogGroup"] == f"/aws/lambda/{service.name}-send"
    assert configuration["State"] == "Active"
    assert configuration["Version"] == "$LATEST"
    assert found["Tags"] == {"project": service.name}


def test_table_has_time_to_live(client: Client, service: Service) -> None:
    """The table's TimeToLiveSpecification is applied."""
    stack = deploy(client, service)

    described = client("dynamodb").describe_time_to_live(TableName=outputs(stack)["Table"])
    assert described["TimeToLiveDescription"] == {"AttributeName": "expiresAt", "TimeToLiveStatus": "ENABLED"}


def test_bucket_with_tls_policy_takes_objects(client: Client, service: Service) -> None:
    """The usual bucket policy that demands TLS does not lock out the endpoint on loopback."""
    bucket = outputs(deploy(client, service))["Bucket"]

    client("s3").put_object(Bucket=bucket, Key="a/b c.txt", Body=b"text")

    assert client("s3").get_object(Bucket=bucket, Key="a/b c.txt")["Body"].read() == b"text"
    client("s3").delete_object(Bucket=bucket, Key="a/b c.txt")


def test_update_swaps_the_deployment(client: Client, service: Service, plane: ControlPlane) -> None:
    """The stage uses a new deployment with the changed route, and the old deployment is deleted."""
    deploy(client, service)
    api = api_id(client, service)
    before = plane.deployed(api, "dev")
    assert before is not None

    service.release, service.routes = "two", ["$connect", "$default", "send", "shout"]
    stack = deploy(client, service)

    after = plane.deployed(api, "dev")
    assert after is not None
    assert stack["StackStatus"] == "UPDATE_COMPLETE"
    assert sorted(route["routeKey"] for route in after["routes"]) == ["$connect", "$default", "send", "shout"]
    assert after["deploymentId"] != before["deploymentId"]
    deployments = client("apigatewayv2").get_deployments(ApiId=api)["Items"]
    assert [each["DeploymentId"] for each in deployments] == [after["deploymentId"]]


def test_update_takes_a_modified_route_into_the_deployment(
    client: Client, service: Service, plane: ControlPlane
) -> None:
    """The new deployment is created after the update of a route that it depends on."""
    service.two_way = []
    deploy(client, service)
    api = api_id(client, service)

    service.release, service.two_way = "two", ["send"]
    deploy(client, service)

    deployed = plane.deployed(api, "dev")
    assert deployed is not None
    send = next(route for route in deployed["routes"] if route["routeKey"] == "send")
    assert send["routeResponseSelectionExpression"] == "$default"
    assert [response["routeResponseKey"] for response in send["routeResponses"]] == ["$default"]


def test_removed_route_is_served_until_the_next_deployment(
    client: Client, service: Service, plane: ControlPlane
) -> None:
    """CloudFormation removes last, so the deployment of the same update still has the route (spec 231, 232)."""
    deploy(client, service)
    api = api_id(client, service)

    service.release, service.routes = "two", ["$connect", "send"]
    deploy(client, service)

    deployed = plane.deployed(api, "dev")
    assert deployed is not None
    assert "$default" in [route["routeKey"] for route in deployed["routes"]]
    configured = client("apigatewayv2").get_routes(ApiId=api)["Items"]
    assert sorted(route["RouteKey"] for route in configured) == ["$connect", "send"]


def test_update_order(client: Client, service: Service) -> None:
    """Dropped resources are deleted last, after the stage's update to the new deployment."""
    deploy(client, service)
    done = len(events(client, service.name))

    service.release = "two"
    deploy(client, service)

    steps = [f"{name} {status}" for name, status, _ in events(client, service.name)[done:]]
    order = [
        steps.index("WebsocketsDeploymenttwo CREATE_COMPLETE"),
        steps.index("WebsocketsDeploymentStage UPDATE_COMPLETE"),
        steps.index(f"{service.name} UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"),
        steps.index("WebsocketsDeploymentone DELETE_COMPLETE"),
        steps.index(f"{service.name} UPDATE_COMPLETE"),
    ]
    assert sorted(order) == order


def test_update_of_a_function(client: Client, service: Service, plane: ControlPlane) -> None:
    """New code has a new CodeSha256 and LastModified; the function stays the same function."""
    deploy(client, service)
    name = f"{service.name}-send"
    before = client("lambda").get_function_configuration(FunctionName=name)

    service.release, service.memory = "two", 512
    deploy(client, service)

    after = client("lambda").get_function_configuration(FunctionName=name)
    assert after["CodeSha256"] != before["CodeSha256"]
    assert after["LastModified"] >= before["LastModified"]
    assert after["MemorySize"] == 512
    assert after["FunctionArn"] == before["FunctionArn"]
    assert b"index.py" in plane.lambda_code(name)


def test_update_resets_what_a_template_no_longer_sets(client: Client, service: Service) -> None:
    """A property that is removed from the template goes back to its default."""
    deploy(client, service)
    template = service.template()
    properties = template["Resources"]["sendLambdaFunction"]["Properties"]
    for key in ("MemorySize", "Environment", "LoggingConfig", "Architectures"):
        del properties[key]

    client("cloudformation").update_stack(StackName=service.name, TemplateBody=json.dumps(template))

    configuration = client("lambda").get_function_configuration(FunctionName=f"{service.name}-send")
    assert configuration["MemorySize"] == 128
    assert configuration["Architectures"] == ["x86_64"]
    assert configuration["LoggingConfig"]["LogFormat"] == "Text"
    assert "Environment" not in configuration


def test_removed_permission_is_gone(client: Client, service: Service) -> None:
    """Removing a permission from the template deletes its statement only."""
    deploy(client, service)
    function = f"{service.name}-send"
    template = service.template()
    extra = {**template["Resources"]["sendLambdaPermissionWebsockets"]}
    extra["Properties"] = {**extra["Properties"], "Principal": "events.amazonaws.com"}
    more = {**template, "Resources": {**template["Resources"], "Extra": extra}}
    stacks = client("cloudformation")

    def principals() -> list[str]:
        policy = json.loads(client("lambda").get_policy(FunctionName=function)["Policy"])
        return sorted(statement["Principal"]["Service"] for statement in policy["Statement"])

    stacks.update_stack(StackName=service.name, TemplateBody=json.dumps(more))
    assert principals() == ["apigateway.amazonaws.com", "events.amazonaws.com"]
    stacks.update_stack(StackName=service.name, TemplateBody=json.dumps(template))
    assert principals() == ["apigateway.amazonaws.com"]


def test_versions_and_managed_policies(client: Client, service: Service) -> None:
    """A version's Ref is its ARN; Retain keeps it after its removal; deleting the function deletes it."""
    function = f"{service.name}-send"
    template = service.template()
    template["Resources"]["sendRole"]["Properties"]["ManagedPolicyArns"] = [
        "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
    ]
    template["Resources"]["VersionOne"] = {
        "Type": "AWS::Lambda::Version",
        "DeletionPolicy": "Retain",
        "Properties": {"FunctionName": {"Ref": "sendLambdaFunction"}, "CodeSha256": "one"},
    }
    template["Outputs"]["Version"] = {"Value": {"Ref": "VersionOne"}}
    stacks = client("cloudformation")
    stacks.create_stack(StackName=service.name, TemplateBody=json.dumps(template))
    stack = stacks.describe_stacks(StackName=service.name)["Stacks"][0]
    assert outputs(stack)["Version"] == f"arn:aws:lambda:us-east-1:123456789012:function:{function}:1"
    role = physical(client, service, "sendRole")
    assert len(client("iam").list_attached_role_policies(RoleName=role)["AttachedPolicies"]) == 1

    deploy(client, service)

    versions = client("lambda").list_versions_by_function(FunctionName=function)["Versions"]
    assert [each["Version"] for each in versions] == ["$LATEST", "1"]
    assert client("iam").list_attached_role_policies(RoleName=role)["AttachedPolicies"] == []


def test_update_of_role_log_group_and_table(client: Client, service: Service) -> None:
    """Policies, retention and time to live are changed in place."""
    stack = deploy(client, service)
    role = physical(client, service, "sendRole")

    service.actions, service.retention, service.time_to_live = ["dynamodb:Scan"], 30, False
    deploy(client, service)

    assert physical(client, service, "sendRole") == role
    policy = client("iam").get_role_policy(RoleName=role, PolicyName="send")
    assert policy["PolicyDocument"]["Statement"][0]["Action"] == ["dynamodb:Scan"]
    groups = client("logs").describe_log_groups(logGroupNamePrefix=f"/aws/lambda/{service.name}-send")["logGroups"]
    assert [group["retentionInDays"] for group in groups] == [30]
    described = client("dynamodb").describe_time_to_live(TableName=outputs(stack)["Table"])
    assert described["TimeToLiveDescription"]["TimeToLiveStatus"] == "DISABLED"


def test_update_without_change(client: Client, service: Service) -> None:
    """Updating to the same template is the error that osls expects."""
    deploy(client, service)

    with pytest.raises(ClientError, match=r"No updates are to be performed\."):
        deploy(client, service)


def test_change_of_api_id_replaces_what_refers_to_it(client: Client, service: Service, plane: ControlPlane) -> None:
    """Replacing an API replaces its routes, stage and deployment, though their definitions are the same."""
    deploy(client, service)
    old = api_id(client, service)
    template = service.template()
    template["Resources"]["OtherApi"] = template["Resources"].pop("WebsocketsApi")
    text = json.dumps(template).replace("WebsocketsApi", "OtherApi")

    client("cloudformation").update_stack(StackName=service.name, TemplateBody=text)

    new = physical(client, service, "OtherApi")
    deployed = plane.deployed(new, "dev")
    assert deployed is not None
    assert len(deployed["routes"]) == 3
    assert plane.deployed(old, "dev") is None
    assert old not in {each["ApiId"] for each in client("apigatewayv2").get_apis()["Items"]}


def test_other_region(url: str, unique: str, plane: ControlPlane) -> None:
    """A stack in a region other than the control plane's has that region in its endpoint."""
    stacks = boto3.client(
        "cloudformation", "eu-west-1", endpoint_url=url, aws_access_key_id="AKIAX", aws_secret_access_key="x"
    )
    api = {"Name": unique, "ProtocolType": "WEBSOCKET", "RouteSelectionExpression": "$request.body.action"}
    ref = {"Ref": "Api"}
    resources = {
        "Api": {"Type": "AWS::ApiGatewayV2::Api", "Properties": api},
        "Route": {"Type": "AWS::ApiGatewayV2::Route", "Properties": {"ApiId": ref, "RouteKey": "$default"}},
        "Stage": {
            "Type": "AWS::ApiGatewayV2::Stage",
            "Properties": {"ApiId": ref, "StageName": "dev", "AutoDeploy": True},
            "DependsOn": "Route",
        },
    }
    outputs_of_template = {"Endpoint": {"Value": {"Fn::GetAtt": ["Api", "ApiEndpoint"]}}}
    template = json.dumps({"Resources": resources, "Outputs": outputs_of_template})

    stacks.create_stack(StackName=unique, TemplateBody=template)

    endpoint = outputs(stacks.describe_stacks(StackName=unique)["Stacks"][0])["Endpoint"]
    assert endpoint.endswith(".execute-api.eu-west-1.amazonaws.com")
    assert plane.deployed(endpoint.removeprefix("wss://").partition(".")[0], "dev") is not None
    stacks.delete_stack(StackName=unique)


def test_change_set(client: Client, service: Service, plane: ControlPlane) -> None:
    """A stack created and updated by change sets of one name, osls's default, has outputs and routes."""
    stacks = client("cloudformation")

    for kind, routes in (("CREATE", ["send"]), ("UPDATE", ["send", "shout"])):
        service.routes, service.release = routes, "one" if kind == "CREATE" else "two"
        stacks.delete_change_set(StackName=service.name, ChangeSetName="change")
        stacks.create_change_set(
            StackName=service.name, ChangeSetName="change", ChangeSetType=kind, TemplateBody=service.text()
        )
        described = stacks.describe_change_set(StackName=service.name, ChangeSetName="change")
        assert described["Status"] == "CREATE_COMPLETE"
        stacks.execute_change_set(StackName=service.name, ChangeSetName="change")
        stack = stacks.describe_stacks(StackName=service.name)["Stacks"][0]
        assert stack["StackStatus"] == f"{kind}_COMPLETE"

    api = outputs(stack)["ServiceEndpointWebsocket"].split("/")[2].partition(".")[0]
    deployed = plane.deployed(api, "dev")
    assert deployed is not None
    assert sorted(route["routeKey"] for route in deployed["routes"]) == ["send", "shout"]


def test_delete_leaves_nothing(client: Client, service: Service, plane: ControlPlane) -> None:
    """After deletion no resource of the stack is left, and its events can still be read."""
    stack = deploy(client, service)
    api = api_id(client, service)
    service.release = "two"
    client("cloudformation").update_stack(StackName=service.name, TemplateBody=service.text())

    client("cloudformation").delete_stack(StackName=service.name)

    deleted = client("cloudformation").describe_stacks(StackName=stack["StackId"])["Stacks"][0]
    assert deleted["StackStatus"] == "DELETE_COMPLETE"
    assert api not in {each["ApiId"] for each in client("apigatewayv2").get_apis()["Items"]}
    assert plane.deployed(api, "dev") is None
    functions = client("lambda").list_functions()["Functions"]
    assert [each for each in functions if each["FunctionName"].startswith(service.name)] == []
    roles = client("iam").list_roles()["Roles"]
    assert [each for each in roles if each["RoleName"].startswith(service.name)] == []
    groups = client("logs").describe_log_groups(logGroupNamePrefix=f"/aws/lambda/{service.name}")["logGroups"]
    assert groups == []
    assert outputs(stack)["Table"] not in client("dynamodb").list_tables()["TableNames"]
    buckets = client("s3").list_buckets()["Buckets"]
    assert outputs(stack)["Bucket"] not in [each["Name"] for each in buckets]
    exports = client("cloudformation").list_exports()["Exports"]
    assert [each for each in exports if each["ExportingStackId"] == stack["StackId"]] == []
    assert events(client, stack["StackId"])[-1] == (service.name, "DELETE_COMPLETE", "")
    assert client("cloudformation").describe_stack_resources(StackName=stack["StackId"])["StackResources"] == []
    with pytest.raises(ClientError, match="does not exist"):
        client("cloudformation").describe_stacks(StackName=service.name)


def test_custom_name_that_needs_replacing(client: Client, service: Service) -> None:
    """A table with a custom name cannot get another key: as on AWS, both tables would need the name."""
    template = service.template()
    table = template["Resources"]["Table"]["Properties"]
    table["TableName"] = service.name
    client("cloudformation").create_stack(StackName=service.name, TemplateBody=json.dumps(template))
    table["KeySchema"][0]["AttributeName"] = table["AttributeDefinitions"][0]["AttributeName"] = "other"

    client("cloudformation").update_stack(StackName=service.name, TemplateBody=json.dumps(template))

    reasons = [reason for name, status, reason in events(client, service.name) if status == "UPDATE_FAILED"]
    assert reasons[0].startswith("CloudFormation cannot update a stack when a custom-named resource requires replacing")


@pytest.mark.parametrize(
    ("resources", "message"),
    [
        ({"A": {"Type": "AWS::S3::Bucket", "Condition": "No"}}, "Unresolved condition dependency No in the Resources"),
        ({}, "At least one Resources member must be defined"),
        ({"A": {"Type": "AWS::No::Such"}}, r"Unrecognized resource types: \[AWS::No::Such\]"),
        ({"A": {"Type": "AWS::S3::Bucket", "DependsOn": "B"}}, r"Unresolved resource dependencies \[B\]"),
        (
            {
                "A": {"Type": "AWS::S3::Bucket", "DependsOn": "B"},
                "B": {"Type": "AWS::S3::Bucket", "DependsOn": "A"},
            },
            r"Circular dependency between resources: \[A, B\]",
        ),
    ],
)
def test_invalid_templates(client: Client, unique: str, resources: dict[str, Any], message: str) -> None:
    """An invalid template is an error, and no stack is created."""
    stacks = client("cloudformation")

    with pytest.raises(ClientError, match=message):
        stacks.create_stack(StackName=unique, TemplateBody=json.dumps({"Resources": resources}))

    assert unique not in [each["StackName"] for each in stacks.describe_stacks()["Stacks"]]


@pytest.mark.parametrize(
    ("output", "message"),
    [
        ({"Value": {"Ref": "B"}}, r"Unresolved resource dependencies \[B\] in the Outputs block of the template"),
        ({"Value": {"Fn::GetAtt": "B.Arn"}}, r"Unresolved resource dependencies \[B\] in the Outputs block"),
        ({"Value": "v", "Condition": "No"}, "Unresolved condition dependency No in the Outputs block of the template"),
    ],
)
def test_invalid_outputs(client: Client, unique: str, output: dict[str, Any], message: str) -> None:
    """An output that refers to an unknown name is an error, and no stack is created."""
    body = json.dumps({"Resources": {"A": {"Type": "AWS::S3::Bucket"}}, "Outputs": {"O": output}})
    with pytest.raises(ClientError, match=message) as raised:
        client("cloudformation").create_stack(StackName=unique, TemplateBody=body)
    assert raised.value.response["Error"]["Code"] == "ValidationError"


def test_a_change_of_tags_alone(client: Client, service: Service) -> None:
    """It is an update: the stack has the new tags."""
    deploy(client, service)
    stacks, tags = client("cloudformation"), [{"Key": "k", "Value": "v"}]

    stacks.update_stack(StackName=service.name, TemplateBody=service.text(), Tags=tags)

    stack = stacks.describe_stacks(StackName=service.name)["Stacks"][0]
    assert (stack["StackStatus"], stack["Tags"]) == ("UPDATE_COMPLETE", tags)
    assert stack["LastUpdatedTime"] >= stack["CreationTime"]
    with pytest.raises(ClientError, match=r"No updates are to be performed\."):
        stacks.update_stack(StackName=service.name, TemplateBody=service.text(), Tags=tags)


def test_validate_template_accepts_warnings(client: Client, service: Service) -> None:
    """ValidateTemplate accepts a DependsOn that a Ref implies, which cfn-lint only warns of (W3005)."""
    client("cloudformation").validate_template(TemplateBody=service.text())


def test_yaml_short_forms(client: Client, unique: str, plane: ControlPlane) -> None:
    """A template in YAML with !Ref, !Sub and !GetAtt creates the same resources."""
    text = """
    Resources:
      Api: {Type: AWS::ApiGatewayV2::Api, Properties: {Name: yaml, ProtocolType: WEBSOCKET, RouteSelectionExpression: $request.body.action}}
      Mock: {Type: AWS::ApiGatewayV2::Integration, Properties: {ApiId: !Ref Api, IntegrationType: MOCK}}
      Response:
        Type: AWS::ApiGatewayV2::IntegrationResponse
        Properties: {ApiId: !GetAtt Api.ApiId, IntegrationId: !Ref Mock, IntegrationResponseKey: $default}
      Route: {Type: AWS::ApiGatewayV2::Route, Properties: {ApiId: !Ref Api, RouteKey: $default, Target: !Sub "integrations/${Mock}"}}
      Model: {Type: AWS::ApiGatewayV2::Model, Properties: {ApiId: !Ref Api, Name: ping, Schema: {type: object}}}
      Authorizer:
        Type: AWS::ApiGatewayV2::Authorizer
        Properties: {ApiId: !Ref Api, Name: a, AuthorizerType: REQUEST, AuthorizerUri: arn:x, IdentitySource: [route.request.header.Auth]}
      Deployment: {Type: AWS::ApiGatewayV2::Deployment, DependsOn: Route, Properties: {ApiId: !Ref Api}}
      Stage:
        Type: AWS::ApiGatewayV2::Stage
        Properties:
          ApiId: !Ref Api
          StageName: dev
          DeploymentId: !GetAtt Deployment.DeploymentId
          DefaultRouteSettings: {ThrottlingBurstLimit: 7}
          StageVariables: {Name: value}
    Outputs:
      Endpoint: {Value: {Fn::GetAtt: Api.ApiEndpoint}}
    """  # noqa: E501
    stacks = client("cloudformation")
    stacks.create_stack(StackName=unique, TemplateBody=text)

    stack = stacks.describe_stacks(StackName=unique)["Stacks"][0]
    assert stack["StackStatus"] == "CREATE_COMPLETE", events(client, unique)
    api = outputs(stack)["Endpoint"].removeprefix("wss://").partition(".")[0]
    deployed = plane.deployed(api, "dev")
    assert deployed is not None
    assert deployed["stage"]["defaultRouteSettings"]["throttlingBurstLimit"] == 7
    assert deployed["stage"]["stageVariables"] == {"Name": "value"}
    assert [each["name"] for each in deployed["models"]] == ["ping"]
    assert json.loads(deployed["models"][0]["schema"]) == {"type": "object"}
    assert [each["identitySource"] for each in deployed["authorizers"]] == [["route.request.header.Auth"]]
    assert len(deployed["integrations"][0]["integrationResponses"]) == 1
    stacks.delete_stack(StackName=unique)
    assert api not in {each["ApiId"] for each in client("apigatewayv2").get_apis()["Items"]}

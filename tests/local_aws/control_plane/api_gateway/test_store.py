"""The apigatewayv2 API for WebSocket APIs: shapes, errors, deployments (spec groups 9 and 10)."""

import asyncio
import json
import re
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_aws.control_plane import ControlPlane
from local_aws.net.http import Headers, Request

from ..conftest import Client

LOGS = "arn:aws:logs:us-east-1:123456789012:log-group:access"


def mock_route(client: Client, api: str, key: str = "$default", **fields: Any) -> str:
    gateway = client("apigatewayv2")
    integration = gateway.create_integration(ApiId=api, IntegrationType="MOCK")["IntegrationId"]
    route = gateway.create_route(ApiId=api, RouteKey=key, Target=f"integrations/{integration}", **fields)
    return str(route["RouteId"])


def without_metadata(response: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in response.items() if key != "ResponseMetadata"}


def served(plane: ControlPlane, api: str, stage: str = "dev") -> list[str]:
    deployed = plane.deployed(api, stage)
    assert deployed is not None
    return [route["routeKey"] for route in deployed["routes"]]


def test_create_api(client: Client, api: str) -> None:
    """CreateApi answers an id of ten characters, a wss:// endpoint and the default key source (spec 56, 243, 244)."""
    found = client("apigatewayv2").get_api(ApiId=api)

    assert re.fullmatch(r"[a-z0-9]{10}", found["ApiId"])
    assert found["ApiEndpoint"] == f"wss://{api}.execute-api.us-east-1.amazonaws.com"
    assert found["ApiKeySelectionExpression"] == "$request.header.x-api-key"
    assert "Description" not in found


def test_status_codes(client: Client, unique: str) -> None:
    """Creation answers 201, update 200, deletion 204 (spec 237)."""
    gateway = client("apigatewayv2")
    created = gateway.create_api(Name=unique, ProtocolType="WEBSOCKET", RouteSelectionExpression="$request.body.action")
    updated = gateway.update_api(ApiId=created["ApiId"], Description="text")
    deleted = gateway.delete_api(ApiId=created["ApiId"])

    codes = [each["ResponseMetadata"]["HTTPStatusCode"] for each in (created, updated, deleted)]
    assert codes == [201, 200, 204]
    assert updated["Description"] == "text"


def test_create_route_with_only_a_key(client: Client, api: str) -> None:
    """A route with only a key has exactly these members (spec 240, 241)."""
    created = without_metadata(client("apigatewayv2").create_route(ApiId=api, RouteKey="$default"))

    route_id = created.pop("RouteId")
    assert re.fullmatch(r"[a-z0-9]{6,7}", route_id)
    assert created == {"ApiKeyRequired": False, "AuthorizationType": "NONE", "RouteKey": "$default"}


def test_create_integration_defaults(client: Client, api: str) -> None:
    """An integration passes through when no template matches, in 29 s, over the internet (spec 124, 242)."""
    created = client("apigatewayv2").create_integration(ApiId=api, IntegrationType="MOCK")

    assert created["PassthroughBehavior"] == "WHEN_NO_MATCH"
    assert created["TimeoutInMillis"] == 29000
    assert created["ConnectionType"] == "INTERNET"
    assert created["IntegrationResponseSelectionExpression"] == "${response.statuscode}"
    assert "IntegrationMethod" not in created


def test_fresh_stage(client: Client, api: str) -> None:
    """A fresh stage has these settings (spec 250)."""
    stage = client("apigatewayv2").create_stage(ApiId=api, StageName="dev")

    assert stage["DefaultRouteSettings"] == {
        "DataTraceEnabled": False,
        "DetailedMetricsEnabled": False,
        "ThrottlingBurstLimit": 5000,
        "ThrottlingRateLimit": 10000.0,
    }
    assert stage["RouteSettings"] == {}
    assert stage["StageVariables"] == {}
    assert "DeploymentId" not in stage


def test_update_changes_only_what_is_given(client: Client, api: str) -> None:
    """UpdateRoute keeps the fields that are not given."""
    route = mock_route(client, api, "send", OperationName="first")

    updated = client("apigatewayv2").update_route(ApiId=api, RouteId=route, RouteKey="shout")

    assert (updated["RouteKey"], updated["OperationName"]) == ("shout", "first")


def test_parts_of_parts(client: Client, api: str) -> None:
    """Route and integration responses are listed with their parent, and deleted with it."""
    gateway = client("apigatewayv2")
    route = mock_route(client, api)
    integration = gateway.get_integrations(ApiId=api)["Items"][0]["IntegrationId"]
    gateway.create_route_response(ApiId=api, RouteId=route, RouteResponseKey="$default")
    gateway.create_integration_response(ApiId=api, IntegrationId=integration, IntegrationResponseKey="/2../")

    responses = gateway.get_route_responses(ApiId=api, RouteId=route)["Items"]
    assert [each["RouteResponseKey"] for each in responses] == ["$default"]
    items = gateway.get_integration_responses(ApiId=api, IntegrationId=integration)["Items"]
    assert [each["IntegrationResponseKey"] for each in items] == ["/2../"]
    gateway.delete_route(ApiId=api, RouteId=route)
    with pytest.raises(gateway.exceptions.NotFoundException):
        gateway.get_route_responses(ApiId=api, RouteId=route)


def test_deployment_is_a_snapshot(client: Client, api: str, plane: ControlPlane) -> None:
    """Changes after a deployment are not served until the next one (spec 231, 232)."""
    gateway = client("apigatewayv2")
    mock_route(client, api, "first")
    deployment = gateway.create_deployment(ApiId=api)["DeploymentId"]
    gateway.create_stage(ApiId=api, StageName="dev", DeploymentId=deployment)
    mock_route(client, api, "second")

    assert served(plane, api) == ["first"]
    created = gateway.create_deployment(ApiId=api, StageName="dev")
    assert created["DeploymentStatus"] == "DEPLOYED"
    assert created["AutoDeployed"] is False
    assert served(plane, api) == ["first", "second"]
    gateway.update_stage(ApiId=api, StageName="dev", DeploymentId=deployment)
    assert served(plane, api) == ["first"]


def test_stage_settings_apply_without_deploying(client: Client, api: str, plane: ControlPlane) -> None:
    """Stage variables are live (spec 231)."""
    gateway = client("apigatewayv2")
    mock_route(client, api)
    gateway.create_stage(ApiId=api, StageName="dev")
    gateway.create_deployment(ApiId=api, StageName="dev")

    gateway.update_stage(ApiId=api, StageName="dev", StageVariables={"colour": "blue"})

    deployed = plane.deployed(api, "dev")
    assert deployed is not None
    assert deployed["stage"]["stageVariables"] == {"colour": "blue"}


def test_disabling_the_default_endpoint_waits_for_a_deployment(client: Client, api: str, plane: ControlPlane) -> None:
    """DisableExecuteApiEndpoint takes effect with the next deployment (spec 24)."""
    gateway = client("apigatewayv2")
    mock_route(client, api)
    gateway.create_stage(ApiId=api, StageName="dev")
    gateway.create_deployment(ApiId=api, StageName="dev")

    gateway.update_api(ApiId=api, DisableExecuteApiEndpoint=True)
    before = plane.deployed(api, "dev")
    gateway.create_deployment(ApiId=api, StageName="dev")
    after = plane.deployed(api, "dev")

    assert before is not None
    assert after is not None
    assert (before["api"]["disableExecuteApiEndpoint"], after["api"]["disableExecuteApiEndpoint"]) == (False, True)


def test_deployed_is_the_same_object(client: Client, api: str, plane: ControlPlane) -> None:
    """``deployed`` answers the same object until it changes, so that callers can cache by identity."""
    gateway = client("apigatewayv2")
    mock_route(client, api)
    gateway.create_stage(ApiId=api, StageName="dev")
    gateway.create_deployment(ApiId=api, StageName="dev")
    before = plane.deployed(api, "dev")

    gateway.get_routes(ApiId=api)
    mock_route(client, api, "unseen")
    unchanged = plane.deployed(api, "dev")
    gateway.create_deployment(ApiId=api, StageName="dev")

    assert unchanged is before
    assert plane.deployed(api, "dev") is not before


def test_nothing_is_served_without_a_deployment(client: Client, api: str, plane: ControlPlane) -> None:
    """A stage without a deployment serves nothing (spec 230)."""
    client("apigatewayv2").create_stage(ApiId=api, StageName="dev")

    assert api in {each["ApiId"] for each in client("apigatewayv2").get_apis()["Items"]}
    assert plane.deployed(api, "dev") is None
    assert plane.deployed("aaaaaaaaaa", "dev") is None
    assert "aaaaaaaaaa" not in {each["ApiId"] for each in client("apigatewayv2").get_apis()["Items"]}


def test_auto_deploy(client: Client, api: str, plane: ControlPlane) -> None:
    """An autoDeploy stage follows each change; without routes it says why it cannot (spec 234, 235)."""
    gateway = client("apigatewayv2")
    gateway.create_stage(ApiId=api, StageName="dev", AutoDeploy=True)
    stage = gateway.get_stage(ApiId=api, StageName="dev")
    text = "Deployment attempt failed: At least one route is required before deploying the Api."
    assert stage["LastDeploymentStatusMessage"] == text

    mock_route(client, api, "send")

    deployed = plane.deployed(api, "dev")
    assert deployed is not None
    assert [route["routeKey"] for route in deployed["routes"]] == ["send"]
    deployments = gateway.get_deployments(ApiId=api)["Items"]
    assert {each["AutoDeployed"] for each in deployments} == {True}
    with pytest.raises(ClientError, match="BadRequestException"):
        gateway.create_deployment(ApiId=api, StageName="dev")


def test_deployment_in_use_cannot_be_deleted(client: Client, api: str) -> None:
    """Deleting a deployment that a stage uses is an error; another one can be deleted."""
    gateway = client("apigatewayv2")
    mock_route(client, api)
    first = gateway.create_deployment(ApiId=api)["DeploymentId"]
    second = gateway.create_deployment(ApiId=api)["DeploymentId"]
    gateway.create_stage(ApiId=api, StageName="dev", DeploymentId=second)

    with pytest.raises(gateway.exceptions.BadRequestException, match="Active stages"):
        gateway.delete_deployment(ApiId=api, DeploymentId=second)
    gateway.delete_deployment(ApiId=api, DeploymentId=first)
    assert [each["DeploymentId"] for each in gateway.get_deployments(ApiId=api)["Items"]] == [second]


def test_http_apis_stay_with_moto(client: Client, api: str, unique: str) -> None:
    """An HTTP API is listed beside the WebSocket APIs and has its routes."""
    gateway = client("apigatewayv2")
    http = gateway.create_api(Name=unique, ProtocolType="HTTP")["ApiId"]
    gateway.create_route(ApiId=http, RouteKey="GET /")

    assert {api, http} <= {each["ApiId"] for each in gateway.get_apis()["Items"]}
    assert [each["RouteKey"] for each in gateway.get_routes(ApiId=http)["Items"]] == ["GET /"]
    gateway.delete_api(ApiId=http)


def test_pages(client: Client, api: str) -> None:
    """A list is answered in pages of ``maxResults``."""
    for key in ("a", "b", "c"):
        mock_route(client, api, key)
    gateway = client("apigatewayv2")

    first = gateway.get_routes(ApiId=api, MaxResults="2")
    rest = gateway.get_routes(ApiId=api, MaxResults="2", NextToken=first["NextToken"])

    assert [len(first["Items"]), len(rest["Items"])] == [2, 1]
    assert "NextToken" not in rest


def test_tags(client: Client, api: str) -> None:
    """Tags are set and removed through the API's ARN."""
    gateway = client("apigatewayv2")
    arn = f"arn:aws:apigateway:us-east-1::/apis/{api}"

    gateway.tag_resource(ResourceArn=arn, Tags={"a": "1", "b": "2"})
    gateway.untag_resource(ResourceArn=arn, TagKeys=["a"])

    assert gateway.get_tags(ResourceArn=arn)["Tags"] == {"b": "2"}


def test_turning_auto_deploy_on_deploys(client: Client, api: str, plane: ControlPlane) -> None:
    """Spec 234: turning autoDeploy on deploys at once, and to that stage only."""
    gateway = client("apigatewayv2")
    gateway.create_route(ApiId=api, RouteKey="first")
    for stage in ("dev", "other"):
        gateway.create_stage(ApiId=api, StageName=stage)
        gateway.create_deployment(ApiId=api, StageName=stage)
    gateway.create_route(ApiId=api, RouteKey="second")

    stage = gateway.update_stage(ApiId=api, StageName="dev", AutoDeploy=True)

    by_stage = {name: served(plane, api, name) for name in ("dev", "other")}
    assert {"dev": ["first", "second"], "other": ["first"]} == by_stage
    assert gateway.get_stage(ApiId=api, StageName="dev")["DeploymentId"] == stage["DeploymentId"]


def test_auto_deploy_keeps_what_it_served_when_it_fails(client: Client, api: str, plane: ControlPlane) -> None:
    """Spec 234: without routes there is no new deployment, and the stage says why."""
    gateway = client("apigatewayv2")
    route = gateway.create_route(ApiId=api, RouteKey="send")["RouteId"]
    before = gateway.create_stage(ApiId=api, StageName="dev", AutoDeploy=True)

    gateway.delete_route(ApiId=api, RouteId=route)

    after = gateway.get_stage(ApiId=api, StageName="dev")
    text = "Deployment attempt failed: At least one route is required before deploying the Api."
    assert (before["DeploymentId"], text) == (after["DeploymentId"], after["LastDeploymentStatusMessage"])
    assert served(plane, api) == ["send"]


def test_a_deployment_says_how_it_went(client: Client, api: str) -> None:
    """Spec 236, 240: DEPLOYED, and no message about it."""
    client("apigatewayv2").create_route(ApiId=api, RouteKey="send")

    deployment = without_metadata(client("apigatewayv2").create_deployment(ApiId=api))

    assert {"AutoDeployed", "CreatedDate", "DeploymentId", "DeploymentStatus"} == set(deployment)
    assert (False, "DEPLOYED") == (deployment["AutoDeployed"], deployment["DeploymentStatus"])


def test_what_is_unset_is_not_there(plane: ControlPlane, client: Client, api: str) -> None:
    """Spec 240: no member is null, and only the maps of a fresh stage and API are empty (spec 250)."""
    gateway = client("apigatewayv2")
    route = mock_route(client, api, OperationName="")
    integration = gateway.get_integrations(ApiId=api)["Items"][0]["IntegrationId"]
    gateway.create_route_response(ApiId=api, RouteId=route, RouteResponseKey="$default", ResponseModels={})
    gateway.create_integration_response(ApiId=api, IntegrationId=integration, IntegrationResponseKey="$default")
    gateway.create_model(ApiId=api, Name="m", Schema="{}", Description="")
    gateway.create_stage(ApiId=api, StageName="dev", Description="")
    paths = ["", "/routes", f"/routes/{route}/routeresponses", "/integrations", "/models", "/stages"]
    paths.append(f"/integrations/{integration}/integrationresponses")

    shown = {path: _read(plane, f"/v2/apis/{api}{path}") for path in paths}

    empty = {
        (path, key)
        for path, found in shown.items()
        for document in found.get("items", [found])
        for key, value in document.items()
        if value in (None, "", {}, [])
    }
    assert {("", "tags"), ("/stages", "tags"), ("/stages", "routeSettings"), ("/stages", "stageVariables")} == empty


def test_what_is_set_to_nothing_is_unset(client: Client, api: str) -> None:
    """Spec 240: an update with an empty value removes the field."""
    gateway = client("apigatewayv2")
    route = mock_route(client, api, OperationName="named")

    updated = gateway.update_route(ApiId=api, RouteId=route, OperationName="")

    assert "OperationName" not in updated


def test_access_log_settings_can_be_deleted(client: Client, api: str, logging_role: str) -> None:
    """DeleteAccessLogSettings removes them from the stage (spec 238)."""
    gateway = client("apigatewayv2")
    patch = [{"op": "replace", "path": "/cloudwatchRoleArn", "value": logging_role}]
    client("apigateway").update_account(patchOperations=patch)
    settings = {"DestinationArn": LOGS, "Format": "$context.requestId"}
    gateway.create_stage(ApiId=api, StageName="dev", AccessLogSettings=settings)

    gateway.delete_access_log_settings(ApiId=api, StageName="dev")

    assert "AccessLogSettings" not in gateway.get_stage(ApiId=api, StageName="dev")


def _read(plane: ControlPlane, target: str) -> dict[str, Any]:
    credential = "AKIAIOSFODNN7EXAMPLE/20260101/us-east-1/apigateway/aws4_request"
    headers = Headers([("Authorization", f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host, Signature=0")])
    answer: dict[str, Any] = json.loads(asyncio.run(plane.handle(Request("GET", target, headers))).body)
    return answer

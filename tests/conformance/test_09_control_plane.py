"""Group 9: stages, deployments, and what the control plane says and refuses (spec 230–252, 259–263)."""

import json
import re
from typing import Any

import pytest
from botocore.exceptions import ClientError

from .build import Account, Api
from .talk import ask, join, refusal, token
from .targets import Target


def code_of(error: pytest.ExceptionInfo[ClientError]) -> tuple[int, str]:
    """Status and code of a refusal."""
    response = error.value.response
    return response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]["Code"]


def status_of(answer: dict[str, Any]) -> int:
    """The HTTP status of a call."""
    return int(answer["ResponseMetadata"]["HTTPStatusCode"])


def without_metadata(answer: dict[str, Any]) -> dict[str, Any]:
    """What the service itself said."""
    return {name: value for name, value in answer.items() if name != "ResponseMetadata"}


@pytest.mark.spec(230)
def test_not_callable_without_stage(account: Account, target: Target) -> None:
    """Neither routes, nor a deployment, nor a stage without one make an API callable."""
    api = Api(account)
    api.route("echo", two_way=True)
    assert 403 == refusal(api).status_code
    made = api.gateway.create_deployment(ApiId=api.id)["DeploymentId"]
    assert 403 == refusal(api).status_code
    api.gateway.create_stage(ApiId=api.id, StageName="test")
    assert 403 == refusal(api).status_code
    api.gateway.update_stage(ApiId=api.id, StageName="test", DeploymentId=made)
    api.served("test")
    with join(api):
        pass


@pytest.mark.spec(231)
def test_stage_settings_need_no_deployment(account: Account) -> None:
    """A stage variable is new for the next message."""
    api = Api(account)
    api.route("echo", two_way=True)
    api.deploy(StageVariables={"colour": "blue"})
    with join(api) as client:
        assert {"colour": "blue"} == ask(client, {"action": "echo"})["event"]["stageVariables"]
        api.gateway.update_stage(ApiId=api.id, StageName="test", StageVariables={"colour": "red"})
        account.wait(lambda: {"colour": "red"} == ask(client, {"action": "echo"})["event"]["stageVariables"])


@pytest.mark.spec(231, 232)
def test_a_deployment_is_a_snapshot(account: Account) -> None:
    """Later changes and deletions do not affect the clients of the stage."""
    api = Api(account)
    api.route("echo", two_way=True)
    integration = api.function(account.puppet)
    api.route("own", integration, two_way=True)
    first = api.deploy()
    api.gateway.delete_route(ApiId=api.id, RouteId=api.routes["own"])
    api.gateway.delete_integration(ApiId=api.id, IntegrationId=integration)
    api.gateway.update_api(ApiId=api.id, RouteSelectionExpression="$request.body.other")
    with join(api) as client:
        assert "own" == ask(client, {"action": "own"})["event"]["requestContext"]["routeKey"]
        api.deploy()
        assert "Forbidden" == ask(client, {"action": "own"})["message"]
        assert "event" in ask(client, {"other": "echo"})
        api.gateway.update_stage(ApiId=api.id, StageName="test", DeploymentId=first)
        api.served("test")
        assert "event" in ask(client, {"action": "own"})


@pytest.mark.spec(233)
def test_deployment_without_routes(account: Account) -> None:
    """A deployment without routes is refused."""
    api = Api(account)
    with pytest.raises(ClientError, match="At least one route is required before deploying the Api") as error:
        api.gateway.create_deployment(ApiId=api.id)
    assert (400, "BadRequestException") == code_of(error)


@pytest.mark.spec(234)
def test_auto_deploy(account: Account) -> None:
    """A stage that follows the API; what could not be deployed is said in its status message."""
    api = Api(account)
    api.gateway.create_stage(ApiId=api.id, StageName="test", AutoDeploy=True)

    def message() -> str:
        return str(api.gateway.get_stage(ApiId=api.id, StageName="test").get("LastDeploymentStatusMessage", ""))

    failed = "Deployment attempt failed: At least one route is required before deploying the Api."
    account.wait(lambda: failed == message(), failed)
    api.route("echo", two_way=True)

    def answers() -> bool:
        with join(api) as client:
            return "event" in ask(client, {"action": "echo"})

    account.wait(lambda: message().startswith("Successfully deployed"), "a deployment")
    account.wait(answers)


@pytest.mark.spec(235)
def test_auto_deploy_and_deployment_id(account: Account) -> None:
    """The two cannot be set together."""
    api = Api(account)
    api.route("echo")
    made = api.gateway.create_deployment(ApiId=api.id)["DeploymentId"]
    api.gateway.create_stage(ApiId=api.id, StageName="test", AutoDeploy=True)
    with pytest.raises(ClientError, match="BadRequestException"):
        api.gateway.update_stage(ApiId=api.id, StageName="test", DeploymentId=made)


@pytest.mark.spec(236)
def test_deployment_status(account: Account) -> None:
    """``PENDING`` at most, until it is ``DEPLOYED``."""
    api = Api(account)
    api.route("echo")
    made = api.gateway.create_deployment(ApiId=api.id, Description="the first")
    assert made["DeploymentStatus"] in ("PENDING", "DEPLOYED")

    def found() -> dict[str, Any]:
        return dict(api.gateway.get_deployment(ApiId=api.id, DeploymentId=made["DeploymentId"]))

    account.wait(lambda: "DEPLOYED" == found()["DeploymentStatus"], "DEPLOYED")
    assert ("the first", False) == (found()["Description"], found()["AutoDeployed"])


@pytest.mark.spec(237)
def test_statuses(account: Account) -> None:
    """201 for what is made, 200 for what is changed, 204 for what is deleted; ids short and lower-case."""
    api = Api(account)
    gateway = api.gateway
    route = gateway.create_route(ApiId=api.id, RouteKey="echo")
    deployment = gateway.create_deployment(ApiId=api.id)
    stage = gateway.create_stage(ApiId=api.id, StageName="test", DeploymentId=deployment["DeploymentId"])
    integration = gateway.create_integration(ApiId=api.id, IntegrationType="MOCK")
    made = (api.described, route, deployment, stage, integration)
    assert [201] * 5 == [status_of(each) for each in made]
    changed = (
        gateway.update_api(ApiId=api.id, Description="x"),
        gateway.update_route(ApiId=api.id, RouteId=route["RouteId"], OperationName="x"),
        gateway.update_stage(ApiId=api.id, StageName="test", Description="x"),
        gateway.update_integration(
            ApiId=api.id, IntegrationId=integration["IntegrationId"], Description="x", IntegrationType="MOCK"
        ),
    )
    assert [200] * 4 == [status_of(each) for each in changed]
    deleted = (
        gateway.delete_stage(ApiId=api.id, StageName="test"),
        gateway.delete_deployment(ApiId=api.id, DeploymentId=deployment["DeploymentId"]),
        gateway.delete_route(ApiId=api.id, RouteId=route["RouteId"]),
        gateway.delete_integration(ApiId=api.id, IntegrationId=integration["IntegrationId"]),
    )
    assert [204] * 4 == [status_of(each) for each in deleted]
    for identifier in (route["RouteId"], deployment["DeploymentId"], integration["IntegrationId"]):
        assert re.fullmatch("[a-z0-9]{6,8}", identifier)


@pytest.mark.spec(238)
def test_paths(bare: Api, target: Target) -> None:
    """The control plane as it is on the wire: camelCase, lists under ``items``, pages by ``nextToken``."""
    bare.route("further")
    root = f"{bare.gateway.meta.endpoint_url}/v2/apis/{bare.id}"
    for collection in ("routes", "integrations", "deployments", "stages", "authorizers", "models"):
        answer = target.request("GET", f"{root}/{collection}", sign="apigateway")
        assert (200, list) == (answer.status, type(json.loads(answer.body)["items"]))
    below = f"{root}/routes/{bare.routes['echo']}/routeresponses"
    (response,) = json.loads(target.request("GET", below, sign="apigateway").body)["items"]
    assert "$default" == response["routeResponseKey"]

    seen: list[str] = []
    url = f"{root}/routes?maxResults=1"
    while True:
        page = json.loads(target.request("GET", url, sign="apigateway").body)
        assert 1 == len(page["items"])
        seen += [route["routeKey"] for route in page["items"]]
        if "nextToken" not in page:
            break
        url = f"{root}/routes?maxResults=1&nextToken={page['nextToken']}"
    assert {route["RouteKey"] for route in bare.gateway.get_routes(ApiId=bare.id)["Items"]} == set(seen)


@pytest.mark.spec(238)
def test_control_plane_wants_a_signature(bare: Api, target: Target) -> None:
    """Unsigned calls are refused."""
    assert 403 == target.request("GET", f"{bare.gateway.meta.endpoint_url}/v2/apis").status


@pytest.mark.spec(239)
def test_errors(bare: Api) -> None:
    """Their statuses, codes and members."""
    with pytest.raises(bare.gateway.exceptions.NotFoundException) as missing:
        bare.gateway.get_route(ApiId=bare.id, RouteId="abc1234")
    assert (404, "NotFoundException") == code_of(missing)
    with pytest.raises(bare.gateway.exceptions.NotFoundException):
        bare.gateway.get_api(ApiId="abcdef0123")
    with pytest.raises(bare.gateway.exceptions.ConflictException) as twice:
        bare.gateway.create_route(ApiId=bare.id, RouteKey="echo")
    assert (409, "ConflictException") == code_of(twice)
    with pytest.raises(bare.gateway.exceptions.BadRequestException) as bad:
        bare.gateway.create_integration(ApiId=bare.id, IntegrationType="NONE")
    assert (400, "BadRequestException") == code_of(bad)
    for error in (missing, twice, bad):
        assert error.value.response["Error"]["Message"]


@pytest.mark.spec(240)
def test_unset_fields_are_omitted(bare: Api, target: Target) -> None:
    """An unset field is neither null nor empty: it is absent."""
    root = f"{bare.gateway.meta.endpoint_url}/v2/apis/{bare.id}"
    for path in ("", "/routes", "/integrations", "/deployments"):
        answer = json.loads(target.request("GET", root + path, sign="apigateway").body)
        for item in answer.get("items", [answer]):
            assert [] == [name for name, value in item.items() if value is None or value in ("", [])]


@pytest.mark.spec(241)
def test_route_defaults(bare: Api) -> None:
    """A route made with only a key has these defaults."""
    made = without_metadata(bare.gateway.create_route(ApiId=bare.id, RouteKey="only-a-key"))
    assert {"ApiKeyRequired": False, "AuthorizationType": "NONE", "RouteKey": "only-a-key"} == {
        name: value for name, value in made.items() if name != "RouteId"
    }


@pytest.mark.spec(242)
def test_integration_defaults(bare: Api, account: Account) -> None:
    """Passthrough, timeout, connection type."""
    made = bare.gateway.get_integration(ApiId=bare.id, IntegrationId=bare.function(account.puppet))
    found = (made["PassthroughBehavior"], made["TimeoutInMillis"], made["ConnectionType"])
    assert ("WHEN_NO_MATCH", 29000, "INTERNET") == found


@pytest.mark.spec(243, 244)
def test_api_defaults(bare: Api, target: Target) -> None:
    """The key's source and the endpoint."""
    made = bare.described
    assert "$request.header.x-api-key" == made["ApiKeySelectionExpression"]
    assert f"wss://{bare.id}.execute-api.{target.region}.amazonaws.com" == made["ApiEndpoint"]
    assert ("WEBSOCKET", "$request.body.action") == (made["ProtocolType"], made["RouteSelectionExpression"])


@pytest.mark.spec(245)
@pytest.mark.parametrize("what", ["abc1234", "integration/abc1234", "integrations/"])
def test_route_target(bare: Api, what: str) -> None:
    """The target must be ``integrations/{id}``."""
    text = "Unexpected or malformed target in route. Correct format should be integrations/<integration_id>."
    with pytest.raises(ClientError, match=re.escape(text)):
        bare.gateway.create_route(ApiId=bare.id, RouteKey=token(), Target=what)


@pytest.mark.spec(246)
def test_no_cors(account: Account) -> None:
    """CORS is not supported."""
    with pytest.raises(ClientError, match="Cors is not supported for WEBSOCKET protocolType"):
        Api(account, CorsConfiguration={"AllowOrigins": ["*"]})


@pytest.mark.spec(247)
@pytest.mark.parametrize("name", ["with space", "dotted.name", "sl/ash"])
def test_stage_name(bare: Api, name: str) -> None:
    """A stage name has letters, digits and underscores only."""
    with pytest.raises(ClientError, match="Stage name only allows a-zA-Z0-9_"):
        bare.gateway.create_stage(ApiId=bare.id, StageName=name)


@pytest.mark.spec(248)
def test_settings_of_an_unknown_route(bare: Api) -> None:
    """They are refused."""
    with pytest.raises(ClientError, match="Unable to find Route by key nosuch within the provided RouteSettings"):
        bare.gateway.create_stage(
            ApiId=bare.id, StageName="settings", RouteSettings={"nosuch": {"ThrottlingBurstLimit": 1}}
        )


@pytest.mark.spec(249)
def test_access_log_format(bare: Api, account: Account) -> None:
    """The format must contain a request id, and the destination must be a log group."""
    _, arn = account.log_group("refused")
    text = "Access Log format must include either $context.requestId or $context.extendedRequestId"
    with pytest.raises(ClientError, match=re.escape(text)):
        bare.gateway.create_stage(
            ApiId=bare.id,
            StageName="logs",
            AccessLogSettings={"DestinationArn": arn, "Format": "$context.connectionId"},
        )
    with pytest.raises(ClientError, match="BadRequestException"):
        bare.gateway.create_stage(
            ApiId=bare.id,
            StageName="logs",
            AccessLogSettings={"DestinationArn": "arn:aws:s3:::bucket", "Format": "$context.requestId"},
        )


@pytest.mark.spec(250)
def test_stage_defaults(account: Account) -> None:
    """Throttling 5000 and 10000, no trace, no detailed metrics, empty maps."""
    api = Api(account)
    stage = api.gateway.create_stage(ApiId=api.id, StageName="fresh")
    assert ({}, {}) == (stage["StageVariables"], stage["RouteSettings"])
    settings = stage["DefaultRouteSettings"]
    assert (5000, 10000.0) == (settings["ThrottlingBurstLimit"], settings["ThrottlingRateLimit"])
    assert (False, False) == (settings["DataTraceEnabled"], settings["DetailedMetricsEnabled"])


@pytest.mark.spec(251)
def test_throttled_route(account: Account) -> None:
    """The settings of a route override those of the stage: its messages are not delivered, others are."""
    api = Api(account)
    api.route("echo", two_way=True)
    api.route("never", two_way=True)
    api.deploy(RouteSettings={"never": {"ThrottlingBurstLimit": 0, "ThrottlingRateLimit": 0.0}})
    key = token()
    with join(api) as client:
        client.send(json.dumps({"action": "never", "do": {"keep": key}}))
        answers = [ask(client, {"action": "echo"}) for _ in range(2)]
        assert "event" in answers[-1]
    assert [] == account.kept(key)


@pytest.mark.spec(252)
def test_stage_variable_in_a_function_name(account: Account) -> None:
    """One API can have another function per stage."""
    api = Api(account)
    prefix, _, name = account.puppet.rpartition(":")
    uri = account.invocation_uri(f"{prefix}:${{stageVariables.function}}")
    named = api.integration(IntegrationType="AWS_PROXY", IntegrationUri=uri)
    api.route("echo", named, two_way=True)
    api.deploy(StageVariables={"function": name})
    with join(api) as client:
        assert "event" in ask(client, {"action": "echo"})
        api.gateway.update_stage(ApiId=api.id, StageName="test", StageVariables={"function": f"{name}-not"})
        account.wait(lambda: "Internal server error" == ask(client, {"action": "echo"}).get("message"))


@pytest.mark.spec(261)
@pytest.mark.local_only("a custom domain needs a certificate and a name of one's own")
def test_mapping_expression(account: Account) -> None:
    """The expression is fixed."""
    name = f"{account.name('domain')}.example.com"
    domain = _domain(account, name)
    assert "$request.basepath" == domain["ApiMappingSelectionExpression"]


@pytest.mark.spec(259, 55)
@pytest.mark.local_only("a custom domain needs a certificate and a name of one's own")
def test_custom_domain(account: Account, target: Target) -> None:
    """The mapped URL has no stage segment; ``@connections`` lies under the same base."""
    name = f"{account.name('domain')}.example.com"
    _domain(account, name)
    api = Api(account)
    api.route("echo", two_way=True)
    api.deploy()
    mapping = api.gateway.create_api_mapping(DomainName=name, ApiId=api.id, Stage="test", ApiMappingKey="orders")
    account.later(lambda: api.gateway.delete_api_mapping(DomainName=name, ApiMappingId=mapping["ApiMappingId"]))
    url = f"wss://{name}/orders"
    with target.connect(url) as client:
        context = ask(client, {"action": "echo"})["event"]["requestContext"]
        assert (name, "test", api.id) == (context["domainName"], context["stage"], context["apiId"])
        assert 200 == target.connections("POST", url, context["connectionId"], b"mapped").status
        assert "mapped" == client.recv(timeout=60)
    assert 403 == target.refused(f"wss://{name}/nothing").status_code


def _domain(account: Account, name: str) -> dict[str, Any]:
    gateway = account.client("apigatewayv2")
    certificate = f"arn:aws:acm:{account.target.region}:{account.id}:certificate/{token()}"
    made = gateway.create_domain_name(
        DomainName=name, DomainNameConfigurations=[{"CertificateArn": certificate, "EndpointType": "REGIONAL"}]
    )
    account.later(lambda: gateway.delete_domain_name(DomainName=name))
    return dict(made)


@pytest.mark.spec(263)
def test_permission_of_one_route(account: Account) -> None:
    """The source ARN names API, stage and route: that route may invoke the function, another may not."""
    api = Api(account)
    function = account.function("puppet", permitted=False)
    integration = api.function(function)
    api.route("allowed", integration, two_way=True)
    api.route("other", integration, two_way=True)
    api.deploy()
    account.permit(function, api.arn("test/allowed"))
    with join(api) as client:
        account.wait(lambda: "event" in ask(client, {"action": "allowed"}), "the permission")
        assert "Internal server error" == ask(client, {"action": "other"})["message"]
        account.permit(function, api.arn("*"))
        account.wait(lambda: "event" in ask(client, {"action": "other"}), "the permission")

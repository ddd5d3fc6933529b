"""Who may connect, invoke and call back, over a whole embedded AWS: APIs made with plain boto3."""

import io
import json
import uuid
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import boto3
import pytest
from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from .conftest import Embedded

CODE = """
import json

def echo(event, context):
    return {"statusCode": 200, "body": json.dumps(event["requestContext"])}

def guard(event, context):
    key = event["headers"].get("Key")
    policy = {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": event["methodArn"]}
    return {"principalId": "me", "usageIdentifierKey": key, "policyDocument": {"Statement": [policy]}}
"""

ACCOUNT, REGION = "123456789012", "us-east-1"
CERTIFICATE = f"arn:aws:acm:{REGION}:{ACCOUNT}:certificate/12345678-1234-1234-1234-123456789012"


@dataclass
class Api:
    """A WebSocket API whose ``$connect`` accepts and whose ``echo`` route answers with its request context."""

    functions: dict[str, str]
    id: str = ""
    integration: str = ""
    routes: dict[str, str] = field(default_factory=dict)

    @property
    def client(self) -> Any:
        return boto3.client("apigatewayv2")

    @property
    def url(self) -> str:
        return f"wss://{self.id}.execute-api.{REGION}.amazonaws.com/dev"

    def route(self, key: str, **settings: Any) -> None:
        made = self.client.create_route(ApiId=self.id, RouteKey=key, Target=self.integration, **settings)
        self.routes[key] = made["RouteId"]
        if key == "echo":
            self.client.update_route(
                ApiId=self.id, RouteId=made["RouteId"], RouteResponseSelectionExpression="$default"
            )
            self.client.create_route_response(ApiId=self.id, RouteId=made["RouteId"], RouteResponseKey="$default")

    def deploy(self, **stage: Any) -> None:
        deployment = self.client.create_deployment(ApiId=self.id)["DeploymentId"]
        self.client.create_stage(ApiId=self.id, StageName="dev", DeploymentId=deployment, **stage)

    def redeploy(self) -> None:
        self.client.create_deployment(ApiId=self.id, StageName="dev")

    def permit(self, function: str, path: str) -> None:
        boto3.client("lambda").add_permission(
            FunctionName=self.functions[function],
            StatementId=uuid.uuid4().hex,
            Action="lambda:InvokeFunction",
            Principal="apigateway.amazonaws.com",
            SourceArn=f"arn:aws:execute-api:{REGION}:{ACCOUNT}:{self.id}/{path}",
        )

    def authorizer(self) -> str:
        made = self.client.create_authorizer(
            ApiId=self.id,
            AuthorizerType="REQUEST",
            Name="guard",
            AuthorizerUri=uri(self.functions["guard"]),
            IdentitySource=[],
        )
        return str(made["AuthorizerId"])


def uri(function_arn: str) -> str:
    return f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{function_arn}/invocations"


@pytest.fixture(scope="module")
def functions(embedded: Embedded) -> Iterator[dict[str, str]]:
    """``echo`` and ``guard``, which nobody may invoke yet; all that this module made is removed after it."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("handlers.py", CODE)
    role_arn = boto3.client("iam").create_role(
        RoleName="access-functions",
        AssumeRolePolicyDocument=json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Effect": "Allow",
                        "Principal": {"Service": "lambda.amazonaws.com", "AWS": ACCOUNT},
                        "Action": "sts:AssumeRole",
                    }
                ],
            }
        ),
    )["Role"]["Arn"]
    made = {}
    for name in ("echo", "guard"):
        made[name] = boto3.client("lambda").create_function(
            FunctionName=f"access-{name}",
            Runtime="python3.13",
            Role=role_arn,
            Handler=f"handlers.{name}",
            Code={"ZipFile": archive.getvalue()},
        )["FunctionArn"]
    yield made
    for name in ("access-echo", "access-guard"):
        boto3.client("lambda").delete_function(FunctionName=name)
    logs, iam, gateway = boto3.client("logs"), boto3.client("iam"), boto3.client("apigateway")
    for group in logs.describe_log_groups(logGroupNamePrefix="/aws/lambda/access-")["logGroups"]:
        logs.delete_log_group(logGroupName=group["logGroupName"])
    for plan in gateway.get_usage_plans()["items"]:
        gateway.delete_usage_plan(usagePlanId=plan["id"])
    for key in gateway.get_api_keys()["items"]:
        gateway.delete_api_key(apiKey=key["id"])
    for role in iam.list_roles()["Roles"]:
        if role["RoleName"].startswith("access-"):
            for policy in iam.list_role_policies(RoleName=role["RoleName"])["PolicyNames"]:
                iam.delete_role_policy(RoleName=role["RoleName"], PolicyName=policy)
            iam.delete_role(RoleName=role["RoleName"])


@pytest.fixture
def bare(functions: dict[str, str]) -> Iterator[Api]:
    """An API without routes, which may invoke nothing."""
    api = Api(functions)
    api.id = api.client.create_api(
        Name="access", ProtocolType="WEBSOCKET", RouteSelectionExpression="$request.body.action"
    )["ApiId"]
    made = api.client.create_integration(
        ApiId=api.id, IntegrationType="AWS_PROXY", IntegrationUri=uri(functions["echo"])
    )
    api.integration = f"integrations/{made['IntegrationId']}"
    yield api
    api.client.delete_api(ApiId=api.id)


@pytest.fixture
def api(bare: Api) -> Api:
    """The same, which may invoke ``echo`` for all its routes and ``guard`` for all its authorizers."""
    bare.permit("echo", "*/*")
    bare.permit("guard", "authorizers/*")
    return bare


def refused(url: str, headers: dict[str, str] | None = None) -> tuple[int, str]:
    """Status and message of a refused upgrade."""
    with pytest.raises(InvalidStatus) as error:
        connect(url, additional_headers=headers)
    body = json.loads(error.value.response.body or b"{}")
    return error.value.response.status_code, str(body.get("message"))


def context(url: str, headers: dict[str, str] | None = None) -> dict[str, Any]:
    """The request context that a message's handler sees on a connection made like this."""
    with connect(url, additional_headers=headers) as client:
        client.send('{"action":"echo"}')
        answer: dict[str, Any] = json.loads(client.recv(timeout=60))
        return answer


def presigned(url: str, credentials: Credentials, *, header: bool = False) -> tuple[str, dict[str, str]]:
    request = AWSRequest("GET", url.replace("wss://", "https://"))
    (SigV4Auth if header else SigV4QueryAuth)(credentials, "execute-api", REGION).add_auth(request)
    return str(request.url).replace("https://", "wss://"), dict(request.headers.items())


def own_credentials() -> Credentials:
    found = boto3.Session().get_credentials()
    assert found is not None
    return Credentials(found.access_key, found.secret_key, found.token)


def role_credentials(name: str, **policy: Any) -> Credentials:
    """Those of a fresh role with one inline policy, or none."""
    iam = boto3.client("iam")
    statement = {"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"}
    trust = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    if policy:
        document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **policy}]}
        iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=json.dumps(document))
    given = boto3.client("sts").assume_role(RoleArn=arn, RoleSessionName="test")["Credentials"]
    return Credentials(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])


def test_a_function_must_permit_its_route(bare: Api) -> None:
    """Spec 10, 263: 500 without a permission, and with one for another route; other APIs' do not help either."""
    bare.route("$connect")
    bare.route("echo")
    bare.deploy()
    assert refused(bare.url)[0] == 500
    bare.permit("echo", "dev/$disconnect")
    assert refused(bare.url)[0] == 500
    bare.permit("echo", "dev/$connect")
    assert context(bare.url)["message"] == "Internal server error"
    bare.permit("echo", "*/echo")
    assert context(bare.url)["routeKey"] == "echo"


def test_an_authorizer_must_permit_it(bare: Api) -> None:
    """Spec 10 for authorizers: their source is the authorizer, not the route."""
    bare.permit("echo", "*")
    authorizer = bare.authorizer()
    bare.route("$connect", AuthorizationType="CUSTOM", AuthorizerId=authorizer)
    bare.route("echo")
    bare.deploy()
    bare.permit("guard", "dev/$connect")
    assert refused(bare.url)[0] == 500
    bare.permit("guard", f"authorizers/{authorizer}")
    assert context(bare.url)["authorizer"]["principalId"] == "me"


def gateway_role(name: str, resource: str, *, service: str = "apigateway.amazonaws.com") -> str:
    """A role that may invoke functions, and the service that may take it; its ARN."""
    iam, trust = boto3.client("iam"), {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    arn = str(iam.create_role(RoleName=name, AssumeRolePolicyDocument=document)["Role"]["Arn"])
    may = {"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": resource}
    document = json.dumps({"Version": "2012-10-17", "Statement": [may]})
    iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=document)
    return arn


def test_an_integration_may_name_a_role_to_invoke_in(bare: Api) -> None:
    """Spec 252: then the role must allow it and trust API Gateway; the function's own policy counts no more."""
    function = bare.functions["echo"]
    bare.route("$connect")
    bare.deploy()
    assert refused(bare.url)[0] == 500
    wrong = (
        gateway_role("access-other-function", bare.functions["guard"]),
        gateway_role("access-other-service", function, service="events.amazonaws.com"),
        f"arn:aws:iam::{ACCOUNT}:role/there-is-none",
        "arn:aws:iam::*:user/*",
    )
    right = gateway_role("access-right", function)
    for credentials, opens in (*((each, False) for each in wrong), (right, True)):
        bare.client.update_integration(
            ApiId=bare.id, IntegrationId=bare.integration.rpartition("/")[2], CredentialsArn=credentials
        )
        bare.redeploy()
        if not opens:
            assert refused(bare.url)[0] == 500
    with connect(bare.url):
        pass


def test_an_authorizer_may_name_a_role_to_invoke_in(bare: Api) -> None:
    """That role decides about the authorizer's function; the integration of the route has its own."""
    bare.permit("echo", "*")
    authorizer = bare.authorizer()
    bare.route("$connect", AuthorizationType="CUSTOM", AuthorizerId=authorizer)
    bare.route("echo")
    bare.deploy()
    assert refused(bare.url)[0] == 500
    role = gateway_role("access-authorizer", bare.functions["guard"])
    bare.client.update_authorizer(ApiId=bare.id, AuthorizerId=authorizer, AuthorizerCredentialsArn=role)
    bare.redeploy()
    assert context(bare.url)["authorizer"]["principalId"] == "me"


def test_throttling_of_zero_refuses_all(api: Api) -> None:
    """Spec 27, 231: 429 until the limits are set, which needs no deployment."""
    api.route("echo")
    api.deploy(DefaultRouteSettings={"ThrottlingBurstLimit": 0, "ThrottlingRateLimit": 0})
    assert refused(api.url) == (429, "Too Many Requests")
    limits = {"ThrottlingBurstLimit": 10, "ThrottlingRateLimit": 10.0}
    api.client.update_stage(ApiId=api.id, StageName="dev", DefaultRouteSettings=limits)
    assert context(api.url)["routeKey"] == "echo"


def test_a_throttled_message_is_told(api: Api) -> None:
    """Spec 251 (U3): the frame of an error; the connection stays open, other routes work."""
    api.route("echo")
    api.route("other")
    limits = {"ThrottlingBurstLimit": 1, "ThrottlingRateLimit": 0.001}
    api.deploy(RouteSettings={"echo": limits})
    with connect(api.url) as client:
        for expected in (None, "Too Many Requests", "Too Many Requests"):
            client.send('{"action":"echo"}')
            assert json.loads(client.recv(timeout=60)).get("message") == expected
        client.send('{"action":"nothing"}')
        assert json.loads(client.recv(timeout=60))["message"] == "Forbidden"


def test_an_unsigned_handshake_is_refused_where_iam_is_asked(api: Api) -> None:
    """Spec 222, 223."""
    api.route("$connect", AuthorizationType="AWS_IAM")
    api.deploy()
    assert refused(api.url) == (403, "Missing Authentication Token")
    url, _ = presigned(api.url, Credentials("AKIAIOSFODNN7EXAMPLE", "x"))
    assert refused(url)[0] == 403
    url, _ = presigned(api.url, Credentials(own_credentials().access_key, "guessed"))
    assert refused(url)[1].startswith("The request signature we calculated does not match")


@pytest.mark.parametrize("header", [True, False])
def test_a_signed_handshake_is_known(api: Api, header: bool) -> None:
    """Spec 222, 224: by its headers or presigned; who signed is in requestContext.identity."""
    api.route("$connect", AuthorizationType="AWS_IAM")
    api.route("echo")
    api.deploy()
    url, headers = presigned(api.url, own_credentials(), header=header)
    identity = context(url, headers)["identity"]
    assert (identity["accountId"], identity["userArn"]) == (ACCOUNT, f"arn:aws:iam::{ACCOUNT}:root")


def test_a_signed_handshake_needs_the_permission(api: Api) -> None:
    """Spec 222, 223: execute-api:Invoke on …/{stage}/$connect."""
    api.route("$connect", AuthorizationType="AWS_IAM")
    api.deploy()
    resource = f"arn:aws:execute-api:{REGION}:{ACCOUNT}:{api.id}/dev/$connect"
    url, _ = presigned(api.url, role_credentials("access-nothing"))
    status, message = refused(url)
    assert status == 403
    assert message == (
        f"User: arn:aws:sts::{ACCOUNT}:assumed-role/access-nothing/test is not authorized to perform: "
        f"execute-api:Invoke on resource: {resource.replace(ACCOUNT, '********9012')}"
    )
    url, _ = presigned(api.url, role_credentials("access-invoke", Action="execute-api:Invoke", Resource=resource))
    with connect(url):
        pass


def test_connections_needs_the_permission(api: Api) -> None:
    """Spec 193, 194: AccessDeniedException, with the account masked and the connection left out."""
    api.route("echo")
    api.deploy()
    endpoint = api.url.replace("wss://", "https://")
    resource = f"arn:aws:execute-api:{REGION}:{ACCOUNT}:{api.id}/dev/POST/@connections/*"
    allowed = role_credentials("access-post", Action="execute-api:ManageConnections", Resource=resource)
    with connect(api.url) as client:
        client.send('{"action":"echo"}')
        connection_id = json.loads(client.recv(timeout=60))["connectionId"]
        manager(endpoint, allowed).post_to_connection(ConnectionId=connection_id, Data=b"hello")
        assert client.recv(timeout=60) == "hello"
        with pytest.raises(ClientError) as error:
            manager(endpoint, allowed).delete_connection(ConnectionId=connection_id)
    assert error.value.response["Error"]["Code"] == "AccessDeniedException"
    assert str(error.value).endswith(
        f"execute-api:ManageConnections on resource: arn:aws:execute-api:{REGION}:********9012:"
        f"{api.id}/dev/DELETE/@connections/{{connectionId}}"
    )


def manager(endpoint: str, credentials: Credentials) -> Any:
    return boto3.client(
        "apigatewaymanagementapi",
        endpoint_url=endpoint,
        aws_access_key_id=credentials.access_key,
        aws_secret_access_key=credentials.secret_key,
        aws_session_token=credentials.token,
    )


def plan(api: Api, key: str, *, stage: str = "dev", **more: Any) -> str:
    client = boto3.client("apigateway")
    made = client.create_usage_plan(name="plan", apiStages=[{"apiId": api.id, "stage": stage}], **more)["id"]
    client.create_usage_plan_key(usagePlanId=made, keyId=key, keyType="API_KEY")
    return str(made)


def api_key(*, enabled: bool = True) -> tuple[str, str]:
    made = boto3.client("apigateway").create_api_key(name="key", enabled=enabled)
    return made["id"], made["value"]


def test_a_handshake_needs_its_api_key(api: Api) -> None:
    """Spec 225, 226 (U16): 403 without one, with a wrong one, a disabled one, and one of another stage's plan."""
    api.route("$connect", ApiKeyRequired=True)
    api.route("echo")
    api.deploy()
    key_id, key = api_key()
    disabled_id, disabled = api_key(enabled=False)
    assert refused(api.url) == (403, "Forbidden")
    assert refused(api.url, {"x-api-key": "nonsense"}) == (403, "Forbidden")
    plan(api, key_id, stage="prod")
    assert refused(api.url, {"x-api-key": key}) == (403, "Forbidden")
    plan(api, disabled_id)
    assert refused(api.url, {"x-api-key": disabled}) == (403, "Forbidden")
    plan(api, key_id)
    identity = context(api.url, {"X-Api-Key": key})["identity"]
    assert (identity["apiKey"], identity["apiKeyId"]) == (key, key_id)


def test_an_authorizer_may_name_the_key(api: Api) -> None:
    """Spec 225, 217: ``$context.authorizer.usageIdentifierKey``; the header then counts for nothing."""
    api.client.update_api(ApiId=api.id, ApiKeySelectionExpression="$context.authorizer.usageIdentifierKey")
    api.route("$connect", ApiKeyRequired=True, AuthorizationType="CUSTOM", AuthorizerId=api.authorizer())
    api.route("echo")
    api.deploy()
    key_id, key = api_key()
    plan(api, key_id)
    assert refused(api.url, {"x-api-key": key}) == (403, "Forbidden")
    assert context(api.url, {"Key": key})["identity"]["apiKeyId"] == key_id


def test_a_usage_plan_has_its_own_limit(api: Api) -> None:
    """Spec 26, 225: 429 when the key has used it up."""
    api.route("$connect", ApiKeyRequired=True)
    api.deploy()
    key_id, key = api_key()
    plan(api, key_id, throttle={"rateLimit": 0.001, "burstLimit": 1})
    with connect(api.url, additional_headers={"x-api-key": key}):
        assert refused(api.url, {"x-api-key": key}) == (429, "Too Many Requests")


def test_a_custom_domain_name(api: Api) -> None:
    """Spec 175, 259: no stage in the path, its name in the event, @connections below the same base."""
    api.route("echo")
    api.deploy()
    made = api.client.create_domain_name(
        DomainName="api.example.com", DomainNameConfigurations=[{"CertificateArn": CERTIFICATE}]
    )
    assert made["ApiMappingSelectionExpression"] == "$request.basepath"
    assert refused("wss://api.example.com/orders")[0] == 403
    mapping = api.client.create_api_mapping(
        DomainName="api.example.com", ApiId=api.id, Stage="dev", ApiMappingKey="orders"
    )
    base = "api.example.com/orders"
    with connect(f"wss://{base}") as client:
        client.send('{"action":"echo"}')
        seen = json.loads(client.recv(timeout=60))
        assert (seen["domainName"], seen["stage"], seen["apiId"]) == ("api.example.com", "dev", api.id)
        manager(f"https://{base}", own_credentials()).post_to_connection(
            ConnectionId=seen["connectionId"], Data=b"hello"
        )
        assert client.recv(timeout=60) == "hello"
        with pytest.raises(ClientError) as error:
            manager(f"https://{base}/dev", own_credentials()).post_to_connection(
                ConnectionId=seen["connectionId"], Data=b"hello"
            )
    assert "No method found matching route dev/@connections/" in str(error.value)
    assert refused("wss://api.example.com/other")[0] == 403
    api.client.update_api_mapping(
        DomainName="api.example.com", ApiMappingId=mapping["ApiMappingId"], ApiId=api.id, ApiMappingKey=""
    )
    assert context("wss://api.example.com")["domainName"] == "api.example.com"
    api.client.delete_domain_name(DomainName="api.example.com")


def test_a_disabled_endpoint_refuses_until_it_is_deployed_again(api: Api) -> None:
    """Spec 24: after a deployment, for all stages; a custom domain name goes on."""
    api.route("echo")
    api.deploy()
    api.client.create_domain_name(
        DomainName="only.example.com", DomainNameConfigurations=[{"CertificateArn": CERTIFICATE}]
    )
    api.client.create_api_mapping(DomainName="only.example.com", ApiId=api.id, Stage="dev")
    api.client.update_api(ApiId=api.id, DisableExecuteApiEndpoint=True)
    assert context(api.url)["routeKey"] == "echo"
    api.redeploy()
    assert refused(api.url)[0] == 403
    assert context("wss://only.example.com")["routeKey"] == "echo"
    api.client.delete_domain_name(DomainName="only.example.com")

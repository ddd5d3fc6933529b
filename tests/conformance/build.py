"""What tests build with plain boto3, and take away again."""

import contextlib
import inspect
import io
import json
import secrets
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from . import puppet
from .targets import Target

__all__ = ["Account", "Api", "Kept"]

STAGE = "test"
PROXY = "arn:aws:apigateway:{region}:lambda:path/2015-03-31/functions/{function}/invocations"

Kept = dict[str, Any]


class Account:
    """Makes things under one prefix and removes them in reverse, whatever failed in between."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self.prefix = f"conformance-{secrets.token_hex(4)}"
        self._cleanups: list[Callable[[], object]] = []
        self._clients: dict[str, Any] = {}
        self._count = 0

    def client(self, service: str) -> Any:
        """boto3's client of a service, one for all tests; it retries what an account throttles."""
        if service not in self._clients:
            retries = {"mode": "standard", "max_attempts": 10 if self.target.is_aws else 1}
            config = Config(retries=retries, parameter_validation=False)  # type: ignore[arg-type]
            make: Callable[..., Any] = boto3.client
            self._clients[service] = make(service, region_name=self.target.region, config=config)
        return self._clients[service]

    @cached_property
    def id(self) -> str:
        """The account's number."""
        return str(self.client("sts").get_caller_identity()["Account"])

    def name(self, what: str) -> str:
        """A name of our own."""
        self._count += 1
        return f"{self.prefix}-{what}-{self._count}"

    def later(self, cleanup: Callable[[], object]) -> None:
        """Do this at the end, before what was asked for earlier."""
        self._cleanups.append(cleanup)

    def remove_everything(self) -> list[str]:
        """Remove what was made; what could not be removed is said."""
        failures = []
        while self._cleanups:
            cleanup = self._cleanups.pop()
            try:
                cleanup()
            except ClientError as error:
                if error.response["ResponseMetadata"]["HTTPStatusCode"] != 404:  # gone already is as good
                    failures.append(str(error))
            except Exception as error:  # whatever it is, the rest must still be removed
                failures.append(repr(error))
        return failures

    def left(self) -> list[str]:
        """What still bears our prefix."""
        names = [api["Name"] for api in self.client("apigatewayv2").get_apis()["Items"]]
        names += [each["FunctionName"] for each in self.client("lambda").list_functions()["Functions"]]
        names += [each["RoleName"] for each in self.client("iam").list_roles()["Roles"]]
        names += [each["UserName"] for each in self.client("iam").list_users()["Users"]]
        names += [each["logGroupName"] for each in self.client("logs").describe_log_groups()["logGroups"]]
        names += self.client("dynamodb").list_tables()["TableNames"]
        return [name for name in names if self.prefix in name]

    def wait(self, condition: Callable[[], Any], what: str = "the condition", seconds: float | None = None) -> Any:
        """The first true value of a condition. Fails when there is none within the target's time."""
        seconds = seconds or self.target.seconds
        deadline = time.monotonic() + seconds
        while True:
            value = condition()
            if value:
                return value
            assert time.monotonic() < deadline, f"{what} did not come true within {seconds:g} s"
            time.sleep(1.0 if self.target.is_aws else 0.02)

    # identity

    def role(self, what: str, statements: list[dict[str, Any]], service: str = "lambda.amazonaws.com") -> str:
        """A role that a service may take, with these permissions; its ARN."""
        iam, name = self.client("iam"), self.name(what)
        trust = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
        document = {"Version": "2012-10-17", "Statement": [trust]}
        arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(document))["Role"]["Arn"]
        self.later(lambda: iam.delete_role(RoleName=name))
        policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **each} for each in statements]}
        iam.put_role_policy(RoleName=name, PolicyName="conformance", PolicyDocument=json.dumps(policy))
        self.later(lambda: iam.delete_role_policy(RoleName=name, PolicyName="conformance"))
        return str(arn)

    def logging(self) -> dict[str, Any]:
        """What every function may do."""
        return {
            "Action": ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"],
            "Resource": f"arn:aws:logs:{self.target.region}:{self.id}:*",
        }

    @cached_property
    def puppet_role(self) -> str:
        """Of a function that keeps events, calls itself, and reaches every client."""
        return self.role(
            "puppet",
            [
                self.logging(),
                {"Action": "dynamodb:PutItem", "Resource": f"arn:aws:dynamodb:{self.target.region}:{self.id}:table/*"},
                {
                    "Action": "lambda:InvokeFunction",
                    "Resource": f"arn:aws:lambda:{self.target.region}:{self.id}:function:{self.prefix}-*",
                },
                {
                    "Action": "execute-api:ManageConnections",
                    "Resource": f"arn:aws:execute-api:{self.target.region}:{self.id}:*/@connections/*",
                },
            ],
        )

    # functions

    def function(self, handler: str, *, role: str | None = None, permitted: bool = True, **fields: Any) -> str:
        """A function of ``puppet.py``; its ARN. ``permitted``: API Gateway may invoke it."""
        lambdas, name = self.client("lambda"), self.name(handler)
        environment = {"TABLE": self.table, **self.target.function_environment()}
        settings = {
            "FunctionName": name,
            "Runtime": "python3.13",
            "Handler": f"puppet.{handler}",
            "Role": role or self.puppet_role,
            "Code": {"ZipFile": _archive()},
            "Timeout": 10,
            "MemorySize": 512,
            "Environment": {"Variables": environment},
            **fields,
        }

        def create() -> Any:
            try:
                return lambdas.create_function(**settings)
            except lambdas.exceptions.InvalidParameterValueException as error:
                if "assumed" in str(error):  # a fresh role is not known everywhere at once
                    return None
                raise

        arn = str(self.wait(create, "the role of the function")["FunctionArn"])
        self.later(lambda: self.forget_logs(f"/aws/lambda/{name}"))
        self.later(lambda: lambdas.delete_function(FunctionName=name))
        if self.target.is_aws:
            lambdas.get_waiter("function_active_v2").wait(FunctionName=name)
        if permitted:
            self.permit(arn)
        return arn

    def permit(self, function: str, source: str | None = None) -> None:
        """Let API Gateway invoke a function: for everything, or for one source ARN (spec 263)."""
        self.client("lambda").add_permission(
            FunctionName=function,
            StatementId=f"s{secrets.token_hex(4)}",
            Action="lambda:InvokeFunction",
            Principal="apigateway.amazonaws.com",
            **({"SourceArn": source} if source else {}),
        )

    def invocation_uri(self, function: str) -> str:
        """A function as an integration names it."""
        return PROXY.format(region=self.target.region, function=function)

    @cached_property
    def puppet(self) -> str:
        """The function behind most routes."""
        return self.function("puppet")

    @cached_property
    def authorizer(self) -> str:
        """The authorizer that does as the handshake tells it."""
        return self.function("authorizer")

    @cached_property
    def mirror(self) -> str:
        """The function that gives back its event."""
        return self.function("mirror")

    def forget_logs(self, group: str) -> None:
        """Delete a log group, if there is one."""
        with contextlib.suppress(ClientError):  # a function that never ran has none
            self.client("logs").delete_log_group(logGroupName=group)

    def log_group(self, what: str) -> tuple[str, str]:
        """A log group's name and ARN."""
        name = f"/{self.name(what)}"
        self.client("logs").create_log_group(logGroupName=name)
        self.later(lambda: self.forget_logs(name))
        return name, f"arn:aws:logs:{self.target.region}:{self.id}:log-group:{name}"

    def log(self, group: str) -> list[str]:
        """Every line of a log group so far."""
        try:
            events = self.client("logs").filter_log_events(logGroupName=group)["events"]
        except self.client("logs").exceptions.ResourceNotFoundException:
            return []
        return [event["message"] for event in events]

    # what functions keep

    @cached_property
    def table(self) -> str:
        """The table in which the puppet keeps events."""
        database, name = self.client("dynamodb"), self.name("kept")
        database.create_table(
            TableName=name,
            AttributeDefinitions=[
                {"AttributeName": "keptFor", "AttributeType": "S"},
                {"AttributeName": "keptAt", "AttributeType": "S"},
            ],
            KeySchema=[
                {"AttributeName": "keptFor", "KeyType": "HASH"},
                {"AttributeName": "keptAt", "KeyType": "RANGE"},
            ],
            BillingMode="PAY_PER_REQUEST",
        )
        self.later(lambda: database.delete_table(TableName=name))
        database.get_waiter("table_exists").wait(TableName=name, WaiterConfig={"Delay": 1})
        return name

    def kept(self, key: str) -> list[Kept]:
        """The events kept for a key so far, oldest first, each with what its calls of ``@connections`` gave."""
        found = self.client("dynamodb").query(
            TableName=self.table,
            KeyConditionExpression="keptFor = :key",
            ExpressionAttributeValues={":key": {"S": key}},
            ConsistentRead=True,
        )
        return [
            {"event": json.loads(item["event"]["S"]), "posted": json.loads(item["posted"]["S"])}
            for item in found["Items"]
        ]

    def one_kept(self, key: str) -> Kept:
        """The event kept for a key, as soon as there is one."""
        return self.wait(lambda: self.kept(key), f"an event for {key}")[0]  # type: ignore[no-any-return]


class Api:
    """A WebSocket API in the making. ``url`` leads to the stage ``test`` once it is deployed."""

    def __init__(self, account: Account, expression: str = "$request.body.action", **fields: Any) -> None:
        self.account = account
        self.gateway = account.client("apigatewayv2")
        self.described = self.gateway.create_api(
            Name=account.name("api"), ProtocolType="WEBSOCKET", RouteSelectionExpression=expression, **fields
        )
        self.id: str = self.described["ApiId"]
        account.later(lambda: self.gateway.delete_api(ApiId=self.id))
        self.routes: dict[str, str] = {}

    @property
    def url(self) -> str:
        """Where clients of the stage ``test`` connect."""
        return self.account.target.url(self.id, STAGE)

    def arn(self, rest: str) -> str:
        """An execute-api ARN within this API."""
        return f"arn:aws:execute-api:{self.account.target.region}:{self.account.id}:{self.id}/{rest}"

    @cached_property
    def puppet(self) -> str:
        """The integration that most routes share."""
        return self.function(self.account.puppet)

    def function(self, arn: str, **fields: Any) -> str:
        """A Lambda proxy integration."""
        uri = self.account.invocation_uri(arn)
        return self.integration(IntegrationType="AWS_PROXY", IntegrationUri=uri, **fields)

    def integration(self, *, responses: Mapping[str, Mapping[str, Any]] | None = None, **fields: Any) -> str:
        """Any integration, with its integration responses by their keys."""
        if fields["IntegrationType"] != "MOCK":
            fields.setdefault("IntegrationMethod", "POST")
        made: str = self.gateway.create_integration(ApiId=self.id, **fields)["IntegrationId"]
        for key, response in (responses or {}).items():
            self.gateway.create_integration_response(
                ApiId=self.id, IntegrationId=made, IntegrationResponseKey=key, **response
            )
        return made

    def route(self, key: str, integration: str | None = None, *, two_way: bool = False, **fields: Any) -> str:
        """A route, to the puppet unless another integration is given; with ``two_way`` a route response."""
        if two_way:
            fields["RouteResponseSelectionExpression"] = "$default"
        made: str = self.gateway.create_route(
            ApiId=self.id, RouteKey=key, Target=f"integrations/{integration or self.puppet}", **fields
        )["RouteId"]
        if two_way:
            self.gateway.create_route_response(ApiId=self.id, RouteId=made, RouteResponseKey="$default")
        self.routes[key] = made
        return made

    @contextlib.contextmanager
    def as_far_as_possible(self) -> Iterator[None]:
        """What another emulator refuses is left out, so that only the tests of that part fail."""
        try:
            yield
        except ClientError:
            if self.account.target.is_local or self.account.target.is_aws:
                raise

    def model(self, name: str, schema: Mapping[str, Any]) -> None:
        """A JSON schema."""
        self.gateway.create_model(ApiId=self.id, Name=name, ContentType="application/json", Schema=json.dumps(schema))

    def authorizer(self, *sources: str, **fields: Any) -> str:
        """The authorizer that does as it is told, with these identity sources."""
        made: str = self.gateway.create_authorizer(
            ApiId=self.id,
            **{
                "Name": self.account.name("authorizer"),
                "AuthorizerType": "REQUEST",
                "AuthorizerUri": self.account.invocation_uri(self.account.authorizer),
                "IdentitySource": list(sources),
                **fields,
            },
        )["AuthorizerId"]
        return made

    def deploy(self, stage: str = STAGE, **fields: Any) -> str:
        """Deploy to a stage, made when there is none; the deployment's id."""
        made: str = self.gateway.create_deployment(ApiId=self.id)["DeploymentId"]
        stages = {each["StageName"] for each in self.gateway.get_stages(ApiId=self.id)["Items"]}
        if stage in stages:
            self.gateway.update_stage(ApiId=self.id, StageName=stage, DeploymentId=made, **fields)
        else:
            self.gateway.create_stage(ApiId=self.id, StageName=stage, DeploymentId=made, **fields)
        self.served(stage)
        return made

    def served(self, stage: str) -> None:
        """Wait until AWS has brought a deployment to where clients connect; emulators have it there at once."""
        if self.account.target.is_aws:
            time.sleep(5)  # there is nothing to ask: a new stage answers 403 for some seconds


def _archive() -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        entry = zipfile.ZipInfo("puppet.py", (2026, 1, 1, 0, 0, 0))
        entry.external_attr = 0o644 << 16
        archive.writestr(entry, inspect.getsource(puppet))
    return content.getvalue()

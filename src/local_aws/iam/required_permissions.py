"""The IAM actions and resources that an operation requires, from AWS's Service Authorization Reference.

We know the resources of the services that a handler is likely to call or that a deploy uses. **Every other operation
requires ``service:Operation`` on ``*``**, which is stricter than AWS if a policy names a resource. We are also stricter
where a request does not contain the whole ARN: users, roles and groups with a path other than ``/``, secrets by name
(``…:secret:name-??????``), stacks by name (``…:stack/name/*``).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote

from local_aws.iam.operations import Operation
from local_aws.iam.policy_evaluation import Context

__all__ = ["RequiredPermission", "one_permission", "service_permissions"]


@dataclass(frozen=True, slots=True)
class RequiredPermission:
    """An action on a resource, with the condition keys that only this operation has."""

    action: str
    resource: str
    context: Context = field(default_factory=dict)


def service_permissions(operation: Operation) -> list[RequiredPermission]:
    """The required permissions of an operation of any service without a module of its own; empty if everybody may."""
    find = _SERVICES.get(operation.service)
    if find is not None:
        return find(operation)
    return [RequiredPermission(f"{operation.service}:{operation.name}", "*")]


def one_permission(
    operation: Operation, resource: str, action: str | None = None, context: Context | None = None
) -> list[RequiredPermission]:
    """A list of the one permission that an operation requires; ``action`` if IAM's name differs from the API's."""
    return [RequiredPermission(f"{operation.service}:{action or operation.name}", resource or "*", context or {})]


# One function per service


def _functions(call: Operation) -> list[RequiredPermission]:
    context: dict[str, str] = {}
    function = call.text("FunctionName")
    if "EventSourceMapping" in call.name:
        if function:
            context["lambda:functionarn"] = function_arn(call, function)
        uuid = call.text("UUID")
        return one_permission(call, uuid and call.arn(f"event-source-mapping:{uuid}"), context=context)
    if call.name in ("ListTags", "TagResource", "UntagResource"):
        return one_permission(call, call.text("Resource") or call.text("ARN"))
    layer = call.text("LayerName")
    if layer:
        version = call.text("VersionNumber")
        return one_permission(call, call.arn(f"layer:{layer}" + (f":{version}" if version else "")))
    if not function:
        return one_permission(call, "*")
    action = "InvokeFunction" if call.name in ("Invoke", "InvokeWithResponseStream") else call.name
    found = one_permission(call, function_arn(call, function, call.text("Qualifier")), action)
    role = call.text("Role")
    if role and call.name in ("CreateFunction", "UpdateFunctionConfiguration"):
        found.append(RequiredPermission("iam:PassRole", role, {"iam:passedtoservice": "lambda.amazonaws.com"}))
    return found


def function_arn(call: Operation, function: str, qualifier: str = "") -> str:
    """The ARN of a function, by its name, partial ARN or ARN; a qualifier in it wins over ``qualifier``."""
    parts = function.split(":")
    if parts[0] == "arn":
        arn, own = ":".join(parts[:7]), parts[7:8]
    else:
        name = parts[2:] if parts[1:2] == ["function"] else parts
        arn, own = call.arn(f"function:{name[0] if name else ''}", service="lambda"), name[1:2]
    suffix = own[0] if own else qualifier
    return f"{arn}:{suffix}" if suffix else arn


def _logs(call: Operation) -> list[RequiredPermission]:
    """CloudWatch Logs has one form of ARN for groups and streams; that of a group ends in ``log-stream:``."""
    resource = call.text("resourceArn") or call.text("logGroupIdentifier") or call.text("logGroupArn")
    if resource.startswith("arn:"):
        return one_permission(call, resource)
    if call.name in ("DescribeQueries", "GetQueryResults", "StopQuery", "TestMetricFilter", "DescribeDestinations"):
        return one_permission(call, "*")
    names = call.parameters.get("logGroupNames")
    groups = [name for name in names if isinstance(name, str)] if isinstance(names, list) else []
    stream = call.text("logStreamName")
    return [
        RequiredPermission(f"logs:{call.name}", call.arn(f"log-group:{group}:log-stream:{stream}"))
        for group in groups or [call.text("logGroupName") or resource]
    ]


def _queues(call: Operation) -> list[RequiredPermission]:
    url = call.text("QueueUrl") or ("" if call.request.path == "/" else call.request.path)
    name = call.text("QueueName") or url.rstrip("/").rpartition("/")[2]
    return one_permission(
        call, name and call.arn(name), call.name.removesuffix("Batch").lower()
    )  # as in SQS's own messages


def _topics(call: Operation) -> list[RequiredPermission]:
    arn = next(filter(None, map(call.text, ("TopicArn", "TargetArn", "ResourceArn"))), "")
    if call.name == "CreateTopic":
        arn = call.arn(call.text("Name"))
    elif call.text("SubscriptionArn"):
        arn = ":".join(call.text("SubscriptionArn").split(":")[:6])
    return one_permission(call, arn, "Publish" if call.name == "PublishBatch" else None)


def _api_gateway(call: Operation) -> list[RequiredPermission]:
    """The method is the action and the path the resource, without the ``/v2`` of WebSocket APIs."""
    path = unquote(call.request.path)
    return one_permission(call, f"arn:aws:apigateway:{call.region}::{path.removeprefix('/v2')}")


def _iam(call: Operation) -> list[RequiredPermission]:
    policy, boundary = call.text("PolicyArn"), call.text("PermissionsBoundary")
    context = {key: arn for key, arn in (("iam:policyarn", policy), ("iam:permissionsboundary", boundary)) if arn}
    for parameter, kind in _IAM_RESOURCES:
        name = call.text(parameter)
        if name:
            path = call.text("Path") or "/"
            return one_permission(call, f"arn:aws:iam::{call.account_id}:{kind}{path}{name}", context=context)
    return one_permission(call, policy, context=context)


_IAM_RESOURCES = (  # the first that a request names is the resource
    ("InstanceProfileName", "instance-profile"),
    ("RoleName", "role"),
    ("GroupName", "group"),
    ("UserName", "user"),
    ("PolicyName", "policy"),
)


def _tokens(call: Operation) -> list[RequiredPermission]:
    if call.name in ("GetCallerIdentity", "GetSessionToken"):  # everybody may, even if policies deny it
        return []
    if call.name == "GetFederationToken":
        return one_permission(call, f"arn:aws:sts::{call.account_id}:federated-user/{call.text('Name')}")
    said = {"sts:rolesessionname": call.text("RoleSessionName"), "sts:externalid": call.text("ExternalId")}
    return one_permission(call, call.text("RoleArn"), context={key: value for key, value in said.items() if value})


def _stacks(call: Operation) -> list[RequiredPermission]:
    stack = call.text("StackName")
    if stack.startswith("arn:"):
        return one_permission(call, stack)
    return one_permission(call, stack and call.arn(f"stack/{stack}/*"))


def _metrics(call: Operation) -> list[RequiredPermission]:
    if call.name == "PutMetricData":
        return one_permission(call, "*", context={"cloudwatch:namespace": call.text("Namespace")})
    alarm = call.text("AlarmName")
    return one_permission(call, alarm and call.arn(f"alarm:{alarm}"))


def _parameters(call: Operation) -> list[RequiredPermission]:
    names = call.parameters.get("Names")
    if not isinstance(names, list):
        names = [call.text("Path") or call.text("Name")]
    arns = [_parameter(call, name) for name in map(str, names) if name]
    return [RequiredPermission(f"ssm:{call.name}", arn) for arn in arns] or one_permission(call, "*")


def _parameter(call: Operation, name: str) -> str:
    return name if name.startswith("arn:") else call.arn(f"parameter/{name.lstrip('/')}")


def _secrets(call: Operation) -> list[RequiredPermission]:
    secret = call.text("SecretId") or call.text("Name")
    if secret.startswith("arn:"):
        return one_permission(call, secret)
    return one_permission(call, secret and call.arn(f"secret:{secret}-??????"))


def _events(call: Operation) -> list[RequiredPermission]:
    entries = call.parameters.get("Entries")
    if call.name == "PutEvents" and isinstance(entries, list):
        buses = {str(entry.get("EventBusName") or "default") for entry in entries if isinstance(entry, dict)}
        return [RequiredPermission("events:PutEvents", _bus(call, bus)) for bus in sorted(buses)] or one_permission(
            call, "*"
        )
    bus, rule = call.text("EventBusName"), call.text("Rule") or (call.text("Name") if "Rule" in call.name else "")
    if rule:
        own = "" if bus in ("", "default") else f"{bus.rpartition('/')[2]}/"
        return one_permission(call, call.arn(f"rule/{own}{rule}"))
    return one_permission(call, _bus(call, bus or call.text("Name")) if "EventBus" in call.name else "*")


def _bus(call: Operation, bus: str) -> str:
    return bus if bus.startswith("arn:") else call.arn(f"event-bus/{bus}")


_SERVICES: Mapping[str, Callable[[Operation], list[RequiredPermission]]] = {
    "apigateway": _api_gateway,
    "cloudformation": _stacks,
    "cloudwatch": _metrics,
    "events": _events,
    "iam": _iam,
    "lambda": _functions,
    "logs": _logs,
    "secretsmanager": _secrets,
    "sns": _topics,
    "sqs": _queues,
    "ssm": _parameters,
    "sts": _tokens,
}

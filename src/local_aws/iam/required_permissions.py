"""Which IAM actions on which resources an operation needs: AWS's Service Authorization Reference, as far as needed.

Services that a handler is likely to call, or that a deploy needs, name their resources. **Every other operation needs
``service:Operation`` on ``*``**, which is stricter than AWS where a policy names a resource. So is, of those that are
named, what has an ARN that the request does not tell: users, roles and groups of another path than ``/``, secrets that
are asked for by their name (``…:secret:name-??????``), stacks by theirs (``…:stack/name/*``).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote

from local_aws.iam.operations import Operation
from local_aws.iam.policies import Context

__all__ = ["Need", "named", "needs_of_others"]


@dataclass(frozen=True, slots=True)
class Need:
    """An action on a resource, and the condition keys that the request has for it beside those of every request."""

    action: str
    resource: str
    context: Context = field(default_factory=dict)


def needs_of_others(operation: Operation) -> list[Need]:
    """Of every service that has no module of its own. Never empty, but for what everybody may do."""
    find = _SERVICES.get(operation.service)
    if find is not None:
        return find(operation)
    return [Need(f"{operation.service}:{operation.name}", "*")]


def named(operation: Operation, resource: str, action: str | None = None, context: Context | None = None) -> list[Need]:
    """The one need of an operation; ``action`` when IAM calls it otherwise than the API does."""
    return [Need(f"{operation.service}:{action or operation.name}", resource or "*", context or {})]


# One function a service


def _functions(call: Operation) -> list[Need]:
    context: dict[str, str] = {}
    function = call.text("FunctionName")
    if "EventSourceMapping" in call.name:
        if function:
            context["lambda:functionarn"] = function_arn(call, function)
        uuid = call.text("UUID")
        return named(call, uuid and call.arn(f"event-source-mapping:{uuid}"), context=context)
    if call.name in ("ListTags", "TagResource", "UntagResource"):
        return named(call, call.text("Resource") or call.text("ARN"))
    layer = call.text("LayerName")
    if layer:
        version = call.text("VersionNumber")
        return named(call, call.arn(f"layer:{layer}" + (f":{version}" if version else "")))
    if not function:
        return named(call, "*")
    action = "InvokeFunction" if call.name in ("Invoke", "InvokeWithResponseStream") else call.name
    found = named(call, function_arn(call, function, call.text("Qualifier")), action)
    role = call.text("Role")
    if role and call.name in ("CreateFunction", "UpdateFunctionConfiguration"):
        found.append(Need("iam:PassRole", role, {"iam:passedtoservice": "lambda.amazonaws.com"}))
    return found


def function_arn(call: Operation, function: str, qualifier: str = "") -> str:
    """Of a function's name, partial ARN or ARN, with the qualifier that either may have."""
    parts = function.split(":")
    if parts[0] == "arn":
        arn, own = ":".join(parts[:7]), parts[7:8]
    else:
        name = parts[2:] if parts[1:2] == ["function"] else parts
        arn, own = call.arn(f"function:{name[0] if name else ''}", service="lambda"), name[1:2]
    suffix = own[0] if own else qualifier
    return f"{arn}:{suffix}" if suffix else arn


def _logs(call: Operation) -> list[Need]:
    """CloudWatch Logs has one form of ARN for groups and streams; a group's has nothing behind ``log-stream:``."""
    resource = call.text("resourceArn") or call.text("logGroupIdentifier") or call.text("logGroupArn")
    if resource.startswith("arn:"):
        return named(call, resource)
    if call.name in ("DescribeQueries", "GetQueryResults", "StopQuery", "TestMetricFilter", "DescribeDestinations"):
        return named(call, "*")
    names = call.parameters.get("logGroupNames")
    groups = [name for name in names if isinstance(name, str)] if isinstance(names, list) else []
    stream = call.text("logStreamName")
    return [
        Need(f"logs:{call.name}", call.arn(f"log-group:{group}:log-stream:{stream}"))
        for group in groups or [call.text("logGroupName") or resource]
    ]


def _queues(call: Operation) -> list[Need]:
    url = call.text("QueueUrl") or ("" if call.request.path == "/" else call.request.path)
    name = call.text("QueueName") or url.rstrip("/").rpartition("/")[2]
    return named(call, name and call.arn(name), call.name.removesuffix("Batch").lower())  # as SQS itself writes them


def _topics(call: Operation) -> list[Need]:
    arn = next(filter(None, map(call.text, ("TopicArn", "TargetArn", "ResourceArn"))), "")
    if call.name == "CreateTopic":
        arn = call.arn(call.text("Name"))
    elif call.text("SubscriptionArn"):
        arn = ":".join(call.text("SubscriptionArn").split(":")[:6])
    return named(call, arn, "Publish" if call.name == "PublishBatch" else None)


def _api_gateway(call: Operation) -> list[Need]:
    """The method is the action, the path the resource; that of WebSocket APIs is without its ``/v2``."""
    path = unquote(call.request.path)
    return named(call, f"arn:aws:apigateway:{call.region}::{path.removeprefix('/v2')}")


def _iam(call: Operation) -> list[Need]:
    policy, boundary = call.text("PolicyArn"), call.text("PermissionsBoundary")
    context = {key: arn for key, arn in (("iam:policyarn", policy), ("iam:permissionsboundary", boundary)) if arn}
    for parameter, kind in _IAM_RESOURCES:
        name = call.text(parameter)
        if name:
            path = call.text("Path") or "/"
            return named(call, f"arn:aws:iam::{call.account_id}:{kind}{path}{name}", context=context)
    return named(call, policy, context=context)


_IAM_RESOURCES = (  # the first that a request names is its resource
    ("InstanceProfileName", "instance-profile"),
    ("RoleName", "role"),
    ("GroupName", "group"),
    ("UserName", "user"),
    ("PolicyName", "policy"),
)


def _tokens(call: Operation) -> list[Need]:
    if call.name in ("GetCallerIdentity", "GetSessionToken"):  # everybody may, whatever policies say
        return []
    if call.name == "GetFederationToken":
        return named(call, f"arn:aws:sts::{call.account_id}:federated-user/{call.text('Name')}")
    said = {"sts:rolesessionname": call.text("RoleSessionName"), "sts:externalid": call.text("ExternalId")}
    return named(call, call.text("RoleArn"), context={key: value for key, value in said.items() if value})


def _stacks(call: Operation) -> list[Need]:
    stack = call.text("StackName")
    if stack.startswith("arn:"):
        return named(call, stack)
    return named(call, stack and call.arn(f"stack/{stack}/*"))


def _metrics(call: Operation) -> list[Need]:
    if call.name == "PutMetricData":
        return named(call, "*", context={"cloudwatch:namespace": call.text("Namespace")})
    alarm = call.text("AlarmName")
    return named(call, alarm and call.arn(f"alarm:{alarm}"))


def _parameters(call: Operation) -> list[Need]:
    names = call.parameters.get("Names")
    if not isinstance(names, list):
        names = [call.text("Path") or call.text("Name")]
    arns = [_parameter(call, name) for name in map(str, names) if name]
    return [Need(f"ssm:{call.name}", arn) for arn in arns] or named(call, "*")


def _parameter(call: Operation, name: str) -> str:
    return name if name.startswith("arn:") else call.arn(f"parameter/{name.lstrip('/')}")


def _secrets(call: Operation) -> list[Need]:
    secret = call.text("SecretId") or call.text("Name")
    if secret.startswith("arn:"):
        return named(call, secret)
    return named(call, secret and call.arn(f"secret:{secret}-??????"))


def _events(call: Operation) -> list[Need]:
    entries = call.parameters.get("Entries")
    if call.name == "PutEvents" and isinstance(entries, list):
        buses = {str(entry.get("EventBusName") or "default") for entry in entries if isinstance(entry, dict)}
        return [Need("events:PutEvents", _bus(call, bus)) for bus in sorted(buses)] or named(call, "*")
    bus, rule = call.text("EventBusName"), call.text("Rule") or (call.text("Name") if "Rule" in call.name else "")
    if rule:
        own = "" if bus in ("", "default") else f"{bus.rpartition('/')[2]}/"
        return named(call, call.arn(f"rule/{own}{rule}"))
    return named(call, _bus(call, bus or call.text("Name")) if "EventBus" in call.name else "*")


def _bus(call: Operation, bus: str) -> str:
    return bus if bus.startswith("arn:") else call.arn(f"event-bus/{bus}")


_SERVICES: Mapping[str, Callable[[Operation], list[Need]]] = {
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

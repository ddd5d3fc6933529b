"""Checks of 03-deploy-the-stack."""

import json
from typing import Any

import boto3

from walkthrough import stack
from walkthrough.checks.exercise import NotYet, check, choose

__all__ = ["check_delete_permissions", "check_forbidden_frame", "check_new_route_reason", "check_send_timeout"]

LONGEST = 29
"""Seconds that API Gateway waits at most for an integration of a WebSocket API (spec 165; read in November 2026):
https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html
"""


@check("a number of seconds")
def check_send_timeout(seconds: object) -> str:
    """The timeout of ``send``, as long as API Gateway waits, and set in Lambda; the template keeps the old value."""
    if isinstance(seconds, bool) or not isinstance(seconds, int):
        raise NotYet(f"seconds is {seconds!r}: make it a whole number.")
    if seconds < LONGEST:
        raise NotYet(f"{seconds} seconds are less than API Gateway waits: look at the quota in the text above.")
    if seconds > LONGEST:
        raise NotYet(f"{seconds} seconds are more than API Gateway waits: it would have given up before.")
    function = f"{stack.NAME}-send"
    now = boto3.client("lambda").get_function_configuration(FunctionName=function)["Timeout"]
    if now != seconds:
        raise NotYet(f"Lambda still says {now} seconds: run the cell above, with its update_function_configuration.")
    template = boto3.client("cloudformation").get_template(StackName=stack.NAME)["TemplateBody"]
    in_template = template["Resources"]["SendLambdaFunction"]["Properties"]["Timeout"]
    return f"Lambda says {now} seconds. CloudFormation's template still says {in_template}."


@check("one of the letters a, b, c, in quotes")
def check_new_route_reason(answer: object) -> str:
    """The letter that says why a connection that was already open reached the new route."""
    because = {
        "a": "this connection was opened when the stage served the deployment without hello, and yet it got pong.",
        "b": "the next message found the route, since the stage served the deployment that has it.",
        "c": "the answer right after create_deployment was still the one of $default.",
    }
    return choose(answer, "b", because)


@check("a list of names, such as ['connect']")
def check_delete_permissions(names: object) -> str:
    """The names of the functions whose roles allow ``dynamodb:DeleteItem``, compared with IAM."""
    functions = ("connect", "disconnect", "default", "send", "broadcast")
    if not isinstance(names, list | tuple | set) or not all(isinstance(name, str) for name in names):
        raise NotYet(f"may_delete is {names!r}: make it a list of names, such as ['connect'].")
    if not names:
        raise NotYet("may_delete is empty: call allowed(…) with each of the five names, and look at the actions.")
    if unknown := sorted(set(names) - set(functions)):
        raise NotYet(f"{unknown[0]!r} is no function of this stack: they are {', '.join(functions)}.")
    for name in functions:
        may = "dynamodb:DeleteItem" in _actions(name)
        if may and name not in names:
            raise NotYet(f"one is missing: look at list(allowed({name!r})).")
        if name in names and not may:
            raise NotYet(f"{name} may not delete a record: look at list(allowed({name!r})).")
    return f"{' and '.join(sorted(set(names)))} may delete a record, and no other."


@check("the text of the frame, as it came")
def check_forbidden_frame(frame: object) -> str:
    """The frame that API Gateway sends where no route fits and no ``$default`` is deployed (spec 91)."""
    if not isinstance(frame, str):
        raise NotYet(f'frame is {frame!r}: put in it what ask(\'{{"action":"nobody"}}\') returns.')
    if "Forbidden" not in frame:
        raise NotYet(
            f"frame is {frame}: a function still answers. Delete the route $default, create a deployment, "
            "and let the stage serve it; only then ask."
        )
    content = json.loads(frame)
    missing = [key for key in ("message", "connectionId", "requestId") if key not in content]
    if missing:
        raise NotYet(f"this frame has no {missing[0]}: keep the answer as it came.")
    return "API Gateway itself said Forbidden: no route fits, and there is no $default."


def _actions(function: str) -> set[str]:
    """The actions that the inline policies of a function's role allow."""
    iam = boto3.client("iam")
    arn = boto3.client("lambda").get_function_configuration(FunctionName=f"{stack.NAME}-{function}")["Role"]
    role = arn.rpartition("/")[2]
    found: set[str] = set()
    pages = iam.get_paginator("list_role_policies").paginate(RoleName=role)
    for name in [name for page in pages for name in page["PolicyNames"]]:
        document: Any = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
        for statement in document["Statement"]:
            actions = statement["Action"]
            found |= {actions} if isinstance(actions, str) else set(actions)
    return found

"""Checks of 03-deploy-the-stack."""

import json
from typing import Any

import boto3

from walkthrough import stack
from walkthrough.checks.exercise import NotYet, check

__all__ = ["forbidden", "may_delete_records"]


@check("a list of names, such as ['connect']")
def may_delete_records(names: object) -> str:
    """The functions whose roles allow ``dynamodb:DeleteItem``, as IAM has them now."""
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
def forbidden(frame: object) -> str:
    """The frame that API Gateway sends where no route fits and no ``$default`` is deployed (spec 91)."""
    if not isinstance(frame, str):
        raise NotYet(f'frame is {frame!r}: put in it what ask(\'{{"action":"nobody"}}\') returns.')
    if "Forbidden" not in frame:
        raise NotYet(
            f"frame is {frame}: a function still answers. Delete the route $default, create a deployment, "
            "and let the stage serve it; only then ask."
        )
    told = json.loads(frame)
    missing = [key for key in ("message", "connectionId", "requestId") if key not in told]
    if missing:
        raise NotYet(f"this frame has no {missing[0]}: keep the answer as it came.")
    return "API Gateway itself said Forbidden: no route fits, and there is no $default."


def _actions(function: str) -> set[str]:
    """What the policies in the role of a function allow."""
    iam = boto3.client("iam")
    arn = boto3.client("lambda").get_function_configuration(FunctionName=f"{stack.NAME}-{function}")["Role"]
    role = arn.rpartition("/")[2]
    found: set[str] = set()
    for name in iam.list_role_policies(RoleName=role)["PolicyNames"]:
        document: Any = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
        for statement in document["Statement"]:
            actions = statement["Action"]
            found |= {actions} if isinstance(actions, str) else set(actions)
    return found

"""Checks for the exercises: each says what is still wrong and where to look, and never raises.

A check is a function that returns what the learner got right, or raises ``NotYet`` with what is missing. In a
notebook it prints one line, ``✓ …`` or ``✗ …``.
"""

import json
from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec

import boto3
from websockets.sync.client import connect

from walkthrough import stack

__all__ = [
    "NotYet",
    "all_heard",
    "check",
    "earns_the_complaint",
    "farewell",
    "finds_the_gone",
    "forbidden",
    "may_delete_records",
]

P = ParamSpec("P")


class NotYet(Exception):
    """What is still missing, and where to look."""


def check(function: Callable[P, str]) -> Callable[P, None]:
    """Make a check of a function that returns what is right or raises ``NotYet``."""

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            right = function(*args, **kwargs)
        except NotYet as missing:
            print(f"✗ {missing}")
        except Exception as error:  # the learner's code, or an answer of a kind that nobody thought of
            print(f"✗ That raised {type(error).__name__}: {error}")
        else:
            print(f"✓ {right}")

    return run


# 03-deploy-the-stack


@check
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


@check
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


# 04-connect-and-talk


@check
def earns_the_complaint(message: object) -> str:
    """A message that ``$default`` answers with "action must be a string, not a number"."""
    wanted = "action must be a string, not a number"
    if not isinstance(message, str):
        raise NotYet("message is not a text yet: write what you would say() to the API.")
    with connect(stack.url()) as client:
        client.send(message)
        answer = json.loads(client.recv(timeout=10))
    if "error" not in answer:
        raise NotYet(
            f"that message is understood, its answer is {answer}: give action a value that is no route's name."
        )
    if answer["error"] != wanted:
        raise NotYet(f"$default says {answer['error']!r}, not {wanted!r}: look at what_is_wrong in lambda/default.py.")
    return f"$default says: {wanted}."


@check
def all_heard(heard: object, number: int) -> str:
    """What each of so many clients heard first of a broadcast ``psst``."""
    if not isinstance(heard, list):
        raise NotYet(f"heard is {heard!r}: return a list with what each client heard.")
    if len(heard) != number:
        raise NotYet(f"{len(heard)} of {number} clients heard something: open them all before the first one sends.")
    if heard != ["psst"] * number:
        raise NotYet(f'they heard {heard}: return the value of "message" from what each client receives first.')
    return f"All {number} heard psst."


# 05-inspect-connection-records


@check
def farewell(told: object) -> str:
    """The code and reason that ``$disconnect`` was told, of the learner's own choice."""
    if not (isinstance(told, tuple) and len(told) == 2):
        raise NotYet("told is not a code and a reason yet: close client E with both, then read the log.")
    code, reason = told
    if code not in range(4000, 5000):
        raise NotYet(f"the code is {code}: choose one between 4000 and 4999, which are for applications to use.")
    if not reason:
        raise NotYet("the reason is empty: give close() a text too.")
    if told not in [(line["code"], line["reason"]) for line in _disconnected()]:
        raise NotYet(f"$disconnect has not logged {told}: wait for its log line, and read the values from there.")
    return f"$disconnect was told {code}, {reason!r}."


@check
def finds_the_gone(gone: Callable[[list[str]], object], held: str, left: str) -> str:
    """A function that picks from connection ids those that API Gateway does not hold."""
    found = gone([held, left])
    if not isinstance(found, list):
        raise NotYet(f"gone() returned {found!r}: return a list of connection ids.")
    if left not in found:
        raise NotYet("the connection that is gone is not found: ask get_connection, and catch the GoneException.")
    if held in found:
        raise NotYet("a connection that is held was taken for gone: keep only ids that raise GoneException.")
    if found != [left]:
        raise NotYet(f"gone() returned {found!r}: return each id once, and nothing else.")
    return "It finds the one that is gone, and spares the one that is not."


def _disconnected() -> list[dict[str, Any]]:
    pages = (
        boto3.client("logs")
        .get_paginator("filter_log_events")
        .paginate(logGroupName=f"/aws/lambda/{stack.NAME}-disconnect", filterPattern="disconnected")
    )
    return [json.loads(event["message"]) for page in pages for event in page["events"]]

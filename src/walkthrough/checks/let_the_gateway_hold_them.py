"""Checks of 02-let-the-gateway-hold-them. They run handlers, and answer the handlers' calls to AWS themselves."""

import importlib
import io
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import redirect_stdout
from copy import deepcopy
from typing import Any

from botocore.exceptions import ClientError

from walkthrough import calls, routes
from walkthrough.checks.exercise import NotYet, check, choose
from walkthrough.internal.project import root

__all__ = ["check_event_for_client", "check_route_guess", "check_source_of_1006", "check_whoami_handler"]

Event = Mapping[str, Any]
Handler = Callable[[Any, object], object]

ROUTES = ("$connect", "$disconnect", "$default", "send", "broadcast")
ELSEWHERE = {"connectionId": "eHrdFcnvvHcCE-w=", "domainName": "k3v9q2x7ab.execute-api.eu-west-1.amazonaws.com"}


@check("a list of numbers, such as [2, 3]")
def check_route_guess(numbers: object, messages: Sequence[str]) -> str:
    """The numbers of the messages that take the route ``send``, counted from 1."""
    if not isinstance(numbers, list | tuple | set) or not all(type(number) is int for number in numbers):
        raise NotYet(f"reach is {numbers!r}: make it a list of numbers, such as [2, 3].")
    if not numbers:
        raise NotYet("reach is empty: put in it the numbers of the messages that you expect to reach send.")
    if outside := [number for number in numbers if not 1 <= number <= len(messages)]:
        raise NotYet(f"there is no message {outside[0]}: they are numbered from 1 to {len(messages)}.")
    right = {at for at, message in enumerate(messages, start=1) if routes.choose(message, ROUTES).route == "send"}
    wrong, missing = set(numbers) - right, right - set(numbers)
    if wrong or missing:
        raise NotYet(
            f"{len(right) - len(missing)} of your numbers are right, {len(wrong)} are not, {len(missing)} are missing: "
            "a route is taken if the action at the top of the JSON is its name, to the letter."
        )
    return f"{_listed(sorted(right))} reach send, and no other."


@check("an event, which is a dictionary")
def check_event_for_client(event: object, connection_id: str) -> str:
    """An event with which the real ``send`` posts ``psst`` to this connection."""
    if not isinstance(event, dict) or "requestContext" not in event:
        raise NotYet("event is no event: begin with deepcopy(events['pong']), and change it.")
    posts, _ = _run(_handler("send"), event)
    if len(posts) != 1:
        raise NotYet(f"send posted {len(posts)} times: leave the rest of the event as it was recorded.")
    recipient, said = posts[0].parameters["ConnectionId"], json.loads(posts[0].parameters["Data"])
    if recipient != connection_id:
        raise NotYet(f"send told {recipient}, not {connection_id}: whom it answers, it reads in the requestContext.")
    if said != {"message": "psst"}:
        raise NotYet(f"send said {said}, not {{'message': 'psst'}}: what was said to it is the text in body.")
    return "send told client B psst. It believes what the event says, and knows nothing else."


@check("one of the letters a, b, c, in quotes")
def check_source_of_1006(answer: object) -> str:
    """The letter that says who wrote the code in the event of a torn connection."""
    return choose(
        answer,
        "b",
        {
            "a": "client B sent no close frame, and 1006 may not be in one: see RFC 6455, section 7.4.1.",
            "b": "no close frame came, so API Gateway made up the code that stands for that.",
            "c": "the code is in the recorded event already, before any function runs: look at events['torn'].",
        },
    )


@check("a function of event and context")
def check_whoami_handler(handler: Handler, event: Event) -> str:
    """A handler that posts ``{"you": …}`` with its connection id to the client that asked.

    It must post to the API of the event, return 200, and bear that the client has left.
    """
    if not callable(handler):
        raise NotYet(f"whoami is {handler!r}: make it a function of event and context.")
    asked = deepcopy(dict(event))
    elsewhere = deepcopy(asked)
    elsewhere["requestContext"] |= ELSEWHERE
    for given in (asked, elsewhere):
        request = given["requestContext"]
        posts, returned = _run(handler, given)
        if not posts:
            raise NotYet("nothing was posted: what a handler returns does not reach the client, so post it.")
        if len(posts) > 1:
            raise NotYet(f"{len(posts)} posts were made: one will do.")
        (post,) = posts
        if post.parameters["ConnectionId"] != request["connectionId"]:
            raise NotYet(
                f"{post.parameters['ConnectionId']} was told, not {request['connectionId']}: read the id in the event."
            )
        if post.endpoint != (there := f"https://{request['domainName']}/{request['stage']}"):
            raise NotYet(f"it was posted to {post.endpoint}, not to {there}: make the address of the event's own API.")
        said = _json(post.parameters["Data"])
        if said != {"you": request["connectionId"]}:
            raise NotYet(f"{said!r} was posted, not {{'you': {request['connectionId']!r}}}.")
        if not isinstance(returned, dict) or returned.get("statusCode") != 200:
            raise NotYet(f"it returned {returned!r}: return {{'statusCode': 200}}.")
    try:
        _run(handler, asked, gone=True)
    except ClientError as error:
        raise NotYet(
            f"it fails with {error.response['Error']['Code']} when the client has left in the meantime: "
            "catch that, as reply in lambda/reply.py does."
        ) from None
    return "whoami tells everybody who they are, at the API that they came from, and bears that they have left."


def _run(handler: Handler, event: Event, gone: bool = False) -> tuple[list[calls.Call], object]:
    """Run a handler without its prints: what it posts and what it returns. ``gone`` answers each call with 410 Gone."""

    def answer(call: calls.Call) -> dict[str, Any]:
        if gone:
            raise calls.Refused("GoneException", 410)
        return {}

    with redirect_stdout(io.StringIO()), calls.recorded(answer) as said:
        returned = handler(deepcopy(dict(event)), None)
    return [call for call in said if call.operation == "PostToConnection"], returned


def _handler(route: str) -> Handler:
    """The real handler of a route, from ``lambda/``."""
    if str(root()) not in sys.path:
        sys.path.append(str(root()))
    handler: Handler = importlib.import_module(f"lambda.{route}").handler
    return handler


def _json(data: object) -> object:
    try:
        return json.loads(data)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return data


def _listed(numbers: Sequence[int]) -> str:
    *first, last = map(str, numbers)
    return f"{', '.join(first)} and {last}" if first else last

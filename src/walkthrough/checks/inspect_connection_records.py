"""Checks of 05-inspect-connection-records."""

import json
from collections.abc import Callable
from typing import Any

import boto3

from walkthrough import stack
from walkthrough.checks.exercise import NotYet, check, choose

__all__ = ["explains_the_stale_record", "farewell", "finds_the_gone"]


@check("a tuple of code and reason, such as (4001, 'lunch')")
def farewell(told: object) -> str:
    """The code and reason that ``$disconnect`` was told, of the learner's own choice."""
    if not (isinstance(told, tuple) and len(told) == 2):
        raise NotYet("told is not a code and a reason yet: run the cell above to its end.")
    code, reason = told
    if code not in range(4000, 5000):
        raise NotYet(f"the code is {code}: choose one between 4000 and 4999, which are for applications to use.")
    if not reason:
        raise NotYet("the reason is empty: give close() a text too.")
    if told not in [(line["code"], line["reason"]) for line in _disconnected()]:
        raise NotYet(
            f"$disconnect has not logged {code}, {reason!r}: wait for its log line, and read the values from there."
        )
    return f"$disconnect was told {code}, {reason!r}."


@check("a function from a list of connection ids to those that are gone")
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
    for ids, wanted in (([left, held], [left]), ([held], []), ([], [])):
        if gone(list(ids)) != wanted:
            raise NotYet(
                "given other ids, or the same in another order, it is wrong: ask about each id that it is given."
            )
    return "It finds the one that is gone, and spares the one that is not."


@check("one of the letters a, b, c, in quotes")
def explains_the_stale_record(answer: object) -> str:
    """Why a mended ``$disconnect`` did not delete the record of a client that had gone before."""
    because = {
        "a": "the table beside the mended function said 410 Gone: API Gateway held it no longer.",
        "b": "$disconnect had its one chance when the connection ended, and no later event makes up for it.",
        "c": "a function that works would have deleted the record: nobody invoked it again.",
    }
    return choose(answer, "b", because)


def _disconnected() -> list[dict[str, Any]]:
    pages = (
        boto3.client("logs")
        .get_paginator("filter_log_events")
        .paginate(logGroupName=f"/aws/lambda/{stack.NAME}-disconnect", filterPattern="disconnected")
    )
    return [json.loads(event["message"]) for page in pages for event in page["events"]]

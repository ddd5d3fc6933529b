"""Checks of 05-inspect-connection-records."""

import json
from collections.abc import Callable
from typing import Any

import boto3

from walkthrough import stack
from walkthrough.checks.exercise import NotYet, check, choose

__all__ = ["check_close_code_and_reason", "check_gone_connections", "check_stale_record_reason"]


@check("a tuple of code and reason, such as (4001, 'lunch')")
def check_close_code_and_reason(told: object) -> str:
    """The close code and reason that the learner chose, as ``$disconnect`` has logged them."""
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
def check_gone_connections(gone: Callable[[list[str]], object], open_id: str, gone_id: str) -> str:
    """A function that returns those of the given connection ids that API Gateway no longer holds."""
    found = gone([open_id, gone_id])
    if not isinstance(found, list):
        raise NotYet(f"gone() returned {found!r}: return a list of connection ids.")
    if gone_id not in found:
        raise NotYet("the connection that is gone is not found: ask get_connection, and catch the GoneException.")
    if open_id in found:
        raise NotYet("a connection that is held was taken for gone: keep only ids that raise GoneException.")
    if found != [gone_id]:
        raise NotYet(f"gone() returned {found!r}: return each id once, and nothing else.")
    for ids, wanted in (([gone_id, open_id], [gone_id]), ([open_id], []), ([], [])):
        if gone(list(ids)) != wanted:
            raise NotYet(
                "given other ids, or the same in another order, it is wrong: ask about each id that it is given."
            )
    return "It finds the one that is gone, and spares the one that is not."


@check("one of the letters a, b, c, in quotes")
def check_stale_record_reason(answer: object) -> str:
    """The letter that says why a repaired ``$disconnect`` did not delete the record of a client that left before."""
    because = {
        "a": "the table beside the mended function said 410 Gone: API Gateway held it no longer.",
        "b": "$disconnect had its one chance when the connection ended, and no later event makes up for it.",
        "c": "a function that works would have deleted the record: nobody invoked it again.",
    }
    return choose(answer, "b", because)


def _disconnected() -> list[dict[str, Any]]:
    """The lines that ``$disconnect`` has logged, one for each connection that ended."""
    pages = (
        boto3.client("logs")
        .get_paginator("filter_log_events")
        .paginate(logGroupName=f"/aws/lambda/{stack.NAME}-disconnect", filterPattern="disconnected")
    )
    return [json.loads(event["message"]) for page in pages for event in page["events"]]

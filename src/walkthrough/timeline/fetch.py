"""Fetch the logs of the stack, and wait until they tell of what is asked: lines are written a little later."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import boto3

from walkthrough import cloud, progress, stack
from walkthrough.access_log import GROUP
from walkthrough.errors import WalkthroughError
from walkthrough.internal.aws_errors import aws_errors
from walkthrough.timeline.join import Heard
from walkthrough.timeline.timeline import Timeline, messages

__all__ = ["read"]

BEFORE = 60  # seconds of log before the first message, in which its environment may have begun to be made
PAUSE, LONGEST_PAUSE = 0.1, 1.0  # seconds between two looks

FUNCTIONS = f"/aws/lambda/{stack.NAME}-"


@aws_errors()
def read(heard: Sequence[Heard] | Heard = (), since: float | None = None, seconds: float = 60) -> Timeline:
    """What the logs tell of the messages that clients tell of, in that order, as soon as they tell of all.

    Without ``heard``: of each request that came since a moment, ``time.time()`` of this machine, as far as they tell
    now. Raises WalkthroughError, naming the log group, when there is nothing about what is asked ``seconds`` later.
    """
    heard, ahead = _checked(heard), cloud.ahead()
    if not heard:
        return _since((time.time() - BEFORE if since is None else since) + ahead)
    heard = [told.shifted(ahead) for told in heard]
    begun = min(told.sent for told in heard)
    deadline, pause = time.monotonic() + seconds, PAUSE
    with progress.bar("waiting for the logs", total=len(heard)) as bar:
        known = 0
        while True:
            found = messages(_events(GROUP, begun), _of_functions(begun), heard)
            bar.step(len(found) - known)
            known = len(found)
            if known == len(heard) and all(message.complete for message in found):
                return found
            if time.monotonic() > deadline:
                break
            time.sleep(pause)
            pause = min(1.5 * pause, LONGEST_PAUSE)
    if known == len(heard):  # a function that logs elsewhere, or not at all: what API Gateway tells is something
        return found
    names = ", ".join(sorted({told.client for told in heard}))
    raise WalkthroughError(
        f"{seconds:g} seconds later the log group {GROUP} tells of {known} of {len(heard)} messages. Each client must "
        f"have connected with user_agent_header set to its name ({names}), and the access log must have been on: "
        f"run access_log.on(), and send again. On AWS it may begin a minute later.{_also(found)}"
    )


def _checked(heard: object) -> Sequence[Heard]:
    """A list of what clients tell, also of one alone."""
    told = [heard] if isinstance(heard, Heard) else heard
    if not isinstance(told, Sequence) or not all(isinstance(one, Heard) for one in told):
        raise WalkthroughError(
            f"timeline.read() was given {heard!r}: it takes a list of what clients tell, "
            'such as [timeline.Heard("client A", sent, received)].'
        )
    return told


def _since(moment: float) -> Timeline:
    found = messages(_events(GROUP, moment), _of_functions(moment))
    found = Timeline(tuple(message for message in found if message.at >= moment * 1000), found.skipped)
    if not found:
        raise WalkthroughError(
            f"The log group {GROUP} tells of no request since {time.strftime('%H:%M:%S', time.localtime(moment))}. "
            f"Send a message, wait a few seconds, and look again.{_also(found)}"
        )
    return found


def _also(found: Timeline) -> str:
    return f" {found.skipped} lines there could not be read." if found.skipped else ""


def _of_functions(begun: float) -> list[dict[str, Any]]:
    groups = boto3.client("logs").get_paginator("describe_log_groups").paginate(logGroupNamePrefix=FUNCTIONS)
    names = [group["logGroupName"] for page in groups for group in page["logGroups"]]
    return [event for name in names for event in _events(name, begun)]


def _events(group: str, begun: float) -> list[dict[str, Any]]:
    logs = boto3.client("logs")
    start = int((begun - BEFORE) * 1000)
    try:
        pages = logs.get_paginator("filter_log_events").paginate(logGroupName=group, startTime=start)
        return [event for page in pages for event in page["events"]]
    except logs.exceptions.ResourceNotFoundException:
        raise WalkthroughError(
            f"There is no log group {group}: run stack.deploy() and access_log.on(), and send a message."
        ) from None

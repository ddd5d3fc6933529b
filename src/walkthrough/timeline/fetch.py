"""Fetch the logs of the stack, and wait until they contain the messages: lines are written a little later."""

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

BEFORE = 60  # seconds of log before the first message, since its environment may have been started then
PAUSE, LONGEST_PAUSE = 0.1, 1.0  # seconds between two fetches

FUNCTIONS = f"/aws/lambda/{stack.NAME}-"


@aws_errors()
def read(heard: Sequence[Heard] | Heard = (), since: float | None = None, seconds: float = 60) -> Timeline:
    """The messages that clients ``heard``, in that order, from the logs; waits until the logs contain all of them.

    Without ``heard``, all requests that the logs contain now since ``since``: a ``time.time()`` of this machine, by
    default a minute ago. Raises WalkthroughError, naming the log group, if messages are missing after ``seconds``.
    """
    heard, ahead = _checked(heard), cloud.ahead()
    if not heard:
        return _since((time.time() - BEFORE if since is None else since) + ahead)
    heard = [one.shifted(ahead) for one in heard]
    begun = min(one.sent for one in heard)
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
    if known == len(heard):  # a function may log elsewhere, or not at all: API Gateway's lines are there
        return found
    names = ", ".join(sorted({one.client for one in heard}))
    raise WalkthroughError(
        f"{seconds:g} seconds later the log group {GROUP} tells of {known} of {len(heard)} messages. Each client must "
        f"have connected with user_agent_header set to its name ({names}), and the access log must have been on: "
        f"run access_log.on(), and send again. On AWS it may begin a minute later.{_also(found)}"
    )


def _checked(heard: object) -> Sequence[Heard]:
    """``heard`` as a list, also if it is a single one. Raises WalkthroughError for anything else."""
    every = [heard] if isinstance(heard, Heard) else heard
    if not isinstance(every, Sequence) or not all(isinstance(one, Heard) for one in every):
        raise WalkthroughError(
            f"timeline.read() was given {heard!r}: it takes a list of what clients tell, "
            'such as [timeline.Heard("client A", sent, received)].'
        )
    return every


def _since(moment: float) -> Timeline:
    """The messages since a moment, in seconds as AWS's clock gives them."""
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

"""One log line for each call to AWS: which call it was, how long it took, and how it ended.

The line does not say which message it belongs to, and need not: Lambda writes START before an invocation and END after
it, and an environment runs one at a time, so all lines between the two belong to that invocation.
"""

import time
from typing import Any

from .log import write

STARTED = "walkthrough.started"  # a key of ours, in the context that botocore keeps for each call


def logged(client: Any) -> Any:
    """Let a client log its calls from now on, and return it.

    boto3 emits events when a call begins and ends: https://docs.aws.amazon.com/boto3/latest/guide/events.html. A call
    that is tried twice is logged once.
    """
    client.meta.events.register("provide-client-params", _starts)
    client.meta.events.register("after-call", _ends)
    client.meta.events.register("after-call-error", _fails)
    return client


def _starts(context: dict[str, Any], **_: object) -> None:
    context[STARTED] = time.perf_counter()


def _ends(event_name: str, context: dict[str, Any], http_response: Any, parsed: dict[str, Any], **_: object) -> None:
    error = parsed.get("Error", {}).get("Code")  # such as GoneException
    _write(event_name, context, error or str(http_response.status_code))


def _fails(event_name: str, context: dict[str, Any], exception: Exception, **_: object) -> None:
    _write(event_name, context, type(exception).__name__)  # no answer came, such as ReadTimeoutError


def _write(event_name: str, context: dict[str, Any], outcome: str) -> None:
    _, service, operation = event_name.split(".")
    took = (time.perf_counter() - context[STARTED]) * 1000
    write("called", service=service, operation=operation, milliseconds=round(took, 1), outcome=outcome)

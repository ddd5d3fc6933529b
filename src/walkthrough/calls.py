"""Record the calls of some code to AWS: each call that it makes through boto3, with its parameters and the answer.

    with calls.recorded() as said:
        handler(event, None)
    print(said)

Calls can also be answered without asking AWS. That makes the rare cases easy to have:

    >>> import boto3
    >>> from walkthrough import calls
    >>> def nobody_is_there(call):
    ...     if call.operation == "PostToConnection":
    ...         raise calls.Refused("GoneException", 410)
    >>> api = boto3.client("apigatewaymanagementapi", region_name="us-east-1")
    >>> with calls.recorded(nobody_is_there) as said:
    ...     try:
    ...         api.post_to_connection(ConnectionId="PJqB0fHsqRcCHlw=", Data=b"psst")
    ...     except api.exceptions.GoneException:
    ...         print("gone")
    gone
    >>> print(said)
    apigatewaymanagementapi.PostToConnection at https://execute-api.us-east-1.amazonaws.com
        ConnectionId: PJqB0fHsqRcCHlw=
        Data: psst
      → 410 GoneException

Every boto3 client and resource of the process is heard, whenever it was made and in whichever thread it calls. For that
botocore's ``BaseClient._make_api_call`` is replaced while the block lasts. AWS's own X-Ray SDK listens at that place,
and moto's documentation proposes it for answering calls:
https://docs.getmoto.org/en/latest/docs/services/patching_other_services.html
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, TypeAlias

from botocore.client import BaseClient
from botocore.exceptions import ClientError

from walkthrough.patching import expect

__all__ = ["Answer", "Call", "Calls", "Refused", "recorded", "shown"]


expect("botocore", BaseClient, "_make_api_call", ("self", "operation_name", "api_params"))


class Refused(Exception):
    """An answering function raises this to refuse a call: AWS's name of the error, and the HTTP status."""

    def __init__(self, code: str, status: int) -> None:
        super().__init__(f"{status} {code}")
        self.code, self.status = code, status


@dataclass(slots=True)
class Call:
    """One call: ``parameters`` as the code gave them; ``answer`` without its metadata, or ``error``'s name."""

    service: str
    operation: str
    endpoint: str  # a URL
    parameters: Mapping[str, Any]
    status: int | None = None  # of HTTP; None while there is no answer
    answer: Mapping[str, Any] | None = None
    error: str | None = None

    @property
    def result(self) -> str:
        """The status and the error's name, as far as there are any: ``200``, ``410 GoneException``."""
        return " ".join(str(word) for word in (self.status, self.error) if word is not None) or "no answer"

    def __str__(self) -> str:
        said = [f"{self.service}.{self.operation} at {self.endpoint}", *_lines(self.parameters, "    ")]
        return "\n".join([*said, f"  → {self.result}", *_lines(self.answer or {}, "    ")])

    __repr__ = __str__


class Calls(list[Call]):
    """Calls in the order in which they began; printed one below the other."""

    def __str__(self) -> str:
        return "\n".join(map(str, self)) or "no call"

    __repr__ = __str__


Answer: TypeAlias = Callable[[Call], Mapping[str, Any] | None]
"""A function that answers a call instead of AWS. If it returns None, AWS is called; ``Refused`` refuses the call."""


@contextmanager
def recorded(answer: Answer | None = None) -> Iterator[Calls]:
    """Record each call while the block runs. Calls that ``answer`` does not answer go to AWS.

    A call that botocore tries again is one call, with its last answer. What ``answer`` refuses is not tried again.
    """
    calls = Calls()
    ask_aws: Any = BaseClient._make_api_call  # type: ignore[attr-defined]

    def make_api_call(client: Any, operation: str, parameters: Mapping[str, Any]) -> Any:
        meta = client.meta
        call = Call(meta.service_model.service_name, operation, meta.endpoint_url, dict(parameters))
        calls.append(call)
        try:
            given = answer(call) if answer else None
        except Refused as refused:
            call.status, call.error = refused.status, refused.code
            raise _as_botocore_would(client, operation, refused) from None
        try:
            told = ask_aws(client, operation, parameters) if given is None else _whole(given)
        except ClientError as error:
            call.status = error.response["ResponseMetadata"]["HTTPStatusCode"]
            call.error = error.response["Error"]["Code"]
            raise
        except Exception as error:
            call.error = type(error).__name__
            raise
        call.status = told["ResponseMetadata"]["HTTPStatusCode"]
        call.answer = {name: value for name, value in told.items() if name != "ResponseMetadata"}
        return told

    BaseClient._make_api_call = make_api_call  # type: ignore[attr-defined]
    try:
        yield calls
    finally:
        BaseClient._make_api_call = ask_aws  # type: ignore[attr-defined]


def _whole(answer: Mapping[str, Any]) -> dict[str, Any]:
    return {**answer, "ResponseMetadata": {"HTTPStatusCode": 200, "HTTPHeaders": {}, "RetryAttempts": 0}}


def _as_botocore_would(client: Any, operation: str, refused: Refused) -> ClientError:
    """The exception of this client for the error, so that ``except client.exceptions.…`` catches it."""
    kind: type[ClientError] = client.exceptions.from_code(refused.code)
    words = f"{refused.status} {HTTPStatus(refused.status).phrase}"
    response: Any = {
        "Error": {"Code": refused.code, "Message": words},
        "ResponseMetadata": {"HTTPStatusCode": refused.status},
    }
    return kind(response, operation)


def _lines(things: Mapping[str, Any], margin: str) -> list[str]:
    """A line for each name and its value; an object has a line for each of its own names, further in."""
    lines = []
    for name, value in things.items():
        if isinstance(value, Mapping) and value:
            lines += [f"{margin}{name}:", *_lines(value, f"{margin}    ")]
        else:
            lines.append(f"{margin}{name}: {shown(value)}")
    return lines


def shown(value: object) -> str:
    """A value in one line: text and posted bytes as they are, everything else as JSON."""
    if isinstance(value, bytes):
        return value.decode("utf-8", errors="backslashreplace")
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)

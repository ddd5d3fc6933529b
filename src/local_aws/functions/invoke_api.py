"""The Invoke operation of the Lambda API, as HTTP: the one Lambda call that is not the control plane's.

Source: https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
"""

import base64
import contextlib
import json
import re
from collections.abc import Awaitable, Callable
from urllib.parse import parse_qs, unquote

from local_aws.errors import FunctionNotFound, LocalAwsError, NoCapacity, RoleNotAssumable
from local_aws.functions.invocation import Invocation
from local_aws.http import Request, Response

__all__ = ["Spawn", "answer", "is_invoke"]

_PATH = re.compile(r"/2015-03-31/functions/(?P<function>[^/]+)/invocations/?")

Spawn = Callable[[Awaitable[object]], object]
"""Lets an asynchronous invocation go on after it has been answered."""


def is_invoke(request: Request) -> bool:
    """Whether a request is this operation."""
    return request.method == "POST" and _PATH.fullmatch(request.path) is not None


async def answer(
    request: Request,
    invoke: Callable[[str, bytes, str | None], Awaitable[Invocation]],
    exists: Callable[[str, str | None], bool],
    spawn: Spawn,
) -> Response:
    """Run the function that the path names and answer as Lambda does."""
    match = _PATH.fullmatch(request.path)
    function = unquote(match["function"]) if match else ""
    qualifier = parse_qs(request.query).get("Qualifier", [None])[-1]
    kind = request.headers.get("x-amz-invocation-type") or "RequestResponse"
    try:
        if not exists(function, qualifier):
            raise FunctionNotFound(function)
        payload = request.body or b"{}"
        json.loads(payload)
        if kind == "DryRun":
            return Response(204)
        if kind == "Event":
            spawn(_quietly(invoke(function, payload, qualifier)))
            return Response(202)
        result = await invoke(function, payload, qualifier)
    except FunctionNotFound as error:
        return _error(404, "ResourceNotFoundException", str(error), "User")
    except NoCapacity as error:
        return _error(429, "TooManyRequestsException", str(error), "User")
    except RoleNotAssumable as error:
        return _error(403, "AccessDeniedException", str(error), "User")
    except LocalAwsError as error:
        return _error(502, "InvalidRuntimeException", str(error), "User")
    except ValueError as error:
        message = f"Could not parse request body into json: {error}"
        return _error(400, "InvalidRequestContentException", message, "User")
    headers = [
        ("Content-Type", "application/json"),
        ("x-amzn-RequestId", result.request_id),
        ("X-Amz-Executed-Version", result.executed_version),
    ]
    if result.function_error:
        headers.append(("X-Amz-Function-Error", result.function_error))
    if request.headers.get("x-amz-log-type") == "Tail":
        headers.append(("X-Amz-Log-Result", base64.b64encode(result.log_tail).decode()))
    return Response(200, headers, result.payload)


async def _quietly(invocation: Awaitable[object]) -> None:
    with contextlib.suppress(LocalAwsError):  # its function's log has the reason; the caller has been answered
        await invocation


def _error(status: int, code: str, message: str, blame: str) -> Response:
    headers = [("Content-Type", "application/json"), ("x-amzn-ErrorType", code)]
    return Response(status, headers, json.dumps({"Type": blame, "Message": message, "message": message}).encode())

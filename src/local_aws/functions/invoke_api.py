"""The Invoke operation of the Lambda API, as HTTP: the one Lambda operation that is not in the control plane.

Source: https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
"""

import base64
import json
import re
import uuid
from urllib.parse import parse_qs, unquote

from local_aws.errors import FunctionNotFound, LocalAwsError, NoCapacity, RoleNotAssumable
from local_aws.functions import assumptions
from local_aws.functions.concurrency import ACCOUNT_LIMIT_REACHED
from local_aws.functions.names import parse_name
from local_aws.functions.refusals import Refusal, Throttled, refused
from local_aws.functions.service import Functions
from local_aws.net.http import Request, Response

__all__ = ["answer", "function_of", "is_invoke"]

_PATH = re.compile(r"/2015-03-31/functions/(?P<function>[^/]+)/invocations/?")

KINDS = ("Event", "RequestResponse", "DryRun")
LOG_TYPES = ("None", "Tail")
SYNCHRONOUS_BYTES = 6 * 1024 * 1024
EVENT_BYTES = 1024 * 1024
CLIENT_CONTEXT_BYTES = 3583


def is_invoke(request: Request) -> bool:
    """Return whether a request is this operation."""
    return request.method == "POST" and _PATH.fullmatch(request.path) is not None


def function_of(request: Request) -> tuple[str, str | None]:
    """Return the function and the qualifier that an Invoke request names."""
    match = _PATH.fullmatch(request.path)
    function = unquote(match["function"]) if match else ""
    return function, parse_qs(request.query, keep_blank_values=True).get("Qualifier", [None])[-1]


async def answer(request: Request, functions: Functions, region: str) -> Response:
    """Run the function that the path names and answer as Lambda does, in ``region``."""
    request_id = str(uuid.uuid4())
    try:
        response = await _answer(request, functions, region)
    except FunctionNotFound as error:
        response = refused(404, "ResourceNotFoundException", str(error))
    except Throttled as error:
        response = _throttled(str(error), error.reason)
    except NoCapacity as error:
        response = _throttled(str(error), ACCOUNT_LIMIT_REACHED)
    except RoleNotAssumable as error:
        response = refused(403, "AccessDeniedException", str(error))
    except Refusal as error:
        response = refused(error.status, error.code, str(error))
    except LocalAwsError as error:
        response = refused(502, "InvalidRuntimeException", str(error))
    if any(name.lower() == "x-amzn-requestid" for name, _ in response.headers):
        return response
    return Response(response.status, [*response.headers, ("x-amzn-RequestId", request_id)], response.body)


async def _answer(request: Request, functions: Functions, region: str) -> Response:
    function, qualifier = function_of(request)
    kind = _one_of(request, "x-amz-invocation-type", "invocationType", KINDS, "RequestResponse")
    log_type = _one_of(request, "x-amz-log-type", "logType", LOG_TYPES, "None")
    name = parse_name(function, qualifier, region=region, account_id=functions.account_id)
    payload = request.body or b"{}"
    _check_size(len(payload), kind)
    functions.check(name.qualified)
    client_context = _client_context(request.headers.get("x-amz-client-context"))
    try:
        json.loads(payload)
    except (ValueError, RecursionError) as error:
        message = f"Could not parse request body into json: {error}"
        raise Refusal(400, "InvalidRequestContentException", message) from None
    if kind == "DryRun":
        return Response(204)
    if kind == "Event":
        return Response(202, [("x-amzn-RequestId", functions.enqueue(name.qualified, payload))])
    result = await functions.invoke(name.qualified, payload, client_context=client_context)
    headers = [
        ("Content-Type", "application/json"),
        ("x-amzn-RequestId", result.request_id),
        ("X-Amz-Executed-Version", result.executed_version),
    ]
    if result.function_error:
        headers.append(("X-Amz-Function-Error", result.function_error))
    if log_type == "Tail":
        headers.append(("X-Amz-Log-Result", base64.b64encode(result.log_tail).decode()))
    return Response(200, headers, result.payload)


def _one_of(request: Request, header: str, member: str, values: tuple[str, ...], default: str) -> str:
    value = request.headers.get(header) or default
    if value not in values:
        raise Refusal.validation(value, member, f"satisfy enum value set: [{', '.join(values)}]")
    return value


def _check_size(size: int, kind: str) -> None:
    limit = EVENT_BYTES if kind == "Event" else SYNCHRONOUS_BYTES
    if size > limit:
        message = assumptions.TOO_LARGE_EVENT if kind == "Event" else assumptions.TOO_LARGE
        raise Refusal(413, "RequestEntityTooLargeException", message.format(size=size, limit=limit))


def _client_context(header: str | None) -> str | None:
    """Return the JSON of the header, on one line; None without a header. Raises Refusal."""
    if not header:
        return None
    try:
        document = json.loads(base64.b64decode(header, validate=True))
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict) or len(header) > CLIENT_CONTEXT_BYTES:
        raise Refusal(400, "InvalidRequestContentException", assumptions.CLIENT_CONTEXT)
    return json.dumps(document)


def _throttled(message: str, reason: str) -> Response:
    retry_after = (("Retry-After", assumptions.RETRY_AFTER),)
    return refused(429, "TooManyRequestsException", message, reason=reason, headers=retry_after)

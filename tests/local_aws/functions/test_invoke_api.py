"""The Invoke operation as HTTP."""

import base64
import json
import re
from collections.abc import Sequence
from typing import Any

import pytest

from local_aws.functions import Alias, ConcurrencyLimits, Functions, invoke_api
from local_aws.net.http import Headers, Request, Response

from .conftest import Become, Lambda

ARN = "arn:aws:lambda:eu-west-3:123456789012:function:pong"
ECHO = "def handler(event, context):\n    print('hello')\n    return event\n"
UUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"


def call(
    cloud: Lambda,
    function: str = "pong",
    body: bytes = b'"ping"',
    headers: Sequence[tuple[str, str]] = (),
    *,
    query: str = "",
    region: str = "eu-west-3",
    then: Any = None,
    **limits: Any,
) -> Response:
    """Return the answer to one call; ``then`` is awaited before the service closes."""
    target = f"/2015-03-31/functions/{function}/invocations{query}"
    request = Request("POST", target, Headers(headers), body)
    assert invoke_api.is_invoke(request)

    async def scenario(functions: Functions) -> Response:
        response = await invoke_api.answer(request, functions, region)
        if then is not None:
            await then()
        return response

    return cloud.run(scenario, **limits)


def header(response: Response, name: str) -> str | None:
    return Headers(response.headers).get(name)


def refusal(response: Response) -> tuple[int, str | None, str]:
    return response.status, header(response, "x-amzn-ErrorType"), json.loads(response.body)["message"]


def test_a_synchronous_call(small: Lambda) -> None:
    """The body is the function's answer; the headers have the version and the request id."""
    small.deploy(ECHO)
    response = call(small)
    assert (response.status, response.body) == (200, b'"ping"')
    assert header(response, "X-Amz-Executed-Version") == "$LATEST"
    assert header(response, "x-amzn-RequestId") == next(m.split()[2] for m in small.messages if m.startswith("START"))
    assert header(response, "X-Amz-Function-Error") is None
    assert header(response, "X-Amz-Log-Result") is None


def test_a_function_that_fails(small: Lambda) -> None:
    """The status is 200; a header and the body say that it failed."""
    small.deploy("def handler(event, context):\n    raise ValueError('no')\n")
    response = call(small)
    assert (response.status, header(response, "X-Amz-Function-Error")) == (200, "Unhandled")
    assert json.loads(response.body)["errorMessage"] == "no"


def test_a_call_without_a_body(small: Lambda) -> None:
    """The handler gets an empty object."""
    small.deploy(ECHO)
    assert call(small, body=b"").body == b"{}"


def test_the_tail_of_the_log(small: Lambda) -> None:
    """The header has the log from START to REPORT, in base64."""
    small.deploy(ECHO)
    response = call(small, headers=[("X-Amz-Log-Type", "Tail")])
    tail = base64.b64decode(header(response, "X-Amz-Log-Result") or "").decode()
    assert re.search(r"START RequestId.*hello.*END RequestId.*REPORT RequestId", tail, re.DOTALL)


def test_a_dry_run_runs_nothing(small: Lambda) -> None:
    """The answer is 204 without a body."""
    small.deploy(ECHO)
    response = call(small, headers=[("X-Amz-Invocation-Type", "DryRun")])
    assert (response.status, response.body, small.messages) == (204, b"", [])


def test_an_event_is_accepted(small: Lambda, become: Become) -> None:
    """The answer is 202 without a body, with the request id that the handler sees."""
    small.deploy(ECHO)

    async def ran() -> None:
        await become(lambda: any(message.startswith("END") for message in small.messages))

    response = call(small, headers=[("X-Amz-Invocation-Type", "Event")], then=ran)
    assert (response.status, response.body) == (202, b"")
    assert f"START RequestId: {header(response, 'x-amzn-RequestId')} " in small.log


@pytest.mark.parametrize("function", ["pong:live", ARN.replace(":", "%3A") + "%3Alive"])
def test_the_qualifier_may_be_in_the_name(small: Lambda, function: str) -> None:
    """A qualifier in the name works like one in the query; a header names the version that answered."""
    small.deploy(ECHO, version="7")
    small.aliases["pong:live"] = Alias("7")
    assert header(call(small, function), "X-Amz-Executed-Version") == "7"
    assert header(call(small, query="?Qualifier=live"), "X-Amz-Executed-Version") == "7"


def test_a_mere_name_is_of_the_region_that_was_called(small: Lambda) -> None:
    """A function's name is looked up in the region of the signature."""
    expected = "Function not found: arn:aws:lambda:eu-north-1:123456789012:function:nobody"
    assert refusal(call(small, "nobody", region="eu-north-1")) == (404, "ResourceNotFoundException", expected)


@pytest.mark.parametrize("kind", ["RequestResponse", "Event", "DryRun"])
def test_a_qualifier_that_is_not_there(small: Lambda, kind: str) -> None:
    """The answer is 404 with the ARN that was asked for, for each type of invocation."""
    small.deploy(ECHO)
    response = call(small, query="?Qualifier=live", headers=[("X-Amz-Invocation-Type", kind)])
    assert refusal(response) == (404, "ResourceNotFoundException", f"Function not found: {ARN}:live")


@pytest.mark.parametrize(
    ("headers", "message"),
    [
        (
            [("X-Amz-Invocation-Type", "Later")],
            "Value 'Later' at 'invocationType' failed to satisfy constraint: Member must satisfy enum value set: "
            "[Event, RequestResponse, DryRun]",
        ),
        (
            [("X-Amz-Log-Type", "All")],
            "Value 'All' at 'logType' failed to satisfy constraint: Member must satisfy enum value set: [None, Tail]",
        ),
    ],
)
def test_values_that_the_service_model_does_not_have(
    small: Lambda, headers: list[tuple[str, str]], message: str
) -> None:
    """A value that the service model does not have is a ValidationException."""
    small.deploy(ECHO)
    expected = (400, "ValidationException", f"1 validation error detected: {message}")
    assert refusal(call(small, headers=headers)) == expected


@pytest.mark.parametrize("body", [b"{not JSON", b"\xff", b"[" * 100_000])
def test_a_body_that_is_no_json(small: Lambda, body: bytes) -> None:
    """The answer is InvalidRequestContentException, and the function does not run."""
    small.deploy(ECHO)
    status, code, message = refusal(call(small, body=body))
    assert (status, code, small.messages) == (400, "InvalidRequestContentException", [])
    assert message.startswith("Could not parse request body into json")


@pytest.mark.parametrize(
    ("kind", "limit", "message"),
    [
        (
            "RequestResponse",
            6 * 1024 * 1024,
            "Request must be smaller than 6291456 bytes for the InvokeFunction operation",
        ),
        (
            "Event",
            1024 * 1024,
            "1048577 byte payload is too large for the Event invocation type (limit 1048576 bytes)",
        ),
    ],
)
def test_how_much_may_be_sent(small: Lambda, kind: str, limit: int, message: str) -> None:
    """The limit is 6 MB, or 1 MB asynchronously; one byte more is refused."""
    small.deploy("def handler(event, context):\n    return len(event)\n")
    headers = [("X-Amz-Invocation-Type", kind)]
    assert call(small, body=b'"' + b"x" * (limit - 2) + b'"', headers=headers).status in (200, 202)
    too_large = call(small, body=b'"' + b"x" * (limit - 1) + b'"', headers=headers)
    assert refusal(too_large) == (413, "RequestEntityTooLargeException", message)


CONTEXT = """
def handler(event, context):
    given = context.client_context
    return given and [given.custom, given.env, given.client.app_title, given.client.installation_id]
"""


def test_the_client_context_reaches_the_handler(cloud: Lambda) -> None:
    """The handler gets it as an object, with each runtime client; without one it gets None."""
    cloud.deploy(CONTEXT)
    given = {"custom": {"a": "é"}, "client": {"app_title": "pong"}}
    encoded = base64.b64encode(json.dumps(given, ensure_ascii=False).encode()).decode()
    response = call(cloud, headers=[("X-Amz-Client-Context", encoded)])
    assert json.loads(response.body) == [{"a": "é"}, None, "pong", None]
    assert call(cloud).body == b"null"


@pytest.mark.parametrize(
    "value", ["no base64!", "bm90IGpzb24=", "WzFd", base64.b64encode(b'{"a":"' + b"x" * 3000 + b'"}').decode()]
)
def test_a_client_context_that_is_none(small: Lambda, value: str) -> None:
    """It is refused if it is no base64, no JSON, no object, or longer than 3583 bytes."""
    small.deploy(ECHO)
    expected = "Client context must be a valid Base64-encoded JSON object."
    refused = refusal(call(small, headers=[("X-Amz-Client-Context", value)]))
    assert refused == (400, "InvalidRequestContentException", expected)


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        (ConcurrencyLimits(1000, {"pong": 0}), "ReservedFunctionConcurrentInvocationLimitExceeded"),
        (ConcurrencyLimits(0), "ConcurrentInvocationLimitExceeded"),
    ],
)
def test_a_throttled_call(small: Lambda, limits: ConcurrencyLimits, reason: str) -> None:
    """The answer is 429, with AWS's reason, and a header that says when to try again."""
    small.deploy(ECHO)
    small.limits = limits
    response = call(small)
    assert refusal(response) == (429, "TooManyRequestsException", "Rate Exceeded.")
    body = json.loads(response.body)
    assert (body["Reason"], body["Type"], header(response, "Retry-After")) == (reason, "User", "1")


@pytest.mark.parametrize("function", ["pong", "nobody"])
def test_every_answer_has_a_request_id(small: Lambda, function: str) -> None:
    """Each answer has one request id, a UUID; so has each refusal."""
    small.deploy(ECHO)
    ids = Headers(call(small, function).headers).get_all("x-amzn-RequestId")
    assert len(ids) == 1
    assert re.fullmatch(UUID, ids[0])

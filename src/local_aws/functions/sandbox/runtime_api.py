"""The Lambda Runtime API: the process in a sandbox gets its events and posts its answers here.

Each sandbox has a server of its own, on loopback. The API has no credentials, so it answers only the user who runs us
(and our proxy connects to nothing on loopback, so that nobody can use it to ask as us). Where the system does not say
which user asks (macOS), a secret in the address is required instead. Only some runtime clients accept one: ours and
Go's do; Rust's, Node's and AWS's for Python accept nothing but ``host:port``.
https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

import asyncio
import hmac
import json
import re
import secrets
import time
from collections.abc import Awaitable
from dataclasses import dataclass, field

from local_aws.functions.invocation import Failure
from local_aws.net import http

__all__ = ["RESPONSE_TOO_LARGE", "Answer", "Event", "RuntimeApi", "trace_id"]

PREFIX = "/2018-06-01/runtime/"
MAX_RESPONSE_BYTES = 6 * 1024 * 1024 + 100  # the 6,291,556 bytes of AWS's own message
RESPONSE_TOO_LARGE = "Function.ResponseSizeTooLarge"
INVALID_RESPONSE_MODE = "Runtime.InvalidResponseModeHeader"
NOT_ALLOWED = "State transition is not allowed"
ERROR_TYPE_HEADER = "Lambda-Runtime-Function-Error-Type"
RESPONSE_MODE_HEADER = "Lambda-Runtime-Function-Response-Mode"
MAX_MEMORY_HEADER = "Local-Aws-Max-Memory"  # our own client reports its peak in MB, for systems without /proc


@dataclass(frozen=True, slots=True)
class Event:
    """One event for the handler; ``deadline_ms`` in milliseconds since the epoch, ``client_context`` as JSON."""

    request_id: str
    payload: bytes
    deadline_ms: int
    function_arn: str
    trace_id: str
    client_context: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """The runtime's answer: ``failure`` is None for a result. ``max_memory`` is in MB, if the runtime reported it."""

    payload: bytes
    failure: Failure | None = None
    max_memory: int | None = None


def trace_id() -> str:
    """Return a new X-Ray tracing header, not sampled."""
    root = f"1-{int(time.time()):08x}-{secrets.token_hex(12)}"
    return f"Root={root};Parent={secrets.token_hex(8)};Sampled=0"


@dataclass(slots=True)
class RuntimeApi:
    """The server of one sandbox.

    ``ready`` is done when the runtime asks for its first event, with None, or when it reports that its init failed,
    with that Failure. The runtime has one event at a time: if it asks again before it has answered, it gets the same
    one. A request that does not fit the state is refused with 403 InvalidStateTransition. The states and their names
    are those of AWS's Runtime Interface Emulator.
    """

    ready: asyncio.Future[Failure | None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    _events: asyncio.Queue[Event | None] = field(default_factory=asyncio.Queue)
    _current: tuple[str, asyncio.Future[Answer | None]] | None = None
    _handed_out: Event | None = None
    _server: http.Server | None = None
    _host: str = ""
    _secret: str = ""
    address: str = ""
    """The value of ``AWS_LAMBDA_RUNTIME_API``: ``host:port``, or ``host:port/secret``."""

    @classmethod
    async def open(cls, *, secret: bool = False) -> "RuntimeApi":
        """Start to listen; with ``secret``, the address has a secret that every request must have."""
        api = cls()
        api._server = await http.serve(api._handle, backlog=8, own_user_only=True)
        api._host = f"127.0.0.1:{api._server.port}"
        api._secret = f"/{secrets.token_urlsafe(24)}" if secret else ""
        api.address = api._host + api._secret
        return api

    def invoke(self, event: Event) -> "asyncio.Future[Answer | None]":
        """Offer the event to the runtime. The result is the runtime's answer, or None after ``give_up``."""
        answer: asyncio.Future[Answer | None] = asyncio.get_running_loop().create_future()
        self._current = (event.request_id, answer)
        self._events.put_nowait(event)
        return answer

    def give_up(self) -> None:
        """Stop waiting for the answer to the current event, if there is one."""
        if self._current is not None and not self._current[1].done():
            self._current[1].set_result(None)

    async def close(self) -> None:
        """Stop the server; a runtime that waits for its next event loses its connection."""
        self._events.put_nowait(None)
        if self._server is not None:
            await self._server.close()

    def _handle(self, request: http.Request) -> http.Response | Awaitable[http.Response]:
        if not self._may_ask(request):
            return _error(403, "Forbidden", "The Runtime API answers the runtime of its own sandbox only")
        path = request.path.removeprefix(self._secret)
        if not path.startswith(PREFIX):
            return _error(404, "InvalidPath", f"No such resource: {path}")
        match request.method, path.removeprefix(PREFIX).split("/"):
            case "GET", ["invocation", "next"]:
                return self._next()
            case "POST", ["invocation", request_id, "response"]:
                return self._response(request_id, request)
            case "POST", ["invocation", request_id, "error"]:
                return self._error(request_id, request)
            case "POST", ["init", "error"]:
                return self._init_error(request)
            case _:
                return _error(404, "InvalidPath", f"No such resource: {request.method} {path}")

    def _may_ask(self, request: http.Request) -> bool:
        """Return whether a request has our address and secret, and is not from a web page in the learner's browser."""
        from_browser = "origin" in request.headers or "sec-fetch-site" in request.headers
        has_secret = hmac.compare_digest(request.path[: len(self._secret)].encode(), self._secret.encode())
        return not from_browser and has_secret and request.headers.get("host") == self._host

    @property
    def _state(self) -> str:
        if not self.ready.done():
            return "Started"
        if self.ready.result() is not None:
            return "InitError"
        if self._handed_out is None:
            return "Ready"
        request_id, answer = self._current or (None, None)
        running = request_id == self._handed_out.request_id and answer is not None and not answer.done()
        return "Running" if running else "RuntimeResponseSentState"

    async def _next(self) -> http.Response:
        if self._state == "InitError":
            return self._not_now("Ready")
        if not self.ready.done():
            self.ready.set_result(None)
        if self._state != "Running":
            self._handed_out = None
            self._handed_out = await self._events.get()
        event = self._handed_out
        if event is None:
            return _error(410, "Gone", "The sandbox is closed")
        headers = [
            ("Content-Type", "application/json"),
            ("Lambda-Runtime-Aws-Request-Id", event.request_id),
            ("Lambda-Runtime-Deadline-Ms", str(event.deadline_ms)),
            ("Lambda-Runtime-Invoked-Function-Arn", event.function_arn),
            ("Lambda-Runtime-Trace-Id", event.trace_id),
        ]
        if event.client_context is not None:
            headers.append(("Lambda-Runtime-Client-Context", event.client_context))
        return http.Response(200, headers, event.payload)

    def _response(self, request_id: str, request: http.Request) -> http.Response:
        if self._state != "Running":
            return self._not_now("InvocationResponse")
        if request.headers.get(RESPONSE_MODE_HEADER) not in (None, "", "streaming"):
            failure = Failure(INVALID_RESPONSE_MODE, "", b"")
            accepted = self._accepted(request_id, Answer(b"", failure))
            invalid = _error(400, "InvalidFunctionResponseMode", "Invalid function response mode")
            return invalid if accepted.status == 202 else accepted
        if len(request.body) > MAX_RESPONSE_BYTES:
            limit = f"maximum allowed payload size ({MAX_RESPONSE_BYTES} bytes)."
            message = f"Response payload size exceeded {limit}"
            document = json.dumps({"errorType": RESPONSE_TOO_LARGE, "errorMessage": message}).encode()
            accepted = self._accepted(request_id, Answer(document, Failure(RESPONSE_TOO_LARGE, message, document)))
            too_large = _error(413, "RequestEntityTooLarge", f"Exceeded {limit}")
            return too_large if accepted.status == 202 else accepted
        return self._accepted(request_id, Answer(request.body, None, _max_memory(request)))

    def _error(self, request_id: str, request: http.Request) -> http.Response:
        if self._state != "Running":
            return self._not_now("InvocationErrorResponse")
        return self._accepted(request_id, Answer(request.body, _failure(request), _max_memory(request)))

    def _init_error(self, request: http.Request) -> http.Response:
        if self._state != "Started":
            return self._not_now("InitError")
        self.ready.set_result(_failure(request))
        return _ok()

    def _accepted(self, request_id: str, answer: Answer) -> http.Response:
        if not self._settle(request_id, answer):
            return _error(400, "InvalidRequestID", "Invalid request ID")
        return _ok()

    def _not_now(self, wanted: str) -> http.Response:
        message = f"State transition from {self._state} to {wanted} failed for runtime. Error: {NOT_ALLOWED}"
        return _error(403, "InvalidStateTransition", message)

    def _settle(self, request_id: str, answer: Answer) -> bool:
        if self._current is None or self._current[0] != request_id or self._current[1].done():
            return False
        self._current[1].set_result(answer)
        return True


def _failure(request: http.Request) -> Failure:
    """Return the failure that the runtime reports.

    The caller gets the body unchanged, whatever it is. Lambda's log only has error types like ``Runtime.Name`` or
    ``Function.Name``; any other type becomes ``Unknown``.
    """
    reported = request.headers.get(ERROR_TYPE_HEADER) or ""
    if re.fullmatch(r"(Runtime|Function)\.[A-Z][a-zA-Z]+", reported):
        error_type = reported
    else:
        error_type = "Function.Unknown" if reported.startswith("Function.") else "Runtime.Unknown"
    return Failure(error_type, "", request.body)


def _max_memory(request: http.Request) -> int | None:
    value = request.headers.get(MAX_MEMORY_HEADER, "")
    return int(value) if value and value.isdecimal() else None


def _ok() -> http.Response:
    return http.Response(202, [("Content-Type", "application/json")], b'{"status":"OK"}\n')


def _error(status: int, error_type: str, message: str) -> http.Response:
    body = json.dumps({"errorType": error_type, "errorMessage": message}).encode()
    return http.Response(status, [("Content-Type", "application/json")], body)

"""The Runtime API over its socket: what it answers, and whom."""

import asyncio
import json
import os
import socket
import sys
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

import pytest

from local_aws.functions.invocation import Failure
from local_aws.functions.sandbox.runtime_api import Answer, Event, RuntimeApi

EVENT = Event("8476a536-e9f4-11e8-9739-2dfe598c3fcd", b'{"a": 1}', 1542409706888, "arn:aws:lambda:x", "Root=1-5b-ab")
Asked = tuple[int, dict[str, str], bytes]
T = TypeVar("T")

NEXT = "/2018-06-01/runtime/invocation/next"


async def ask(
    api: RuntimeApi,
    method: str,
    path: str,
    *,
    body: bytes = b"",
    headers: Sequence[str] = (),
    host: str | None = None,
) -> Asked:
    """One request on a fresh connection: status, header fields in lower case, body."""
    address, _, port = api.address.rpartition(":")
    reader, writer = await asyncio.open_connection(address, int(port))
    lines = [f"{method} {path} HTTP/1.1", f"Host: {host or api.address}", f"Content-Length: {len(body)}", *headers]
    writer.write("\r\n".join([*lines, "", ""]).encode() + body)
    status = int((await reader.readline()).split()[1])
    fields = {}
    while line := (await reader.readline()).decode().rstrip():
        name, _, value = line.partition(": ")
        fields[name.lower()] = value
    content = await reader.readexactly(int(fields.get("content-length", 0)))
    writer.close()
    return status, fields, content


def run(scenario: Callable[[RuntimeApi], Awaitable[T]]) -> T:
    async def main() -> T:
        api = await RuntimeApi.open()
        try:
            async with asyncio.timeout(60):
                return await scenario(api)
        finally:
            await api.close()

    return asyncio.run(main())


def test_the_next_event() -> None:
    """``next`` waits for an event and returns it with its headers."""

    async def scenario(api: RuntimeApi) -> Asked:
        asking = asyncio.create_task(ask(api, "GET", NEXT))
        await api.ready
        answering = api.invoke(EVENT)
        status, headers, body = await asking
        answering.cancel()
        return status, headers, body

    status, headers, body = run(scenario)
    assert (status, body) == (200, b'{"a": 1}')
    expected = {
        "content-type": "application/json",
        "lambda-runtime-aws-request-id": "8476a536-e9f4-11e8-9739-2dfe598c3fcd",
        "lambda-runtime-deadline-ms": "1542409706888",
        "lambda-runtime-invoked-function-arn": "arn:aws:lambda:x",
        "lambda-runtime-trace-id": "Root=1-5b-ab",
    }
    assert expected == {name: headers[name] for name in expected}


RUNTIME = "/2018-06-01/runtime"
RESPONSE = f"{RUNTIME}/invocation/{EVENT.request_id}/response"
ERROR = f"{RUNTIME}/invocation/{EVENT.request_id}/error"


async def take(api: RuntimeApi) -> asyncio.Future[Answer | None]:
    """Give an event to a runtime; return the task that waits for its answer."""
    answering = api.invoke(EVENT)
    await ask(api, "GET", NEXT)
    return answering


async def answered(answering: asyncio.Future[Answer | None]) -> Answer:
    """Wait for the runtime's answer."""
    answer = await answering
    assert answer is not None
    return answer


@pytest.mark.parametrize(("path", "failed"), [(RESPONSE, False), (ERROR, True)])
def test_answers(path: str, failed: bool) -> None:
    """A posted response or error is accepted with 202 and ends the invocation; its body reaches the caller as it is."""

    async def scenario(api: RuntimeApi) -> tuple[Asked, Answer]:
        answering = await take(api)
        return await ask(api, "POST", path, body=b"neither JSON nor \xff text"), await answered(answering)

    (status, _, body), answer = run(scenario)
    assert (status, json.loads(body)) == (202, {"status": "OK"})
    assert answer.payload == b"neither JSON nor \xff text"
    assert failed == (answer.failure is not None)


@pytest.mark.parametrize(
    ("said", "logged"),
    [
        ("Runtime.NoSuchHandler", "Runtime.NoSuchHandler"),
        ("Function.Broken", "Function.Broken"),
        ("Function.404", "Function.Unknown"),
        ("KeyError", "Runtime.Unknown"),
        ("", "Runtime.Unknown"),
    ],
)
def test_types_of_errors(said: str, logged: str) -> None:
    """The log has the header's error type if that looks like one of Lambda's own."""

    async def scenario(api: RuntimeApi) -> Answer:
        answering = await take(api)
        await ask(api, "POST", ERROR, body=b"{}", headers=[f"Lambda-Runtime-Function-Error-Type: {said}"])
        return await answered(answering)

    failure = run(scenario).failure
    assert failure is not None
    assert failure.error_type == logged


def test_an_answer_to_nothing() -> None:
    """An answer with another request id is refused, and does not end the invocation under way."""

    async def scenario(api: RuntimeApi) -> tuple[int, Any, bool]:
        answering = await take(api)
        status, _, body = await ask(api, "POST", f"{RUNTIME}/invocation/other/response", body=b"1")
        done = answering.done()
        answering.cancel()
        return status, json.loads(body), done

    refusal = {"errorType": "InvalidRequestID", "errorMessage": "Invalid request ID"}
    assert run(scenario) == (400, refusal, False)


def test_a_response_that_is_too_large() -> None:
    """A response of more than 6 MB gets 413, and the caller gets an error that says so."""

    async def scenario(api: RuntimeApi) -> tuple[Asked, Answer]:
        answering = await take(api)
        refused = await ask(api, "POST", RESPONSE, body=b"x" * (6 * 1024 * 1024 + 101))
        return refused, await answered(answering)

    (status, _, body), answer = run(scenario)
    limit = "maximum allowed payload size (6291556 bytes)."
    assert (status, json.loads(body)["errorMessage"]) == (413, f"Exceeded {limit}")
    told = {"errorType": "Function.ResponseSizeTooLarge", "errorMessage": f"Response payload size exceeded {limit}"}
    assert json.loads(answer.payload) == told


@pytest.mark.parametrize(("mode", "status"), [("streaming", 202), ("buffered", 400)])
def test_response_modes(mode: str, status: int) -> None:
    """A response may call itself streaming; any other mode is refused and fails the invocation."""

    async def scenario(api: RuntimeApi) -> tuple[int, Failure | None]:
        answering = await take(api)
        header = f"Lambda-Runtime-Function-Response-Mode: {mode}"
        posted = await ask(api, "POST", RESPONSE, body=b"1", headers=[header])
        return posted[0], (await answered(answering)).failure

    accepted, failure = run(scenario)
    assert accepted == status
    assert (failure and failure.error_type) == (None if status == 202 else "Runtime.InvalidResponseModeHeader")


def test_a_response_in_pieces() -> None:
    """A response of unknown length, as runtimes stream them, is read to its end."""

    async def scenario(api: RuntimeApi) -> tuple[bytes, bytes]:
        answering = await take(api)
        address, _, port = api.address.rpartition(":")
        reader, writer = await asyncio.open_connection(address, int(port))
        head = [f"POST {RESPONSE} HTTP/1.1", f"Host: {api.address}", "Transfer-Encoding: chunked"]
        head += ["Lambda-Runtime-Function-Response-Mode: streaming", "Trailer: Lambda-Runtime-Function-Error-Type"]
        writer.write("\r\n".join([*head, "", ""]).encode() + b"3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n")
        status = await reader.readline()
        writer.close()
        return status.split()[1], (await answered(answering)).payload

    assert run(scenario) == (b"202", b"onetwo")


def test_the_same_event_again() -> None:
    """A runtime that asks again before it has answered gets the same event."""

    async def scenario(api: RuntimeApi) -> bytes:
        answering = await take(api)
        again = await ask(api, "GET", NEXT)
        answering.cancel()
        return again[2]

    assert run(scenario) == EVENT.payload


def test_a_failed_init() -> None:
    """An init error that the runtime posts is in ``ready``, and goes to the caller of the first invocation."""

    async def scenario(api: RuntimeApi) -> tuple[int, Failure | None]:
        headers = ["Lambda-Runtime-Function-Error-Type: Runtime.NoSuchHandler"]
        status, *_ = await ask(api, "POST", f"{RUNTIME}/init/error", body=b"{}", headers=headers)
        return status, await api.ready

    status, failure = run(scenario)
    assert failure is not None
    assert (status, failure.error_type, failure.document) == (202, "Runtime.NoSuchHandler", b"{}")


@pytest.mark.parametrize(
    ("before", "method", "path", "state", "wanted"),
    [
        ([], "POST", RESPONSE, "Started", "InvocationResponse"),
        ([], "POST", ERROR, "Started", "InvocationErrorResponse"),
        (["init/error"], "POST", f"{RUNTIME}/init/error", "InitError", "InitError"),
        (["init/error"], "GET", NEXT, "InitError", "Ready"),
        (["next"], "POST", f"{RUNTIME}/init/error", "Running", "InitError"),
        (["next", "response"], "POST", RESPONSE, "RuntimeResponseSentState", "InvocationResponse"),
    ],
)
def test_what_makes_no_sense_now(before: list[str], method: str, path: str, state: str, wanted: str) -> None:
    """A request that does not fit the runtime's state gets 403 with a message that says so."""

    async def scenario(api: RuntimeApi) -> tuple[int, Any]:
        for step in before:
            if step == "next":
                await take(api)
            else:
                steps = {"response": RESPONSE, "init/error": f"{RUNTIME}/init/error"}
                await ask(api, "POST", steps[step], body=b"{}")
        status, _, body = await ask(api, method, path, body=b"{}")
        return status, json.loads(body)

    status, body = run(scenario)
    assert status == 403
    message = f"State transition from {state} to {wanted} failed for runtime. Error: State transition is not allowed"
    assert body == {"errorType": "InvalidStateTransition", "errorMessage": message}


@pytest.mark.parametrize(
    "request_",
    [
        {"headers": ["Origin: https://example.com"]},
        {"headers": ["Origin: null"]},
        {"headers": ["Sec-Fetch-Site: cross-site"]},
        {"host": "evil.example.com"},
        {"host": "localhost:80"},
    ],
)
def test_web_pages_are_refused(request_: dict[str, Any]) -> None:
    """A request with an Origin, with fetch metadata or for another host gets 403 and no event."""

    async def scenario(api: RuntimeApi) -> tuple[Asked, Asked]:
        answering = api.invoke(EVENT)
        refused = await ask(api, "GET", NEXT, **request_)
        served = await ask(api, "GET", NEXT)
        answering.cancel()
        return refused, served

    (refused, _, body), (served, _, event) = run(scenario)
    assert refused == 403
    assert EVENT.payload not in body
    assert (served, event) == (200, EVENT.payload)


@pytest.mark.parametrize("path", ["/", "/2018-06-01/runtime/", "/2018-06-01/runtime/restore/next"])
def test_other_paths(path: str) -> None:
    """Any other path gets 404."""

    async def scenario(api: RuntimeApi) -> Asked:
        return await ask(api, "GET", path)

    assert run(scenario)[0] == 404


def as_nobody(attack: Callable[[], bytes]) -> bytes:
    """Run a client as another user, which only root can do, and return what it receives."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.setgroups([])
            os.setgid(65534)
            os.setuid(65534)
            told = attack()
        except OSError as error:
            told = repr(error).encode()
        finally:
            os.write(writer, told)
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as answer:
        told = answer.read()
    os.waitpid(pid, 0)
    return told


def steal(client: socket.socket, port: int) -> bytes:
    """Ask for the next event, and return the whole answer."""
    client.settimeout(10)
    client.sendall(f"GET {NEXT} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())
    return client.recv(4096)


def plainly(port: int) -> bytes:
    with socket.create_connection(("127.0.0.1", port)) as client:
        return steal(client, port)


def through_ipv6(port: int) -> bytes:
    """Connect through an IPv6 socket: the kernel lists such a connection in another table."""
    with socket.socket(socket.AF_INET6) as client:
        client.connect(("::ffff:127.0.0.1", port))
        return steal(client, port)


def from_the_same_port(port: int) -> bytes:
    """Connect from the port of one of the owner's clients, on another address of loopback."""
    with socket.socket() as client:
        client.bind(("127.0.0.2", int(os.environ["OWNERS_PORT"])))
        client.connect(("127.0.0.1", port))
        return steal(client, port)


@pytest.mark.skipif(os.getuid() != 0 or sys.platform != "linux", reason="only root can ask as somebody else, on Linux")
@pytest.mark.parametrize("attack", [plainly, through_ipv6, from_the_same_port])
def test_another_user_of_the_machine_is_refused(
    attack: Callable[[int], bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    """No other user of the machine gets an event, so none can answer one."""

    async def scenario(api: RuntimeApi) -> tuple[bytes, int, bytes]:
        port = int(api.address.partition(":")[2])
        with socket.create_connection(("127.0.0.1", port)) as owners:
            monkeypatch.setenv("OWNERS_PORT", str(owners.getsockname()[1]))
            answering = api.invoke(EVENT)
            told = await asyncio.to_thread(as_nobody, lambda: attack(port))
            status, _, event = await ask(api, "GET", NEXT)
        answering.cancel()
        return told, status, event

    told, status, event = run(scenario)
    assert told.startswith(b"HTTP/1.1 403 ")
    assert b"another user" in told
    assert (status, event) == (200, EVENT.payload)


@pytest.mark.skipif(os.getuid() != 0 or sys.platform != "linux", reason="only root can ask as somebody else, on Linux")
def test_another_user_who_has_left_already_is_refused() -> None:
    """A request is refused also if its process, of another user, has ended: the kernel then says user 0."""

    def leave(port: int) -> bytes:
        client = socket.create_connection(("127.0.0.1", port))
        client.sendall(
            f"POST {RESPONSE} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Length: 6\r\n\r\nforged".encode()
        )
        return b"sent"

    async def scenario(api: RuntimeApi) -> bytes:
        port = int(api.address.partition(":")[2])
        answering = await take(api)
        assert as_nobody(lambda: leave(port)) == b"sent"  # it has ended before our loop sees that it came
        await ask(api, "POST", RESPONSE, body=b"ours")
        return (await answered(answering)).payload

    assert run(scenario) == b"ours"


def test_a_secret_in_the_address() -> None:
    """Where the system does not say which user asks, a request without the secret gets nothing."""

    async def main() -> list[int]:
        api = await RuntimeApi.open(secret=True)
        api.invoke(EVENT)
        host, _, secret = api.address.partition("/")
        api.address = host
        try:
            statuses = [
                (await ask(api, "GET", path))[0] for path in (NEXT, f"/{secret[:-1]}{NEXT}", f"/{secret}{NEXT}")
            ]
        finally:
            await api.close()
        return statuses

    assert asyncio.run(main()) == [403, 403, 200]

"""The Runtime API over its socket: what it answers, and whom."""

import asyncio
import json

import pytest

from local_aws.functions.runtime_api import Event, RuntimeApi

EVENT = Event("8476a536-e9f4-11e8-9739-2dfe598c3fcd", b'{"a": 1}', 1542409706888, "arn:aws:lambda:x", "Root=1-5b-ab")
NEXT = "/2018-06-01/runtime/invocation/next"


async def ask(api, method, path, *, body=b"", headers=(), host=None):
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


def run(scenario):
    async def main():
        api = await RuntimeApi.open()
        try:
            async with asyncio.timeout(5):
                return await scenario(api)
        finally:
            await api.close()

    return asyncio.run(main())


def test_the_next_event():
    """``next`` waits for an event and carries its headers."""

    async def scenario(api):
        asking = asyncio.create_task(ask(api, "GET", NEXT))
        await api.ready
        answering = asyncio.create_task(api.invoke(EVENT))
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


@pytest.mark.parametrize(("outcome", "failed"), [("response", False), ("error", True)])
def test_answers(outcome, failed):
    """A posted response or error is accepted with 202 and ends the invocation."""
    document = b'{"errorType": "KeyError", "errorMessage": "x"}'

    async def scenario(api):
        answering = asyncio.create_task(api.invoke(EVENT))
        await asyncio.sleep(0)
        path = f"/2018-06-01/runtime/invocation/{EVENT.request_id}/{outcome}"
        return await ask(api, "POST", path, body=document), await answering

    (status, _, body), answer = run(scenario)
    assert (status, json.loads(body)) == (202, {"status": "OK"})
    assert answer.payload == document
    assert failed == (answer.failure is not None and answer.failure.error_type == "KeyError")


def test_an_answer_to_nothing():
    """An answer with another request id is refused, and does not end the invocation under way."""

    async def scenario(api):
        answering = asyncio.create_task(api.invoke(EVENT))
        await asyncio.sleep(0)
        status, _, body = await ask(api, "POST", "/2018-06-01/runtime/invocation/other/response", body=b"1")
        done = answering.done()
        answering.cancel()
        return status, json.loads(body)["errorType"], done

    assert run(scenario) == (400, "InvalidRequestID", False)


def test_a_failed_init():
    """A posted init error is what ``ready`` holds; an error without a type takes that of the header."""

    async def scenario(api):
        headers = ["Lambda-Runtime-Function-Error-Type: Runtime.NoSuchHandler"]
        status, *_ = await ask(api, "POST", "/2018-06-01/runtime/init/error", body=b"{}", headers=headers)
        return status, await api.ready

    status, failure = run(scenario)
    assert (status, failure.error_type) == (202, "Runtime.NoSuchHandler")


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
def test_web_pages_are_refused(request_):
    """A request with an Origin, with fetch metadata or for another host gets 403 and no event."""

    async def scenario(api):
        answering = asyncio.create_task(api.invoke(EVENT))
        refused = await ask(api, "GET", NEXT, **request_)
        served = await ask(api, "GET", NEXT)
        answering.cancel()
        return refused, served

    (refused, _, body), (served, _, event) = run(scenario)
    assert refused == 403
    assert EVENT.payload not in body
    assert (served, event) == (200, EVENT.payload)


@pytest.mark.parametrize("path", ["/", "/2018-06-01/runtime/", "/2018-06-01/runtime/restore/next"])
def test_other_paths(path):
    """What the Runtime API does not have is 404."""

    async def scenario(api):
        return await ask(api, "GET", path)

    assert run(scenario)[0] == 404

"""The queue of asynchronous invocations."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any

import pytest

from local_aws.errors import FunctionNotFound
from local_aws.functions import Alias, ConcurrencyLimits, EventSettings, FunctionConfiguration, Functions

from ..conftest import Become, Lambda

NEWS = "arn:aws:sqs:eu-west-3:123456789012:news"
DEAD = "arn:aws:sqs:eu-west-3:123456789012:dead"
ECHO = "def handler(event, context):\n    print('ran', context.aws_request_id)\n    return event\n"
FAIL = "def handler(event, context):\n    print('ran', context.aws_request_id)\n    raise ValueError(str(event))\n"


def ran(cloud: Lambda) -> list[str]:
    """The request ids of the handler's completed runs, in order."""
    return [message.split()[2] for message in cloud.messages if message.startswith("END")]


def waits(functions: Functions) -> list[float]:
    """How many seconds each event waits that is between two attempts."""
    now = functions._clock.now()
    return [round(timer.when - now) for timer in functions._events._timers]


def news(cloud: Lambda, queue: str = NEWS) -> list[Any]:
    """The bodies of the messages that a queue was sent."""
    messages = [json.loads(call.body) for call, _ in cloud.sent]
    name = queue.rpartition(":")[2]
    return [json.loads(message["MessageBody"]) for message in messages if message["QueueUrl"].endswith(name)]


def test_an_event_is_taken_at_once_and_runs_later(small: Lambda, become: Become) -> None:
    """The event runs under the request id that the caller got."""
    small.deploy(ECHO)

    async def scenario(functions: Functions) -> str:
        request_id = functions.enqueue("pong", b'"ping"')
        assert ran(small) == []
        await become(lambda: bool(ran(small)))
        return request_id

    assert [small.run(scenario)] == ran(small)


def test_a_function_that_is_not_there_is_known_at_once(small: Lambda) -> None:
    """The caller gets FunctionNotFound at once."""

    async def scenario(functions: Functions) -> None:
        with pytest.raises(FunctionNotFound, match=r"function:pong:live$"):
            functions.enqueue("pong", b"{}", qualifier="live")

    small.run(scenario)


def test_a_failing_event_is_tried_three_times_and_reported(small: Lambda, become: Become) -> None:
    """The retries come after one and two minutes, with one request id; then the result and a dead letter are sent."""
    small.deploy(FAIL, dead_letter=DEAD)
    small.settings["pong"] = EventSettings(on_failure=NEWS, on_success=NEWS)

    async def scenario(functions: Functions) -> str:
        request_id = functions.enqueue("pong", b'"ping"')
        for seconds in (60, 120):
            await become(lambda: waits(functions) == [seconds])  # noqa: B023
            small.clock.advance(seconds)
        await become(lambda: len(small.sent) == 2)
        assert waits(functions) == []
        return request_id

    request_id = small.run(scenario)
    assert ran(small) == [request_id] * 3
    (record,), letters = news(small), news(small, DEAD)
    assert record["requestContext"]["condition"] == "RetriesExhausted"
    assert record["requestContext"]["approximateInvokeCount"] == 3
    assert (record["requestContext"]["requestId"], record["responsePayload"]["errorMessage"]) == (request_id, "ping")
    assert letters == ["ping"]
    assert {(call.credentials, function) for call, function in small.sent} == {
        ("arn:aws:iam::123456789012:role/pong", "pong")
    }


def test_a_failing_event_without_a_destination_is_dropped(small: Lambda, become: Become) -> None:
    """After its retries nothing is sent."""
    small.deploy(FAIL)
    small.settings["pong"] = EventSettings(maximum_retry_attempts=1)

    async def scenario(functions: Functions) -> None:
        functions.enqueue("pong", b"{}")
        await become(lambda: waits(functions) == [60])
        small.clock.advance(60)
        await become(lambda: len(ran(small)) == 2 and not functions._events._tasks)
        assert waits(functions) == []

    small.run(scenario)
    assert (len(ran(small)), small.sent) == (2, [])
    assert small.total("AsyncEventsDropped", "FunctionName=pong") == 1


def test_a_success_is_reported_too(small: Lambda, become: Become) -> None:
    """The destination gets the answer, once."""
    small.deploy(ECHO, dead_letter=DEAD)
    small.settings["pong"] = EventSettings(on_success=NEWS, on_failure=DEAD)

    async def scenario(functions: Functions) -> None:
        functions.enqueue("pong", b'"ping"')
        await become(lambda: bool(small.sent))

    small.run(scenario)
    (record,) = news(small)
    assert record["requestContext"]["condition"] == "Success"
    assert (record["requestPayload"], record["responsePayload"], len(small.sent)) == ("ping", "ping", 1)
    assert small.total("AsyncEventsDropped", "FunctionName=pong") == 0


def test_a_throttled_event_comes_back_until_there_is_room(small: Lambda, become: Become) -> None:
    """It comes back after 1, 2, 4 … seconds, as often as its age allows, without losing a retry."""
    small.deploy(ECHO)
    small.limits = ConcurrencyLimits(0)

    async def scenario(functions: Functions) -> None:
        functions.enqueue("pong", b'"ping"')
        for seconds in (1, 2, 4):
            await become(lambda: waits(functions) == [seconds])  # noqa: B023
            small.clock.advance(seconds)
        await become(lambda: waits(functions) == [8])
        assert ran(small) == []
        small.limits = ConcurrencyLimits()
        small.clock.advance(8)
        await become(lambda: bool(ran(small)))

    small.run(scenario)
    assert len(ran(small)) == 1


def test_an_event_that_cannot_be_run_grows_too_old(small: Lambda, become: Become) -> None:
    """After ``MaximumEventAgeInSeconds``, the event is reported without a response."""
    small.deploy(ECHO)
    small.limits, small.settings["pong"] = ConcurrencyLimits(0), EventSettings(maximum_event_age=60, on_failure=NEWS)

    async def scenario(functions: Functions) -> None:
        functions.enqueue("pong", b'"ping"')
        await become(lambda: waits(functions) == [1])
        small.clock.advance(60)
        await become(lambda: bool(small.sent))

    small.run(scenario)
    (record,) = news(small)
    context = record["requestContext"]
    assert (context["condition"], context["approximateInvokeCount"]) == ("EventAgeExceeded", 0)
    assert "responsePayload" not in record


def test_nothing_reserved_sends_events_away_at_once(small: Lambda, become: Become) -> None:
    """With reserved concurrency 0, destination and dead-letter queue get the event without an attempt."""
    small.deploy(ECHO, dead_letter=DEAD)
    small.limits, small.settings["pong"] = ConcurrencyLimits(1000, {"pong": 0}), EventSettings(on_failure=NEWS)

    async def scenario(functions: Functions) -> None:
        functions.enqueue("pong", b'"ping"')
        await become(lambda: len(small.sent) == 2)

    small.run(scenario)
    assert (ran(small), news(small)[0]["requestPayload"], news(small, DEAD)) == ([], "ping", ["ping"])


def test_an_error_of_the_system_is_no_error_of_the_function(
    small: Lambda, monkeypatch: pytest.MonkeyPatch, become: Become
) -> None:
    """If a sandbox cannot be started, the event comes back in a second and loses no retry."""
    small.deploy(ECHO)
    usual = small.environment

    failing = True

    async def environment(configuration: FunctionConfiguration) -> Mapping[str, str]:
        if failing:
            raise RuntimeError("no such role")
        return await usual(configuration)

    monkeypatch.setattr(small, "environment", environment)

    async def scenario(functions: Functions) -> None:
        nonlocal failing
        functions.enqueue("pong", b'"ping"')
        await become(lambda: waits(functions) == [1])
        failing = False
        small.clock.advance(1)
        await become(lambda: bool(ran(small)))

    small.run(scenario)


def test_an_event_for_an_alias_follows_it(small: Lambda, become: Become) -> None:
    """Each attempt runs the version that the alias has at that time; the settings are those of the alias."""
    small.deploy(FAIL, version="1")
    small.deploy(ECHO, version="2")
    small.aliases["pong:live"] = Alias("1")
    small.settings["pong:live"] = EventSettings(on_success=NEWS)

    async def scenario(functions: Functions) -> None:
        functions.enqueue("pong", b'"ping"', qualifier="live")
        await become(lambda: waits(functions) == [60])
        small.aliases["pong:live"] = Alias("2")
        small.clock.advance(60)
        await become(lambda: bool(small.sent))

    small.run(scenario)
    (record,) = news(small)
    assert record["responseContext"]["executedVersion"] == "2"
    assert record["requestContext"]["functionArn"].endswith(":function:pong:live")


def test_a_function_that_is_deleted_takes_its_events_along(small: Lambda, become: Become) -> None:
    """An event that waits for its retry is dropped."""
    small.deploy(FAIL)

    async def scenario(functions: Functions) -> None:
        functions.enqueue("pong", b'"ping"')
        await become(lambda: waits(functions) == [60])
        del small.configurations["pong"]
        small.clock.advance(60)
        await become(lambda: not waits(functions) and not functions._events._tasks)

    small.run(scenario)
    assert (len(ran(small)), small.total("AsyncEventsDropped", "FunctionName=pong")) == (1, 1)


def test_news_that_cannot_be_delivered_are_counted(small: Lambda, become: Become) -> None:
    """A missing queue, an ARN that is no destination: a metric counts it, and the other message is still sent."""
    small.deploy(FAIL, dead_letter="arn:aws:s3:::none")
    small.settings["pong"] = EventSettings(maximum_retry_attempts=0, on_failure=NEWS)
    small.answers = lambda call: 400

    async def scenario(functions: Functions) -> None:
        functions.enqueue("pong", b'"ping"')
        await become(lambda: bool(small.sent) and not functions._events._tasks)

    small.run(scenario)
    for metric in ("DestinationDeliveryFailures", "DeadLetterErrors"):
        assert small.total(metric, "FunctionName=pong") == 1


def test_a_flood_of_events_leaves_room_for_others(small: Lambda, become: Become) -> None:
    """Many events of one function wait in the queue, not for a sandbox, so none of them is throttled."""
    small.deploy("import time\ndef handler(event, context):\n    time.sleep(0.1)\n")

    async def scenario(functions: Functions) -> None:
        for _ in range(30):
            functions.enqueue("pong", b"{}")
        await become(lambda: len(ran(small)) == 30)

    small.run(scenario, sandboxes=1, wait=2)  # longer than one takes, shorter than all
    assert small.total("Throttles", "FunctionName=pong") == 0


def test_closing_ends_what_waits_and_what_runs(small: Lambda, become: Become) -> None:
    """After ``close`` nothing is run or reported, and ``close`` does not wait for it."""
    small.deploy("import time\ndef handler(event, context):\n    time.sleep(60)\n", name="slow", timeout=60)
    small.deploy(FAIL)
    small.settings["slow"] = EventSettings(on_failure=NEWS, maximum_retry_attempts=0)

    async def scenario(functions: Functions) -> None:
        functions.enqueue("pong", b'"ping"')
        functions.enqueue("slow", b"{}")
        await become(lambda: waits(functions) == [60])
        await become(lambda: any("START" in message for _, s, e in small.events for message in [e.message]))
        async with asyncio.timeout(60):
            await functions.close()
        assert waits(functions) == []
        small.clock.advance(3600)
        await asyncio.sleep(0)

    small.run(scenario)
    assert (len(ran(small)) <= 2, small.sent) == (True, [])

"""CloudWatch's metrics of functions."""

import asyncio

import pytest

from local_aws.functions import Alias, ConcurrencyLimits, Functions, Throttled

from .conftest import Become, Lambda

HANDLER = "def handler(event, context):\n    return 1 / event\n"


def begin_a_minute(cloud: Lambda) -> None:
    """What follows is in one minute, as what is counted together must be."""
    cloud.clock.ahead += 60 - cloud.clock.now() % 60


def invoke(cloud: Lambda, *events: bytes, qualifier: str | None = None) -> None:
    async def scenario(functions: Functions) -> None:
        for event in events:
            await functions.invoke("pong", event, qualifier=qualifier)

    cloud.run(scenario)


@pytest.mark.parametrize("dimensions", [(), ("FunctionName=pong",), ("FunctionName=pong", "Resource=pong")])
def test_invocations_errors_and_durations(small: Lambda, dimensions: tuple[str, ...]) -> None:
    """They are counted for all functions, for the function, and for the name that the caller used."""
    small.deploy(HANDLER)
    invoke(small, b"1", b"0", b"1")
    assert small.total("Invocations", *dimensions) == 3
    assert small.total("Errors", *dimensions) == 1
    assert small.total("Throttles", *dimensions) == 0
    assert small.total("Duration", *dimensions) > 0


def test_units_and_batches(small: Lambda) -> None:
    """Times are in Milliseconds, the rest in Count; three values are one point of a minute."""
    small.deploy(HANDLER)
    begin_a_minute(small)
    invoke(small, b"1", b"1", b"0")
    found = {(point.name, point.unit, point.count) for point in small.points if point.dimensions == ()}
    assert ("Invocations", "Count", 3) in found
    assert ("Duration", "Milliseconds", 3) in found
    assert {point.region for point in small.points} == {"eu-west-3"}


def test_an_aliases_calls_are_told_apart_by_version(small: Lambda) -> None:
    """``Resource`` is the alias, ``ExecutedVersion`` the version that answered."""
    small.deploy(HANDLER, version="1")
    small.aliases["pong:live"] = Alias("1")
    invoke(small, b"1", qualifier="live")
    resource = ("FunctionName=pong", "Resource=pong:live")
    assert small.total("Invocations", *resource) == 1
    assert small.total("Invocations", *resource, "ExecutedVersion=1") == 1
    assert small.total("Invocations", "FunctionName=pong", "Resource=pong") == 0


def test_a_throttled_call_is_neither_an_invocation_nor_an_error(small: Lambda) -> None:
    """A throttled call counts in ``Throttles`` only."""
    small.deploy(HANDLER)
    small.limits = ConcurrencyLimits(1000, {"pong": 0})
    with pytest.raises(Throttled):
        invoke(small, b"1")
    assert [small.total(name, "FunctionName=pong") for name in ("Throttles", "Invocations", "Errors")] == [1, 0, 0]


def test_how_many_run_at_once(small: Lambda) -> None:
    """The highest number within the minute is kept: of the function, of all, and of those without a reservation."""
    small.deploy("import time\ndef handler(event, context):\n    time.sleep(0.2)\n")
    small.deploy(HANDLER, name="ping")
    small.limits = ConcurrencyLimits(1000, {"ping": 5})
    begin_a_minute(small)

    async def scenario(functions: Functions) -> None:
        names = ("pong", "pong", "ping")
        await asyncio.gather(*(functions.invoke(name, b"1") for name in names))

    small.run(scenario)
    most = {(point.name, point.dimensions): point.most for point in small.points if "Concurrent" in point.name}
    assert most["ConcurrentExecutions", (("FunctionName", "pong"),)] == 2
    assert most["ConcurrentExecutions", ()] == 3
    assert most["UnreservedConcurrentExecutions", ()] == 2
    assert [p.count for p in small.points if (p.name, p.dimensions) == ("ConcurrentExecutions", ())] == [3]


def test_events_are_counted_when_they_are_taken(small: Lambda, become: Become) -> None:
    """``AsyncEventsReceived`` counts them; ``AsyncEventAge`` is their age when they run."""
    small.deploy(HANDLER)

    async def scenario(functions: Functions) -> None:
        functions.enqueue("pong", b"1")
        await become(lambda: any(message.startswith("END") for message in small.messages))

    small.run(scenario)
    assert small.total("AsyncEventsReceived", "FunctionName=pong") == 1
    assert {point.unit for point in small.points if point.name == "AsyncEventAge"} == {"Milliseconds"}

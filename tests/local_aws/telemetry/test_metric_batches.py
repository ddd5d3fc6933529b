"""Points of metrics, by the minute."""

import asyncio
from collections.abc import Sequence

from local_aws.clock import Clock
from local_aws.telemetry.metric_batches import Point, Points

TABLE = (("Table", "1"),)


def test_values_of_a_minute_are_one_point() -> None:
    """A point has count, sum, least and most; another name, dimension or region is another point."""
    handed: list[tuple[str, Sequence[Point]]] = []

    async def scenario() -> None:
        points = Points("AWS/Pong", lambda *batch: handed.append(batch), Clock())
        for value in (3, 1, 2):
            points.add("eu-west-3", "Rallies", "Count", ((),), value)
        points.add("eu-west-3", "Rallies", "Count", (TABLE,), 5)
        points.add("us-east-1", "Rallies", "Count", ((),), 5)
        points.flush()
        points.flush()

    asyncio.run(scenario())
    ((namespace, batch),) = handed
    assert namespace == "AWS/Pong"
    assert [(p.region, p.dimensions, p.count, p.total, p.least, p.most) for p in batch] == [
        ("eu-west-3", (), 3, 6, 1, 3),
        ("eu-west-3", TABLE, 1, 5, 5, 5),
        ("us-east-1", (), 1, 5, 5, 5),
    ]


def test_a_batch_goes_out_by_itself() -> None:
    """It is delivered without a flush, and an advanced clock advances the minute."""
    handed: list[Point] = []

    async def scenario() -> tuple[int, int]:
        clock, arrived = Clock(), asyncio.Event()

        def put(namespace: str, batch: Sequence[Point]) -> None:
            handed.extend(batch)
            arrived.set()

        points = Points("AWS/Pong", put, clock)
        points.add("eu-west-3", "Rallies", "Count", ((),), 1)
        before = int(clock.now()) // 60 * 60
        clock.advance(600)
        points.add("eu-west-3", "Rallies", "Count", ((),), 1)
        await asyncio.wait_for(arrived.wait(), 60)
        return before, before + 600

    minutes = asyncio.run(scenario())
    assert tuple(point.minute for point in handed) == minutes


def test_a_value_may_count_in_several_places() -> None:
    """It is added to the point of each place, beside the values that count in that place alone."""
    handed: list[Point] = []

    async def scenario() -> None:
        points = Points("AWS/Pong", lambda _, batch: handed.extend(batch), Clock())
        points.add("eu-west-3", "Rallies", "Count", ((), TABLE), 2)
        points.add("eu-west-3", "Rallies", "Count", ((),), 5)
        points.flush()

    asyncio.run(scenario())
    assert [(p.dimensions, p.count, p.total, p.least, p.most) for p in handed] == [
        ((), 2, 7, 2, 5),
        (TABLE, 1, 2, 2, 2),
    ]

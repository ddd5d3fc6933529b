"""Batches: what is added in a moment is delivered together."""

import asyncio

from local_aws.telemetry.batch import Batch


def test_what_begins_together_is_delivered_once() -> None:
    """However much is added, a batch is delivered once; what is added later is another batch."""

    async def main() -> list[int]:
        added, delivered = 0, []
        done = asyncio.Event()

        def deliver() -> None:
            delivered.append(added)
            done.set()

        batch = Batch(deliver)
        for _ in range(2):
            for _ in range(3):
                added += 1
                batch.begin()
            await done.wait()
            done.clear()
        return delivered

    assert [3, 6] == asyncio.run(main())


def test_a_flush_delivers_at_once_and_instead() -> None:
    """After a flush, the batch's timer does not deliver again."""

    async def main() -> int:
        deliveries = []
        batch = Batch(lambda: deliveries.append(1))
        batch.begin()
        batch.flush()
        second = asyncio.Event()
        other = Batch(second.set)
        other.begin()  # due after the first would have been
        await second.wait()
        return len(deliveries)

    assert 1 == asyncio.run(main())

"""The one thread that moto runs on."""

import asyncio
import functools
import threading
from collections.abc import Iterator

import pytest

from local_aws.control_plane.moto_host.worker import Worker


@pytest.fixture
def worker() -> Iterator[Worker]:
    made = Worker("test")
    yield made
    made.close()


def test_order(worker: Worker) -> None:
    """Jobs run one after the other, in the order in which they were queued."""
    seen: list[int] = []
    for number in range(100):
        worker.post(functools.partial(seen.append, number))

    worker.submit(lambda: None).result(timeout=60)

    assert list(range(100)) == seen


def test_one_thread(worker: Worker) -> None:
    """All jobs run on the same thread, which is not the caller's."""
    first = worker.submit(threading.get_ident).result(timeout=60)

    assert first == asyncio.run(worker.run(threading.get_ident))
    assert first != threading.get_ident()


def test_failure(worker: Worker) -> None:
    """The caller gets a job's exception, and the next job runs."""
    with pytest.raises(ZeroDivisionError):
        asyncio.run(worker.run(lambda: 1 // 0))

    assert asyncio.run(worker.run(lambda: "next")) == "next"


def test_failure_nobody_waits_for(worker: Worker, caplog: pytest.LogCaptureFixture) -> None:
    """The exception of a posted job is logged."""
    worker.post(lambda: 1 // 0)
    worker.submit(lambda: None).result(timeout=60)

    assert "ZeroDivisionError" in caplog.text


def test_soon_is_before_later_jobs(worker: Worker) -> None:
    """A job that can wait a moment runs before all jobs that are queued after it."""
    seen: list[str] = []
    worker.post_soon(lambda: seen.append("soon"))
    worker.post_soon(lambda: seen.append("then"))
    worker.submit(lambda: seen.append("later")).result(timeout=60)

    assert ["soon", "then", "later"] == seen


def test_soon_comes_by_itself(worker: Worker) -> None:
    """A job that can wait a moment does not need another job to run."""
    done = threading.Event()
    worker.post_soon(done.set)

    assert done.wait(timeout=60)


def test_soon_comes_before_the_end(worker: Worker) -> None:
    """Closing the worker runs it."""
    done = threading.Event()
    worker.post_soon(done.set)
    worker.close()

    assert done.wait(timeout=60)


def test_failure_of_what_can_wait(worker: Worker, caplog: pytest.LogCaptureFixture) -> None:
    """Its exception is logged, and the next job runs."""
    worker.post_soon(lambda: 1 // 0)

    assert worker.submit(lambda: "next").result(timeout=60) == "next"
    assert "ZeroDivisionError" in caplog.text

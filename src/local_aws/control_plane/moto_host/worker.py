"""The one thread on which moto runs."""

import asyncio
import logging
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

__all__ = ["Worker"]

T = TypeVar("T")

_Job = tuple[Future[Any], Callable[[], Any]]

SOON_SECONDS = 0.05

log = logging.getLogger(__name__)


class Worker:
    """Runs jobs one after the other, in order, on its own thread.

    The thread is a daemon: the process can end while it still imports, unlike with the threads of concurrent.futures.
    """

    def __init__(self, name: str) -> None:
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._soon: deque[_Job] = deque()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def submit(self, job: Callable[[], T]) -> Future[T]:
        """Queue a job; never blocks. The future gets its result or its exception."""
        future: Future[T] = Future()
        self._jobs.put((future, job))
        return future

    def post(self, job: Callable[[], object]) -> None:
        """Queue a job whose result nobody waits for. Its exception is logged."""
        self.submit(job).add_done_callback(_log_failure)

    def post_soon(self, job: Callable[[], object]) -> None:
        """Queue a job that may wait up to ``SOON_SECONDS``, but runs before any job that is queued later.

        Each time this thread wakes up, the event loop may have to wait for the interpreter; so it wakes up less often.
        """
        future: Future[object] = Future()
        future.add_done_callback(_log_failure)
        self._soon.append((future, job))
        if len(self._soon) == 1:
            self.submit(_wake)  # the thread stops waiting without a timeout

    async def run(self, job: Callable[[], T]) -> T:
        """Queue a job and await its result. Safe to cancel: a job that began runs to its end."""
        return await asyncio.wrap_future(self.submit(job))

    def close(self) -> None:
        """Run what is queued, then end the thread; returns at once."""
        self._jobs.put(None)

    def _run(self) -> None:
        while True:
            try:
                job = self._jobs.get(timeout=SOON_SECONDS if self._soon else None)
            except Empty:
                self._run_soon()
                continue
            if job is None:
                self._run_soon()
                return
            if job[1] is not _wake:
                self._run_soon()
                _run_job(*job)
            del job  # a big body must not live until the next request

    def _run_soon(self) -> None:
        while self._soon:
            _run_job(*self._soon.popleft())


def _wake() -> None:
    """A job that does nothing: it wakes the thread, which then looks at the queues."""


def _run_job(future: Future[Any], job: Callable[[], Any]) -> None:
    if not future.set_running_or_notify_cancel():
        return
    try:
        future.set_result(job())
    except BaseException as error:
        future.set_exception(error)


def _log_failure(future: Future[Any]) -> None:
    if not future.cancelled() and (error := future.exception()) is not None:
        log.error("A job of the control plane failed", exc_info=error)

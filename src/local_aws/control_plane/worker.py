"""The one thread on which moto runs."""

import asyncio
import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from typing import Any, TypeVar

__all__ = ["Worker"]

T = TypeVar("T")

log = logging.getLogger(__name__)


class Worker:
    """Runs what it is given one after the other, in order, on its own thread.

    The thread is a daemon: an import that is still going on never holds up the end of the process, as the
    threads of concurrent.futures would.
    """

    def __init__(self, name: str) -> None:
        self._jobs: SimpleQueue[tuple[Future[Any], Callable[[], Any]] | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def submit(self, job: Callable[[], T]) -> Future[T]:
        """Queue a job; never blocks. What it raises is in the future."""
        future: Future[T] = Future()
        self._jobs.put((future, job))
        return future

    def post(self, job: Callable[[], object]) -> None:
        """Queue a job whose result nobody waits for; what it raises is logged."""
        self.submit(job).add_done_callback(_log_failure)

    async def run(self, job: Callable[[], T]) -> T:
        """Queue a job and await its result. Safe to cancel: a job that began runs to its end."""
        return await asyncio.wrap_future(self.submit(job))

    def close(self) -> None:
        """Run what is queued, then end the thread; returns at once."""
        self._jobs.put(None)

    def _run(self) -> None:
        while (item := self._jobs.get()) is not None:
            future, job = item
            if not future.set_running_or_notify_cancel():
                continue
            try:
                future.set_result(job())
            except BaseException as error:
                future.set_exception(error)
            del item, future, job  # a big body must not live until the next request


def _log_failure(future: Future[Any]) -> None:
    if not future.cancelled() and (error := future.exception()) is not None:
        log.error("A job of the control plane failed", exc_info=error)

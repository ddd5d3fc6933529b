"""The queue of asynchronous invocations: each event waits here for its attempts, and its result is sent at the end.

Waits run on the clock, so that advancing it ends them. Waiting events are lost when the embedded AWS stops.
"""

import asyncio
import contextlib
import logging
import uuid
from collections import defaultdict
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

from local_aws.clock import Clock, Timer
from local_aws.errors import FunctionNotFound, NoCapacity
from local_aws.functions.asynchronous.destinations import FinishedEvent, dead_letter_call, destination_call
from local_aws.functions.asynchronous.retries import SUCCESS, Done, Outcome, Progress, Retry, decide
from local_aws.functions.configuration import Catalog, FunctionConfiguration
from local_aws.functions.function_metrics import FunctionMetrics
from local_aws.functions.invocation import Invocation
from local_aws.functions.names import FunctionName
from local_aws.functions.refusals import Throttled
from local_aws.iam.service_calls import ServiceCall

__all__ = ["EventQueue", "Send"]

log = logging.getLogger(__name__)

Send = Callable[[ServiceCall, str], Awaitable[int]]
"""Sends a request in the role of the named function, and returns the status of the answer."""

Run = Callable[[FunctionName, bytes, str], Awaitable[Invocation]]
"""Runs a function once, with a payload and a request id. Raises what ``Functions.invoke`` raises."""


@dataclass(slots=True)
class _Event:
    name: FunctionName
    payload: bytes
    received: float
    request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    attempts: int = 0
    failures: int = 0
    setbacks: int = 0
    last: Invocation | None = None


class EventQueue:
    """Runs events, at most ``at_once`` of each function at a time. Made and used on one event loop."""

    def __init__(
        self, catalog: Catalog, run: Run, send: Send, metrics: FunctionMetrics, clock: Clock, at_once: int
    ) -> None:
        self._catalog = catalog
        self._run = run
        self._send = send
        self._metrics = metrics
        self._clock = clock
        self._turns: defaultdict[str, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(at_once))
        self._tasks: set[asyncio.Task[None]] = set()
        self._timers: set[Timer] = set()
        self._closed = False

    def put(self, name: FunctionName, payload: bytes) -> str:
        """Add an event. Return the request id that all its attempts have. Raises FunctionNotFound."""
        self._catalog.configuration(name)
        event = _Event(name, payload, self._clock.now())
        self._metrics.event(name, "AsyncEventsReceived", 1)
        self._spawn(self._attempt(event))
        return event.request_id

    async def close(self) -> None:
        """Forget the waiting events and cancel the running attempts."""
        self._closed = True
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(set(self._tasks))

    async def _attempt(self, event: _Event) -> None:
        async with self._turns[event.name.arn]:
            try:
                configuration = self._catalog.configuration(event.name)
            except FunctionNotFound as error:
                log.warning("An event for a deleted function is dropped. %s", error)
                self._metrics.event(event.name, "AsyncEventsDropped", 1)
                return
            age = self._clock.now() - event.received
            self._metrics.event(event.name, "AsyncEventAge", age * 1000, "Milliseconds")
            outcome = await self._outcome(event)
        progress = Progress(event.failures, event.setbacks, self._clock.now() - event.received)
        match decide(outcome, progress, self._catalog.event_settings(event.name)):
            case Retry(seconds):
                failed = outcome is Outcome.FAILED
                event.failures, event.setbacks = event.failures + failed, 0 if failed else event.setbacks + 1
                self._wait(event, seconds)
            case Done(condition):
                await self._report(event, condition, configuration)

    async def _outcome(self, event: _Event) -> Outcome:
        """Run the function once, and return how it went."""
        if self._catalog.concurrency(event.name.region).reserved.get(event.name.name) == 0:
            return Outcome.CLOSED
        try:
            event.last = await self._run(event.name, event.payload, event.request_id)
        except (Throttled, NoCapacity):
            return Outcome.SET_BACK
        except Exception:
            log.warning("%s could not be run for an event; it is tried again", event.name.qualified, exc_info=True)
            return Outcome.SET_BACK
        event.attempts += 1
        return Outcome.FAILED if event.last.function_error else Outcome.SUCCEEDED

    def _wait(self, event: _Event, seconds: float) -> None:
        if self._closed:
            return

        def due() -> None:
            self._timers.discard(timer)
            self._spawn(self._attempt(event))

        timer = self._clock.call_at(self._clock.now() + seconds, due)
        self._timers.add(timer)

    async def _report(self, event: _Event, condition: str, configuration: FunctionConfiguration) -> None:
        """Send the result to the function's destination and its dead-letter queue."""
        finished = FinishedEvent(
            event.name, event.request_id, event.payload, condition, event.attempts, self._clock.utc(), event.last
        )
        settings, role = self._catalog.event_settings(event.name), configuration.role
        good = condition == SUCCESS
        if not good:
            self._metrics.event(event.name, "AsyncEventsDropped", 1)
        destination = settings.on_success if good else settings.on_failure
        if destination:
            await self._deliver(
                finished, "DestinationDeliveryFailures", lambda: destination_call(destination, finished, role)
            )
        dead_letter = configuration.dead_letter
        if dead_letter and not good:
            await self._deliver(finished, "DeadLetterErrors", lambda: dead_letter_call(dead_letter, finished, role))

    async def _deliver(self, finished: FinishedEvent, metric: str, call: Callable[[], ServiceCall]) -> None:
        try:
            status = await self._send(call(), finished.name.name)
            reason = "" if status < 300 else f"its service answered {status}"
        except Exception as error:  # for example, a role that was deleted, or an ARN that is no destination
            reason = str(error) or type(error).__name__
        if reason:
            log.warning("The result of an event for %s could not be delivered: %s", finished.name.qualified, reason)
            self._metrics.event(finished.name, metric, 1)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        if self._closed:
            work.close()
            return
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        with contextlib.suppress(asyncio.CancelledError):
            if task.exception() is not None:
                log.error("An event of the asynchronous queue was lost", exc_info=task.exception())

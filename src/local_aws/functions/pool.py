"""The pool: how many sandboxes exist, which invocation gets which, and when one is ended."""

import asyncio
import os
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field

from local_aws.clock import Clock, Timer
from local_aws.errors import NoCapacity
from local_aws.functions.configuration import FunctionConfiguration
from local_aws.functions.sandbox.sandbox import Sandbox

__all__ = ["Limits", "Pool"]

FRESH_SECONDS = 1.0  # a start or an invocation that takes longer waits for something rather than computes
PATIENCE_SECONDS = 1.0  # how long a function that has no sandbox waits while the others keep theirs
RECHECK_SECONDS = 0.25


def _cores() -> int:
    return os.cpu_count() or 1


@dataclass(frozen=True, slots=True)
class Limits:
    """What the machine can bear.

    At most ``sandboxes`` exist at a time, which costs memory. At most ``computing`` of them compute at a time, and at
    most ``starts`` of these run their init, which costs CPU: one warm sandbox answers hundreds of invocations a second.
    An invocation waits at most ``wait`` seconds for a sandbox; a sandbox that is idle for ``idle`` seconds is ended.
    """

    sandboxes: int = field(default_factory=lambda: max(12, 6 * _cores()))
    computing: int = field(default_factory=lambda: max(4, 2 * _cores()))
    starts: int = field(default_factory=lambda: max(2, _cores()))
    wait: float = 10.0
    idle: float = 300.0


@dataclass(eq=False, slots=True)
class _Waiter:
    configuration: FunctionConfiguration
    future: asyncio.Future[Sandbox]
    since: float


class Pool:
    """Lends sandboxes. An invocation gets the first that is there: one that became idle, or one that was started.

    Of the idle sandboxes, the one used last is taken first. Waiting invocations are served in order, but a sandbox that
    becomes free goes to the first that waits for its function. When a function without any sandbox has waited for
    ``PATIENCE_SECONDS``, the next sandbox that becomes free is ended, to make room for one of that function.
    """

    def __init__(
        self,
        start: Callable[[FunctionConfiguration], Awaitable[Sandbox]],
        clock: Clock,
        limits: Limits,
    ) -> None:
        self._start = start
        self._clock = clock
        self._limits = limits
        self._sandboxes: set[Sandbox] = set()
        self._idle: dict[Sandbox, float] = {}  # when it became idle, on the clock; the longest idle first
        self._computing: dict[Sandbox, float] = {}  # when it was lent; the earliest first, for FRESH_SECONDS
        self._starting: Counter[FunctionConfiguration] = Counter()
        self._fresh: set[object] = set()
        self._waiters: dict[_Waiter, None] = {}
        self._current: dict[tuple[str, str], FunctionConfiguration] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._expiry: Timer | None = None
        self._recheck: asyncio.TimerHandle | None = None
        self._closed = False

    @property
    def size(self) -> int:
        """The number of sandboxes that exist or are being started."""
        return len(self._sandboxes) + self._starting.total()

    async def acquire(self, configuration: FunctionConfiguration) -> Sandbox:
        """Return a sandbox for one invocation; give it back with ``release``.

        Raises NoCapacity if none became free in time, or the error with which a start failed. A sandbox whose init
        failed goes to every invocation that waits for that function, so that a broken function does not start a
        process for each.
        """
        if self._closed:
            raise NoCapacity(configuration.name, 0.0)
        configuration = self._make_current(configuration)
        if not self._waiters and self._may_compute():
            sandbox = self._take_idle(configuration)
            if sandbox is not None:
                return sandbox
        loop = asyncio.get_running_loop()
        waiter = _Waiter(configuration, loop.create_future(), loop.time())
        self._waiters[waiter] = None
        timer = loop.call_later(self._limits.wait, self._expire, waiter)
        self._serve_waiters()
        try:
            return await waiter.future
        except asyncio.CancelledError:
            if waiter.future.done() and not waiter.future.cancelled() and not waiter.future.exception():
                self.release(waiter.future.result())
            raise
        finally:
            timer.cancel()
            self._waiters.pop(waiter, None)

    def release(self, sandbox: Sandbox) -> None:
        """Take a sandbox back: it serves the next waiting invocation, becomes idle, or is ended."""
        self._computing.pop(sandbox, None)
        if sandbox not in self._sandboxes:
            return
        if self._closed or not sandbox.alive or self._is_stale(sandbox) or self._must_yield(sandbox):
            self._retire(sandbox)
        else:
            self._put_aside(sandbox)
        self._serve_waiters()

    async def close(self) -> None:
        """End every sandbox. Waiting and later calls of ``acquire`` raise NoCapacity."""
        self._closed = True
        for waiter in list(self._waiters):
            self._refuse(waiter, NoCapacity(waiter.configuration.name, 0.0))
        if self._expiry is not None:
            self._expiry.cancel()
        if self._recheck is not None:
            self._recheck.cancel()
        for sandbox in list(self._sandboxes):
            self._retire(sandbox)
        while self._tasks:
            for task in self._tasks:
                if task.get_name() == "start":
                    task.cancel()
            await asyncio.wait(set(self._tasks))

    # Who gets what

    def _serve_waiters(self) -> None:
        """Give idle sandboxes to the waiting invocations, in order; start sandboxes for the others."""
        covered: Counter[FunctionConfiguration] = Counter()
        for waiter in list(self._waiters):
            if self._closed:
                return
            if not self._may_compute():
                self._schedule_recheck()
                return
            configuration = waiter.configuration
            sandbox = self._take_idle(configuration)
            if sandbox is not None:
                self._serve(waiter, sandbox)
                continue
            covered[configuration] += 1
            due = covered[configuration] > self._starting[configuration]
            if due and len(self._fresh) < self._limits.starts and self._make_room():
                self._begin(configuration)

    def _may_compute(self) -> bool:
        """Return whether the machine can bear one more invocation or start."""
        stale = asyncio.get_running_loop().time() - FRESH_SECONDS
        while self._computing:
            sandbox, since = next(iter(self._computing.items()))
            if since > stale:
                break
            del self._computing[sandbox]
        return len(self._computing) + len(self._fresh) < self._limits.computing

    def _schedule_recheck(self) -> None:
        """Serve again when the invocation that was lent a sandbox first counts as waiting, no longer as computing."""
        if self._recheck is None and self._computing:
            when = next(iter(self._computing.values())) + FRESH_SECONDS
            self._recheck = asyncio.get_running_loop().call_at(when, self._recheck_waiters)

    def _recheck_waiters(self) -> None:
        self._recheck = None
        self._serve_waiters()

    def _serve(self, waiter: _Waiter, sandbox: Sandbox) -> None:
        del self._waiters[waiter]
        if not waiter.future.done():
            waiter.future.set_result(sandbox)
        else:  # cancelled in this round of the loop
            self._computing.pop(sandbox, None)
            self._put_aside(sandbox)

    def _refuse(self, waiter: _Waiter, error: Exception) -> None:
        self._waiters.pop(waiter, None)
        if not waiter.future.done():
            waiter.future.set_exception(error)

    def _take_idle(self, configuration: FunctionConfiguration) -> Sandbox | None:
        for sandbox in reversed(self._idle):
            if sandbox.configuration is configuration or sandbox.configuration == configuration:
                break
        else:
            return None
        del self._idle[sandbox]
        if not sandbox.alive:
            self._retire(sandbox)
            return self._take_idle(configuration)
        self._computing[sandbox] = asyncio.get_running_loop().time()
        return sandbox

    def _make_room(self) -> bool:
        """Return whether one more sandbox may be started; if the pool is full, end the longest idle one first."""
        if self.size >= self._limits.sandboxes and self._idle:
            self._retire(next(iter(self._idle)))
        return self.size < self._limits.sandboxes

    def _must_yield(self, sandbox: Sandbox) -> bool:
        """Return whether this sandbox must make room for a function that has waited too long without one."""
        if not self._waiters or self.size < self._limits.sandboxes:
            return False
        head = next((waiter for waiter in self._waiters if not self._starting[waiter.configuration]), None)
        if head is None or head.configuration == sandbox.configuration:
            return False
        return asyncio.get_running_loop().time() - head.since > PATIENCE_SECONDS

    def _expire(self, waiter: _Waiter) -> None:
        if waiter.future.done():
            return
        if self._starting[waiter.configuration]:  # its sandbox is on the way: init has its own limit
            asyncio.get_running_loop().call_later(RECHECK_SECONDS, self._expire, waiter)
            return
        self._refuse(waiter, NoCapacity(waiter.configuration.name, self._limits.wait))

    # Versions

    def _make_current(self, configuration: FunctionConfiguration) -> FunctionConfiguration:
        """Make this the current configuration of its function, and end the idle sandboxes of the one before.

        Returns the equal object that is known already, if there is one.
        """
        before = self._current.get(configuration.identity)
        if before == configuration:
            return before
        self._current[configuration.identity] = configuration
        if before is not None:
            for sandbox in list(self._idle):
                if self._is_stale(sandbox):
                    self._retire(sandbox)
        return configuration

    def _is_stale(self, sandbox: Sandbox) -> bool:
        """Return whether its function has been updated since, and no invocation waits for the old configuration."""
        configuration = sandbox.configuration
        if self._current.get(configuration.identity) == configuration:
            return False
        return not any(waiter.configuration == configuration for waiter in self._waiters)

    # Beginning and end

    def _begin(self, configuration: FunctionConfiguration) -> None:
        start = object()
        self._fresh.add(start)
        self._starting[configuration] += 1
        timer = asyncio.get_running_loop().call_later(FRESH_SECONDS, self._no_longer_fresh, start)
        self._spawn(self._finish(configuration, start, timer), "start")

    async def _finish(self, configuration: FunctionConfiguration, start: object, timer: asyncio.TimerHandle) -> None:
        sandbox: Sandbox | None = None
        error: Exception | None = None
        try:
            sandbox = await self._start(configuration)
        except Exception as raised:
            error = raised
        finally:
            timer.cancel()
            self._fresh.discard(start)
            self._starting[configuration] -= 1
            if not self._starting[configuration]:
                del self._starting[configuration]
        waiting = [waiter for waiter in self._waiters if waiter.configuration == configuration]
        if sandbox is not None:
            self._sandboxes.add(sandbox)
            if sandbox.failure is not None:
                for waiter in waiting:
                    self._serve(waiter, sandbox)
            self.release(sandbox)
        elif error is not None:
            for waiter in waiting:
                self._refuse(waiter, error)
            self._serve_waiters()

    def _no_longer_fresh(self, start: object) -> None:
        self._fresh.discard(start)
        self._serve_waiters()

    def _put_aside(self, sandbox: Sandbox) -> None:
        self._idle[sandbox] = self._clock.now()
        self._watch_idle()

    def _watch_idle(self) -> None:
        """Set one timer for all, due when the longest idle one has waited enough: most are needed again long before."""
        if self._expiry is None and self._idle:
            when = next(iter(self._idle.values())) + self._limits.idle
            self._expiry = self._clock.call_at(when, self._retire_idle)

    def _retire_idle(self) -> None:
        self._expiry = None
        latest = self._clock.now() - self._limits.idle
        for sandbox in [sandbox for sandbox, since in self._idle.items() if since <= latest]:
            self._retire(sandbox)
        self._watch_idle()

    def _spawn(self, work: Coroutine[None, None, None], name: str) -> None:
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _retire(self, sandbox: Sandbox) -> None:
        self._idle.pop(sandbox, None)
        if sandbox in self._sandboxes:
            self._sandboxes.discard(sandbox)
            self._spawn(sandbox.close(), "close")

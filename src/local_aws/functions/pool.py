"""The pool: how many sandboxes there are, who gets which, and when one goes."""

import asyncio
import contextlib
import os
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field

from local_aws.clock import Clock, Timer
from local_aws.errors import NoCapacity
from local_aws.functions.configuration import FunctionConfiguration
from local_aws.functions.sandbox import Sandbox

__all__ = ["Limits", "Pool"]

FRESH_SECONDS = 1.0  # a start that takes longer waits for something rather than computes
PATIENCE_SECONDS = 1.0  # so long may sandboxes in use keep a function without one waiting
RECHECK_SECONDS = 0.25


def _cores() -> int:
    return os.cpu_count() or 1


@dataclass(frozen=True, slots=True)
class Limits:
    """What the machine can bear. ``wait`` and ``idle`` in seconds.

    ``sandboxes`` exist at most at a time, ``starts`` of them compute their init at a time: starting is what costs
    CPU, and one warm sandbox answers hundreds of invocations a second. An invocation waits ``wait`` for its
    sandbox, and a sandbox ``idle`` for its next invocation.
    """

    sandboxes: int = field(default_factory=lambda: max(4, 2 * _cores()))
    starts: int = field(default_factory=lambda: max(2, _cores()))
    wait: float = 10.0
    idle: float = 300.0


@dataclass(eq=False, slots=True)
class _Waiter:
    configuration: FunctionConfiguration
    future: asyncio.Future[Sandbox]
    since: float


class Pool:
    """Lends sandboxes. An invocation takes whichever comes first: one that falls idle, or one that was started.

    Idle sandboxes are taken most recent first. Those who wait are served in order, except that a sandbox goes to
    the first who waits for its function; a function without any sandbox is kept waiting so for a second at most.
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
        self._idle: dict[Sandbox, Timer] = {}  # in the order in which they fell idle
        self._starting: Counter[FunctionConfiguration] = Counter()
        self._fresh: set[object] = set()
        self._waiters: list[_Waiter] = []
        self._current: dict[tuple[str, str], FunctionConfiguration] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._closed = False

    @property
    def size(self) -> int:
        """How many sandboxes exist or are being started."""
        return len(self._sandboxes) + self._starting.total()

    async def acquire(self, configuration: FunctionConfiguration) -> Sandbox:
        """A sandbox for one invocation; give it back with ``release``.

        Raises NoCapacity when none came free in time, and what starting one raised. One whose init failed goes to
        everybody who waits for that function, so that a broken function does not start a process for each.
        """
        if self._closed:
            raise NoCapacity(configuration.name, 0.0)
        self._supersede(configuration)
        loop = asyncio.get_running_loop()
        waiter = _Waiter(configuration, loop.create_future(), loop.time())
        self._waiters.append(waiter)
        timer = loop.call_later(self._limits.wait, self._expire, waiter)
        self._pump()
        try:
            return await waiter.future
        except asyncio.CancelledError:
            if waiter.future.done() and not waiter.future.cancelled() and not waiter.future.exception():
                self.release(waiter.future.result())
            raise
        finally:
            timer.cancel()
            with contextlib.suppress(ValueError):
                self._waiters.remove(waiter)

    def release(self, sandbox: Sandbox) -> None:
        """Take a sandbox back; it serves the next who waits, stays for later, or goes."""
        if sandbox not in self._sandboxes:
            return
        if self._closed or not sandbox.alive or self._is_stale(sandbox) or self._must_yield(sandbox):
            self._retire(sandbox)
        else:
            self._put_aside(sandbox)
        self._pump()

    async def close(self) -> None:
        """End every sandbox; who waits or asks later gets NoCapacity."""
        self._closed = True
        for waiter in self._waiting():
            waiter.future.set_exception(NoCapacity(waiter.configuration.name, 0.0))
        for sandbox in list(self._sandboxes):
            self._retire(sandbox)
        while self._tasks:
            for task in self._tasks:
                if task.get_name() == "start":
                    task.cancel()
            await asyncio.wait(set(self._tasks))

    # Who gets what

    def _waiting(self, configuration: FunctionConfiguration | None = None) -> list[_Waiter]:
        """Who still waits, in order; only those for one function if one is given."""
        return [
            waiter
            for waiter in self._waiters
            if not waiter.future.done() and configuration in (None, waiter.configuration)
        ]

    def _pump(self) -> None:
        """Serve those who wait with what is idle, then start what is missing."""
        for waiter in self._waiting():
            if not self._idle:
                break
            sandbox = self._take_idle(waiter.configuration)
            if sandbox is not None:
                waiter.future.set_result(sandbox)
        covered: Counter[FunctionConfiguration] = Counter()
        for waiter in self._waiting():
            covered[waiter.configuration] += 1
            if covered[waiter.configuration] <= self._starting[waiter.configuration]:
                continue
            if self._closed or len(self._fresh) >= self._limits.starts or not self._make_room():
                break
            self._begin(waiter.configuration)

    def _take_idle(self, configuration: FunctionConfiguration) -> Sandbox | None:
        for sandbox in reversed(list(self._idle)):
            if sandbox.configuration == configuration:
                self._idle.pop(sandbox).cancel()
                if sandbox.alive:
                    return sandbox
                self._retire(sandbox)
        return None

    def _put_aside(self, sandbox: Sandbox) -> None:
        until = self._clock.now() + self._limits.idle
        self._idle[sandbox] = self._clock.call_at(until, lambda: self._retire(sandbox))

    def _make_room(self) -> bool:
        """Whether one more sandbox may be started, after the longest idle one went if that helps."""
        if self.size >= self._limits.sandboxes and self._idle:
            self._retire(next(iter(self._idle)))
        return self.size < self._limits.sandboxes

    def _must_yield(self, sandbox: Sandbox) -> bool:
        """Whether the place of this sandbox is due to a function that has waited too long without one."""
        head = next((w for w in self._waiting() if not self._starting[w.configuration]), None)
        if head is None or head.configuration == sandbox.configuration or self.size < self._limits.sandboxes:
            return False
        return asyncio.get_running_loop().time() - head.since > PATIENCE_SECONDS

    def _expire(self, waiter: _Waiter) -> None:
        if waiter.future.done():
            return
        if self._starting[waiter.configuration]:  # its sandbox is on the way: init has its own limit
            asyncio.get_running_loop().call_later(RECHECK_SECONDS, self._expire, waiter)
            return
        waiter.future.set_exception(NoCapacity(waiter.configuration.name, self._limits.wait))

    # Versions

    def _supersede(self, configuration: FunctionConfiguration) -> None:
        """Make this the configuration that counts; idle sandboxes of the one before go."""
        before = self._current.get(configuration.identity)
        self._current[configuration.identity] = configuration
        if before is not None and before != configuration:
            for sandbox in list(self._idle):
                if self._is_stale(sandbox):
                    self._retire(sandbox)

    def _is_stale(self, sandbox: Sandbox) -> bool:
        """Whether its function has been updated since, and nobody waits for it as it was."""
        configuration = sandbox.configuration
        return self._current.get(configuration.identity) != configuration and not self._waiting(configuration)

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
        if sandbox is not None:
            self._sandboxes.add(sandbox)
            if sandbox.failure is not None:
                for waiter in self._waiting(configuration):
                    waiter.future.set_result(sandbox)
            self.release(sandbox)
        elif error is not None:
            for waiter in self._waiting(configuration):
                waiter.future.set_exception(error)
            self._pump()

    def _no_longer_fresh(self, start: object) -> None:
        self._fresh.discard(start)
        self._pump()

    def _spawn(self, work: Coroutine[None, None, None], name: str) -> None:
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _retire(self, sandbox: Sandbox) -> None:
        timer = self._idle.pop(sandbox, None)
        if timer is not None:
            timer.cancel()
        if sandbox in self._sandboxes:
            self._sandboxes.discard(sandbox)
            self._spawn(sandbox.close(), "close")

"""Lambda's data plane: invoke a function by name."""

import asyncio
import json
import random
import tempfile
import uuid
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from local_aws.clock import Clock
from local_aws.errors import NoCapacity, RuntimeNotSupported
from local_aws.functions.asynchronous.queue import EventQueue, Send
from local_aws.functions.concurrency import Concurrency
from local_aws.functions.configuration import Catalog, EnvironmentOf, FunctionConfiguration
from local_aws.functions.function_metrics import NAMESPACE, FunctionMetrics
from local_aws.functions.invocation import UNHANDLED, Failure, Invocation
from local_aws.functions.logs.lines import Report, explanation, log_lines_of
from local_aws.functions.logs.streams import LogSink, LogStream, stream_name
from local_aws.functions.names import FunctionName, parse_name
from local_aws.functions.pool import Limits, Pool
from local_aws.functions.refusals import Throttled
from local_aws.functions.sandbox import archive, runtimes
from local_aws.functions.sandbox.fork_server import ForkServer
from local_aws.functions.sandbox.inside import fence
from local_aws.functions.sandbox.sandbox import Sandbox, SandboxContext
from local_aws.functions.version_lookup import Target, find
from local_aws.telemetry.metric_batches import Points, PutMetrics

__all__ = ["Functions"]

NOT_SUPPORTED = "Runtime.NotSupported"  # our own name: AWS refuses such a runtime when the function is created


class Functions:
    """All functions of the embedded AWS, and the sandboxes they run in. Made and used on one event loop.

    ``region`` and ``account_id`` complete a function's name that is not an ARN. ``send`` sends the results of
    asynchronous invocations to their destinations. ``client`` is the runtime client (default: ``default_client()``).
    Sandboxes keep their files in a new folder in ``folder`` (default: the system's temporary folder); ``close`` removes
    it. Where the system allows it, sandboxes see the folders ``hide`` empty, except for their own files and for
    ``keep``.
    """

    def __init__(
        self,
        catalog: Catalog,
        logs: LogSink,
        environment: EnvironmentOf,
        *,
        region: str,
        account_id: str,
        clock: Clock,
        put_metrics: PutMetrics,
        send: Send,
        limits: Limits | None = None,
        client: runtimes.Client | None = None,
        folder: Path | None = None,
        hide: Sequence[Path] = (),
        keep: Sequence[Path] = (),
    ) -> None:
        self.region = region
        self.account_id = account_id
        self._catalog = catalog
        self._logs = logs
        self._clock = clock
        self._folder = Path(tempfile.mkdtemp(prefix="local-aws-", dir=folder))
        runtime_folder = self._folder / "runtime"
        runtimes.link_runtime(runtime_folder)
        self.forks = ForkServer(
            client or runtimes.default_client(), runtime_folder, _fence(hide, [self._folder, *keep])
        )
        self._context = SandboxContext(catalog, logs, environment, clock, self._folder, runtime_folder, self.forks)
        limits = limits or Limits()
        self.pool = Pool(self._start, clock, limits)
        self._metrics = FunctionMetrics(Points(NAMESPACE, put_metrics, clock))
        self._concurrency: defaultdict[str, Concurrency] = defaultdict(Concurrency)
        self._events = EventQueue(catalog, self._run_event, send, self._metrics, clock, limits.computing)
        self._tasks: set[asyncio.Task[Invocation]] = set()

    def warm_up(self) -> None:
        """Prepare for fast cold starts, in the background; returns at once."""
        self.forks.start()

    async def invoke(
        self, function: str, payload: bytes, *, qualifier: str | None = None, client_context: str | None = None
    ) -> Invocation:
        """Run a function (name, partial ARN or ARN) once and wait for it, as ``Invoke`` with RequestResponse.

        ``client_context`` is JSON. If this call is cancelled, the function runs on, as on AWS when the caller hangs up.
        A function that fails raises nothing here: see ``Invocation.function_error``. Raises FunctionNotFound, Refusal,
        Throttled if a limit of Lambda's is reached, and NoCapacity if no sandbox became free in time.
        """
        return await asyncio.shield(self.begin(function, payload, qualifier=qualifier, client_context=client_context))

    def begin(
        self, function: str, payload: bytes, *, qualifier: str | None = None, client_context: str | None = None
    ) -> "asyncio.Task[Invocation]":
        """Like ``invoke``, but return the task, for a caller that waits for a limited time.

        The same errors are raised, by this call or by the task.
        """
        return self._begin(self.name(function, qualifier), payload, str(uuid.uuid4()), client_context)

    def enqueue(self, function: str, payload: bytes, *, qualifier: str | None = None) -> str:
        """Put an event for a function into the queue, as ``Invoke`` with Event. Return the request id of all attempts.

        Raises FunctionNotFound and Refusal.
        """
        return self._events.put(self.name(function, qualifier), payload)

    def check(self, function: str, *, qualifier: str | None = None) -> None:
        """Check that a function can be invoked, as ``Invoke`` with DryRun. Raises FunctionNotFound and Refusal."""
        self._catalog.configuration(self.name(function, qualifier))

    def name(self, function: str, qualifier: str | None) -> FunctionName:
        """Parse the function's name, partial ARN or ARN. Raises Refusal."""
        return parse_name(function, qualifier, region=self.region, account_id=self.account_id)

    async def close(self) -> None:
        """Forget the waiting events, end every sandbox and remove their files.

        Running invocations end with ``Runtime.ExitError``.
        """
        await self._events.close()
        await self.pool.close()
        if self._tasks:
            await asyncio.wait(set(self._tasks))
        await self.forks.close()
        self._metrics.flush()
        await asyncio.to_thread(archive.remove, self._folder)

    async def _run_event(self, name: FunctionName, payload: bytes, request_id: str) -> Invocation:
        return await asyncio.shield(self._begin(name, payload, request_id, None))

    def _begin(
        self, name: FunctionName, payload: bytes, request_id: str, client_context: str | None
    ) -> "asyncio.Task[Invocation]":
        target = find(self._catalog, name, random.random)
        concurrency, limits = self._concurrency[name.region], self._catalog.concurrency(name.region)
        try:
            concurrency.enter(name.name, limits)
        except Throttled:
            self._metrics.throttled(target)
            raise
        self._metrics.running(target, concurrency.of(name.name), concurrency.total, concurrency.unreserved(limits))
        task = asyncio.get_running_loop().create_task(self._invoke(target, request_id, payload, client_context))
        self._tasks.add(task)

        def ended(task: "asyncio.Task[Invocation]") -> None:
            concurrency.leave(name.name)
            self._tasks.discard(task)
            if not task.cancelled():
                task.exception()  # read here, so that asyncio does not log an error whose caller has gone

        task.add_done_callback(ended)
        return task

    async def _invoke(self, target: Target, request_id: str, payload: bytes, client_context: str | None) -> Invocation:
        configuration = target.configuration
        if not runtimes.is_supported(configuration.runtime):
            invocation = self._not_supported(configuration, request_id)
        else:
            try:
                sandbox = await self.pool.acquire(configuration)
            except NoCapacity:
                self._metrics.throttled(target)
                raise
            try:
                invocation = await sandbox.invoke(
                    request_id, payload, invoked_arn=target.name.qualified, client_context=client_context
                )
            finally:
                self.pool.release(sandbox)
        self._metrics.admitted(target)
        self._metrics.ended(target, invocation)
        return invocation

    async def _start(self, configuration: FunctionConfiguration) -> Sandbox:
        return await Sandbox.start(configuration, self._context)

    def _not_supported(self, configuration: FunctionConfiguration, request_id: str) -> Invocation:
        error = RuntimeNotSupported(configuration.name, configuration.runtime, runtimes.SUPPORTED)
        document = json.dumps({"errorType": NOT_SUPPORTED, "errorMessage": str(error)}).encode()
        now, log_lines = self._clock.utc(), log_lines_of(configuration)
        name = stream_name(now, configuration.version)
        stream = LogStream(self._logs, self._clock, configuration, name)
        report = Report(request_id, 0.0, configuration.memory_size, 0, None, "error", NOT_SUPPORTED)
        lines = [
            log_lines.start(now, request_id, configuration.version),
            explanation(now, request_id, Failure(NOT_SUPPORTED, str(error))),
            log_lines.end(now, request_id),
            log_lines.report(now, report),
        ]
        stream.write([(None, line) for line in lines if line is not None])
        return Invocation(request_id, document, UNHANDLED, configuration.version, stream.take_tail())


def _fence(hide: Sequence[Path], keep: Sequence[Path]) -> str:
    return fence.plan([str(path) for path in hide], [str(path) for path in keep]) if hide else ""

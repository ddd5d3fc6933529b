"""Lambda's data plane: invoke a function by name."""

import asyncio
import json
import tempfile
import uuid
from pathlib import Path

from local_aws.clock import Clock
from local_aws.errors import RuntimeNotSupported
from local_aws.functions import archive, runtimes
from local_aws.functions.configuration import Catalog, EnvironmentOf, FunctionConfiguration
from local_aws.functions.invocation import UNHANDLED, Failure, Invocation
from local_aws.functions.logs import LogSink, LogStream, stream_name
from local_aws.functions.pool import Limits, Pool
from local_aws.functions.records import Report, explanation, records_of
from local_aws.functions.sandbox import Ground, Sandbox

__all__ = ["Functions"]

NOT_SUPPORTED = "Runtime.NotSupported"  # a name of ours: AWS refuses such a runtime when the function is made


class Functions:
    """All functions of the embedded AWS, and the sandboxes they run in.

    Made and used on one event loop. ``client`` chooses the runtime client (the default is the best there is),
    ``folder`` is where sandboxes keep their files (the default is a fresh temporary folder); ``close`` removes
    what was made there.
    """

    def __init__(
        self,
        catalog: Catalog,
        logs: LogSink,
        environment: EnvironmentOf,
        *,
        clock: Clock,
        limits: Limits | None = None,
        client: runtimes.Client | None = None,
        folder: Path | None = None,
    ) -> None:
        self._catalog = catalog
        self._logs = logs
        self._clock = clock
        self._folder = Path(tempfile.mkdtemp(prefix="local-aws-", dir=folder))
        runtime_folder = self._folder / "runtime"
        runtimes.furnish(runtime_folder)
        self._ground = Ground(
            catalog, logs, environment, clock, self._folder, runtime_folder, client or runtimes.default_client()
        )
        self.pool = Pool(self._start, clock, limits or Limits())
        self._tasks: set[asyncio.Task[Invocation]] = set()

    async def invoke(self, function: str, payload: bytes, *, qualifier: str | None = None) -> Invocation:
        """Run a function (name, partial ARN or ARN) once and wait for it, as ``Invoke`` with RequestResponse.

        Cancelling this call does not stop the function, as hanging up does not on AWS. A function that fails is
        no exception: see ``Invocation.function_error``. Raises FunctionNotFound, and NoCapacity when no sandbox
        came free in time.
        """
        configuration = self._catalog.configuration(function, qualifier)
        request_id = str(uuid.uuid4())
        if not runtimes.is_supported(configuration.runtime):
            return self._not_supported(configuration, request_id)
        task = asyncio.get_running_loop().create_task(self._invoke(configuration, request_id, payload))
        self._tasks.add(task)
        task.add_done_callback(self._forget)
        return await asyncio.shield(task)

    async def close(self) -> None:
        """End every sandbox and remove their files; invocations under way end with ``Runtime.ExitError``."""
        await self.pool.close()
        if self._tasks:
            await asyncio.wait(set(self._tasks))
        await asyncio.to_thread(archive.remove, self._folder)

    async def _invoke(self, configuration: FunctionConfiguration, request_id: str, payload: bytes) -> Invocation:
        sandbox = await self.pool.acquire(configuration)
        try:
            return await sandbox.invoke(request_id, payload)
        finally:
            self.pool.release(sandbox)

    async def _start(self, configuration: FunctionConfiguration) -> Sandbox:
        return await Sandbox.start(configuration, self._ground)

    def _forget(self, task: asyncio.Task[Invocation]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()  # whoever asked may have gone; nobody else needs to hear of it

    def _not_supported(self, configuration: FunctionConfiguration, request_id: str) -> Invocation:
        error = RuntimeNotSupported(configuration.name, configuration.runtime, runtimes.SUPPORTED)
        document = json.dumps({"errorType": NOT_SUPPORTED, "errorMessage": str(error)}).encode()
        now, records = self._clock.utc(), records_of(configuration)
        name = stream_name(now, configuration.version)
        stream = LogStream(self._logs, self._clock, configuration, name)
        report = Report(request_id, 0.0, configuration.memory_size, 0, None, "error", NOT_SUPPORTED)
        lines = [
            records.start(now, request_id, configuration.version),
            explanation(now, request_id, Failure(NOT_SUPPORTED, str(error))),
            records.end(now, request_id),
            records.report(now, report),
        ]
        stream.write([(None, line) for line in lines if line is not None])
        return Invocation(request_id, document, UNHANDLED, configuration.version, stream.take_tail())

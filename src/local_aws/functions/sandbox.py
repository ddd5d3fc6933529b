"""A sandbox: one process with one function in it, which answers one invocation at a time."""

import asyncio
import signal
import time
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from local_aws.clock import Clock
from local_aws.functions import archive, process, runtimes
from local_aws.functions.configuration import Catalog, EnvironmentOf, FunctionConfiguration
from local_aws.functions.invocation import TIMED_OUT, UNHANDLED, Failure, Invocation
from local_aws.functions.logs import LogSink, LogStream, stream_name
from local_aws.functions.output import Message, Output
from local_aws.functions.records import Report, explanation, records_of
from local_aws.functions.runtime_api import RESPONSE_TOO_LARGE, Answer, Event, RuntimeApi, trace_id
from local_aws.functions.variables import variables

__all__ = ["Ground", "Sandbox"]

INIT_TIMEOUT = 10.0  # seconds; Lambda then tries once more within the function's timeout, if that is longer


@dataclass(frozen=True, slots=True)
class Ground:
    """What all sandboxes stand on. ``folder`` is theirs to fill, ``runtime_folder`` is furnished already."""

    catalog: Catalog
    logs: LogSink
    environment: EnvironmentOf
    clock: Clock
    folder: Path
    runtime_folder: Path
    client: runtimes.Client


class Sandbox:
    """Made by ``start``; ``invoke`` as often as ``alive`` holds; ``close`` in any case.

    ``failure`` says why the init phase failed, if it did. Such a sandbox is not alive, but it may still be
    invoked: it then reports that failure, to the caller and to the log, without running anything.
    """

    def __init__(self, configuration: FunctionConfiguration, ground: Ground) -> None:
        now = ground.clock.utc()
        self.configuration = configuration
        self.stream = LogStream(ground.logs, ground.clock, configuration, stream_name(now, configuration.version))
        self.failure: Failure | None = None
        self._ground = ground
        self._folder = ground.folder / self.stream.name.rpartition("]")[2]
        self._records = records_of(configuration)
        self._api: RuntimeApi | None = None
        self._output: Output | None = None
        self._process: process.Process | None = None
        self._exit: asyncio.Task[int] | None = None
        self._init_took: float | None = None
        self._peak = 0
        self._broken = False

    @classmethod
    async def start(cls, configuration: FunctionConfiguration, ground: Ground) -> "Sandbox":
        """Unpack the function, start its process and wait until it asks for an event.

        Raises what the catalog and the environment raise; leaves nothing behind then.
        """
        sandbox = cls(configuration, ground)
        try:
            await sandbox._start()
        except BaseException:
            await sandbox.close()
            raise
        return sandbox

    @property
    def alive(self) -> bool:
        """Whether it can answer an invocation."""
        return not self._broken and self._exit is not None and not self._exit.done()

    async def invoke(self, request_id: str, payload: bytes) -> Invocation:
        """Run the handler once. Its last line and the REPORT line are in the log when this returns."""
        started = time.perf_counter()
        init, self._init_took = self._init_took, None
        self._line(self._records.start(self._now(), request_id, self.configuration.version))
        if self.failure is not None:
            answer, status = Answer(self.failure.payload(request_id), self.failure), "failure"
            duration, init = (init or 0.0), None  # Lambda counts a failed init as part of the invocation
        else:
            answer, status = await self._run(request_id, payload)
            duration = (time.perf_counter() - started) * 1000
        failure, now = answer.failure, self._now()
        memory, peak = self.configuration.memory_size, self._peak_memory(answer.max_memory)
        error_type = failure.error_type if failure is not None else None
        self._line(
            explanation(now, request_id, failure) if failure is not None else None,
            self._records.end(now, request_id),
            self._records.report(now, Report(request_id, duration, memory, peak, init, status, error_type)),
        )
        function_error = UNHANDLED if failure is not None else None
        version, tail = self.configuration.version, self.stream.take_tail()
        return Invocation(request_id, answer.payload, function_error, version, tail)

    async def close(self) -> None:
        """End the process and all that it started, and remove its files."""
        self._broken = True
        await self._kill()
        if self._api is not None:
            await self._api.close()
        if self._output is not None:
            self._output.drain()
            self._output.close()
        if self._folder.exists():
            await asyncio.to_thread(archive.remove, self._folder)

    async def _start(self) -> None:
        configuration, ground = self.configuration, self._ground
        code = ground.catalog.code(configuration)
        cloud = await ground.environment(configuration)
        task_root, scratch = self._folder / "task", self._folder / "tmp"
        self._folder.mkdir(parents=True, mode=0o700)
        scratch.mkdir()
        self._line(self._records.init_start(self._now(), runtimes.version(), runtimes.arn(configuration.region)))
        if notice := runtimes.notice(configuration.runtime):
            self._line(self._records.notice(self._now(), notice))
        try:
            await _finish(asyncio.to_thread(archive.extract, code, task_root))
        except archive.BadArchive as error:
            self.failure = Failure("InvalidZipFileException", str(error))
            return
        self._api = await RuntimeApi.open()
        self._output = Output(self._write)
        started = time.perf_counter()
        self._process = await process.spawn(
            runtimes.command(ground.client, configuration.handler),
            environment={
                **variables(
                    configuration,
                    task_root=task_root,
                    runtime_folder=ground.runtime_folder,
                    scratch=scratch,
                    stream=self.stream.name,
                    runtime_api=self._api.address,
                    cloud=cloud,
                ),
                "_LAMBDA_TELEMETRY_LOG_FD": str(self._output.writer),
            },
            folder=task_root,
            output=self._output.writer,
        )
        self._output.started()
        self._exit = asyncio.get_running_loop().create_task(self._process.exited())
        await self._init(self._api, self._exit, self._output, started)

    async def _init(self, api: RuntimeApi, exit_: asyncio.Task[int], output: Output, started: float) -> None:
        limit = max(INIT_TIMEOUT, self.configuration.timeout)
        either: set[asyncio.Future[Any]] = {api.ready, exit_}
        await asyncio.wait(either, timeout=limit, return_when=asyncio.FIRST_COMPLETED)
        took = (time.perf_counter() - started) * 1000
        self._init_took = took
        self._peak_memory(None)
        output.drain()
        status = "error"
        if api.ready.done():
            self.failure = api.ready.result()
        elif exit_.done():
            self.failure = Failure("Runtime.ExitError", _how(exit_.result()))
        else:
            status = "timeout"
            seconds = f"{self.configuration.timeout:.2f}"
            self.failure = Failure(TIMED_OUT, f"Task timed out after {seconds} seconds")
        if self.failure is not None:
            error_type = self.failure.error_type if status == "error" else None
            self._line(self._records.init_report(self._now(), took, status, error_type))
            await self._kill()

    async def _run(self, request_id: str, payload: bytes) -> tuple[Answer, str]:
        """Hand the event to the process. The answer, and the status for REPORT."""
        assert self._api is not None
        assert self._exit is not None
        assert self._output is not None
        timeout = self.configuration.timeout
        # The handler reads its deadline against the machine's clock, which cannot be advanced.
        deadline_ms = int((time.time() + timeout) * 1000)
        event = Event(request_id, payload, deadline_ms, self.configuration.arn, trace_id())
        answering = asyncio.get_running_loop().create_task(self._api.invoke(event))
        either: set[asyncio.Future[Any]] = {answering, self._exit}
        await asyncio.wait(either, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
        if answering.done():
            answer = answering.result()
            self._output.drain()
            if answer.failure is None:
                return answer, "success"
            if answer.failure.error_type == RESPONSE_TOO_LARGE:  # the runtime ends when it is told so
                self._broken = True
                return answer, "error"
            return answer, "failure"
        answering.cancel()
        self._broken = True
        if self._exit.done():
            self._output.drain()
            failure = Failure("Runtime.ExitError", _how(self._exit.result()))
            return Answer(failure.payload(request_id), failure), "error"
        self._peak_memory(None)
        await self._kill()
        self._output.drain()
        failure = Failure(TIMED_OUT, f"Task timed out after {timeout:.2f} seconds")
        return Answer(failure.payload(request_id), failure), "timeout"

    async def _kill(self) -> None:
        if self._process is not None and self._exit is not None:
            self._process.kill()
            await asyncio.wait({self._exit})

    def _peak_memory(self, said: int | None) -> int:
        """The most memory seen so far, in MB; a process that has ended cannot be asked any more."""
        measured = self._process.peak_memory() if self._process is not None else None
        self._peak = max(self._peak, measured or said or 0)
        return self._peak

    def _now(self) -> datetime:
        return self._ground.clock.utc()

    def _line(self, *messages: str | None) -> None:
        self.stream.write([(None, message) for message in messages if message is not None])

    def _write(self, messages: Sequence[Message]) -> None:
        self.stream.write(messages)


async def _finish(work: Coroutine[Any, Any, None]) -> None:
    """Wait for work in a thread, also when cancelled: nobody may remove files that it is still writing."""
    task = asyncio.ensure_future(work)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task})
        raise


def _how(returncode: int) -> str:
    """How a process ended, in Lambda's words."""
    if returncode == 0:
        return "Runtime exited without providing a reason"
    if returncode > 0:
        return f"Runtime exited with error: exit status {returncode}"
    name = (signal.strsignal(-returncode) or f"signal {-returncode}").partition(":")[0].lower()
    return f"Runtime exited with error: signal: {name}"

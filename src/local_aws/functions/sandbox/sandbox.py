"""A sandbox: one process with one function in it, which answers one invocation at a time."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from local_aws.clock import Clock
from local_aws.functions.configuration import Catalog, EnvironmentOf, FunctionConfiguration
from local_aws.functions.invocation import TIMED_OUT, UNHANDLED, Failure, Invocation
from local_aws.functions.logs.lines import Report, explanation, log_lines_of
from local_aws.functions.logs.streams import LogSink, LogStream, stream_name
from local_aws.functions.sandbox import archive, launch, process, runtimes
from local_aws.functions.sandbox.environment import variables
from local_aws.functions.sandbox.folders import Folders
from local_aws.functions.sandbox.fork_server import ForkServer
from local_aws.functions.sandbox.output import Message, Output
from local_aws.functions.sandbox.runtime_api import RESPONSE_TOO_LARGE, Answer, Event, RuntimeApi, trace_id
from local_aws.net import http

__all__ = ["Sandbox", "SandboxContext"]

INIT_TIMEOUT = 10.0  # seconds; a second attempt is part of the invocation, and has the function's timeout


@dataclass(frozen=True, slots=True)
class SandboxContext:
    """What all sandboxes share. Each makes its own folder in ``folder``; ``runtime_folder`` is filled already."""

    catalog: Catalog
    logs: LogSink
    environment: EnvironmentOf
    clock: Clock
    folder: Path
    runtime_folder: Path
    forks: ForkServer


class Sandbox:
    """A process with one function. Made by ``start``; may be invoked while it is ``alive``; must be closed.

    If the init phase failed, ``failure`` says why. Such a sandbox is not alive, but may still be invoked: it then
    reports that failure, to the caller and in the log, without running anything.
    """

    def __init__(self, configuration: FunctionConfiguration, context: SandboxContext) -> None:
        now = context.clock.utc()
        self.configuration = configuration
        self.stream = LogStream(context.logs, context.clock, configuration, stream_name(now, configuration.version))
        self.failure: Failure | None = None
        self._context = context
        root = context.folder / self.stream.name.rpartition("]")[2]
        python = runtimes.is_python(configuration.runtime)
        self._folders = Folders(root, context.runtime_folder if python else root / "runtime")
        self._log_lines = log_lines_of(configuration)
        self._api: RuntimeApi | None = None
        self._output: Output | None = None
        self._process: process.Process | None = None
        self._exit: asyncio.Task[int] | None = None
        self._init_took: float | None = None
        self._second_init = 0.0  # how long the second attempt at init took, in milliseconds
        self._peak = 0
        self._broken = False

    @classmethod
    async def start(cls, configuration: FunctionConfiguration, context: SandboxContext) -> "Sandbox":
        """Unpack the function, start its process and wait until it asks for an event.

        Raises what the catalog and the environment raise, and then leaves nothing behind.
        """
        sandbox = cls(configuration, context)
        try:
            await sandbox._start()
        except BaseException:
            await sandbox.close()
            raise
        return sandbox

    @property
    def alive(self) -> bool:
        """Whether it can run an invocation."""
        return not self._broken and self._exit is not None and not self._exit.done()

    async def invoke(
        self, request_id: str, payload: bytes, *, invoked_arn: str, client_context: str | None = None
    ) -> Invocation:
        """Run the handler once. When this returns, all of its lines and REPORT are in the log.

        ``invoked_arn`` is the ARN that the caller invoked, with its alias if it named one; ``client_context`` is JSON.
        """
        started = time.perf_counter()
        init, self._init_took, second_init, self._second_init = self._init_took, None, self._second_init, 0.0
        self._line(self._log_lines.start(self._now(), request_id, self.configuration.version))
        if self.failure is not None:
            answer = Answer(self.failure.payload(request_id), self.failure)
            status, duration = ("timeout" if self.failure.error_type == TIMED_OUT else "error"), second_init
        else:
            answer, status = await self._run(request_id, payload, invoked_arn, client_context)
            duration = (time.perf_counter() - started) * 1000 + second_init
        failure, now = answer.failure, self._now()
        memory, peak = self.configuration.memory_size, self._peak_memory(answer.max_memory)
        error_type = failure.error_type if failure is not None else None
        report = Report(request_id, duration, memory, peak, init, status, error_type)
        self._line(
            explanation(now, request_id, failure) if failure is not None else None,
            self._log_lines.end(now, request_id),
            self._log_lines.runtime_done(now, report, len(answer.payload)),
            self._log_lines.report(now, report),
        )
        function_error = UNHANDLED if failure is not None else None
        version, tail = self.configuration.version, self.stream.take_tail()
        return Invocation(request_id, answer.payload, function_error, version, tail, duration)

    async def close(self) -> None:
        """End the process and the processes that it started, and remove its files."""
        self._broken = True
        await self._clear()
        if self._folders.root.exists():
            await asyncio.to_thread(archive.remove, self._folders.root)

    async def _start(self) -> None:
        configuration, context, folders = self.configuration, self._context, self._folders
        code, layers = context.catalog.code(configuration), context.catalog.layers(configuration)
        cloud = await context.environment(configuration)
        folders.make()
        runtime = configuration.runtime
        version, arn = runtimes.version(runtime), runtimes.arn(runtime, configuration.region)
        self._line(self._log_lines.init_start(self._now(), version, arn))
        if notice := runtimes.notice(runtime, configuration.architectures[0]):
            self._line(self._log_lines.notice(self._now(), notice))
        try:
            await folders.unpack(code, layers)
        except archive.BadArchive as error:
            self.failure = Failure("InvalidZipFileException", str(error))
            return
        await self._attempt("init", INIT_TIMEOUT, cloud)
        if self.failure is not None:  # Lambda tries once more, now that there is an invocation
            await self._clear()
            await self._attempt("invoke", configuration.timeout, cloud)

    async def _attempt(self, phase: str, limit: float, cloud: Mapping[str, str]) -> None:
        """Start the process and wait, at most ``limit`` seconds, until it asks for an event; log the result."""
        configuration, folders = self.configuration, self._folders
        python = runtimes.is_python(configuration.runtime)  # then its runtime client takes a secret
        self._api = await RuntimeApi.open(secret=python and not http.identifies_users())
        self._output = Output(self._write)
        started = time.perf_counter()
        environment = variables(
            configuration, folders=folders, stream=self.stream.name, runtime_api=self._api.address, cloud=cloud
        )
        status, output = "error", self._output.writer
        try:
            begun = await launch.begin(configuration, self._context.forks, folders, environment, output)
        except launch.InvalidEntrypoint as error:
            self.failure = Failure(launch.INVALID_ENTRYPOINT, str(error))
        else:
            self._process, explain = begun
            self._output.started()
            self._exit = asyncio.get_running_loop().create_task(self._process.exited())
            api = self._api
            self._exit.add_done_callback(lambda _: api.give_up())
            either: set[asyncio.Future[Any]] = {self._api.ready, self._exit}
            await asyncio.wait(either, timeout=limit, return_when=asyncio.FIRST_COMPLETED)
            if self._api.ready.done():
                self.failure = self._api.ready.result()
            elif self._exit.done():
                self.failure = explain(self._exit.result())
            else:
                self.failure = Failure(TIMED_OUT, f"Task timed out after {configuration.timeout:.2f} seconds")
                status = "timeout"
        self._initialized(phase, (time.perf_counter() - started) * 1000, status)
        if self.failure is not None:
            await self._kill()

    def _initialized(self, phase: str, took: float, status: str) -> None:
        if phase == "init":
            self._init_took = took if self.failure is None else None
        else:
            self._second_init = took
        self._peak_memory(None)
        if self._output is not None:
            self._output.drain()
        status = "success" if self.failure is None else status
        error_type = self.failure.error_type if self.failure is not None and status == "error" else None
        self._line(
            self._log_lines.init_runtime_done(self._now(), phase, status, error_type),
            self._log_lines.init_report(self._now(), took, phase, status, error_type),
        )

    async def _run(
        self, request_id: str, payload: bytes, invoked_arn: str, client_context: str | None
    ) -> tuple[Answer, str]:
        """Give the event to the process. Return its answer, and the status for REPORT."""
        assert self._api is not None
        assert self._exit is not None
        assert self._output is not None
        timeout = self.configuration.timeout
        # The handler compares its deadline with the machine's clock, which cannot be advanced.
        deadline_ms = int((time.time() + timeout) * 1000)
        event = Event(request_id, payload, deadline_ms, invoked_arn, trace_id(), client_context)
        timer = asyncio.get_running_loop().call_later(timeout, self._api.give_up)
        answering = self._api.invoke(event)
        if self._exit.done():  # it ended since ``alive`` was read
            self._api.give_up()
        answer = await answering
        timer.cancel()
        if answer is not None:
            self._output.drain()
            if answer.failure is None:
                return answer, "success"
            if answer.failure.error_type == RESPONSE_TOO_LARGE:  # the runtime ends when it gets this error
                self._broken = True
                return answer, "error"
            return answer, "failure"
        self._broken = True
        if self._exit.done():
            self._output.drain()
            failure = launch.exit_failure(self._exit.result())
            return Answer(failure.payload(request_id), failure), "error"
        self._peak_memory(None)
        await self._kill()
        self._output.drain()
        failure = Failure(TIMED_OUT, f"Task timed out after {timeout:.2f} seconds")
        return Answer(failure.payload(request_id), failure), "timeout"

    async def _clear(self) -> None:
        """End the process, and log the last lines that it wrote."""
        await self._kill()
        if self._api is not None:
            await self._api.close()
        if self._output is not None:
            self._output.drain()
            self._output.close()

    async def _kill(self) -> None:
        if self._process is not None and self._exit is not None:
            self._process.kill()
            await asyncio.wait({self._exit})

    def _peak_memory(self, reported: int | None) -> int:
        """Return the most memory used so far, in MB: measured, or else ``reported`` by the runtime client.

        Call it before the process ends: afterwards nothing can be measured.
        """
        measured = self._process.peak_memory() if self._process is not None else None
        self._peak = max(self._peak, measured or reported or 0)
        return self._peak

    def _now(self) -> datetime:
        return self._context.clock.utc()

    def _line(self, *messages: str | None) -> None:
        self.stream.write([(None, message) for message in messages if message is not None])

    def _write(self, messages: Sequence[Message]) -> None:
        self.stream.write([message for message in messages if self._log_lines.admits(message[1])])

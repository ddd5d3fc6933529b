"""The control plane: every AWS API except the data planes of Lambda and of WebSocket APIs."""

import asyncio
import functools
import logging
import os
import re
import time
import warnings
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import parse_qsl

from local_aws.control_plane.moto_host.read_cache import leaves_cache_valid
from local_aws.control_plane.moto_host.worker import Worker
from local_aws.control_plane.queries import Queries
from local_aws.errors import DoesNotFit
from local_aws.net.http import Headers, Request, Response
from local_aws.patching import explained_imports, is_seen

if TYPE_CHECKING:
    from local_aws.control_plane.api_gateway.rest import WebSocketApiRequests
    from local_aws.control_plane.cloudwatch.metrics import Datum
    from local_aws.control_plane.moto_host.wsgi import MotoApp

__all__ = ["ControlPlane"]

log = logging.getLogger(__name__)

USUAL_SERVICES = ("sts", "cloudformation", "s3", "lambda", "apigatewayv2", "logs", "iam", "dynamodb")
"""The services that a deploy calls, in that order; they are prepared before the first request."""

_SIGNED_FOR = re.compile(r"Credential=[^/]+/\d{8}/([^/]+)/([^/]+)/aws4_request")


@dataclass(frozen=True, slots=True)
class _Loaded:
    """The state that exists once moto is imported."""

    moto: "MotoApp"
    websocket_apis: dict[str, "WebSocketApiRequests"]


class _LogStream(NamedTuple):
    """A log stream, and whether to create its group if that is missing."""

    region: str
    group: str
    stream: str
    make_group: bool


class ControlPlane(Queries):
    """moto in this process on one thread, and what it lacks for WebSocket APIs.

    The constructor returns at once: the thread imports moto in the background, and the first requests wait for it. moto
    keeps its state in its modules, so all control planes of a process share one state and one account. Methods without
    ``async`` may be called from any thread, and never block.
    """

    def __init__(self, *, account_id: str, region: str, concurrent_executions: int = 1000) -> None:
        super().__init__(account_id=account_id, region=region, concurrent_executions=concurrent_executions)
        self._worker = Worker("control-plane")
        self._state: _Loaded | None = None
        self._pending_logs: deque[tuple[_LogStream, Sequence[tuple[int, str]], Callable[[str], bool]]] = deque()
        self._loading = self._worker.submit(self._load)
        self._loading.add_done_callback(_log_failure)

    async def handle(self, request: Request) -> Response:
        """Answer a request for any AWS API. Errors are answers in that API's own form."""
        return await self._worker.run(lambda: self._answer_and_invalidate(request))

    async def loaded(self) -> None:
        """Return when moto is imported. Raises DoesNotFit if a patch no longer fits it."""
        await asyncio.wrap_future(self._loading)

    async def warm_up(self) -> None:
        """Return when all slow imports are done. Calling it is optional."""
        await self._worker.run(lambda: None)

    async def reset(self) -> None:
        """Delete all resources of every API."""
        await self._worker.run(self._reset)

    async def close(self) -> None:
        """Run what is queued, then stop the thread. Later requests are not answered."""
        self._worker.close()

    # logs and metrics

    def put_log_events(
        self,
        group: str,
        stream: str,
        events: Sequence[tuple[int, str]],
        *,
        region: str | None = None,
        make_group: bool = True,
        may: Callable[[str], bool] = lambda action: True,
    ) -> None:
        """Append events, each (timestamp in ms, message), to a stream; the stream is created if it is missing.

        The group is created too, unless ``make_group`` is False; then events for a missing group are dropped. ``may``
        says whether the writer has a permission. It is asked for ``logs:CreateLogGroup``, ``logs:CreateLogStream`` and
        ``logs:PutLogEvents``, each when it is needed; if it returns False, the events are dropped.
        """
        destination = _LogStream(region or self.region, group, stream, make_group)
        self._pending_logs.append((destination, events, may))
        if len(self._pending_logs) == 1:
            self._worker.post_soon(self._write_logs)

    def put_metric_data(self, namespace: str, data: Sequence["Datum"]) -> None:
        """Add data to a service's metrics, each datum in its own region."""
        self._worker.post(lambda: self._put_metrics(namespace, data))

    def delete_expired_items(self, now: float) -> None:
        """Delete the DynamoDB items that expired before ``now`` (epoch seconds)."""
        self._worker.post(lambda: self._delete_expired(now))

    async def assume_role(self, role_arn: str, session_name: str, seconds: int = 3600) -> tuple[str, str, str]:
        """The role's access key id, secret access key and session token. Does not check the role's trust policy."""
        return await self._worker.run(lambda: self._assume(role_arn, session_name, seconds))

    # on the thread

    def _delete_expired(self, now: float) -> None:
        from local_aws.control_plane.dynamodb.time_to_live import delete_expired

        delete_expired(self.account_id, now)

    def _load(self) -> None:
        began = time.perf_counter()
        # Every request is about this account, regardless of its access key and headers.
        os.environ["MOTO_ACCOUNT_ID"] = self.account_id
        warnings.filterwarnings("ignore", module=r"moto\.|local_aws\.control_plane\.")

        from local_aws.control_plane.moto_host.light_imports import lighter_imports

        with explained_imports(), lighter_imports():
            from local_aws.control_plane.moto_host.wsgi import MotoApp

            moto = MotoApp()
            from local_aws.control_plane.lambda_api.function_settings import set_limit
            from local_aws.control_plane.patches import apply_patches

            apply_patches()
            set_limit(self.account_id, self._concurrent_executions)
        self._state = _Loaded(moto, {})
        self._ready.set()
        self.read_cache.invalidate()
        for service in USUAL_SERVICES:  # one job each, so that a request waits for one of them at most
            self._worker.post(functools.partial(moto.prepare, service))
        log.info("moto is imported: %.2f s", time.perf_counter() - began)

    def _loaded(self) -> _Loaded:
        if self._state is None:
            raise RuntimeError("moto could not be imported; the log has the reason") from self._loading.exception()
        return self._state

    def _requests_of(self, region: str) -> "WebSocketApiRequests":
        from local_aws.control_plane.api_gateway.rest import WebSocketApiRequests
        from local_aws.control_plane.cloudformation.types import domain_names_of, websocket_apis_of

        state = self._loaded()
        if region not in state.websocket_apis:
            apis = websocket_apis_of(self.account_id, region)
            names = domain_names_of(self.account_id, region)
            state.websocket_apis[region] = WebSocketApiRequests(apis, names, state.moto.answer)
        return state.websocket_apis[region]

    def _reset(self) -> None:
        from moto.core.base_backend import BackendDict

        from local_aws.control_plane.cloudformation.types import forget_domain_names, forget_websocket_apis
        from local_aws.control_plane.cloudwatch import metrics

        BackendDict.reset()
        metrics.forget()
        forget_domain_names()
        forget_websocket_apis()
        self._loaded().websocket_apis.clear()
        self.read_cache.invalidate()

    def _answer_and_invalidate(self, request: Request) -> Response:
        if leaves_cache_valid(request):
            return self._answer(request)
        self.read_cache.invalidate()
        try:
            return self._answer(request)
        finally:
            self.read_cache.invalidate()

    def _answer(self, request: Request) -> Response:
        request = _with_scope(request)
        signed_for = _SIGNED_FOR.search(request.headers.get("authorization") or "")
        region, service = signed_for.groups() if signed_for else (self.region, "")
        if service == "apigateway" and request.path.startswith("/v2/"):
            return self._requests_of(region).answer(request)
        return self._loaded().moto.answer(request)

    def _write_logs(self) -> None:
        batches: dict[_LogStream, tuple[list[tuple[int, str]], Callable[[str], bool]]] = {}
        while self._pending_logs:
            destination, events, may = self._pending_logs.popleft()
            batches.setdefault(destination, ([], may))[0].extend(events)
        for destination, (written, may) in batches.items():
            written.sort(key=lambda event: event[0])
            self._write_log(destination, written, may)

    def _write_log(self, destination: _LogStream, events: list[tuple[int, str]], may: Callable[[str], bool]) -> None:
        from moto.logs.models import logs_backends

        self._loaded()
        backend = logs_backends[self.account_id][destination.region]
        if destination.group not in backend.groups:
            if not (destination.make_group and may("logs:CreateLogGroup")):
                return
            backend.ensure_log_group(destination.group)
        group = backend.groups[destination.group]
        if destination.stream not in group.streams:
            if not may("logs:CreateLogStream"):
                return
            backend.create_log_stream(destination.group, destination.stream)
        if not may("logs:PutLogEvents"):
            return
        # Not through PutLogEvents: it rejects events over two hours in the future, and our clock can be ahead.
        group.put_log_events(
            destination.stream, [{"timestamp": timestamp, "message": message} for timestamp, message in events]
        )

    def _put_metrics(self, namespace: str, data: Sequence["Datum"]) -> None:
        from local_aws.control_plane.cloudwatch import metrics

        self._loaded()
        metrics.put(self.account_id, namespace, data)

    def _assume(self, role_arn: str, session_name: str, seconds: int) -> tuple[str, str, str]:
        from moto.sts.models import sts_backends
        from moto.utilities.utils import get_partition

        self._loaded()
        role = sts_backends[self.account_id][get_partition(self.region)].assume_role(
            region_name=self.region,
            role_session_name=session_name,
            role_arn=role_arn,
            policy="",
            duration=seconds,
            external_id="",
        )
        self.read_cache.invalidate()
        return role.access_key_id, role.secret_access_key, role.session_token


def _log_failure(loading: Future[None]) -> None:
    error = loading.exception()
    if isinstance(error, DoesNotFit) and not is_seen("moto"):
        return  # the caller of loaded() gets that exception
    if error is not None:
        log.error("moto could not be imported", exc_info=error)


def _with_scope(request: Request) -> Request:
    """The request; if it is presigned, with an ``Authorization`` header that names its access key and service.

    moto reads the query of presigned requests for S3 only; for other services it would guess the service.
    """
    if "authorization" in request.headers or "X-Amz-Credential=" not in request.query:
        return request
    credential = dict(parse_qsl(request.query)).get("X-Amz-Credential", "")
    if credential.endswith("/s3/aws4_request"):
        return request
    authorization = f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host, Signature=presigned"
    return replace(request, headers=Headers([*request.headers, ("Authorization", authorization)]))

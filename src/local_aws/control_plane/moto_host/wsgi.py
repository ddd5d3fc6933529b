"""Calls moto's WSGI application with an ``http.Request``, and returns an ``http.Response``. Runs on one thread."""

import io
import json
import logging
from collections.abc import Iterable
from typing import Any
from urllib.parse import unquote_to_bytes
from xml.sax.saxutils import escape

from moto.core.request import (
    PRESERVED_HEADER_NAMES_ENVIRON_KEY,
    environ_key_for_header,
    should_preserve_original_header_name,
)
from moto.moto_server import werkzeug_app

from local_aws.net.http import Request, Response
from local_aws.patching import overriding, patch

__all__ = ["MotoApp", "error_response", "internal_failure"]

log = logging.getLogger(__name__)

HOP_BY_HOP = frozenset({"connection", "content-length", "date", "keep-alive", "server", "transfer-encoding"})

CLOSED_PATHS = ("/moto-api", "/latest/meta-data", "/latest/api", "/favicon.ico", "/@connections")
"""Paths that callers may not reach: moto's own switches and its EC2 metadata, which are no part of AWS's endpoint, and
@connections, where moto accepts any connection id. The gateway answers @connections.
"""

Environ = dict[str, Any]


class UnknownService(Exception):
    """The request is signed for a service that moto does not have."""


@overriding("get_backend_for_host")
class _Services(werkzeug_app.DomainDispatcherApplication):  # type: ignore[misc]
    """moto's dispatcher, but an unknown service raises UnknownService; moto prints advice for its developers."""

    def prepare(self, service: str) -> None:
        """Create the application of a service, as its first request would."""
        if service not in self.app_instances:
            self.app_instances[service] = self.create_app(service)

    def get_backend_for_host(self, host: str | None) -> Any:
        if host is None:
            return None
        if host in werkzeug_app.backends.list_of_moto_modules():
            return host
        for backend, pattern in self.backend_url_patterns:
            if pattern.match(f"http://{host}"):
                return backend
        raise UnknownService(host)


class MotoApp:
    """Answers requests for all services of moto. Never raises: an exception in moto becomes AWS's InternalFailure."""

    def __init__(self) -> None:
        # moto's CORS headers would let any web page read the answers.
        patch(werkzeug_app, "DISABLE_GLOBAL_CORS", True)
        self._services = _Services(werkzeug_app.create_backend_app)

    def prepare(self, service: str) -> None:
        """Create the application of a service, so that its first request need not wait."""
        self._services.prepare(service)

    def answer(self, request: Request) -> Response:
        """The service's answer."""
        signed_for_data_plane = "/execute-api/aws4_request" in (request.headers.get("authorization") or "")
        if signed_for_data_plane or request.path.startswith(CLOSED_PATHS):
            return error_response(request, 403, "AccessDenied", "Access Denied")
        try:
            return self._answer(request)
        except UnknownService as service:
            message = f"The embedded AWS has no service at {service}."
            return error_response(request, 400, "UnknownOperationException", message)
        except Exception:
            return internal_failure(request)

    def _answer(self, request: Request) -> Response:
        status = 500
        headers: list[tuple[str, str]] = []

        def start_response(line: str, fields: Iterable[tuple[str, str]], exc_info: Any = None) -> Any:
            nonlocal status
            status = int(line.partition(" ")[0])
            headers[:] = fields
            return lambda data: None

        chunks = self._services(_environ(request), start_response)
        try:
            body = b"".join(chunks)
        finally:
            if hasattr(chunks, "close"):
                chunks.close()
        dropped = HOP_BY_HOP - {"content-length"} if request.method == "HEAD" else HOP_BY_HOP  # the object's length
        kept = [(name, value) for name, value in headers if name.lower() not in dropped]
        return Response(status, kept, body)


def _environ(request: Request) -> Environ:
    """The WSGI environ of a request (PEP 3333), with the raw target beside the decoded path: S3 keys need it."""
    environ: Environ = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(request.path).decode("latin-1"),
        "QUERY_STRING": request.query,
        "RAW_URI": request.target,
        "REQUEST_URI": request.target,
        "SERVER_NAME": request.host or "localhost",
        "SERVER_PORT": (request.headers.get("host") or "").rpartition(":")[2] or "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": request.client[0],
        "REMOTE_PORT": str(request.client[1]),
        "CONTENT_LENGTH": str(len(request.body)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "https" if request.secure else "http",
        "wsgi.input": io.BytesIO(request.body),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    dashed = {environ_key_for_header(name) for name, _ in request.headers if "_" not in name}
    preserved: dict[str, str] = {}
    for name, value in request.headers:
        key = environ_key_for_header(name)
        if name.lower() in ("content-length", "transfer-encoding"):
            continue
        if name.lower() == "content-type":
            environ["CONTENT_TYPE"] = value
            continue
        if "_" in name and (key in dashed or not should_preserve_original_header_name(name)):
            continue  # a header with an underscore must not replace the one with a dash
        if should_preserve_original_header_name(name):
            preserved.setdefault(key, name)
        environ[key] = f"{environ[key]},{value}" if key in environ else value
    environ[PRESERVED_HEADER_NAMES_ENVIRON_KEY] = preserved
    return environ


def internal_failure(request: Request) -> Response:
    """AWS's InternalFailure; logs the exception that is being handled."""
    log.exception("%s %s failed", request.method, request.target)
    message = "The embedded AWS failed at this request; its log has the details."
    return error_response(request, 500, "InternalFailure", message)


def error_response(request: Request, status: int, code: str, message: str) -> Response:
    """An error in the form that the caller's protocol expects."""
    content_type = request.headers.get("content-type") or ""
    if content_type.startswith("application/x-www-form-urlencoded"):
        fault = "Receiver" if status >= 500 else "Sender"
        text = (
            f"<ErrorResponse><Error><Type>{fault}</Type><Code>{code}</Code><Message>{escape(message)}</Message>"
            "</Error></ErrorResponse>"
        )
        return Response(status, [("Content-Type", "text/xml")], text.encode())
    if "/s3/aws4_request" in (request.headers.get("authorization") or ""):
        code = "InternalError" if code == "InternalFailure" else code
        text = f"<Error><Code>{code}</Code><Message>{escape(message)}</Message></Error>"
        return Response(status, [("Content-Type", "application/xml")], text.encode())
    body = json.dumps({"__type": code, "message": message}).encode()
    media = "application/x-amz-json-1.0" if "x-amz-json" in content_type else "application/json"
    return Response(status, [("Content-Type", media), ("x-amzn-ErrorType", code)], body)

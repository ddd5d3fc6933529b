"""Our own runtime client: runs a handler where awslambdaric, which has no macOS wheel, is absent.

Run as a script; it imports nothing of local_aws and nothing slow, because each import is part of every cold start.
For a handler, and in the log, it behaves as awslambdaric 4 does.
"""

import importlib
import json
import logging
import os
import resource
import socket
import sys
import time
import traceback
from decimal import Decimal
from types import SimpleNamespace

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing is slow to import
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from typing import Any, TextIO

NBSP = "\u00a0"
FRAME_LEVELS = {"DEBUG": 0x0A, "INFO": 0x0E, "WARNING": 0x12, "ERROR": 0x16, "CRITICAL": 0x1A}
JSON_FORMAT = os.environ.get("AWS_LAMBDA_LOG_FORMAT", "").upper() == "JSON"
ASCII = os.environ.get("AWS_EXECUTION_ENV", "").rpartition(".")[2] in {"9", "10", "11"}
LOG_RECORD_FIELDS = {*vars(logging.makeLogRecord({})), "message", "asctime", "aws_request_id", "taskName"}


class Fault(Exception):
    """An error with a name of Lambda's (``Runtime.…``), not that of a Python exception."""

    def __init__(self, error_type: str, message: str, trace: "Sequence[str]" = ()) -> None:
        super().__init__(message)
        self.document: dict[str, Any] = {
            "errorMessage": message,
            "errorType": error_type,
            "requestId": "",
            "stackTrace": list(trace),
        }


class Context:
    """The second argument of a handler."""

    def __init__(self, headers: "Mapping[str, str]") -> None:
        environment = os.environ.get
        self.aws_request_id = headers["lambda-runtime-aws-request-id"]
        self.invoked_function_arn = headers.get("lambda-runtime-invoked-function-arn")
        self.function_name = environment("AWS_LAMBDA_FUNCTION_NAME")
        self.function_version = environment("AWS_LAMBDA_FUNCTION_VERSION")
        self.memory_limit_in_mb = environment("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")
        self.log_group_name = environment("AWS_LAMBDA_LOG_GROUP_NAME")
        self.log_stream_name = environment("AWS_LAMBDA_LOG_STREAM_NAME")
        self.client_context = _client_context(headers.get("lambda-runtime-client-context"))
        self.tenant_id = None
        self.identity = SimpleNamespace(cognito_identity_id=None, cognito_identity_pool_id=None)
        self._deadline_ms = int(headers.get("lambda-runtime-deadline-ms", 0))

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until the function times out, never below 0."""
        return max(0, self._deadline_ms - int(time.time() * 1000))

    def log(self, message: object) -> None:
        """Write to the function's log."""
        log.write(str(message))

    def __repr__(self) -> str:
        return f"LambdaContext([aws_request_id={self.aws_request_id},function_name={self.function_name}])"


def _client_context(text: "str | None") -> "SimpleNamespace | None":
    """Return the client context of the caller as an object, None without one."""
    if not text:
        return None
    given = json.loads(text)
    context = SimpleNamespace(**{name: given.get(name) for name in ("custom", "env", "client")})
    if context.client is not None:
        names = ("installation_id", "app_title", "app_version_name", "app_version_code", "app_package_name")
        context.client = SimpleNamespace(**{name: context.client.get(name) for name in names})
    return context


class Log(logging.Handler):
    """Writes messages of any number of lines as one frame each, to the descriptor that Lambda names."""

    def __init__(self) -> None:
        super().__init__()
        descriptor = os.environ.pop("_LAMBDA_TELEMETRY_LOG_FD", None)
        self.descriptor = None if descriptor is None else int(descriptor)
        self.request_id = ""

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record of ``logging``."""
        record.aws_request_id = self.request_id
        try:
            self.write(self.format(record), record.levelname)
        except Exception:
            self.handleError(record)

    def write(self, message: str, level: str = "") -> None:
        """Write one message."""
        if self.descriptor is None:
            sys.stdout.write(message)
            return
        data = message.encode("utf-8", "replace")
        kind = 0xA55A0000 | (FRAME_LEVELS.get(level, 0x02) | (0 if JSON_FORMAT else 1))
        stamp = time.time_ns() // 1000
        data = kind.to_bytes(4, "big") + len(data).to_bytes(4, "big") + stamp.to_bytes(8, "big") + data
        while data:
            data = data[os.write(self.descriptor, data) :]

    def error(self, document: "Mapping[str, Any]") -> None:
        """Write an error that the handler raised, or that kept it from being loaded."""
        if JSON_FORMAT:
            stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
            self.write(encode({"timestamp": stamp, "level": "ERROR", **document}) + "\n", "ERROR")
            return
        lines = [": ".join(filter(None, ["[ERROR] " + document["errorType"], document["errorMessage"]]))]
        lines.append("Traceback (most recent call last):")
        for entry in document["stackTrace"]:
            for line in entry.splitlines():
                text = line.lstrip(" ")
                lines.append(NBSP * (len(line) - len(text)) + text)
        self.write("\n".join(lines), "ERROR")


log = Log()


class TextFormatter(logging.Formatter):
    """Formats a record of ``logging`` as Lambda's line of text."""

    converter = time.gmtime  # type: ignore[assignment]

    def __init__(self) -> None:
        super().__init__(
            "[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s\n", "%Y-%m-%dT%H:%M:%S"
        )


class JsonFormatter(logging.Formatter):
    """Formats a record of ``logging`` as Lambda's JSON object; ``extra`` fields become keys of their own."""

    converter = time.gmtime  # type: ignore[assignment]

    def format(self, record: logging.LogRecord) -> str:
        """Return the object, on one line."""
        fields: dict[str, Any] = {
            "timestamp": self.formatTime(record, "%Y-%m-%dT%H:%M:%SZ"),
            "level": record.levelname,
            "message": record.msg if isinstance(record.msg, dict) and not record.args else record.getMessage(),
            "logger": record.name,
        }
        if record.exc_info and record.exc_info[0]:
            kind, error, trace = record.exc_info
            fields["stackTrace"] = traceback.format_tb(trace)
            fields["errorType"] = kind.__name__
            fields["errorMessage"] = str(error)
            fields["location"] = f"{record.pathname}:{record.funcName}:{record.lineno}"
        fields["requestId"] = log.request_id
        extra = {k: v for k, v in vars(record).items() if k not in LOG_RECORD_FIELDS and k not in fields}
        return json.dumps({**fields, **extra}, ensure_ascii=False, default=str) + "\n"


class Unbuffered:
    """A text stream that flushes each write, so that nothing printed is lost when the process is killed."""

    def __init__(self, stream: "TextIO") -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write and flush."""
        self._stream.write(text)
        self._stream.flush()
        return len(text)

    def writelines(self, lines: "Iterable[str]") -> None:
        """Write all and flush."""
        self._stream.writelines(lines)
        self._stream.flush()

    def __getattr__(self, name: str) -> "Any":
        return getattr(self._stream, name)


class RuntimeApi:
    """The client's side of the Runtime API: HTTP/1.1 over one connection.

    ``http.client`` would do, but importing it takes longer than everything else in this file together.
    """

    def __init__(self, address: str) -> None:
        self.address, slash, secret = address.partition("/")  # some systems need a secret (``runtime_api``)
        self.prefix = slash + secret
        host, _, port = self.address.rpartition(":")
        self.socket = socket.create_connection((host, int(port)))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.file = self.socket.makefile("rb")

    def request(
        self, method: str, path: str, body: bytes = b"", headers: "Iterable[tuple[str, str]]" = ()
    ) -> tuple[dict[str, str], bytes]:
        """Send a request. Return the header fields (names in lower case) and the body of its answer.

        Ends the process if there is no answer, or one that is no success.
        """
        lines = [f"{method} {self.prefix}/2018-06-01/runtime/{path} HTTP/1.1", f"Host: {self.address}"]
        lines += [f"{name}: {value}" for name, value in headers]
        lines += [f"Content-Length: {len(body)}", "", ""]
        self.socket.sendall("\r\n".join(lines).encode("latin-1", "replace") + body)
        status = self.file.readline()
        if not status:
            sys.exit(1)  # the server has closed the connection
        answer: dict[str, str] = {}
        while line := self.file.readline().rstrip():
            name, _, value = line.decode("latin-1").partition(":")
            answer[name.strip().lower()] = value.strip()
        content = self.file.read(int(answer.get("content-length", 0)))
        if not 200 <= int(status.split()[1]) < 300:
            sys.stderr.write(f"LAMBDA_RUNTIME request to {path} failed: {status.decode().strip()}\n")
            sys.exit(1)
        return answer, content


def encode(value: object) -> str:
    """Return JSON as Lambda's Python runtime writes it: not only ASCII since 3.12, a Decimal as a number."""

    def other(item: object) -> int | float:
        if isinstance(item, Decimal):
            return int(item) if item.is_finite() and item == item.to_integral_value() else float(item)
        raise TypeError(f"Object of type {type(item).__name__} is not JSON serializable")

    return json.dumps(value, ensure_ascii=ASCII, default=other)


def load(handler: str) -> "Callable[..., Any]":
    """Return the callable that ``folder/module.name`` names.

    Raises Fault with Lambda's message for the reason why it cannot be loaded.
    """
    module, dot, name = handler.rpartition(".")
    if not dot:
        reason = "not enough values to unpack (expected 2, got 1)"
        raise Fault("Runtime.MalformedHandlerName", f"Bad handler '{handler}': {reason}")
    if module.split(".")[0] in sys.builtin_module_names:
        reason = f"Cannot use built-in module {module} as a handler module"
        raise Fault("Runtime.BuiltInModuleConflict", reason)
    try:
        loaded = importlib.import_module(module.replace("/", "."))
    except ImportError as error:
        raise Fault("Runtime.ImportModuleError", f"Unable to import module '{module}': {error}") from error
    except SyntaxError as error:
        where = f'  File "{error.filename}" Line {error.lineno}\n    {error.text}'
        message = f"Syntax error in module '{module}': {error}"
        raise Fault("Runtime.UserCodeSyntaxError", message, [where]) from error
    try:
        found: Callable[..., Any] = getattr(loaded, name)
    except AttributeError:
        message = f"Handler '{name}' missing on module '{module}'"
        raise Fault("Runtime.HandlerNotFound", message) from None
    return found


def describe(error: Exception) -> "dict[str, Any]":
    """Return the error document for an exception, with a stack trace without our own frames."""
    if isinstance(error, Fault):
        return dict(error.document)
    frames = [
        (frame.filename, frame.lineno or 0, frame.name, frame.line)
        for frame in traceback.extract_tb(error.__traceback__)
    ]
    while frames and frames[0][0] == __file__:
        del frames[0]
    return {
        "errorMessage": str(error),
        "errorType": type(error).__name__,
        "requestId": "",
        "stackTrace": traceback.format_list(frames),
    }


def respond(handler: "Callable[..., Any]", body: bytes, headers: "Mapping[str, str]") -> bytes:
    """Call the handler and return its answer as bytes. Raises what it raises, and Fault."""
    context = Context(headers)
    try:
        event = json.loads(body)
    except ValueError as error:
        raise Fault("Runtime.UnmarshalError", f"Unable to unmarshal input: {error}") from error
    response = handler(event, context)
    if isinstance(response, bytes):
        return response
    try:
        return encode(response).encode()
    except Exception as error:
        raise Fault("Runtime.MarshalError", f"Unable to marshal response: {error}") from error


def peak_memory() -> int:
    """Return the most memory used so far, in MB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak // (1024 * 1024 if sys.platform == "darwin" else 1024) + 1


def set_up_logging() -> None:
    """Send the root logger's records to the function's log, as Lambda does."""
    log.setFormatter(JsonFormatter() if JSON_FORMAT else TextFormatter())
    root = logging.getLogger()
    root.addHandler(log)
    level = os.environ.get("AWS_LAMBDA_LOG_LEVEL", "").upper().replace("TRACE", "DEBUG")
    if level in logging.getLevelNamesMapping():
        root.setLevel(level)


def main() -> None:
    """Load the handler, then answer events until the Runtime API ends."""
    sys.stdout = Unbuffered(sys.stdout)
    sys.stderr = Unbuffered(sys.stderr)
    api = RuntimeApi(os.environ["AWS_LAMBDA_RUNTIME_API"])
    set_up_logging()
    try:
        handler = load(os.environ["_HANDLER"])
    except Exception as error:
        document = describe(error)
        log.error(document)
        named = [("Lambda-Runtime-Function-Error-Type", document["errorType"])]
        api.request("POST", "init/error", encode(document).encode(), named)
        sys.exit(1)
    while True:
        headers, event = api.request("GET", "invocation/next")
        log.request_id = request_id = headers["lambda-runtime-aws-request-id"]
        os.environ["_X_AMZN_TRACE_ID"] = headers.get("lambda-runtime-trace-id", "")
        extra = [("Content-Type", "application/json")]
        try:
            body, outcome = respond(handler, event, headers), "response"
        except Exception as error:
            document = {**describe(error), "requestId": request_id}
            log.error(document)
            body, outcome = encode(document).encode(), "error"
            extra.append(("Lambda-Runtime-Function-Error-Type", "Unhandled"))
        extra.append(("Local-Aws-Max-Memory", str(peak_memory())))
        api.request("POST", f"invocation/{request_id}/{outcome}", body, extra)


if __name__ == "__main__":
    main()

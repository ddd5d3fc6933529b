"""The result of an invocation: the function's answer, or how it failed."""

import json
from dataclasses import dataclass

__all__ = ["TIMED_OUT", "UNHANDLED", "Failure", "Invocation"]

TIMED_OUT = "Sandbox.Timedout"
UNHANDLED = "Unhandled"  # the only value that AWS sends in X-Amz-Function-Error for a zip function


@dataclass(frozen=True, slots=True)
class Invocation:
    """One finished invocation, as ``Invoke`` reports it.

    ``function_error`` is None or ``Unhandled``; if it is ``Unhandled``, ``payload`` is the error document
    (``errorType``, ``errorMessage``, …). ``log_tail`` is the last 4 KB of the invocation's log, not yet base64.
    ``duration`` is in milliseconds, without the start of the sandbox.
    """

    request_id: str
    payload: bytes
    function_error: str | None
    executed_version: str
    log_tail: bytes
    duration: float = 0.0


@dataclass(frozen=True, slots=True)
class Failure:
    """A function error. ``document`` is the error document that the runtime posted, or None if it posted none."""

    error_type: str
    message: str
    document: bytes | None = None

    def payload(self, request_id: str) -> bytes:
        """Return the error document for the caller of that request."""
        if self.document is not None:
            return self.document
        error = {
            "errorType": self.error_type,
            "errorMessage": f"RequestId: {request_id} Error: {self.message}",
        }
        return json.dumps(error, separators=(",", ":")).encode()

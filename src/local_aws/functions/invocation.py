"""What comes back from a function: its answer, or the way in which it failed."""

import json
from dataclasses import dataclass

__all__ = ["TIMED_OUT", "UNHANDLED", "Failure", "Invocation"]

TIMED_OUT = "Sandbox.Timedout"
UNHANDLED = "Unhandled"  # the only value that AWS sends in X-Amz-Function-Error for a zip function


@dataclass(frozen=True, slots=True)
class Invocation:
    """One finished invocation, as ``Invoke`` reports it.

    ``function_error`` is None or ``Unhandled``; with the latter, ``payload`` is the error document
    (``errorType``, ``errorMessage``, …). ``log_tail`` is the last 4 KB of what was logged, not yet base64;
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
    """A function error. ``document`` is what the runtime itself reported, where it could report."""

    error_type: str
    message: str
    document: bytes | None = None

    def payload(self, request_id: str) -> bytes:
        """The error document for the caller of that request."""
        if self.document is not None:
            return self.document
        error = {
            "errorType": self.error_type,
            "errorMessage": f"RequestId: {request_id} Error: {self.message}",
        }
        return json.dumps(error, separators=(",", ":")).encode()

"""What the Invoke operation refuses, with AWS's status, code and message."""

import json

from local_aws.errors import LocalAwsError
from local_aws.net.http import Response

__all__ = ["Refusal", "Throttled", "refused"]


class Refusal(LocalAwsError):
    """An invocation that is refused before it begins; ``str()`` is AWS's message."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code

    @classmethod
    def validation(cls, value: str, member: str, constraint: str) -> "Refusal":
        """A member of the request that breaks a constraint of the service model."""
        return cls(
            400,
            "ValidationException",
            f"1 validation error detected: Value '{value}' at '{member}' failed to satisfy constraint: "
            f"Member must {constraint}",
        )


class Throttled(Refusal):
    """A limit of Lambda's is reached; ``reason`` is AWS's ``ThrottleReason``."""

    def __init__(self, reason: str) -> None:
        super().__init__(429, "TooManyRequestsException", "Rate Exceeded.")
        self.reason = reason


def refused(
    status: int, code: str, message: str, *, reason: str | None = None, headers: tuple[tuple[str, str], ...] = ()
) -> Response:
    """Return the HTTP response of a refusal. ``reason`` is the ``ThrottleReason`` of a throttled call."""
    document = {"Reason": reason} if reason else {}
    document |= {"Type": "User" if status < 500 else "Service", "Message": message, "message": message}
    fields = [("Content-Type", "application/json"), ("x-amzn-ErrorType", code), *headers]
    return Response(status, fields, json.dumps(document).encode())

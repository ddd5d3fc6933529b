"""Every choice in Lambda's data plane where AWS is silent, or its sources disagree."""

__all__ = [
    "AGE_LOOKS_AHEAD",
    "CLIENT_CONTEXT",
    "NO_CONCURRENCY",
    "OTHER_QUALIFIER",
    "RETRY_AFTER",
    "TOO_LARGE",
    "TOO_LARGE_EVENT",
    "dead_letter_code",
    "recorded_arn",
]

OTHER_QUALIFIER = "The derived qualifier from the function name does not match the specified qualifier."
"""``Invoke`` with one qualifier in the function's name and a different one in ``Qualifier``; people quote this
message."""

CLIENT_CONTEXT = "Client context must be a valid Base64-encoded JSON object."
"""``Invoke`` with an invalid ``X-Amz-Client-Context``; people quote this message."""

TOO_LARGE = "Request must be smaller than {limit} bytes for the InvokeFunction operation"
"""``RequestEntityTooLargeException`` of a synchronous invocation, as people quote it; the service model calls it
``RequestTooLargeException``."""

TOO_LARGE_EVENT = "{size} byte payload is too large for the Event invocation type (limit {limit} bytes)"
"""The same for an asynchronous invocation; people quote it with 262,144 bytes, the limit until late in 2025."""

RETRY_AFTER = "1"
"""``Retry-After`` of a throttled invocation, in seconds: the header is documented, its value is not."""

AGE_LOOKS_AHEAD = True
"""Whether an event is dropped as soon as its next attempt would come after its ``MaximumEventAgeInSeconds``, rather
than when that time has passed."""

NO_CONCURRENCY = "ZeroReservedConcurrency"
"""``requestContext.condition`` in the record of an event whose function has reserved concurrency 0. It is documented
that such an event goes to the destination at once, but not with which condition."""


def dead_letter_code(answered: bool) -> int:
    """``ErrorCode`` in a dead-letter queue, documented as the HTTP status: 200 if the function ran, also if it failed;
    429 for an event that was throttled until it was too old."""
    return 200 if answered else 429


def recorded_arn(arn: str, qualifier: str | None) -> str:
    """``requestContext.functionArn`` of a record: AWS's example was invoked without a qualifier and ends in
    ``$LATEST``. For an alias it ends in the alias here, not in the version that answered: the record has that in
    ``executedVersion``."""
    return f"{arn}:{qualifier or '$LATEST'}"

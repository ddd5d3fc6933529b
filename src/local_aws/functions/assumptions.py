"""Every choice of Lambda's data plane where AWS is silent, or its sources disagree."""

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
"""``Invoke`` with one qualifier in the function's name and another one beside it; the words are those that people
quote."""

CLIENT_CONTEXT = "Client context must be a valid Base64-encoded JSON object."
"""``Invoke`` with an ``X-Amz-Client-Context`` that is none; the words are those that people quote."""

TOO_LARGE = "Request must be smaller than {limit} bytes for the InvokeFunction operation"
"""``RequestEntityTooLargeException`` of a synchronous invocation, in the words that people quote; the service model
says ``RequestTooLargeException``."""

TOO_LARGE_EVENT = "{size} byte payload is too large for the Event invocation type (limit {limit} bytes)"
"""The same of an asynchronous one; people quote it with the limit of 262,144 bytes that held until late in 2025."""

RETRY_AFTER = "1"
"""``Retry-After`` of a throttled invocation, in seconds: documented to be there, not what it says."""

AGE_LOOKS_AHEAD = True
"""Whether an event is given up as soon as its next attempt would come after its ``MaximumEventAgeInSeconds``, rather
than when that much time has passed."""

NO_CONCURRENCY = "ZeroReservedConcurrency"
"""``requestContext.condition`` in the record of an event whose function has reserved concurrency 0, which is documented
to go to the destination at once, without saying as what."""


def dead_letter_code(answered: bool) -> int:
    """``ErrorCode`` in a dead-letter queue, documented as the HTTP status: that of an invocation is 200 also when the
    function failed; of an event that was throttled until it was too old it is 429."""
    return 200 if answered else 429


def recorded_arn(arn: str, qualifier: str | None) -> str:
    """``requestContext.functionArn`` of a record: AWS's example is of a mere name and ends in ``$LATEST``; that of an
    alias ends in the alias here, rather than in the version that answered, which the record has beside it."""
    return f"{arn}:{qualifier or '$LATEST'}"

"""What follows an attempt at an asynchronous invocation: another attempt later, or none.

Source: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
"""

import enum
from dataclasses import dataclass

from local_aws.functions import assumptions
from local_aws.functions.configuration import EventSettings

__all__ = ["EVENT_AGE_EXCEEDED", "RETRIES_EXHAUSTED", "SUCCESS", "Done", "Outcome", "Progress", "Retry", "decide"]

SUCCESS = "Success"
RETRIES_EXHAUSTED = "RetriesExhausted"
EVENT_AGE_EXCEEDED = "EventAgeExceeded"

FUNCTION_ERROR_SECONDS = 60  # the wait before the second attempt; before the third, it is twice as long
LONGEST_SETBACK_SECONDS = 5 * 60


class Outcome(enum.Enum):
    """How one attempt went."""

    SUCCEEDED = "the function answered"
    FAILED = "the function failed: it raised, timed out, or its process ended"
    SET_BACK = "the function was not run: throttled, or an error of the system"
    CLOSED = "the function was not run, and may not: its reserved concurrency is 0"


@dataclass(frozen=True, slots=True)
class Progress:
    """An event so far: how often the function failed, how often it could not run since then, the age in seconds."""

    failures: int = 0
    setbacks: int = 0
    age: float = 0.0


@dataclass(frozen=True, slots=True)
class Retry:
    """Another attempt follows in ``seconds``."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Done:
    """No more attempts follow; ``condition`` is the one of the invocation record."""

    condition: str


def decide(outcome: Outcome, before: Progress, settings: EventSettings) -> Retry | Done:
    """Return what follows an attempt with that outcome, given the event's progress before it."""
    if outcome is Outcome.SUCCEEDED:
        return Done(SUCCESS)
    if outcome is Outcome.CLOSED:
        return Done(assumptions.NO_CONCURRENCY)
    if outcome is Outcome.FAILED:
        if before.failures >= settings.maximum_retry_attempts:
            return Done(RETRIES_EXHAUSTED)
        seconds = FUNCTION_ERROR_SECONDS * (before.failures + 1)
    else:
        seconds = min(2**before.setbacks, LONGEST_SETBACK_SECONDS) if before.setbacks < 10 else LONGEST_SETBACK_SECONDS
    age = before.age + (seconds if assumptions.AGE_LOOKS_AHEAD else 0)
    return Done(EVENT_AGE_EXCEEDED) if age > settings.maximum_event_age else Retry(seconds)

"""What becomes of an asynchronous invocation after an attempt: another attempt later, or the end of it.

Source: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
"""

import enum
from dataclasses import dataclass

from local_aws.functions import assumptions
from local_aws.functions.configuration import EventSettings

__all__ = ["EVENT_AGE_EXCEEDED", "RETRIES_EXHAUSTED", "SUCCESS", "Again", "Outcome", "Over", "Progress", "decide"]

SUCCESS = "Success"
RETRIES_EXHAUSTED = "RetriesExhausted"
EVENT_AGE_EXCEEDED = "EventAgeExceeded"

FUNCTION_ERROR_SECONDS = 60  # before the second attempt, and twice as much before the third
LONGEST_SETBACK_SECONDS = 5 * 60


class Outcome(enum.Enum):
    """How one attempt went."""

    SUCCEEDED = "the function answered"
    FAILED = "the function failed: it raised, timed out, or its process ended"
    SET_BACK = "the function was not run: throttled, or an error of the system"
    CLOSED = "the function was not run, and may not: its reserved concurrency is 0"


@dataclass(frozen=True, slots=True)
class Progress:
    """An event so far: how often the function failed, how often it could not be run since, its age in seconds."""

    failures: int = 0
    setbacks: int = 0
    age: float = 0.0


@dataclass(frozen=True, slots=True)
class Again:
    """Another attempt, in so many seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Over:
    """No more attempts; ``condition`` is what the invocation record says of it."""

    condition: str


def decide(outcome: Outcome, before: Progress, settings: EventSettings) -> Again | Over:
    """What follows from an attempt, given what was before it."""
    if outcome is Outcome.SUCCEEDED:
        return Over(SUCCESS)
    if outcome is Outcome.CLOSED:
        return Over(assumptions.NO_CONCURRENCY)
    if outcome is Outcome.FAILED:
        if before.failures >= settings.maximum_retry_attempts:
            return Over(RETRIES_EXHAUSTED)
        seconds = FUNCTION_ERROR_SECONDS * (before.failures + 1)
    else:
        seconds = min(2**before.setbacks, LONGEST_SETBACK_SECONDS) if before.setbacks < 10 else LONGEST_SETBACK_SECONDS
    age = before.age + (seconds if assumptions.AGE_LOOKS_AHEAD else 0)
    return Over(EVENT_AGE_EXCEEDED) if age > settings.maximum_event_age else Again(seconds)

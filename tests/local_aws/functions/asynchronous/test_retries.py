"""What becomes of an event after an attempt."""

import pytest

from local_aws.functions.asynchronous.retries import Again, Outcome, Over, Progress, decide
from local_aws.functions.configuration import EventSettings

USUAL = EventSettings()


def test_an_answer_is_the_end() -> None:
    """Success, whatever was before it."""
    assert decide(Outcome.SUCCEEDED, Progress(2, 0, 99999), USUAL) == Over("Success")


@pytest.mark.parametrize(("failures", "expected"), [(0, Again(60)), (1, Again(120)), (2, Over("RetriesExhausted"))])
def test_a_failing_function_is_tried_twice_more(failures: int, expected: Again | Over) -> None:
    """After one minute, and after two more."""
    assert decide(Outcome.FAILED, Progress(failures), USUAL) == expected


@pytest.mark.parametrize(("attempts", "expected"), [(0, Over("RetriesExhausted")), (1, Again(60))])
def test_fewer_retries_can_be_set(attempts: int, expected: Again | Over) -> None:
    """``MaximumRetryAttempts`` counts the attempts behind the first."""
    assert decide(Outcome.FAILED, Progress(), EventSettings(maximum_retry_attempts=attempts)) == expected


@pytest.mark.parametrize(("setbacks", "seconds"), [(0, 1), (1, 2), (4, 16), (8, 256), (9, 300), (5000, 300)])
def test_a_throttled_event_comes_back_ever_later(setbacks: int, seconds: float) -> None:
    """From one second up to five minutes, without counting as a retry."""
    assert decide(Outcome.SET_BACK, Progress(2, setbacks), USUAL) == Again(seconds)


@pytest.mark.parametrize("outcome", [Outcome.SET_BACK, Outcome.FAILED])
def test_an_event_that_is_too_old_is_given_up(outcome: Outcome) -> None:
    """``MaximumEventAgeInSeconds``, six hours unless it is set."""
    young, old = EventSettings(maximum_event_age=120), EventSettings(maximum_event_age=60)
    assert isinstance(decide(outcome, Progress(age=60), young), Again)
    assert decide(outcome, Progress(age=60), old) == Over("EventAgeExceeded")
    assert decide(outcome, Progress(age=6 * 3600), USUAL) == Over("EventAgeExceeded")


def test_a_function_that_may_not_run_gets_no_second_try() -> None:
    """Reserved concurrency 0."""
    assert decide(Outcome.CLOSED, Progress(), USUAL) == Over("ZeroReservedConcurrency")

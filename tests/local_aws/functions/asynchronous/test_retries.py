"""What becomes of an event after an attempt."""

import pytest

from local_aws.functions.asynchronous.retries import Done, Outcome, Progress, Retry, decide
from local_aws.functions.configuration import EventSettings

USUAL = EventSettings()


def test_an_answer_is_the_end() -> None:
    """After a success there is no attempt, whatever came before it."""
    assert decide(Outcome.SUCCEEDED, Progress(2, 0, 99999), USUAL) == Done("Success")


@pytest.mark.parametrize(("failures", "expected"), [(0, Retry(60)), (1, Retry(120)), (2, Done("RetriesExhausted"))])
def test_a_failing_function_is_tried_twice_more(failures: int, expected: Retry | Done) -> None:
    """The retries come after one minute, and after two more."""
    assert decide(Outcome.FAILED, Progress(failures), USUAL) == expected


@pytest.mark.parametrize(("attempts", "expected"), [(0, Done("RetriesExhausted")), (1, Retry(60))])
def test_fewer_retries_can_be_set(attempts: int, expected: Retry | Done) -> None:
    """``MaximumRetryAttempts`` counts the attempts after the first."""
    assert decide(Outcome.FAILED, Progress(), EventSettings(maximum_retry_attempts=attempts)) == expected


@pytest.mark.parametrize(("setbacks", "seconds"), [(0, 1), (1, 2), (4, 16), (8, 256), (9, 300), (5000, 300)])
def test_a_throttled_event_comes_back_ever_later(setbacks: int, seconds: float) -> None:
    """The wait grows from one second to five minutes, and counts as no retry."""
    assert decide(Outcome.SET_BACK, Progress(2, setbacks), USUAL) == Retry(seconds)


@pytest.mark.parametrize("outcome", [Outcome.SET_BACK, Outcome.FAILED])
def test_an_event_that_is_too_old_is_given_up(outcome: Outcome) -> None:
    """The limit is ``MaximumEventAgeInSeconds``, or six hours."""
    young, old = EventSettings(maximum_event_age=120), EventSettings(maximum_event_age=60)
    assert isinstance(decide(outcome, Progress(age=60), young), Retry)
    assert decide(outcome, Progress(age=60), old) == Done("EventAgeExceeded")
    assert decide(outcome, Progress(age=6 * 3600), USUAL) == Done("EventAgeExceeded")


def test_a_function_that_may_not_run_gets_no_second_try() -> None:
    """With reserved concurrency 0, there is no attempt."""
    assert decide(Outcome.CLOSED, Progress(), USUAL) == Done("ZeroReservedConcurrency")

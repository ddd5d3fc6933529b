"""Token buckets, on a clock that the test sets."""

from dataclasses import replace

import pytest

from local_aws.clock import Clock
from local_aws.gateway import limits
from local_aws.gateway.config.settings import StageSettings
from local_aws.gateway.config.stage import Stage
from local_aws.gateway.throttle import Bucket, Throttle


class SetClock(Clock):
    """A clock that stands still until it is set."""

    def __init__(self) -> None:
        super().__init__()
        self.time = 1_000_000.0

    def now(self) -> float:
        return self.time


def stage(settings: dict[str, object] | None = None, *, api: str = "api", region: str = "us-east-1") -> Stage:
    return Stage(api, "dev", region, "123456789012", settings=StageSettings.parse(settings or {}))


def limited(rate: float, burst: int) -> dict[str, object]:
    return {"throttlingRateLimit": rate, "throttlingBurstLimit": burst}


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


def test_a_bucket_lets_its_burst_through_and_then_its_rate() -> None:
    """Spec 169: the burst at once, one more each 1/rate of a second, and never more than the burst again."""
    bucket, let_through = Bucket.full(2.0, 3, 0.0), []
    for now in (0.0, 0.0, 0.0, 0.0, 0.5, 0.5, 100.0, 100.0, 100.0, 100.0):
        let_through.append(bucket.has_token(now))
        if let_through[-1]:
            bucket.take()
    assert let_through == [True, True, True, False, True, False, True, True, True, False]


@pytest.mark.parametrize(("rate", "burst"), [(0.0, 0), (0.0, 5), (5.0, 0)])
def test_zero_lets_nothing_through(rate: float, burst: int) -> None:
    """Spec 27: limits set to zero answer 429 to everything."""
    assert not Bucket.full(rate, burst, 0.0).has_token(10.0)


def test_a_clock_set_back_takes_no_tokens_away() -> None:
    """Time that goes backwards neither fills nor empties a bucket."""
    bucket = Bucket.full(1.0, 1, 100.0)
    assert bucket.has_token(50.0)


def test_500_new_connections_a_second(clock: SetClock) -> None:
    """Spec 26, 159: per account and Region, across all its APIs."""
    throttle = Throttle(clock)
    made = [throttle.connects(stage(api=f"api{number % 7}")) for number in range(501)]
    assert made == [True] * 500 + [False]
    assert throttle.connects(stage(region="eu-west-1"))
    clock.time += 1
    assert sum(throttle.connects(stage()) for _ in range(600)) == 500


def test_a_fresh_stage_takes_5000_at_once(clock: SetClock) -> None:
    """Spec 250: burst 5000, rate 10000."""
    throttle = Throttle(clock)
    assert sum(throttle.messages(stage(), "send") for _ in range(5001)) == 5000
    clock.time += 0.125
    assert sum(throttle.messages(stage(), "send") for _ in range(1500)) == 1250


def test_the_account_is_shared_by_apis_and_callbacks(clock: SetClock) -> None:
    """Spec 169: messages of all APIs and calls of @connections draw from one bucket."""
    throttle = Throttle(clock)
    for number in range(limits.ACCOUNT_REQUESTS[1] // 2):
        assert throttle.messages(stage(api=f"api{number % 2}"), "send")
        assert throttle.calls("us-east-1")
    assert not throttle.messages(stage(api="another"), "send")
    assert not throttle.calls("us-east-1")
    assert throttle.calls("eu-west-1")


def test_a_route_has_its_own_limit(clock: SetClock) -> None:
    """Spec 251: routeSettings override the stage's for that route; other routes go on."""
    limited_stage = stage({"routeSettings": {"send": limited(1.0, 2)}})
    throttle = Throttle(clock)
    assert [throttle.messages(limited_stage, "send") for _ in range(3)] == [True, True, False]
    assert throttle.messages(limited_stage, "other")


def test_zero_on_the_stage_refuses_every_upgrade(clock: SetClock) -> None:
    """Spec 27: and each message."""
    closed = stage({"defaultRouteSettings": limited(0, 0)})
    throttle = Throttle(clock)
    assert not throttle.connects(closed)
    assert not throttle.messages(closed, "send")


def test_new_settings_hold_at_once(clock: SetClock) -> None:
    """Spec 231: stage settings need no deployment."""
    throttle, before = Throttle(clock), stage({"defaultRouteSettings": limited(0, 0)})
    assert not throttle.connects(before)
    assert throttle.connects(replace(before, settings=StageSettings()))


def test_what_is_refused_costs_no_token(clock: SetClock) -> None:
    """A route over its limit does not use up the account."""
    throttle, closed = Throttle(clock), stage({"routeSettings": {"send": limited(0, 0)}})
    for _ in range(limits.ACCOUNT_REQUESTS[1] + 1):
        throttle.messages(closed, "send")
    assert throttle.messages(closed, "other")

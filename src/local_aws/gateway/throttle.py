"""Request limits: token buckets on the shared clock (spec 26, 27, 159, 169, 250, 251)."""

from collections.abc import Hashable
from dataclasses import dataclass

from local_aws.clock import Clock
from local_aws.gateway import limits
from local_aws.gateway.config.stage import Stage

__all__ = ["Bucket", "Throttle"]


@dataclass(slots=True)
class Bucket:
    """A token bucket: it holds at most ``burst`` tokens and gains ``rate`` per second; each request takes one.

    ``now`` and ``filled_at`` are in epoch seconds. If the rate or the burst is zero, no request passes (spec 27).
    """

    rate: float
    burst: float
    tokens: float
    filled_at: float

    @classmethod
    def full(cls, rate: float, burst: float, now: float) -> "Bucket":
        """A full bucket."""
        return cls(rate, burst, burst, now)

    def has_token(self, now: float) -> bool:
        """Refill, and return whether a request may pass now."""
        if self.rate <= 0 or self.burst <= 0:
            return False
        self.tokens = min(self.burst, self.tokens + max(0.0, now - self.filled_at) * self.rate)
        self.filled_at = now
        return self.tokens >= 1

    def take(self) -> None:
        """Take the token of one request."""
        self.tokens -= 1


class Throttle:
    """The buckets of one account: one for connections, one for all requests, and one for each route of each stage.

    A request passes if every bucket that counts it has a token; it then takes one from each. A refused request takes
    none.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._buckets: dict[Hashable, Bucket] = {}

    def connects(self, stage: Stage) -> bool:
        """Whether a new connection may be made (429 if not); it also counts as a request to ``$connect``."""
        connections = self._bucket(("connections", stage.region), *limits.NEW_CONNECTIONS)
        return self._take(connections, *self._request(stage, "$connect"))

    def messages(self, stage: Stage, route_key: str) -> bool:
        """Whether a message to a route may pass."""
        return self._take(*self._request(stage, route_key))

    def calls(self, region: str) -> bool:
        """Whether a call of ``@connections`` may pass; only the account's limit counts it (spec 169, 195)."""
        return self._take(self._account(region))

    def uses(self, plan_id: str, key_id: str, rate: float, burst: float) -> bool:
        """Whether a request with an API key is within the limits of its usage plan (``rate`` per second, ``burst``)."""
        return self._take(self._bucket(("plan", plan_id, key_id), rate, burst))

    def _request(self, stage: Stage, route_key: str) -> tuple[Bucket, Bucket]:
        settings = stage.settings.of(route_key)
        own = self._bucket(
            (stage.api_id, stage.name, route_key), settings.throttling_rate_limit, settings.throttling_burst_limit
        )
        return self._account(stage.region), own

    def _account(self, region: str) -> Bucket:
        return self._bucket(("account", region), *limits.ACCOUNT_REQUESTS)

    def _bucket(self, key: Hashable, rate: float, burst: float) -> Bucket:
        bucket = self._buckets.get(key)
        if bucket is None or (bucket.rate, bucket.burst) != (rate, burst):  # new settings apply at once (spec 231)
            bucket = self._buckets[key] = Bucket.full(rate, burst, self._clock.now())
        return bucket

    def _take(self, *buckets: Bucket) -> bool:
        now = self._clock.now()
        if not all(bucket.has_token(now) for bucket in buckets):
            return False
        for bucket in buckets:
            bucket.take()
        return True

"""DynamoDB's time to live, on the clock that ``local-aws clock`` moves."""

from local_aws.clock import Clock
from local_aws.control_plane import ControlPlane

__all__ = ["Expiry"]

SECONDS = 60.0  # between two looks for expired items; AWS promises a few days


class Expiry:
    """Deletes expired items again and again, from when it is made until ``stop``."""

    def __init__(self, control_plane: ControlPlane, clock: Clock) -> None:
        self._control_plane = control_plane
        self._clock = clock
        self._timer = clock.call_at(clock.now() + SECONDS, self._expire)

    def stop(self) -> None:
        """Delete no more."""
        self._timer.cancel()

    def _expire(self) -> None:
        self._control_plane.delete_expired_items(self._clock.now())
        self._timer = self._clock.call_at(self._clock.now() + SECONDS, self._expire)

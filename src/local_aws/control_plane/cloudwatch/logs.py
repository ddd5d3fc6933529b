"""Patches moto's search in CloudWatch Logs.

moto 5.2.5 reads a filter pattern that begins with a letter as words, and one in quotes as a phrase; for every other
pattern it answers all events.
"""

from typing import Any

from moto.logs import models
from moto.logs.exceptions import InvalidParameterException

from local_aws.control_plane.cloudwatch.filter_patterns import BadPattern, compile_pattern
from local_aws.patching import patch

__all__ = ["apply_patches"]


class MessageFilter:
    """moto's interface of a filter; moto calls ``matches`` for each event."""

    def __init__(self, pattern: str | None) -> None:
        try:
            self.matches = compile_pattern(pattern or "")
        except BadPattern as error:
            raise InvalidParameterException(msg=f"Invalid filter pattern: {error}") from None


def apply_patches() -> None:
    """Have moto filter with ``filter_patterns``, and reject texts that are not patterns."""
    patch(models, "EventMessageFilter", MessageFilter)
    patch(models.LogsBackend, "filter_log_events", _filter_log_events)


def _filter_log_events(
    self: Any,
    log_group_name: str,
    log_stream_names: list[str],
    start_time: int,
    end_time: int,
    limit: int | None,
    next_token: str | None,
    filter_pattern: str | None,
    interleaved: bool,
) -> Any:
    MessageFilter(filter_pattern)  # rejects a bad pattern even if there is no event
    return self._filter_log_events_of_moto(
        log_group_name, log_stream_names, start_time, end_time, limit, next_token, filter_pattern, interleaved
    )

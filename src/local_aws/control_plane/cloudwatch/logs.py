"""CloudWatch Logs: how it is searched.

moto 5.2.5 takes a filter pattern that begins with a letter for words and one in quotes for a phrase, and answers all
events for every other one.
"""

from typing import Any

from moto.logs import models
from moto.logs.exceptions import InvalidParameterException

from local_aws.control_plane.cloudwatch.filter_patterns import BadPattern, compile_pattern
from local_aws.patching import patch

__all__ = ["apply_patches"]


class MessageFilter:
    """In the shape in which moto asks for it, once an event."""

    def __init__(self, pattern: str | None) -> None:
        try:
            self.matches = compile_pattern(pattern or "")
        except BadPattern as error:
            raise InvalidParameterException(msg=f"Invalid filter pattern: {error}") from None


def apply_patches() -> None:
    """Have moto filter by our patterns, and refuse what is none."""
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
    MessageFilter(filter_pattern)  # a bad one is refused though there may be no event to match
    return self._filter_log_events_of_moto(
        log_group_name, log_stream_names, start_time, end_time, limit, next_token, filter_pattern, interleaved
    )

"""When a request began, as API Gateway writes it."""

import pytest

from local_aws.gateway.request_times import request_time


@pytest.mark.parametrize(
    ("epoch_ms", "written"),
    [(1701245041999, "29/Nov/2023:08:04:01 +0000"), (0, "01/Jan/1970:00:00:00 +0000")],
)
def test_the_common_log_format(epoch_ms: int, written: str) -> None:
    """In UTC, with English months, the milliseconds cut off (spec 50)."""
    assert written == request_time(epoch_ms)

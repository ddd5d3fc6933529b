"""When a request began, as API Gateway writes it."""

from datetime import UTC, datetime

__all__ = ["request_time"]

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")  # in every locale


def request_time(epoch_ms: int) -> str:
    """As the Common Log Format has it, in UTC: ``29/Nov/2023:08:04:01 +0000`` (spec 50)."""
    when = datetime.fromtimestamp(epoch_ms / 1000, UTC)
    return f"{when.day:02}/{MONTHS[when.month - 1]}/{when.year}:{when.hour:02}:{when.minute:02}:{when.second:02} +0000"

"""Log levels, as values."""

import pytest

from local_aws.functions.logs.levels import includes, level_of

NOW = '"timestamp": "2026-11-23T12:00:00.123Z"'


@pytest.mark.parametrize(
    ("line", "level"),
    [
        ('{"level": "debug", NOW}', "DEBUG"),
        ('{"level": "WARN", "time": "2026-11-23T12:00:00+01:00"}', "WARN"),
        ('{"level": "WARNING", NOW}', "WARN"),
        ('{"level": "CRITICAL", NOW}', "FATAL"),
        ('{"level": "loud", NOW}', "INFO"),
        ('{"level": 40, NOW}', "INFO"),
        ("{NOW}", "INFO"),
        ('{"level": "error"}', "INFO"),
        ('{"level": "error", "timestamp": "noon"}', "INFO"),
        ('{"level": "error", "timestamp": "2026-11-23"}', "INFO"),
        ('{"level": "error", "timestamp": "2026-11-23T12:00:00"}', "INFO"),
        ('{"level": "error", "timestamp": 1700000000}', "INFO"),
        ('{"level": "error"', "INFO"),
        ("error: plain", "INFO"),
        ("", "INFO"),
    ],
)
def test_levels_of_lines(line: str, level: str) -> None:
    """A line has the level that it names beside a time of RFC 3339; any other line has INFO."""
    assert level_of(line.replace("NOW", NOW)) == level


@pytest.mark.parametrize(
    ("wanted", "kept"),
    [
        ("TRACE", ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"]),
        ("INFO", ["INFO", "WARN", "ERROR", "FATAL"]),
        ("FATAL", ["FATAL"]),
        ("", ["INFO", "WARN", "ERROR", "FATAL"]),
    ],
)
def test_what_a_level_keeps(wanted: str, kept: list[str]) -> None:
    """A log keeps lines of its level and of those above."""
    assert [level for level in ("TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL") if includes(wanted, level)] == kept

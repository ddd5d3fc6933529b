"""Log levels: how much of a log with ``LogFormat: JSON`` is kept.

https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html
"""

import json
from datetime import datetime

__all__ = ["includes", "level_of"]

LEVELS = ("TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL")
OTHER_NAMES = {"WARNING": "WARN", "CRITICAL": "FATAL"}  # Python's
DEFAULT = "INFO"
TIMESTAMPS = ("timestamp", "time")


def includes(wanted: str, level: str) -> bool:
    """Return whether a log whose level is ``wanted`` keeps a line of ``level``."""
    return LEVELS.index(_known(level)) >= LEVELS.index(_known(wanted))


def level_of(line: str) -> str:
    """Return the level of a line that a function wrote.

    If the line is a JSON object with a ``level`` and an RFC 3339 timestamp, its level is that ``level``; otherwise it
    is INFO. So a log whose level is WARN leaves out plain printed lines.
    """
    if not line.startswith("{"):
        return DEFAULT
    try:
        record = json.loads(line)
    except ValueError:
        return DEFAULT
    stamped = any(_is_timestamp(record.get(name)) for name in TIMESTAMPS)
    return _known(record.get("level")) if stamped else DEFAULT


def _known(name: object) -> str:
    upper = name.upper() if isinstance(name, str) else ""
    found = OTHER_NAMES.get(upper, upper)
    return found if found in LEVELS else DEFAULT


def _is_timestamp(value: object) -> bool:
    if not isinstance(value, str) or "T" not in value.upper():
        return False
    try:
        return datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False

"""Filter patterns, as in CloudWatch's documentation, and FilterLogEvents, which uses them."""

import json
import time

import pytest
from botocore.exceptions import ClientError

from local_aws.control_plane.cloudwatch.filter_patterns import BadPattern, compile_pattern

from ..conftest import Client

ERROR = "[ERROR 400] BAD REQUEST of user-1"
RECORD = json.dumps(
    {
        "level": "ERROR",
        "took": 120.5,
        "retry": True,
        "user": None,
        "where": {"route": "$connect", "ids": [1, 2]},
        "a.b": "dotted",
        "text": "line one\nline two",
    }
)


@pytest.mark.parametrize(
    ("pattern", "fits"),
    [
        ("", True),
        ("ERROR", True),
        ("error", False),
        ("ERROR REQUEST", True),
        ("REQUEST ERROR", True),
        ("ERROR NOTHING", False),
        ('"BAD REQUEST"', True),
        ('"REQUEST BAD"', False),
        ('"BAD REQUEST" ERROR', True),
        ("ERROR -BAD", False),
        ("ERROR -GOOD", True),
        ('-"BAD REQUEST"', False),
        ("?WARN ?ERROR", True),
        ("?WARN ?INFO", False),
        ("?ERROR NOTHING", False),
        ("?NOTHING ERROR", True),
        ("%user-[0-9]+%", True),
        ("%user-[a-z]+%", False),
        ("user-1", True),
        ("{ $.level = ERROR }", False),
    ],
)
def test_text(pattern: str, fits: bool) -> None:
    """Terms, phrases, exclusions, alternatives and regular expressions."""
    assert compile_pattern(pattern)(ERROR) is fits


@pytest.mark.parametrize(
    ("pattern", "fits"),
    [
        ('{ $.level = "ERROR" }', True),
        ("{$.level=ERROR}", True),
        ('{ $.level = "ERR*" }', True),
        ('{ $.level = "ERR" }', False),
        ("{ $.level = %^E% }", True),
        ('{ $.level != "INFO" }', True),
        ('{ $.level != "ERROR" }', False),
        ('{ $.nothing != "ERROR" }', False),
        ('{ $.text = "line*two" }', True),
        ("{ $.took = 120.5 }", True),
        ("{ $.took > 120 }", True),
        ("{ $.took >= 120.5 }", True),
        ("{ $.took < 1.2e2 }", False),
        ("{ $.took <= 120.5 }", True),
        ("{ $.level > 1 }", False),
        ("{ $.retry > 0 }", False),
        ("{ $.retry IS TRUE }", True),
        ("{ $.retry IS FALSE }", False),
        ("{ $.user IS NULL }", True),
        ("{ $.nothing IS NULL }", False),
        ("{ $.nothing NOT EXISTS }", True),
        ("{ $.user NOT EXISTS }", False),
        ('{ $.where.route = "$connect" }', True),
        ("{ $.where.ids[1] = 2 }", True),
        ("{ $.where.ids[2] = 2 }", False),
        ("{ $.where.ids[*] = 2 }", True),
        ("{ $['a.b'] = dotted }", True),
        ("{ $.level = ERROR && $.took > 200 }", False),
        ("{ $.level = INFO || $.took > 100 }", True),
        ("{ $.level = INFO && $.took > 100 || $.retry IS TRUE }", True),
        ("{ $.level = INFO && ($.took > 100 || $.retry IS TRUE) }", False),
        ("ERROR", True),
    ],
)
def test_json(pattern: str, fits: bool) -> None:
    """Conditions on members of a message that is JSON."""
    assert compile_pattern(pattern)(RECORD) is fits


@pytest.mark.parametrize(
    "pattern",
    [
        "{ }",
        "{ level = ERROR }",
        "{ $.level }",
        "{ $.level = }",
        "{ $.level ~ ERROR }",
        "{ $.took > many }",
        "{ $.level IS ODD }",
        "{ ($.level = ERROR }",
        "{ $.level = ERROR ) }",
        "{ $.level = %(% }",
        "%(%",
        '"not closed',
        "[ip, user]",
    ],
)
def test_an_invalid_pattern(pattern: str) -> None:
    """The error says what is wrong."""
    with pytest.raises(BadPattern, match=r"\w+ \w+"):
        compile_pattern(pattern)


def test_logs_are_filtered(client: Client, unique: str) -> None:
    """FilterLogEvents answers matching events; an invalid pattern is an error, even without events."""
    logs = client("logs")
    logs.create_log_group(logGroupName=unique)
    request = {"logGroupName": unique, "filterPattern": "{ $.level }"}
    with pytest.raises(ClientError, match="Invalid filter pattern: it ends too early") as error:
        logs.filter_log_events(**request)
    assert error.value.response["Error"]["Code"] == "InvalidParameterException"
    logs.create_log_stream(logGroupName=unique, logStreamName="stream")
    now = 1000 * int(time.time())
    written = [{"timestamp": now, "message": message} for message in (ERROR, RECORD)]
    logs.put_log_events(logGroupName=unique, logStreamName="stream", logEvents=written)

    found = logs.filter_log_events(logGroupName=unique, filterPattern="{ $.took > 100 }")["events"]

    assert [event["message"] for event in found] == [RECORD]
    logs.delete_log_group(logGroupName=unique)

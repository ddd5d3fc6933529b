from typing import Any

from walkthrough.timeline.logs import Invocation, LoggedCall, access_lines, invocations

Recorded = dict[str, list[Any]]


def event(moment: int, text: str, stream: str = "one") -> dict[str, Any]:
    return {"timestamp": moment, "message": text, "logStreamName": stream}


def called(moment: int, took: float, stream: str = "one") -> dict[str, Any]:
    line = f'{{"level": "INFO", "message": "called", "service": "dynamodb", "operation": "Scan", "milliseconds": {took}'
    return event(moment, line + ', "outcome": "200"}\n', stream)


COLD = [
    event(100, "INIT_START Runtime Version: python:3.13.v1\tRuntime Version ARN: arn:aws:lambda:…\n"),
    event(400, "START RequestId: aaa Version: $LATEST\n"),
    event(450, '{"level": "INFO", "message": "hello", "requestId": "of-api-gateway"}\n'),
    event(500, "END RequestId: aaa\n"),
    event(500, "REPORT RequestId: aaa\tDuration: 99.10 ms\tBilled Duration: 400 ms\tInit Duration: 299.00 ms\t\n"),
]
WARM = [
    event(600, "START RequestId: bbb Version: $LATEST\n"),
    called(615, 12.5),
    event(620, "END RequestId: bbb\n"),
    event(620, "REPORT RequestId: bbb\tDuration: 19.50 ms\tBilled Duration: 20 ms\n"),
]


def test_cold_and_warm() -> None:
    """The first invocation in an environment knows when that was made; the next one has its call."""
    runs, skipped = invocations(COLD + WARM)
    assert [
        Invocation("aaa", "one", 400, 499.1, prepared=(100, 399), api_request_ids={"of-api-gateway"}),
        Invocation("bbb", "one", 600, 619.5, calls=[LoggedCall("dynamodb", "Scan", 602.5, 615, "200")]),
    ] == runs
    assert 0 == skipped


def test_unfinished_invocations_are_left_out() -> None:
    """Without its REPORT line an invocation is still running, or its log is still on its way."""
    assert ([], 0) == invocations(COLD[:-1])


def test_each_environment_has_its_own_stream() -> None:
    """Lines that another environment writes at the same time do not belong to this invocation."""
    beside = [event(610, "INIT_START Runtime Version: …\n", "two"), called(612, 1.0, "two")]
    _, warm = invocations([*COLD, *WARM[:1], *beside, *WARM[1:]])[0]
    assert (None, 1) == (warm.prepared, len(warm.calls))


def test_an_environment_made_before_without_init_duration() -> None:
    """A REPORT without Init Duration is that of a warm invocation, even if its stream begins with INIT_START."""
    (run,), _ = invocations([COLD[0], *WARM])
    assert run.prepared is None


def test_a_line_of_the_same_millisecond_as_report() -> None:
    """Of lines with one time, CloudWatch may give REPORT first: the call is still of that invocation."""
    (run,), _ = invocations([WARM[0], WARM[3], WARM[1]])
    assert 1 == len(run.calls)


def test_how_an_invocation_failed() -> None:
    """REPORT says so after Status, and that is kept."""
    (run,), _ = invocations(
        [WARM[0], event(900, "REPORT RequestId: bbb\tDuration: 300.00 ms\tBilled Duration: 300 ms\tStatus: timeout\n")]
    )
    assert ("timeout", 900) == (run.status, run.ended)


def test_half_json_is_counted_and_other_text_is_not() -> None:
    """A traceback is passed over; a line that begins as ours and is broken, or lacks what ours have, is counted too."""
    lines = [
        event(610, "Traceback (most recent call last):\n"),
        event(611, '{"level": "INFO", "mess'),
        event(612, '{"level": "INFO", "message": "called", "service": "dynamodb"}\n'),
        event(613, '{"some": "other tool"}\n'),
    ]
    (run,), skipped = invocations([WARM[0], *lines, *WARM[1:]])
    assert (1, 2) == (len(run.calls), skipped)


def test_lines_of_an_access_log(recorded: Recorded) -> None:
    """Each recorded line is read, in the order of the requests; a dash is nothing."""
    lines, skipped = access_lines(reversed(recorded["access"]))
    assert 0 == skipped
    assert [
        *[("CONNECT", "$connect", f"client {letter}") for letter in "ABC"],
        ("MESSAGE", "send", "client A"),
        ("MESSAGE", "send", "client A"),
        ("MESSAGE", "broadcast", "client A"),
        ("MESSAGE", "$default", "client B"),
    ] == [(line.event_type, line.route, line.client) for line in lines[:7]]
    assert [("200", None)] * 10 == [(line.status, line.problem) for line in lines]


def test_other_formats_of_access_logs_are_counted() -> None:
    """Half a line, the Common Log Format, JSON that is no object, an object without our names: none is read."""
    strange = [
        '{"requestId": "abc=", "requestTi',
        '192.0.2.1 - - [24/Nov/2026:23:31:48 +0000] "MESSAGE send abc=" 200 17',
        "[1, 2]",
        "null",
        '{"requestId": "abc="}',
    ]
    assert ([], 5) == access_lines([event(1, text) for text in strange])

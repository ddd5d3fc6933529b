"""What a function's log stream holds, and when."""

import json
import re
import sys

from local_aws.functions import Functions, Invocation
from local_aws.functions.logs.lines import Report
from local_aws.functions.logs.streams import stream_name

from ..conftest import Become, Lambda


def test_the_frame_of_an_invocation(cloud: Lambda) -> None:
    """INIT_START, START, the handler's lines, END and REPORT, in that order, on one stream of the function's group."""
    cloud.deploy("print('loading')\ndef handler(event, context):\n    print('serving')\n")
    request_id = cloud.invoke().request_id
    kinds = [m.split()[0] for m in cloud.messages if not m.startswith("[NOTICE]")]
    assert ["INIT_START", "loading", "START", "serving", "END", "REPORT"] == kinds
    assert f"START RequestId: {request_id} Version: $LATEST\n" in cloud.messages
    assert f"END RequestId: {request_id}\n" in cloud.messages
    assert {"/aws/lambda/pong"} == {group for group, _, _ in cloud.events}
    (stream,) = {stream for _, stream, _ in cloud.events}
    assert re.fullmatch(r"\d{4}/\d\d/\d\d/\[\$LATEST\][0-9a-f]{32}", stream)


def test_the_report(cloud: Lambda) -> None:
    """REPORT tells duration, billed duration, memory and, the first time only, init."""
    cloud.deploy("def handler(event, context):\n    pass\n", memory_size=256)

    async def twice(functions: Functions) -> None:
        await functions.invoke("pong", b"{}")
        await functions.invoke("pong", b"{}")

    cloud.run(twice)
    first, second = [m for m in cloud.messages if m.startswith("REPORT")]
    fields = (
        r"REPORT RequestId: [0-9a-f-]{36}\tDuration: (?P<duration>[\d.]+) ms\tBilled Duration: (?P<billed>\d+) ms"
        r"\tMemory Size: 256 MB\tMax Memory Used: (?P<memory>\d+) MB\t"
    )
    assert re.fullmatch(fields + r"Init Duration: [\d.]+ ms\t\n", first)
    match = re.fullmatch(fields + r"\n", second)
    assert match
    assert 0 <= int(match["billed"]) - float(match["duration"]) < 1.01
    assert 5 < int(match["memory"]) < 200


def test_memory_is_what_the_handler_took(cloud: Lambda) -> None:
    """Max Memory Used grows with what the handler holds."""
    cloud.deploy("def handler(event, context):\n    global held\n    held = b'x' * (100 * 1024 * 1024)\n")
    cloud.invoke()
    found = re.search(r"Max Memory Used: (\d+) MB", cloud.log)
    assert found
    assert int(found[1]) > 100


def test_no_line_is_lost(cloud: Lambda) -> None:
    """All that a handler printed is in the log when the invocation returns, each line an event, in order."""
    cloud.deploy(
        "import sys\n"
        "def handler(event, context):\n"
        "    for n in range(event): print('line', n, file=[sys.stdout, sys.stderr][n % 2])\n"
    )

    async def until_returned(functions: Functions) -> list[str]:
        await functions.invoke("pong", b"5000")
        return [m for m in cloud.messages if m.startswith("line")]

    assert [f"line {n}\n" for n in range(5000)] == cloud.run(until_returned)


def test_much_output_does_not_block(cloud: Lambda) -> None:
    """Ten megabytes without a newline neither block the handler nor get lost; the event limit of AWS cuts them."""
    cloud.deploy("def handler(event, context):\n    print('x' * 10_000_000, end='')\n    return 1\n", timeout=10)
    assert cloud.invoke().payload == b"1"
    lines = [m for m in cloud.messages if m.startswith("xxx")]
    assert sum(len(line) - 1 for line in lines) == 10_000_000
    assert max(len(line) for line in lines) <= 256 * 1024 + 1


def test_records_of_logging_are_one_event(cloud: Lambda) -> None:
    """A record of ``logging`` with several lines stays one event, in its place among what was printed."""
    cloud.deploy(
        "import logging\n"
        "def handler(event, context):\n"
        "    print('before')\n"
        "    logging.warning('two\\nlines')\n"
        "    print('behind')\n"
    )
    request_id = cloud.invoke().request_id
    at = cloud.messages.index("before\n")
    warning = cloud.messages[at + 1]
    assert re.fullmatch(rf"\[WARNING\]\t\d{{4}}-\S+\.\d{{3}}Z\t{request_id}\ttwo\nlines\n", warning)
    assert cloud.messages[at + 2] == "behind\n"


def test_logging_starts_at_warning(cloud: Lambda) -> None:
    """By default, INFO is not logged, as on Lambda; the records of a logger set to INFO are."""
    cloud.deploy(
        "import logging\n"
        "def handler(event, context):\n"
        "    logging.info('unseen')\n"
        "    logging.getLogger().setLevel('INFO')\n"
        "    logging.info('seen')\n"
    )
    cloud.invoke()
    assert "unseen" not in cloud.log
    assert "\tseen\n" in cloud.log


def test_json_records(cloud: Lambda) -> None:
    """With LogFormat JSON, Lambda's own records and those of ``logging`` are JSON; what is printed stays as it is."""
    cloud.deploy(
        "import logging\nlog = logging.getLogger('pong')\n"
        "def handler(event, context):\n"
        "    log.warning('careful', extra={'connectionId': 'abc='})\n"
        "    print('plain')\n"
        "    raise KeyError('gone')\n",
        log_format="JSON",
    )
    request_id = cloud.invoke().request_id
    assert "plain\n" in cloud.messages
    records = [json.loads(m) for m in cloud.messages if m != "plain\n"]
    platform = {record["type"]: record["record"] for record in records if "type" in record}
    assert ["platform.initStart", "platform.start", "platform.runtimeDone", "platform.report"] == list(platform)
    assert platform["platform.start"] == {"requestId": request_id, "version": "$LATEST"}
    assert set(platform["platform.report"]["metrics"]) == {
        "durationMs",
        "billedDurationMs",
        "memorySizeMB",
        "maxMemoryUsedMB",
        "initDurationMs",
    }
    (warning,) = [record for record in records if record.get("message") == "careful"]
    expected = {"level": "WARNING", "logger": "pong", "requestId": request_id, "connectionId": "abc="}
    assert expected == {key: warning[key] for key in expected}
    (error,) = [record for record in records if record.get("errorType") == "KeyError"]
    assert (error["level"], error["requestId"]) == ("ERROR", request_id)


def test_times_do_not_run_backwards(cloud: Lambda) -> None:
    """Sorted by time, the events of a stream are in the order in which they were written."""
    cloud.deploy(
        "import logging\ndef handler(event, context):\n    for n in range(200): print(n); logging.warning(n)\n"
    )
    cloud.invoke()
    times = [event.timestamp_ms for _, _, event in cloud.events]
    assert sorted(times) == times


def test_the_tail_is_the_end_of_this_invocation(small: Lambda) -> None:
    """``log_tail`` holds the last 4 KB of this invocation and nothing of the one before."""
    small.deploy("def handler(event, context):\n    print(event * 1000)\n")

    async def twice(functions: Functions) -> tuple[Invocation, Invocation]:
        return await functions.invoke("pong", b'"first"'), await functions.invoke("pong", b'"n"')

    first, second = small.run(twice)
    assert len(first.log_tail) == 4096
    assert first.log_tail.endswith(b"\t\n")
    assert second.log_tail.startswith(f"START RequestId: {second.request_id}".encode())
    assert b"first" not in second.log_tail


def test_lines_between_invocations_are_not_lost(small: Lambda, become: Become) -> None:
    """What a background thread prints after the answer reaches the log while the sandbox is idle."""
    small.deploy(
        "import threading\n"
        "def handler(event, context):\n"
        "    threading.Timer(0.05, lambda: print('afterwards')).start()\n"
    )

    async def wait_for_it(functions: Functions) -> None:
        await functions.invoke("pong", b"{}")
        await become(lambda: "afterwards\n" in small.messages)

    small.run(wait_for_it)
    assert "afterwards\n" in small.messages


def test_another_interpreter_is_mentioned(small: Lambda) -> None:
    """If the runtime has another minor version than the interpreter, the log says so when the sandbox starts."""
    small.deploy("def handler(event, context):\n    pass\n", runtime="python3.9")
    small.invoke()
    assert re.search(
        r"\[NOTICE\]\t\S+Z\t\tThe runtime is python3\.9; the embedded AWS runs it with Python 3\.", small.log
    )


def test_a_group_of_its_own(small: Lambda) -> None:
    """A function with a log group of its own writes there."""
    small.deploy("def handler(event, context):\n    pass\n", log_group="/pong/log")
    small.invoke()
    assert {"/pong/log"} == {group for group, _, _ in small.events}


def test_the_init_phase_is_billed() -> None:
    """Billed Duration is whole milliseconds and, since August 2025, includes init."""
    assert Report("id", 1.2, 128, 40).billed == 2
    assert Report("id", 1.2, 128, 40, init=100.0).billed == 102


def test_stream_names() -> None:
    """A stream's name begins with its UTC day and the version in brackets."""
    from datetime import UTC, datetime

    assert stream_name(datetime(2026, 11, 3, tzinfo=UTC), "7").startswith("2026/11/03/[7]")


def test_json_logging_starts_at_info(cloud: Lambda) -> None:
    """With LogFormat JSON, INFO is logged and DEBUG is not, as Lambda's default level has it."""
    cloud.deploy(
        "import logging\ndef handler(event, context):\n    logging.info('seen')\n    logging.debug('unseen')\n",
        log_format="JSON",
    )
    cloud.invoke()
    assert '"message": "seen"' in cloud.log
    assert "unseen" not in cloud.log


def test_the_applications_log_level(cloud: Lambda) -> None:
    """With LogFormat JSON, ApplicationLogLevel is that of the root logger; printed lines, being INFO, go by it too."""
    cloud.deploy(
        "import logging\n"
        "def handler(event, context):\n"
        "    for level in ('debug', 'info', 'warning', 'error', 'critical'): getattr(logging, level)('said')\n"
        "    print('printed')\n",
        log_format="JSON",
        application_log_level="WARN",
    )
    cloud.invoke()
    said = [json.loads(m) for m in cloud.messages if "said" in m]
    assert ["WARNING", "ERROR", "CRITICAL"] == [record["level"] for record in said]
    assert "printed" not in cloud.log


def test_a_logger_cannot_go_below_the_applications_log_level(cloud: Lambda) -> None:
    """Records below ApplicationLogLevel are left out, also those of a logger with a lower level."""
    cloud.deploy(
        "import logging\n"
        "def handler(event, context):\n"
        "    logger = logging.getLogger('pong')\n"
        "    logger.setLevel('DEBUG')\n"
        "    logger.debug('unseen')\n"
        "    logger.info('seen')\n",
        log_format="JSON",
    )
    cloud.invoke()
    assert "unseen" not in cloud.log
    assert '"message": "seen"' in cloud.log


def test_all_that_lambda_can_say(small: Lambda) -> None:
    """With SystemLogLevel DEBUG, the log also has the end of init and of the runtime's work, in their places."""
    small.deploy(
        "def handler(event, context):\n    print('serving')\n    return [1]\n",
        log_format="JSON",
        system_log_level="DEBUG",
        runtime=f"python{sys.version_info.major}.{sys.version_info.minor}",
    )
    small.invoke()
    kinds = [json.loads(m)["type"].removeprefix("platform.") if m.startswith("{") else m for m in small.messages]
    order = ["initStart", "initRuntimeDone", "initReport", "start", "serving\n", "runtimeDone", "report"]
    assert order == kinds
    assert json.loads(small.messages[-2])["record"]["metrics"]["producedBytes"] == 3

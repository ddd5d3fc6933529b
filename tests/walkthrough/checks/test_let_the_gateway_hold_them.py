import importlib
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from copy import deepcopy
from pathlib import Path
from typing import Any

import boto3
import pytest

from walkthrough import checks

NOTEBOOKS = Path(__file__).resolve().parents[3] / "notebooks"
B = "eHrdFcnvvHcCE-w="

Said = Callable[[], str]


@pytest.fixture(autouse=True)
def in_the_project(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Run in the notebooks' folder, with the variables that a notebook has; the keys are not valid anywhere."""
    monkeypatch.chdir(NOTEBOOKS)
    monkeypatch.syspath_prepend(str(NOTEBOOKS.parent))
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "none")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "none")
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    yield
    for name in [name for name in sys.modules if name.partition(".")[0] == "lambda"]:
        del sys.modules[name]  # they keep clients with these keys


@pytest.fixture
def event() -> Any:
    """The recorded event of client A's psst, to be changed at will."""
    return json.loads((NOTEBOOKS / "events" / "4-psst.json").read_text(encoding="utf-8"))


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Said:
    """The one line that a check has printed."""

    def line() -> str:
        (only,) = capsys.readouterr().out.splitlines()
        return str(only)

    return line


def post(event: Any, text: bytes, **other: str) -> None:
    """Post with plain boto3."""
    request = event["requestContext"] | other
    boto3.client(
        "apigatewaymanagementapi", endpoint_url=f"https://{request['domainName']}/{request['stage']}"
    ).post_to_connection(ConnectionId=request["connectionId"], Data=text)


MESSAGES = ['{"action":"send"}', "hello", '{"action":"send", "message":"psst"}']


@pytest.mark.parametrize(
    ("numbers", "begins"),
    [
        ([1, 3], "✓ 1 and 3 reach send, and no other."),
        ({3, 1}, "✓ "),
        ([], "✗ reach is empty"),
        ([1], "✗ 1 of your numbers are right, 0 are not, 1 are missing"),
        ([1, 2], "✗ 1 of your numbers are right, 1 are not, 1 are missing"),
        ([0], "✗ there is no message 0"),
        ([4], "✗ there is no message 4"),
        (None, "✗ reach is None"),
        ("1, 3", "✗ reach is '1, 3'"),
        ([True], "✗ reach is [True]"),
        (["1"], "✗ reach is ['1']"),
    ],
)
def test_route_guess(numbers: object, begins: str, said: Said) -> None:
    """The numbers of the messages that take the route send, and no others, are right."""
    checks.check_route_guess(numbers, MESSAGES)
    assert said().startswith(begins)


def test_event_for_client(event: Any, said: Said) -> None:
    """An event that makes send post psst to the other client is right."""
    event["requestContext"]["connectionId"] = B
    checks.check_event_for_client(event, B)
    assert said().startswith("✓ ")


def test_event_for_client_names_the_sender(event: Any, said: Said) -> None:
    """An event that still names the sender is wrong, and the check says where the id is."""
    checks.check_event_for_client(event, B)
    assert "requestContext" in said()


def test_event_for_client_with_another_message(event: Any, said: Said) -> None:
    """An event with another message is not right, and the check says what was said."""
    event["requestContext"]["connectionId"] = B
    event["body"] = '{"action":"send"}'
    checks.check_event_for_client(event, B)
    assert "🏓 pong" in said()


@pytest.mark.parametrize("given", [None, {}, "psst", 7])
def test_event_for_client_that_is_no_event(given: object, said: Said) -> None:
    """An answer that is no event is named as such."""
    checks.check_event_for_client(given, B)
    assert said().startswith("✗ event is no event")


def test_event_for_client_that_breaks_the_handler(event: Any, said: Said) -> None:
    """An event that breaks the handler gives one line, and no traceback."""
    del event["requestContext"]["domainName"]
    checks.check_event_for_client(event, B)
    assert said().startswith("✗ That could not be checked, it raised KeyError")


@pytest.mark.parametrize(
    ("letter", "begins"),
    [("b", "✓ "), ("B", "✓ "), ("a", "✗ not a: "), ("c", "✗ not c: "), (None, "✗ no answer"), (1006, "✗ the answer")],
)
def test_source_of_1006(letter: object, begins: str, said: Said) -> None:
    """API Gateway wrote it; each other letter gets the reason why not."""
    checks.check_source_of_1006(letter)
    assert said().startswith(begins)


def test_whoami_handler(event: Any, said: Said) -> None:
    """A handler that uses the project's own reply is right, and what it prints is not shown."""
    reply = importlib.import_module("lambda.reply").reply

    def whoami(event: Any, context: object) -> dict[str, int]:
        print("working")
        reply(event, {"you": event["requestContext"]["connectionId"]})
        return {"statusCode": 200}

    checks.check_whoami_handler(whoami, event)
    assert said().startswith("✓ ")


def test_whoami_with_plain_boto3(event: Any, said: Said) -> None:
    """A handler is right that posts with boto3, and catches what the client raises for a 410."""

    def whoami(event: Any, context: object) -> dict[str, int]:
        request = event["requestContext"]
        api = boto3.client(
            "apigatewaymanagementapi", endpoint_url=f"https://{request['domainName']}/{request['stage']}"
        )
        with suppress(api.exceptions.GoneException):
            api.post_to_connection(ConnectionId=request["connectionId"], Data=you(event))
        return {"statusCode": 200}

    checks.check_whoami_handler(whoami, event)
    assert said().startswith("✓ ")


def you(event: Any) -> bytes:
    return json.dumps({"you": event["requestContext"]["connectionId"]}).encode()


def post_twice(event: Any) -> None:
    post(event, you(event))
    post(event, you(event))


FIRST = json.loads((NOTEBOOKS / "events" / "4-psst.json").read_text(encoding="utf-8"))["requestContext"]


@pytest.mark.parametrize(
    ("posts", "words"),
    [
        (lambda event: None, "nothing was posted"),
        (post_twice, "2 posts were made"),
        (lambda event: post(event, you(event), connectionId=FIRST["connectionId"]), "read the id in the event"),
        (lambda event: post(event, you(event), domainName=FIRST["domainName"]), "the event's own API"),
        (lambda event: post(event, you(event), stage="prod"), "the event's own API"),
        (lambda event: post(event, b'{"you":"x"}'), "{'you': 'x'} was posted"),
        (lambda event: post(event, b"you"), "b'you' was posted"),
        (lambda event: post(event, you(event)), "GoneException when the client has left"),
        (lambda event: 1 / 0, "ZeroDivisionError"),
        (lambda event: event["nothing"], "KeyError"),
    ],
)
def test_a_whoami_that_is_not_right(posts: Callable[[Any], object], words: str, event: Any, said: Said) -> None:
    """Each mistake is named in one line."""

    def whoami(event: Any, context: object) -> dict[str, int]:
        posts(event)
        return {"statusCode": 200}

    before = deepcopy(event)
    checks.check_whoami_handler(whoami, event)
    line = said()
    assert line.startswith("✗ ")
    assert words in line
    assert before == event


@pytest.mark.parametrize("returned", [None, {}, {"statusCode": 500}, "200"])
def test_a_whoami_that_returns_no_200(returned: object, event: Any, said: Said) -> None:
    """The message names what the handler returned, and what it should return."""

    def whoami(event: Any, context: object) -> object:
        post(event, you(event))
        return returned

    checks.check_whoami_handler(whoami, event)
    assert said().startswith(f"✗ it returned {returned!r}")


@pytest.mark.parametrize("given", [None, "whoami", 7, {"statusCode": 200}])
def test_a_whoami_that_is_no_function(given: Any, event: Any, said: Said) -> None:
    """An answer that is no function is named as such."""
    checks.check_whoami_handler(given, event)
    assert said().startswith("✗ whoami is ")


def test_a_whoami_without_parameters(event: Any, said: Said) -> None:
    """A function without parameters gives one line, with what was expected."""
    checks.check_whoami_handler(lambda: None, event)  # type: ignore[misc,arg-type]
    assert said().endswith("Expected: a function of event and context.")

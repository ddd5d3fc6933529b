import linecache
import re
from collections.abc import Callable
from typing import Any

import pytest

from walkthrough import checks


@checks.check("a whole number")
def halved(number: int) -> str:
    """For the tests: passes for even numbers."""
    if number % 2:
        raise checks.NotYet(f"{number} is odd: look for an even one.")
    return f"{number // 2} is the half."


def said(capsys: pytest.CaptureFixture[str]) -> str:
    return capsys.readouterr().out


def test_right(capsys: pytest.CaptureFixture[str]) -> None:
    """A check that passes says what is right."""
    halved(4)
    assert "✓ 2 is the half.\n" == said(capsys)


def test_not_yet(capsys: pytest.CaptureFixture[str]) -> None:
    """A check that does not pass says what is missing, and raises nothing."""
    halved(3)
    assert "✗ 3 is odd: look for an even one.\n" == said(capsys)


def test_any_answer(capsys: pytest.CaptureFixture[str]) -> None:
    """An answer of an unexpected type gives one line with what was expected, and no traceback."""
    halved("x")  # type: ignore[arg-type]
    line = said(capsys)
    assert line.startswith("✗ That could not be checked, it raised TypeError: ")
    assert line.endswith(" Expected: a whole number.\n")


def test_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """A check without arguments says what it takes."""
    halved()  # type: ignore[call-arg]
    assert "✗ checks.halved takes number. Expected: a whole number.\n" == said(capsys)


@pytest.mark.parametrize("ending", ["1 / 0", "exit()"])
def test_code_that_raises(ending: str, capsys: pytest.CaptureFixture[str]) -> None:
    """If code of a cell raises or exits, its line is named and quoted."""
    source = f"def answer():\n    {ending}\n"
    cell = "/tmp/ipykernel_1/2.py"
    linecache.cache[cell] = (len(source), None, source.splitlines(keepends=True), cell)
    names: dict[str, Any] = {}
    exec(compile(source, cell, "exec"), names)

    @checks.check("a function")
    def runs(function: Callable[[], object]) -> str:
        """For the tests."""
        return f"It gave {function()}."

    runs(names["answer"])
    line = said(capsys)
    assert line.startswith("✗ Your code raised ")
    assert line.endswith(f"in line 2 of your cell, {ending!r}. Expected: a function.\n")


LETTERS = {"a": "the key is random.", "b": "the mask is not secret.", "c": "nothing is encrypted."}


def test_the_right_letter() -> None:
    """The right letter, upper or lower case, gets the reason why it is right."""
    assert "the mask is not secret." == checks.choose(" B ", "b", LETTERS)


@pytest.mark.parametrize(
    ("answer", "missing"),
    [
        ("a", "not a: the key is random."),
        ("d", "the answer is 'd': make it one of the letters a, b, c, in quotes."),
        (2, "the answer is 2: make it one of the letters a, b, c, in quotes."),
        (None, "no answer yet: make it one of the letters a, b, c, in quotes."),
        (..., "no answer yet: make it one of the letters a, b, c, in quotes."),
    ],
)
def test_no_right_letter(answer: object, missing: str) -> None:
    """A wrong letter gets the reason why it is wrong; any other answer gets the list of letters."""
    with pytest.raises(checks.NotYet, match=re.escape(missing)):
        checks.choose(answer, "b", LETTERS)


def test_it_is_still_the_function() -> None:
    """A check keeps its name and docstring, for help(…) in a cell."""
    assert ("halved", "For the tests: passes for even numbers.") == (halved.__name__, halved.__doc__)


@pytest.mark.parametrize(
    ("names", "line"),
    [
        (None, "✗ may_delete is None: make it a list of names, such as ['connect'].\n"),
        ("connect", "✗ may_delete is 'connect': make it a list of names, such as ['connect'].\n"),
        ([1], "✗ may_delete is [1]: make it a list of names, such as ['connect'].\n"),
        ([], "✗ may_delete is empty: call allowed(…) with each of the five names, and look at the actions.\n"),
        (
            ["conect"],
            "✗ 'conect' is no function of this stack: they are connect, disconnect, default, send, broadcast.\n",
        ),
    ],
)
def test_delete_permissions(names: object, line: str, capsys: pytest.CaptureFixture[str]) -> None:
    """An answer that is no list of this stack's functions is refused without asking IAM."""
    checks.check_delete_permissions(names)
    assert line == said(capsys)


@pytest.mark.parametrize(
    ("frame", "start"),
    [
        (None, "✗ frame is None: put in it what ask("),
        ('{"error":"unknown action: nobody"}', "✗ frame is {"),
        ('{"message": "Forbidden"}', "✗ this frame has no connectionId"),
        ("Forbidden", "✗ That could not be checked, it raised JSONDecodeError"),
        (
            '{"message": "Forbidden", "connectionId":"XDmENcnwIE0CFEQ=", "requestId":"XDmGEE2RoE0FRdQ="}',
            "✓ API Gateway itself said Forbidden",
        ),
    ],
)
def test_forbidden_frame(frame: object, start: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Only the whole frame that API Gateway itself sent is right (spec 91)."""
    checks.check_forbidden_frame(frame)
    assert said(capsys).startswith(start)


@pytest.mark.parametrize(
    ("seconds", "start"),
    [
        (None, "✗ seconds is None: make it a whole number."),
        (True, "✗ seconds is True: make it a whole number."),
        (29.0, "✗ seconds is 29.0: make it a whole number."),
        (5, "✗ 5 seconds are less than API Gateway waits"),
        (30, "✗ 30 seconds are more than API Gateway waits"),
    ],
)
def test_send_timeout(seconds: object, start: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A number other than the quota is refused without asking Lambda (spec 165)."""
    checks.check_send_timeout(seconds)
    assert said(capsys).startswith(start)


@pytest.mark.parametrize("check", [checks.check_new_route_reason, checks.check_stale_record_reason])
def test_explanations(check: Callable[[object], None], capsys: pytest.CaptureFixture[str]) -> None:
    """One letter is right, and each letter gets its reason."""
    for letter in "abc":
        check(letter)
    lines = said(capsys).splitlines()
    assert ["✗ not a", "✓", "✗ not c"] == [line.partition(":")[0][: 1 if line[0] == "✓" else None] for line in lines]
    check(None)
    assert said(capsys).startswith("✗ no answer yet")

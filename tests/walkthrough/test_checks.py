import pytest

from walkthrough import checks


@checks.check
def halved(number: int) -> str:
    """For the tests: content with even numbers."""
    if number % 2:
        raise checks.NotYet(f"{number} is odd: look for an even one.")
    return f"{number // 2} is the half."


def said(capsys: pytest.CaptureFixture[str]) -> str:
    return capsys.readouterr().out


def test_right(capsys: pytest.CaptureFixture[str]) -> None:
    """A check that is content says what is right."""
    halved(4)
    assert "✓ 2 is the half.\n" == said(capsys)


def test_not_yet(capsys: pytest.CaptureFixture[str]) -> None:
    """A check that is not content says what is missing, and raises nothing."""
    halved(3)
    assert "✗ 3 is odd: look for an even one.\n" == said(capsys)


def test_any_answer(capsys: pytest.CaptureFixture[str]) -> None:
    """An answer of a kind that nobody thought of gives one line, and no traceback."""
    halved("x")  # type: ignore[arg-type]
    assert said(capsys).startswith("✗ That raised TypeError: ")


def test_it_is_still_the_function() -> None:
    """A check keeps its name and its words, for help(…) in a cell."""
    assert ("halved", "For the tests: content with even numbers.") == (halved.__name__, halved.__doc__)


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
def test_may_delete_records(names: object, line: str, capsys: pytest.CaptureFixture[str]) -> None:
    """What is no list of this stack's functions is turned down before anybody asks IAM."""
    checks.may_delete_records(names)
    assert line == said(capsys)


@pytest.mark.parametrize(
    ("frame", "start"),
    [
        (None, "✗ frame is None: put in it what ask("),
        ('{"error":"unknown action: nobody"}', "✗ frame is {"),
        ('{"message": "Forbidden"}', "✗ this frame has no connectionId"),
        ("Forbidden", "✗ That raised JSONDecodeError"),
        (
            '{"message": "Forbidden", "connectionId":"XDmENcnwIE0CFEQ=", "requestId":"XDmGEE2RoE0FRdQ="}',
            "✓ API Gateway itself said Forbidden",
        ),
    ],
)
def test_forbidden(frame: object, start: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Only the frame of API Gateway itself, whole, is the right one (spec 91)."""
    checks.forbidden(frame)
    assert said(capsys).startswith(start)

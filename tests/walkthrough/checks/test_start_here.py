"""The checks of 00-start-here, on answers that need no stack."""

import json

import pytest

from walkthrough import checks


def said(capsys: pytest.CaptureFixture[str]) -> str:
    return capsys.readouterr().out


@pytest.mark.parametrize(
    ("word", "answer", "line"),
    [
        ("hello", '{"message":"hello"}', "✓ 'hello' went to a Lambda function and came back.\n"),
        ("psst", '{"message":"psst"}', "✗ word is still 'psst': write one of your own"),
        ("hello", '{"message":"psst"}', '✗ the answer to \'hello\' was {"message":"psst"}: run the cell above again'),
        ("hello", None, "✗ answer is None: keep in it what recv() gives."),
        (None, None, "✗ word is None: make it a text, in quotes."),
        ("", "", "✗ word is '': make it a text, in quotes."),
        ("hello", "no JSON", "✗ That could not be checked, it raised JSONDecodeError"),
    ],
)
def test_own_word(word: object, answer: object, line: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A word is right if it is not the given one, and came back."""
    checks.check_own_word(word, answer)
    assert said(capsys).startswith(line)


@pytest.mark.parametrize(("answer", "sign"), [("c", "✓ "), ("a", "✗ not a: "), ("b", "✗ not b: "), (None, "✗ no ")])
def test_what_is_running(answer: object, sign: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Only the letter for "nothing" is right."""
    checks.check_what_is_running(answer)
    assert said(capsys).startswith(sign)


def talk(messages: list[str]) -> list[str]:
    """What the stack would answer, without a stack."""
    words = [json.loads(message).get("message", "🏓 pong") for message in messages]
    return [json.dumps({"message": word}, ensure_ascii=False, separators=(",", ":")) for word in words]


def out_of_order(messages: list[str]) -> list[str]:
    return talk(messages)[::-1]


@pytest.mark.parametrize(
    ("dialogue", "line"),
    [
        (talk, "✓ Three messages, three answers, one connection.\n"),
        (None, "✗ dialogue is None: make it a function.\n"),
        (lambda messages: None, "✗ dialogue() returned None: return a list"),
        (lambda messages: [], "✗ 3 messages, 0 answers: call recv() once after each send()"),
        (out_of_order, '✗ answer 1 is \'{"message":"two"}\', not '),
        (lambda messages: talk(messages) or ["x"], "✗ with no messages there are no answers"),
        (lambda: ["x"], "✗ That could not be checked, it raised TypeError"),
    ],
)
def test_dialogue(dialogue: object, line: str, capsys: pytest.CaptureFixture[str]) -> None:
    """All answers must be there, in the order of the messages."""
    checks.check_dialogue(dialogue)  # type: ignore[arg-type]
    assert said(capsys).startswith(line)

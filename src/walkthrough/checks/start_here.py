"""Checks of 00-start-here."""

import json
from collections.abc import Callable

from walkthrough.checks.exercise import NotYet, check, choose

__all__ = ["check_dialogue", "check_own_word", "check_what_is_running"]

PONG = '{"message":"🏓 pong"}'


@check("a word of your own, and the answer as it came")
def check_own_word(word: object, answer: object) -> str:
    """A word of the learner's own, and the answer that brought it back from the stack."""
    if not isinstance(word, str) or not word:
        raise NotYet(f"word is {word!r}: make it a text, in quotes.")
    if word == "psst":
        raise NotYet("word is still 'psst': write one of your own between the quotes, and run the cell again.")
    if not isinstance(answer, str):
        raise NotYet(f"answer is {answer!r}: keep in it what recv() gives.")
    if json.loads(answer) != {"message": word}:
        raise NotYet(f"the answer to {word!r} was {answer}: run the cell above again, then this one.")
    return f"{word!r} went to a Lambda function and came back."


@check("one of the letters a, b, c, in quotes")
def check_what_is_running(answer: object) -> str:
    """The letter that says what of the learner's stack runs between two messages: nothing."""
    return choose(
        answer,
        "c",
        {
            "a": "a Lambda function has no open port, and its run ends when the handler returns.",
            "b": "no process waits for the next message: it is the connection that stays, and API Gateway holds it.",
            "c": "API Gateway holds the connection. Your function is only run when a message arrives.",
        },
    )


@check("a function from a list of messages to a list of answers")
def check_dialogue(dialogue: Callable[[list[str]], object]) -> str:
    """A function that sends each message over one connection and returns the answers, in order."""
    if not callable(dialogue):
        raise NotYet(f"dialogue is {dialogue!r}: make it a function.")
    messages = ['{"action":"send"}', '{"action":"send", "message":"one"}', '{"action":"send", "message":"two"}']
    answers = dialogue(list(messages))
    if not isinstance(answers, list):
        raise NotYet(f"dialogue() returned {answers!r}: return a list with one answer for each message.")
    if len(answers) != len(messages):
        raise NotYet(f"3 messages, {len(answers)} answers: call recv() once after each send(), and keep what it gives.")
    expected = [PONG, '{"message":"one"}', '{"message":"two"}']
    for number, (answer, wanted) in enumerate(zip(answers, expected, strict=True), start=1):
        if answer != wanted:
            raise NotYet(f"answer {number} is {answer!r}, not {wanted!r}: send one message, then wait for its answer.")
    if dialogue([]) != []:
        raise NotYet("with no messages there are no answers: return an empty list then.")
    return "Three messages, three answers, one connection."

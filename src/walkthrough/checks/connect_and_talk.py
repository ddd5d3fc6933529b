"""Checks of 04-connect-and-talk."""

import json
from collections.abc import Callable

from websockets.sync.client import connect

from walkthrough import stack, timeline
from walkthrough.checks.exercise import NotYet, check, choose

__all__ = ["check_broadcast_received", "check_cold_start_delay", "check_default_error", "check_when_answer_is_sent"]


@check("a message, as text")
def check_default_error(message: object) -> str:
    """A message that ``$default`` answers with "action must be a string, not a number"."""
    wanted = "action must be a string, not a number"
    if not isinstance(message, str):
        raise NotYet("message is not a text yet: write what you would say() to the API.")
    with connect(stack.url()) as client:
        client.send(message)
        answer = json.loads(client.recv(timeout=10))
    if "error" not in answer:
        raise NotYet(
            f"that message is understood, its answer is {answer}: give action a value that is no route's name."
        )
    if answer["error"] != wanted:
        raise NotYet(f"$default says {answer['error']!r}, not {wanted!r}: look at what_is_wrong in lambda/default.py.")
    return f"$default says: {wanted}."


@check("one of the letters a, b, c, in quotes")
def check_when_answer_is_sent(answer: object) -> str:
    """The letter that says when the answer is sent to the client: with the call to ``@connections``."""
    return choose(
        answer,
        "b",
        {
            "a": "a return value ends at API Gateway here: the last part of this notebook shows it.",
            "b": "The handler posts the answer itself, and returns later. What it returns reaches nobody.",
            "c": "API Gateway never makes up an answer, and no code of yours has seen the message by then.",
        },
    )


@check("a function from two messages of a timeline to milliseconds")
def check_cold_start_delay(slowed_down_by: Callable[[object, object], object], pongs: timeline.Timeline) -> str:
    """A function that returns how many milliseconds longer the client waited for the first message than for the second.

    It is called with the two messages in both orders.
    """
    if not callable(slowed_down_by):
        raise NotYet(f"slowed_down_by is {slowed_down_by!r}: make it a function of two messages.")
    if not isinstance(pongs, timeline.Timeline) or len(pongs) < 2:
        raise NotYet("pongs holds no two messages: run the cell with timeline.read again.")
    first, second = pongs[0], pongs[1]
    for one, other in ((first, second), (second, first)):
        wanted = sum(bar.took for bar in one.lane("client")) - sum(bar.took for bar in other.lane("client"))
        got = slowed_down_by(one, other)
        if isinstance(got, bool) or not isinstance(got, int | float):
            raise NotYet(f"slowed_down_by() returned {got!r}: return a number of milliseconds.")
        if abs(got - wanted) > 1:
            raise NotYet(
                f"slowed_down_by() returned {got:.0f} where the client waited {wanted:.0f} ms longer: "
                'take the bars of lane("client") of both, and subtract.'
            )
    longer = sum(bar.took for bar in first.lane("client")) - sum(bar.took for bar in second.lane("client"))
    return f"The client waited {longer:.0f} ms longer for the cold one."


@check("a list of what each client heard, and how many clients there were")
def check_broadcast_received(heard: object, number: int) -> str:
    """The list of what each of ``number`` clients received first, after one of them broadcast ``psst``."""
    if not isinstance(heard, list):
        raise NotYet(f"heard is {heard!r}: return a list with what each client heard.")
    if len(heard) != number:
        raise NotYet(f"{len(heard)} of {number} clients heard something: open them all before the first one sends.")
    if heard != ["psst"] * number:
        raise NotYet(f'they heard {heard}: return the value of "message" from what each client receives first.')
    return f"All {number} heard psst."

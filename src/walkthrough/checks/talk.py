"""Checks of 04-connect-and-talk."""

import json

from websockets.sync.client import connect

from walkthrough import stack
from walkthrough.checks.exercise import NotYet, check

__all__ = ["all_heard", "earns_the_complaint"]


@check("a message, as text")
def earns_the_complaint(message: object) -> str:
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


@check("a list of what each client heard, and how many clients there were")
def all_heard(heard: object, number: int) -> str:
    """What each of so many clients heard first of a broadcast ``psst``."""
    if not isinstance(heard, list):
        raise NotYet(f"heard is {heard!r}: return a list with what each client heard.")
    if len(heard) != number:
        raise NotYet(f"{len(heard)} of {number} clients heard something: open them all before the first one sends.")
    if heard != ["psst"] * number:
        raise NotYet(f'they heard {heard}: return the value of "message" from what each client receives first.')
    return f"All {number} heard psst."

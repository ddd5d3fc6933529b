"""What a check is: a function that returns what the learner got right, or raises ``NotYet`` with what is missing.

In a notebook it prints one line, ``✓ …`` or ``✗ …``, and never raises, even if the answer is missing or has the wrong
type, or if the learner's own code raises.

    @check("a list of names, such as ['connect']")
    def my_check(names: object) -> str:
        if not isinstance(names, list):
            raise NotYet(f"names is {names!r}.")
        return "That is a list."
"""

import inspect
import linecache
from collections.abc import Callable, Mapping
from functools import wraps
from pathlib import Path
from typing import ParamSpec

__all__ = ["NotYet", "check", "choose"]

P = ParamSpec("P")

OURS = str(Path(__file__).resolve().parents[1])
SHOWN = 200  # characters of what an error says


class NotYet(Exception):
    """What is still missing, and where to look."""


def check(expects: str) -> Callable[[Callable[P, str]], Callable[P, None]]:
    """Make a check of a function. ``expects`` describes the arguments, for answers that cannot be checked."""

    def decorate(function: Callable[P, str]) -> Callable[P, None]:
        name, signature = function.__name__, inspect.signature(function)

        @wraps(function)
        def run(*args: P.args, **kwargs: P.kwargs) -> None:
            try:
                signature.bind(*args, **kwargs)
            except TypeError:
                print(f"✗ checks.{name} takes {', '.join(signature.parameters)}. Expected: {expects}.")
                return
            try:
                print(f"✓ {function(*args, **kwargs)}")
            except NotYet as missing:
                print(f"✗ {missing}")
            except (Exception, SystemExit) as error:  # the learner's code, or an answer that nobody thought of
                print(f"✗ {_describe(error)} Expected: {expects}.")

        return run

    return decorate


def choose(answer: object, right: str, because: Mapping[str, str]) -> str:
    """Check a multiple-choice answer: return why the right letter is right, or raise ``NotYet`` with what is wrong.

    ``because`` gives for each letter the reason why it is right or wrong.
    """
    letters = ", ".join(because)
    if answer is None or answer is Ellipsis:
        raise NotYet(f"no answer yet: make it one of the letters {letters}, in quotes.")
    if not isinstance(answer, str) or answer.strip().lower() not in because:
        raise NotYet(f"the answer is {answer!r}: make it one of the letters {letters}, in quotes.")
    letter = answer.strip().lower()
    if letter != right:
        raise NotYet(f"not {letter}: {because[letter]}")
    return because[right]


def _describe(error: BaseException) -> str:
    """A sentence with the error, and with the learner's line if their code raised it."""
    text = " ".join(str(error).split())
    text = text if len(text) <= SHOWN else text[:SHOWN] + "…"
    what = f"{type(error).__name__}: {text}" if text else type(error).__name__
    trace = error.__traceback__
    line = ""
    while trace is not None:
        path = trace.tb_frame.f_code.co_filename
        if not path.startswith(OURS) and "site-packages" not in path and "ipykernel" in path:
            source = linecache.getline(path, trace.tb_lineno).strip()
            line = f" in line {trace.tb_lineno} of your cell, {source!r}"
        trace = trace.tb_next
    return f"Your code raised {what}{line}." if line else f"That could not be checked, it raised {what}."

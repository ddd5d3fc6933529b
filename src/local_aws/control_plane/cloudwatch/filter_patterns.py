"""CloudWatch's filter patterns, which select log events in ``FilterLogEvents`` and ``osls logs --filter``.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
"""

import functools
import json
import re
from collections.abc import Callable, Iterator
from typing import Any

__all__ = ["BadPattern", "compile_pattern"]

Predicate = Callable[[str], bool]
Condition = Callable[[Any], bool]

_TERM = re.compile(r'\s*([?-]?)(?:"((?:[^"\\]|\\.)*)"|%([^%]*)%|([^\s"]+))(?=\s|$)')
_TOKEN = re.compile(
    r'\s*(?:(?P<mark>&&|\|\||[()]|!=|<=|>=|=|<|>)|"(?P<quoted>(?:[^"\\]|\\.)*)"|%(?P<regex>[^%]*)%'
    r"|(?P<selector>\$(?:\.[\w-]+|\[(?:\d+|\*|'[^']*'|\"[^\"]*\")\])+)|(?P<word>[^\s()=!<>&|]+))"
)
_STEP = re.compile(r"\.([\w-]+)|\[(\d+|\*)\]|\['([^']*)'\]|\[\"([^\"]*)\"\]")
_ORDERED: dict[str, Callable[[float, float], bool]] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}


class BadPattern(ValueError):
    """The text is not a filter pattern; ``str()`` says why."""


@functools.lru_cache(maxsize=64)
def compile_pattern(pattern: str) -> Predicate:
    """A function that says whether a message matches the pattern. Raises BadPattern.

    The empty pattern matches everything. Terms are case-sensitive, and all must occur; ``-term`` must not occur.
    ``"a phrase"`` is one term, ``%expression%`` is a regular expression. If all terms begin with ``?``, one of them
    must occur; beside other terms they are ignored. ``{ $.level = "ERROR" && $.took > 100 }`` matches messages in JSON.
    AWS also has patterns of space-delimited fields, ``[ip, user]``; they raise BadPattern here.
    """
    text = pattern.strip()
    if text.startswith("{") and text.endswith("}"):
        condition = _Conditions(text[1:-1]).read()
        return lambda message: condition(_parsed(message))
    if text.startswith("["):
        raise BadPattern("the embedded AWS does not read patterns of space-delimited fields")
    return _terms(text)


def _terms(text: str) -> Predicate:
    required: list[Predicate] = []
    excluded: list[Predicate] = []
    alternatives: list[Predicate] = []
    position = 0
    while position < len(text.rstrip()):
        match = _TERM.match(text, position)
        if match is None:
            raise BadPattern(f"there is no term at {text[position:].strip()!r}")
        sign, phrase, expression, word = match.groups()
        term = _contains(word or _unescaped(phrase or "")) if expression is None else _matches(expression)
        {"": required, "-": excluded, "?": alternatives}[sign].append(term)
        position = match.end()
    if alternatives and not required and not excluded:
        return lambda message: any(term(message) for term in alternatives)
    return lambda message: all(term(message) for term in required) and not any(term(message) for term in excluded)


def _contains(term: str) -> Predicate:
    return lambda message: term in message


def _matches(expression: str) -> Predicate:
    try:
        found = re.compile(expression).search
    except re.error as error:
        raise BadPattern(f"%{expression}% is no regular expression: {error}") from None
    return lambda message: found(message) is not None


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)


def _parsed(message: str) -> Any:
    try:
        return json.loads(message)
    except ValueError:
        return None


class _Conditions:
    """A recursive descent parser of ``$.a = 1 && ($.b != "x" || $.c NOT EXISTS)``; ``&&`` binds tighter than ``||``."""

    def __init__(self, text: str) -> None:
        self._tokens: list[tuple[str, str]] = []
        position = 0
        while text[position:].strip():
            match = _TOKEN.match(text, position)
            if match is None:
                raise BadPattern(f"there is no condition at {text[position:].strip()!r}")
            self._tokens.append((str(match.lastgroup), match.group(str(match.lastgroup))))
            position = match.end()

    def read(self) -> Condition:
        condition = self._any()
        if self._tokens:
            raise BadPattern(f"{self._tokens[0][1]!r} is not expected")
        return condition

    def _any(self) -> Condition:
        parts = [self._all()]
        while self._skip("||"):
            parts.append(self._all())
        return lambda value: any(part(value) for part in parts)

    def _all(self) -> Condition:
        parts = [self._one()]
        while self._skip("&&"):
            parts.append(self._one())
        return lambda value: all(part(value) for part in parts)

    def _one(self) -> Condition:
        if self._skip("("):
            condition = self._any()
            if not self._skip(")"):
                raise BadPattern("a parenthesis is not closed")
            return condition
        kind, selector = self._next()
        if kind != "selector":
            raise BadPattern(f"{selector!r} is no selector such as $.level")
        test = self._test()
        return lambda value: test(list(_selected(value, selector)))

    def _test(self) -> Condition:
        """A test of the list of values that a selector found; the list is empty if there is no such member."""
        _, mark = self._next()
        if mark.upper() in ("IS", "NOT"):
            words = f"{mark} {self._next()[1]}".upper()
            constants = {"IS NULL": None, "IS TRUE": True, "IS FALSE": False}
            if words == "NOT EXISTS":
                return lambda found: not found
            if words not in constants:
                raise BadPattern(f"{words} is none of IS NULL, IS TRUE, IS FALSE and NOT EXISTS")
            constant = constants[words]
            return lambda found: any(value is constant for value in found)
        kind, text = self._next()
        if mark in ("=", "!="):
            equals, expected = _equality(kind, text), mark == "="
            return lambda found: any(equals(value) is expected for value in found)
        if mark not in _ORDERED:
            raise BadPattern(f"{mark!r} is no comparison")
        compare, limit = _ORDERED[mark], _number(text)
        if limit is None:
            raise BadPattern(f"{text!r} is no number")
        return lambda found: any(_is_number(value) and compare(value, limit) for value in found)

    def _next(self) -> tuple[str, str]:
        if not self._tokens:
            raise BadPattern("it ends too early")
        return self._tokens.pop(0)

    def _skip(self, mark: str) -> bool:
        if self._tokens and self._tokens[0] == ("mark", mark):
            self._tokens.pop(0)
            return True
        return False


def _equality(kind: str, text: str) -> Condition:
    if kind == "regex":
        matches = _matches(text)
        return lambda value: isinstance(value, str) and matches(value)
    number = _number(text) if kind == "word" else None
    wildcard = re.compile(".*".join(re.escape(part) for part in _unescaped(text).split("*")), re.DOTALL)
    return lambda value: (
        (_is_number(value) and number is not None and value == number)
        or (isinstance(value, str) and wildcard.fullmatch(value) is not None)
    )


def _selected(value: Any, selector: str) -> Iterator[Any]:
    found = [value]
    for name, index, *quoted in _STEP.findall(selector):
        key = name or next(filter(None, quoted), "")
        if index:
            lists = [each for each in found if isinstance(each, list)]
            found = [
                each for items in lists for each in (items if index == "*" else items[int(index) : int(index) + 1])
            ]
        else:
            found = [each[key] for each in found if isinstance(each, dict) and key in each]
    yield from found


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)

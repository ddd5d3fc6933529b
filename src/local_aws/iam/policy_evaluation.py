"""IAM's evaluation of identity and resource policies, as pure functions.

From the IAM user guide, "Policy evaluation logic" and "IAM JSON policy elements". Values are compared as text.
"""

import enum
import ipaddress
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

__all__ = ["Ask", "Context", "Decision", "Value", "decide", "matches"]

Value = str | Sequence[str]
"""The value of a condition key: one text, or several."""

Context = Mapping[str, Value | Callable[[], Value | None]]
"""Condition keys in lower case, such as ``aws:sourcearn``; a value that is slow to find is a function."""


class Decision(enum.Enum):
    """The decision of policies together: an explicit deny wins, then an allow; without either, it is not allowed."""

    ALLOWED = "allowed"
    DENIED = "explicitly denied"
    NOT_ALLOWED = "not allowed"


@dataclass(frozen=True, slots=True)
class Ask:
    """One action on one resource.

    ``principal`` is (type, name, …), such as ("Service", "apigateway.amazonaws.com"), or ("AWS", …) with every ARN that
    names the caller. It counts in resource policies only; None for identity policies.
    """

    action: str
    resource: str
    principal: tuple[str, ...] | None = None
    context: Context = field(default_factory=dict)


def decide(documents: Iterable[Mapping[str, Any]], ask: Ask) -> Decision:
    """What these policy documents decide. A condition that cannot be evaluated holds in a Deny, and not in an Allow."""
    decision = Decision.NOT_ALLOWED
    for document in documents:
        for statement in _items(document.get("Statement")):
            if not isinstance(statement, dict):
                continue
            effect = statement.get("Effect")
            if effect in ("Allow", "Deny") and _covers(statement, ask, unknown=effect == "Deny"):
                if effect == "Deny":
                    return Decision.DENIED
                decision = Decision.ALLOWED
    return decision


def matches(pattern: str, text: str, *, ignore_case: bool = False) -> bool:
    """Whether a text matches a pattern with IAM's wildcards: ``*`` for any characters, ``?`` for one."""
    return _compiled(pattern, ignore_case).fullmatch(text) is not None


@lru_cache(maxsize=1024)
def _compiled(pattern: str, ignore_case: bool) -> re.Pattern[str]:
    expression = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.compile(expression, re.DOTALL | (re.IGNORECASE if ignore_case else 0))


def _covers(statement: Mapping[str, Any], ask: Ask, *, unknown: bool) -> bool:
    actions = _items(statement.get("Action", statement.get("NotAction")))
    action = any(matches(str(each), ask.action, ignore_case=True) for each in actions)
    resources = _items(statement.get("Resource", statement.get("NotResource")))
    resource = any(matches(_filled(str(each), ask), ask.resource) for each in resources)
    conditions = statement.get("Condition") or {}
    if not isinstance(conditions, dict) or not all(isinstance(pairs, dict) for pairs in conditions.values()):
        return unknown
    return (
        action is ("Action" in statement)
        and resource is ("Resource" in statement)
        and (ask.principal is None or _is_principal(statement, ask.principal))
        and all(
            _holds(operator, str(key), _items(values), ask, unknown)
            for operator, pairs in conditions.items()
            for key, values in pairs.items()
        )
    )


def _is_principal(statement: Mapping[str, Any], principal: tuple[str, ...]) -> bool:
    negated = "NotPrincipal" in statement
    named = statement.get("NotPrincipal" if negated else "Principal")
    if named == "*":
        return not negated
    kind, *names = principal
    found = isinstance(named, dict) and any(each == "*" or each in names for each in _items(named.get(kind)))
    return found is not negated


def _value(ask: Ask, key: str) -> Value | None:
    value = ask.context.get(key.lower())
    return value() if callable(value) else value


def _filled(pattern: str, ask: Ask) -> str:
    """Fill in policy variables such as ``${aws:username}``; one without a value, or with several, matches nothing."""
    if "${" not in pattern:
        return pattern

    def fill(match: re.Match[str]) -> str:
        value = _value(ask, match[1])
        return value if isinstance(value, str) else "\0"

    return re.sub(r"\$\{([^}]+)\}", fill, pattern)


def _holds(operator: str, key: str, wanted: Sequence[Any], ask: Ask, unknown: bool) -> bool:
    quantifier, _, name = operator.rpartition(":")
    optional = name.endswith("IfExists")
    name = name.removesuffix("IfExists")
    value = _value(ask, key)
    if name == "Null":
        return (value is None) is (str(wanted[0]).lower() == "true" if wanted else False)
    test = _OPERATORS.get(name.removeprefix("Not"), _OPERATORS.get(name.replace("Not", "", 1)))
    if test is None:
        return unknown
    negated = "Not" in name
    if value is None:
        # A missing key fails a condition, except a negated one, IfExists and ForAllValues
        return optional or quantifier == "ForAllValues" or (negated and quantifier != "ForAnyValue")
    values = (value,) if isinstance(value, str) else value
    each_holds = (any(test(one, _filled(str(each), ask)) for each in wanted) is not negated for one in values)
    try:
        return all(each_holds) if quantifier == "ForAllValues" else any(each_holds)
    except ValueError:
        return unknown


def _items(value: Any) -> Sequence[Any]:
    if value is None:
        return ()
    return value if isinstance(value, list) else (value,)


def _arn_like(value: str, pattern: str) -> bool:
    """Compare part by part: a wildcard does not match a colon, except in the last part, which may have colons."""
    parts, patterns = value.split(":", 5), pattern.split(":", 5)
    return len(parts) == len(patterns) == 6 and all(map(matches, patterns, parts))


def _when(text: str) -> float:
    return float(text) if text.isdigit() else datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


_OPERATORS: Mapping[str, Callable[[str, str], bool]] = {
    "StringEquals": lambda value, wanted: value == wanted,
    "StringEqualsIgnoreCase": lambda value, wanted: value.lower() == wanted.lower(),
    "StringLike": lambda value, wanted: matches(wanted, value),
    "ArnEquals": _arn_like,
    "ArnLike": _arn_like,
    "Bool": lambda value, wanted: value.lower() == wanted.lower(),
    "IpAddress": lambda value, wanted: ipaddress.ip_address(value) in ipaddress.ip_network(wanted, strict=False),
    "NumericEquals": lambda value, wanted: float(value) == float(wanted),
    "NumericLessThan": lambda value, wanted: float(value) < float(wanted),
    "NumericLessThanEquals": lambda value, wanted: float(value) <= float(wanted),
    "NumericGreaterThan": lambda value, wanted: float(value) > float(wanted),
    "NumericGreaterThanEquals": lambda value, wanted: float(value) >= float(wanted),
    "DateEquals": lambda value, wanted: _when(value) == _when(wanted),
    "DateLessThan": lambda value, wanted: _when(value) < _when(wanted),
    "DateLessThanEquals": lambda value, wanted: _when(value) <= _when(wanted),
    "DateGreaterThan": lambda value, wanted: _when(value) > _when(wanted),
    "DateGreaterThanEquals": lambda value, wanted: _when(value) >= _when(wanted),
}

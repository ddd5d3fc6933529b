"""The Velocity Template Language of mapping templates: airspeed, with Java's values in place of Python's.

airspeed parses and evaluates a template, but with Python's values: ``True`` for ``true``, an empty string that is
false, and access to every attribute of every object. So we replace the elements of the parsed tree that handle values.
A template can then reach only the keys of a map and the methods below, as on AWS, where values are Java's.

Sources: the Velocity 1.7 user guide, which API Gateway's developer guide refers to; airspeed 0.7.1.
"""

import json
import operator
import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from types import MethodType
from typing import Any

import airspeed

from local_aws.gateway import assumptions
from local_aws.patching import overriding, patch

__all__ = ["Member", "TemplateFailed", "render", "text"]

SILENT = frozenset({"context", "input", "stageVariables", "util"})
"""The variables that API Gateway defines: a missing member of one is written as nothing, not as its own name."""

_NOT_THERE = re.compile(r"(?<!\\)#\{?(?P<name>break|evaluate|include|parse|return)\b")


class TemplateFailed(Exception):
    """A template cannot be parsed or evaluated; the message says where and why."""


class Member:
    """An object that templates may use; they can reach only the names in ``members``.

    A template writes an attribute as ``$object.name`` and a method as ``$object.name(…)``.
    """

    members: frozenset[str] = frozenset()


def render(template: str, variables: Mapping[str, Any]) -> str:
    """Render a template with these variables. Raises TemplateFailed."""
    try:
        return str(_compiled(template).merge(dict(variables)))
    except airspeed.TemplateExecutionError as error:
        cause = error.__cause__
        raise TemplateFailed(f"{error.element.my_text().strip()}: {cause or error}") from None
    except airspeed.TemplateError as error:
        raise TemplateFailed(str(error)) from None
    except RecursionError:
        raise TemplateFailed("it is nested too deeply") from None


def text(value: object) -> str:
    """A value as a template writes it: maps as Java's ``{a=1, b=2}``, arrays as JSON."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{text(key)}={text(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list | tuple | range):
        return json.dumps(list(value), ensure_ascii=False, separators=(",", ":"))
    return "null" if value is None else str(value)


@lru_cache(maxsize=256)
def _compiled(source: str) -> airspeed.Template:
    missing = _NOT_THERE.search(source)
    if missing:
        raise TemplateFailed(f"#{missing['name']} is not supported by the embedded AWS. Write the template without it.")
    template = airspeed.Template(source, "template")
    template.ensure_compiled()
    for element in list(_elements(template.root_element)):
        _adapt(element)
    return template


def _elements(root: Any) -> Iterator[Any]:
    """Every element of a parsed template; some can be found only through a bound method that another one holds."""
    seen: set[int] = set()
    waiting = [root]
    while waiting:
        each = waiting.pop()
        if isinstance(each, MethodType):
            each = each.__self__
        if id(each) in seen:
            continue
        seen.add(id(each))
        if isinstance(each, list | tuple):
            waiting += each
        elif isinstance(each, dict):
            waiting += [*each.keys(), *each.values()]
        elif isinstance(each, airspeed._Element):
            if isinstance(each, airspeed.StringLiteral):
                _keep_backslashes(each)
            yield each
            waiting += vars(each).values()


def _adapt(element: Any) -> None:
    match element:
        case airspeed.NameOrCall():
            element.__class__ = _NameOrCall
        case airspeed.FormalReference():
            element.__class__ = _Reference
        case airspeed.SubExpression():
            element.__class__ = _SubExpression
        case airspeed.Condition():
            condition = element.calculate
            patch(element, "calculate", lambda namespace, loader: assumptions.is_true(condition(namespace, loader)))
        case airspeed.UnaryOperatorValue():
            patch(element, "op", lambda value: not assumptions.is_true(value))
        case airspeed.BinaryOperator():
            patch(element, "apply_to", _OPERATORS.get(element.my_text().strip(), element.apply_to))


def _keep_backslashes(literal: Any) -> None:
    """Keep backslashes in a Velocity string: ``"\\\\'"`` is a pattern for a backslash and a quote."""
    source = literal.my_text()
    if "\\" in source:
        literal.value = source[1:-1].replace(f"\\{source[0]}", source[0])
        if isinstance(literal, airspeed.InterpolatedStringLiteral):
            literal.block = airspeed.Block(literal.filename, literal.value, 0)


@overriding("calculate")
class _NameOrCall(airspeed.NameOrCall):  # type: ignore[misc]  # airspeed has no types
    def calculate(self, current_object: Any, loader: Any, top_namespace: Any) -> Any:
        arguments = None if self.parameters is None else self.parameters.calculate(top_namespace, loader)
        found = _member(current_object, self.name, arguments)
        if isinstance(found, airspeed._FunctionDefinition):  # made by #define
            stream = airspeed.StoppableStream()
            found.execute_function(stream, top_namespace, arguments or [], loader)
            return stream.getvalue()
        return found if self.index is None else _indexed(found, self.index.calculate(top_namespace, loader))


@overriding("calculate")
class _SubExpression(airspeed.SubExpression):  # type: ignore[misc]
    def calculate(self, current_object: Any, loader: Any, global_namespace: Any) -> Any:
        if not isinstance(self.expression, airspeed.ArrayIndex):
            return self.expression.calculate(current_object, loader, global_namespace)
        found = _indexed(current_object, self.expression.calculate(global_namespace, loader))
        return found if self.subexpression is None else self.subexpression.calculate(found, loader, global_namespace)


@overriding("evaluate_raw")
class _Reference(airspeed.FormalReference):  # type: ignore[misc]
    def evaluate_raw(self, stream: Any, namespace: Any, loader: Any) -> None:
        value = None if self.expression is None else self.expression.calculate(namespace, loader)
        if value is None and self.alternate is not None:
            value = self.alternate.calculate(namespace, loader)
        if value is not None:
            stream.write(text(value))
        elif not self.silent and not (self.expression is not None and self.expression.part.name in SILENT):
            stream.write(self.my_text())


def _member(holder: Any, name: str, arguments: list[Any] | None) -> Any:
    """A key, a member or the result of a method; None if there is none of that name, as in Velocity."""
    if isinstance(holder, Member):
        if name not in holder.members:
            if arguments is None:
                return None
            raise TypeError(f"there is no {name} here")
        found = getattr(holder, name)
        return found(*arguments) if arguments is not None and callable(found) else found
    if arguments is None:
        return _key(holder, name)
    methods = next((known for kind, known in _METHODS if isinstance(holder, kind)), None)
    method = (methods or {}).get(name)
    if method is not None:
        return method(holder, *arguments)
    found = _key(holder, name)
    if isinstance(found, airspeed._FunctionDefinition):
        return found
    if holder is None or isinstance(holder, airspeed.LocalNamespace):
        return None
    raise TypeError(f"a {_java(holder)} has no method {name} here")


def _key(holder: Any, name: str) -> Any:
    try:
        return holder[name] if isinstance(holder, Mapping) else None
    except KeyError:
        return None


def _indexed(holder: Any, index: Any) -> Any:
    """``$holder[index]``; None if there is no such element."""
    if isinstance(holder, Mapping):
        return holder.get(index)
    if isinstance(holder, list | range) and isinstance(index, int) and -len(holder) <= index < len(holder):
        return holder[index]
    return None


def _java(value: object) -> str:
    return next((name for kind, name in _NAMES if isinstance(value, kind)), "value")


def _equal(one: Any, other: Any) -> bool:
    """Compare two values; those of different types are equal if their texts are."""
    return bool(one == other) if type(one) is type(other) else text(one) == text(other)


def _plus(one: Any, other: Any) -> Any:
    return text(one) + text(other) if isinstance(one, str) or isinstance(other, str) else one + other


_OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "==": _equal,
    "eq": _equal,
    "!=": lambda one, other: not _equal(one, other),
    "ne": lambda one, other: not _equal(one, other),
    "&&": lambda one, other: assumptions.is_true(one) and assumptions.is_true(other),
    "and": lambda one, other: assumptions.is_true(one) and assumptions.is_true(other),
    "||": lambda one, other: assumptions.is_true(one) or assumptions.is_true(other),
    "or": lambda one, other: assumptions.is_true(one) or assumptions.is_true(other),
    "+": _plus,
}


def _replacement(java: str) -> str:
    """Turn the groups of a Java replacement (``$1``) into Python's (``\\g<1>``)."""
    return re.sub(r"\$(\d)", r"\\g<\1>", java.replace("\\", "\\\\"))


def _set(holder: list[Any], index: int, value: Any) -> Any:
    before, holder[index] = holder[index], value
    return before


def _put(holder: dict[Any, Any], key: Any, value: Any) -> Any:
    before, holder[key] = holder.get(key), value
    return before


def _added(holder: list[Any], values: list[Any]) -> bool:
    holder += values
    return True


_Methods = Mapping[str, Callable[..., Any]]

_OF_TEXT: _Methods = {
    "charAt": lambda self, index: self[index],
    "concat": operator.add,
    "contains": lambda self, part: part in self,
    "endsWith": str.endswith,
    "equals": lambda self, other: self == other,
    "equalsIgnoreCase": lambda self, other: isinstance(other, str) and self.lower() == other.lower(),
    "indexOf": str.find,
    "isEmpty": lambda self: not self,
    "lastIndexOf": str.rfind,
    "length": len,
    "matches": lambda self, pattern: re.fullmatch(pattern, self) is not None,
    "replace": str.replace,
    "replaceAll": lambda self, pattern, by: re.sub(pattern, _replacement(by), self),
    "replaceFirst": lambda self, pattern, by: re.sub(pattern, _replacement(by), self, count=1),
    "split": lambda self, pattern: re.split(pattern, self),
    "startsWith": str.startswith,
    "substring": lambda self, start, end=None: self[start:end],
    "toLowerCase": str.lower,
    "toString": str,
    "toUpperCase": str.upper,
    "trim": str.strip,
}

_OF_ARRAYS: _Methods = {
    "add": lambda self, value: _added(self, [value]),
    "addAll": _added,
    "contains": lambda self, value: value in self,
    "count": lambda self: str(len(self)),  # documented for $input.path
    "get": lambda self, index: self[index],
    "indexOf": lambda self, value: self.index(value) if value in self else -1,
    "isEmpty": lambda self: not self,
    "remove": lambda self, index: self.pop(index),
    "set": _set,
    "size": len,
    "toString": text,
}

_OF_MAPS: _Methods = {
    "containsKey": lambda self, key: key in self,
    "containsValue": lambda self, value: value in self.values(),
    "entrySet": lambda self: [{"key": key, "value": value} for key, value in self.items()],
    "get": lambda self, key: self.get(key),
    "isEmpty": lambda self: not self,
    "keySet": lambda self: list(self),
    "put": _put,
    "putAll": lambda self, values: self.update(values),
    "remove": lambda self, key: self.pop(key, None),
    "size": len,
    "toString": text,
    "values": lambda self: list(self.values()),
}

_OF_NUMBERS: _Methods = {
    "doubleValue": float,
    "equals": lambda self, other: self == other,
    "intValue": int,
    "longValue": int,
    "parseInt": lambda self, digits: int(digits),
    "toString": text,
}

_NAMES: tuple[tuple[Any, str], ...] = (
    (str, "string"),
    (list | range, "list"),
    (airspeed.LocalNamespace, "template"),
    (dict, "map"),
    (int | float, "number"),
)

_METHODS: tuple[tuple[Any, _Methods], ...] = (
    (airspeed.LocalNamespace, {}),
    (str, _OF_TEXT),
    (list | range, _OF_ARRAYS),
    (dict, _OF_MAPS),
    (int | float, _OF_NUMBERS),
)

render("#if(!$nothing == $nothing)#end", {})  # what is replaced in a parsed template: another airspeed is found out now

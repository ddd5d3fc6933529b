"""What was read of moto, remembered until something may have changed there.

Reading moto is slow, next to an invocation, and every message of a client asks for the same: the function, its policy,
its role. Between two deploys nothing of that changes.
"""

import functools
from collections.abc import Callable, Hashable
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar, cast

from local_aws.net.http import Request

__all__ = ["ReadCache", "cached", "changes_nothing"]

MAX_KNOWN = 4096

T = TypeVar("T")
P = ParamSpec("P")

_DATA = tuple(
    f"DynamoDB_20120810.{name}"
    for name in (
        "BatchGet",
        "BatchWrite",
        "DeleteItem",
        "GetItem",
        "PutItem",
        "Query",
        "Scan",
        "Transact",
        "UpdateItem",
    )
)
_LOGS = "Logs_20140328."


class ReadCache:
    """Answers are remembered by a key. May be asked from any thread."""

    def __init__(self) -> None:
        self._generation = 0
        self._known: dict[Hashable, tuple[int, object]] = {}

    def forget(self) -> None:
        """Something changes, or has changed: what was read before counts no more, nor what is being read just now."""
        self._generation += 1

    def recall(self, key: Hashable, read: Callable[[], T]) -> T:
        """What ``read`` gave for this key, the same object until something changes."""
        generation = self._generation
        known = self._known.get(key)
        if known is not None and known[0] == generation:
            return cast(T, known[1])
        value = read()
        if len(self._known) >= MAX_KNOWN:
            self._known = {}
        self._known[key] = generation, value
        return value


class _Remembers(Protocol):
    memory: ReadCache


S = TypeVar("S", bound=_Remembers)


def cached(method: Callable[Concatenate[S, P], T]) -> Callable[Concatenate[S, P], T]:
    """A method whose answer is remembered in its object's ``memory``; nobody may change what it gives."""

    @functools.wraps(method)
    def recall(self: S, /, *args: P.args, **kwargs: P.kwargs) -> T:
        key = method.__name__, args, tuple(kwargs.items())
        return self.memory.recall(key, lambda: method(self, *args, **kwargs))

    return recall


def changes_nothing(request: Request) -> bool:
    """Whether a call of the AWS API is one of those that handlers make all the time, and touches data only."""
    target: Any = request.headers.get("x-amz-target") or ""
    return bool(target.startswith(_DATA) or target.startswith(_LOGS))

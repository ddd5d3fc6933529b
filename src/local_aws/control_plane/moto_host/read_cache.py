"""A cache of what was read from moto, valid until something may have changed there.

Reading moto is slow compared with an invocation, and every message of a client needs the same: the function, its
policy, its role. These change only when something is deployed.
"""

import functools
from collections.abc import Callable, Hashable
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar, cast

from local_aws.net.http import Request

__all__ = ["ReadCache", "cached", "leaves_cache_valid"]

MAX_ENTRIES = 4096

T = TypeVar("T")
P = ParamSpec("P")

_DATA_TARGETS = tuple(
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
_LOGS_TARGET = "Logs_20140328."


class ReadCache:
    """Values by key. May be used from any thread."""

    def __init__(self) -> None:
        self._generation = 0
        self._entries: dict[Hashable, tuple[int, object]] = {}

    def invalidate(self) -> None:
        """Drop all values, also those that are being read at this moment."""
        self._generation += 1

    def recall(self, key: Hashable, read: Callable[[], T]) -> T:
        """The value of ``read()`` for this key; the same object until ``invalidate()``."""
        generation = self._generation
        entry = self._entries.get(key)
        if entry is not None and entry[0] == generation:
            return cast(T, entry[1])
        value = read()
        if len(self._entries) >= MAX_ENTRIES:
            self._entries = {}
        self._entries[key] = generation, value
        return value


class _HasReadCache(Protocol):
    read_cache: ReadCache


S = TypeVar("S", bound=_HasReadCache)


def cached(method: Callable[Concatenate[S, P], T]) -> Callable[Concatenate[S, P], T]:
    """Decorate a method: its answers are cached in the object's ``read_cache``. Callers must not modify them."""

    @functools.wraps(method)
    def recall(self: S, /, *args: P.args, **kwargs: P.kwargs) -> T:
        key = method.__name__, args, tuple(kwargs.items())
        return self.read_cache.recall(key, lambda: method(self, *args, **kwargs))

    return recall


def leaves_cache_valid(request: Request) -> bool:
    """Whether a call of the AWS API touches DynamoDB items or logs only, as handlers do all the time."""
    target: Any = request.headers.get("x-amz-target") or ""
    return bool(target.startswith(_DATA_TARGETS) or target.startswith(_LOGS_TARGET))

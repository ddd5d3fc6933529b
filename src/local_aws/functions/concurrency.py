"""How many invocations run, and whether one more may run.

Source: https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html
"""

from collections import Counter

from local_aws.functions.configuration import ConcurrencyLimits
from local_aws.functions.refusals import Throttled

__all__ = ["ACCOUNT_LIMIT_REACHED", "RESERVED_LIMIT_REACHED", "Concurrency"]

ACCOUNT_LIMIT_REACHED = "ConcurrentInvocationLimitExceeded"
RESERVED_LIMIT_REACHED = "ReservedFunctionConcurrentInvocationLimitExceeded"


class Concurrency:
    """The invocations that run in one region, by function."""

    def __init__(self) -> None:
        self._running: Counter[str] = Counter()

    def of(self, name: str) -> int:
        """The number of running invocations of a function, all its versions together."""
        return self._running[name]

    @property
    def total(self) -> int:
        """The number of running invocations of all functions."""
        return self._running.total()

    def unreserved(self, limits: ConcurrencyLimits) -> int:
        """The number of running invocations of functions without reserved concurrency."""
        return sum(count for name, count in self._running.items() if name not in limits.reserved)

    def enter(self, name: str, limits: ConcurrencyLimits) -> None:
        """Count one more invocation; ``leave`` must follow. Raises Throttled if it may not run."""
        reserved = limits.reserved.get(name)
        if reserved is not None:
            if self._running[name] >= reserved:
                raise Throttled(RESERVED_LIMIT_REACHED)
        elif self.unreserved(limits) >= limits.account - sum(limits.reserved.values()):
            raise Throttled(ACCOUNT_LIMIT_REACHED)
        self._running[name] += 1

    def leave(self, name: str) -> None:
        """Count one invocation less: it has ended."""
        self._running[name] -= 1
        if not self._running[name]:
            del self._running[name]

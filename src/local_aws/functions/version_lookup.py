"""What runs when a function is invoked by a name: which version, under which ARN."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from local_aws.functions.configuration import Alias, Catalog, FunctionConfiguration
from local_aws.functions.names import FunctionName

__all__ = ["Target", "choose", "find"]


@dataclass(frozen=True, slots=True)
class Target:
    """``name`` is what the caller invoked, ``configuration`` the version that answers."""

    name: FunctionName
    configuration: FunctionConfiguration


def find(catalog: Catalog, name: FunctionName, roll: Callable[[], float]) -> Target:
    """Return the version that a name stands for.

    ``roll`` returns a random number from 0 to 1, for aliases that divide their calls. Raises FunctionNotFound.
    """
    alias = catalog.alias(name)
    if alias is None:
        return Target(name, catalog.configuration(name))
    return Target(name, catalog.configuration(replace(name, qualifier=choose(alias, roll()))))


def choose(alias: Alias, share: float) -> str:
    """Return the version for one call; ``share`` is a number from 0 up to, but not including, 1.

    Source: https://docs.aws.amazon.com/lambda/latest/dg/configuring-alias-routing.html
    """
    below = 0.0
    for version, weight in alias.weights.items():
        below += weight
        if share < below:
            return version
    return alias.version

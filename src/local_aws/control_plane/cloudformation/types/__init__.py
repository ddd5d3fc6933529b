"""The CloudFormation types that moto lacks or half has, each a noun a module; ``apply_patches`` puts
them in moto's list.

moto finds types as direct subclasses of its ``CloudFormationModel``, and files them under the second part of their
module's name; so they live in a package and are imported before moto's list of types is first read.
"""

from local_aws.control_plane.cloudformation.types import (
    accounts,
    aliases,
    buckets,
    domain_names,
    event_invoke_configs,
    functions,
    layers,
    log_groups,
    roles,
    tables,
    websocket_apis,
)
from local_aws.control_plane.cloudformation.types.domain_names import (
    all_domain_names,
    domain_names_of,
    forget_domain_names,
)
from local_aws.control_plane.cloudformation.types.websocket_apis import (
    all_websocket_apis,
    forget_websocket_apis,
    websocket_apis_of,
)

__all__ = [
    "REPLACED_BY",
    "all_domain_names",
    "all_websocket_apis",
    "apply_patches",
    "domain_names_of",
    "forget_domain_names",
    "forget_websocket_apis",
    "websocket_apis_of",
]

REPLACED_BY: dict[str, frozenset[str]] = {
    **accounts.REPLACED_BY,
    **aliases.REPLACED_BY,
    **buckets.REPLACED_BY,
    **domain_names.REPLACED_BY,
    **event_invoke_configs.REPLACED_BY,
    **functions.REPLACED_BY,
    **layers.REPLACED_BY,
    **log_groups.REPLACED_BY,
    **roles.REPLACED_BY,
    **tables.REPLACED_BY,
    **websocket_apis.REPLACED_BY,
}
"""Type → the properties whose change makes CloudFormation replace the resource; ``*`` stands for all of them."""


def apply_patches() -> None:
    """Make moto's own classes such types."""
    for module in (aliases, buckets, functions, layers, log_groups, roles, tables):
        module.apply_patches()

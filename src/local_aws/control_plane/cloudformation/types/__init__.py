"""The CloudFormation resource types that moto lacks or has only in part, one module for each kind of resource.

moto finds types as direct subclasses of its ``CloudFormationModel``, and sorts them by the second part of their
module's name; so they are in a package, and are imported before moto first reads its list of types.
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
"""Type → the properties whose change makes CloudFormation replace the resource; ``*`` means all of them."""


def apply_patches() -> None:
    """Patch moto's own resource types."""
    for module in (aliases, buckets, functions, layers, log_groups, roles, tables):
        module.apply_patches()

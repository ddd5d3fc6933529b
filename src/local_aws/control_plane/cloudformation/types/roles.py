"""``AWS::IAM::Role``.

Seen in moto 5.2.5: ManagedPolicyArns are not attached; an update changes only the description; a role with an attached
managed policy cannot be deleted.
"""

import json
from typing import Any

from moto.iam.models import Role, iam_backends
from moto.utilities.utils import get_partition

from local_aws.control_plane.cloudformation.types.base import Properties, patch_resource
from local_aws.patching import add

__all__ = ["REPLACED_BY", "apply_patches"]

REPLACED_BY = {"AWS::IAM::Role": frozenset({"RoleName", "Path"})}


def apply_patches() -> None:
    """Patch creation, update and deletion of roles."""
    patch_resource(Role, create=_create, update=_update)
    add(Role, "delete", _delete)


def _create(name: str, properties: Properties, account_id: str, region: str, logical_id: str) -> Any:
    role = iam_backends[account_id][get_partition(region)].create_role(
        role_name=name,
        assume_role_policy_document=_text(properties["AssumeRolePolicyDocument"]),
        path=properties.get("Path", "/"),
        permissions_boundary=properties.get("PermissionsBoundary", ""),
        description=properties.get("Description", ""),
        tags=properties.get("Tags", []),
        max_session_duration=int(properties.get("MaxSessionDuration", 3600)),
    )
    try:
        _set_policies(role, properties, account_id, region)
    except Exception:  # such as a managed policy that does not exist: CloudFormation leaves no incomplete role
        _delete(role, account_id, region)
        raise
    return role


def _update(role: Any, properties: Properties, account_id: str, region: str) -> None:
    backend = iam_backends[account_id][get_partition(region)]
    backend.update_role(role.name, properties.get("Description", ""), int(properties.get("MaxSessionDuration", 3600)))
    backend.update_assume_role_policy(role.name, _text(properties["AssumeRolePolicyDocument"]))
    role.permissions_boundary_arn = properties.get("PermissionsBoundary", "")
    role.tags = {tag["Key"].lower(): tag for tag in properties.get("Tags", [])}
    _set_policies(role, properties, account_id, region)


def _set_policies(role: Any, properties: Properties, account_id: str, region: str) -> None:
    backend = iam_backends[account_id][get_partition(region)]
    role.policies = {policy["PolicyName"]: _text(policy["PolicyDocument"]) for policy in properties.get("Policies", [])}
    arns = properties.get("ManagedPolicyArns", [])
    for arn in list(role.managed_policies):
        if arn not in arns:
            backend.detach_role_policy(arn, role.name)
    for arn in arns:
        if arn not in role.managed_policies:
            backend.attach_role_policy(arn, role.name)


def _delete(self: Any, account_id: str, region: str) -> None:
    backend = iam_backends[account_id][get_partition(region)]
    for arn in list(self.managed_policies):
        backend.detach_role_policy(arn, self.name)
    Role.delete_from_cloudformation_json(self.name, {}, account_id, region)


def _text(document: Any) -> str:
    return document if isinstance(document, str) else json.dumps(document, default=str)

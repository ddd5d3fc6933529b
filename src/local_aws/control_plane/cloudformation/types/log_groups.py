"""``AWS::Logs::LogGroup``. Seen in moto 5.2.5: no update, and ``GetAtt Arn`` lacks AWS's ``:*`` at the end."""

from typing import Any

from moto.logs.models import LogGroup, logs_backends

from local_aws.control_plane.cloudformation.types.base import Properties, patch_resource
from local_aws.patching import patch

__all__ = ["REPLACED_BY", "apply_patches"]

REPLACED_BY = {"AWS::Logs::LogGroup": frozenset({"LogGroupName", "LogGroupClass"})}


def apply_patches() -> None:
    """Patch creation, update and the ARN of log groups."""
    patch_resource(LogGroup, create=_create, update=_update)
    patch(LogGroup, "get_cfn_attribute", _attribute)


def _attribute(self: Any, attribute_name: str) -> Any:
    value = self._get_cfn_attribute_of_moto(attribute_name)
    return f"{value}:*" if attribute_name == "Arn" and not value.endswith(":*") else value


def _create(name: str, properties: Properties, account_id: str, region: str, logical_id: str) -> Any:
    group = logs_backends[account_id][region].create_log_group(name, _tags(properties))
    group.retention_in_days = _retention(properties)
    group.kms_key_id = properties.get("KmsKeyId")
    return group


def _update(group: Any, properties: Properties, account_id: str, region: str) -> None:
    group.retention_in_days = _retention(properties)
    group.kms_key_id = properties.get("KmsKeyId")
    backend = logs_backends[account_id][region]
    backend.untag_resource(group.arn, list(backend.list_tags_for_resource(group.arn)))
    backend.tag_resource(group.arn, _tags(properties))


def _tags(properties: Properties) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in properties.get("Tags", [])}


def _retention(properties: Properties) -> int | None:
    days = properties.get("RetentionInDays")
    return None if days is None else int(days)

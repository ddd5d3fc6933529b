"""``AWS::DynamoDB::Table``.

Seen in moto 5.2.5: TimeToLiveSpecification and PointInTimeRecoverySpecification are ignored; there is no update.
"""

from typing import Any

from moto.dynamodb.models import dynamodb_backends
from moto.dynamodb.models.table import Table

from local_aws.control_plane.cloudformation.types.base import Properties, patch_resource

__all__ = ["REPLACED_BY", "apply_patches"]

REPLACED_BY = {"AWS::DynamoDB::Table": frozenset({"TableName", "KeySchema", "LocalSecondaryIndexes"})}


def apply_patches() -> None:
    """Patch creation and update of tables."""
    patch_resource(Table, create=_create, update=_update)


def _create(name: str, properties: Properties, account_id: str, region: str, logical_id: str) -> Any:
    table = Table._create_from_cloudformation_json_of_moto(name, {"Properties": properties}, account_id, region)
    try:
        _set_time_to_live_and_backups(table, properties, account_id, region)
    except Exception:  # CloudFormation leaves no incomplete table
        dynamodb_backends[account_id][region].delete_table(table.name)
        raise
    return table


def _update(table: Any, properties: Properties, account_id: str, region: str) -> None:
    backend = dynamodb_backends[account_id][region]
    stream = properties.get("StreamSpecification")
    if stream is not None:
        stream = {"StreamEnabled": True, **stream}
    streaming = table.stream_specification or {}
    same_stream = (stream or {}).get("StreamViewType") == streaming.get("StreamViewType")
    backend.update_table(
        name=table.name,
        attr_definitions=properties.get("AttributeDefinitions", []),
        global_index=_index_changes(table, properties.get("GlobalSecondaryIndexes", [])),
        throughput=properties.get("ProvisionedThroughput") or {},
        billing_mode=properties.get("BillingMode", "PROVISIONED"),
        stream_spec={} if same_stream else stream or {"StreamEnabled": False},
        deletion_protection_enabled=properties.get("DeletionProtectionEnabled", False),
        warm_throughput=None,
    )
    table.tags = properties.get("Tags", [])
    _set_time_to_live_and_backups(table, properties, account_id, region)


def _index_changes(table: Any, indexes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    existing = {index.name for index in table.global_indexes}
    names = {index["IndexName"] for index in indexes}
    removed = [{"Delete": {"IndexName": name}} for name in sorted(existing - names)]
    return removed + [{"Create": index} for index in indexes if index["IndexName"] not in existing]


def _set_time_to_live_and_backups(table: Any, properties: Properties, account_id: str, region: str) -> None:
    backend = dynamodb_backends[account_id][region]
    time_to_live = properties.get("TimeToLiveSpecification")
    if time_to_live is not None:
        enabled = str(time_to_live.get("Enabled", True)).lower() == "true"
        attribute = time_to_live.get("AttributeName", table.ttl.get("AttributeName", ""))
        backend.update_time_to_live(table.name, {"Enabled": enabled, "AttributeName": attribute})
    else:
        table.ttl = {"TimeToLiveStatus": "DISABLED"}
    recovery = properties.get("PointInTimeRecoverySpecification", {}).get("PointInTimeRecoveryEnabled", False)
    backend.update_continuous_backups(table.name, {"PointInTimeRecoveryEnabled": str(recovery).lower() == "true"})

"""``AWS::S3::Bucket`` and ``AWS::S3::BucketPolicy``.

Seen in moto 5.2.5: there is no BucketPolicy; updating the tags of a bucket without a BucketName fails; deleting a
bucket with objects in it succeeds, but the bucket stays; a policy's conditions are ignored, so that the usual statement
"deny requests without TLS" denies everything.
"""

import json
from typing import Any

from moto.core.common_models import CloudFormationModel
from moto.s3.models import FakeBucket, s3_backends
from moto.utilities.utils import get_partition

from local_aws.control_plane.cloudformation.types.base import Properties, patch_resource
from local_aws.patching import add, patch

__all__ = ["REPLACED_BY", "apply_patches"]

REPLACED_BY = {
    "AWS::S3::Bucket": frozenset({"BucketName"}),
    "AWS::S3::BucketPolicy": frozenset({"Bucket"}),
}


def apply_patches() -> None:
    """Patch updates and deletion of buckets, and add bucket policies."""
    patch_resource(FakeBucket, update=_update)
    add(FakeBucket, "delete", _delete)
    patch(FakeBucket, "get_permission", _get_permission)
    patch_resource(BucketPolicy, create=_create_policy, update=_update_policy)


def _update(bucket: Any, properties: Properties, account_id: str, region: str) -> None:
    named = {"Properties": {**properties, "BucketName": bucket.name}}
    FakeBucket._update_from_cloudformation_json_of_moto(bucket, bucket.name, named, account_id, region)


def _delete(self: Any, account_id: str, region: str) -> None:
    if s3_backends[account_id][get_partition(region)].delete_bucket(self.name) is None:
        raise ValueError("The bucket you tried to delete is not empty")


def _get_permission(self: Any, action: str, resource: str) -> Any:
    """moto's decision without the statements about TLS: on loopback nobody can listen."""
    if self.policy is None:
        return self._get_permission_of_moto(action, resource)
    policy = json.loads(self.policy)
    statements = policy["Statement"] if isinstance(policy["Statement"], list) else [policy["Statement"]]
    others = [each for each in statements if "aws:SecureTransport" not in json.dumps(each.get("Condition", {}))]
    unconditional = type("Policy", (), {"policy": json.dumps({**policy, "Statement": others}).encode()})
    return FakeBucket._get_permission_of_moto(unconditional, action, resource)


class BucketPolicy(CloudFormationModel):  # type: ignore[misc]
    """The policy of one bucket; ``Ref`` is the bucket's name."""

    def __init__(self, bucket: str) -> None:
        self.physical_resource_id = bucket

    @staticmethod
    def cloudformation_type() -> str:
        return "AWS::S3::BucketPolicy"

    @staticmethod
    def cloudformation_name_type() -> str:
        return ""

    @classmethod
    def has_cfn_attr(cls, attr: str) -> bool:
        return False

    def delete(self, account_id: str, region_name: str) -> None:
        backend = s3_backends[account_id][get_partition(region_name)]
        if self.physical_resource_id in backend.buckets:
            backend.delete_bucket_policy(self.physical_resource_id)


def _create_policy(name: str, properties: Properties, account_id: str, region: str, logical_id: str) -> Any:
    policy = BucketPolicy(properties["Bucket"])
    _update_policy(policy, properties, account_id, region)
    return policy


def _update_policy(policy: Any, properties: Properties, account_id: str, region: str) -> None:
    document = json.dumps(properties["PolicyDocument"]).encode()
    s3_backends[account_id][get_partition(region)].put_bucket_policy(policy.physical_resource_id, document)

"""The permissions that S3's operations require; many actions have names other than the operations'."""

import re
from urllib.parse import unquote
from xml.etree import ElementTree

from local_aws.iam.operations import Operation
from local_aws.iam.policy_evaluation import Context
from local_aws.iam.required_permissions import RequiredPermission, one_permission

__all__ = ["bucket_permissions"]

_ACTIONS = {
    "CompleteMultipartUpload": "PutObject",
    "CopyObject": "PutObject",
    "CreateMultipartUpload": "PutObject",
    "DeleteBucketCors": "PutBucketCORS",
    "DeleteBucketEncryption": "PutEncryptionConfiguration",
    "DeleteBucketLifecycle": "PutLifecycleConfiguration",
    "DeleteBucketOwnershipControls": "PutBucketOwnershipControls",
    "DeleteBucketReplication": "PutReplicationConfiguration",
    "DeleteBucketTagging": "PutBucketTagging",
    "DeleteObjects": "DeleteObject",
    "DeletePublicAccessBlock": "PutBucketPublicAccessBlock",
    "GetBucketAccelerateConfiguration": "GetAccelerateConfiguration",
    "GetBucketEncryption": "GetEncryptionConfiguration",
    "GetBucketLifecycle": "GetLifecycleConfiguration",
    "GetBucketLifecycleConfiguration": "GetLifecycleConfiguration",
    "GetBucketNotificationConfiguration": "GetBucketNotification",
    "GetBucketReplication": "GetReplicationConfiguration",
    "GetObjectAttributes": "GetObject",
    "GetObjectLockConfiguration": "GetBucketObjectLockConfiguration",
    "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
    "HeadBucket": "ListBucket",
    "HeadObject": "GetObject",
    "ListBuckets": "ListAllMyBuckets",
    "ListMultipartUploads": "ListBucketMultipartUploads",
    "ListObjectVersions": "ListBucketVersions",
    "ListObjects": "ListBucket",
    "ListObjectsV2": "ListBucket",
    "ListParts": "ListMultipartUploadParts",
    "PutBucketAccelerateConfiguration": "PutAccelerateConfiguration",
    "PutBucketEncryption": "PutEncryptionConfiguration",
    "PutBucketLifecycle": "PutLifecycleConfiguration",
    "PutBucketLifecycleConfiguration": "PutLifecycleConfiguration",
    "PutBucketNotificationConfiguration": "PutBucketNotification",
    "PutBucketReplication": "PutReplicationConfiguration",
    "PutObjectLockConfiguration": "PutBucketObjectLockConfiguration",
    "PutPublicAccessBlock": "PutBucketPublicAccessBlock",
    "SelectObjectContent": "GetObject",
    "UploadPart": "PutObject",
    "UploadPartCopy": "PutObject",
}
_VERSIONED = {"DeleteObject", "GetObject", "GetObjectAcl", "GetObjectTagging", "PutObjectAcl", "PutObjectTagging"}


def bucket_permissions(call: Operation) -> list[RequiredPermission]:
    """The required permissions of an S3 operation; never empty."""
    action = _ACTIONS.get(call.name, call.name)
    bucket, key = call.text("Bucket"), call.text("Key")
    if not bucket:
        return one_permission(call, "*", action)
    if call.name == "DeleteObjects":
        return [
            permission for each in _listed(call.request.body) for permission in _on(call, f"{bucket}/{each}", action)
        ] or one_permission(call, _arn(bucket), action)
    if not key:
        return _on(call, bucket, action, {"s3:prefix": call.text("prefix")} if action.startswith("ListBucket") else {})
    if action in _VERSIONED and "versionId" in call.parameters:
        action = re.sub("Object", "ObjectVersion", action, count=1)
    permissions = _on(call, f"{bucket}/{key}", action)
    source = call.request.headers.get("x-amz-copy-source") if call.name in ("CopyObject", "UploadPartCopy") else None
    if source is not None:
        path, _, version = source.partition("?versionId=")
        permissions += _on(call, unquote(path).lstrip("/"), "GetObjectVersion" if version else "GetObject")
    return permissions


def _on(call: Operation, path: str, action: str, context: Context | None = None) -> list[RequiredPermission]:
    return one_permission(call, _arn(path), action, context)


def _arn(path: str) -> str:
    return f"arn:aws:s3:::{path}"


def _listed(body: bytes) -> list[str]:
    """The keys in the XML of DeleteObjects, in any namespace."""
    try:
        return [each.text or "" for each in ElementTree.fromstring(body).iter() if each.tag.rpartition("}")[2] == "Key"]
    except ElementTree.ParseError:
        return []

"""The permissions that a signed request requires; all of them must be allowed."""

from local_aws.iam.dynamodb_permissions import HashKeyOf, table_permissions
from local_aws.iam.operations import operation_of
from local_aws.iam.required_permissions import RequiredPermission, service_permissions
from local_aws.iam.s3_permissions import bucket_permissions
from local_aws.net.http import Request

__all__ = ["RequiredPermission", "permissions_for"]


def permissions_for(
    request: Request, service: str, region: str, account_id: str, hash_key_of: HashKeyOf
) -> list[RequiredPermission]:
    """The permissions that a request to a service in a region requires; empty if everybody may make it."""
    operation = operation_of(request, service, region, account_id)
    if operation.service == "dynamodb":
        return table_permissions(operation, hash_key_of)
    if operation.service == "s3":
        return bucket_permissions(operation)
    return service_permissions(operation)

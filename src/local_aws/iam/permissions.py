"""From a signed request to what it takes to be allowed it: all needs must be met."""

from local_aws.iam.dynamodb_permissions import HashKeyOf, table_permissions
from local_aws.iam.operations import operation_of
from local_aws.iam.required_permissions import Need, needs_of_others
from local_aws.iam.s3_permissions import bucket_permissions
from local_aws.net.http import Request

__all__ = ["Need", "permissions_for"]


def permissions_for(request: Request, service: str, region: str, account_id: str, hash_key_of: HashKeyOf) -> list[Need]:
    """The needs of a request that is signed for a service in a region; none when everybody may do it."""
    operation = operation_of(request, service, region, account_id)
    if operation.service == "dynamodb":
        return table_permissions(operation, hash_key_of)
    if operation.service == "s3":
        return bucket_permissions(operation)
    return needs_of_others(operation)

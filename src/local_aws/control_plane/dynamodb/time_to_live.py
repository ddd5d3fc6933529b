"""DynamoDB's time to live: expired items are deleted.

AWS deletes them within a few days, in no order
(https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/TTL.html); moto 5.2.5 keeps the setting and deletes
nothing.
"""

from decimal import Decimal, InvalidOperation

from moto.dynamodb.models import dynamodb_backends

__all__ = ["delete_expired"]

OLDEST_SECONDS = 5 * 365 * 24 * 3600  # items that expired longer ago are kept, as on AWS


def delete_expired(account_id: str, now: float) -> int:
    """Delete the items that expired before ``now`` (epoch seconds), in every region; return how many.

    An item whose attribute is missing or not a number never expires.
    """
    deleted = 0
    for backend in dynamodb_backends[account_id].values():
        for table in list(backend.tables.values()):
            if table.ttl.get("TimeToLiveStatus") != "ENABLED":
                continue
            for item in table.all_items():
                value = item.attrs.get(table.ttl["AttributeName"])
                try:
                    expires = Decimal(value.value) if value is not None and value.type == "N" else None
                except InvalidOperation:
                    expires = None
                if expires is not None and now - OLDEST_SECONDS < expires < now:
                    table.delete_item(item.hash_key, item.range_key)
                    deleted += 1
    return deleted

"""Route ``broadcast``: pass a message to everybody, and forget those who have gone."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from . import connections
from .log import log
from .message import Unclear, text_of
from .reply import POSTS_AT_ONCE, encode, management_api, post, reply


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Post ``{"message": …}`` to every connection, the sender's too, and tell the sender how many got it."""
    try:
        data = encode({"message": text_of(event)})
    except Unclear as problem:
        log(event, "not understood", error=str(problem))
        reply(event, {"error": str(problem), "try": {"action": "broadcast", "message": "psst"}})
        return {"statusCode": 200}

    api = management_api(event)  # made here, since boto3 may not make a client in several threads at once

    def tell(connection_id: str) -> str:
        try:
            if post(api, connection_id, data):
                return "delivered"
            connections.forget(connection_id)
            return "gone"
        except (BotoCoreError, ClientError) as error:
            log(event, "not delivered", level="ERROR", to=connection_id, error=str(error))
            return "failed"

    with ThreadPoolExecutor(max_workers=POSTS_AT_ONCE) as pool:
        outcomes = Counter(pool.map(tell, connections.ids()))

    counts = {outcome: outcomes[outcome] for outcome in ("delivered", "gone", "failed")}
    log(event, "broadcast", **counts)
    reply(event, counts)
    return {"statusCode": 200}

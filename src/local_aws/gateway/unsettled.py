"""Every choice made where AWS is silent, or its sources disagree; each with the item of the behaviour list it answers.

Nothing else in ``gateway`` decides such a thing by itself, so that a captured answer from AWS changes one line here.
"""

import json

__all__ = [
    "CLOSE_REASONS",
    "DELETED",
    "EXTRA_PATH_STATUS",
    "LOST",
    "MALFORMED_CONNECT_STATUS",
    "NO_UPGRADE_STATUS",
    "STAGE_GONE",
    "TIMEOUT_CONNECT_STATUS",
    "TIMEOUT_MESSAGE",
    "UNKNOWN_STAGE_STATUS",
    "refusal_body",
    "text_of",
]

UNKNOWN_STAGE_STATUS = 403
"""U6, spec 21–23: unknown API, unknown stage, or no stage in the path."""

EXTRA_PATH_STATUS = 403
"""U6: more path behind the stage."""

NO_UPGRADE_STATUS = 426
"""U6, spec 25: a plain HTTPS request to a stage."""

MALFORMED_CONNECT_STATUS = 502
"""U4, spec 9: ``$connect`` returned something without a status code."""

TIMEOUT_CONNECT_STATUS = 504
"""U4, spec 14: ``$connect`` was slower than the integration's timeout."""

TIMEOUT_MESSAGE = "Endpoint request timed out"
"""U3, spec 111: the error frame of a message whose integration was too slow, as in REST APIs."""

DELETED = (1000, "Connection Closed Normally")
"""U1, spec 155: what the client and ``$disconnect`` are told after ``DELETE @connections``."""

LOST = (1006, "Connection closed abnormally")
"""U2, spec 153: what ``$disconnect`` is told when TCP ended without a close frame."""

STAGE_GONE = (1001, "Going away")
"""Spec 157: what a client is told when its stage or API was deleted under it."""

CLOSE_REASONS = {
    1003: "",
    1007: "",
    1009: "",
}
"""U2, spec 154: reason texts of closes that the gateway itself makes; other codes keep the protocol's own text."""


def refusal_body(message: str, connection_id: str, request_id: str) -> bytes:
    """U5, spec 15: the JSON body of an upgrade that the gateway refuses; laid out like the error frames (spec 92)."""
    return (
        f'{{"message": {json.dumps(message)}, "connectionId":"{connection_id}", "requestId":"{request_id}"}}'
    ).encode()


def text_of(value: object) -> str | None:
    """U9, spec 83 and 98: a selected JSON value as the text that is compared with route keys.

    ``null`` and the empty string select nothing. Arrays are written ``[item1, item2]`` as documented; objects
    as JSON.
    """
    if value is None or value == "":
        return None
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return "[" + ", ".join(text_of(item) or "" for item in value) + "]"
    return json.dumps(value, ensure_ascii=False)

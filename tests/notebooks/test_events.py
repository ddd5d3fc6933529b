"""The recorded events of notebook 02, held against the events that people captured on AWS (behaviour list, group 2)."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

EVENTS = sorted((Path(__file__).resolve().parents[2] / "notebooks" / "events").glob("*.json"))

TOP = {
    "CONNECT": ["headers", "multiValueHeaders", "requestContext", "isBase64Encoded"],
    "MESSAGE": ["requestContext", "body", "isBase64Encoded"],
    "DISCONNECT": ["headers", "multiValueHeaders", "requestContext", "isBase64Encoded"],
}
CONTEXT = [
    "routeKey",
    "messageId",
    "disconnectStatusCode",
    "eventType",
    "extendedRequestId",
    "requestTime",
    "messageDirection",
    "disconnectReason",
    "stage",
    "connectedAt",
    "requestTimeEpoch",
    "identity",
    "requestId",
    "domainName",
    "connectionId",
    "apiId",
]
ONLY = {"messageId": "MESSAGE", "disconnectStatusCode": "DISCONNECT", "disconnectReason": "DISCONNECT"}

events = pytest.mark.parametrize("path", EVENTS, ids=lambda path: path.stem)


def read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def test_all_three_kinds_are_there() -> None:
    """The dialogue has a handshake, messages and closes."""
    assert set(TOP) == {read(path)["requestContext"]["eventType"] for path in EVENTS}


@events
def test_top_level_keys(path: Path) -> None:
    """An event has the keys that its kind has on AWS, in their order (spec 66, 71, 76)."""
    event = read(path)
    assert TOP[event["requestContext"]["eventType"]] == list(event)


@events
def test_request_context(path: Path) -> None:
    """So has its requestContext (spec 64); a messageId only on a message, a reason only on a close (73, 78)."""
    context = read(path)["requestContext"]
    assert [key for key in CONTEXT if ONLY.get(key, context["eventType"]) == context["eventType"]] == list(context)


@events
def test_values(path: Path) -> None:
    """Ids, times and numbers look as they do on AWS (spec 47, 48, 50, 51, 52, 56, 61)."""
    event = read(path)
    context = event["requestContext"]
    assert context["requestId"] == context["extendedRequestId"]
    assert all(re.fullmatch(r"[\w-]{15}=", context[key]) for key in ("requestId", "connectionId"))
    assert re.fullmatch(r"\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d \+0000", context["requestTime"])
    assert 0 <= context["requestTimeEpoch"] - context["connectedAt"] < 60_000
    assert re.fullmatch(r"[a-z0-9]{10}", context["apiId"])
    assert event["isBase64Encoded"] is False


def test_the_headers_of_a_close() -> None:
    """A close has four headers, all empty but the host (spec 77)."""
    for path in EVENTS:
        event = read(path)
        if event["requestContext"]["eventType"] == "DISCONNECT":
            domain = event["requestContext"]["domainName"]
            assert {"Host": domain, "x-api-key": "", "X-Forwarded-For": "", "x-restapi": ""} == event["headers"]


def test_the_list_beside_them() -> None:
    """The README beside them names each file, in order, and no other."""
    text = (EVENTS[0].parent / "README.md").read_text(encoding="utf-8")
    assert [path.name for path in EVENTS] == re.findall(r"^\| \[[^]]+\]\(([^)]+)\)", text, re.MULTILINE)

"""The events that notebook 02 runs the handlers on, beside a fresh recording of the same dialogue."""

import importlib.util
import json
from types import ModuleType
from typing import Any

import pytest

from .conftest import PROJECT, Service

Event = dict[str, Any]

RECORDED: dict[str, Event] = {
    path.stem.partition("-")[2]: json.loads(path.read_text(encoding="utf-8"))
    for path in sorted((PROJECT / "notebooks" / "events").glob("*.json"))
}

SAID = ("routeKey", "eventType", "messageDirection", "stage", "disconnectStatusCode", "disconnectReason")
"""What is the same in each recording."""


@pytest.fixture(scope="module")
def fresh(deployed: Service) -> dict[str, Event]:
    """The dialogue, recorded anew from a deployed stack, as tools/record_events.py does it."""
    spec = importlib.util.spec_from_file_location("record_events", PROJECT / "tools" / "record_events.py")
    assert spec
    assert spec.loader
    tool: ModuleType = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    tool.install()
    events: dict[str, Event] = tool.dialogue(deployed.url())
    return events


def shape(thing: object) -> object:
    """Keys, in their order, and types, all the way down."""
    if isinstance(thing, dict):
        return [(key, shape(value)) for key, value in thing.items()]
    if isinstance(thing, list):
        return [shape(value) for value in thing]
    return type(thing).__name__


def test_the_same_events_come_in_the_same_order(fresh: dict[str, Event]) -> None:
    """A fresh recording has the events that the notebook has."""
    assert list(RECORDED) == list(fresh)


@pytest.mark.parametrize("name", RECORDED)
def test_a_fresh_event_has_the_same_shape(name: str, fresh: dict[str, Event]) -> None:
    """Each recorded event has the keys, their order and the types of a fresh one."""
    assert shape(RECORDED[name]) == shape(fresh[name])


@pytest.mark.parametrize("name", RECORDED)
def test_a_fresh_event_says_the_same(name: str, fresh: dict[str, Event]) -> None:
    """Values that do not depend on the moment are equal: the message, the route, the reason of a close."""

    def said(event: Event) -> list[object]:
        return [event.get("body"), *map(event["requestContext"].get, SAID), event["requestContext"]["identity"]]

    assert said(RECORDED[name]) == said(fresh[name])

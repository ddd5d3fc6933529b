import dataclasses
from typing import Any
from xml.etree import ElementTree

import pytest

from walkthrough.errors import WalkthroughError
from walkthrough.picture import Picture
from walkthrough.timeline import Bar, Heard, Message, Timeline, messages

Recorded = dict[str, list[Any]]
SVG = "{http://www.w3.org/2000/svg}"

MESSAGE = Message(
    request_id="api-id",
    event_type="MESSAGE",
    route="send",
    connection_id="connection",
    client="client A",
    at=1_000,
    status="200",
    environment="stream one",
    complete=True,
    problem=None,
    bars=(
        Bar("client", 990, 1_050),
        Bar("API Gateway", 1_000, 1_060),
        Bar("handler", 1_010, 1_055),
        Bar("@connections", 1_020, 1_025, "PostToConnection"),
    ),
)


def shapes(picture: Picture) -> list[str]:
    """The classes of what is drawn, in their order, but for the page and the lines of the grid."""
    drawn = [shape.get("class", "") for shape in ElementTree.fromstring(picture.svg).iter()]
    return [kind for kind in drawn if kind in {"client", "gateway", "cold", "handler", "call", "mark", "waits"}]


def words(picture: Picture) -> list[str]:
    return ["".join(text.itertext()) for text in ElementTree.fromstring(picture.svg).iter(f"{SVG}text")]


def test_lane_by_lane() -> None:
    """A bar a lane, counted from when the client sent it; the table and the alt text say the same."""
    picture = Timeline((MESSAGE,)).picture("a pong")
    assert ["client", "gateway", "handler", "call"] == shapes(picture)
    assert [
        "a pong (route send, warm)",
        "you wait 0 ms 60 ms 60 ms",
        "API Gateway 10 ms 70 ms 60 ms",
        "handler 20 ms 65 ms 45 ms",
        "@connections 30 ms 35 ms PostToConnection 5.0 ms",
    ] == [" ".join(line.split()) for line in picture.text.splitlines()[1:]]
    assert picture.alt.startswith("a pong: you wait from 0 to 60 ms, API Gateway from 10 to 70 ms, handler")


def test_a_cold_start_is_said(recorded: Recorded, heard: list[Heard]) -> None:
    """The recorded first pong is cold and has a dashed bar, the second is warm and has none."""
    picture = messages(recorded["access"], recorded["functions"], heard[:2]).picture()
    assert 1 == shapes(picture).count("cold")
    assert ["route send, cold", "route send, warm"] == [text for text in words(picture) if text.startswith("route")]
    assert 2 == words(picture).count("client A: send")


def test_a_broadcast_is_legible(recorded: Recorded, heard: list[Heard]) -> None:
    """Calls side by side are thin bars in lines that do not cover each other; each delivery is a mark."""
    picture = messages(recorded["access"], recorded["functions"], heard[2:]).picture("a broadcast")
    root = ElementTree.fromstring(picture.svg)
    calls = [rect for rect in root.iter(f"{SVG}rect") if rect.get("class") == "call"]
    taken = [(rect.get("y"), float(rect.get("x", 0)), float(rect.get("width", 0))) for rect in calls]
    assert [] == [
        (one, other)
        for one in taken
        for other in taken
        if one is not other and one[0] == other[0] and one[1] <= other[1] < one[1] + one[2] - 0.2
    ]
    assert 3 == shapes(picture).count("mark")
    assert any(text.startswith("4 calls, ") for text in words(picture))
    assert "to 3 clients" in words(picture)


def test_a_call_that_failed_is_named() -> None:
    """Alone its error stands behind the bar, among many they are counted."""
    gone = Bar("@connections", 1_020, 1_025, "PostToConnection", "GoneException")
    one = dataclasses.replace(MESSAGE, bars=(gone,))
    many = dataclasses.replace(MESSAGE, bars=(*MESSAGE.bars, gone, gone))
    assert "PostToConnection 5.0 ms GoneException" in words(Timeline((one,)).picture())
    assert "3 calls, 5.0 to 5.0 ms, 2 GoneException" in words(Timeline((many,)).picture())


def test_a_failure_is_named() -> None:
    """With its status, beside the route."""
    failed = dataclasses.replace(MESSAGE, status="500", problem="Internal server error")
    assert "route send, warm, 500: Internal server error" in words(Timeline((failed,)).picture())


def test_many_on_one_clock(recorded: Recorded) -> None:
    """A row a message in the order of their begin, and the environments counted in the order of their use."""
    picture = messages(recorded["access"], recorded["functions"]).together()
    rows = picture.text.splitlines()[1:]
    assert ["client A: $connect", "client B: $connect"] == [row[:18] for row in rows[:2]]
    assert ["1", "1", "1", "2", "2", "3", "4", "5", "5", "5"] == [row.split()[-1] for row in rows]
    assert "They ran in 5 execution environments, 5 of them after a cold start" in picture.alt
    assert 1 + 10 == shapes(picture).count("gateway")  # one in the legend


def test_names_are_in_the_order_of_the_messages() -> None:
    """Though the rows are in the order of time."""
    later = dataclasses.replace(MESSAGE, bars=tuple(Bar(b.lane, b.begin + 9, b.end + 9, b.what) for b in MESSAGE.bars))
    rows = Timeline((later, MESSAGE)).together("the later", "the earlier").text.splitlines()[1:]
    assert ["the earlier", "the later"] == [row[:26].strip() for row in rows]


@pytest.mark.parametrize("way", ["picture", "together"])
def test_whatever_a_client_calls_itself(way: str) -> None:
    """Its name is a header that anybody may write: it is text in the picture, never markup."""
    hostile = dataclasses.replace(MESSAGE, client='<script>"&')
    picture = getattr(Timeline((hostile,)), way)()
    assert '<script>"&: send' in words(picture)


def test_few_are_shown_apart_and_many_together() -> None:
    """As Jupyter shows them: three lane by lane, four in rows."""
    few, many = Timeline((MESSAGE,) * 3), Timeline((MESSAGE,) * 4)
    assert few.picture()._repr_mimebundle_() == few._repr_mimebundle_()
    assert many.together()._repr_mimebundle_() == many._repr_mimebundle_()


def test_no_message_no_picture() -> None:
    """That is said in a sentence, and shown as words."""
    with pytest.raises(WalkthroughError, match="no message to draw"):
        Timeline(()).picture()
    assert {"text/plain": "no messages"} == Timeline(())._repr_mimebundle_()


def test_a_request_that_only_the_gateway_knows() -> None:
    """Without latency and function it is a moment: a picture still, with no bar."""
    bare = dataclasses.replace(MESSAGE, environment=None, bars=())
    assert [] == shapes(Timeline((bare,)).picture())
    assert Timeline((bare, bare)).together().text.splitlines()[1].endswith("–")


@pytest.mark.parametrize("way", ["picture", "together"])
def test_long_names_and_errors_are_cut(way: str) -> None:
    """A browser's User-Agent and a long error leave the other words legible."""
    long = dataclasses.replace(MESSAGE, client="Mozilla/5.0 " * 12, problem="Something failed. " * 12)
    shown = words(getattr(Timeline((long,)), way)())
    assert [] == [text for text in shown if len(text) > 60]
    assert 2 == sum(text.endswith("…") for text in shown)

"""The path of a connection, from the lines about it, and the diagram of the path."""

import doctest
import importlib
import json
from itertools import combinations
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from walkthrough import lifecycle
from walkthrough.errors import WalkthroughError

SVG = "{http://www.w3.org/2000/svg}"
ROUTES = {"CONNECT": "$connect", "DISCONNECT": "$disconnect"}


def record(type_: str, request: str, moment: int | None = None, **facts: object) -> dict[str, Any]:
    """A record of an access log that is written as JSON."""
    when = {} if moment is None else {"requestTimeEpoch": str(moment)}
    route = {"eventType": type_, "routeKey": ROUTES.get(type_, "send"), "connectionId": "A=", "requestId": request}
    return {**route, "status": "200", **when, **facts}


def logged(message: str, route: str, request: str, **facts: object) -> str:
    """A line of a handler of the course."""
    ids = {"routeKey": route, "requestId": request, "connectionId": "A="}
    return json.dumps({"level": "INFO", "message": message, **ids, **facts}) + "\n"


def event(type_: str, **facts: object) -> dict[str, Any]:
    """What a handler is called with."""
    context = {"eventType": type_, "routeKey": ROUTES.get(type_, "send"), "connectionId": "A=", **facts}
    return {"requestContext": context, "isBase64Encoded": False}


def names(path: lifecycle.Path) -> list[str]:
    return [step.name for step in path.steps]


WHOLE = ["ask", "accept", "message", "leave", "end", "tell"]


def test_access_log_and_handler_s_log_together() -> None:
    """A request in both logs is one step; only the handler's line has the close code."""
    path = lifecycle.path(
        [
            record("CONNECT", "1"),
            logged("connected", "$connect", "1"),
            record("MESSAGE", "2"),
            logged("answered", "send", "2"),
            record("DISCONNECT", "3"),
            logged("disconnected", "$disconnect", "3", code=1000, reason="bye"),
        ]
    )
    assert (WHOLE, ()) == (names(path), path.notes)
    assert ("close frame: 1000 “bye”", "is told 1000 “bye”") == (path.steps[3].words, path.steps[5].words)
    assert "$disconnect" == path.state


def test_handlers_logs_alone() -> None:
    """Without an access log, as entries of ``filter_log_events`` among Lambda's own lines."""
    lines = [
        logged("connected", "$connect", "1"),
        "START RequestId: 1 Version: $LATEST\n",
        logged("not understood", "$default", "2", error="not JSON"),
        "REPORT RequestId: 1\tDuration: 2.00 ms\n",
        logged("disconnected", "$disconnect", "3", code=1005, reason="Client-side close frame status not set"),
    ]
    entries = [{"message": line, "timestamp": number, "logStreamName": "s"} for number, line in enumerate(lines)]
    path = lifecycle.path(entries)
    assert (WHOLE, ()) == (names(path), path.notes)
    assert "message → $default" == path.steps[2].words


def test_recorded_events_alone() -> None:
    """A MESSAGE means that the connection was accepted, even if no line has $connect's answer."""
    path = lifecycle.path(
        [event("CONNECT"), event("MESSAGE"), event("DISCONNECT", disconnectStatusCode=1001, disconnectReason="")]
    )
    assert (WHOLE, ()) == (names(path), path.notes)
    assert "close frame: 1001" == path.steps[3].words


def test_lines_are_put_in_order_of_time() -> None:
    """Logs of several groups do not come in order, and two requests may have the same millisecond."""
    lines = [record("DISCONNECT", "3", 9, code=1000), record("MESSAGE", "2", 5), record("CONNECT", "1", 5)]
    assert WHOLE == names(lifecycle.path(lines))


@pytest.mark.parametrize("status", ["403", 500])
def test_refused(status: object) -> None:
    """A status other than 2xx at CONNECT is the end."""
    path = lifecycle.path([record("CONNECT", "1", status=status)])
    assert (["ask", "refuse"], "refused", ()) == (names(path), path.state, path.notes)
    assert f"refused with {status}" == path.steps[1].words


def test_refused_by_the_handler_s_own_words() -> None:
    """The handler's log says so without a status."""
    assert ["ask", "refuse"] == names(lifecycle.path([logged("refused", "$connect", "1", error="no table")]))


@pytest.mark.parametrize(
    ("code", "reason", "seconds", "name"),
    [
        (1005, "Client-side close frame status not set", None, "leave"),
        (1000, "", None, "leave"),
        (4000, "bored", None, "leave"),
        (1001, "", 5000, "leave"),
        (1001, "Going away", None, "idle"),
        (1001, "Going away", 603.9, "idle"),
        (1001, "Going away", 7200.4, "old"),
        (1001, "Going away", 3, "leave"),
        (1000, "Connection Closed Normally", None, "delete"),
        (1003, "", None, "policy"),
        (1009, "", None, "policy"),
        (1006, "Connection closed abnormally", None, "lose"),
        (None, "", None, "close"),
    ],
)
def test_why_it_closed(code: int | None, reason: str, seconds: float | None, name: str) -> None:
    """Code, reason and time tell who ended it."""
    assert name == lifecycle.why_closed(code, reason, seconds).name


def test_two_hours_are_known_by_the_time() -> None:
    """The moments of CONNECT and DISCONNECT say how long it was open."""
    lines = [record("CONNECT", "1", 0), record("DISCONNECT", "2", 7_201_000, code=1001, reason="Going away")]
    assert "old" == names(lifecycle.path(lines))[2]


def test_an_end_of_which_no_line_tells_the_code() -> None:
    """The access log alone does not say who closed the connection: no arrow to closing is marked."""
    picture = lifecycle.picture([record("CONNECT", "1"), record("DISCONNECT", "2")])
    assert "  3  somebody    closes it: no line says with which code\n" in picture.text
    assert 4 == picture.svg.count('<g class="taken"><path')


def test_dropped() -> None:
    """Without a close frame it is dropped, and $disconnect is told 1006."""
    path = lifecycle.path([record("CONNECT", "1"), record("DISCONNECT", "2", code=1006)])
    assert ["ask", "accept", "lose", "tell late"] == names(path)


@pytest.mark.parametrize(
    ("lines", "note"),
    [
        ([], "No line says anything of any connection."),
        (["START RequestId: 1", None, 3, {"connectionId": "A=", "expiresAt": 4}, b"{"], "No line says anything of any"),
        ([record("MESSAGE", "1")], "A message comes first: how it connected is not in these lines."),
        ([record("DISCONNECT", "1", code=1000)], "The end comes first: how it connected is not in these lines."),
        ([record("CONNECT", "1")], "No line tells of its end: it is open, or it ended and $disconnect has not run"),
        ([event("CONNECT")], "How $connect answered is not in these lines."),
        ([record("CONNECT", "1"), record("CONNECT", "2")], "A second CONNECT: a connection has one."),
        (
            [record("CONNECT", "1", status=403), record("MESSAGE", "2")],
            "A message comes after the connection was refused: lines are missing, or mixed up.",
        ),
        (
            [record("CONNECT", "1"), record("DISCONNECT", "2", code=1000), record("MESSAGE", "3")],
            "A message comes after the connection was closed: lines are missing, or mixed up.",
        ),
    ],
)
def test_what_is_missing_or_contradicts_is_said(lines: list[Any], note: str) -> None:
    """A sentence, never a traceback; and it can still be drawn."""
    path = lifecycle.path(lines)
    assert any(said.startswith(note) for said in path.notes)
    assert note[:40] in lifecycle.picture(path).text


def test_lines_of_several_connections() -> None:
    """The path is that of the first connection, which a note says; another one can be chosen."""
    lines = [record("CONNECT", "1"), {**record("CONNECT", "2", status="403"), "connectionId": "B="}]
    assert lifecycle.path(lines).notes[0].startswith("The lines are of 2 connections; this is the first one.")
    other = lifecycle.path(lines, connection_id="B=")
    assert (["ask", "refuse"], "B=", ()) == (names(other), other.connection_id, other.notes)
    assert ("No line says anything of connection C=.",) == lifecycle.path(lines, connection_id="C=").notes


@pytest.mark.parametrize("lines", [None, "one line", 3, {"eventType": "CONNECT"}])
def test_what_is_no_list(lines: Any) -> None:
    """One sentence says what it reads."""
    with pytest.raises(WalkthroughError, match="path reads a list of records or log lines"):
        lifecycle.path(lines)


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=5) | st.sampled_from(["CONNECT", "DISCONNECT", "1e999"]),
    lambda inner: (
        st.dictionaries(
            st.sampled_from(["connectionId", "eventType", "routeKey", "status", "code", "message", "requestContext"]),
            inner,
        )
        | st.lists(inner, max_size=2)
    ),
    max_leaves=8,
)


@given(st.lists(JSON | st.binary(max_size=9), max_size=5))
def test_no_line_raises(lines: list[Any]) -> None:
    """Any lines of a log give a path and a picture."""
    picture = lifecycle.picture(lifecycle.path(lines))
    assert picture.alt
    assert ElementTree.fromstring(picture.svg) is not None


def test_the_whole_diagram() -> None:
    """Without a path every transition is drawn the same, and the text lists them all."""
    picture = lifecycle.picture()
    assert len(lifecycle.TRANSITIONS) == picture.svg.count('<path class="way"')
    assert (0, 0) == (picture.svg.count('class="taken"'), picture.svg.count('class="faint"'))
    assert len(lifecycle.TRANSITIONS) == len(picture.text.splitlines())


def test_a_path_stands_out_without_colour() -> None:
    """The transitions of the path are heavy and numbered, all others faint, and the text says the same."""
    lines = [
        record("CONNECT", "1"),
        *(record("MESSAGE", f"m{n}") for n in range(3)),
        record("DISCONNECT", "9", code=1000),
    ]
    picture = lifecycle.picture(lines)
    root = ElementTree.fromstring(picture.svg)
    kinds = [group.get("class") for group in root.iter(f"{SVG}g") if group.find(f"{SVG}path") is not None]
    assert {"taken": 6, "faint": 7} == {kind: kinds.count(kind) for kind in set(kinds)}
    assert ["1", "2", "3–5", "6", "7", "8"] == [
        text.text for text in root.iter(f"{SVG}text") if text.get("class") == "count"
    ]
    assert "  4  client      message → send\n" in picture.text
    assert "client: close frame: 1000; gateway: close frames exchanged" in picture.alt


def test_a_long_path_is_cut() -> None:
    """Sixteen steps are listed below the diagram."""
    lines = [record("CONNECT", "1"), *(record("MESSAGE", f"m{n}") for n in range(30))]
    assert "… and 16 more</text>" in lifecycle.picture(lines).svg


def test_no_words_touch() -> None:
    """In the diagram no two texts and no two boxes overlap, at the widths that fonts have."""
    from walkthrough.lifecycle.diagram import ARROWS, BOXES

    areas: list[tuple[float, float, float, float]] = [
        (left, top, left + width, top + height) for left, top, width, height, _ in BOXES.values()
    ]
    for arrow in ARROWS.values():
        for x, y, align, text in arrow.words:
            width = len(text) * 7.3
            left = x - width * {"": 0, "middle": 0.5, "end": 1}[align]
            areas.append((left, y - 11, left + width, y + 3))
    for (begin, top, end, bottom), (near, over, far, low) in combinations(areas, 2):
        assert end <= near or far <= begin or bottom <= over or low <= top


@pytest.mark.parametrize("module", ["", ".states"])
def test_examples(module: str) -> None:
    """The examples in the docstrings give what stands below them."""
    result = doctest.testmod(importlib.import_module(f"walkthrough.lifecycle{module}"))
    assert (0, True) == (result.failed, result.attempted > 1)

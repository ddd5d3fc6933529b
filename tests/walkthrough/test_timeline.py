from typing import Any
from xml.etree import ElementTree

from walkthrough.timeline import Bar, Invocation, Timeline, invocations, message

SVG = "{http://www.w3.org/2000/svg}"


def event(moment: int, text: str, stream: str = "one") -> dict[str, Any]:
    return {"timestamp": moment, "message": text, "logStreamName": stream}


COLD = [
    event(100, "INIT_START Runtime Version: python:3.13.v1\tRuntime Version ARN: arn:aws:lambda:…\n"),
    event(400, "START RequestId: aaa Version: $LATEST\n"),
    event(450, '{"level": "INFO"}\n'),
    event(500, "END RequestId: aaa\n"),
    event(500, "REPORT RequestId: aaa\tDuration: 99.10 ms\tBilled Duration: 400 ms\tInit Duration: 299.00 ms\t\n"),
]
WARM = [
    event(600, "START RequestId: bbb Version: $LATEST\n"),
    event(620, "END RequestId: bbb\n"),
    event(620, "REPORT RequestId: bbb\tDuration: 19.50 ms\tBilled Duration: 20 ms\n"),
]


def test_cold_and_warm() -> None:
    """The first invocation of an environment is cold since INIT_START, the next one is warm."""
    first, second = invocations(COLD + WARM)
    assert Invocation("aaa", 100, 400, 500) == first
    assert Invocation("bbb", None, 600, 620) == second
    assert (True, False) == (first.cold, second.cold)


def test_unfinished_invocations_are_left_out() -> None:
    """Without its REPORT line an invocation is still running, or its log is still on its way."""
    assert [] == invocations(COLD[:-1])


def test_each_environment_has_its_own_stream() -> None:
    """An environment that was prepared beside does not make another one's invocation cold."""
    beside = event(610, "INIT_START Runtime Version: python:3.13.v1\n", "two")
    assert [True, False] == [invocation.cold for invocation in invocations([*COLD, beside, *WARM])]


def test_prepared_before_it_was_needed() -> None:
    """A REPORT without Init Duration is of a warm invocation, though its stream begins with INIT_START."""
    assert [Invocation("bbb", None, 600, 620)] == invocations([COLD[0], *WARM])


def test_a_message_as_bars() -> None:
    """All moments are counted from when the message was sent."""
    (invocation,) = invocations(COLD)
    assert [
        Bar("client", "waits for its answer", 0, 430),
        Bar("Lambda", "prepares an environment", 20, 320),
        Bar("Lambda", "runs the handler", 320, 420),
    ] == message(0.080, 0.510, invocation)


def test_timeline_in_words() -> None:
    """Printed, it is a table of milliseconds."""
    (invocation,) = invocations(WARM)
    words = str(Timeline({"warm": message(0.590, 0.625, invocation)}))
    assert ["client waits for its answer 0 ms 35 ms 35 ms", "Lambda runs the handler 10 ms 30 ms 20 ms"] == [
        " ".join(line.split()) for line in words.splitlines()[2:]
    ]


def test_timeline_as_a_picture() -> None:
    """The SVG is well formed, has a bar for each, and says in words what it shows, whatever the name is."""
    bars = message(0.590, 0.625, invocations(WARM)[0])
    picture = ElementTree.fromstring(Timeline({'<"warm">': bars})._repr_svg_())
    kinds = [rect.get("class") for rect in picture.iter(f"{SVG}rect")]
    assert ["page", "client", "Lambda"] == kinds
    assert (picture.get("aria-label") or "").startswith('<"warm">: client waits for its answer from 0 to 35 ms')

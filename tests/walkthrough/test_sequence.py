import doctest
import re
import xml.etree.ElementTree as ElementTree

import pytest

from walkthrough import sequence
from walkthrough.calls import Call

SVG = "{http://www.w3.org/2000/svg}"
POSTED = Call("apigatewaymanagementapi", "PostToConnection", "https://a", {"ConnectionId": "x=", "Data": b"<hi>"}, 200)
GONE = Call(
    "apigatewaymanagementapi", "PostToConnection", "https://a", {"ConnectionId": "y="}, 410, error="GoneException"
)
DELETED = Call("dynamodb", "DeleteItem", "https://d", {"TableName": "t", "Key": {"id": "y="}}, 200)
NAMES = {"x=": "client A", "y=": "client B"}


def drawn(svg: str, kind: str) -> list[ElementTree.Element]:
    """The shapes or texts of a class."""
    return [one for one in ElementTree.fromstring(svg).iter() if kind in one.get("class", "").split()]


def test_each_service_has_a_line_and_each_call_an_arrow() -> None:
    """The code and each service that it called have a head; each call is an arrow, in order."""
    svg = sequence.picture([POSTED, GONE, DELETED], "broadcast").svg
    heads = [text.text for text in drawn(svg, "middle")]
    assert ["broadcast", "@connections", "DynamoDB"] == heads
    assert 3 == len(drawn(svg, "said"))
    assert ["PostToConnection", "PostToConnection", "DeleteItem"] == [one.text for one in drawn(svg, "name")][3:]


def test_an_arrow_ends_at_its_service() -> None:
    """The arrow of a call leads to the line of the service that was called."""
    svg = sequence.picture([POSTED, DELETED], "broadcast").svg
    _, *lines = [float(re.match(r"M([\d.]+) ", one.get("d", ""))[1]) for one in drawn(svg, "life")]  # type: ignore[index]
    ends = [float(one.get("d", "").rpartition("H")[2]) for one in drawn(svg, "said")]
    assert lines == [end + 2 for end in ends]


def test_what_was_refused_is_told_apart_without_colour() -> None:
    """A call that failed has a dashed arrow, and its status and error beside it."""
    svg = sequence.picture([POSTED, GONE], "send").svg
    assert [False, True] == ["refused" in one.get("class", "") for one in drawn(svg, "said")]
    assert ["200", "410 GoneException"] == [one.text for one in drawn(svg, "result")]


def test_names_stand_for_ids() -> None:
    """An id is replaced by its name: in the picture, in its alt text and in its text."""
    shown = sequence.picture([POSTED, GONE, DELETED], "broadcast", NAMES)
    for part in (shown.svg, shown.alt, shown.text):
        assert "client B" in part
        assert "y=" not in re.sub(r'\w+="', '"', part)


def test_the_alt_text_says_what_happened() -> None:
    """The alt text counts the calls, and says of each whom it was for and what came of it."""
    assert (
        "broadcast made 2 calls. PostToConnection of @connections for client B: 410 GoneException; "
        "DeleteItem of DynamoDB for client B: 200."
    ) == sequence.picture([GONE, DELETED], "broadcast", NAMES).alt


def test_no_call() -> None:
    """Where no call was made there is a picture all the same, which says so."""
    shown = sequence.picture([], "nothing")
    assert ("nothing made no call.", "nothing made no call") == (shown.alt, shown.text)
    assert [] == drawn(shown.svg, "said")


@pytest.mark.parametrize("data", ["x" * 5000, "🏓" * 200, "</svg>&"])
def test_what_was_said_fits(data: str) -> None:
    """Whatever was said, the picture is well-formed, and no line of it is long."""
    said = Call("s3", "PutObject", "https://s3", {"Body": data.encode()}, None, error="Timeout")
    svg = sequence.picture([said], "handler").svg
    assert all(len(text.text or "") < 60 for text in ElementTree.fromstring(svg).iter(f"{SVG}text"))


def test_nothing_is_cut_off() -> None:
    """The page is wide enough for a long error behind the last line, at 8 pixels a character."""
    said = Call("s3", "PutObject", "https://s3", {}, 400, error="ProvisionedThroughputExceededException")
    svg = sequence.picture([POSTED, said], "handler").svg
    (width,) = re.findall(r'<svg[^>]* width="([\d.]+)"', svg)
    result = drawn(svg, "result")[-1]
    assert float(result.get("x", "")) + 8 * len(result.text or "") <= float(width)


def test_the_example_in_the_docstring_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the module's docstring shows is what happens."""
    monkeypatch.setenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true")
    assert 0 == doctest.testmod(sequence).failed

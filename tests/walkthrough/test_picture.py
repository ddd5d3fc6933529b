import base64
import re
import xml.etree.ElementTree as ElementTree
from html import unescape
from pathlib import Path

import matplotlib as mpl
import pytest

from walkthrough import picture, style
from walkthrough.picture import Picture

SMALL = style.page(10, 10, "", "A page")


@pytest.fixture
def chart(monkeypatch: pytest.MonkeyPatch) -> Picture:
    """A line, drawn by matplotlib."""
    mpl.use("agg")
    import matplotlib.pyplot as plt

    with style.charts():
        figure, axes = plt.subplots()
        axes.plot([1, 2], [3, 4])
        return picture.of(figure, alt='It rises from "3" to 4 & stops', text="1: 3\n2: 4")


def test_a_notebook_shows_an_image_with_its_words() -> None:
    """In a notebook it is one image of HTML, which holds the SVG and the alt text, whatever is in it."""
    shown = Picture(SMALL, 'One "A" & <b>', "a")._repr_mimebundle_()["text/html"]
    found = re.fullmatch(r'<img alt="([^"]*)" src="data:image/svg\+xml;base64,([^"]*)">', shown)
    assert found
    assert 'One "A" & <b>' == unescape(found[1])
    assert SMALL == base64.b64decode(found[2]).decode()


def test_print_shows_the_text() -> None:
    """Where there are no images, its text is shown: not the alt text, which is shorter."""
    small = Picture(SMALL, "alt", "line 1\nline 2")
    assert "line 1\nline 2" == repr(small) == small._repr_mimebundle_()["text/plain"]


def test_save(tmp_path: Path) -> None:
    """The SVG alone can be kept."""
    Picture(SMALL, "ä", "ä").save(tmp_path / "small.svg")
    assert SMALL == (tmp_path / "small.svg").read_text(encoding="utf-8")


def test_of_a_figure(chart: Picture) -> None:
    """A figure of matplotlib becomes an SVG document that is titled with the alt text."""
    document = ElementTree.fromstring(chart.svg)
    assert document.tag.endswith("svg")
    assert 'It rises from "3" to 4 & stops' == document[0].text
    assert "1: 3\n2: 4" == repr(chart)


def test_a_chart_lies_on_a_page(chart: Picture) -> None:
    """A chart has a white ground under all of it, which a dark theme needs as well."""
    document = ElementTree.fromstring(chart.svg)
    _, _, width, height = map(float, document.attrib["viewBox"].split())
    ground = document[1].attrib
    assert style.PAPER == ground["fill"]
    assert (width - 1, height - 1) == (float(ground["width"]), float(ground["height"]))


def test_the_same_every_time(chart: Picture) -> None:
    """Nothing in the SVG tells when or by whom it was made."""
    assert not re.search(r"\d{4}-\d\d-\d\d|Matplotlib v", chart.svg)


def test_the_figure_is_closed(chart: Picture) -> None:
    """The figure is closed, or a notebook would show it a second time."""
    import matplotlib.pyplot as plt

    assert [] == plt.get_fignums()

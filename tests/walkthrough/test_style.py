import itertools
import math
import xml.etree.ElementTree as ElementTree

import matplotlib as mpl
import pytest

from walkthrough import style

Colour = tuple[float, float, float]

# How the three common kinds of colour blindness see linear RGB, at full strength: Machado, Oliveira and Fernandes,
# "A Physiologically-based Model for Simulation of Color Vision Deficiency" (2009), table of severity 1.0.
EYES: dict[str, tuple[Colour, Colour, Colour]] = {
    "all colours": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protanopia": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deuteranopia": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "tritanopia": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
    "greys only": ((0.2126, 0.7152, 0.0722),) * 3,
}


def linear(colour: str) -> Colour:
    """The light of each part of ``#rrggbb``, from 0 to 1."""
    parts = [int(colour.lstrip("#")[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return red, green, blue


def luminance(colour: str) -> float:
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear(colour), strict=True))


def contrast(one: str, other: str) -> float:
    """WCAG's contrast of two colours, from 1 to 21."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def lab(colour: str, eyes: str) -> Colour:
    """The place of a colour in CIE L*a*b*, as one kind of eyes sees it; distances there are those that people see."""
    seen = [
        min(max(sum(weight * part for weight, part in zip(row, linear(colour), strict=True)), 0), 1)
        for row in EYES[eyes]
    ]
    to_xyz = ((0.4124, 0.3576, 0.1805), (0.2126, 0.7152, 0.0722), (0.0193, 0.1192, 0.9505))
    white = (0.9505, 1.0, 1.089)
    x, y, z = (
        sum(weight * part for weight, part in zip(row, seen, strict=True)) / full
        for row, full in zip(to_xyz, white, strict=True)
    )
    fx, fy, fz = (value ** (1 / 3) if value > 0.008856 else 7.787 * value + 16 / 116 for value in (x, y, z))
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)


def distance(one: str, other: str, eyes: str) -> float:
    return math.dist(lab(one, eyes), lab(other, eyes))


def cycle() -> list[dict[str, str]]:
    with style.charts():
        return list(mpl.rcParams["axes.prop_cycle"])


@pytest.mark.parametrize(("line", "ground"), style.TINTS.items())
def test_text_on_its_tint(line: str, ground: str) -> None:
    """Words and outlines are dark enough on what fills the shape, and on the page (WCAG AA)."""
    assert contrast(line, ground) >= 4.5
    assert contrast(style.INK, ground) >= 7
    assert contrast(line, style.PAPER) >= 4.5


@pytest.mark.parametrize("eyes", [eyes for eyes in EYES if eyes != "greys only"])
def test_yours_and_aws(eyes: str) -> None:
    """Blue, orange and ink differ for every kind of eyes."""
    for one, other in itertools.combinations((style.BLUE, style.ORANGE, style.INK), 2):
        assert distance(one, other, eyes) >= 15, (one, other)


@pytest.mark.parametrize("eyes", [eyes for eyes in EYES if eyes != "greys only"])
def test_lines_of_a_chart(eyes: str) -> None:
    """The colours of a chart's lines differ for every kind of eyes, and are dark enough on white."""
    colours = [f"#{line['color']}" for line in cycle()]
    assert [] == [colour for colour in colours if contrast(colour, style.PAPER) < 3]
    assert [] == [pair for pair in itertools.combinations(colours, 2) if distance(*pair, eyes) < 15]


def test_lines_without_colour() -> None:
    """No two lines of a chart have the same dash or the same marker."""
    lines = cycle()
    assert len(lines) == len({line["linestyle"] for line in lines}) == len({line["marker"] for line in lines})


def test_charts_only_inside() -> None:
    """The look of the course ends with the block: a learner's own charts keep theirs."""
    before = mpl.rcParams["axes.spines.top"]
    with style.charts():
        assert not mpl.rcParams["axes.spines.top"]
    assert before == mpl.rcParams["axes.spines.top"]


def test_page() -> None:
    """A page is one well-formed SVG document with words for it, on a ground of its own."""
    document = ElementTree.fromstring(
        style.page(100, 50, '<text x="5" y="20">5 &lt; 6</text>', 'A "small" & bare page')
    )
    names = [element.tag.rpartition("}")[2] for element in document]
    assert "0 0 100 50" == document.get("viewBox")
    assert ["title", "style", "defs", "rect", "text"] == names
    assert 'A "small" & bare page' == document[0].text

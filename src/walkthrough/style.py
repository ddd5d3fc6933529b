"""The common look of all pictures: the colours, the fonts, and the page that they are drawn on.

Blue is AWS's, orange is yours. Both are told apart without colour too: by outline, dash, marker or place. They differ
for the three common kinds of colour blindness, since they lie on the axis from blue to orange (after Okabe and Ito,
https://jfly.uni-koeln.de/color/), and are dark enough for text on their own tint (WCAG contrast 4.5 and more). A
picture has a page of its own, white with a thin border, so that it reads the same in a light and in a dark theme.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from importlib.resources import files

__all__ = [
    "BLUE",
    "BORDER",
    "GREY",
    "GROUND",
    "INK",
    "MONO",
    "ORANGE",
    "PAPER",
    "SANS",
    "TINTS",
    "charts",
    "ground",
    "page",
]

PAPER = "#ffffff"  # the page
BORDER = "#c9d1d9"  # its edge, and grid lines
GROUND = "#f3f6f9"  # a frame around things that belong together
INK = "#24292f"  # text and outlines
GREY = "#424a53"  # small text, arrows
BLUE = "#00578a"  # AWS
ORANGE = "#a34700"  # you: a client, your server, your code

TINTS = {BLUE: "#e1eef7", ORANGE: "#fdebdd", INK: "#ffffff", GREY: "#eceff2"}
"""What fills a shape whose outline has that colour."""

SANS = "'Helvetica Neue', Helvetica, Arial, 'Liberation Sans', 'DejaVu Sans', sans-serif"
MONO = "ui-monospace, Menlo, Consolas, 'Liberation Mono', 'DejaVu Sans Mono', monospace"

BASE = f"""
.frame {{ fill: {GROUND}; stroke: {BORDER}; }}
.aws {{ fill: {TINTS[BLUE]}; stroke: {BLUE}; stroke-width: 2; }}
.yours {{ fill: {TINTS[ORANGE]}; stroke: {ORANGE}; stroke-width: 2; }}
.thing {{ fill: {PAPER}; stroke: {INK}; stroke-width: 1.5; }}
.arrow {{ fill: none; stroke: {GREY}; stroke-width: 1.8; marker-end: url(#to); }}
.grid {{ fill: none; stroke: {BORDER}; }}
text {{ fill: {INK}; font-size: 15px; }}
.title {{ font-size: 18px; font-weight: bold; }}
.name {{ font-weight: bold; }}
.small {{ font-size: 13px; fill: {GREY}; }}
.mono {{ font-family: {MONO}; font-size: 13px; }}
.middle {{ text-anchor: middle; }}
.end {{ text-anchor: end; }}
"""

ARROW = (
    '<defs><marker id="to" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="6" markerHeight="6" orient="auto">'
    f'<path d="M0 0 10 5 0 10z" fill="{GREY}"/></marker></defs>'
)


def page(width: float, height: float, body: str, alt: str, style: str = "") -> str:
    """A whole SVG document, ``width`` by ``height`` pixels: our page, ``alt`` as its title, and ``body`` on top.

    ``body`` may use the classes ``aws``, ``yours``, ``thing``, ``frame``, ``arrow``, ``grid``, ``title``, ``name``,
    ``small``, ``mono``, ``middle``, ``end``; ``style`` is more CSS.
    """
    size = f'viewBox="0 0 {width:g} {height:g}" width="{width:g}" height="{height:g}"'
    return f"""<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" font-family="{SANS}">
<title>{escape(alt)}</title>
<style>{BASE}{style}</style>
{ARROW}
{ground(width, height)}
{body}
</svg>"""


def ground(width: float, height: float) -> str:
    """The empty page, as an SVG element."""
    size = f'x="0.5" y="0.5" width="{width - 1:g}" height="{height - 1:g}"'
    return f'<rect {size} rx="12" fill="{PAPER}" stroke="{BORDER}"/>'


@contextmanager
def charts() -> Iterator[None]:
    """Give the charts that matplotlib draws in the block the course's look; ``picture.of`` makes pictures of them."""
    import matplotlib.style  # takes half a second, so only charts import it

    with matplotlib.style.context(str(files("walkthrough") / "course.mplstyle")):
        yield

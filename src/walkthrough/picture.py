"""A picture that is also words: an image with alt text in a notebook, plain text everywhere else.

Jupyter shows an SVG or PNG output without alt text, and an SVG not at all before the notebook is trusted. An HTML image
that carries the SVG in its address has neither fault.

    from walkthrough import picture, style
    with style.charts():
        figure, axes = plt.subplots()
        axes.plot([1, 2], [3, 4])
    picture.of(figure, alt="A line that rises from 3 to 4.")
"""

from __future__ import annotations

import base64
import io
import re
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from walkthrough import style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["Picture", "of"]


@dataclass(frozen=True, slots=True)
class Picture:
    """An SVG document; ``alt`` says in a sentence or two what it shows, ``text`` shows the same in print."""

    svg: str
    alt: str
    text: str

    def __repr__(self) -> str:
        return self.text

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        """What Jupyter shows of it: the image, with its alt text; without images, the text."""
        return {"text/html": self.html(), "text/plain": self.text}

    def html(self) -> str:
        """An ``<img>`` that needs no other file; it is never wider than the page."""
        data = base64.b64encode(self.svg.encode()).decode()
        return f'<img alt="{escape(self.alt)}" src="data:image/svg+xml;base64,{data}">'

    def save(self, path: str | Path) -> None:
        """Write the SVG to a file."""
        Path(path).write_text(self.svg, encoding="utf-8")


def of(figure: Figure, alt: str, text: str | None = None) -> Picture:
    """Make a picture of a matplotlib figure, and close the figure. Without ``text``, ``alt`` is the text."""
    import matplotlib.pyplot as plt

    file = io.StringIO()
    figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None})
    plt.close(figure)  # or the inline backend shows it a second time, without alt text
    return Picture(_on_a_page(file.getvalue(), alt), alt, alt if text is None else text)


def _on_a_page(svg: str, alt: str) -> str:
    """The SVG from its ``<svg>`` tag on, with ``alt`` as its title and with our page behind the drawing."""
    tag = re.search(r"<svg[^>]*>", svg)
    assert tag is not None
    size = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', tag[0])
    assert size is not None
    return f"{tag[0]}\n<title>{escape(alt)}</title>\n{style.ground(float(size[1]), float(size[2]))}{svg[tag.end() :]}"

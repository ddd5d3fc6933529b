"""Each notebook of the course in JupyterLab: opened as it was committed, then run from top to bottom."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page

from .lab import REPOSITORY, SCREENSHOTS, Lab, Notebook, Picture

NOTEBOOKS = sorted((REPOSITORY / "notebooks").glob("*.ipynb"))

COMPLAINTS = (
    "Cannot display",
    "Click to show javascript error",
    "Error creating widget",
    "Error displaying widget",
    "Loading widget",
    "not trusted",
)
"""What JupyterLab writes where it cannot show an output."""

NO_WORDS = ("", "Image")  # JupyterLab's own alt text for an image without one


@dataclass
class Course:
    """A notebook that has run; what it showed before, and whether JupyterLab trusted that."""

    name: str
    trusted: bool
    fresh: list[Picture]
    notebook: Notebook


@pytest.fixture(scope="module", params=NOTEBOOKS, ids=lambda path: path.stem)
def course(request: pytest.FixtureRequest, lab: Lab, tab: Page) -> Iterator[Course]:
    """One notebook after the other, so that there is one stack at a time."""
    path: Path = request.param
    notebook = lab.open(tab, f"notebooks/{path.name}")
    trusted, fresh = notebook.trusted, notebook.pictures
    notebook.run_all()
    yield Course(path.stem, trusted, fresh, notebook)
    lab.end_kernels()


def test_runs(course: Course) -> None:
    """Run → Run All Cells runs every cell, and none raises."""
    assert [] == course.notebook.errors


def test_everything_can_be_shown(course: Course) -> None:
    """JupyterLab can show every output."""
    outputs = course.notebook.panel.locator(".jp-OutputArea").all_inner_texts()
    assert [] == [text for text in outputs if any(complaint in text for complaint in COMPLAINTS)]


def test_pictures_are_shown(course: Course) -> None:
    """Each picture, in the text and in the outputs, is loaded and has alt text."""
    assert course.notebook.pictures
    assert [] == [picture for picture in course.notebook.pictures if not picture.width or picture.alt in NO_WORDS]


def test_pictures_are_shown_before_it_runs(course: Course) -> None:
    """A person who opens the notebook sees the pictures that it will make, without trusting it first."""
    assert not course.trusted
    assert [] == [picture for picture in course.fresh if not picture.width]
    assert [picture.output for picture in course.notebook.pictures] == [picture.output for picture in course.fresh]


def test_nothing_is_cut_off(course: Course) -> None:
    """Text, code and outputs fit a screen of 1280 pixels, of which JupyterLab's file browser has its part."""
    assert [] == course.notebook.overflowing


def test_headings_are_in_order(course: Course) -> None:
    """One title, and no level is left out on the way down."""
    levels = course.notebook.headings
    assert [0] == [number for number, level in enumerate(levels) if level == 1]
    assert [] == [pair for pair in pairwise(levels) if pair[1] > pair[0] + 1]


def test_looks(course: Course) -> None:
    """Its first screen, in both themes, and each picture are kept to be looked at, and none of them is empty."""
    for old in SCREENSHOTS.glob(f"{course.name}*.png"):
        old.unlink()
    kept = [course.notebook.shoot(course.name), *course.notebook.shoot_pictures(course.name)]
    course.notebook.theme("JupyterLab Dark")
    kept.append(course.notebook.shoot(f"{course.name}-dark"))
    course.notebook.theme("JupyterLab Light")
    assert [] == [path.name for path in kept if Image.open(path).getcolors(16) is not None]

"""docs/toolkit.md is one program: it is typed from top to bottom, and it names each part of the toolkit."""

import pkgutil
import re
from collections.abc import Callable
from pathlib import Path

import pytest

import walkthrough

pytestmark = pytest.mark.slow

PROJECT = Path(__file__).parents[2]
PAGE = (PROJECT / "docs" / "toolkit.md").read_text(encoding="utf-8")

INSIDE = {"errors", "internal"}
"""What learners do not import: the class of errors, and the room of what the toolkit itself uses."""

TYPE = """
import doctest, re, sys
import matplotlib
matplotlib.use("agg")
page = sys.stdin.read()
program = "\\n".join(re.findall(r"^```pycon\\n(.*?)^```$", page, re.MULTILINE | re.DOTALL))
test = doctest.DocTestParser().get_doctest(program, {}, "toolkit.md", "toolkit.md", 0)
failed, tried = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test)
assert tried > 40, tried
sys.exit(failed)
"""


def test_the_page_is_a_program(program: Callable[..., object]) -> None:
    """Typed into Python, each line of it gives what stands below it."""
    program(TYPE, stdin=PAGE)


def test_each_part_is_named() -> None:
    """No part of the toolkit is missing on the page."""
    parts = {module.name for module in pkgutil.iter_modules(walkthrough.__path__)} - INSIDE
    assert [] == sorted(part for part in parts if not re.search(rf"`{part}\b", PAGE))

"""What AWS allows and asks for may change: a notebook that gives a figure says whose it is, and when it was read."""

import re

import pytest

from .documents import Document, documents, without_fences

NOTEBOOKS = [document for document in documents() if document.path.suffix == ".ipynb"]

LIMITS = re.compile(
    r"\b(ten|10) (idle )?minutes\b|\b(two|2) hours\b|\b29 (s|seconds)\b|\b(32|128) ?KB\b|\b500 (new )?connections\b"
    r"|\bwithin a few days\b",
    re.IGNORECASE,
)
"""The quotas of a WebSocket API and of what stands behind it that the course speaks of (spec 159 to 165)."""
PRICES = re.compile(r"(US)?\$ ?\d|\b\d+(\.\d+)? (dollars|cents)\b")
AWS = re.compile(r"\]\(https://(docs\.aws\.amazon\.com|aws\.amazon\.com|repost\.aws)/")
READ = re.compile(
    r"\bread\s+in\s+(January|February|March|April|May|June|July|August|September|October|November"
    r"|December)\s+20\d\d\b"
)

notebooks = pytest.mark.parametrize("document", NOTEBOOKS, ids=lambda document: document.path.name)


def figures(document: Document, kind: re.Pattern[str]) -> list[str]:
    """The cells that give a figure of this kind."""
    return [cell for cell in document.cells if kind.search(without_fences(cell))]


def undated(document: Document) -> list[str]:
    """What lacks a source or a date: a cell with a figure needs AWS's page, a price its date beside it too."""
    lacking = [
        f"no page of AWS: {cell}"
        for cell in figures(document, LIMITS) + figures(document, PRICES)
        if not AWS.search(cell)
    ]
    lacking += [f"no date: {cell}" for cell in figures(document, PRICES) if not READ.search(cell)]
    if figures(document, LIMITS) and not READ.search(document.text):
        lacking.append("no date: the first limit that the notebook gives")
    return lacking


@notebooks
def test_figures_have_a_source_and_a_date(document: Document) -> None:
    """A cell that gives a limit or a price of AWS links AWS's page; a price says when it was read, and limits once."""
    assert [] == undated(document)


@pytest.mark.parametrize(
    ("cell", "lacking"),
    [
        ("It ends after ten idle minutes.", 2),
        ("It ends after [ten minutes](https://docs.aws.amazon.com/a) (read\nin November 2026).", 0),
        ("It ends after [ten minutes](https://docs.aws.amazon.com/a).", 1),
        ("A million cost $1.00, read in May 2026.", 1),
        ("A million cost [$1.00](https://aws.amazon.com/api-gateway/pricing/).", 1),
        ("A frame of 32 KB", 2),
        ("**20 minutes to read and run, 10 to practise.** It sends `$connect`.", 0),
        ("```sh\nsleep for 2 hours\n```", 0),
    ],
)
def test_what_lacks_them(cell: str, lacking: int) -> None:
    """Figures without their page or date are found, and other numbers are not taken for figures."""
    document = Document(NOTEBOOKS[0].path, cell, (1,), (1,))
    assert lacking == len(undated(document))

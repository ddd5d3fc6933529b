import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from .documents import Document, documents, read, without_code, without_fences

HOSTS = {
    # AWS
    "aws.amazon.com",
    "boto3.amazonaws.com",
    "docs.aws.amazon.com",
    "repost.aws",
    # standards
    "datatracker.ietf.org",
    "keepachangelog.com",
    "www.iana.org",
    "www.rfc-editor.org",
    # what the course is made of
    "docs.getmoto.org",
    "docs.python.org",
    "github.com",
    "import-linter.readthedocs.io",
    "ipywidgets.readthedocs.io",
    "jupyterlab.readthedocs.io",
    "matplotlib.org",
    "pre-commit.com",
    "trustme.readthedocs.io",
    "websockets.readthedocs.io",
}
"""Where an outside link may lead: to who makes the thing or sets the standard, and not to a page about it."""

each_document = pytest.mark.parametrize("document", documents(), ids=lambda document: document.path.name)


def links(document: Document) -> Iterator[tuple[str, str]]:
    """Each link or picture of a document: where it stands, and where it leads."""
    for number, line in enumerate(without_code(document.text).splitlines(), start=1):
        for link in re.findall(r"\]\(\s*<?([^)\s>]+)", line) + re.findall(r"(?:src|href)=\"([^\"]+)\"", line):
            yield document.place(number), link


def outside(document: Document) -> list[tuple[str, str]]:
    return [(place, link) for place, link in links(document) if re.match(r"\w+:", link)]


def inside(document: Document) -> list[tuple[str, str]]:
    return [(place, link) for place, link in links(document) if not re.match(r"\w+:", link)]


def anchors(path: Path) -> set[str]:
    """What a link may name after ``#``: the heads of a document, in GitHub's and in JupyterLab's spelling."""
    heads = re.findall(r"^#{1,6} (.+)$", without_fences(read(path).text).replace("`", ""), re.MULTILINE)
    github = {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}
    return github | {head.replace(" ", "-") for head in heads}


@each_document
def test_files(document: Document) -> None:
    """Each link to a file leads to one."""
    missing = [
        f"{place}: {link}"
        for place, link in inside(document)
        if not (document.path.parent / unquote(link.partition("#")[0])).exists()
    ]
    assert [] == missing


@each_document
def test_anchors(document: Document) -> None:
    """Each link to a part of a document leads to a head of it."""
    missing = []
    for place, link in inside(document):
        file, _, anchor = link.partition("#")
        path = document.path.parent / unquote(file) if file else document.path
        if anchor and unquote(anchor) not in anchors(path):
            missing.append(f"{place}: {link}")
    assert [] == missing


@each_document
def test_outside(document: Document) -> None:
    """Each link out of the project is https, well-formed, and to a host that we know."""
    odd = []
    for place, link in outside(document):
        parts = urlsplit(link)
        well_formed = re.fullmatch(r"https://[\w.-]+(/[\w.~!$&'*+,;=:@%/-]*)?(\?[\w=&-]+)?(#[\w.:-]+)?", link)
        if not well_formed or parts.hostname not in HOSTS:
            odd.append(f"{place}: {link}")
    assert [] == odd


@each_document
def test_no_bare_address(document: Document) -> None:
    """An address that is meant to be followed has words to it."""
    text = re.sub(r"\]\([^)]*\)", "", without_code(document.text))
    assert [] == re.findall(r"https?://\S+", text)


def test_what_is_found(tmp_path: Path) -> None:
    """Links in words and in HTML are found with their lines, those in code are not; heads give anchors."""
    path = tmp_path / "a.md"
    path.write_text(
        '# A head, or `two`\n\n[a](b.md#c) and ![d](e%20f.svg)\n<img alt="g" src="h.png">\n'
        "`[i](j)`\n```sh\n# no head\n[k](l)\n```\n[m](https://n.o/p)\n"
    )
    document = Document(Path(__file__).parents[2] / "a.md", path.read_text())
    assert [("a.md, line 3", "b.md#c"), ("a.md, line 3", "e%20f.svg"), ("a.md, line 4", "h.png")] == inside(document)
    assert [("a.md, line 10", "https://n.o/p")] == outside(document)
    assert {"a-head-or-two", "A-head,-or-two"} == anchors(path)

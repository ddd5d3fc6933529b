"""British spelling, by pyspellchecker's dictionary and a list of our own: `words.txt`, one word a line, in order."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from spellchecker import SpellChecker

from .documents import Document, documents, without_code

LIST = Path(__file__).with_name("words.txt")
OURS = LIST.read_text(encoding="utf-8").splitlines()

AMERICAN = re.compile(
    r"(behavior|color|favor|flavor|honor|labor|neighbor|license|center|fiber|catalog$|gray|defense|offense|analyz"
    r"|artifact|(cancel|label|model|signal|travel)(ed|ing|er)$|fulfill|judgment|skillful|aluminum"
    r"|(?!authoriz|unauthoriz|siz|resiz|oversiz|seiz|priz)\w+iz(e[sdr]?|ing|ations?)$)"
)
"""What is spelt otherwise here. An authorizer is AWS's own word, with whatever comes of it."""

each_document = pytest.mark.parametrize("document", documents(), ids=lambda document: document.path.name)


def words(document: Document) -> Iterator[tuple[str, str]]:
    """Each word of a document's prose in lower case, and where it stands; no code, address, acronym or identifier."""
    text = without_code(document.text)
    text = re.sub(r"\]\([^)]*\)|<[^>]+>", "]", text)
    for number, line in enumerate(text.splitlines(), start=1):
        for token in re.findall(r"(?<![$@./_\w-])[^\W_]+(?:['’][^\W_]+)*(?![/_\w@]|\.\w)(?:-[^\W\d_]+)*", line):
            for word in token.split("-"):
                plain = re.sub(r"['’]s?$", "", word.replace("’", "'"))
                if not re.search(r"\d|[^\W\d_][A-Z]", plain):
                    yield plain.lower(), document.place(number)


@cache
def dictionary() -> SpellChecker:
    return SpellChecker(language="en")


@each_document
def test_spelling(document: Document) -> None:
    """Each word is in the dictionary or in our own list."""
    known = {*OURS}
    odd = {word: place for word, place in words(document) if word not in dictionary() and word not in known}
    assert {} == odd, f"mend these, or add what is right to {LIST.name}"


@each_document
def test_british(document: Document) -> None:
    """Words are spelt as in Britain, with -ise."""
    assert {} == {word: place for word, place in words(document) if AMERICAN.match(word)}


@pytest.mark.parametrize(
    "document",
    [document for document in documents() if document.path.parent.name != "docs"],  # whose sentences a program wrote
    ids=lambda document: document.path.name,
)
def test_tone(document: Document) -> None:
    """Nothing is called easy, which it is not for whoever reads it for the first time, and nothing is shouted."""
    text = re.sub(r"!\[", "[", without_code(document.text))
    loud = re.compile(r"\b(simply|just|easy|easily|obvious|obviously|trivial|trivially)\b|!(?=[\s)*]|$)", re.IGNORECASE)
    lines = enumerate(text.splitlines(), start=1)
    assert [] == [f"{document.place(number)}: {line}" for number, line in lines if loud.search(line)]


def test_the_list_is_in_order() -> None:
    """Our own list has each word once, in lower case, in order."""
    assert sorted({word.lower() for word in OURS}) == OURS


def test_the_list_has_no_dead_words() -> None:
    """Each word of our own list is used somewhere, and is in no dictionary."""
    used = {word for document in documents() for word, _ in words(document)}
    assert [] == [word for word in OURS if word not in used or word in dictionary()]


def test_what_counts_as_a_word() -> None:
    """Prose does, with its hyphens and apostrophes; code, addresses, acronyms, identifiers and commands do not."""
    text = (
        "# Wrods\n\nA *well-knwon* AWS's client’s `cdoe`, [lnik](https://nowhree.example/abc) at x86_64 or $deflaut.\n"
        '```sh\nnope\n```\n<img src="pcture.png"> CloudFront ENV_VAR lambda/send.py 410s isn\'t, IPv6\n'
    )
    found = [word for word, _ in words(Document(Path(__file__).parents[2] / "a.md", text))]
    assert ["wrods", "a", "well", "knwon", "client", "lnik", "at", "or", "isn't"] == found
    assert [word for word in found if word not in dictionary()] == ["wrods", "knwon", "lnik"]


@pytest.mark.parametrize(
    ("word", "american"),
    [("color", True), ("labeled", True), ("serialize", True), ("organizations", True), ("license", True)]
    + [(word, False) for word in ("colour", "label", "authorized", "size", "serialise", "licence", "prize", "model")],
)
def test_what_is_american(word: str, american: bool) -> None:
    """Spelling that Britain does not share is told apart, with AWS's own authorizers left out."""
    assert american == bool(AMERICAN.match(word))

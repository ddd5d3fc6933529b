import doctest
import re

import pytest

from walkthrough.console import transcript as module
from walkthrough.console.transcript import HAPPENED, RECEIVED, SENT, History, Transcript, of_binary


def test_prints_what_was_said() -> None:
    """As text it is mark and message, without the time, so that it is the same in each run."""
    transcript = Transcript()
    transcript.add(SENT, "psst")
    transcript.add(RECEIVED, "00 01", "binary, 2 bytes")
    transcript.add(HAPPENED, "Closed.")
    assert "> psst\n< (binary, 2 bytes) 00 01\n· Closed." == str(transcript)


@pytest.mark.parametrize(("mark", "word"), [(SENT, "sent"), (RECEIVED, "received"), (HAPPENED, "note")])
def test_says_the_direction_in_words(mark: str, word: str) -> None:
    """Neither colour nor mark is needed to tell who spoke."""
    transcript = Transcript()
    transcript.add(mark, "psst")
    assert re.search(rf"</b> {word}</span>", transcript.html())


def test_has_the_time() -> None:
    """Each row begins with the time of day, in milliseconds."""
    transcript = Transcript()
    transcript.add(SENT, "psst")
    assert re.search(r">\d\d:\d\d:\d\d\.\d\d\d<", transcript.html())


@pytest.mark.parametrize("text", ["<img src=x onerror=alert(1)>", "\"'><script>1</script>", "&lt;b&gt;"])
def test_a_message_is_no_html(text: str) -> None:
    """Any message is shown as plain text."""
    transcript = Transcript()
    transcript.add(RECEIVED, text, note=text)
    html = transcript.html()
    assert "<img" not in html
    assert "<script" not in html
    assert "&amp;lt;b" in html or "&lt;" in html


def test_shows_control_characters() -> None:
    """Control characters that a page would not show have a picture; tab and line feed stay."""
    transcript = Transcript()
    transcript.add(RECEIVED, "a\x00\x1b\x7f\tb\nc")
    assert "< a␀␛␡\tb\nc" == str(transcript)


def test_keeps_the_last_lines() -> None:
    """The oldest lines go, and how many have gone is said in print and on the page."""
    transcript = Transcript(kept=2)
    for number in range(5):
        transcript.add(RECEIVED, f"message {number}")
    assert ["message 3", "message 4"] == [line.text for line in transcript.lines]
    assert str(transcript).startswith("(3 older lines are no longer shown)\n")
    assert "(3 older lines are no longer shown)" in transcript.html()


def test_cuts_a_long_message() -> None:
    """Of a long message the start is shown, and how much more there is."""
    transcript = Transcript()
    transcript.add(RECEIVED, "x" * 10_000)
    assert str(transcript).endswith("x… and 6,000 more characters")
    assert len(transcript.html()) < 6_000


def test_page_does_not_grow() -> None:
    """However many lines were added, the page has only those that are kept."""
    transcript = Transcript(kept=3)
    sizes = set()
    for number in range(100, 200):
        transcript.add(RECEIVED, f"message {number}")
        if number > 120:
            sizes.add(len(transcript.html()))
    assert max(sizes) - min(sizes) < 5


def test_clear() -> None:
    """After ``clear`` nothing is left, not even the number of dropped lines."""
    transcript = Transcript(kept=1)
    transcript.add(SENT, "one")
    transcript.add(SENT, "two")
    transcript.clear()
    assert "" == str(transcript)
    assert "older" not in transcript.html()


def test_binary() -> None:
    """A binary message is its bytes, as far as they fit, and how many there are."""
    assert ("00 ff", "binary, 2 bytes") == of_binary(b"\x00\xff")
    text, note = of_binary(bytes(1000))
    assert text.endswith(" 00 …")
    assert "binary, 1,000 bytes" == note


def test_history_has_each_text_once() -> None:
    """What is typed again moves to the front."""
    history = History(["one", "two"])
    history.add("one")
    assert ("one", "two") == history.texts


def test_history_forgets_the_oldest() -> None:
    """It keeps as many as it was told to."""
    assert ("3", "2") == History(["1", "2", "3"], kept=2).texts


def test_history_goes_back() -> None:
    """Step by step to the oldest, then from the newest again; a new text is the next to be offered."""
    history = History(["one", "two"])
    assert ["two", "one", "two"] == [history.earlier() for _ in range(3)]
    history.add("three")
    assert "three" == history.earlier()


def test_history_of_one_text() -> None:
    """One text alone is one message, not its letters."""
    assert ("psst",) == History("psst").texts


def test_the_example() -> None:
    """The example in the module's docstring does what it says."""
    results = doctest.testmod(module)
    assert results.attempted
    assert 0 == results.failed


def test_no_history() -> None:
    """An empty history has no earlier text."""
    assert History().earlier() is None

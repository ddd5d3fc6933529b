"""The list itself: every item has a test, or a reason why it has none."""

from .items import GROUPS, covered, items
from .pages import faults, pages


def test_all_items_are_listed() -> None:
    """The items are one to three hundred, each in one group."""
    assert list(range(1, 301)) == [item.number for item in items()]
    assert list(GROUPS) == list(dict.fromkeys(item.group for item in items()))


def test_every_item_has_a_test_or_a_reason() -> None:
    """Exactly one of both."""
    with_tests, with_reasons = set(covered()), {item.number for item in items() if item.reason}
    assert set() == with_tests & with_reasons
    assert set(range(1, 301)) == with_tests | with_reasons


def test_most_items_have_a_test() -> None:
    """At least 220 of the 300 have one."""
    assert len(covered()) >= 220


def test_the_pages_are_in_step() -> None:
    """``docs/conformance.md`` and ``docs/assumptions.md`` say what their sources say."""
    assert [] == faults()


def test_every_choice_is_explained() -> None:
    """Each name in ``docs/assumptions.md`` has its sentence."""
    page = next(text for path, text in pages().items() if path.name == "assumptions.md")
    rows = [line for line in page.splitlines() if line.startswith("| `")]
    assert rows
    assert [] == [row for row in rows if row.endswith("|  |")]

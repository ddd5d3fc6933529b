"""CHANGELOG.md has the form of Keep a Changelog, with milestones and their dates where there are no releases yet."""

import re
from pathlib import Path

CHANGELOG = (Path(__file__).resolve().parents[2] / "CHANGELOG.md").read_text(encoding="utf-8")
KINDS = ["Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"]


def test_sections() -> None:
    """What is not released comes first, then each milestone with its date, newest first."""
    first, *others = re.findall(r"^## (.*)$", CHANGELOG, re.MULTILINE)
    assert "Unreleased" == first
    dates = [re.fullmatch(r".+ \((\d{4}-\d\d-\d\d)\)", head) for head in others]
    assert all(dates)
    found = [date[1] for date in dates if date]
    assert sorted(found, reverse=True) == found


def test_kinds_of_changes() -> None:
    """Each section groups its entries by kind, each kind once, in one order, none of them empty."""
    for section in re.split(r"^## ", CHANGELOG, flags=re.MULTILINE)[1:]:
        parts = re.split(r"^### (.*)$", section, flags=re.MULTILINE)[1:]
        kinds, entries = parts[::2], parts[1::2]
        assert kinds
        assert [kind for kind in KINDS if kind in kinds] == kinds
        assert all(entry.strip().startswith("- ") for entry in entries)

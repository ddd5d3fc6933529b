"""docs/architecture.md speaks of what there is."""

import re

import pytest

from .documents import REPOSITORY

PAGE = (REPOSITORY / "docs" / "architecture.md").read_text(encoding="utf-8")
SOURCES = [REPOSITORY / "src", REPOSITORY / "src" / "local_aws", REPOSITORY / "src" / "walkthrough"]
NAMED = set(re.findall(r"`([a-z_]+(?:\.[a-z_]+)*)`", PAGE))
FILES = set(re.findall(r"`([\w.]+(?:/[\w.]*)+|\w+\.(?:py|toml|yml))`", PAGE))
OTHERS = {"__init__", "aws", "down", "env", "reset", "setup", "status", "stock_moto.py", "up", "websockets"}
"""Commands, what ``WALKTHROUGH_CLOUD`` may be, a library, and files that are named in full elsewhere on the page."""


@pytest.mark.parametrize("name", sorted(NAMED - FILES - OTHERS))
def test_each_module_is_there(name: str) -> None:
    """Each module that the page names exists, by the name that it has in its house."""
    paths = [source / name.replace(".", "/") for source in SOURCES]
    assert any(path.is_dir() or path.with_name(f"{path.name}.py").is_file() for path in paths)


@pytest.mark.parametrize("name", sorted(FILES - OTHERS))
def test_each_file_is_there(name: str) -> None:
    """Each file and folder that the page names exists."""
    assert any((place / name).exists() for place in [REPOSITORY, *SOURCES])


@pytest.mark.parametrize("walk", ["The walk of a message", "The walk of a deploy", "The walk of an exercise check"])
def test_each_walk_has_ten_steps(walk: str) -> None:
    """A walk can be read at once: ten steps."""
    part = PAGE.split(f"## {walk}\n")[1].split("\n## ")[0]
    assert [str(number) for number in range(1, 11)] == re.findall(r"^(\d+)\. ", part, re.MULTILINE)

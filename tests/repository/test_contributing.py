"""What CONTRIBUTING.md names is there: each path, each word of the Makefile, each name of the code."""

import re
import subprocess
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
PAGE = (REPOSITORY / "CONTRIBUTING.md").read_text(encoding="utf-8")
SPANS = re.findall(r"`([^`\n]+)`", re.sub(r"^```\w*$", "", PAGE, flags=re.MULTILINE))
MADE = {"build/screenshots/"}  # by a test
WORDS = sorted(set(re.findall(r"\bmake ([a-z]+)\b(?=[^\n]*`|$)", PAGE, re.MULTILINE)))
PATHS = sorted({span for span in SPANS if re.fullmatch(r"(?!NN)[\w.]+(/[\w.-]+)*(/|\.(md|py|toml|txt|json))", span)})
NAMES = sorted({span for span in SPANS if re.fullmatch(r"[A-Z]\w+|[\w.]+\(\)", span)})


def test_something_is_named() -> None:
    """The tests below have something to test."""
    assert len(PATHS) > 15
    assert len(WORDS) > 8
    assert len(NAMES) > 5


@pytest.mark.parametrize("word", WORDS)
def test_make_words(word: str) -> None:
    """Each word that it gives make is in the Makefile."""
    assert re.search(rf"^{word}:", (REPOSITORY / "Makefile").read_text(), re.MULTILINE)


@pytest.mark.parametrize("path", [path for path in PATHS if path not in MADE])
def test_paths(path: str) -> None:
    """Each path is one of the repository; a file's name alone is that of some file."""
    alone = "/" not in path and not (REPOSITORY / path).exists()
    assert list((REPOSITORY / "src").rglob(path)) if alone else (REPOSITORY / path).exists()


@pytest.mark.parametrize("name", NAMES)
def test_names(name: str) -> None:
    """Each class, function and constant is in the code."""
    word = name.removesuffix("()").rpartition(".")[2]
    command = ["git", "grep", "--quiet", "--word-regexp", word, "--", "src", "tests", "tools", "Makefile"]
    found = subprocess.run(command, cwd=REPOSITORY, check=False).returncode
    if found > 1:
        pytest.skip("this is no git checkout")
    assert 0 == found

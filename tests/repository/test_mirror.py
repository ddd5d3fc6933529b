"""tests/ mirrors src/, also below the folders; tests/covered.toml has the tests of modules without a file there."""

import tomllib
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
TESTS = REPOSITORY / "tests"
PACKAGES = ("local_aws", "walkthrough")

COVERED = tomllib.loads((TESTS / "covered.toml").read_text(encoding="utf-8"))
LISTED: dict[str, list[str]] = COVERED["modules"]
BEHAVIOUR: dict[str, str] = COVERED["behaviour"]


def files(folder: Path, pattern: str) -> list[Path]:
    """The files of the mirrored packages below a folder, by their paths in it."""
    return sorted(path.relative_to(folder) for package in PACKAGES for path in (folder / package).rglob(pattern))


MODULES = [path for path in files(REPOSITORY / "src", "*.py") if not path.name.startswith("__")]
FILES = files(TESTS, "test_*.py")


def place(module: Path) -> Path:
    """Where the tests of a module are by the mirror."""
    return module.with_name(f"test_{module.name}")


def test_each_module_has_its_tests() -> None:
    """A module has a test file of its name, or a line in covered.toml; never both, of which one would be forgotten."""
    untested = [str(module) for module in MODULES if place(module) not in FILES and str(module) not in LISTED]
    assert untested == [], "give it a test file of its name, or a line in tests/covered.toml"
    twice = [str(module) for module in MODULES if place(module) in FILES and str(module) in LISTED]
    assert twice == [], "take its line out of tests/covered.toml: it has a test file of its name"


def test_each_test_file_has_its_place() -> None:
    """A test file beside the modules' has a module's name, or is named in covered.toml."""
    named = {test for tests in LISTED.values() for test in tests} | set(BEHAVIOUR)
    mirrored = {place(module) for module in MODULES}
    lost = [str(path) for path in FILES if path not in mirrored and str(path) not in named]
    assert lost == [], "move it to where its module is, or name it in tests/covered.toml"


def test_what_is_listed_is_there() -> None:
    """covered.toml names no module and no test file that is gone, and no module without a test."""
    assert [name for name in LISTED if Path(name) not in MODULES] == []
    assert [name for name, tests in LISTED.items() if not tests] == []
    named = {test for tests in LISTED.values() for test in tests} | set(BEHAVIOUR)
    assert sorted(name for name in named if not (TESTS / name).is_file()) == []

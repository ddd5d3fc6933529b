import json
import tomllib
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]


def test_licence() -> None:
    """The licence is MIT, in its own file and in what describes the packages."""
    text = (REPOSITORY / "LICENSE").read_text()
    assert text.startswith("MIT License\n\nCopyright (c) ")
    assert "to deal\nin the Software without restriction" in text
    assert tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]["license"] == "MIT"
    assert json.loads((REPOSITORY / "package.json").read_text())["license"] == "MIT"

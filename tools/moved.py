"""Which pinned packages are of another version than in the last commit, a line each: ``moto 5.2.5 → 5.2.6``.

``make lock ARGS=--upgrade`` moves them; the weekly run of the tests names them when it fails.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

Pins = dict[str, str]
"""Package → its version; several versions, each for other machines, are one text."""


def python_pins(text: str) -> Pins:
    """The pins of a ``requirements.txt``."""
    pins: Pins = {}
    for name, version in re.findall(r"^([\w.-]+)(?:\[[^\]]*\])?==([^\s;\\]+)", text, re.MULTILINE):
        pins[name] = f"{pins[name]} and {version}" if name in pins else version
    return pins


def node_pins(text: str) -> Pins:
    """The pins of a ``package-lock.json``, by the folder that each package is in."""
    packages = json.loads(text)["packages"]
    return {path.removeprefix("node_modules/"): each["version"] for path, each in packages.items() if path}


LOCKS: dict[str, Callable[[str], Pins]] = {"requirements.txt": python_pins, "package-lock.json": node_pins}


def moved(before: Pins, after: Pins) -> list[str]:
    """A line for each package that is new, gone, or of another version."""
    lines = []
    for name in sorted(before.keys() | after.keys()):
        was, now = before.get(name), after.get(name)
        if was is None:
            lines.append(f"{name} {now} is new")
        elif now is None:
            lines.append(f"{name} {was} is gone")
        elif was != now:
            lines.append(f"{name} {was} → {now}")
    return lines


def main() -> None:
    """Compare the files with those of the last commit."""
    lines = []
    for name, pins in LOCKS.items():
        committed = subprocess.run(["git", "show", f"HEAD:./{name}"], cwd=ROOT, capture_output=True, check=True).stdout
        lines += moved(pins(committed.decode()), pins((ROOT / name).read_text(encoding="utf-8")))
    print("\n".join(lines) or "no package has moved")


if __name__ == "__main__":
    main()

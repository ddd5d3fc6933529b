"""Fetch each page that the README, docs/ and the notebooks link to, once: `make links`.

A link is broken if its page cannot be fetched, or lacks the part that the link names after `#`. The last lines name the
broken links, with the files that hold them; the exit status is 0 if there are none. Tests do not run this: a page that
others change is no fault of a commit.
"""

from __future__ import annotations

import json
import re
import ssl
import sys
import urllib.error
import urllib.request
from collections import defaultdict
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TEXTS = ("README.md", "docs/*.md", "notebooks/*.ipynb")

AT_ONCE = 8  # pages
PATIENCE = 15  # seconds for one page
MOST = 4_000_000  # bytes of a page that are read, to look for a part of it


def markdown(path: Path) -> str:
    """The text of a file; of a notebook, its Markdown cells."""
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".ipynb":
        return text
    cells = json.loads(text)["cells"]
    return "\n\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")


def links(paths: Iterable[Path]) -> dict[str, list[str]]:
    """Each link out of the project, with the names of the files that hold it."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in paths:
        for link in dict.fromkeys(re.findall(r"\]\((https?://[^)\s]+)\)", markdown(path))):
            found[link].append(path.name)
    return dict(found)


def fault(page: str, parts: set[str]) -> dict[str, str]:
    """What is wrong with the links to one page, by the part that they name; links that work are left out."""
    request = urllib.request.Request(page, headers={"User-Agent": "Mozilla/5.0 (link check)"})
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE, context=ssl.create_default_context()) as answer:
            text = answer.read(MOST).decode("utf-8", errors="replace") if parts - {""} else ""
    except urllib.error.HTTPError as error:
        return dict.fromkeys(parts, f"{error.code} {error.reason}")
    except (OSError, ValueError) as error:
        return dict.fromkeys(parts, str(getattr(error, "reason", error)))
    there = set(re.findall(r"\b(?:id|name)=[\"']?([^\"'\s>]+)", text))
    return {part: "the page has no such part" for part in parts if part and part not in there}


def main(names: list[str]) -> int:
    """Check the links in these files, or in all; the exit status is 0 if all of them work."""
    paths = [Path(name) for name in names] or [path for text in TEXTS for path in sorted(ROOT.glob(text))]
    found = links(paths)
    pages: dict[str, set[str]] = defaultdict(set)
    for link in found:
        page, _, part = link.partition("#")
        pages[page].add(part)
    print(f"{len(found)} links to {len(pages)} pages in {len(paths)} files", flush=True)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        faults = dict(zip(pages, pool.map(fault, pages, pages.values()), strict=True))
    broken = {
        f"{page}#{part}" if part else page: why for page, parts in sorted(faults.items()) for part, why in parts.items()
    }
    for link, why in broken.items():
        print(f"{link}\n    {why}; in {', '.join(found[link])}")
    print(f"{len(broken)} of them lead nowhere." if broken else "Each leads somewhere.")
    return int(bool(broken))


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)

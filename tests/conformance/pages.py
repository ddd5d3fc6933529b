"""The two pages made from this suite: how each item went, and every choice made where AWS is silent."""

import ast
import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .items import GROUPS, Item, covered, items

__all__ = ["MINISTACK", "RESULTS", "faults", "pages"]

ROOT = Path(__file__).resolve().parents[2]
RESULTS = Path(__file__).parent / "results"
CONFORMANCE, ASSUMPTIONS = ROOT / "docs" / "conformance.md", ROOT / "docs" / "assumptions.md"

MINISTACK = "1.5.33"
"""The release of the peer that the page shows."""

TARGETS = {"local": "embedded AWS", "ministack": f"ministack {MINISTACK}"}

MODULES = {
    "The data plane": "src/local_aws/gateway/assumptions.py",
    "Functions": "src/local_aws/functions/assumptions.py",
    "API Gateway's control plane": "src/local_aws/control_plane/api_gateway/assumptions.py",
    "CloudFormation": "src/local_aws/control_plane/cloudformation/assumptions.py",
}
"""Where choices are kept, by the headings of their sections."""

CONFORMANCE_INTRODUCTION = """\
# Conformance

What a WebSocket API of Amazon API Gateway does, as 300 numbered sentences, and whether it is so here.
One suite ([`tests/conformance/`](../tests/conformance)) shows it: {covered} items have at least one test,
each of the others says why it has none. The same tests run against the embedded AWS, against an account of
yours, and against any other endpoint that claims to be AWS; beside the embedded AWS you see the latest run
against [ministack](https://github.com/ministackorg/ministack) {ministack}, another free emulator.

```console
$ python tools/conformance.py local         # the first column of results
$ python tools/conformance.py ministack     # the second: installs that release into a folder of its own
$ pytest tests/conformance --target aws     # your own account; what it makes there it removes again
$ pytest tests/conformance --target http://127.0.0.1:4566 \\
    --data-plane 'ws://{{api}}.execute-api.localhost:{{port}}/{{stage}}'   # any other endpoint
```

Runs: embedded AWS {local_run}; ministack {ministack} {ministack_run}.

How to read it. *Passed*: every test of the item passed. *Failed*: at least one did not. The last column says
what an item rests on: **doc** AWS documents it, **observed** it was seen on AWS, **emulator** only an emulator
says so, **unsure** nobody does. Where it is unsure, what is tested is a choice
([assumptions.md](assumptions.md)), and failing it means only to have chosen otherwise. A test may need more than
its own item to work; what a peer fails is what this suite could not see it do.
"""

ASSUMPTIONS_INTRODUCTION = """\
# Where AWS is silent

No documentation and no capture says what AWS does here, or the sources contradict each other. Each such
choice of the embedded AWS has one name at one place, and is listed here as it stands there; an answer captured
from AWS changes that one line. *Spec* numbers are the items of [conformance.md](conformance.md); *U1* to *U17*
are the open questions that the list of behaviours ends with.
"""

Results = dict[str, dict[str, Any]]


def pages() -> dict[Path, str]:
    """The text of each page."""
    return {CONFORMANCE: conformance_page({name: _results(name) for name in TARGETS}), ASSUMPTIONS: assumptions_page()}


def faults() -> list[str]:
    """What is not in step with its sources, and what to do about it; empty when all is."""
    found = [
        f"{path.relative_to(ROOT)} is not in step with its sources: run python tools/conformance.py pages"
        for path, text in pages().items()
        if not path.exists() or path.read_text() != text
    ]
    tested = {str(number) for number in covered()}
    for name in TARGETS:
        differ = sorted(tested ^ set(_results(name)["items"]), key=int)
        if differ:
            items_said = ", ".join(differ)
            found.append(
                f"Items {items_said} have a test or a result, not both: run python tools/conformance.py {name}"
            )
    return found


def _results(name: str) -> dict[str, Any]:
    path = RESULTS / f"{name}.json"
    known: dict[str, Any] = {"date": "never", "items": {}, "tests": {}}
    return json.loads(path.read_text()) if path.exists() else known


def conformance_page(results: dict[str, dict[str, Any]]) -> str:
    """The whole page: what it is, how it went by group, how each item went."""
    local, peer = (results[name]["items"] for name in TARGETS)
    lines = [
        CONFORMANCE_INTRODUCTION.format(
            covered=len(covered()),
            ministack=MINISTACK,
            local_run=_run_line(results["local"]),
            ministack_run=_run_line(results["ministack"]),
        ),
        "| group | items | tested | "
        + " | ".join(f"{each}: passed, failed, skipped" for each in TARGETS.values())
        + " |",
        "| --- | ---: | ---: | --- | --- |",
    ]
    for group, name in GROUPS.items():
        members = [item for item in items() if item.group == group]
        lines.append(_group_line(f"{group} {name}", members, local, peer))
    lines.append(_group_line("**all**", list(items()), local, peer))
    for group, name in GROUPS.items():
        lines += [
            "",
            f"## {group} {name}",
            "",
            f"| item | behaviour | {' | '.join(TARGETS.values())} | rests on |",
            "| ---: | --- | --- | --- | --- |",
        ]
        lines += [_item_line(item, local, peer) for item in items() if item.group == group]
    return "\n".join(lines) + "\n"


def _run_line(result: dict[str, Any]) -> str:
    tests = ", ".join(f"{count} {word}" for word, count in result["tests"].items() if count)
    return f"{result['date']} ({tests})" if tests else result["date"]


def _group_line(title: str, members: list[Item], *results: Results) -> str:
    cells = [title, str(len(members)), str(sum(item.number in covered() for item in members))]
    for found in results:
        words = Counter(found.get(str(item.number), {}).get("result") for item in members)
        cells.append(", ".join(str(words[word]) for word in ("passed", "failed", "skipped")))
    return f"| {' | '.join(cells)} |"


def _item_line(item: Item, *results: Results) -> str:
    cells = [str(item.number), _cell(item.says)]
    if item.reason:
        cells += [f"no test: {_cell(item.reason)}", ""]
    else:
        cells += [_outcome(found.get(str(item.number))) for found in results]
    return f"| {' | '.join([*cells, ', '.join(item.marks)])} |"


def _outcome(result: dict[str, Any] | None) -> str:
    if result is None:
        return "not run"
    word = "**failed**" if result["result"] == "failed" else str(result["result"])
    return f"{word}: {_cell(result['reason'])}" if "reason" in result else word


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def assumptions_page() -> str:
    """Every choice, from the names and docstrings of the modules that hold them."""
    lines = [ASSUMPTIONS_INTRODUCTION.rstrip()]
    for title, where in MODULES.items():
        lines += [
            "",
            f"## {title}",
            "",
            f"In [`{where}`](../{where}).",
            "",
            "| name | choice | decides |",
            "| --- | --- | --- |",
        ]
        for name, value, says in _choices(ROOT / where):
            lines.append(f"| `{name}` | {value} | {_cell(says)} |")
    return "\n".join(lines) + "\n"


def _choices(path: Path) -> Iterator[tuple[str, str, str]]:
    """Name, value and docstring of each public constant and function, in the order of the source."""
    body = ast.parse(path.read_text()).body
    for node, after in zip(body, [*body[1:], None], strict=True):
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            yield f"{node.name}()", "a function", _prose(ast.get_docstring(node) or "")
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            name = ast.unparse(target).strip("()")
            if name.startswith("_") or node.value is None:
                continue
            says = ""
            if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant):
                says = str(after.value.value)
            yield name, _value(node.value), _prose(says)


def _value(node: ast.expr) -> str:
    text = ast.unparse(node).strip("()") if isinstance(node, ast.Tuple) else ast.unparse(node)
    return f"`{_cell(text)}`" if len(text) <= 90 and "`" not in text else "see there"


def _prose(docstring: str) -> str:
    return re.sub(r"``(.+?)``", r"`\1`", " ".join(docstring.split()))

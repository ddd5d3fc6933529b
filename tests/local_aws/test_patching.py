"""Replacements inside other packages: the originals must exist and fit, which is checked before the AWS serves."""

import inspect
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement

from local_aws import patching
from local_aws.daemon import background
from local_aws.errors import DoesNotFit
from local_aws.patching import SEEN_IN, explained_imports, is_seen, overriding, patch, patched

REPOSITORY = Path(__file__).resolve().parents[2]
PIP = f"{sys.executable} -m pip install"
ALIKE = "import moto.sts.models\ndel moto.sts.models.STSBackend.get_caller_identity\n"

Up = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def up(tmp_path: Path) -> Iterator[Up]:
    """Runs ``local-aws up`` as if a package had another version, after some lines of Python."""
    shadow, port = tmp_path / "shadow", background._free_port()
    environment = {**os.environ, "LOCAL_AWS_HOME": str(tmp_path / "home"), "PYTHONPATH": str(shadow)}

    def run(*options: str, package: str, version: str, first: str = "") -> subprocess.CompletedProcess[str]:
        metadata = shadow / f"{package}-{version}.dist-info" / "METADATA"
        metadata.parent.mkdir(parents=True)
        metadata.write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: {version}\n")
        (shadow / "sitecustomize.py").write_text(first)
        return local_aws("up", *options)

    def local_aws(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "local_aws", *arguments, "--port", str(port)]
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)

    yield run
    shutil.rmtree(shadow)
    local_aws("down")


@pytest.mark.parametrize(("package", "options"), [*((package, ()) for package in SEEN_IN), ("moto", ("--detach",))])
def test_a_version_that_does_not_fit_is_one_sentence(up: Up, package: str, options: tuple[str, ...]) -> None:
    """The sentence names the package, both versions and the command, and the embedded AWS does not start."""
    failed = up(*options, package=package, version="0.1")
    needed = next(line for line in _needed() if Requirement(line).name == package)
    fitting = Requirement(needed).specifier
    assert (1, "") == (failed.returncode, failed.stdout)
    assert failed.stderr == (
        f"local-aws: {package} 0.1 does not fit the embedded AWS, which needs {package}{fitting}: "
        f"install that with {PIP} '{package}{fitting}'\n"
    )


def _needed() -> list[str]:
    text = (REPOSITORY / "pyproject.toml").read_text(encoding="utf-8")
    return re.findall(r'^    "([^"]+)"', text, re.M)


def test_a_moto_that_has_changed_is_reported_before_it_serves(up: Up) -> None:
    """Though its version is allowed, its patches are checked before the embedded AWS serves."""
    failed = up(package="moto", version="5.2.99", first=ALIKE)
    sentence = (
        "moto 5.2.99 does not fit the embedded AWS (it has no STSBackend.get_caller_identity), which needs "
        f"moto==5.2.5: install that with {PIP} 'moto==5.2.5'"
    )
    assert (1, "") == (failed.returncode, failed.stdout)
    assert f"local-aws: {sentence}\n" == failed.stderr


def test_another_moto_that_fits_is_used(up: Up) -> None:
    """If all originals exist, another version is no error."""
    served = up("--detach", package="moto", version="5.2.99")
    assert 0 == served.returncode, served.stderr


def test_a_missing_original_is_named() -> None:
    """If any one of the originals is missing, the sentence names its package and its name."""
    script = Path(__file__).with_name("taken_away.py")
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    rows = json.loads(done.stdout)
    assert {"airspeed", "boto3", "moto", "websockets"} == {package for package, _, _, _ in rows}
    for package, owner, name, sentence in rows:
        version = SEEN_IN[package]
        assert sentence is not None, f"{owner} without {name} was not noticed in {package}"
        assert sentence.startswith(f"{package} {version} does not fit the embedded AWS (it"), sentence
        assert name in sentence
        assert sentence.endswith(f" '{package}=={version}'")


def test_it_was_seen_in_the_locked_versions() -> None:
    """The versions in ``SEEN_IN`` are the locked ones, which the tests run with."""
    locked = dict(re.findall(r"^([a-z0-9-]+)==(\S+)", (REPOSITORY / "requirements.txt").read_text(), re.M))
    assert {package: locked[package] for package in SEEN_IN} == SEEN_IN


def test_nothing_is_replaced_in_other_ways() -> None:
    """No module assigns to an attribute of an imported class or module, as in ``Stack.delete = _delete``."""
    assigned = re.compile(r"^\s*(?:[A-Z]\w*|\w+_backends|stacks|parsing|models|responses|model|backend)\.\w+ = ", re.M)
    found = {
        f"{path.relative_to(REPOSITORY)}: {line.strip()}"
        for path in (REPOSITORY / "src" / "local_aws").rglob("*.py")
        for line in assigned.findall(path.read_text(encoding="utf-8"))
    }
    assert {
        "src/local_aws/control_plane/cloudformation/templates.py: Loader.yaml_implicit_resolvers ="
    } == found  # our own class


# Whether a function can replace another


def original(self: object, name: str, size: int = 1, *, force: bool = False) -> None:
    """The original."""


@pytest.mark.parametrize(
    "replacement",
    [
        lambda self, name, size=1, *, force=False: None,
        lambda it, name, size=2, more=None, *, force=True: None,
        lambda self, name, *rest, **options: None,
        lambda *everything, **options: None,
        lambda self, name, size=1, **options: None,
    ],
)
def test_a_replacement_that_fits(replacement: Any) -> None:
    """Every call of the original works with it, by position and by name."""
    assert patching._misfit(inspect.signature(original), inspect.signature(replacement)) is None


@pytest.mark.parametrize(
    ("replacement", "why"),
    [
        (lambda self, name, size=1: None, "takes force"),
        (lambda self, name, *, force=False: None, "takes size"),
        (lambda self, other, size=1, *, force=False: None, "takes name"),
        (lambda self, name, size, *, force=False: None, "can do without size"),
        (lambda self, name, size=1, *, force: None, "can do without force"),
        (lambda self, name, size=1, *, force=False, more: None, "takes no more"),
    ],
)
def test_a_replacement_that_does_not_fit(replacement: Any, why: str) -> None:
    """The reason names the parameter."""
    assert why == patching._misfit(inspect.signature(original), inspect.signature(replacement))


# Replacing


@pytest.fixture
def external() -> Any:
    """A class that pretends to be moto's."""

    class External:
        def size(self, name: str) -> int:
            return len(name)

        @property
        def color(self) -> str:
            return "red"

    External.__module__ = "moto.colors"
    return External


def test_the_original_is_kept(external: Any) -> None:
    """The replacement can call it; patching twice changes nothing."""
    for _ in range(2):
        patch(external, "size", lambda self, name: 10 * self._size_of_moto(name))
    assert 30 == external().size("abc")


def test_a_property_is_no_function(external: Any) -> None:
    """An original of another kind is not replaced."""
    with pytest.raises(DoesNotFit, match=r"its External\.color is a property and no function"):
        patch(external, "color", lambda self: "green")
    assert "red" == external().color


def test_patched_ends_with_the_block(external: Any) -> None:
    """The original is restored, even if the block raises."""
    with pytest.raises(ZeroDivisionError), patched(external, "size", lambda self, name: 1 // 0):
        external().size("abc")
    assert 3 == external().size("abc")


def test_overriding_checks_a_subclass(external: Any) -> None:
    """Calls of the other package must work with the override."""
    with pytest.raises(DoesNotFit, match=r"its External\.size takes name"):

        @overriding("size")
        class Subclass(external):  # type: ignore[misc]
            def size(self) -> int:
                return 0


@pytest.mark.parametrize("line", ["import moto.nowhere", "from moto.core import nobody", "import moto; moto.nobody"])
def test_an_import_that_fails_is_explained(line: str) -> None:
    """A module or a name that moto no longer has raises DoesNotFit."""
    with (
        pytest.raises(DoesNotFit, match=r"moto 5\.2\.5 does not fit the embedded AWS \(.*(nowhere|nobody)"),
        explained_imports(),
    ):
        exec(line)


def test_another_failure_is_left_alone() -> None:
    """An import that fails for another reason raises the usual exception."""
    with pytest.raises(ModuleNotFoundError), explained_imports():
        exec("import nowhere")


def test_the_installed_version_is_seen() -> None:
    """So ``up`` need not check all patches before it serves."""
    assert is_seen("moto")

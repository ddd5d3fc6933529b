"""The only way to replace something inside another package. Each replacement is checked: does it still fit?

``patch`` and ``overriding`` check at once. If the original is missing or has changed, they raise DoesNotFit; its
sentence names the package, the versions that fit, and the command that installs one. ``check_versions`` compares
versions and imports nothing. Importing moto takes a second; if moto has the version in ``SEEN_IN``, the embedded AWS
serves before its patches are checked, else after.
"""

import importlib.metadata
import importlib.util
import inspect
import shlex
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import TYPE_CHECKING, Any, TypeVar

from local_aws.errors import DoesNotFit

if TYPE_CHECKING:
    from packaging.specifiers import SpecifierSet

__all__ = [
    "SEEN_IN",
    "add",
    "check",
    "check_versions",
    "explained_imports",
    "is_seen",
    "overriding",
    "patch",
    "patched",
]

SEEN_IN = {
    "airspeed": "0.7.1",
    "awslambdaric": "4.2.2",
    "boto3": "1.44.5",
    "botocore": "1.44.5",
    "ipython": "9.18.1",
    "moto": "5.2.5",
    "websockets": "17.4",
}
"""Package → the version that all replacements were written for; it is the one in requirements.txt."""

PROJECT = "serverless-websockets"

T = TypeVar("T")


def check_versions() -> None:
    """Raise DoesNotFit if an installed package has a version that this project does not allow. Imports none of them."""
    others = {package: _version(package) for package in SEEN_IN if not is_seen(package)}
    allowed = _allowed() if others else {}
    for package, version in others.items():
        fitting = allowed.get(package)
        if version is not None and fitting is not None and not fitting.contains(version, prereleases=True):
            raise DoesNotFit(package, version, str(fitting), _command(f"{package}{fitting}"))


def is_seen(package: str) -> bool:
    """Whether the installed version is the one in ``SEEN_IN``."""
    return _version(package) == SEEN_IN[package]


@contextmanager
def explained_imports() -> Iterator[None]:
    """Inside the block, importing a module or a name that one of these packages no longer has raises DoesNotFit."""
    try:
        yield
    except (ImportError, AttributeError) as error:
        module = error.name if isinstance(error, ImportError) else getattr(error.obj, "__name__", "")
        package = str(module).partition(".")[0]
        if package.lower() not in SEEN_IN:
            raise
        raise _does_not_fit(package, str(error)) from error


def patch(owner: Any, name: str, replacement: Any, *, package: str | None = None) -> None:
    """Replace ``owner.name``, or ``owner[name]``; ``owner`` is a class, a module or a dict. Raises DoesNotFit.

    A class keeps the original as ``_NAME_of_PACKAGE``, such as ``_get_code_of_moto``; a second call for the same name
    does nothing. ``package`` is required for a dict, which does not know where it was defined.
    """
    if isinstance(owner, type):
        original_name = f"_{name.strip('_')}_of_{package or _package(owner, name)}"
        if original_name in vars(owner):
            return
        check(owner, name, replacement, package=package)
        setattr(owner, original_name, inspect.getattr_static(owner, name))
    else:
        check(owner, name, replacement, package=package)
    _put(owner, name, replacement)


def add(owner: Any, name: str, addition: Any) -> None:
    """Add something that ``owner`` lacks. The test of stock moto fails when moto gets it."""
    _put(owner, name, addition)


@contextmanager
def patched(owner: Any, name: str, replacement: Any) -> Iterator[None]:
    """Replace ``owner.name`` inside the block, and restore it afterwards. Raises DoesNotFit."""
    check(owner, name, replacement)
    original = inspect.getattr_static(owner, name)
    setattr(owner, name, replacement)
    try:
        yield
    finally:
        setattr(owner, name, original)


def overriding(*names: str) -> Callable[[type[T]], type[T]]:
    """Decorate a subclass of another package's class: its overrides of these names must fit. Raises DoesNotFit."""

    def checked(subclass: type[T]) -> type[T]:
        for name in names:
            check(subclass.__base__, name, vars(subclass)[name])
        return subclass

    return checked


def check(owner: Any, name: str, replacement: Any, *, package: str | None = None) -> None:
    """Raise DoesNotFit unless ``owner`` has a ``name`` of the same kind, and its callers can call the replacement."""
    package = package or _package(owner, name)
    whole = name if isinstance(owner, dict) else f"{getattr(owner, '__name__', type(owner).__name__)}.{name}"
    try:
        original = owner[name] if isinstance(owner, dict) else inspect.getattr_static(owner, name)
    except (AttributeError, KeyError):
        raise _does_not_fit(package, f"it has no {whole}") from None
    if _kind(original) is not _kind(replacement):
        raise _does_not_fit(package, f"its {whole} is a {type(original).__name__} and no {type(replacement).__name__}")
    if isinstance(owner, type | ModuleType) and isinstance(
        replacement, FunctionType | classmethod | staticmethod | type
    ):
        why = _misfit(_signature(original), _signature(replacement))
        if why:
            raise _does_not_fit(package, f"its {whole} {why}")


def _put(owner: Any, name: str, replacement: Any) -> None:
    if isinstance(owner, dict):
        owner[name] = replacement
    else:
        setattr(owner, name, replacement)


def _kind(thing: Any) -> type[Any]:
    """The type to compare; methods and built-in functions of an object count as functions."""
    return FunctionType if isinstance(thing, MethodType | BuiltinFunctionType) else type(thing)


def _signature(function: Any) -> inspect.Signature:
    return inspect.signature(getattr(function, "__func__", function))


def _misfit(original: inspect.Signature, replacement: inspect.Signature) -> str | None:
    """Why a call that fits the original would fail with the replacement; None if every such call works."""
    parameters = list(replacement.parameters.values())
    any_position = any(each.kind is each.VAR_POSITIONAL for each in parameters)
    any_name = any(each.kind is each.VAR_KEYWORD for each in parameters)
    by_position = [each for each in parameters if each.kind in (each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD)]
    required = {each.name for each in parameters if each.default is each.empty and each.kind is not each.VAR_KEYWORD}
    required -= {each.name for each in parameters if each.kind is each.VAR_POSITIONAL}
    for at, each in enumerate(original.parameters.values()):
        if each.kind in (each.VAR_POSITIONAL, each.VAR_KEYWORD):
            if not (any_position if each.kind is each.VAR_POSITIONAL else any_name):
                return f"takes {each}"
            continue
        counterpart = replacement.parameters.get(each.name)
        if each.kind is not each.KEYWORD_ONLY:
            placed = by_position[at] if at < len(by_position) else None
            if placed is None and not any_position:
                return f"takes {each.name}"
            if placed is not None and each.kind is each.POSITIONAL_OR_KEYWORD and at > 0 and placed.name != each.name:
                return f"takes {each.name}"
            counterpart = placed
        elif counterpart is None and not any_name:
            return f"takes {each.name}"
        if counterpart is not None:
            if each.default is not each.empty and counterpart.name in required:
                return f"can do without {each.name}"
            required.discard(counterpart.name)
    return f"takes no {sorted(required)[0]}" if required else None


def _package(owner: Any, name: str) -> str:
    """The package that defines ``owner.name``; for an inherited name, the package of the class that defines it."""
    if isinstance(owner, ModuleType):
        return owner.__name__.partition(".")[0]
    model = owner if isinstance(owner, type) else type(owner)
    external = [each for each in model.__mro__ if each.__module__.partition(".")[0].lower() in SEEN_IN]
    definer = next((each for each in external if name in vars(each)), external[0])
    return definer.__module__.partition(".")[0]


def _does_not_fit(package: str, why: str) -> DoesNotFit:
    fitting = f"=={SEEN_IN[package.lower()]}"
    return DoesNotFit(package, _version(package) or "unknown", fitting, _command(f"{package}{fitting}"), why)


def _allowed() -> "dict[str, SpecifierSet]":
    """Package → the versions that the project's metadata allow; empty if the project is not installed."""
    from packaging.requirements import Requirement  # 30 ms, which is too much where every version is the one seen

    try:
        lines = importlib.metadata.requires(PROJECT) or []
    except PackageNotFoundError:
        return {}
    found = [Requirement(line) for line in lines if "extra ==" not in line]
    return {each.name: each.specifier for each in found if each.name in SEEN_IN}


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except PackageNotFoundError:
        return None


def _command(requirement: str) -> str:
    python = shlex.quote(sys.executable)
    pip = f"{python} -m pip install" if importlib.util.find_spec("pip") else f"uv pip install --python {python}"
    return f"{pip} '{requirement}'"

"""The one way to replace something inside another package: it must be there, and ours must fit in its place.

What ``patch`` replaces and a class under ``overriding`` overrides is checked at once. What is gone or has changed
raises DoesNotFit, whose sentence names the package, the versions that fit, and the command that installs one.
``check_versions`` asks before anything of that is imported. moto takes a second to import, so that the embedded AWS
serves before its patches are checked, unless moto has another version than the one in ``SEEN_IN``.
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
"""Package → the version in which everything that is replaced was there and fitted: that of requirements.txt."""

PROJECT = "serverless-websockets"

T = TypeVar("T")


def check_versions() -> None:
    """Raise DoesNotFit for an installed package of a version that this project does not allow. Imports none."""
    others = {package: _version(package) for package in SEEN_IN if not is_seen(package)}
    allowed = _allowed() if others else {}
    for package, version in others.items():
        fitting = allowed.get(package)
        if version is not None and fitting is not None and not fitting.contains(version, prereleases=True):
            raise DoesNotFit(package, version, str(fitting), _command(f"{package}{fitting}"))


def is_seen(package: str) -> bool:
    """Whether the installed version is the one of ``SEEN_IN``."""
    return _version(package) == SEEN_IN[package]


@contextmanager
def explained_imports() -> Iterator[None]:
    """Within it, a module or a name of a module that one of these packages no longer has raises DoesNotFit."""
    try:
        yield
    except (ImportError, AttributeError) as error:
        module = error.name if isinstance(error, ImportError) else getattr(error.obj, "__name__", "")
        package = str(module).partition(".")[0]
        if package.lower() not in SEEN_IN:
            raise
        raise _does_not_fit(package, str(error)) from error


def patch(owner: Any, name: str, ours: Any, *, package: str | None = None) -> None:
    """Put ours in the place of what ``owner``, a class, a module or a dict, has under ``name``. Raises DoesNotFit.

    A class keeps what was replaced as ``_NAME_of_PACKAGE``, such as ``_get_code_of_moto``. What is replaced already
    stays as it is. ``package`` is needed for a dict, which does not know where it comes from.
    """
    if isinstance(owner, type):
        kept = f"_{name.strip('_')}_of_{package or _package(owner, name)}"
        if kept in vars(owner):
            return
        check(owner, name, ours, package=package)
        setattr(owner, kept, inspect.getattr_static(owner, name))
    else:
        check(owner, name, ours, package=package)
    _put(owner, name, ours)


def add(owner: Any, name: str, ours: Any) -> None:
    """Give ``owner`` what it lacks; the test of stock moto finds what it has got since."""
    _put(owner, name, ours)


@contextmanager
def patched(owner: Any, name: str, ours: Any) -> Iterator[None]:
    """The same for as long as the block lasts."""
    check(owner, name, ours)
    theirs = inspect.getattr_static(owner, name)
    setattr(owner, name, ours)
    try:
        yield
    finally:
        setattr(owner, name, theirs)


def overriding(*names: str) -> Callable[[type[T]], type[T]]:
    """Decorate a subclass of theirs: what it overrides under these names must fit. Raises DoesNotFit."""

    def checked(ours: type[T]) -> type[T]:
        for name in names:
            check(ours.__base__, name, vars(ours)[name])
        return ours

    return checked


def check(owner: Any, name: str, ours: Any, *, package: str | None = None) -> None:
    """Raise DoesNotFit unless ``owner`` has something of that name, of the same kind, that ours can stand in for."""
    package = package or _package(owner, name)
    whole = name if isinstance(owner, dict) else f"{getattr(owner, '__name__', type(owner).__name__)}.{name}"
    try:
        theirs = owner[name] if isinstance(owner, dict) else inspect.getattr_static(owner, name)
    except (AttributeError, KeyError):
        raise _does_not_fit(package, f"it has no {whole}") from None
    if _kind(theirs) is not _kind(ours):
        raise _does_not_fit(package, f"its {whole} is a {type(theirs).__name__} and no {type(ours).__name__}")
    if isinstance(owner, type | ModuleType) and isinstance(ours, FunctionType | classmethod | staticmethod | type):
        why = _misfit(_signature(theirs), _signature(ours))
        if why:
            raise _does_not_fit(package, f"its {whole} {why}")


def _put(owner: Any, name: str, ours: Any) -> None:
    if isinstance(owner, dict):
        owner[name] = ours
    else:
        setattr(owner, name, ours)


def _kind(thing: Any) -> type[Any]:
    """Functions of each sort are one kind, where an object and no class holds them."""
    return FunctionType if isinstance(thing, MethodType | BuiltinFunctionType) else type(thing)


def _signature(function: Any) -> inspect.Signature:
    return inspect.signature(getattr(function, "__func__", function))


def _misfit(theirs: inspect.Signature, ours: inspect.Signature) -> str | None:
    """Why a call that theirs takes would fail with ours; None when none would."""
    mine = list(ours.parameters.values())
    any_position = any(each.kind is each.VAR_POSITIONAL for each in mine)
    any_name = any(each.kind is each.VAR_KEYWORD for each in mine)
    by_position = [each for each in mine if each.kind in (each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD)]
    required = {each.name for each in mine if each.default is each.empty and each.kind is not each.VAR_KEYWORD}
    required -= {each.name for each in mine if each.kind is each.VAR_POSITIONAL}
    for at, each in enumerate(theirs.parameters.values()):
        if each.kind in (each.VAR_POSITIONAL, each.VAR_KEYWORD):
            if not (any_position if each.kind is each.VAR_POSITIONAL else any_name):
                return f"takes {each}"
            continue
        own = ours.parameters.get(each.name)
        if each.kind is not each.KEYWORD_ONLY:
            placed = by_position[at] if at < len(by_position) else None
            if placed is None and not any_position:
                return f"takes {each.name}"
            if placed is not None and each.kind is each.POSITIONAL_OR_KEYWORD and at > 0 and placed.name != each.name:
                return f"takes {each.name}"
            own = placed
        elif own is None and not any_name:
            return f"takes {each.name}"
        if own is not None:
            if each.default is not each.empty and own.name in required:
                return f"can do without {each.name}"
            required.discard(own.name)
    return f"takes no {sorted(required)[0]}" if required else None


def _package(owner: Any, name: str) -> str:
    """Where it is defined: by the class that has it, for what is inherited."""
    if isinstance(owner, ModuleType):
        return owner.__name__.partition(".")[0]
    model = owner if isinstance(owner, type) else type(owner)
    of_theirs = [each for each in model.__mro__ if each.__module__.partition(".")[0].lower() in SEEN_IN]
    definer = next((each for each in of_theirs if name in vars(each)), of_theirs[0])
    return definer.__module__.partition(".")[0]


def _does_not_fit(package: str, why: str) -> DoesNotFit:
    fitting = f"=={SEEN_IN[package.lower()]}"
    return DoesNotFit(package, _version(package) or "unknown", fitting, _command(f"{package}{fitting}"), why)


def _allowed() -> "dict[str, SpecifierSet]":
    """What the project's own metadata say of these packages; nothing where it runs without being installed."""
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

"""Removes each thing that is replaced inside another package, one at a time. Run as a script, it prints as JSON what
the embedded AWS answers: each row is the package, the owner, the name and the sentence.

Each thing is removed just before ``patching.check`` looks for it, and restored before it is checked once more.
"""

import importlib
import inspect
import json
from typing import Any

from local_aws import patching
from local_aws.errors import DoesNotFit

ROWS: list[tuple[str, str, str, str | None]] = []

look = patching.check


def look_twice(owner: Any, name: str, replacement: Any, **more: Any) -> None:
    package = more.get("package") or patching._package(owner, name)
    taken = take_away(owner, name)
    sentence = None
    try:
        look(owner, name, replacement, **more)
    except DoesNotFit as error:
        sentence = str(error)
    for holder, thing in taken:
        put_back(holder, name, thing)
    ROWS.append((package, str(owner), name, sentence))
    look(owner, name, replacement, **more)


def take_away(owner: Any, name: str) -> list[tuple[Any, Any]]:
    """Remove it from a dict, a module, an object, or a class and its base classes."""
    if isinstance(owner, dict):
        return [(owner, owner.pop(name))]
    holders = [each for each in getattr(owner, "__mro__", [owner]) if name in vars(each) and each is not object]
    taken = [(each, inspect.getattr_static(each, name)) for each in holders]
    for each in holders:
        delattr(each, name)
    return taken


def put_back(holder: Any, name: str, thing: Any) -> None:
    if isinstance(holder, dict):
        holder[name] = thing
    else:
        setattr(holder, name, thing)


def main() -> None:
    patching.check = look_twice
    for module in ("gateway.websocket", "gateway.integration.velocity"):
        importlib.import_module(f"local_aws.{module}")
    with importlib.import_module("local_aws.control_plane.moto_host.light_imports").lighter_imports():
        importlib.import_module("local_aws.control_plane.moto_host.wsgi").MotoApp()
        importlib.import_module("local_aws.control_plane.patches").apply_patches()
    print(json.dumps(ROWS))


main()

"""The examples in the docstrings do what they say."""

import doctest
import importlib
import pkgutil
import socket

import pytest

from walkthrough import wire

MODULES = ["walkthrough.wire", *(f"walkthrough.wire.{module.name}" for module in pkgutil.iter_modules(wire.__path__))]


@pytest.mark.parametrize("name", MODULES)
def test_examples(name: str, url: str) -> None:
    """Each example gives what stands below it; ``url`` is a server that echoes, ``sock`` a connected socket."""
    sock, other = socket.socketpair()
    with sock, other:
        failed, _ = doctest.testmod(importlib.import_module(name), extraglobs={"url": url, "sock": sock})
    assert 0 == failed


def test_most_modules_have_an_example() -> None:
    """A module that reads, records or draws shows how; the values and the rules are shown by those."""
    finder = doctest.DocTestFinder()
    without = {
        name for name in MODULES if not any(test.examples for test in finder.find(importlib.import_module(name)))
    }
    assert {"walkthrough.wire.frame", "walkthrough.wire.text"} == without

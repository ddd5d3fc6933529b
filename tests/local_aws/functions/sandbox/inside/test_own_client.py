"""What our runtime client decides without the Runtime API: how it loads a handler and writes JSON."""

import sys
from decimal import Decimal
from pathlib import Path

import pytest

from local_aws.functions.sandbox.inside import own_client
from local_aws.functions.sandbox.inside.own_client import Fault, encode, load


@pytest.mark.parametrize(
    ("value", "written"),
    [(Decimal("3"), "3"), (Decimal("0.5"), "0.5"), (Decimal("NaN"), "NaN"), ({"a": [Decimal("1E+2")]}, '{"a": [100]}')],
)
def test_a_decimal_becomes_a_number(value: object, written: str) -> None:
    """Lambda's Python runtime writes a Decimal as a number: a whole one without a point."""
    assert written == encode(value)


def test_what_is_not_json_is_an_error() -> None:
    """The message names the type, as json does."""
    with pytest.raises(TypeError, match="Object of type set is not JSON serializable"):
        encode({"a": {1, 2}})


@pytest.mark.parametrize(("ascii_only", "written"), [(True, '"\\ud83c\\udfd3"'), (False, '"🏓"')])
def test_text_beyond_ascii(ascii_only: bool, written: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lambda's runtimes before Python 3.12 escape it, and the later ones leave it as it is."""
    monkeypatch.setattr(own_client, "ASCII", ascii_only)
    assert written == encode("🏓")


@pytest.mark.parametrize(
    ("handler", "error_type", "message"),
    [
        ("handler", "Runtime.MalformedHandlerName", "Bad handler 'handler': not enough values to unpack"),
        ("sys.exit", "Runtime.BuiltInModuleConflict", "Cannot use built-in module sys as a handler module"),
        ("no_such_module.handler", "Runtime.ImportModuleError", "Unable to import module 'no_such_module': No module"),
        ("wrong.handler", "Runtime.UserCodeSyntaxError", "Syntax error in module 'wrong': "),
        ("right.other", "Runtime.HandlerNotFound", "Handler 'other' missing on module 'right'"),
    ],
)
def test_a_handler_that_cannot_be_loaded(
    handler: str, error_type: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each reason has Lambda's error type and message."""
    (tmp_path / "wrong.py").write_text("def handler(:\n")
    (tmp_path / "right.py").write_text("def handler(event, context):\n    return event\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "right", raising=False)
    with pytest.raises(Fault) as caught:
        load(handler)
    assert error_type == caught.value.document["errorType"]
    assert caught.value.document["errorMessage"].startswith(message)


def test_a_handler_in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """``folder/module.name`` is found, as on Lambda."""
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "there.py").write_text("def handler(event, context):\n    return event\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert 7 == load("inner/there.handler")(7, None)

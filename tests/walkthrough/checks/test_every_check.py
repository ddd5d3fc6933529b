"""What holds for each check of each notebook, for any answer."""

import inspect
from typing import Any

import pytest

from walkthrough import checks

EVERY = sorted(set(checks.__all__) - {"NotYet", "check", "choose"})


class Odd:
    """An object that raises whatever is done with it."""

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError("nothing to see")

    def __call__(self, *_: object) -> object:
        raise RuntimeError("nothing to do")

    def __eq__(self, other: object) -> bool:
        raise RuntimeError("nothing to compare")

    __hash__ = object.__hash__


def raises(*_: object, **__: object) -> object:
    raise ZeroDivisionError("in code of a learner's")


async def never_awaited() -> None:
    """A coroutine function, where a function was asked for."""


ANSWERS = [None, ..., 3, -1, "", "nonsense", b"\xff", [], [None], {}, (), object(), Odd(), raises, never_awaited, int]

pytestmark = pytest.mark.filterwarnings("ignore:coroutine 'never_awaited' was never awaited")


@pytest.fixture(autouse=True)
def nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """No AWS is in use, and none can be reached by accident."""
    for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "HTTPS_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")


@pytest.mark.parametrize("name", EVERY)
def test_nothing(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A check without arguments says in one line what it takes and what is expected."""
    getattr(checks, name)()
    line = capsys.readouterr().out
    assert line.startswith(f"✗ checks.{name} takes ")
    assert "Expected: " in line
    assert 1 == line.count("\n")


@pytest.mark.parametrize("answer", ANSWERS, ids=lambda answer: type(answer).__name__)
@pytest.mark.parametrize("name", EVERY)
def test_any_answer(name: str, answer: object, capsys: pytest.CaptureFixture[str]) -> None:
    """A check of a wrong answer, of any type, says in one line what is wrong, and raises nothing."""
    check = getattr(checks, name)
    check(*[answer for _ in inspect.signature(check).parameters])
    line = capsys.readouterr().out
    assert line.startswith("✗ ")
    assert 1 == line.count("\n")
    assert "Traceback" not in line
    assert len(line) < 600

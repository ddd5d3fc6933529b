from collections.abc import Callable

import pytest

from walkthrough import checks
from walkthrough.timeline import Bar, Message, Timeline


def pong(waited: float) -> Message:
    """A message that its client has waited for, so many milliseconds."""
    return Message(
        "id", "MESSAGE", "send", "id", "client A", 0, "200", "one", True, None, (Bar("client", 5, 5 + waited),)
    )


@pytest.mark.parametrize(
    ("heard", "says"),
    [
        (["psst", "psst", "psst"], "✓ All 3 heard psst."),
        (None, "✗ heard is None: return a list"),
        (["psst"], "✗ 1 of 3 clients heard something: open them all"),
        (["psst", "psst", '{"message":"psst"}'], "✗ they heard ["),
    ],
)
def test_all_heard(heard: object, says: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A broadcast is heard by each client once; what is missing is named."""
    checks.all_heard(heard, 3)
    assert capsys.readouterr().out.startswith(says)


@pytest.mark.parametrize(
    ("found", "says"),
    [
        (["gone"], "✗ given other ids, or the same in another order, it is wrong"),
        (None, "✗ gone() returned None: return a list"),
        ([], "✗ the connection that is gone is not found"),
        (["held", "gone"], "✗ a connection that is held was taken for gone"),
        (["gone", "gone"], "✗ gone() returned ['gone', 'gone']: return each id once"),
    ],
)
def test_finds_the_gone(found: object, says: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Of two connection ids the one that is gone is found, once, and the other one is not."""
    checks.finds_the_gone(lambda ids: found, held="held", left="gone")
    assert capsys.readouterr().out.startswith(says)


def test_finds_whatever_is_gone(capsys: pytest.CaptureFixture[str]) -> None:
    """Right is who looks at each id that is given."""
    checks.finds_the_gone(lambda ids: [one for one in ids if one == "gone"], held="held", left="gone")
    assert capsys.readouterr().out.startswith("✓ It finds the one that is gone")


@pytest.mark.parametrize(
    ("told", "says"),
    [
        (None, "✗ told is not a code and a reason yet"),
        ((1000, "bye"), "✗ the code is 1000: choose one between 4000 and 4999"),
        ((4001, ""), "✗ the reason is empty"),
    ],
)
def test_farewell(told: object, says: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A farewell has a code for applications and a reason, before the log is even asked."""
    checks.farewell(told)
    assert capsys.readouterr().out.startswith(says)


def test_a_complaint_needs_a_message(capsys: pytest.CaptureFixture[str]) -> None:
    """Before there is a message nothing is sent."""
    checks.earns_the_complaint(None)
    assert capsys.readouterr().out.startswith("✗ message is not a text yet")


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ("b", "✓ The handler posts the answer itself"),
        ("a", "✗ not a: a return value ends at API Gateway here"),
        ("c", "✗ not c: API Gateway never makes up an answer"),
        (None, "✗ no answer yet"),
        (2, "✗ the answer is 2"),
    ],
)
def test_when_it_leaves(answer: object, says: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Each letter has its reason, and what is none is named."""
    checks.when_it_leaves(answer)
    assert capsys.readouterr().out.startswith(says)


@pytest.mark.parametrize(
    ("slowed_down_by", "says"),
    [
        (lambda first, second: first.bars[0].took - second.bars[0].took, "✓ The client waited 90 ms longer"),
        (lambda first, second: None, "✗ slowed_down_by() returned None: return a number"),
        (lambda first, second: 90, "✗ slowed_down_by() returned 90 where the client waited -90 ms longer"),
        (lambda first, second: first.bars[0].end, "✗ slowed_down_by() returned 105 where the client waited 90 ms"),
        (None, "✗ slowed_down_by is None: make it a function"),
    ],
)
def test_weighs_the_cold_start(
    slowed_down_by: Callable[[Message, Message], object] | None, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is asked both ways round, so that a number alone will not do."""
    checks.weighs_the_cold_start(slowed_down_by, Timeline((pong(100), pong(10))))
    assert capsys.readouterr().out.startswith(says)


def test_there_is_nothing_to_weigh(capsys: pytest.CaptureFixture[str]) -> None:
    """Without two messages the check says which cell to run."""
    checks.weighs_the_cold_start(lambda first, second: 0, Timeline(()))
    assert capsys.readouterr().out.startswith("✗ pongs holds no two messages")

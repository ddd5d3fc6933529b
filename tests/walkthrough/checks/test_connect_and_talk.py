from collections.abc import Callable

import pytest

from walkthrough import checks
from walkthrough.timeline import Bar, Message, Timeline


def pong(waited: float) -> Message:
    """A message whose client waited so many milliseconds for the answer."""
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
def test_broadcast_received(heard: object, says: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Each client hears the broadcast once; what is missing is named."""
    checks.check_broadcast_received(heard, 3)
    assert capsys.readouterr().out.startswith(says)


@pytest.mark.parametrize(
    ("found", "says"),
    [
        (["gone"], "✗ given other ids, or the same in another order, it is wrong"),
        (None, "✗ gone() returned None: return a list"),
        ([], "✗ the connection that is gone is not found"),
        (["open", "gone"], "✗ a connection that is held was taken for gone"),
        (["gone", "gone"], "✗ gone() returned ['gone', 'gone']: return each id once"),
    ],
)
def test_gone_connections(found: object, says: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Of two connection ids, only the one that is gone is found, and only once."""
    checks.check_gone_connections(lambda ids: found, open_id="open", gone_id="gone")
    assert capsys.readouterr().out.startswith(says)


def test_gone_connections_are_found_among_any_ids(capsys: pytest.CaptureFixture[str]) -> None:
    """A function that asks about each id that it is given is right."""
    checks.check_gone_connections(lambda ids: [one for one in ids if one == "gone"], open_id="open", gone_id="gone")
    assert capsys.readouterr().out.startswith("✓ It finds the one that is gone")


@pytest.mark.parametrize(
    ("told", "says"),
    [
        (None, "✗ told is not a code and a reason yet"),
        ((1000, "bye"), "✗ the code is 1000: choose one between 4000 and 4999"),
        ((4001, ""), "✗ the reason is empty"),
    ],
)
def test_close_code_and_reason(told: object, says: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A code outside of 4000 to 4999 or an empty reason is refused before the log is read."""
    checks.check_close_code_and_reason(told)
    assert capsys.readouterr().out.startswith(says)


def test_default_error_needs_a_message(capsys: pytest.CaptureFixture[str]) -> None:
    """Without a message nothing is sent."""
    checks.check_default_error(None)
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
def test_when_answer_is_sent(answer: object, says: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Each letter has its reason, and an answer that is no letter is named."""
    checks.check_when_answer_is_sent(answer)
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
def test_cold_start_delay(
    slowed_down_by: Callable[[Message, Message], object] | None, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The function is called with the messages in both orders, so that a fixed number is wrong."""
    checks.check_cold_start_delay(slowed_down_by, Timeline((pong(100), pong(10))))  # type: ignore[arg-type]
    assert capsys.readouterr().out.startswith(says)


def test_cold_start_delay_needs_two_messages(capsys: pytest.CaptureFixture[str]) -> None:
    """Without two messages the check says which cell to run."""
    checks.check_cold_start_delay(lambda first, second: 0, Timeline(()))
    assert capsys.readouterr().out.startswith("✗ pongs holds no two messages")

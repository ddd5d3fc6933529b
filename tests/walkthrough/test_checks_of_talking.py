import pytest

from walkthrough import checks


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
        (["gone"], "✓ It finds the one that is gone"),
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

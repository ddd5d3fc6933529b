"""The table of frames, said to the server: whole, and a byte at a time."""

import pytest

from .conftest import Server
from .frame_cases import CASES, Case

SMALL = 600  # bytes; more of them, one at a time, would only take longer


def say(server: Server, case: Case, *, dribbled: bool) -> None:
    with server.wire().open(server.host) as wire:
        if dribbled:
            wire.dribble(case.sent)
        else:
            wire.send(case.sent)
        heard = wire.hear()
    server.settle()
    told = [event["requestContext"]["disconnectStatusCode"] for event in server.take_events("DISCONNECT")]
    assert (case.texts, case.pongs, case.code, [case.code]) == (
        tuple(server.messages()),
        tuple(heard.pongs),
        heard.code,
        told,
    )


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_case(server: Server, case: Case) -> None:
    """Messages before a broken rule reach their route, pings are answered, the close has its code (spec 100–162)."""
    say(server, case, dribbled=False)


@pytest.mark.parametrize("case", [case for case in CASES if len(case.sent) < SMALL], ids=lambda case: case.name)
def test_a_case_byte_by_byte(server: Server, case: Case) -> None:
    """How the bytes are spread over packets makes no difference."""
    say(server, case, dribbled=True)

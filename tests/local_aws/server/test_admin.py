"""What the process answers the ``local-aws`` command."""

import asyncio
import json
import os
from collections.abc import Mapping

import pytest

from local_aws.clock import Clock
from local_aws.daemon.state import State
from local_aws.errors import BadDuration
from local_aws.server.admin import Admin

STATE = State(
    pid=os.getpid(),
    birth="",
    port=4703,
    region="eu-west-1",
    account_id="123456789012",
    access_key_id="AKIDEXAMPLE",
    secret_access_key="secret",
    token="token",
    started=0.0,
)


class Emptied:
    """Counts how often everything was to be forgotten."""

    def __init__(self) -> None:
        self.times = 0

    async def __call__(self) -> None:
        self.times += 1


def ask(action: str, body: bytes = b"", *, reset: Emptied | None = None) -> Mapping[str, object]:
    """The answer to one action, of a process with two clients."""

    async def asked() -> Mapping[str, object]:
        admin = Admin(STATE, Clock(), lambda: 2, reset or Emptied())
        return await admin.actions[action](body)

    return asyncio.run(asked())


def test_status_says_where_it_serves_and_for_whom() -> None:
    """Process, port, endpoint, region, account and the number of WebSocket clients."""
    status = ask("GET status")
    assert ("http://127.0.0.1:4703", "eu-west-1", "123456789012", 2) == tuple(
        status[name] for name in ("endpoint", "region", "account", "connections")
    )
    assert (os.getpid(), 4703) == (status["pid"], status["port"])


def test_reset_forgets_once_and_answers_with_the_status() -> None:
    """The answer comes when everything has been forgotten."""
    emptied = Emptied()
    assert 4703 == ask("POST reset", reset=emptied)["port"]
    assert 1 == emptied.times


@pytest.mark.parametrize(("advance", "seconds"), [("1h30m", 5400.0), ("10m", 600.0), ("45s", 45.0)])
def test_the_clock_is_advanced(advance: str, seconds: float) -> None:
    """By hours, minutes and seconds."""
    assert seconds == ask("POST clock", f'{{"advance": "{advance}"}}'.encode())["ahead"]


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b'{"advance": null}', b'{"advance": 90}', b'{"advance": "soon"}', b"\xff"]
)
def test_a_bad_duration_is_an_error(body: bytes) -> None:
    """Whatever is not a duration raises BadDuration, for the command to show."""
    with pytest.raises(BadDuration):
        ask("POST clock", body)


def test_the_clock_stands_with_the_machine() -> None:
    """A clock that nobody advanced is not ahead."""
    assert 0.0 == json.loads(json.dumps(ask("GET clock")))["ahead"]

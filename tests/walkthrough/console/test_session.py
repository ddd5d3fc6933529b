import doctest
import ssl
import subprocess
import sys
from collections.abc import Iterator

import pytest
import trustme

from walkthrough.console import session as module
from walkthrough.console.session import Session
from walkthrough.console.transcript import Transcript

from .conftest import Eventually, Talker

pytestmark = pytest.mark.usefixtures("no_proxy")


@pytest.fixture
def said() -> Transcript:
    return Transcript()


@pytest.fixture
def session(server: Talker, said: Transcript, eventually: Eventually) -> Iterator[Session]:
    """One that is connected, as the server knows too."""
    session = Session(server.url, said.add)
    session.connect()
    eventually(lambda: server.arrived)
    yield session
    session.close()


def test_a_dialogue(session: Session, server: Talker, said: Transcript, eventually: Eventually) -> None:
    """A message that was sent comes before its answer."""
    for word in ("one", "two"):
        assert session.send(word)
    eventually(lambda: len(said.lines) == 5)
    spoken = str(said).splitlines()
    assert f"· Connected to {server.url}." == spoken[0]
    assert spoken.index("> one") < spoken.index("< one")
    assert spoken.index("> two") < spoken.index("< two")


def test_binary(session: Session, said: Transcript, eventually: Eventually) -> None:
    """A binary message shows as bytes."""
    session.send("bytes")
    eventually(lambda: "< (binary, 4 bytes) 00 01 61 62" in str(said))


def test_connecting_twice(session: Session, server: Talker) -> None:
    """There is at most one connection."""
    session.connect()
    assert 1 == len(server.arrived)


def test_closed_from_here(session: Session, said: Transcript) -> None:
    """Closing says so, and ends what listens."""
    session.close()
    assert not session.connected
    assert str(said).splitlines()[-1].startswith("· Closed from here: 1000 (normal closure).")


def test_closing_twice(session: Session, said: Transcript) -> None:
    """A second close does nothing."""
    session.close()
    lines = str(said)
    session.close()
    assert lines == str(said)


@pytest.mark.parametrize(
    ("word", "end"),
    [
        ("go away", "· Closed by the other side: 1001 'Going away'"),
        ("drop", "· The connection broke: no close frame came (1006)."),
        ("much", "· Closed from here: 1009"),
    ],
)
def test_the_end(session: Session, said: Transcript, eventually: Eventually, word: str, end: str) -> None:
    """However a connection ends, that becomes a line."""
    session.send(word)
    eventually(lambda: not session.connected)
    assert str(said).splitlines()[-1].startswith(end)


def test_sending_when_closed(session: Session, said: Transcript) -> None:
    """Nothing is sent, and the line says how to go on."""
    session.close()
    assert not session.send("psst")
    assert str(said).splitlines()[-1].startswith("· Not sent: there is no connection. Connect opens one")


def test_sending_no_text(session: Session, said: Transcript) -> None:
    """Half of a surrogate pair cannot be sent; the connection goes on."""
    assert not session.send("\ud83c")
    assert str(said).splitlines()[-1].startswith("· Not sent: half of a surrogate pair")
    assert session.connected


def test_connecting_again(session: Session, said: Transcript, eventually: Eventually) -> None:
    """After its end a session can have another connection."""
    session.close()
    session.connect()
    session.send("again")
    eventually(lambda: "< again" in str(said))


@pytest.mark.parametrize("status", [401, 403, 500])
def test_refused(server: Talker, said: Transcript, status: int) -> None:
    """A refused handshake says which status, and what the server said."""
    session = Session(f"{server.url}/{status}", said.add)
    session.connect()
    assert not session.connected
    assert str(said).startswith(f"· Refused: {status} ")


def test_untrusted(tls_server: Talker, said: Transcript) -> None:
    """A certificate of an unknown authority is not trusted, and the line says what to do."""
    Session(tls_server.url, said.add).connect()
    where = tls_server.url.removeprefix("wss://")
    assert str(said).startswith(f"· The certificate of {where} is not trusted: ")
    assert "ssl=" in str(said)


def test_options(tls_server: Talker, said: Transcript, authority: trustme.CA) -> None:
    """Options reach the connection: a context that trusts the authority."""
    context = ssl.create_default_context()
    authority.configure_trust(context)
    session = Session(tls_server.url, said.add, ssl=context)
    session.connect()
    assert session.connected
    session.close()


@pytest.mark.parametrize("url", ["", "http://localhost", "ws://", "ws://[::1", "wss://localhost:99999", "psst"])
def test_no_address(said: Transcript, url: str) -> None:
    """What is no address of a WebSocket is said to be none."""
    Session(url, said.add).connect()
    assert str(said).startswith(f"· {url!r} is no address of a WebSocket")


def test_no_tls(server: Talker, said: Transcript) -> None:
    """A server that speaks no TLS is told from one that is not trusted."""
    Session(server.url.replace("ws://", "wss://"), said.add).connect()
    assert str(said).startswith("· No TLS with localhost")


def test_leaving_with_a_connection(server: Talker) -> None:
    """A process that ends with an open connection ends at once, and prints nothing."""
    program = f"""
from walkthrough.console.session import Session
session = Session({server.url!r}, lambda *_: None)
session.connect()
assert session.connected
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=300)
    assert (0, "", "") == (done.returncode, done.stdout, done.stderr)


def test_the_example(server: Talker, said: Transcript) -> None:
    """The example in the module's docstring does what it says."""
    results = doctest.testmod(module, extraglobs={"url": server.url, "transcript": said})
    assert results.attempted
    assert 0 == results.failed

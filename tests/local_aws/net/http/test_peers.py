"""Who is at the other end of a connection on loopback."""

import os
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from local_aws.net.http import peers
from local_aws.net.http.peers import Address

ON_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells")


@pytest.fixture(autouse=True)
def _ask_anew() -> Iterator[None]:
    """Clear the cache of ``identifies_users``, so that tests do not influence each other."""
    peers.identifies_users.cache_clear()
    yield
    peers.identifies_users.cache_clear()


@pytest.fixture(params=["netlink", "tables"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Ask over netlink, or by the tables in /proc."""
    if request.param == "netlink":
        monkeypatch.setattr(peers, "TABLES", ())
    else:
        monkeypatch.setattr(peers, "_ask_kernel", lambda *_: None)
    return str(request.param)


def plain(address: Address) -> socket.socket:
    return socket.create_connection(address)


def mapped(address: Address) -> socket.socket:
    client = socket.socket(socket.AF_INET6)
    client.connect((f"::ffff:{address[0]}", address[1]))
    return client


@ON_LINUX
@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("connect", [plain, mapped])
def test_our_own_client_is_ours(connect: Callable[[Address], socket.socket]) -> None:
    """The user id is that of the process that connected, by IPv4 or through an IPv6 socket."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        ours = server.getsockname()
        with connect(ours) as client:
            theirs = ("127.0.0.1", client.getsockname()[1])
            assert peers.identifies_users()
            assert peers.user_of(theirs, ours) == os.getuid()
            assert peers.is_own_user(theirs, ours)


@ON_LINUX
@pytest.mark.usefixtures("way")
def test_the_same_port_on_another_address_is_nobody() -> None:
    """The same port on another address of loopback is another client."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        ours = server.getsockname()
        with plain(ours) as client:
            other = ("127.0.0.2", client.getsockname()[1])
            assert peers.user_of(other, ours) is None
            assert not peers.is_own_user(other, ours)


@ON_LINUX
@pytest.mark.usefixtures("way")
def test_who_has_left_is_nobody() -> None:
    """The kernel says user 0 for a process that has ended; that is nobody, not root."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        ours = server.getsockname()
        with plain(ours) as client:
            theirs = client.getsockname()
        assert peers.user_of(theirs, ours) is None


@pytest.mark.parametrize(("user", "own"), [(os.getuid() + 1, False), (os.getuid(), True), (0, True)])
def test_another_users_client_is_not_ours(
    user: int, own: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The tables in /proc say which user has a connection; only our user and root count as ours."""
    row = " 0: 0100007F:{} 0100007F:{} 01 00000000:00000000 00:00000000 00000000 {} 0 5 1 0 20 4 30 10 -1"
    table = tmp_path / "tcp"
    rows = [row.format("1F90", "C001", 0), row.format("C001", "1F90", user), row.format("C002", "1F90", 7)]
    table.write_text("\n".join(["  sl  local_address rem_address", *rows]))
    monkeypatch.setattr(peers, "_ask_kernel", lambda *_: None)
    monkeypatch.setattr(peers, "identifies_users", lambda: True)
    monkeypatch.setattr(peers, "TABLES", (table, tmp_path / "none"))
    assert peers.user_of(("127.0.0.1", 0xC001), ("127.0.0.1", 0x1F90)) == user
    assert peers.is_own_user(("127.0.0.1", 0xC001), ("127.0.0.1", 0x1F90)) is own


def test_where_the_system_does_not_tell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If the system does not say which user asks, nobody is refused: the server needs another check."""
    monkeypatch.setattr(peers, "_ask_kernel", lambda *_: None)
    monkeypatch.setattr(peers, "TABLES", (tmp_path / "none", tmp_path / "none"))
    assert not peers.identifies_users()
    assert peers.user_of(("127.0.0.1", 1), ("127.0.0.1", 2)) is None
    assert peers.is_own_user(("127.0.0.1", 1), ("127.0.0.1", 2))

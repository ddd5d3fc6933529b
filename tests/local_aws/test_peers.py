"""Who is at the other end of a connection on loopback."""

import os
import socket
import sys
from pathlib import Path

import pytest

from local_aws.http import peers


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells")
def test_our_own_client_is_ours() -> None:
    """The user id is that of the process that connected."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)) as client:
            address = client.getsockname()
            assert peers.user_of(address, port) == os.getuid()
            assert peers.is_own(address, port)


def test_another_users_client_is_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As the kernel writes it down: both ends in hexadecimal, and the user's id."""
    row = " 0: 0100007F:{} 0100007F:{} 01 00000000:00000000 00:00000000 00000000 {} 0 5 1 0 20 4 30 10 -1"
    table = tmp_path / "tcp"
    rows = [row.format("1F90", "C001", 0), row.format("C001", "1F90", os.getuid() + 1), row.format("C002", "1F90", 7)]
    table.write_text("\n".join(["  sl  local_address rem_address", *rows]))
    monkeypatch.setattr(peers, "TABLE", table)
    assert peers.user_of(("127.0.0.1", 0xC001), 0x1F90) == os.getuid() + 1
    assert not peers.is_own(("127.0.0.1", 0xC001), 0x1F90)


def test_where_the_system_does_not_tell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is turned away for that."""
    monkeypatch.setattr(peers, "TABLE", tmp_path / "none")
    assert peers.user_of(("127.0.0.1", 1), 2) is None
    assert peers.is_own(("127.0.0.1", 1), 2)

"""Whose process is at the other end of a connection on loopback.

Linux tells, by the whole address of both ends: a port alone is not enough, as another user can have the same one on
another address of loopback. It is asked over netlink, which answers for one connection at once however many there are
(``sock_diag(7)``), or else reads ``/proc/net/tcp`` and ``tcp6``. macOS tells nobody but root: there whoever serves
needs a secret.
"""

import errno
import functools
import os
import socket
import struct
import sys
from pathlib import Path

__all__ = ["Address", "is_own", "tells", "user_of"]

Address = tuple[str, int]
"""An IPv4 address and a port."""

TABLES = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))

_SOCK_DIAG, _BY_FAMILY, _REQUEST, _ANY = 4, 20, 1, 0xFFFFFFFF  # linux/netlink.h, linux/sock_diag.h
_HEADER = struct.Struct("=IHHII")  # nlmsghdr
_MAPPED = f"{0:016X}{int.from_bytes(bytes((0, 0, 255, 255)), sys.byteorder):08X}"  # ::ffff:0:0/96


def is_own(client: Address, server: Address) -> bool:
    """Whether a client of ours is the user who runs us, or root; where the system does not tell, it counts as one."""
    return not tells() or user_of(client, server) in (os.getuid(), 0)


@functools.cache
def tells() -> bool:
    """Whether the system tells: found out with a connection to ourselves."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        address = listening.getsockname()
        with socket.create_connection(address) as client:
            return user_of(client.getsockname(), address) == os.getuid()


def user_of(client: Address, server: Address) -> int | None:
    """The user id of the process that holds the client's end; None when no process does, or the system does not tell.

    A process that has ended already is nobody: the kernel says 0 of what it left behind, which is not root.
    """
    found = _asked(client, server)
    if found is None:
        found = _read(client, server)
    if found is None:
        return None
    user, inode = found
    return user if inode else None


def _asked(client: Address, server: Address) -> tuple[int, int] | None:
    """User id and inode, over netlink; a client that reaches IPv4 through an IPv6 socket is found as well.

    Zeros for a connection that is not there (any more); None where netlink does not serve.
    """
    if sys.platform != "linux":
        return None
    ends = struct.pack("!HH", client[1], server[1]) + _wide(client) + _wide(server)
    wanted = struct.pack("=BBBBI", socket.AF_INET, socket.IPPROTO_TCP, 0, 0, _ANY) + ends
    wanted += struct.pack("=III", 0, _ANY, _ANY)  # any interface, no cookie
    try:
        with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _SOCK_DIAG) as kernel:
            kernel.send(_HEADER.pack(_HEADER.size + len(wanted), _BY_FAMILY, _REQUEST, 1, 0) + wanted)
            answer = kernel.recv(4096)
    except OSError:
        return None
    if _HEADER.unpack_from(answer)[1] != _BY_FAMILY:  # an error, of which this one is an answer too
        return (0, 0) if struct.unpack_from("=i", answer, _HEADER.size)[0] == -errno.ENOENT else None
    user, inode = struct.unpack_from("=II", answer, _HEADER.size + 64)  # inet_diag_msg
    return user, inode


def _wide(address: Address) -> bytes:
    return socket.inet_aton(address[0]) + bytes(12)


def _read(client: Address, server: Address) -> tuple[int, int] | None:
    """The same, from the tables in /proc; the second has IPv4 addresses in their IPv6 form."""
    theirs, ours = _hex(client), _hex(server)
    for table, prefix in zip(TABLES, ("", _MAPPED), strict=False):
        try:
            lines = table.read_text().splitlines()
        except OSError:
            continue
        for line in lines[1:]:
            _, local, remote, _, _, _, _, user, _, inode, *_ = line.split()
            if local == prefix + theirs and remote == prefix + ours:
                return int(user), int(inode)
    return None


def _hex(address: Address) -> str:
    """As the kernel writes it: the address in the machine's byte order, the port as a number."""
    return f"{int.from_bytes(socket.inet_aton(address[0]), sys.byteorder):08X}:{address[1]:04X}"

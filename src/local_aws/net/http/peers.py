"""Which user's process is at the other end of a connection on loopback.

On Linux the kernel says it, for the whole addresses of both ends: a port alone is not enough, because another user can
have the same port on another address of loopback. We ask over netlink, which answers for one connection at once,
however many there are (``sock_diag(7)``), or else read ``/proc/net/tcp`` and ``tcp6``. macOS says it only to root, so a
server there needs a secret.
"""

import errno
import functools
import os
import socket
import struct
import sys
from pathlib import Path

__all__ = ["Address", "identifies_users", "is_own_user", "user_of"]

Address = tuple[str, int]
"""An IPv4 address and a port."""

TABLES = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))

_SOCK_DIAG, _BY_FAMILY, _REQUEST, _ANY = 4, 20, 1, 0xFFFFFFFF  # linux/netlink.h, linux/sock_diag.h
_HEADER = struct.Struct("=IHHII")  # nlmsghdr
_MAPPED = f"{0:016X}{int.from_bytes(bytes((0, 0, 255, 255)), sys.byteorder):08X}"  # ::ffff:0:0/96


def is_own_user(client: Address, server: Address) -> bool:
    """Return whether the client's process belongs to the user who runs us, or to root.

    True as well where the system does not say it (see ``identifies_users``).
    """
    return not identifies_users() or user_of(client, server) in (os.getuid(), 0)


@functools.cache
def identifies_users() -> bool:
    """Return whether the system says which user is at the other end; tried with a connection to ourselves."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        address = listening.getsockname()
        with socket.create_connection(address) as client:
            return user_of(client.getsockname(), address) == os.getuid()


def user_of(client: Address, server: Address) -> int | None:
    """Return the user id of the process that has the client's end open, or None if there is none or it is unknown.

    For the connection of a process that has ended, the kernel says user 0, which would be root: that is None here.
    """
    found = _ask_kernel(client, server)
    if found is None:
        found = _read_tables(client, server)
    if found is None:
        return None
    user, inode = found
    return user if inode else None


def _ask_kernel(client: Address, server: Address) -> tuple[int, int] | None:
    """Return user id and inode, over netlink; finds also a client that reaches IPv4 through an IPv6 socket.

    Returns zeros if there is no such connection (any more), None if netlink cannot be used.
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
    if _HEADER.unpack_from(answer)[1] != _BY_FAMILY:  # an error; ENOENT means that there is no such connection
        return (0, 0) if struct.unpack_from("=i", answer, _HEADER.size)[0] == -errno.ENOENT else None
    user, inode = struct.unpack_from("=II", answer, _HEADER.size + 64)  # inet_diag_msg
    return user, inode


def _wide(address: Address) -> bytes:
    return socket.inet_aton(address[0]) + bytes(12)


def _read_tables(client: Address, server: Address) -> tuple[int, int] | None:
    """Return user id and inode from the tables in /proc; the second table has IPv4 addresses in their IPv6 form."""
    client_end, server_end = _hex(client), _hex(server)
    for table, prefix in zip(TABLES, ("", _MAPPED), strict=False):
        try:
            lines = table.read_text().splitlines()
        except OSError:
            continue
        for line in lines[1:]:
            _, local, remote, _, _, _, _, user, _, inode, *_ = line.split()
            if local == prefix + client_end and remote == prefix + server_end:
                return int(user), int(inode)
    return None


def _hex(address: Address) -> str:
    """Return the address as the kernel writes it: address in the machine's byte order, port as a number, both hex."""
    return f"{int.from_bytes(socket.inet_aton(address[0]), sys.byteorder):08X}:{address[1]:04X}"

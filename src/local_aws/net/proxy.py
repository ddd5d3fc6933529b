"""The CONNECT proxy: through ``HTTPS_PROXY`` alone, AWS's own host names lead to the embedded AWS.

For execute-api hosts and custom domain names, our own TLS answers. Our own endpoint is reached through the proxy too
(osls uses ``HTTPS_PROXY`` also for plain HTTP). Other AWS hosts are refused, so that nothing reaches a real account by
mistake. To every other public host the proxy connects, so that pip and npm go on working in the same shell. It connects
to nothing on this machine or on its private networks: a server there would see a connection of ours, whoever asked us.
"""

import asyncio
import base64
import binascii
import contextlib
import enum
import hmac
import ipaddress
import re
import socket
import urllib.request
from collections.abc import Sequence
from urllib.parse import unquote, urlsplit

from local_aws.net.http import Request

__all__ = ["Inside", "Way", "api_of", "is_public", "knows", "open_outside", "relay", "split_target", "way"]

_EXECUTE_API = re.compile(
    r"(?P<api>[a-z0-9]+)\.execute-api\.(?:[a-z]{2}(?:-[a-z]+)+-\d\.amazonaws\.com(?:\.cn)?|localhost)"
)
_AWS = re.compile(r"(.+\.)?(amazonaws\.com(\.cn)?|api\.aws|amazonwebservices\.com)")
_TARGET = re.compile(r"(?P<host>\[[0-9a-f:.]+\]|[^\s:/@\[\]]+):(?P<port>[0-9]{1,5})")

CONNECT_SECONDS = 10.0
USER = "local-aws"  # the user name of the login; the password is the secret

# Networks of this machine or near it, from https://www.iana.org/assignments/iana-ipv4-special-registry and the registry
# for IPv6. Those for documentation and benchmarks are not here: a few VPNs and proxies use them for public hosts.
_INSIDE = tuple(
    ipaddress.ip_network(network)
    for network in (
        "0.0.0.0/8",  # this host
        "10.0.0.0/8",
        "100.64.0.0/10",  # shared with a provider; metadata of Alibaba Cloud
        "127.0.0.0/8",
        "168.63.129.16/32",  # metadata of Azure
        "169.254.0.0/16",  # link-local; metadata of AWS, Azure and Google Cloud
        "172.16.0.0/12",
        "192.0.0.0/24",  # metadata of Oracle Cloud
        "192.168.0.0/16",
        "224.0.0.0/3",  # multicast, reserved, broadcast
        "::/96",  # unspecified, loopback, IPv4-compatible
        "fc00::/7",  # unique local; metadata of AWS
        "fe80::/9",  # link-local, site-local
        "ff00::/8",  # multicast
    )
)
_TRANSLATED = ipaddress.IPv6Network("64:ff9b::/96")
_LOCALHOST = re.compile(r"((.+\.)?local(host|domain)\d?|ip6-(localhost|loopback))\.?")
CHUNK = 64 * 1024


class Inside(Exception):
    """The host is on this machine or on a private network: the proxy does not connect to it."""


class Way(enum.Enum):
    """Who takes the connection of a CONNECT."""

    GATEWAY = "gateway"
    OURSELVES = "ourselves"
    REFUSED = "refused"
    OUTSIDE = "outside"


def api_of(host: str) -> str | None:
    """Return the API id in an execute-api host name, of AWS or of localhost; None for other hosts."""
    match = _EXECUTE_API.fullmatch(host.lower())
    return match["api"] if match else None


def split_target(target: str) -> tuple[str, int] | None:
    """Return host and port of a CONNECT target, or None if it is malformed."""
    match = _TARGET.fullmatch(target.lower())
    if match is None or not 0 < int(match["port"]) < 65536:
        return None
    return match["host"].strip("[]"), int(match["port"])


def way(host: str, port: int, own_port: int, *, custom: bool = False) -> Way:
    """Who takes a CONNECT to ``host:port``; ``custom`` says that the host is a custom domain name of ours."""
    if (custom or api_of(host) is not None) and port == 443:
        return Way.GATEWAY
    if port == own_port and host in ("127.0.0.1", "localhost", "::1"):
        return Way.OURSELVES
    if _AWS.fullmatch(host.rstrip(".")):
        return Way.REFUSED
    return Way.OUTSIDE


def knows(request: Request, password: str) -> bool:
    """Return whether a CONNECT has our login. It is in ``HTTPS_PROXY``, where only our user can read it."""
    scheme, _, encoded = (request.headers.get("proxy-authorization") or "").partition(" ")
    try:
        sent = base64.b64decode(encoded.strip(), validate=True)
    except (binascii.Error, ValueError):
        return False
    return scheme.lower() == "basic" and hmac.compare_digest(sent, f"{USER}:{password}".encode())


def is_public(address: str) -> bool:
    """Return whether an IP address is public: not this machine's, not a private network's, not a cloud's metadata."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        teredo = ip.teredo
        inner = ip.ipv4_mapped or ip.sixtofour or (teredo[1] if teredo else None)
        if ip in _TRANSLATED:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
    return not any(ip in network for network in _INSIDE)


async def open_outside(host: str, port: int, upstream: str | None) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Connect to a public host, through the proxy ``upstream`` if there is one.

    Raises OSError, and Inside for a host that is not public. ``upstream`` is the proxy that was in use before ours; it
    looks the host's name up itself, and is not used for hosts in NO_PROXY of our own environment. Without it, the name
    is looked up once, and we connect to the very address that was checked.
    """
    literal = _literal(host)
    if _LOCALHOST.fullmatch(host) or (literal is not None and not is_public(literal)):
        raise Inside
    async with asyncio.timeout(CONNECT_SECONDS):
        if upstream is not None and not urllib.request.proxy_bypass_environment(f"{host}:{port}"):  # type: ignore[attr-defined]
            return await _through(upstream, host, port)
        found = await asyncio.get_running_loop().getaddrinfo(literal or host, port, type=socket.SOCK_STREAM)
        addresses = [str(address[0]) for *_, address in found if is_public(str(address[0]))]
        if not addresses:
            raise Inside
        return await _first(addresses, port)


def _literal(host: str) -> str | None:
    """Return a host's IP address if it is one, in any form that resolvers accept (``0x7f.1``); None for a name."""
    with contextlib.suppress(ValueError):
        return str(ipaddress.ip_address(host))
    with contextlib.suppress(OSError):
        return socket.inet_ntoa(socket.inet_aton(host.rstrip(".")))
    return None


async def _first(addresses: Sequence[str], port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Connect to the first address that answers. Raises OSError."""
    *others, last = addresses
    for address in others:
        with contextlib.suppress(OSError):
            return await asyncio.open_connection(address, port)
    return await asyncio.open_connection(last, port)


async def _through(upstream: str, host: str, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    proxy = urlsplit(upstream)
    reader, writer = await asyncio.open_connection(proxy.hostname, proxy.port or 80)
    login = ""
    if proxy.username:
        pair = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}"
        login = f"Proxy-Authorization: Basic {base64.b64encode(pair.encode()).decode()}\r\n"
    try:
        writer.write(f"CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\n{login}\r\n".encode())
        head = await reader.readuntil(b"\r\n\r\n")
        if head.split(b" ", 2)[1:2] != [b"200"]:
            raise OSError(f"the proxy before ours answered {head.splitlines()[0].decode('latin-1')}")
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        writer.close()
        raise OSError("the proxy before ours answered no HTTP") from None
    except BaseException:
        writer.close()
        raise
    return reader, writer


async def relay(
    transport: asyncio.Transport, tail: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    """Copy bytes between a client's transport, paused until now, and an outside connection until both have ended."""
    client_reader = asyncio.StreamReader()
    protocol = asyncio.StreamReaderProtocol(client_reader)
    transport.set_protocol(protocol)
    if transport.is_closing():  # the client is gone; perhaps only the protocol before this one was notified
        writer.close()
        return
    protocol.connection_made(transport)
    transport.resume_reading()
    client_writer = asyncio.StreamWriter(transport, protocol, client_reader, asyncio.get_running_loop())
    if tail:
        client_reader.feed_data(tail)
    try:
        await asyncio.gather(_copy(client_reader, writer), _copy(reader, client_writer))
    except OSError:
        pass  # one side broke off: the close below ends the other
    finally:
        writer.close()
        client_writer.close()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(CHUNK):
        writer.write(data)
        await writer.drain()
    with contextlib.suppress(OSError, RuntimeError):  # the other side may be gone already
        if writer.can_write_eof():
            writer.write_eof()

"""The CONNECT proxy that makes AWS's own host names lead here, by environment variables alone.

Execute-api hosts and custom domain names end in our TLS; our own endpoint is tunnelled to itself (osls uses
``HTTPS_PROXY`` for plain HTTP too); other AWS hosts are refused, so that nothing reaches a real account by mistake;
every other host is passed through, so that pip and npm go on working in the same shell.
"""

import asyncio
import base64
import contextlib
import enum
import re
import urllib.request
from urllib.parse import unquote, urlsplit

__all__ = ["Way", "api_of", "open_outside", "relay", "split_target", "way"]

_EXECUTE_API = re.compile(
    r"(?P<api>[a-z0-9]+)\.execute-api\.(?:[a-z]{2}(?:-[a-z]+)+-\d\.amazonaws\.com(?:\.cn)?|localhost)"
)
_AWS = re.compile(r"(.+\.)?(amazonaws\.com(\.cn)?|api\.aws|amazonwebservices\.com)")
_TARGET = re.compile(r"(?P<host>\[[0-9a-f:.]+\]|[^\s:/@\[\]]+):(?P<port>[0-9]{1,5})")

CONNECT_SECONDS = 10.0
CHUNK = 64 * 1024


class Way(enum.Enum):
    """Where a CONNECT leads."""

    GATEWAY = "gateway"
    OURSELVES = "ourselves"
    REFUSED = "refused"
    OUTSIDE = "outside"


def api_of(host: str) -> str | None:
    """The API id in an execute-api host name, of AWS or of localhost; None for other hosts."""
    match = _EXECUTE_API.fullmatch(host.lower())
    return match["api"] if match else None


def split_target(target: str) -> tuple[str, int] | None:
    """Host and port of a CONNECT target; None when it is malformed."""
    match = _TARGET.fullmatch(target.lower())
    if match is None or not 0 < int(match["port"]) < 65536:
        return None
    return match["host"].strip("[]"), int(match["port"])


def way(host: str, port: int, own_port: int, *, custom: bool = False) -> Way:
    """Decide where a CONNECT to ``host:port`` leads; ``custom`` says that the host is a custom domain name of ours."""
    if (custom or api_of(host) is not None) and port == 443:
        return Way.GATEWAY
    if port == own_port and host in ("127.0.0.1", "localhost", "::1"):
        return Way.OURSELVES
    if _AWS.fullmatch(host.rstrip(".")):
        return Way.REFUSED
    return Way.OUTSIDE


async def open_outside(host: str, port: int, upstream: str | None) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Connect to a host, through the proxy that was in use before ours when there was one. Raises OSError.

    The hosts that NO_PROXY of our own environment names are not asked of that proxy.
    """
    if upstream is None or urllib.request.proxy_bypass_environment(f"{host}:{port}"):  # type: ignore[attr-defined]
        return await asyncio.wait_for(asyncio.open_connection(host, port), CONNECT_SECONDS)
    proxy = urlsplit(upstream)
    reader, writer = await asyncio.wait_for(asyncio.open_connection(proxy.hostname, proxy.port or 80), CONNECT_SECONDS)
    login = ""
    if proxy.username:
        pair = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}"
        login = f"Proxy-Authorization: Basic {base64.b64encode(pair.encode()).decode()}\r\n"
    try:
        writer.write(f"CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\n{login}\r\n".encode())
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), CONNECT_SECONDS)
        if head.split(b" ", 2)[1:2] != [b"200"]:
            raise OSError(f"the proxy before ours answered {head.splitlines()[0].decode('latin-1')}")
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        writer.close()
        raise OSError("the proxy before ours answered no HTTP") from None
    except OSError:
        writer.close()
        raise
    return reader, writer


async def relay(
    transport: asyncio.Transport, tail: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    """Carry bytes both ways between a client's transport, paused until now, and the outside until both have ended."""
    client_reader = asyncio.StreamReader()
    protocol = asyncio.StreamReaderProtocol(client_reader)
    transport.set_protocol(protocol)
    if transport.is_closing():  # the client is gone, and its protocol before this one may have been told so
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
        pass  # one side broke off: the other is told by the close below
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

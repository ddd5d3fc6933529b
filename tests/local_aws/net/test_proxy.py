"""Where a CONNECT leads."""

import asyncio

import pytest

from local_aws.net import proxy
from local_aws.net.proxy import Way

API = "a1b2c3d4e5.execute-api.us-east-1.amazonaws.com"


@pytest.mark.parametrize(
    ("host", "port", "way"),
    [
        (API, 443, Way.GATEWAY),
        ("a1b2c3d4e5.execute-api.ap-northeast-1.amazonaws.com", 443, Way.GATEWAY),
        ("a1b2c3d4e5.execute-api.us-gov-west-1.amazonaws.com", 443, Way.GATEWAY),
        ("a1b2c3d4e5.execute-api.localhost", 443, Way.GATEWAY),
        (API, 80, Way.REFUSED),
        ("127.0.0.1", 4566, Way.OURSELVES),
        ("localhost", 4566, Way.OURSELVES),
        ("127.0.0.1", 4567, Way.OUTSIDE),
        ("dynamodb.us-east-1.amazonaws.com", 443, Way.REFUSED),
        ("s3.amazonaws.com", 443, Way.REFUSED),
        ("amazonaws.com.", 443, Way.REFUSED),
        ("lambda.us-east-1.api.aws", 443, Way.REFUSED),
        ("s3.cn-north-1.amazonaws.com.cn", 443, Way.REFUSED),
        ("notamazonaws.com", 443, Way.OUTSIDE),
        ("amazonaws.com.example.org", 443, Way.OUTSIDE),
        ("docs.aws.amazon.com", 443, Way.OUTSIDE),
        ("example.org", 443, Way.OUTSIDE),
    ],
)
def test_a_connect_leads_there(host: str, port: int, way: Way) -> None:
    """Execute-api leads to the gateway, our endpoint to ourselves, other hosts of AWS nowhere, all others outside."""
    assert proxy.way(host, port, 4566) is way


def test_an_api_is_found_in_its_host_name() -> None:
    """Spec 1: the first label is the API id."""
    assert proxy.api_of(API.upper()) == "a1b2c3d4e5"
    assert proxy.api_of("a.b.execute-api.us-east-1.amazonaws.com") is None


@pytest.mark.parametrize(
    "target",
    [
        "example.org",
        "example.org:",
        ":443",
        "example.org:x",
        "example.org:99999",
        "",
        "example.org:²",
        "example.org:" + "9" * 5000,
        "[::1",
        "a b:443",
        "u@example.org:443",
    ],
)
def test_a_malformed_target(target: str) -> None:
    """A CONNECT needs host:port."""
    assert proxy.split_target(target) is None


def test_targets() -> None:
    """Names are compared in lower case, IPv6 without its brackets."""
    assert proxy.split_target("Example.ORG:443") == ("example.org", 443)
    assert proxy.split_target("[::1]:4566") == ("::1", 4566)


def test_the_proxy_before_ours_is_asked() -> None:
    """If the shell had a proxy before, we connect through it, with its login."""
    heads: list[bytes] = []

    async def upstream(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 200 OK\r\n\r\nhello")
        writer.close()

    async def scenario() -> bytes:
        server = await asyncio.start_server(upstream, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        reader, writer = await proxy.open_outside("example.org", 443, f"http://me:p%40ss@127.0.0.1:{port}")
        answer = await reader.read()
        writer.close()
        server.close()
        return answer

    assert asyncio.run(scenario()) == b"hello"
    assert heads == [
        b"CONNECT example.org:443 HTTP/1.1\r\nHost: example.org:443\r\nProxy-Authorization: Basic bWU6cEBzcw==\r\n\r\n"
    ]


def test_a_refusal_of_the_proxy_before_ours_is_named() -> None:
    """The error has the reason that the other proxy gave."""

    async def upstream(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n")
        writer.close()

    async def scenario() -> None:
        server = await asyncio.start_server(upstream, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        await proxy.open_outside("example.org", 443, f"http://127.0.0.1:{port}")

    with pytest.raises(OSError, match="407 Proxy Authentication Required"):
        asyncio.run(scenario())


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.215.14", True),
        ("2606:2800:21f:cb07:6820:80da:af6b:8b2c", True),
        ("64:ff9b::5db8:d70e", True),
        ("127.0.0.1", False),
        ("::ffff:10.0.0.1", False),
        ("64:ff9b::a00:1", False),
        ("2002:a00:1::1", False),
        ("2001:0:4136:e378:8000:63bf:f5ff:fffe", False),
        ("fe80::1%eth0", False),
        ("169.254.169.254", False),
    ],
)
def test_what_is_public(address: str, public: bool) -> None:
    """An IPv4 address is recognized also in each form in which IPv6 can contain it."""
    assert proxy.is_public(address) is public


def test_the_address_that_was_looked_at_is_the_one_that_is_connected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name is looked up once (DNS rebinding), and only its public addresses are connected to."""
    connected = []

    async def scenario() -> None:
        async def found(*_: object, **__: object) -> list[tuple[int, int, int, str, tuple[str, int]]]:
            return [(2, 1, 6, "", (address, 443)) for address in ("10.0.0.1", "93.184.215.14", "127.0.0.1")]

        async def connect(host: str, port: int) -> tuple[str, str]:
            connected.append((host, port))
            return "reader", "writer"

        monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", found)
        monkeypatch.setattr(asyncio, "open_connection", connect)
        await proxy.open_outside("rebound.example", 443, None)

    asyncio.run(scenario())
    assert connected == [("93.184.215.14", 443)]


def test_a_name_of_something_inside(monkeypatch: pytest.MonkeyPatch) -> None:
    """The address decides, whatever the name is."""

    async def scenario() -> None:
        async def found(*_: object, **__: object) -> list[tuple[int, int, int, str, tuple[str, int, int, int]]]:
            return [(10, 1, 6, "", ("fe80::1%2", 443, 0, 2))]

        monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", found)
        await proxy.open_outside("printer.example", 443, None)

    with pytest.raises(proxy.Inside):
        asyncio.run(scenario())


def test_a_custom_domain_name_leads_to_the_gateway() -> None:
    """Spec 259: each registered host leads there, on port 443 only, also one that would be outside."""
    assert proxy.way("api.example.com", 443, 4566, custom=True) is Way.GATEWAY
    assert proxy.way("api.example.com", 80, 4566, custom=True) is Way.OUTSIDE
    assert proxy.way("api.example.com", 443, 4566) is Way.OUTSIDE

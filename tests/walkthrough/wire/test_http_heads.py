"""The part that each line of a handshake plays, and what is wrong with it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from walkthrough import wire
from walkthrough.errors import WalkthroughError

REQUEST = (
    b"GET /chat HTTP/1.1\r\nHost: server.example.com\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nOrigin: http://example.com\r\n"
    b"Sec-WebSocket-Protocol: chat, superchat\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
RESPONSE = (
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Protocol: chat\r\n\r\n"
)


def problems(request: bytes, response: bytes = b"") -> list[str]:
    return [str(part.problem) for part in wire.parts(request, response) if part.problem]


def test_the_example_of_the_rfc() -> None:
    """Nothing is wrong with the handshake of section 1.2, and every line plays a part."""
    parts = wire.parts(REQUEST, RESPONSE)
    assert [] == [part for part in parts if part.problem or not part.role]
    assert 13 == len(parts)


@pytest.mark.parametrize(
    ("was", "became", "problem"),
    [
        (b"GET", b"POST", "The method must be GET. (RFC 6455, section 4.1)"),
        (b"HTTP/1.1", b"HTTP/1.0", "The version must be HTTP/1.1 at least. (RFC 6455, section 4.1)"),
        (b"Host: server.example.com\r\n", b"", "Host must be there. (RFC 6455, section 4.2.1)"),
        (b"Upgrade: websocket\r\n", b"", "Upgrade must be there. (RFC 6455, section 4.2.1)"),
        (b"Upgrade: websocket", b"Upgrade: h2c", "Upgrade must be websocket. (RFC 6455, section 4.2.1)"),
        (b"Connection: Upgrade", b"Connection: close", "Connection must name Upgrade. (RFC 6455, section 4.2.1)"),
        (b"Version: 13", b"Version: 8", "Sec-WebSocket-Version must be 13. (RFC 6455, section 4.2.1)"),
        (b"dGhl", b"dGh", "Sec-WebSocket-Key must be 16 bytes in base64. (RFC 6455, section 4.2.1)"),
        (b"Origin: ", b"Origin ", None),
        (b"Origin: http:", b"Origin http", "This line is no header: it has no colon. (RFC 9112, section 5)"),
        (b"Version: 13\r\n", b"Version: 13\r\n" * 2, None),
        (b"13\r\n\r\n", b"13\r\n", "A head ends with an empty line, which has not come. (RFC 9112, section 2.1)"),
    ],
)
def test_what_is_wrong_with_a_request(was: bytes, became: bytes, problem: str | None) -> None:
    """Each line that is wrong or missing is named, with the section."""
    assert was in REQUEST
    assert [problem] * (problem is not None) == problems(REQUEST.replace(was, became, 1))


def test_a_key_comes_once() -> None:
    """A second key is one too many (section 11.3.1)."""
    key = b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    assert ["Sec-WebSocket-Key must not come twice. (RFC 6455, section 11.3.1)"] == problems(
        REQUEST.replace(key, key * 2)
    )


@pytest.mark.parametrize(
    ("was", "became", "problem"),
    [
        (b"101", b"200", "Only 101 makes a WebSocket; this answer is plain HTTP. (RFC 6455, section 4.1)"),
        (b"s3pP", b"S3pP", "Sec-WebSocket-Accept does not fit the key. (RFC 6455, section 4.1)"),
        (b"Connection: Upgrade\r\n", b"", "Connection must be there. (RFC 6455, section 4.1)"),
    ],
)
def test_what_is_wrong_with_a_response(was: bytes, became: bytes, problem: str) -> None:
    """The accept is compared with the request's key; a refusal is not looked at further."""
    assert [problem] == problems(REQUEST, RESPONSE.replace(was, became, 1))


def test_case_does_not_matter() -> None:
    """Names and the tokens of Upgrade and Connection are compared without regard to case, and among others."""
    request = REQUEST.replace(b"Upgrade: websocket", b"uPGRADE: WebSocket")
    assert [] == problems(request.replace(b"Connection: Upgrade", b"connection: keep-alive, upgrade"))


def test_a_table() -> None:
    """Each line with its role; a key is a random key, in words."""
    picture = wire.handshake(REQUEST, RESPONSE)
    assert "  Sec-WebSocket-Key: a random key                               16 random bytes in base64" in picture.text
    assert ("dGhlIHNhbXBsZSBub25jZQ==" in picture.svg, "dGhl" in picture.text + picture.alt) == (True, False)
    assert picture.alt.endswith("Nothing is missing or wrong.")


def test_a_table_of_what_is_wrong() -> None:
    """It is outlined, and said below and in the alt text."""
    picture = wire.handshake(REQUEST.replace(b"Upgrade: websocket\r\n", b""))
    assert 1 == picture.svg.count('class="wrong"')
    assert "  Upgrade is missing" in picture.text
    assert "Upgrade is missing: Upgrade must be there. (RFC 6455, section 4.2.1)" in picture.alt


def test_a_response_alone() -> None:
    """Given first and alone, it is known by its first line."""
    assert wire.handshake(RESPONSE).text.startswith("The server answers:\n  HTTP/1.1 101")


@pytest.mark.parametrize("data", [b"", "GET / HTTP/1.1", None])
def test_no_head(data: object) -> None:
    """One sentence says what it reads."""
    with pytest.raises(WalkthroughError, match="handshake reads bytes"):
        wire.handshake(data)  # type: ignore[arg-type]


@given(st.binary(min_size=1, max_size=200), st.binary(max_size=200))
def test_no_bytes_raise(request_: bytes, response: bytes) -> None:
    """Any bytes give a table."""
    assert wire.handshake(request_, response).alt
    assert wire.handshake(REQUEST + request_, RESPONSE + response).alt.endswith("Nothing is missing or wrong.")

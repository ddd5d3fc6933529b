"""Generated requests at the one port: handshakes that are nearly right, requests that are not, and plain noise."""

import re

from hypothesis import given
from hypothesis import strategies as st

from local_aws.net.http.intake import Intake
from local_aws.net.http.messages import Request
from local_aws.net.http.parser import Malformed, Parser

from .conftest import Server
from .wire import close, pieces, upgrade

KEY = "dGhlIHNhbXBsZSBub25jZQ=="

cuts = st.lists(st.integers(1, 60), max_size=8)
tokens = st.text("abcXYZ-_019!#$%&'*+.^`|~", min_size=1, max_size=12)
values = st.one_of(
    st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=30),
    st.sampled_from(
        ["websocket", "WebSocket", "h2c", "Upgrade", "keep-alive, Upgrade", "close", "13", "8", KEY, "?1", "0"]
    ),
)
good = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Key": KEY,
    "Sec-WebSocket-Version": "13",
}
names = st.one_of(
    tokens,
    st.sampled_from([*good, "Host", "Sec-WebSocket-Protocol", "Sec-WebSocket-Extensions", "Origin", "Content-Length"]),
    st.sampled_from(["Transfer-Encoding", "Expect", "Authorization", "X-Api-Key", "Sec-Fetch-Site", "Cookie"]),
)
targets = st.one_of(
    st.sampled_from(
        ["/dev", "/dev/", "/dev?a=1&a=2&b", "/DEV", "/", "//", "/dev/more", "/nope", "/%64ev", "/%", "/%ff", "*"]
    ),
    st.sampled_from(["/dev/@connections/abc", "/dev/%40connections/a%3D", "/@connections/x", "/_local-aws/status"]),
    st.sampled_from(["http://127.0.0.1/dev", "https://x.execute-api.us-east-1.amazonaws.com/dev", "ftp://x/", "dev"]),
    st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=40).map(lambda text: f"/{text}"),
)
methods = st.sampled_from(["GET"] * 6 + ["POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "TRACE", "BREW", "get"])


@st.composite
def requests(draw: st.DrawFn, hosts: tuple[str, ...]) -> bytes:
    """A request whose parts are mostly those of a handshake."""
    dropped = draw(st.sets(st.sampled_from(list(good)), max_size=2))
    fields = [("Host", draw(st.sampled_from(hosts)))]
    fields += [(name, value) for name, value in good.items() if name not in dropped]
    fields += draw(st.lists(st.tuples(names, values), max_size=4))
    version = draw(st.sampled_from(["HTTP/1.1"] * 8 + ["HTTP/1.0", "HTTP/2.0", "HTTP/0.9"]))
    lines = [f"{draw(methods)} {draw(targets)} {version}"]
    lines += [f"{name}: {value}" for name, value in draw(st.permutations(fields))]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def say(server: Server, sent: bytes, sizes: list[int]) -> bytes:
    """The whole answer. A server that has let a client in is told that it goes."""
    with server.wire() as wire:
        for piece in pieces(sent, sizes):
            wire.send(piece)
        wire.end()
        return wire.rest()


def check(answer: bytes) -> None:
    """Nothing at all, or HTTP that knows what it says; never our own fault, never how the inside looks."""
    if not answer:
        return
    found = re.match(rb"HTTP/1\.1 (\d{3}) [^\r\n]*\r\n", answer)
    assert found is not None, answer
    assert found[1] in (
        b"101",
        b"100",
        b"400",
        b"403",
        b"404",
        b"405",
        b"408",
        b"410",
        b"413",
        b"426",
        b"429",
        b"431",
    ), answer
    assert b"Traceback" not in answer
    assert b'File "' not in answer


@given(st.data(), cuts)
def test_handshakes_that_are_nearly_right(server: Server, data: st.DataObject, sizes: list[int]) -> None:
    """Spec 1–44: let in, or refused with a reason; the server goes on."""
    hosts = (server.host, server.host.upper(), server.aws_host, "127.0.0.1", "evil.example", "", "[::1]:80", "a:b:c")

    check(say(server, data.draw(requests(hosts)) + close(), sizes))


@given(st.data(), st.integers(0, 200), st.integers(0, 4), st.binary(max_size=4))
def test_handshakes_with_wrong_bytes(server: Server, data: st.DataObject, where: int, removed: int, put: bytes) -> None:
    """Bytes taken out and put in anywhere."""
    sent = upgrade(server.host)

    check(say(server, sent[:where] + put + sent[where + removed :] + close(), []))


@given(st.binary(max_size=300), cuts)
def test_noise(server: Server, sent: bytes, sizes: list[int]) -> None:
    """Bytes that are no HTTP."""
    check(say(server, sent, sizes))


def read(chunks: list[bytes]) -> tuple[list[tuple[object, ...]], int | None]:
    parser, status = Parser(("127.0.0.1", 1), secure=False, intake=Intake()), None
    try:
        for chunk in chunks:
            parser.feed(chunk)
    except Malformed as malformed:
        status = malformed.answer.status
    return [_plain(request) for request in parser.ready], status


def _plain(request: Request) -> tuple[object, ...]:
    return request.method, request.target, tuple(request.headers), request.body


bodies = st.binary(max_size=60)


@st.composite
def streams(draw: st.DrawFn) -> bytes:
    """Requests one behind the other, with counted and chunked bodies, and now and then something wrong."""
    sent = b""
    for _ in range(draw(st.integers(1, 4))):
        body = draw(bodies)
        head = b"POST /a?b=c HTTP/1.1\r\nHost: x\r\n"
        if draw(st.booleans()):
            sent += head + b"Content-Length: %d\r\n\r\n" % len(body) + body
        else:
            chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in pieces(body, draw(cuts)))
            sent += head + b"Transfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\nTrailer: late\r\n\r\n"
        sent += draw(st.sampled_from([b""] * 6 + [b"\r\n", b"GET", b"\0", b"Host: x"]))
    return sent


@given(streams(), st.lists(st.integers(1, 90), max_size=20))
def test_a_stream_is_read_the_same_however_it_is_cut(stream: bytes, sizes: list[int]) -> None:
    """The same requests, and the same refusal behind them."""
    assert read([stream]) == read(pieces(stream, sizes))


@given(st.binary(max_size=400))
def test_the_parser_says_nothing_but_malformed(stream: bytes) -> None:
    """No other exception comes out of it."""
    read([stream])
    read(pieces(stream, [1] * len(stream)))

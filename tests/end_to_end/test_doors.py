"""Who gets in: what another user of the machine tries on a whole embedded AWS, and what its proxy opens for anybody."""

import base64
import encodings.idna  # noqa: F401  # a process of another user may not be able to read it any more
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from .conftest import BIN, Embedded

AS_ANOTHER_USER = pytest.mark.skipif(
    os.getuid() != 0 or sys.platform != "linux", reason="only root can be another user, and only Linux tells who asks"
)


def as_nobody(port: int, request: bytes) -> bytes:
    """All that a process of another user is answered to a request."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        told = b"no answer"
        try:
            os.setgroups([])
            os.setgid(65534)
            os.setuid(65534)
            told = answer_to(port, request)
        finally:
            os.write(writer, told)
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as answer:
        told = answer.read()
    os.waitpid(pid, 0)
    return told


def answer_to(port: int, request: bytes) -> bytes:
    """Its head, and what comes with it."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
        client.sendall(request)
        return client.recv(65536)


@AS_ANOTHER_USER
@pytest.mark.parametrize(
    "target", ["127.0.0.1:{other}", "127.0.0.1:{port}", "example.org:443", "a1.execute-api.us-east-1.amazonaws.com:443"]
)
def test_another_user_does_not_use_the_proxy(embedded: Embedded, target: str) -> None:
    """To a Runtime API, ourselves, the outside or an API: not even with the login, which ``ps`` may have shown."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        request = embedded.connect(target.format(port=embedded.port, other=other.getsockname()[1]))
        assert as_nobody(embedded.port, request).startswith(b"HTTP/1.1 403 ")


@AS_ANOTHER_USER
@pytest.mark.parametrize("host", ["127.0.0.1", "abcdefghij.execute-api.localhost"])
def test_another_user_gets_no_other_answer(embedded: Embedded, host: str) -> None:
    """Neither from the AWS API, nor from an API of API Gateway, and with a sentence that says what to do."""
    told = as_nobody(embedded.port, f"GET /dev HTTP/1.1\r\nHost: {host}:{embedded.port}\r\n\r\n".encode())
    assert told.startswith(b"HTTP/1.1 403 ")
    assert b"another user of this machine" in told
    assert b"local-aws up --port" in told


LOGINS = [
    "",
    "Basic",
    "Basic !!!",
    "Bearer x",
    f"Basic {base64.b64encode(b'local-aws:guessed').decode()}",
    "Basic bWU=",
]


@pytest.mark.parametrize("login", LOGINS)
@pytest.mark.parametrize(
    "target", ["example.org:443", "127.0.0.1:{port}", "a1.execute-api.us-east-1.amazonaws.com:443"]
)
def test_the_proxy_wants_its_login(embedded: Embedded, target: str, login: str) -> None:
    """407 without it, for all it leads to, and a sentence that says where it stands."""
    where = target.format(port=embedded.port)
    header = f"Proxy-Authorization: {login}\r\n" if login else ""
    told = answer_to(embedded.port, f"CONNECT {where} HTTP/1.1\r\nHost: {where}\r\n{header}\r\n".encode())
    assert told.startswith(b"HTTP/1.1 407 ")
    assert b'Proxy-Authenticate: Basic realm="local-aws"' in told
    assert b"HTTPS_PROXY" in told


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.9.9.9",
        "localhost",
        "api.localhost",
        "localhost.",
        "ip6-localhost",
        "0.0.0.0",
        "0",
        "127.1",
        "0x7f.1",
        "2130706433",
        "017700000001",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "169.254.169.254",
        "[fd00:ec2::254]",
        "[fe80::1]",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "100.100.100.200",
        "168.63.129.16",
        "255.255.255.255",
        "224.0.0.1",
    ],
)
def test_the_proxy_opens_nothing_inside(embedded: Embedded, host: str) -> None:
    """No service of this machine or its network, no metadata of a cloud, in any form of the address."""
    with socket.create_server(("127.0.0.1", 0)) as inside:
        told = answer_to(embedded.port, embedded.connect(f"{host}:{inside.getsockname()[1]}"))
        inside.settimeout(0)
        with pytest.raises(BlockingIOError):
            inside.accept()
    assert told.startswith(b"HTTP/1.1 403 ")
    assert b"NO_PROXY" in told


@contextmanager
def upstream(answer: Callable[[socket.socket], None]) -> Iterator[int]:
    """A proxy such as an office has, on loopback, for one client."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            accepted, _ = server.accept()
            with accepted:
                answer(accepted)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield int(server.getsockname()[1])
        thread.join(10)


def test_the_proxy_passes_other_hosts_through(tmp_path: Path) -> None:
    """So that pip and npm work in the same shell; by the proxy that was there before, on loopback too."""
    heads = []

    def answer(client: socket.socket) -> None:
        heads.append(client.recv(4096))
        client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        client.sendall(client.recv(100).upper())

    environment = {**os.environ, "LOCAL_AWS_HOME": str(tmp_path)}
    for name in ("https_proxy", "AWS_ENDPOINT_URL", "LOCAL_AWS_PORT"):
        environment.pop(name, None)

    def tool(*arguments: str) -> str:
        command = [str(BIN / "local-aws"), *arguments]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout

    with upstream(answer) as office:
        environment["HTTPS_PROXY"] = f"http://me:secret@127.0.0.1:{office}"
        port = tool("up", "--detach", "--port", "0").split("http://127.0.0.1:")[1].split()[0]
        try:
            exported = tool("env", "--port", port).partition("HTTPS_PROXY=")[2].split()[0]
            embedded = Embedded(int(port), {"HTTPS_PROXY": exported}, lambda *_: None)
            with socket.create_connection(("127.0.0.1", int(port)), timeout=10) as client:
                client.sendall(embedded.connect("example.org:443"))
                assert client.recv(1000).startswith(b"HTTP/1.1 200 ")
                client.sendall(b"ping")
                assert client.recv(100) == b"PING"
            assert answer_to(int(port), embedded.connect("10.0.0.1:443")).startswith(b"HTTP/1.1 403 ")
        finally:
            tool("down", "--port", port)
    assert [b"CONNECT example.org:443 HTTP/1.1", b"Host: example.org:443"] == heads[0].split(b"\r\n")[:2]
    assert b"Proxy-Authorization: Basic bWU6c2VjcmV0\r\n" in heads[0]


def put_object(embedded: Embedded, *, key: str, secret: str, announced: int) -> bytes:
    """The head of an upload of a package to S3, signed with that key."""
    host, url = f"127.0.0.1:{embedded.port}", f"http://127.0.0.1:{embedded.port}/packages/code.zip"
    request = AWSRequest("PUT", url, headers={"Host": host, "X-Amz-Content-SHA256": "UNSIGNED-PAYLOAD"})
    S3SigV4Auth(Credentials(key, secret), "s3", "us-east-1").add_auth(request)
    fields = {**request.headers, "Content-Length": str(announced), "Expect": "100-continue"}
    lines = ["PUT /packages/code.zip HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items())]
    return "\r\n".join([*lines, "", ""]).encode()


PACKAGE = 250 * 1024 * 1024


@pytest.mark.parametrize(
    ("key", "secret", "announced", "answer"),
    [
        ("own", "own", PACKAGE, b"HTTP/1.1 100 Continue"),
        ("own", "own", 2 * PACKAGE, b"EntityTooLarge"),
        ("own", "guessed", PACKAGE, b"SignatureDoesNotMatch"),
        ("AKIAIOSFODNN7EXAMPLE", "guessed", PACKAGE, b"InvalidAccessKeyId"),
    ],
)
def test_a_large_upload_is_for_those_we_know(
    embedded: Embedded, key: str, secret: str, announced: int, answer: bytes
) -> None:
    """The head is looked at before the body is waited for; the refusal is S3's."""
    own = {"AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret}
    key, secret = (embedded.environment[name] if value == "own" else value for name, value in own.items())
    assert answer in answer_to(embedded.port, put_object(embedded, key=key, secret=secret, announced=announced))


@pytest.mark.parametrize(
    ("path", "fields", "status", "answer"),
    [
        ("/", ["X-Amz-Target: DynamoDB_20120810.PutItem"], 400, b"MissingAuthenticationTokenException"),
        ("/2015-03-31/functions", [], 403, b"MissingAuthenticationTokenException"),
        ("/_local-aws/reset", [], 413, b"Too Large"),
    ],
)
def test_a_large_body_that_is_not_signed(
    embedded: Embedded, path: str, fields: list[str], status: int, answer: bytes
) -> None:
    """The refusal that a small one gets, without waiting for the rest."""
    lines = [f"POST {path} HTTP/1.1", f"Host: 127.0.0.1:{embedded.port}", f"Content-Length: {PACKAGE}", *fields]
    told = answer_to(embedded.port, "\r\n".join([*lines, "", ""]).encode())
    assert told.startswith(f"HTTP/1.1 {status} ".encode())
    assert answer in told

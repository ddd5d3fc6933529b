"""The authority behind ``wss://``."""

import socket
import ssl
import threading
from pathlib import Path

from local_aws.net.tls import CertificateAuthority


def test_nothing_follows_a_handshake(tmp_path: Path) -> None:
    """The server sends no session ticket: a client that only reads gets nothing after the handshake."""
    trust = CertificateAuthority(tmp_path)
    here, there = socket.socketpair()
    with here, there:

        def serve() -> None:
            with trust.context("abc.execute-api.us-east-1.amazonaws.com").wrap_socket(
                there, server_side=True
            ) as server:
                server.recv(1)  # the client's first byte: until then, a ticket would have had its time
                server.send(b"!")

        thread = threading.Thread(target=serve)
        thread.start()
        client = ssl.create_default_context(cafile=str(trust.ca))
        with client.wrap_socket(here, server_hostname="abc.execute-api.us-east-1.amazonaws.com") as stream:
            stream.settimeout(60)
            assert stream.version() == "TLSv1.3"
            stream.send(b"?")
            assert stream.recv(1) == b"!"
            assert stream.session is not None
            assert not stream.session.has_ticket
        thread.join(10)

"""The certificate authority for ``wss://``: new at each start, and trusted only through environment variables."""

import ssl
from pathlib import Path

import certifi
import trustme

__all__ = ["CertificateAuthority"]


class CertificateAuthority:
    """A certificate authority, and TLS contexts for the hosts that we serve.

    Writes two files into ``folder``: ``ca.pem`` has our root alone, for Node, which adds it to its own roots;
    ``bundle.pem`` has the public roots and ours, for programs whose variable replaces their roots.
    """

    def __init__(self, folder: Path) -> None:
        self._authority = trustme.CA(organization_name="local-aws on this machine only")
        self._contexts: dict[str, ssl.SSLContext] = {}
        self.ca = folder / "ca.pem"
        self.bundle = folder / "bundle.pem"
        own = self._authority.cert_pem.bytes()
        self.ca.write_bytes(own)
        self.bundle.write_bytes(Path(certifi.where()).read_bytes() + b"\n# local-aws\n" + own)

    def context(self, host: str) -> ssl.SSLContext:
        """Return a server's TLS context for a host. The APIs of a region share a certificate."""
        name = "*." + host.partition(".")[2] if ".execute-api." in host else host
        if name not in self._contexts:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.minimum_version = ssl.TLSVersion.TLSv1_2
            # Send the client nothing after its handshake. A client that reads and writes in two threads, such as
            # websockets.sync, would read session tickets while it sends its request; with the OpenSSL calls of Python
            # 3.11 and 3.12, it then hangs once in some hundred times (python/cpython#134698).
            context.num_tickets = 0
            self._authority.issue_cert(name).configure_cert(context)
            self._contexts[name] = context
        return self._contexts[name]

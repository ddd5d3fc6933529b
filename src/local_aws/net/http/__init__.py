"""HTTP/1.1 on loopback: values for a request and a response, and the thin asyncio shell that carries them.

``messages`` are the values, ``parser`` makes requests of bytes without a socket, ``intake`` says how much of them is
held, ``peers`` who is at the other end; ``connection`` and ``server`` are the shell. Whoever serves HTTP in this
project imports from here and knows no more.
"""

from local_aws.net.http.connection import Connection, Handler, Takeover
from local_aws.net.http.intake import MAX_BODY_BYTES, Allowance
from local_aws.net.http.messages import Headers, Request, Response
from local_aws.net.http.peers import tells
from local_aws.net.http.server import Server, listen, serve

__all__ = [
    "MAX_BODY_BYTES",
    "Allowance",
    "Connection",
    "Handler",
    "Headers",
    "Request",
    "Response",
    "Server",
    "Takeover",
    "listen",
    "serve",
    "tells",
]

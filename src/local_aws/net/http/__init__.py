"""HTTP/1.1 on loopback: values for a request and a response, and a thin asyncio shell around them.

``messages`` has the values, ``parser`` turns bytes into requests without a socket, ``intake`` bounds the bytes that are
held, and ``peers`` says who is at the other end; ``connection`` and ``server`` are the shell. Other packages import
only the names below.
"""

from local_aws.net.http.connection import Connection, Handler, Takeover
from local_aws.net.http.intake import MAX_BODY_BYTES, Allowance
from local_aws.net.http.messages import Headers, Request, Response
from local_aws.net.http.peers import identifies_users
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
    "identifies_users",
    "listen",
    "serve",
]

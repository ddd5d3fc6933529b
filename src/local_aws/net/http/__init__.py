"""HTTP/1.1 on loopback: values for a request and a response, and a thin asyncio shell around them.

``messages`` has the values, ``parser`` turns bytes into requests without a socket, ``intake`` limits the bytes that are
kept, ``peers`` says which user is at the other end; ``connection`` and ``server`` are the shell. All other code imports
from this package, not from its modules.
"""

from local_aws.net.http.connection import Connection, Handler, Takeover
from local_aws.net.http.intake import MAX_BODY_BYTES, Allowance
from local_aws.net.http.messages import Headers, Request, Response
from local_aws.net.http.peers import identifies_users
from local_aws.net.http.server import Server, serve

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
    "serve",
]

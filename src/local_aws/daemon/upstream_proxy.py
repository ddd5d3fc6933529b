"""The proxy that the person's shell used before ours."""

import os
import urllib.request
from urllib.parse import urlsplit

from local_aws.daemon.state import State

__all__ = ["upstream_proxy"]


def upstream_proxy(port: int) -> str | None:
    """Its URL, from the environment. None where there is none, or where it is an embedded AWS: ours is on ``port``."""
    found = urllib.request.getproxies().get("https")
    if not found:
        return None
    address = urlsplit(found)
    try:
        proxy_port = address.port or 0
    except ValueError:
        return found  # the first client that is sent there is told what is wrong with it
    ours = str(proxy_port) in (str(port), os.environ.get("LOCAL_AWS_PORT")) or State.read(proxy_port) is not None
    return None if address.hostname in ("127.0.0.1", "localhost") and ours else found

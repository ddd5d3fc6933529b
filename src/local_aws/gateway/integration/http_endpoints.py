"""Calls HTTP endpoints (spec 104), with one asynchronous client for all integrations."""

import logging
import ssl
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

import certifi

from local_aws.gateway import assumptions, limits
from local_aws.gateway.integration.mapping import Failed, IntegrationRequest, Reply
from local_aws.net.proxy import Way, way

if TYPE_CHECKING:
    import httpx

__all__ = ["Endpoints", "public_roots"]


def public_roots() -> ssl.SSLContext:
    """A TLS context that trusts the public certificate authorities and those of this system."""
    context = ssl.create_default_context(cafile=certifi.where())
    context.load_default_certs()
    return context


class Endpoints:
    """Calls HTTP endpoints without following redirects. Safe to use for many requests at once; safe to cancel.

    It connects directly and uses no proxy, since the shell's proxy is this process. It does not call hosts of AWS, so
    that nothing reaches a real account by mistake.
    """

    def __init__(self, trust: Callable[[], ssl.SSLContext] = public_roots) -> None:
        self._trust = trust

    async def call(self, call: IntegrationRequest) -> Reply:
        """Return the endpoint's reply, with any status. Raises Failed if there is none; the caller limits the time."""
        import httpx  # here, since few stages use it

        try:
            url = httpx.URL(call.url)
        except (httpx.InvalidURL, ValueError):
            url = httpx.URL("")
        host = url.host
        if url.scheme not in ("http", "https") or not host:
            raise Failed(500, note=f"the integration URI {call.url} is not an http:// or https:// URL")
        if way(host, 443, 0) is not Way.OUTSIDE:
            raise Failed(
                *assumptions.UNREACHABLE_ENDPOINT,
                f"the embedded AWS does not call {host}, so that nothing reaches a real account by mistake. "
                "Use an AWS integration, or an endpoint of your own.",
            )
        bodiless = call.method in ("GET", "HEAD")
        try:
            request = self._client.build_request(
                call.method, url, headers=list(call.headers), content=None if bodiless else call.body
            )
            response = await self._client.send(request, stream=True)
            try:
                body = bytearray()
                async for chunk in response.aiter_bytes():
                    body += chunk
                    if len(body) > limits.ENDPOINT_BYTES:
                        raise Failed(500, note=f"{host} answered more than {limits.ENDPOINT_BYTES} bytes")
            finally:
                await response.aclose()
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
            reason = str(error) or type(error).__name__
            raise Failed(
                *assumptions.UNREACHABLE_ENDPOINT, f"Network error communicating with {host}: {reason}"
            ) from None
        return Reply(response.status_code, tuple(response.headers.multi_items()), bytes(body))

    async def close(self) -> None:
        """Close idle connections; further calls are allowed."""
        client = self.__dict__.pop("_client", None)
        if client is not None:
            await client.aclose()

    @cached_property
    def _client(self) -> "httpx.AsyncClient":
        import httpx

        logging.getLogger("httpx").setLevel(logging.WARNING)  # else it logs every call
        client = httpx.AsyncClient(verify=self._trust(), trust_env=False, timeout=None, follow_redirects=False)
        client.headers.clear()  # API Gateway's own are in the call
        return client
